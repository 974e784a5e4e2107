"""The words of Sieve, tested in Sieve: each *.svtest here is run, as `mdafilter test` runs it, and every case of it passes."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdafilter import limits
from mdafilter.testing import run, tap

HERE = Path(__file__).parent
FILES = sorted(HERE.glob("*.svtest"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_case_passes(path: Path) -> None:
    before = {name: value for name, value in vars(limits).items() if name.isupper()}
    report = run.run(str(path))
    assert [result for result in report.results if result.reason is not None] == [], "\n".join(tap.lines([report]))
    assert report.results
    assert report.unknown == ()
    assert {name: value for name, value in vars(limits).items() if name.isupper()} == before


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_file_says_what_it_is_and_quotes(path: Path) -> None:
    text = path.read_text()
    assert text.startswith("# ")
    assert "RFC " in text or "draft" in text
