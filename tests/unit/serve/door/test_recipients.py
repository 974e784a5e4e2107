"""Who is a recipient of the LMTP door."""

from __future__ import annotations

import errno
import os
import pwd
import resource
from pathlib import Path as File

import pytest

from mdafilter import limits
from mdafilter.serve.door import recipients
from mdafilter.serve.door.recipients import NO_ANSWER, NOT_ROOT, UNKNOWN, Account, Recipients, Virtual, why_missing
from mdafilter.serve.lmtp import Path, Reply

USERS = {"bob": 1001, "Carl": 1002, "dan+x": 1003, "owner-list": 1004, "dave-x": 1005, "root": 0}


@pytest.fixture
def users(monkeypatch: pytest.MonkeyPatch) -> None:
    def getpwnam(name: str) -> pwd.struct_passwd:
        return pwd.struct_passwd((name, "x", USERS[name], 100, "", "/", "/bin/sh"))

    monkeypatch.setattr(pwd, "getpwnam", getpwnam)


@pytest.mark.usefixtures("users")
@pytest.mark.parametrize(
    ("local", "delimiter", "answer"),
    [
        ("bob", "+", Account(1001, "bob")),
        ("bob", "", Account(1001, "bob")),
        ("Bob", "+", Account(1001, "bob")),
        ("BOB+News", "+", Account(1001, "bob", "News")),
        ("bob+a+b", "+", Account(1001, "bob", "a+b")),
        ("bob-x", "+-", Account(1001, "bob", "x")),
        ("dave-x", "-", Account(1005, "dave-x")),
        ("dan+x", "+", Account(1003, "dan+x")),
        ("Carl", "+", Account(1002, "Carl")),
        ("owner-list", "-", Account(1004, "owner-list")),
        ("carl", "+", UNKNOWN),
        ("bob+x", "", UNKNOWN),
        ("+bob", "+", UNKNOWN),
        ("eve", "+", UNKNOWN),
        ("x" * 1000, "+", UNKNOWN),
        ("root", "+", NOT_ROOT),
        ("ROOT+x", "+", NOT_ROOT),
    ],
)
def test_users_of_this_machine(local: str, delimiter: str, answer: Account | Reply) -> None:
    assert Recipients(delimiter).find(Path(local, "b.example")) == answer


def test_a_user_that_is_really_there() -> None:
    name = pwd.getpwuid(os.getuid()).pw_name
    answer = Recipients("+").find(Path(f"{name}+x"))
    assert answer == (NOT_ROOT if os.getuid() == 0 else Account(os.getuid(), name, "x"))


@pytest.mark.parametrize("local", ["no-such-user-here", "a b", "\udcff", "a\0b", "", "/"])
def test_a_user_that_is_really_not_there(local: str) -> None:
    assert Recipients("+").find(Path(local)) == UNKNOWN
    assert why_missing("no-such-user-here") in (0, errno.ENOENT, errno.ESRCH)


def test_nobody_is_unknown_because_nobody_could_be_asked() -> None:
    """Without descriptors passwd(5) cannot be opened: a 550 now would be a bounce for a user that exists."""
    child = os.fork()
    if not child:
        try:
            asked = Recipients("+")
            why_missing("root")  # what is imported for this is there when a door has run for a while
            resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
            answers = [asked.find(Path(name)) for name in ("daemon", "no-such-user-here")]
            os._exit(0 if answers == [NO_ANSWER, NO_ANSWER] else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_service_of_ones_own_takes_all() -> None:
    answer = Recipients("+", own=os.getuid()).find(Path("anybody+x", "b.example"))
    assert answer == Account(os.getuid(), pwd.getpwuid(os.getuid()).pw_name, "x")


def test_virtual_mailboxes_without_a_table() -> None:
    asked = Recipients("+", Virtual(4711))
    assert asked.find(Path("anybody+x", "b.example")) == Account(4711, "", "x")


def test_virtual_mailboxes_of_root() -> None:
    assert Recipients("+", Virtual(0)).find(Path("bob", "b.example")) == NOT_ROOT


def test_virtual_mailboxes_with_a_table(tmp_path: File) -> None:
    (tmp_path / "known").write_text("bob@b.example x\nc.example x\n")
    asked = Recipients("+", Virtual(4711, str(tmp_path / "known")))
    assert asked.find(Path("Bob", "b.example")) == Account(4711, "")
    assert asked.find(Path("bob+x", "b.example")) == Account(4711, "", "x")
    assert asked.find(Path("anybody", "c.example")) == Account(4711, "")
    assert asked.find(Path("carl", "b.example")) == UNKNOWN
    assert asked.find(Path("bob")) == UNKNOWN


@pytest.mark.parametrize(
    ("content", "why"), [(None, "cannot be read: No such file or directory"), (b"\0\0", "is not used: ")]
)
def test_a_table_that_cannot_be_read(tmp_path: File, content: bytes | None, why: str) -> None:
    """Postfix keeps the mail, and its log says which table it is."""
    table = tmp_path / "known"
    if content is not None:
        table.write_bytes(content)
    found = Recipients("+", Virtual(4711, str(table))).find(Path("bob", "b.example"))
    assert isinstance(found, Reply)
    assert found.code == 451
    assert found.text.startswith(f"mdafilter: the table {table} {why}")


def test_an_answer_is_remembered_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def entry(name: str) -> None:
        asked.append(name)

    monkeypatch.setattr(recipients, "_entry", entry)
    now = [0.0]
    known = Recipients("", clock=lambda: now[0])
    for now[0] in (0.0, limits.LMTP_KNOWN_SECONDS - 0.1, limits.LMTP_KNOWN_SECONDS + 0.1):
        assert known.find(Path("bob", "b.example")) == UNKNOWN
    assert asked == ["bob", "bob"]


def test_few_answers_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recipients, "_entry", lambda _name: None)
    known = Recipients("", clock=lambda: 0.0)
    for number in range(2 * limits.LMTP_KNOWN):
        known.find(Path(str(number)))
        assert len(known._known) <= limits.LMTP_KNOWN
