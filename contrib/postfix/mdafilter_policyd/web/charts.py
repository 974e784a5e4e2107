"""Charts as SVG, made here: no script, nothing from elsewhere, and colours from the style sheet, dark and light.

A line is told from the others by its dashes as well as by its colour. What is not seen is said: the chart has a title
and a description for screen readers (SVG 2 section 5.8), and the page has the numbers in a table.

In:    a title; for each series a name and its values, all of the same length; what stands below the ends; a name for
       the parts, another one for each chart of a page.
Out:   an <svg> element; every text in it is escaped.
Fails: never. More than SERIES are summed up in the last one, "others".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

SERIES = 8
WIDTH, HEIGHT = 800, 260
LEFT, TOP, BOTTOM = 50, 10, 25
LEGEND = 20  # height of a line of the legend
_DASHES = ("", "6 3", "2 3", "10 4", "10 3 2 3", "4 2", "1 4", "14 4")


def chart(
    title: str, series: Mapping[str, Sequence[int]], begin: str = "", end: str = "", name: str = "chart"
) -> Markup:
    """Lines over time."""
    shown = limited(series)
    top = ceiling(max((value for values in shown.values() for value in values), default=0))
    rows = (len(shown) + 3) // 4
    height = HEIGHT + rows * LEGEND
    parts = [
        Markup('<svg viewBox="0 0 {} {}" role="img" aria-labelledby="{}-title" aria-describedby="{}-desc">').format(
            WIDTH, height, name, name
        ),
        Markup('<title id="{}-title">{}</title>').format(name, title),
        Markup('<desc id="{}-desc">{}</desc>').format(name, _said(shown, begin, end)),
    ]
    for share in (0.0, 0.5, 1.0):
        y = _y(share * top, top)
        parts.append(Markup('<line class="axis" x1="{}" y1="{}" x2="{}" y2="{}"/>').format(LEFT, y, WIDTH, y))
        parts.append(
            Markup('<text x="{}" y="{}" text-anchor="end">{}</text>').format(LEFT - 6, y + 4, _number(share * top))
        )
    y = HEIGHT - 6
    parts.append(Markup('<text x="{}" y="{}">{}</text>').format(LEFT, y, begin))
    parts.append(Markup('<text x="{}" y="{}" text-anchor="end">{}</text>').format(WIDTH, y, end))
    for at, (label, values) in enumerate(shown.items()):
        dashes = Markup(' stroke-dasharray="{}"').format(_DASHES[at]) if _DASHES[at] else ""
        parts.append(Markup('<polyline class="series s{}"{} points="{}"/>').format(at, dashes, _points(values, top)))
        x, y = LEFT + at % 4 * (WIDTH - LEFT) // 4, HEIGHT + at // 4 * LEGEND + 10
        parts.append(
            Markup('<line class="series s{}"{} x1="{}" y1="{}" x2="{}" y2="{}"/>').format(
                at, dashes, x, y - 4, x + 24, y - 4
            )
        )
        parts.append(Markup('<text x="{}" y="{}">{} ({})</text>').format(x + 30, y, label[:24], sum(values)))
    return Markup("").join([*parts, Markup("</svg>")])


def _said(shown: Mapping[str, Sequence[int]], begin: str, end: str) -> str:
    """What one sees at a glance."""
    lines = [f"{name}: {sum(values)} in all, {max(values, default=0)} at most" for name, values in shown.items()]
    return "; ".join([f"Lines from {begin} to {end}" if begin else "Lines", *lines]) + "."


def limited(series: Mapping[str, Sequence[int]]) -> dict[str, Sequence[int]]:
    """Those with the largest sums, in the order that they came in; the rest together."""
    if len(series) <= SERIES:
        return dict(series)
    largest = set(sorted(series, key=lambda name: -sum(series[name]))[: SERIES - 1])
    rest = [values for name, values in series.items() if name not in largest]
    return {n: v for n, v in series.items() if n in largest} | {
        "others": [sum(each) for each in zip(*rest, strict=True)]
    }


def ceiling(value: int) -> int:
    """The next number that is 1, 2 or 5 with noughts; at least 2, so that its half is a whole one."""
    step = 1
    while True:
        for digit in (1, 2, 5):
            if digit * step >= max(value, 2):
                return digit * step
        step *= 10


def _points(values: Sequence[int], top: int) -> str:
    room = WIDTH - LEFT
    width = room / max(1, len(values) - 1)
    if len(values) == 1:
        values = [values[0], values[0]]
        width = room
    return " ".join(f"{LEFT + at * width:.1f},{_y(value, top)}" for at, value in enumerate(values))


def _y(value: float, top: int) -> float:
    return round(HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * value / top, 1)


def _number(value: float) -> str:
    return f"{value:g}" if value < 10_000 else f"{value / 1000:g}k"
