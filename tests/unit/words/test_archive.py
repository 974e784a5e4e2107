"""archive (vnd.mdafilter.archive)."""

from __future__ import annotations

import pytest

from mdafilter.words.archive import FACTS
from tests.support.archives import EXE, locked_zip, office, zipped
from tests.support.attached import attached
from tests.support.script import compiled, decide, folders

OWN = 'require "vnd.mdafilter.archive";\n'
REQUIRE = 'require ["vnd.mdafilter.archive", "fileinto", "relational", "foreverypart"];\n'


def holds(test: str, *files: tuple[str, bytes]) -> bool:
    return folders(decide(f'{REQUIRE}if {test} {{ fileinto "yes"; }}', attached(*files))) == ["yes"]


LOCKED = ("a.zip", locked_zip(("a.txt", b"x")))


def test_a_fact_by_its_name() -> None:
    assert holds('archive "encrypted"', LOCKED)
    assert holds('archive ["ratio", "encrypted"]', LOCKED)
    assert holds('archive :matches "enc*"', ("b.zip", zipped(LOCKED)))
    assert not holds('archive "encrypted"', ("a.zip", zipped(("a.txt", b"x"))))
    assert holds('archive "macros"', ("a.docx", office(("word/vbaProject.bin", b"x"))))
    assert holds('archive "unreadable"', ("a.zip", b"none"))


def test_how_many() -> None:
    assert holds('archive :count "eq" "2"', LOCKED, ("b.zip", b"none"))
    assert holds('archive :count "eq" "0"', ("a.zip", zipped(("evil.exe", EXE))))


def test_the_reason_says_which_file() -> None:
    decision = decide(f'{REQUIRE}if archive "encrypted" {{ fileinto "x"; }}', attached(("b.zip", zipped(LOCKED))))
    assert decision.decided[0].why == 'archive encrypted ("b.zip/a.zip/a.txt": a password)'


def test_in_a_loop_only_the_part_counts() -> None:
    script = f'{REQUIRE}foreverypart {{ if archive :count "eq" "1" {{ fileinto "one"; break; }} }}'
    assert folders(decide(script, attached(LOCKED, ("b.zip", b"none")))) == ["one"]


def test_a_name_that_no_fact_has_gives_a_warning() -> None:
    warnings = compiled(f'{OWN}if archive ["encrypted", "encripted"] {{ keep; }}').warnings
    assert [w.text for w in warnings] == ['no archive is "encripted"']


@pytest.mark.parametrize("fact", FACTS)
def test_each_name_is_known(fact: str) -> None:
    assert compiled(f'{OWN}if archive "{fact}" {{ keep; }}').warnings == ()
