"""Charts as SVG, with nothing but text: lines over an axis that is linear or logarithmic."""

import math
from html import escape

WIDTH, HEIGHT = 640, 400
LEFT, RIGHT, BOTTOM = 78, 20, 56
# Of the first row of the legend, and between rows.
LEGEND, ROW = 42, 18
COLOURS = ["#c8102e", "#1f5fa8", "#d98c00", "#3f8f5b"]
DASHES = ["", "7 4", "2 4"]
MARKS = 3.2


def short(number):
    """A number of an axis: 20 k, 3 M."""
    for size, letter in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if number >= size:
            return f"{number / size:g}{letter}"
    return f"{number:g}"


def linear_ticks(high):
    """Round numbers from nothing to above the highest value."""
    step = 10 ** math.floor(math.log10(high))
    for share in (0.2, 0.25, 0.5, 1, 2):
        if high / (step * share) <= 6:
            step *= share
            break
    return [step * i for i in range(math.ceil(high / step) + 1)]


def log_ticks(low, high):
    """Powers of ten around all values; with steps between them if they are few."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    last = max(last, first + 1)
    if last - first <= 2:
        ticks = [d * 10 ** e for e in range(first, last) for d in (1, 2, 5)] + [10 ** last]
        below = max((t for t in ticks if t <= low), default=ticks[0])
        above = min((t for t in ticks if t >= high), default=ticks[-1])
        return [t for t in ticks if below <= t <= above] if below < above else ticks
    return [10 ** e for e in range(first, last + 1)]


class Chart:
    """Lines, each with a colour for whom it belongs to and a dash for what it is."""

    def __init__(self, title, across, up, log_up=True):
        self.title, self.across, self.up, self.log_up = title, across, up, log_up
        self.lines = []
        self.x_labels = []

    def x_axis(self, labels):
        """Where the values stand: pairs of a place (any scale) and its text."""
        self.x_labels = labels

    def line(self, name, colour, points, dash=0):
        """Adds a line of (place, value); values that are missing or nothing are left out."""
        points = [(x, y) for x, y in points if y]
        if points:
            self.lines.append((name, COLOURS[colour % len(COLOURS)], DASHES[dash], points))

    def draw(self):
        """The whole file as text, or None if there is nothing in it."""
        if not self.lines:
            return None
        values = [y for *_, points in self.lines for _, y in points]
        ticks = log_ticks(min(values), max(values)) if self.log_up else linear_ticks(max(values))
        places = [place for place, _ in self.x_labels]
        scale = math.log10 if self.log_up else float
        low, high = scale(ticks[0]), scale(ticks[-1])
        legend, rows = self.legend()
        top = LEGEND + ROW * rows + 2
        width, height = WIDTH - LEFT - RIGHT, HEIGHT - top - BOTTOM

        def x_of(place):
            span = (places[-1] - places[0]) or 1
            return LEFT + 14 + (place - places[0]) / span * (width - 28)

        def y_of(value):
            return top + height - (scale(value) - low) / (high - low) * height

        out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
               f'width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif" font-size="12">',
               f'<title>{escape(self.title)}</title>',
               f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
               text(LEFT, 22, self.title, "start", 15)]
        for tick in ticks:
            y = y_of(tick)
            out.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" '
                       'stroke="#dddddd"/>')
            out.append(text(LEFT - 8, y + 4, short(tick), "end"))
        for place, label in self.x_labels:
            x = x_of(place)
            out.append(f'<line x1="{x:.1f}" y1="{top + height}" x2="{x:.1f}" '
                       f'y2="{top + height + 5}" stroke="#555555"/>')
            out.append(text(x, top + height + 19, label, "middle"))
        out.append(f'<line x1="{LEFT}" y1="{top + height}" x2="{WIDTH - RIGHT}" '
                   f'y2="{top + height}" stroke="#555555"/>')
        out.append(text(LEFT + width / 2, HEIGHT - 12, self.across, "middle"))
        middle = top + height / 2
        out.append(f'<g transform="rotate(-90 16 {middle})">{text(16, middle, self.up, "middle")}'
                   '</g>')
        for name, colour, dash, points in self.lines:
            path = " ".join(f"{x_of(x):.1f},{y_of(y):.1f}" for x, y in points)
            dashed = f' stroke-dasharray="{dash}"' if dash else ""
            out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" '
                       f'stroke-width="2"{dashed}/>')
            out += [f'<circle cx="{x_of(x):.1f}" cy="{y_of(y):.1f}" r="{MARKS}" fill="{colour}"/>'
                    for x, y in points]
        return "\n".join([*out, *legend, "</svg>"]) + "\n"

    def legend(self):
        """Which line is whose, in rows below the title, one for each kind of dash; how many."""
        x, row, before, out = LEFT, 0, None, []
        for name, colour, dash, _ in self.lines:
            if before is not None and dash != before:
                x, row = LEFT, row + 1
            before, y = dash, LEGEND + ROW * row
            dashed = f' stroke-dasharray="{dash}"' if dash else ""
            out.append(f'<line x1="{x}" y1="{y}" x2="{x + 24}" y2="{y}" stroke="{colour}" '
                       f'stroke-width="2"{dashed}/>')
            out.append(text(x + 29, y + 4, name, "start"))
            x += 44 + round(6.3 * len(name))
        return out, row + 1


def text(x, y, content, anchor, size=None):
    """One line of text."""
    sized = f' font-size="{size}"' if size else ""
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{sized} fill="#222222">'
            f'{escape(content)}</text>')
