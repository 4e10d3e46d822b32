"""Two processes, each with a library of its own, and the lines that they exchange with a driver."""

import subprocess
import tempfile
import threading

LIMIT = 60  # seconds for one conversation


class Side:
    """A process that plays one side."""

    def __init__(self, side, command):
        self.side = side
        self.process = subprocess.Popen(command, text=True, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def line(self, word):
        """The next line, which must begin with `word`."""
        text = self.process.stdout.readline().strip()
        if text.split(" ")[0] != word:
            raise RuntimeError(f"{self.side}: {text or 'ends early'}")
        return text[len(word):].strip()

    def tell(self):
        try:
            self.process.stdin.write("go on\n")
            self.process.stdin.flush()
        except BrokenPipeError as error:
            raise RuntimeError(f"{self.side}: ends early") from error

    def end(self):
        """Waits for the end, which has to be a good one."""
        rest = self.process.stdout.read().strip()
        if self.process.wait(LIMIT) != 0:
            raise RuntimeError(f"{self.side}: {rest or f'exit {self.process.returncode}'}")


class Conversation:
    """The two sides; what is left of them ends with the `with` block, or when it takes too long."""

    def __init__(self):
        self.sides = {}
        self.late = threading.Event()
        self.clock = threading.Timer(LIMIT, self.stop)
        self.folder = tempfile.TemporaryDirectory(prefix="interop-")

    def __enter__(self):
        self.clock.start()
        return self

    def stop(self):
        self.late.set()
        for side in list(self.sides.values()):
            side.process.kill()

    def begin(self, binder, transport, command):
        """Starts both, who binds first. `command` makes one of a side, a role and an endpoint."""
        endpoint = "tcp://127.0.0.1:*" if transport == "tcp" else f"ipc://{self.folder.name}/socket"
        connecter = "b" if binder == "a" else "a"
        self.sides[binder] = Side(binder, command(binder, "bind", endpoint))
        endpoint = self.sides[binder].line("endpoint")
        self.sides[connecter] = Side(connecter, command(connecter, "connect", endpoint))
        return self.sides["a"], self.sides["b"]

    def __exit__(self, *_):
        self.clock.cancel()
        for side in self.sides.values():
            side.process.kill()
            side.process.wait()
            side.process.stdin.close()
            side.process.stdout.close()
        self.folder.cleanup()


def attempt(course, *arguments):
    """Has a conversation take its course; returns what went wrong, or nothing."""
    conversation = Conversation()
    try:
        with conversation:
            return course(conversation, *arguments) or ""
    except (RuntimeError, subprocess.TimeoutExpired) as error:
        return "takes too long" if conversation.late.is_set() else str(error)
