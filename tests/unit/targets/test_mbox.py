"""mbox files."""

from __future__ import annotations

import errno
import mailbox as stdlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdafilter import limits
from mdafilter.acts import Box, Pipe
from mdafilter.errors import TryAgain
from mdafilter.message import Field, Headers, Message
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


@pytest.mark.parametrize(("end", "gap"), [(b"old", b"\n\n"), (b"old\n", b"\n"), (b"old\n\n", b""), (b"o\r\n", b"\n")])
def test_an_empty_line_is_before_the_from_line(tmp_path: Path, end: bytes, gap: bytes) -> None:
    """RFC 4155: an empty line ends each message; formail(1): without -e a From line counts only behind one."""
    old = OLD[: -len(b"old\n\n")] + end
    (tmp_path / "box").write_bytes(old)
    do(tmp_path)
    assert (tmp_path / "box").read_bytes().startswith(old + gap + b"From sender@example.test  ")
    assert len(messages(tmp_path)) == 2


def test_what_is_taken_back_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "box").write_bytes(OLD.rstrip(b"\n"))
    about = message()
    with pytest.raises(TryAgain):
        perform(decision(about, Box(f"{tmp_path}/box"), Pipe(("/bin/false",))), about, ENVELOPE, mailbox(tmp_path))
    assert (tmp_path / "box").read_bytes() == OLD.rstrip(b"\n")
    assert drafts(tmp_path) == []


def test_a_new_file_is_on_the_disk_with_its_name(tmp_path: Path) -> None:
    """fsync(2): for the name of a file its directory needs an fsync of its own; one that we cannot read does without."""
    do(tmp_path)  # makes the Maildir in which the draft is
    (tmp_path / "box").unlink()
    new, there = Faulty(), Faulty()
    do(tmp_path, new)
    do(tmp_path, there)
    assert new.made.count("fsync") == there.made.count("fsync") + 1
    (tmp_path / "box").unlink()
    directory = [n for n, name in enumerate(new.made, 1) if name == "open"][-1]
    do(tmp_path, Faulty(nth(directory, errno.EACCES)))
    assert len(messages(tmp_path)) == 1


@pytest.mark.parametrize(
    ("line", "mboxrd", "mboxo"),
    [
        (b"From x", b">From x", b">From x"),
        (b">>From x", b">>>From x", b">>From x"),
        (b" From x", b" From x", b" From x"),
        (b"From", b"From", b"From"),
    ],
)
def test_lines_that_look_like_a_from_line(line: bytes, mboxrd: bytes, mboxo: bytes) -> None:
    """mboxrd: every line of `>*From ` has one > more; mboxo: those of `From `."""
    for quoting, wanted in (("mboxrd", mboxrd), ("mboxo", mboxo)):
        assert quoted(b"a\n" + line + b"\nb\n", quoting) == b"a\n" + wanted + b"\nb\n"
        assert quoted(line, quoting) == wanted


def test_the_quoting_is_the_one_of_the_configuration(tmp_path: Path) -> None:
    about = Message.parse(b"A: b\n\nFrom x\n>From y\n")
    there = mailbox(tmp_path).replace(mbox_quoting="mboxo")
    perform(decision(about, Box(f"{tmp_path}/box")), about, ENVELOPE, there).forget()
    assert (tmp_path / "box").read_bytes().endswith(b"\n\n>From x\n>From y\n\n")


def test_within_a_long_line_nothing_is_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "WINDOW", 100)
    text = b"A: b\n\n" + b"x" * (64 * 1024 - 6) + b"From here\nFrom there\n"
    assert b"".join(rendered(Message.parse(text), b"", "mboxrd")) == text.replace(b"\nFrom", b"\n>From") + b"\n"


def test_no_length_is_written_that_formail_would_believe(tmp_path: Path) -> None:
    """postconf(5), message_drop_headers (default: bcc, content-length, ...)."""
    do(tmp_path, about=Message.parse(b"A: b\nContent-Length: 999\nC: d\n\nx\n"))
    assert (tmp_path / "box").read_bytes().partition(b"\n")[2] == b"A: b\nC: d\n\nx\n\n"


@given(st.lists(st.sampled_from([b"From x", b">From", b"", b"a", b"\r", b">>From y"]), max_size=20).map(b"\n".join))
def test_the_quotes_can_be_undone(body: bytes) -> None:
    lines = quoted(body, "mboxrd").split(b"\n")
    undone = [one[1:] if one.lstrip(b">").startswith(b"From ") else one for one in lines]
    assert b"\n".join(undone) == body


@given(st.binary(max_size=200))
def test_any_message_ends_with_an_empty_line(data: bytes) -> None:
    text = b"".join(rendered(Message.parse(data), b"From x\n", "mboxrd"))
    assert text.startswith(b"From x\n") and text.endswith(b"\n")
    assert not data or text.endswith(b"\n\n")


@given(st.binary(max_size=200) | st.lists(st.sampled_from([b"A: b", b"", b"From x", b">From y", b"x"])).map(b"\n".join))
def test_the_end_of_a_message_is_that_of_its_body(data: bytes) -> None:
    """A retry knows the message by that, whatever stands in its header."""
    about = Message.parse(data)
    for quoting in ("mboxrd", "mboxo"):
        body = b"".join(rendered(about.with_headers(Headers()), b"", quoting))
        assert b"".join(rendered(about, b"From x\n", quoting)).endswith(body)


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


# --- retries ---------------------------------------------------------------------------------------------------------


def killed_at(home: Path, call: str, number: int = 1) -> None:
    """A delivery behind OLD that is killed after its call of that name, counted from its first lock on."""
    do(home)  # makes the Maildir in which the draft is
    (home / "box").write_bytes(OLD)
    counted = Faulty()
    do(home, counted)
    (home / "box").write_bytes(OLD)
    start = counted.made.index("lockf")
    last = [n for n, name in enumerate(counted.made, 1) if name == call and n > start][number - 1]
    with pytest.raises(Killed):
        do(home, Faulty(last=last))


def test_half_a_message_of_a_killed_try_is_cut_off(tmp_path: Path) -> None:
    killed_at(tmp_path, "write", 2)  # the From line, behind the draft's own
    assert (tmp_path / "box").read_bytes().startswith(OLD + b"From sender@example.test")
    (tmp_path / "box.lock").unlink()
    do(tmp_path)
    assert (tmp_path / "box").read_bytes().count(b"From sender@example.test") == 1
    assert len(messages(tmp_path)) == 2


def test_it_is_remembered_by_tries_that_do_not_get_the_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The killed one leaves its lock file, for which the next tries wait in vain."""
    monkeypatch.setattr(limits, "LOCK_SECONDS", 0.0)
    killed_at(tmp_path, "write", 2)
    for _ in range(2):
        with pytest.raises(TryAgain, match="another program is at work"):
            do(tmp_path)
    (tmp_path / "box.lock").unlink()
    do(tmp_path)
    assert len(messages(tmp_path)) == 2
    assert drafts(tmp_path) == []


def test_what_others_wrote_behind_half_a_message_stays(tmp_path: Path) -> None:
    killed_at(tmp_path, "write", 2)
    (tmp_path / "box.lock").unlink()
    do(tmp_path, about=message(2))
    do(tmp_path)
    bodies = messages(tmp_path)
    assert [body.rstrip(b"\n") for body in bodies] == [b"old", b"", BODY.rstrip(b"\n"), BODY.rstrip(b"\n")]


def test_a_whole_message_is_made_durable_and_not_written_again(tmp_path: Path) -> None:
    """Killed before fsync(2). In the retry the scorer has put something else into the header."""
    killed_at(tmp_path, "write", 4)
    (tmp_path / "box.lock").unlink()
    before = (tmp_path / "box").read_bytes()
    assert before.endswith(BODY + b"\n")
    about, again = message(), Faulty()
    scored = about.on_top(Field.make("X-Spam-Status", "No", about.newline))
    receipts = perform(decision(scored, Box(f"{tmp_path}/box")), about, ENVELOPE, mailbox(tmp_path), calls=again)
    assert [receipt.done for receipt in receipts.receipts] == ["already"]
    assert again.made.count("fsync") == 1
    receipts.forget()
    assert (tmp_path / "box").read_bytes() == before
    assert drafts(tmp_path) == []


def test_an_undo_that_fails_leaves_what_the_retry_needs(tmp_path: Path) -> None:
    (tmp_path / "box").write_bytes(OLD)
    do(tmp_path)
    (tmp_path / "box").write_bytes(OLD)
    counted = Faulty()
    do(tmp_path, counted)
    (tmp_path / "box").write_bytes(OLD)
    last_write = max(n for n, name in enumerate(counted.made, 1) if name == "write")
    bad = Faulty(lambda n, name: errno.EIO if n >= last_write and name in ("write", "truncate") else None)
    with pytest.raises(TryAgain):
        do(tmp_path, bad)
    assert len(messages(tmp_path)) == 2
    assert len(drafts(tmp_path)) == 1
    do(tmp_path)
    assert len(messages(tmp_path)) == 2
    assert drafts(tmp_path) == []
