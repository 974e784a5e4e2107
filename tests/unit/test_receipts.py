"""What a message that goes nowhere is answered with."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mdafilter import seen
from mdafilter.acts import Discard, Keep, Reject, Send
from mdafilter.decision import Decided, Remember
from mdafilter.errors import TryAgain
from mdafilter.message import Message
from mdafilter.perform import perform
from mdafilter.receipts import UNSENT, Receipts, nowhere
from tests.support.mailboxes import ENVELOPE, decision, delivered, drafts, mailbox, message

if TYPE_CHECKING:
    from mdafilter.acts import Act

MESSAGE = Message.parse(b"Subject: x\n\n")


def program_at(home: Path, program: str) -> str:
    """A shell script, in the place of sendmail."""
    sendmail = home / "sendmail"
    sendmail.write_text(f"#!/bin/sh\ncd {home}\n{program}\n")
    sendmail.chmod(0o755)
    return str(sendmail)


def sent_by(home: Path, program: str, about: Message, *acts: Act) -> Receipts:
    """With this script as sendmail; the message came as `message()`, and `about` is what it is now."""
    box = mailbox(home, program_at(home, program))
    receipts = perform(decision(about, *acts), message(), ENVELOPE, box)
    receipts.forget()
    return receipts


def test_what_is_discarded_is_delivered_to_whoever_asks() -> None:
    receipts = nowhere([Decided(Discard(), MESSAGE)])
    assert (receipts.exit_code, receipts.reply, [r.done for r in receipts.receipts]) == (0, "", ["discarded"])


@pytest.mark.parametrize(
    ("act", "code", "reply"),
    [
        (Reject("no thanks"), 77, "5.7.1 no thanks"),
        (Reject("gone", "5.1.6"), 77, "5.1.6 gone"),
        (Reject("two\r\n\r\nlines\t and  more\0"), 77, "5.7.1 two\nlines and more?"),
        (Reject("n\u00f6\u202e"), 77, "5.7.1 n\u00f6?"),  # of a non-delivery report; for SMTP see serve/lmtp/reply.py
        (Reject(""), 77, "5.7.1 refused by a rule of the recipient"),
        (Reject("bad", "2.0.0"), 77, "5.7.1 bad"),
        (Reject("bad", "5.x.1"), 77, "5.7.1 bad"),
        (Reject("bad", "5.7"), 77, "5.7.1 bad"),
        (Reject("later", "4.7.1"), 75, "4.7.1 later"),
        (Reject("x" * 5000), 77, "5.7.1 " + "x" * 2000),
    ],
)
def test_a_refusal_is_an_exit_status_and_a_text(act: Reject, code: int, reply: str) -> None:
    """RFC 5429 section 2.5: "If the "reason" string consists of multiple CRLF separated lines, then the reason text MUST
    be returned as a multiline SMTP/LMTP response"."""
    receipts = nowhere([Decided(act, MESSAGE)])
    assert (receipts.exit_code, receipts.reply) == (code, reply)
    assert [r.done for r in receipts.receipts] == ["refused"]


@pytest.mark.parametrize(("told", "code", "reply"), [(True, 0, ""), (False, 77, "5.7.1 no")])
def test_a_refusal_that_a_letter_has_told_is_not_told_by_the_door(told: bool, code: int, reply: str) -> None:
    letter = Send("reject", b"x", ("a@b.test",))
    receipts = nowhere([Decided(letter, MESSAGE), Decided(Reject("no", told=True), MESSAGE)], told=told)
    assert (receipts.exit_code, receipts.reply, [r.done for r in receipts.receipts]) == (code, reply, ["refused"])
    assert nowhere([Decided(Reject("no"), MESSAGE)], told=told).exit_code == 77


@pytest.mark.parametrize(
    ("program", "code", "reply", "done"),
    [
        ("exec cat >letter", 0, "", ["delivered", "refused"]),
        ("exit 67", 77, "5.7.1 n\u00f6", [UNSENT, "refused"]),
    ],
)
def test_a_refusal_that_a_letter_tells(tmp_path: Path, program: str, code: int, reply: str, done: list[str]) -> None:
    """RFC 5429 section 2.2: of the two ways it is one; where the letter never goes, the sender hears it by the other."""
    letter = Send("reject", b"Subject: refused\n\n", ("bob@c.test",), area="both", tail=b"end\n", needed=True)
    receipts = sent_by(tmp_path, program, Message.parse(b"Subject: edited\n\n"), letter, Reject("n\u00f6", told=True))
    assert (receipts.exit_code, receipts.reply, [r.done for r in receipts.receipts]) == (code, reply, done)
    assert delivered(tmp_path) == {}
    if not code:
        text = (tmp_path / "letter").read_bytes()
        assert b"edited" not in text, 'section 2.4: an action that modifies the body "MUST NOT have any effect" on MDNs'


def test_a_letter_of_a_refusal_that_cannot_be_sent_now_comes_again(tmp_path: Path) -> None:
    letter = Send("reject", b"Subject: refused\n\n", ("bob@c.test",), needed=True)
    with pytest.raises(TryAgain):
        sent_by(tmp_path, "exit 75", message(), letter, Reject("n\u00f6", told=True))


def test_a_refusal_whose_letter_goes_to_no_address_is_kept(tmp_path: Path) -> None:
    letter = Send("reject", b"Subject: refused\n\n", ("a b@c.test",))
    receipts = sent_by(tmp_path, "exit 0", message(), letter, Reject("n\u00f6", told=True))
    assert receipts.exit_code == 0 and "the message is kept" in receipts.notes[0]
    assert set(delivered(tmp_path)) == {""}


@pytest.mark.parametrize("program", ["exit 75", "exit 127", "kill -9 $$"])
def test_an_answer_that_cannot_be_sent_holds_up_no_mail(tmp_path: Path, program: str) -> None:
    """A courtesy; RFC 5435 section 3.8: it "SHOULD ignore the notification and not retry indefinitely"."""
    letter = Send("vacation", b"Subject: away\n\n", ("bob@c.test",))
    receipts = sent_by(tmp_path, program, message(), letter, Keep())
    assert (receipts.exit_code, [r.done for r in receipts.receipts]) == (0, ["delivered", UNSENT])
    assert "the letter to bob@c.test was not sent" in receipts.notes[0]
    assert len(delivered(tmp_path)[""]) == 1
    assert drafts(tmp_path) == []


@pytest.mark.parametrize(("program", "kinds"), [("exit 75", ["duplicate"]), ("exit 0", ["duplicate", "vacation"])])
def test_who_was_not_answered_is_not_remembered(tmp_path: Path, program: str, kinds: list[str]) -> None:
    letter = Send("vacation", b"Subject: away\n\n", ("bob@c.test",))
    until = time.time() + 100
    noted = tuple(Remember(kind, "bob", until) for kind in ("duplicate", "vacation"))
    sendmail = program_at(tmp_path, program)
    box = mailbox(tmp_path, sendmail).replace(memory=str(tmp_path / "seen"))
    perform(decision(message(), Keep(), letter).replace(remember=noted), message(), ENVELOPE, box).forget()
    met = [kind for kind in ("duplicate", "vacation") if seen.look(box.memory, box.root, kind, "bob", time.time())]
    assert met == kinds
