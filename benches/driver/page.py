"""The page docs/performance.md: every figure beside its target, and the conditions."""

import os
import platform
import statistics
import subprocess

from . import plots
from .measure import HERE, machine

# Opening 5,000 connections has to be as fast, each, as opening 1,000: this share of it.
FLAT = 0.8


def round_off(number):
    """A number as people read it: three digits count."""
    return f"{float(f'{number:.3g}'):,.15g}"


def cells(results, scenario, figure):
    """A row: name, every column's median, the ratio with its spread, target, whether met."""
    row = [figure.name]
    for column in results.columns:
        number = results.median(scenario, column, figure.key)
        if number is not None:
            row.append(f"{round_off(number)} {figure.unit}")
        else:
            row.append("fails" if (scenario.name, column.name) in results.failures else "–")
    ours = results.median(scenario, results.columns[0], figure.key)
    ratios = results.ratios(scenario, results.columns[0], figure.key)
    if not ratios:
        return [*row, "–", figure.goal(), verdict(None if ours is None else figure.met(None, ours)
                                                  if figure.limit is not None else None)]
    ratio = statistics.median(ratios)
    return [*row, f"{ratio:.2f} ({ratios[0]:.2f} – {ratios[-1]:.2f})", figure.goal(),
            verdict(figure.met(ratio, ours))]


def verdict(met):
    return {None: "", True: "yes", False: "**no**"}[met]


def flat(results, scenarios):
    """The row that says whether many connections cost as much each as few do."""
    by_peers = {s.option("peers"): s for s in scenarios if s.kind == "connect"}
    if not {1000, 5000} <= by_peers.keys():
        return []
    row = ["opening connections: 5,000 over 1,000"]
    shares = []
    for column in results.columns:
        few, many = (results.median(by_peers[n], column, "value") for n in (1000, 5000))
        shares.append(many / few if few and many else None)
        row.append("–" if shares[-1] is None else f"{shares[-1]:.2f}")
    met = None if shares[0] is None else shares[0] >= FLAT
    return [[*row, "–", f"ours ≥ {FLAT:g}", verdict(met)]]


def table(header, rows):
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def notes(results):
    """What failed, and how many connections the limit of descriptors allowed."""
    lines = [f"- {scenario}: {column} fails: {reason}"
             for (scenario, column), reason in sorted(results.failures.items())]
    crowds = {}
    for (scenario, column), rounds in results.numbers.items():
        if "connections" in rounds[0]:
            extent = (rounds[0]["connections"], rounds[0]["descriptors"])
            crowds.setdefault((scenario, extent), []).append(column)
    lines += [f"- {scenario}: {connections:,.0f} sockets connected, at most {descriptors:,.0f} "
              f"descriptors in a process ({', '.join(found)})"
              for (scenario, (connections, descriptors)), found in sorted(crowds.items())]
    return "\n".join(lines)


def commit():
    """The commit that this tree is at."""
    found = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], text=True, cwd=HERE,
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return found.stdout.strip() or "unknown"


def conditions(results, versions, rounds):
    """What the figures hold for."""
    lines = [f"- processor: {os.cpu_count()} of {machine()}",
             f"- system: {platform.system()} {platform.release()}",
             f"- commit: {commit()}",
             f"- {rounds} rounds (a few where a run takes long), every run in fresh processes, the "
             "libraries in turn",
             "- a ratio is a figure over libzmq's of the same round; the table has the median of "
             "them, and in parentheses the lowest and the highest",
             "- CPU is processor time, user and system, of all threads and processes, per message "
             "(operation, call)"]
    lines += [f"- {name}: {text}" for name, text in versions]
    if results.quick:
        lines.append("- **a quick run with tiny counts: it shows that everything works, the "
                     "figures mean nothing**")
    return "\n".join(lines)


def write(results, scenarios, versions, rounds, folder):
    """Writes the page and its plots below a folder; returns the path of the page."""
    header = ["", *(column.name for column in results.columns), "ratio to libzmq (from – to)",
              "target", "met"]
    rows = {False: [], True: []}
    for scenario in scenarios:
        for figure in scenario.figures:
            rows[figure.key == "cpu"].append(cells(results, scenario, figure))
    rows[False] += flat(results, scenarios)
    drawn = plots.write(results, folder / "plots")
    text = ["# How fast it is", "Written by `make bench-full`; what the rows measure stands in "
            "[benches/main.c](../benches/main.c), and where the speed comes from in [speed.md](speed.md).",
            "## Figures", table(header, rows[False]),
            "## Processor time", table(header, rows[True]), "## Conditions",
            conditions(results, versions, rounds)]
    noted = notes(results)
    if noted:
        text += ["## Notes", noted]
    if drawn:
        text += ["## Plots", *(f"![{title}](plots/{name})" for title, name in drawn)]
    path = folder / "performance.md"
    path.write_text("\n\n".join(text) + "\n")
    return path
