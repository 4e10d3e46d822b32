"""Builds the programs, runs them, and compares what they print."""

import os
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
FLAGS = ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror"]
# nng passes a fiftieth of the messages in the same time, so it is given fewer to pass.
NNG_SHARE = 20
# Of one run. What hangs is a result as well: it counts as failed.
TIMEOUT = 300


@dataclass(frozen=True)
class Column:
    """Something that is measured: what it is called, and how its runs begin."""
    name: str
    command: tuple
    path: str = ""
    nng: bool = False


def compiler(sources, program, *flags):
    """Compiles a program unless it is newer than all that it is made of."""
    newest = max(path.stat().st_mtime for path in [*HERE.glob("*.c"), *HERE.glob("*.h")])
    if not program.exists() or program.stat().st_mtime < newest:
        program.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cc", *FLAGS, "-I", HERE.parent / "include", *sources, "-o", program,
                        "-pthread", *flags], check=True)
    return program


def target_folder():
    return Path(os.environ.get("CARGO_TARGET_DIR", HERE.parent / "target")).resolve()


def build():
    """The program that measures any libzmq."""
    sources = [path for path in sorted(HERE.glob("*.c")) if path.name != "nng.c"]
    return compiler(sources, target_folder() / "bench", "-ldl")


def build_nng():
    """The program that measures nng, or None where nng's headers are not installed."""
    code = subprocess.run(["cc", "-E", "-include", "nng/nng.h", "-x", "c", os.devnull],
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if code.returncode != 0:
        return None
    return compiler([HERE / "nng.c", HERE / "common.c"], target_folder() / "bench-nng", "-lnng")


def run(column, scenario, quick):
    """The numbers of one fresh process by name, or why there are none."""
    share = NNG_SHARE if column.nng else 1
    command = [*column.command, *scenario.arguments(quick, share)]
    try:
        result = subprocess.run(command, check=True, text=True, timeout=TIMEOUT,
                                capture_output=True)
    except subprocess.TimeoutExpired:
        return f"nothing within {TIMEOUT} s"
    except subprocess.CalledProcessError as error:
        lines = error.stderr.strip().splitlines()
        return lines[0] if lines else f"ended with {error.returncode}"
    return {name: float(number)
            for name, number in (line.split() for line in result.stdout.splitlines())}


class Results:
    """What all columns gave in all rounds of all scenarios."""

    def __init__(self, columns, quick):
        self.columns, self.quick = columns, quick
        self.numbers, self.failures = {}, {}

    def measure(self, scenario, rounds):
        """Runs a scenario on all columns, in an order that changes from round to round, so that
        nobody always finds the machine warm. Who fails once is not asked again."""
        columns = [column for column in self.columns if scenario.nng or not column.nng]
        for turn in range(rounds):
            first = turn % len(columns)
            for column in columns[first:] + columns[:first]:
                key = (scenario.name, column.name)
                if key in self.failures:
                    continue
                found = run(column, scenario, self.quick)
                if isinstance(found, str):
                    self.failures[key] = found
                    print(f"{scenario.name}: {column.name}: {found}", file=sys.stderr, flush=True)
                else:
                    self.numbers.setdefault(key, []).append(found)

    def all(self, scenario, column, key):
        """The numbers of all rounds; none if the column failed or was not asked."""
        place = (scenario.name, column.name)
        if place in self.failures:
            return []
        return [found[key] for found in self.numbers.get(place, []) if key in found]

    def median(self, scenario, column, key):
        numbers = self.all(scenario, column, key)
        return statistics.median(numbers) if numbers else None

    def ratios(self, scenario, column, key):
        """This column's numbers over libzmq's of the same round, sorted: what counts, as a
        machine's mood lasts longer than a round."""
        theirs = self.all(scenario, self.columns[1], key)
        return sorted(mine / other for mine, other in
                      zip(self.all(scenario, column, key), theirs) if other)

    def failed(self):
        """Whether something is missing that has to be there: ours, or libzmq's."""
        needed = [column.name for column in self.columns[:2]]
        return any(column in needed for _, column in self.failures)


def version(library):
    """What a library says that it is, in a process of its own."""
    code = ("import ctypes, sys; n = [ctypes.c_int() for _ in range(3)]; "
            "ctypes.CDLL(sys.argv[1]).zmq_version(*map(ctypes.byref, n)); "
            "print(*(i.value for i in n), sep='.')")
    return subprocess.run([sys.executable, "-c", code, library], check=True, text=True,
                          stdout=subprocess.PIPE).stdout.strip()


def machine():
    """The model of the processor."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return "an unknown processor"
