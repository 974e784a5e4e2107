"""A report as one HTML page: nothing is loaded from anywhere, nothing runs, and it can be read without being seen.

The chart is SVG from here. What it shows stands in the table below it as numbers, so that a screen reader hears one
sentence for the chart and then the table, with a caption and headers for rows and columns. Light and dark are the
reader's choice (prefers-color-scheme); in both the contrast of text is 7 to 1 or more, and that of the two colours of a
bar 3 to 1, for who sees no red or green.

In:    a Summary. Subjects, senders and names are hostile: all text goes through `_e`.
Out:   the page, as text that UTF-8 can have.
Fails: never.
"""

from __future__ import annotations

from html import escape

from mdafilter.reporting import COLUMNS, MEANING, TITLES
from mdafilter.reporting.days import date_of
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mdafilter.reporting import Day, Item, Summary

WIDTH, HEIGHT = 720, 200  # of the chart, in its own units
FOOT, SIDE = 20, 20  # for the dates: below it, and half of one on either side

# The policy allows the style below and nothing else, should a text ever get out of its place.
HEAD = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
:root {{ --back: #fff; --text: #1b1b1b; --line: #767676; --mail: #0a3d20; --spam: #e5483d; }}
@media (prefers-color-scheme: dark) {{
:root {{ --back: #16181b; --text: #ececec; --line: #8d9299; --mail: #b4ecd0; --spam: #d44a40; }}
}}
body {{ background: var(--back); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; margin: 0 auto;
 max-width: 60rem; padding: 1rem; }}
.wide {{ overflow-x: auto; }}
table {{ border-collapse: collapse; width: 100%; }}
caption {{ text-align: left; padding: .5rem 0; }}
th, td {{ border-bottom: 1px solid var(--line); padding: .25rem .5rem; text-align: right; vertical-align: top; }}
th:first-child, td.text {{ text-align: left; overflow-wrap: anywhere; }}
tfoot {{ font-weight: bold; }}
svg {{ width: 100%; height: auto; }}
svg text {{ fill: var(--text); font-size: 12px; }}
.mail {{ fill: var(--mail); }}
.spam {{ fill: var(--spam); }}
</style>
</head>
<body>
<main>"""


def page(summary: Summary) -> str:
    """The page."""
    return "\n".join(_lines(summary)) + "\n"


def _lines(summary: Summary) -> Iterator[str]:
    title = _e(f"Mail of {summary.who}, {summary.span}")
    yield HEAD.format(title=title)
    yield f"<h1>{title}</h1>"
    yield from _chart(summary)
    yield from _days(summary)
    if summary.folder:
        yield from _held(summary)
    if summary.notes:
        yield "<h2>Notes</h2>"
        yield "<ul>"
        yield from (f"<li>{_e(note)}.</li>" for note in summary.notes)
        yield "</ul>"
    yield "</main>"
    yield "</body>"
    yield "</html>"


def _chart(summary: Summary) -> Iterator[str]:
    total, most = summary.total(), max(1, *(day.delivered for day in summary.days))
    told = f"{total.delivered} messages were delivered, {total.spam} of them filed as spam; the table has each day."
    box = f"{-SIDE} 0 {WIDTH + 2 * SIDE} {HEIGHT + FOOT}"
    yield f'<svg viewBox="{box}" role="img" aria-labelledby="chart-title chart-text">'
    yield '<title id="chart-title">Mail delivered on each day</title>'
    yield f'<desc id="chart-text">{_e(told)}</desc>'
    step = WIDTH / len(summary.days)
    every = -(-len(summary.days) // 10)  # a date below each day, or below every second, third ...
    for number, day in enumerate(summary.days):
        yield from _bar(day, number * step, step, most)
        if number % every == 0:
            x = f"{number * step + step / 2:.1f}"
            yield f'<text x="{x}" y="{HEIGHT + FOOT - 5}" text-anchor="middle">{_e(day.date[5:])}</text>'
    yield "</svg>"
    yield "<p>Green, below: mail. Red, on top of it: filed as spam.</p>"


def _bar(day: Day, left: float, step: float, most: int) -> Iterator[str]:
    top = float(HEIGHT)
    for name, count in (("mail", day.delivered - day.spam), ("spam", day.spam)):
        height = max(count, 0) / most * HEIGHT
        top -= height
        if count > 0:
            place = f'x="{left + step * 0.1:.1f}" y="{top:.1f}" width="{step * 0.8:.1f}" height="{height:.1f}"'
            yield f'<rect class="{name}" {place}/>'


def _days(summary: Summary) -> Iterator[str]:
    yield '<div class="wide"><table>'
    yield "<caption>Each day</caption>"
    titles = "".join(f'<th scope="col">{_e(TITLES[name])}</th>' for name in COLUMNS)
    yield f'<thead><tr><th scope="col">day</th>{titles}</tr></thead>'
    yield "<tbody>"
    yield from (_row(day, day.date) for day in summary.days)
    yield "</tbody>"
    yield f"<tfoot>{_row(summary.total(), 'all')}</tfoot>"
    yield "</table></div>"
    yield "<dl>"
    yield from (f"<dt>{_e(TITLES[name])}</dt><dd>{_e(MEANING[name])}</dd>" for name in COLUMNS)
    yield "</dl>"


def _row(day: Day, name: str) -> str:
    cells = "".join(f"<td>{number}</td>" for number in day.numbers())
    return f'<tr><th scope="row">{_e(name)}</th>{cells}</tr>'


def _held(summary: Summary) -> Iterator[str]:
    yield f"<h2>In the folder {_e(summary.folder)}</h2>"
    count = summary.held_count
    what = "1 message" if count == 1 else f"{count} messages"
    yield f"<p>{what} that mdafilter filed there and nobody touched, {summary.held_octets} octets.</p>"
    if not summary.held:
        return
    yield '<div class="wide"><table>'
    yield f"<caption>{'All of them' if count <= len(summary.held) else f'The oldest {len(summary.held)}'}</caption>"
    titles = "".join(f'<th scope="col">{name}</th>' for name in ("filed on", "expires on", "from", "subject", "rule"))
    yield f"<thead><tr>{titles}</tr></thead>"
    yield "<tbody>"
    yield from (_item(item) for item in summary.held)
    yield "</tbody>"
    yield "</table></div>"


def _item(item: Item) -> str:
    texts = "".join(f'<td class="text"><bdi>{_e(text)}</bdi></td>' for text in (item.sender, item.subject, item.rule))
    return f'<tr><th scope="row">{_e(date_of(item.time))}</th><td>{_e(date_of(item.expires))}</td>{texts}</tr>'


def _e(text: str) -> str:
    """Text that says what it says and no more: no markup, nothing that turns the direction, no lone surrogate."""
    return escape("".join(c if c.isprintable() else "\ufffd" for c in text), quote=True)
