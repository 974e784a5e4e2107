"""mbox files."""

from __future__ import annotations

import fcntl
import mailbox as stdlib
import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdafilter import limits
from mdafilter.acts import Box
from mdafilter.errors import TryAgain
from mdafilter.message import Message
from mdafilter.perform import Receipts, perform
from mdafilter.targets.mbox import quoted, rendered
from tests.support.faults import Faulty, Killed, nth
from tests.support.mailboxes import BODY, ENVELOPE, decision, drafts, mailbox, message

OLD = b"From old@example.org  Sun Nov 22 10:00:00 2026\nSubject: old\n\nold\n\n"


def do(home: Path, calls: Faulty | None = None, about: Message | None = None) -> Receipts:
    about = about or message()
    made = calls or Faulty()
    try:
        receipts = perform(decision(about, Box(f"{home}/box")), about, ENVELOPE, mailbox(home), calls=made)
        receipts.forget()
    finally:
        made.bury()
    return receipts


def messages(home: Path) -> list[bytes]:
    """The bodies, as Python's mailbox module reads them."""
    if not (home / "box").exists():
        return []
    box = stdlib.mbox(home / "box", create=False)
    try:
        return [bytes(one.get_payload(decode=True)) for one in box]
    finally:
        box.close()


def test_a_message_at_the_end(tmp_path: Path) -> None:
    (tmp_path / "box").write_bytes(OLD)
    (receipt,) = do(tmp_path).receipts
    assert (tmp_path / "box").read_bytes().startswith(OLD + b"From sender@example.test  ")
    assert [m.rstrip(b"\n") for m in messages(tmp_path)] == [b"old", BODY.rstrip(b"\n")]
    assert (receipt.done, receipt.size) == ("delivered", (tmp_path / "box").stat().st_size - len(OLD))
    assert (tmp_path / "box").stat().st_mode & 0o777 == 0o644
    assert drafts(tmp_path) == [] and not (tmp_path / "box.lock").exists()


def test_a_last_line_without_its_end_hides_nothing(tmp_path: Path) -> None:
    (tmp_path / "box").write_bytes(OLD.rstrip(b"\n"))
    do(tmp_path)
    assert b"\nold\nFrom sender@example.test  " in (tmp_path / "box").read_bytes()


@pytest.mark.parametrize(
    ("line", "wanted"),
    [(b"From x", b">From x"), (b">>From x", b">>>From x"), (b" From x", b" From x"), (b"From", b"From")],
)
def test_lines_that_look_like_a_from_line(line: bytes, wanted: bytes) -> None:
    """mboxrd: every line of `>*From ` has one > more."""
    assert quoted(b"a\n" + line + b"\nb\n") == b"a\n" + wanted + b"\nb\n"


@given(st.lists(st.sampled_from([b"From x", b">From", b"", b"a", b"\r", b">>From y"]), max_size=20).map(b"\n".join))
def test_the_quotes_can_be_undone(body: bytes) -> None:
    lines = quoted(body).split(b"\n")
    undone = [one[1:] if one.lstrip(b">").startswith(b"From ") else one for one in lines]
    assert b"\n".join(undone) == body


@given(st.binary(max_size=200))
def test_any_message_ends_with_an_empty_line(data: bytes) -> None:
    text = b"".join(rendered(Message.parse(data), b"From x\n"))
    assert text.startswith(b"From x\n") and text.endswith(b"\n")
    assert not data or text.endswith(b"\n\n")


def test_it_waits_for_no_lock_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LOCK_SECONDS", 0.2)
    (tmp_path / "box.lock").touch()
    with pytest.raises(TryAgain, match=r"box\.lock is there"):
        do(tmp_path)
    (tmp_path / "box.lock").unlink()
    pid = os.fork()
    if pid == 0:
        fd = os.open(tmp_path / "box", os.O_RDWR | os.O_CREAT)
        fcntl.lockf(fd, fcntl.LOCK_EX)
        (tmp_path / "locked").touch()
        time.sleep(30)
        os._exit(0)
    while not (tmp_path / "locked").exists():
        time.sleep(0.01)
    with pytest.raises(TryAgain, match="locked by another program"):
        do(tmp_path)
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    do(tmp_path)
    assert len(messages(tmp_path)) == 1


def test_a_stale_lock_is_taken_away(tmp_path: Path) -> None:
    lock = tmp_path / "box.lock"
    lock.touch()
    os.utime(lock, (0, 0))
    do(tmp_path)
    assert len(messages(tmp_path)) == 1


@pytest.mark.parametrize("what", ["folder", "link", "fifo", "two names"])
def test_what_is_no_mailbox_is_left_alone(tmp_path: Path, what: str) -> None:
    box = tmp_path / "box"
    match what:
        case "folder":
            box.mkdir()
        case "link":
            box.symlink_to(tmp_path / "elsewhere")
        case "fifo":
            os.mkfifo(box)
        case _:
            box.touch()
            os.link(box, tmp_path / "other")
    with pytest.raises(TryAgain):
        do(tmp_path)


def test_each_call_fails_once(tmp_path: Path) -> None:
    (tmp_path / "box").write_bytes(OLD)
    for number in range(1, 200):
        (tmp_path / "box").write_bytes(OLD)
        calls = Faulty(nth(number, 28))
        try:
            do(tmp_path, calls)
        except TryAgain:
            assert len(messages(tmp_path)) == 1, calls.failed
            do(tmp_path)
        assert len(messages(tmp_path)) == 2, calls.failed
        if not calls.failed:
            break
        (tmp_path / "box.lock").unlink(missing_ok=True)
        for draft in (tmp_path / "Maildir" / "tmp").iterdir():
            draft.unlink()
    assert number > 15


def test_killed_after_each_call(tmp_path: Path) -> None:
    for number in range(1, 200):
        (tmp_path / "box").write_bytes(OLD)
        try:
            do(tmp_path, Faulty(last=number))
        except Killed:
            (tmp_path / "box.lock").unlink(missing_ok=True)  # it is stale in a while
            if drafts(tmp_path) or len(messages(tmp_path)) == 1:
                do(tmp_path)
            assert [len(m) for m in messages(tmp_path)] == [len(b"old\n"), len(messages(tmp_path)[1])]
            assert messages(tmp_path)[1].startswith(BODY.rstrip(b"\n"))
            assert drafts(tmp_path) == []
        else:
            break
    assert number > 15


def test_half_a_message_of_a_killed_try_is_cut_off(tmp_path: Path) -> None:
    (tmp_path / "box").write_bytes(OLD)
    do(tmp_path)  # makes the Maildir in which the draft is
    (tmp_path / "box").write_bytes(OLD)
    calls = Faulty()
    do(tmp_path, calls)
    whole = (tmp_path / "box").read_bytes()
    appended = [n for n, call in enumerate(calls.made, 1) if call == "write"][
        1
    ]  # the From line, behind the draft's own
    (tmp_path / "box").write_bytes(OLD)
    with pytest.raises(Killed):
        do(tmp_path, Faulty(last=appended))
    assert OLD < (tmp_path / "box").read_bytes() < whole
    (tmp_path / "box.lock").unlink()
    do(tmp_path)
    assert len((tmp_path / "box").read_bytes()) == len(whole)
