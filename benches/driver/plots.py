"""The plots of the page: which scenarios make which lines."""

import math

from .scenarios import SCENARIOS, size_name
from .svg import Chart

PERCENTILES = ["p10", "p50", "p90", "p99", "p99.9", "p99.99"]


def chosen(kind, where, without=("mechanism",)):
    """The scenarios of a kind, plain ones only."""
    return [s for s in SCENARIOS if s.kind == kind and s.where == where
            and not any(name in dict(s.options) for name in without)]


def over(results, chart, scenarios, place, label, key="value", dash=0, suffix=""):
    """A line for each column, a point for each scenario."""
    chart.x_axis([(place(s), label(s)) for s in scenarios])
    for number, column in enumerate(results.columns):
        chart.line(column.name + suffix, number,
                   [(place(s), results.median(s, column, key)) for s in scenarios], dash)


def throughput(results, where):
    chart = Chart(f"PUSH/PULL over {where}: throughput over message size", "bytes per message",
                  "messages per second")
    over(results, chart, chosen("throughput", where), lambda s: math.log10(s.option("size")),
         lambda s: size_name(s.option("size")))
    return chart


def distribution(results, where):
    """How long one way takes: of how many messages it takes no longer."""
    chart = Chart(f"REQ/REP over {where}: distribution of the latency, one way",
                  "of all messages", "microseconds")
    chart.x_axis([(i, f"{key[1:]} %") for i, key in enumerate(PERCENTILES)])
    [scenario] = chosen("latency", where)
    for number, column in enumerate(results.columns):
        chart.line(column.name, number, [(i, results.median(scenario, column, key))
                                         for i, key in enumerate(PERCENTILES)])
    return chart


def under_load(results):
    chart = Chart("Latency under load, tcp, 100 B", "messages per second", "microseconds, one way")
    for dash, key in enumerate(("p50", "p99")):
        over(results, chart, chosen("load", "tcp"), lambda s: math.log10(s.option("rate")),
             lambda s: f"{s.option('rate'):,}", key, dash, f" {key}")
    return chart


def by_peers(results, kind, title, across, up):
    chart = Chart(title, across, up, log_up=False)
    over(results, chart, chosen(kind, "tcp"), lambda s: math.log10(s.option("peers")),
         lambda s: f"{s.option('peers'):,}")
    return chart


def write(results, folder):
    """Draws what there are numbers for; returns title and file name of each."""
    folder.mkdir(parents=True, exist_ok=True)
    charts = {
        **{f"throughput-{where}": throughput(results, where) for where in ("tcp", "ipc", "inproc")},
        **{f"latency-{where}": distribution(results, where) for where in ("tcp", "ipc", "inproc")},
        "latency-load": under_load(results),
        "connections": by_peers(results, "connect", "Opening connections over tcp",
                                "connections opened at once", "connections per second"),
        "fan-out": by_peers(results, "fanout", "PUB to many SUB, tcp, 100 B", "subscribers",
                            "deliveries per second"),
    }
    written = []
    for name, chart in charts.items():
        drawn = chart.draw()
        if drawn:
            (folder / f"{name}.svg").write_text(drawn)
            written.append((chart.title, f"{name}.svg"))
    return written
