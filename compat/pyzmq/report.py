"""A plugin of pytest that writes each result down at once, so that a crash loses none.

The file named by COMPAT_REPORT gets a line for each of these:

    mapped PATH         a libzmq that this process has mapped
    begin NODE          a test begins
    ok|not ok|skip NODE it has ended
    broken NODE         a file or class could not be collected
    finished            all tests of this process have ended

A test that takes longer than COMPAT_LIMIT seconds ends the process, from a thread of its own that
needs neither the interpreter nor a signal: tests of this suite use the one and block the other.
"""

import faulthandler
import os

LIMIT = float(os.environ["COMPAT_LIMIT"])
RANK = ["ok", "skip", "not ok"]


class Reporter:
    """Writes the report, and knows the worst of the phases of the test that runs."""

    def __init__(self, file, errors):
        self.file = file
        self.errors = errors
        self.outcome = "ok"

    def write(self, *words):
        """Writes a line, visible at once to whoever reads the file."""
        print(*words, file=self.file, flush=True)

    def pytest_runtest_logstart(self, nodeid):
        """A test begins."""
        self.outcome = "ok"
        self.write("begin", nodeid)
        faulthandler.dump_traceback_later(LIMIT, exit=True, file=self.errors)

    def pytest_runtest_logreport(self, report):
        """A phase has ended: the preparation, the test or the clearing up."""
        outcome = {"passed": "ok", "skipped": "skip", "failed": "not ok"}[report.outcome]
        self.outcome = max(self.outcome, outcome, key=RANK.index)

    def pytest_runtest_logfinish(self, nodeid):
        """A test has ended, with all its phases."""
        faulthandler.cancel_dump_traceback_later()
        self.write(self.outcome, nodeid)

    def pytest_collectreport(self, report):
        """A file or class was read."""
        if report.failed:
            self.write("broken", report.nodeid)

    def pytest_sessionfinish(self):
        """All is done, and nothing of the tests may hold the process any longer."""
        self.write("finished")


def pytest_configure(config):
    """Begins the report with the library that the tests will use."""
    reporter = Reporter(open(os.environ["COMPAT_REPORT"], "w"), os.fdopen(os.dup(2), "w"))
    import zmq

    zmq.Context().term()
    with open("/proc/self/maps") as maps:
        for path in sorted({line.split()[-1] for line in maps if "libzmq" in line}):
            reporter.write("mapped", path)
    config.pluginmanager.register(reporter, "compat-report")
