"""What came of tests, as JUnit's XML, which most CI systems read.

    <testsuites> <testsuite name="FILE" tests failures> <testcase name classname file line> <failure message>

In:    Reports. Out: the document. Fails: never; characters that XML cannot have are replaced.
"""

from __future__ import annotations

from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mdafilter.testing.run import Report
    from mdafilter.testing.walk import Result


def document(reports: Sequence[Report]) -> str:
    """The whole document."""
    return "\n".join(_lines(reports)) + "\n"


def _lines(reports: Sequence[Report]) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    tests = sum(len(report.results) for report in reports)
    yield f'<testsuites name="mdafilter" tests="{tests}" failures="{sum(map(_failures, reports))}">'
    for report in reports:
        counts = f'tests="{len(report.results)}" failures="{_failures(report)}" errors="0"'
        yield f'  <testsuite name="{_quoted(report.file)}" {counts} time="{report.seconds:.3f}">'
        for result in report.results:
            yield from _case(report, result)
        yield "  </testsuite>"
    yield "</testsuites>"


def _case(report: Report, result: Result) -> Iterator[str]:
    at = f'file="{_quoted(result.at.file)}" line="{result.at.line}"'
    head = f'    <testcase name="{_quoted(result.name)}" classname="{_quoted(report.file)}" {at}'
    if result.reason is None:
        yield f"{head}/>"
        return
    yield f"{head}>"
    yield f'      <failure message="{_quoted(result.reason)}">{_quoted(str(result.at))}</failure>'
    yield "    </testcase>"


def _failures(report: Report) -> int:
    return sum(result.reason is not None for result in report.results)


def _quoted(text: str) -> str:
    """Text for an attribute (XML 1.0 section 2.2: which characters there can be; 2.4: which are escaped)."""
    text = "".join(
        c if c in "\t\n" or " " <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c > "\uffff" else "?" for c in text
    )
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("\n", "&#10;")):
        text = text.replace(character, entity)
    return text
