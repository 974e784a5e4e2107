"""The words of test files are for them alone."""

from __future__ import annotations

import pytest

from mdafilter import words
from mdafilter.testing import CAPABILITY, SHARED, TABLE, load, vocabulary
from tests.support.house import PACKAGE


def test_no_ordinary_script_knows_them() -> None:
    assert CAPABILITY not in words.CAPABILITIES
    assert vocabulary().supports(CAPABILITY)


def test_every_file_is_in_the_table() -> None:
    files = {path.stem for path in (PACKAGE / "testing" / "words").glob("*.py")} - {"__init__", *SHARED}
    assert files == {file for file, _brings in TABLE}


@pytest.mark.parametrize("line", TABLE, ids=lambda line: str(line[0]))
def test_each_brings_what_the_table_says(line: tuple[str, str]) -> None:
    file, brings = line
    found = load(f"testing.{file}").WORDS
    assert {word.name for word in found} == set(brings.split())
    assert all(word.requires == (CAPABILITY,) for word in found)


def test_words_that_sieve_has_are_those_of_sieve() -> None:
    assert load("header").__name__ == "mdafilter.words.header"
    assert load("testing.mailbox").__name__ == "mdafilter.testing.words.mailbox"
    for name in ("mailboxexists", "test_mailbox", "environment"):
        word = vocabulary().word(name, test=True)
        assert word is not None
        assert word.name == name
