"""A letter of ours, through a sendmail of the test."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdafilter.acts import Send
from mdafilter.errors import RuleFailed, TryAgain
from mdafilter.message import Message
from mdafilter.targets import Parcel
from mdafilter.targets.send import place, stage
from tests.support.mailboxes import drafts, mailbox, parcel

LETTER = b"From: alice@example.test\nTo: bob@c.test\nAuto-Submitted: auto-replied\n\nI am away.\n"


@pytest.fixture
def sendmail(tmp_path: Path) -> str:
    path = tmp_path / "sendmail"
    path.write_text(
        f'#!/bin/sh\nprintf "%s\\n" "$@" >>"{tmp_path}/args"\ncat >"{tmp_path}/got"\nexit $(cat "{tmp_path}/status")\n'
    )
    path.chmod(0o700)
    (tmp_path / "status").write_text("0")
    return str(path)


def sending(home: Path, sendmail: str, *to: str, sender: str = "", needed: bool = False) -> Parcel:
    act = Send("vacation", LETTER, to or ("bob@c.test",), sender, needed=needed)
    return parcel(home, act, mailbox=mailbox(home, sendmail))


def test_it_goes_out_as_it_is_with_the_null_sender(tmp_path: Path, sendmail: str) -> None:
    """RFC 3834 section 4: "the RECOMMENDED SMTP MAIL FROM address ... is the null address"."""
    one = sending(tmp_path, sendmail)
    assert place(one).startswith("vacation:bob@c.test:")
    staged = stage(one)
    staged.write()
    staged.commit()
    staged.forget()
    assert (tmp_path / "args").read_text() == "-i\n-f\n<>\n--\nbob@c.test\n"
    assert (tmp_path / "got").read_bytes() == LETTER
    assert drafts(tmp_path) == []


def test_a_retry_does_not_send_it_again(tmp_path: Path, sendmail: str) -> None:
    first = stage(sending(tmp_path, sendmail))
    first.write()
    first.commit()
    first.release()
    again = stage(sending(tmp_path, sendmail))
    assert again.already
    again.forget()
    assert (tmp_path / "args").read_text().count("bob@c.test") == 1


def test_what_is_needed_and_cannot_be_sent_comes_again(tmp_path: Path, sendmail: str) -> None:
    (tmp_path / "status").write_text("75")
    staged = stage(sending(tmp_path, sendmail, sender="alice@example.test", needed=True))
    staged.write()
    with pytest.raises(TryAgain, match="ended with 75"):
        staged.commit()
    assert staged.abort()
    assert drafts(tmp_path) == []


@pytest.mark.parametrize(
    ("status", "needed"), [*((one, True) for one in (64, 65, 67, 68, 77)), (67, False), (75, False), (127, False)]
)
def test_what_is_not_taken_is_left_out(tmp_path: Path, sendmail: str, status: int, needed: bool) -> None:
    """RFC 5435 section 3.8: "the Sieve interpreter SHOULD ignore the notification and not retry indefinitely"."""
    (tmp_path / "status").write_text(str(status))
    staged = stage(sending(tmp_path, sendmail, needed=needed))
    staged.write()
    staged.commit()
    assert not staged.has_run
    assert f"was not sent: {sendmail} ended with {status}" in staged.notes[0]
    staged.forget()
    assert drafts(tmp_path) == []


def test_without_sendmail_it_is_left_out(tmp_path: Path) -> None:
    staged = stage(sending(tmp_path, f"{tmp_path}/none"))
    staged.write()
    staged.commit()
    assert "cannot be started" in staged.notes[0]
    staged.release()
    staged = stage(sending(tmp_path, f"{tmp_path}/none", "carl@c.test", needed=True))
    staged.write()
    with pytest.raises(TryAgain, match="cannot be started"):
        staged.commit()


@pytest.mark.parametrize(("area", "inner"), [("both", b"Subject: x\n\nbody\n"), ("header", b"Subject: x\n\n")])
def test_the_message_within_the_letter(tmp_path: Path, sendmail: str, area: str, inner: bytes) -> None:
    act = Send("report", LETTER, ("bob@c.test",), area=area, tail=b"--end--\n")
    message = Message.parse(b"Subject: x\n\nbody\n")
    staged = stage(parcel(tmp_path, act, message, mailbox=mailbox(tmp_path, sendmail)))
    staged.write()
    staged.commit()
    assert (tmp_path / "got").read_bytes() == LETTER + inner + b"--end--\n"


@pytest.mark.parametrize("address", ["", "a b@c.test", "a\n@c.test", '"a b"@c .test'])
def test_what_is_no_address_gets_no_letter(tmp_path: Path, sendmail: str, address: str) -> None:
    with pytest.raises(RuleFailed, match="is no address"):
        place(sending(tmp_path, sendmail, address))


def test_two_letters_to_one_address_are_two(tmp_path: Path, sendmail: str) -> None:
    one, other = Send("notify", b"a", ("b@c.test",)), Send("notify", b"b", ("b@c.test",))
    assert place(parcel(tmp_path, one)) != place(parcel(tmp_path, other))
