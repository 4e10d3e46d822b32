"""Has a program with the library in a prefix and JeroMQ talk with each other.

    driver.py PREFIX BUILD RESULTS [--quick] [--only TEXT]

A line's name says who has which type: `DEALER>ROUTER` is a DEALER of the library and a ROUTER of
JeroMQ; `c-binds` is the library, `j-binds` JeroMQ; `w106` is number 106 of the assertions about the
wire. The binding side is the server of PLAIN and CURVE unless the name says something else.
"""

import argparse
import contextlib
import itertools
import sys
import tempfile
import time
from pathlib import Path

import contents
import links
import security
from scene import VERSIONS, Scene, Skip


def converse(scene, group):
    """Has one group of lines; answers {name: outcome} and what went wrong."""
    names, passed, why = group.names(), [], ""
    scene.begin(names[0].split(" ")[0])
    rest = "not ok"
    try:
        for line in group.talk(scene, *group.args):
            passed.append(f"{group.title} {line}".strip())
    except Skip as skip:
        rest, why = "skip", str(skip)
    except Exception as error:  # whatever it is, it is this line's
        why = f"{type(error).__name__}: {error}"
    wrong = scene.end()
    if wrong and not why:
        passed, why = passed[:-1], "; ".join(wrong)
    return {name: "ok" if name in passed else rest for name in names}, why


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("prefix", type=Path)
    parser.add_argument("build", type=Path)
    parser.add_argument("results", type=Path)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    outcomes = {}
    with tempfile.TemporaryDirectory() as logs, open(options.results, "w") as results:
        results.write(f"# JeroMQ {' and '.join(VERSIONS)}\n")
        with contextlib.closing(Scene(options.prefix, options.build, logs)) as scene:
            scene.native()  # fails, and the whole of it, if another library is mapped
            scene.end()
            for group in itertools.chain(contents.groups(), security.groups(), links.groups()):
                if options.quick and not group.quick or options.only not in group.title:
                    continue
                begun = time.monotonic()
                got, why = converse(scene, group)
                assert not outcomes.keys() & got.keys(), f"twice: {group.title}"
                outcomes.update(got)
                for name, outcome in got.items():
                    results.write(f"{outcome} {name}\n")
                results.flush()
                if why:
                    print(f"{group.title}: {why}", flush=True)
                if time.monotonic() - begun > 5:
                    print(f"{group.title}: {time.monotonic() - begun:.0f} s", flush=True)
    counts = {outcome: list(outcomes.values()).count(outcome) for outcome in set(outcomes.values())}
    print(counts)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    main()
