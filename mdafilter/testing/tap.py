"""What came of tests, as the Test Anything Protocol, version 14, has it (testanything.org).

    TAP version 14
    ok 1 - A case that passed
    not ok 2 - A case that did not
      ---
      message: "the message is not in Trash"
      at: rules.svtest:14
      ...
    1..2
    # 1 passed, 1 failed

In:    Reports. Out: lines. Fails: never; what would end a line, or be read as a directive, is escaped.
"""

from __future__ import annotations

import json

from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mdafilter.testing.run import Report
    from mdafilter.testing.walk import Result

VERSION = "TAP version 14"


def lines(reports: Iterable[Report]) -> Iterator[str]:
    """All lines, as reports come; the last one is the count."""
    yield VERSION
    number = failed = 0
    for report in reports:
        yield f"# {_plain(report.file)}"
        for result in report.results:
            number += 1
            failed += result.reason is not None
            yield from _of(number, result)
    yield f"1..{number}"
    yield count(number - failed, failed)


def count(passed: int, failed: int) -> str:
    """The last line."""
    return f"{passed} passed, {failed} failed"


def _of(number: int, result: Result) -> Iterator[str]:
    yield f"{'ok' if result.reason is None else 'not ok'} {number} - {_name(result.name)}"
    if result.reason is not None:
        yield "  ---"
        yield f"  message: {_text(result.reason)}"
        yield f"  at: {_text(str(result.at))}"
        yield "  ..."
    yield from (f"# {_plain(line)}" for line in result.said)


def _text(text: str) -> str:
    """A string of JSON, which is one of YAML; what does not print is escaped, whatever it is."""
    whole = json.dumps(text, ensure_ascii=False)
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in whole)


def _name(text: str) -> str:
    """A description; `#` begins a directive, so it is escaped."""
    return _plain(text).replace("\\", "\\\\").replace("#", "\\#")


def _plain(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text).strip()
