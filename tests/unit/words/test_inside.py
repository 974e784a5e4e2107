"""Each attachment is looked into once, and only as far as a rule asks."""

from __future__ import annotations

import subprocess
import sys

import pytest

from mdafilter.archives import walk
from mdafilter.archives.budget import Budget
from mdafilter.words.inside import entries, facts, found, names_in_texts, nothing
from tests.support.archives import EXE, locked_zip, uu, zipped
from tests.support.attached import attached
from tests.support.house import ROOT
from tests.support.scene import scene

FILES = (("a.zip", zipped(("1.txt", b"x"), ("2.txt", b"x"))), ("b.zip", locked_zip(("3.exe", EXE))))


def test_what_is_seen() -> None:
    one = scene(attached(*FILES))
    assert [e.path for e in entries(one)] == ["a.zip", "a.zip/1.txt", "a.zip/2.txt", "b.zip", "b.zip/3.exe"]
    assert [e.path for e in entries(one, deep=False)] == ["a.zip", "b.zip"]
    assert [f.path for f in facts(one)] == ["b.zip/3.exe"]


def test_once_for_all_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    real = walk.look

    def look(member: object, budget: Budget) -> object:
        asked.append(type(budget).__name__)
        return real(member, budget)  # type: ignore[arg-type]

    monkeypatch.setattr(walk, "look", look)
    one = scene(attached(*FILES))
    first = list(found(one))
    from mdafilter.message import Field

    one.message = one.message.on_top(Field.make("X-Mark", "x", b"\n"))
    assert list(found(one)) == first
    assert len(asked) == 2


def test_nothing_is_of_the_message_as_it_is_and_of_the_part_that_a_loop_stands_at() -> None:
    from mdafilter.message import Field

    assert not nothing(scene(b"Subject: x\n\n" + uu("a.exe", b"x")))
    one = scene(attached(("a.zip", b"x")))
    assert not nothing(one)
    one.parts = [one.message.parts[1]]  # the text
    assert nothing(one)
    one = scene(b"Subject: x\n\nplain")
    assert (nothing(one), nothing(one)) == (True, True)
    one.message = one.message.on_top(Field.make("Content-Type", "text/plain; name=a.exe", b"\n"))
    assert not nothing(one)


def test_no_more_than_is_asked_for() -> None:
    one = scene(attached(*FILES))
    walk_ = entries(one)
    assert [next(walk_).path for _ in range(2)] == ["a.zip", "a.zip/1.txt"]
    budget = one.looked["archives"]
    assert isinstance(budget, Budget) and budget.entries == 1


@pytest.mark.parametrize(
    ("header", "imported"), [("", False), ("Content-Disposition: attachment; filename=x.zip", True)]
)
def test_a_message_without_attachments_imports_nothing_of_it(header: str, imported: bool) -> None:
    code = f"""
import sys; sys.path.insert(0, {str(ROOT)!r})
from tests.support.shipped import ruled, mail
ruled("attachments", mail({header!r} + chr(10)))
print("mdafilter.archives.walk" in sys.modules, "subprocess" in sys.modules and False)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split()[0] == str(imported)


def test_files_in_texts() -> None:
    text = b"From: a@example.org\n\nSee:\n" + uu("a.zip", FILES[0][1])
    one = scene(text)
    assert [e.path for e in entries(one)] == ["a.zip", "a.zip/1.txt", "a.zip/2.txt"]
    assert [(r.text, r.how) for r in names_in_texts(one)] == [("a.zip", "uuencode in the text")]
    assert list(names_in_texts(scene(attached(*FILES)))) == []
    assert list(entries(scene(b"From: a@example.org\n\nbegin of a text\n"))) == []
