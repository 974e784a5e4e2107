"""One process for each user; what it answers, and what it may do."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from mdafilter import limits
from mdafilter.delivery import Account
from mdafilter.errors import MdafilterError, SettingsError
from mdafilter.reporting import rights
from mdafilter.settings import Settings
from tests.support.commandline import NOBODY

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
ENTRY = pwd.struct_passwd(("nobody", "x", NOBODY, NOBODY, "", "/nonexistent", "/bin/sh"))


def fails(_account: Account) -> object:
    raise MdafilterError("not today")


def ends(_account: Account) -> object:
    os._exit(3)


@needs_root
def test_the_work_is_done_as_the_user_and_the_answer_comes_back() -> None:
    work = lambda account: [account.name, os.getresuid(), os.getgroups(), os.environ["HOME"]]  # noqa: E731
    assert rights._as(ENTRY, work) == (["nobody", [NOBODY] * 3, [NOBODY], "/nonexistent"], "")
    assert os.geteuid() == 0


@needs_root
@pytest.mark.parametrize(
    ("work", "why"),
    [
        (fails, "not today"),
        (ends, "it did not end well"),
        (lambda _account: 1 // 0, "ZeroDivisionError: integer division or modulo by zero"),
        (lambda _account: {1, 2}, "it did not end well"),
        (lambda _account: "x" * (limits.REPORT_ANSWER + 1), "it did not end well"),
    ],
)
def test_what_fails_says_why_and_is_no_answer(work: rights.Work, why: str) -> None:
    assert rights._as(ENTRY, work) == (None, why)


@needs_root
def test_nobody_is_looked_at_as_root() -> None:
    with pytest.raises(SettingsError):
        next(rights.each(("root",), lambda _account: 1))
    with pytest.raises(SettingsError):
        next(rights.each(("no-such-user",), lambda _account: 1))


def test_the_maildirs_are_those_of_the_settings(tmp_path: Path) -> None:
    for name in ("example.org/ann", "example.org/bob", "example.net/ann"):
        (tmp_path / name / "cur").mkdir(parents=True)
    account = Account("vmail", str(tmp_path))
    found = rights.places(account, Settings(maildir=f"{tmp_path}/%d/%n"))
    assert [one.user for one in found] == ["ann@example.net", "ann@example.org", "bob@example.org"]
    assert rights.places(account, Settings()) == []
    (tmp_path / "Maildir" / "cur").mkdir(parents=True)
    (one,) = rights.places(account, Settings())
    assert (one.root, one.user) == (str(tmp_path / "Maildir"), "vmail")
    assert one.journals == (f"{tmp_path}/.local/state/mdafilter/journal.jsonl",)


def test_those_of_one_journal_are_looked_at_together() -> None:
    ann, bob, eve = (
        rights.Place(f"/{name}", name, (file,)) for name, file in (("ann", "j"), ("bob", "k"), ("eve", "j"))
    )
    assert rights.together([ann, bob, eve]) == [(("j",), [ann, eve]), (("k",), [bob])]
