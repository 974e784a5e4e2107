"""Sessions: the dialogues of tests/dialogues/lmtp (tests/support/lmtp.py), and what an owner may do."""

from __future__ import annotations

import pytest

from mdafilter import limits
from mdafilter.serve.lmtp import Closed, Complete, Content, Recipient, Reply, Session
from tests.support.lmtp import ALL, DELIVERED, Dialogue, Owner, talk

START = b"LHLO client\r\nMAIL FROM:<a@a.example>\r\n"
LATE = Reply(451, "4.3.0", "Later")


def started(*recipients: str) -> Session:
    """A session in which the message has begun."""
    session = Session("mx.example")
    session.feed(START + b"".join(f"RCPT TO:<{r}@b.example>\r\n".encode() for r in recipients))
    while session.next():
        session.accept()
    session.output()
    return session


def events(session: Session) -> list[object]:
    return list(iter(session.next, None))


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("step", [0, 1, 3])
@pytest.mark.parametrize("dialogue", ALL, ids=lambda d: d.name)
def test_a_dialogue_is_the_same_however_it_is_cut(dialogue: Dialogue, step: int, backwards: bool) -> None:
    data = dialogue.client
    pieces = [data[i : i + step] for i in range(0, len(data), step)] if step else [data]
    output, happened = talk(pieces, dialogue.max_size, backwards=backwards)
    assert output.decode() == dialogue.server.decode()
    assert happened == dialogue.events


def test_nothing_is_read_before_the_recipient_is_judged() -> None:
    session = Session("mx.example")
    session.feed(START + b"RCPT TO:<bob@b.example>\r\nRCPT TO:<carl@b.example>\r\nNOOP\r\n")
    first = session.next()
    assert isinstance(first, Recipient)
    assert (str(first.path), session.waiting, session.next()) == ("bob@b.example", True, None)
    session.output()
    session.feed(b"NOOP\r\n")
    assert (session.next(), session.output()) == (None, b"")
    session.refuse(Reply(550, "5.1.1", "No such user"))
    second = session.next()
    assert isinstance(second, Recipient)
    session.accept()
    assert (session.next(), session.waiting) == (None, False)
    assert session.output().split(b"\r\n") == [
        b"550 5.1.1 No such user",
        b"250 2.1.5 OK",
        b"250 2.0.0 OK",
        b"250 2.0.0 OK",
        b"",
    ]


def test_results_may_come_in_any_order_and_replies_go_out_in_that_of_rcpt() -> None:
    """RFC 2033, 4.2: "in the order that the RCPT commands were issued"."""
    session = started("a", "b", "c")
    session.feed(b"DATA\r\nx\r\n.\r\nNOOP\r\n")
    assert [type(event) for event in events(session)] == [Content, Complete]
    session.output()
    assert (session.result(2, DELIVERED), session.output()) == (0, b"")
    assert (session.result(0, LATE), session.output()) == (1, LATE.octets())
    assert session.next() is None  # the NOOP waits
    assert (session.result(1, DELIVERED), session.output()) == (3, DELIVERED.octets() * 2)
    assert (session.next(), session.output()) == (None, b"250 2.0.0 OK\r\n")


def test_a_verdict_that_nobody_asked_for() -> None:
    session = started("a")
    with pytest.raises(ValueError, match="asked for"):
        session.accept()
    with pytest.raises(ValueError, match="no result"):
        session.result(0, DELIVERED)
    session.feed(b"RCPT TO:<b@b.example>\r\nDATA\r\n.\r\n")
    session.next()
    session.accept()
    events(session)
    session.result(0, DELIVERED)
    with pytest.raises(ValueError, match="no result"):
        session.result(0, DELIVERED)


def test_there_is_a_number_of_recipients() -> None:
    """RFC 5321, 4.5.3.1.10: 452, and the client sends the message to the others afterwards."""
    most = limits.LMTP_RECIPIENTS
    line = b"RCPT TO:<bob@b.example>\r\n"
    output, _ = talk([START + line * (most + 2) + b"DATA\r\n.\r\n"])
    assert output.count(b"250 2.1.5 OK\r\n") == most
    assert output.count(b"452 4.5.3 Too many recipients\r\n") == 2
    assert output.count(DELIVERED.octets()) == most


def test_errors_are_forgotten_with_a_message() -> None:
    owner = Owner(Session("mx.example"))
    owner.feed(b"LHLO client\r\n")
    for _ in range(3):
        owner.feed(b"FROB\r\n" * (limits.LMTP_ERRORS - 1))
        owner.feed(b"MAIL FROM:<>\r\nRCPT TO:<bob@b.example>\r\nDATA\r\n.\r\n")
    assert "closed" not in owner.events


def test_unknown_recipients_are_no_errors() -> None:
    owner = Owner(Session("mx.example"))
    owner.feed(START + b"RCPT TO:<unknown@b.example>\r\n" * (2 * limits.LMTP_ERRORS))
    assert "closed" not in owner.events


def test_who_leaves_finishes_the_transaction() -> None:
    owner = Owner(Session("mx.example"))
    owner.feed(START + b"RCPT TO:<bob@b.example>\r\n")
    owner.session.leaving = True
    owner.feed(b"DATA\r\nx\r\n.\r\n")
    assert owner.output.endswith(DELIVERED.octets())
    owner.feed(b"MAIL FROM:<>\r\nNOOP\r\n")
    assert owner.output.endswith(b"\r\n421 4.3.2 The service is restarted; try again\r\n")
    assert owner.events[-1] == "closed"


def test_quit_is_quit_for_who_leaves() -> None:
    owner = Owner(Session("mx.example"))
    owner.session.leaving = True
    owner.feed(b"QUIT\r\n")
    assert owner.output.endswith(b"\r\n221 2.0.0 Bye\r\n")


@pytest.mark.parametrize("begun", [b"", b"RCPT TO:<", b"DATA\r\nx", b"BDAT 10\r\nx"])
def test_hanging_up_at_any_time(begun: bytes) -> None:
    session = started("a")
    session.feed(begun)
    events(session)
    session.output()
    session.hang_up(Reply(421, "4.4.2", "Too slow"))
    session.hang_up(Reply(421, "4.4.2", "Too slow"))
    assert session.output() == b"421 4.4.2 Too slow\r\n"
    session.feed(b"NOOP\r\n")
    assert events(session) == [Closed()]
    assert session.output() == b""


def test_replies_in_utf8_where_the_message_has_it() -> None:
    for parameter, text in ((b"", b"550 5.7.1 fur\r\n"), (b" SMTPUTF8", "550 5.7.1 für\r\n".encode())):
        session = Session("mx.example")
        session.feed(b"LHLO x\r\nMAIL FROM:<>" + parameter + b"\r\nRCPT TO:<a@b>\r\n")
        events(session)
        session.output()
        session.refuse(Reply(550, "5.7.1", "für"))
        assert session.output() == text


def test_a_message_is_handed_out_as_it_comes() -> None:
    session = started("a")
    session.feed(b"DATA\r\n")
    events(session)
    for _ in range(100):
        session.feed(b"x" * 10_000 + b"\r\n")
        assert sum(len(event.octets) for event in events(session) if isinstance(event, Content)) >= 10_000
    session.feed(b".\r\n")
    assert [type(event) for event in events(session)] == [Content, Complete]
