"""Two processes, one with pyzmq's stock wheel and one with a pyzmq built on another libzmq, talk.

    pyzmq_interop.py STOCK BUILT [--only TEXT] [--alike] [--verbose]

STOCK and BUILT are interpreters. Each case of `interop_pairs` and `interop_features` has two
halves, and is run eight times: either half on either interpreter, either half binding, over tcp and
over ipc. What a half returns has to be the same on both interpreters. The two processes serve all
cases; after a case that failed they are begun anew.

With --alike both interpreters have one library: what fails then is wrong with the case.
"""

import argparse
import contextlib
import itertools
import json
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time

LIMIT = 20  # seconds that a case may take
TRANSPORTS = ("tcp", "ipc")


class Worker:
    """A process that runs one half of each case, and the pipes to it."""

    def __init__(self, interpreter, channel):
        self.process = subprocess.Popen(
            [interpreter, __file__, "--worker", str(channel.fileno())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=[channel.fileno()],
        )
        self.library = self.answer(time.monotonic() + LIMIT)

    def order(self, task):
        self.process.stdin.write(json.dumps(task).encode() + b"\n")
        self.process.stdin.flush()

    def answer(self, deadline):
        """What the process says next, or None when it ends or stays silent."""
        left = max(0, deadline - time.monotonic())
        if not select.select([self.process.stdout], [], [], left)[0]:
            return None
        line = self.process.stdout.readline()
        return json.loads(line) if line else None

    def end(self):
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


class Couple:
    """The two processes, joined by a socket over which the halves of a case agree."""

    def __init__(self, interpreters):
        ends = socket.socketpair()
        self.workers = [Worker(*both) for both in zip(interpreters, ends)]
        for end in ends:
            end.close()

    def run(self, tasks):
        """The answers of both to their tasks, each a dictionary with `facts` or `error`."""
        for worker, task in zip(self.workers, tasks):
            with contextlib.suppress(BrokenPipeError):
                worker.order(task)
        deadline = time.monotonic() + LIMIT
        answers = []
        for worker in self.workers:
            answers.append(worker.answer(deadline) or {"error": "no answer in time"})
        return answers

    def end(self):
        for worker in self.workers:
            worker.end()


def configurations(cases):
    """Every case with who plays the first half, who binds, and over what."""
    for case, first, binder, transport in itertools.product(cases, (0, 1), (0, 1), TRANSPORTS):
        tasks = []
        for process in (0, 1):
            half = process ^ first
            tasks.append(
                {"case": case, "half": half, "binds": half == binder, "transport": transport}
            )
        yield case, first, binder, transport, tasks


def drive(options):
    """Runs everything and returns how much passed and what failed."""
    interpreters = (options.stock, options.built)
    names = subprocess.run(
        [options.stock, __file__, "--names"], check=True, capture_output=True, timeout=LIMIT
    )
    cases = [name for name in names.stdout.decode().split("\n") if name and options.only in name]
    couple = Couple(interpreters)
    libraries = [worker.library for worker in couple.workers]
    if None in libraries or (libraries[0] == libraries[1]) != options.alike:
        sys.exit(f"wrong libraries: {libraries}")
    print(f"stock {libraries[0]}\nbuilt {libraries[1]}")
    passed, failed, known, spent = 0, [], {}, {}
    for case, first, binder, transport, tasks in configurations(cases):
        begun = time.monotonic()
        answers = couple.run(tasks)
        spent[case] = spent.get(case, 0) + time.monotonic() - begun
        problems = []
        for process, (task, answer) in enumerate(zip(tasks, answers)):
            who = f"  {('stock', 'built')[process]}, half {task['half']}: "
            if "error" in answer:
                problems.append(who + answer["error"].strip().replace("\n", "\n    "))
                continue
            seen = known.setdefault((case, task["half"], binder, transport), answer["facts"])
            if seen != answer["facts"]:
                problems.append(f"{who}{answer['facts']}, but the other one said {seen}")
        if problems:
            roles = f"{('stock', 'built')[first]} first, half {binder} binds, {transport}"
            failed.append("\n".join([f"FAILED {case}: {roles}", *problems]))
            print(failed[-1], flush=True)
            # One half may still wait, and what it said may still be on its way.
            couple.end()
            couple = Couple(interpreters)
        else:
            passed += 1
    couple.end()
    if options.verbose:
        for case, seconds in sorted(spent.items(), key=lambda entry: -entry[1]):
            print(f"{seconds:6.2f} s  {case}")
    return passed, failed


def all_cases():
    """The cases; only for processes that have a pyzmq."""
    import interop_features
    import interop_pairs  # whose cases are there once it is imported
    from interop_side import CASES

    return CASES


def work(descriptor):
    """Serves the driver until it closes the pipe."""
    import traceback

    import interop_side

    all_cases()
    print(json.dumps(interop_side.loaded_library()), flush=True)
    channel = socket.socket(fileno=descriptor)
    folder = tempfile.mkdtemp()
    try:
        for number, line in enumerate(sys.stdin):
            task = json.loads(line)
            try:
                endpoint = f"ipc://{folder}/{number}"
                if task["transport"] == "tcp":
                    endpoint = "tcp://127.0.0.1:*"
                facts = interop_side.run(task, channel, endpoint)
                answer = {"facts": json.loads(json.dumps(facts))}
            except Exception:  # said to the driver, as the next cases can still run
                answer = {"error": traceback.format_exc()}
            print(json.dumps(answer), flush=True)
    finally:
        shutil.rmtree(folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stock", nargs="?")
    parser.add_argument("built", nargs="?")
    parser.add_argument("--only", default="", help="cases whose name contains this")
    parser.add_argument("--alike", action="store_true", help="expect one library on both sides")
    parser.add_argument("--verbose", action="store_true", help="say what took how long")
    parser.add_argument("--worker", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--names", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker is not None:
        work(options.worker)
    elif options.names:
        print(*all_cases(), sep="\n")
    else:
        passed, failed = drive(options)
        if failed:
            sys.exit(f"pyzmq interop: {passed} passed, {len(failed)} FAILED")
        print(f"pyzmq interop: {passed} passed")


if __name__ == "__main__":
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    main()
