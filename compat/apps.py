"""What the whole applications among the subjects of compat/ share: steps with a limit of time, the
processes that an application starts and their end, and the proof of which library they have loaded.

A subject's `run` is a Python program that begins with

    subject = apps.begin("NAME", __file__)

and states each fact as `with subject.fact("what is so", seconds):`, a block that raises if it is
not. Facts after one that failed are tried all the same. `subject.end()` is its last call.
"""

import atexit
import contextlib
import ctypes
import faulthandler
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

HERE = Path(__file__).resolve().parent
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
LIBC = ctypes.CDLL(None)


class Late(BaseException):
    """A step took longer than it may. Not an Exception, so that no application catches it."""


def too_late(_signal, _frame):
    """Ends the step that runs."""
    raise Late


def until(condition, *arguments):
    """Waits for a condition and returns what it answers; the step's limit of time ends the wait."""
    while not (answer := condition(*arguments)):
        time.sleep(0.02)
    return answer


def free_port():
    """A port of 127.0.0.1 that nobody uses, for applications that do not let the system choose."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def descendants():
    """The ids of all processes that come from this one."""
    parents = {}
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            # The name of the program stands in brackets and may have any character in it.
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            parents[int(entry.name)] = int(fields[1])
    found = [os.getpid()]
    for parent in found:
        found += [pid for pid, other in parents.items() if other == parent]
    return found[1:]


def loaded(pid):
    """The files of libzmq that a process has mapped; nothing if it has ended."""
    with contextlib.suppress(OSError):
        lines = Path(f"/proc/{pid}/maps").read_text().splitlines()
        return {line.split(maxsplit=5)[5] for line in lines if "libzmq" in line}
    return set()


def debian(*packages):
    """Installs what is missing of some packages, and returns the version of the first."""
    def version(package):
        return subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Status} ${Version}", package],
                              capture_output=True, text=True).stdout.partition(" ")
    missing = [package for package in packages if version(package)[0] != "installed"]
    if missing:
        sudo = [] if os.getuid() == 0 else ["sudo"]
        subprocess.run([*sudo, "env", "DEBIAN_FRONTEND=noninteractive", "nice", "-n", "10", "apt-get",
                        "install", "-qq", "-y", "--no-install-recommends", *missing], check=True)
    return version(packages[0])[2]


class Subject:
    """An application on a library."""

    def __init__(self, name, file):
        self.name = name
        self.prefix = Path(sys.argv[1]).resolve()
        self.results = Path(sys.argv[2]).resolve()
        self.build = Path(os.environ["COMPAT_BUILD"]).resolve()
        self.here = Path(file).resolve().parent
        self.lib = self.prefix / "lib"
        self.library = str((self.lib / "libzmq.so.5").resolve())
        self.lines = []
        self.processes = {}
        self.folder = Path(tempfile.mkdtemp(prefix=f"{name}-"))
        # Whoever loses its parent comes to this process, so that `end` finds all there are.
        LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        # What is started in the background of a shell ignores this signal, and so would all others.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGALRM, too_late)
        signal.signal(signal.SIGTERM, lambda *_: (self.clean(), os._exit(1)))
        atexit.register(self.clean)

    def title(self, text):
        """Says what runs, with its version."""
        self.lines.insert(0, f"# {text}")

    @contextlib.contextmanager
    def fact(self, what, seconds=60):
        """A fact, which holds if the block ends in time without an exception."""
        # The alarm comes again, should the first be lost; and if the block never comes back to
        # Python, where signals are handled, the process says where it is, and ends.
        faulthandler.dump_traceback_later(seconds + 30, exit=True)
        signal.setitimer(signal.ITIMER_REAL, seconds, 5)
        begun = time.monotonic()
        try:
            yield
            outcome = "ok"
        except (Exception, Late):
            outcome = "not ok"
            print(traceback.format_exc()[:4000])
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            faulthandler.cancel_dump_traceback_later()
        if outcome != "ok":
            self.show_logs()
        print(f"{outcome} {self.name}: {what} ({time.monotonic() - begun:.1f} s)", flush=True)
        self.lines.append(f"{outcome} {self.name}: {what}")

    def spawn(self, name, *command, preload=False, environment=None, **options):
        """Starts a process of the application; what it prints goes into a log of that name.

        With `preload` it finds the library by LD_LIBRARY_PATH, as a program of the distribution."""
        environment = dict(os.environ, **(environment or {}))
        if preload:
            environment["LD_LIBRARY_PATH"] = str(self.lib)
        with open(self.log(name), "ab") as log:
            options = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log, **options}
            process = subprocess.Popen(
                [str(word) for word in command], env=environment,
                preexec_fn=lambda: LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), **options)
        self.processes[name] = process
        return process

    def log(self, name):
        """The file with what a process printed."""
        return self.folder / f"{name}.log"

    def said(self, name, text):
        """Whether a process has printed a text. Fails if it ended without having done so."""
        ended = self.processes[name].poll()
        if text in self.log(name).read_text(errors="replace"):
            return True
        assert ended is None, f"{name} ended with {ended} and did not say: {text}"
        return False

    def show_logs(self):
        """Prints the ends of all logs, for whoever looks into a failure."""
        for path in sorted(self.folder.glob("*.log")):
            print(f"--- {path.name}")
            for line in path.read_text(errors="replace").splitlines()[-25:]:
                print(line[:300])

    def check_library(self, *pids):
        """Fails unless each of these processes has loaded the library, and no other libzmq."""
        for pid in pids:
            self.check_loaded(pid, loaded(pid))

    def check_loaded(self, pid, found):
        """Fails unless this is what a process has to have loaded."""
        if found != {self.library}:
            sys.exit(f"{self.name}: process {pid} has loaded {found or 'no libzmq'}, "
                     f"not {self.library}")

    def users(self):
        """The processes of the application that have loaded the library; fails on any other."""
        # One look at each, as some of them end at any time.
        found = {pid: libraries for pid in descendants() if (libraries := loaded(pid))}
        for pid, libraries in found.items():
            self.check_loaded(pid, libraries)
        return list(found)

    def stop(self, name, with_signal=signal.SIGTERM):
        """Asks a process to end, waits until it has, and returns its exit status."""
        process = self.processes.pop(name)
        process.send_signal(with_signal)
        return process.wait()

    def end_processes(self):
        """Ends whatever is left of the processes that were started."""
        while pids := descendants():
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(-1, 0)

    def clean(self):
        """Ends everything and leaves no file."""
        self.end_processes()
        shutil.rmtree(self.folder, ignore_errors=True)

    def end(self):
        """Ends everything and writes the results."""
        self.clean()
        self.results.write_text("".join(line + "\n" for line in self.lines))
        sys.stdout.flush()
        # Not by the ordinary way, on which a socket that a failed fact left behind might hang.
        os._exit(0)


def pyzmq(subject):
    """A folder with a wheel of pyzmq that was built against the library, shared by all subjects."""
    pins = (HERE / "requirements.txt").read_bytes()
    header = (subject.prefix / "include" / "zmq.h").read_bytes()
    key = hashlib.sha256(pins + header + str(subject.prefix).encode()).hexdigest()[:16]
    wheels = subject.build.parent.parent / "pyzmq" / key
    if not list(wheels.glob("pyzmq-*.whl")):
        # No cache of pip's: it would hand over a pyzmq that was built against another library.
        subprocess.run(
            ["nice", "-n", "10", sys.executable, "-m", "pip", "wheel", "--quiet", "--no-cache-dir",
             "--disable-pip-version-check", "--no-deps", "--no-binary", "pyzmq", "-w", wheels,
             "-r", HERE / "requirements.txt"],
            env=dict(os.environ, ZMQ_PREFIX=str(subject.prefix), PYZMQ_NO_BUNDLE="1"), check=True)
    return wheels


def begin(name, file):
    """The subject. If it has a requirements.txt, the program starts over in a virtual environment
    with what that names and with pyzmq. With --quick it ends at once: what there is to install takes
    longer than that allows."""
    if "--quick" in sys.argv[3:]:
        sys.exit()
    requirements = Path(file).resolve().parent / "requirements.txt"
    venv = Path(os.environ["COMPAT_BUILD"]).resolve() / "venv"
    if requirements.exists() and Path(sys.prefix).resolve() != venv:
        subject = Subject(name, file)
        wheels = pyzmq(subject)
        wanted = f"{wheels} {hashlib.sha256(requirements.read_bytes()).hexdigest()}"
        ready = venv / "ready"
        if not ready.exists() or ready.read_text() != wanted:
            shutil.rmtree(venv, ignore_errors=True)
            subprocess.run([sys.executable, "-m", "venv", venv], check=True)
            pip = ["nice", "-n", "10", venv / "bin" / "python", "-m", "pip", "install", "--quiet",
                   "--disable-pip-version-check"]
            subprocess.run([*pip, "--no-deps", *wheels.glob("pyzmq-*.whl")], check=True)
            subprocess.run([*pip, "-r", requirements], check=True)
            ready.write_text(wanted)
        shutil.rmtree(subject.folder)
        os.execv(venv / "bin" / "python", [venv / "bin" / "python", *sys.argv])
    return Subject(name, file)
