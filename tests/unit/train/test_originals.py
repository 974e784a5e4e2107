"""What is taken out of a report, for each way in which mail programs forward."""

from __future__ import annotations

import pytest

from mdafilter import limits
from mdafilter.message import Message
from mdafilter.train import Hints, Original
from mdafilter.train.identity import identity
from mdafilter.train.originals import folded, is_message, originals
from tests.support.archives import tnef, tnef_message, zipped
from tests.support.forwards import (
    ATTACHED,
    HEAD,
    HTML,
    INLINE,
    OTHER,
    RESENT,
    RFC822,
    SPAM,
    SUBJECT,
    TEXT,
    attached,
    file,
    filed,
    in_base64,
    inline,
    multipart,
    saved,
)


def taken(report: bytes) -> tuple[Original, ...]:
    found = originals(Message.parse(report))
    return tuple(one for one in found if isinstance(one, Original))


def hints(report: bytes) -> Hints:
    (found,) = originals(Message.parse(report))
    assert isinstance(found, Hints)
    return found


@pytest.mark.parametrize("program", ATTACHED)
def test_what_is_attached_is_taken_as_it_is(program: str) -> None:
    (found,) = taken(ATTACHED[program])
    assert identity(found.raw) == identity(SPAM)
    assert found.raw.replace(b"\r\n", b"\n").removeprefix(b"X-Mozilla-Status: 0001\n").rstrip() == SPAM.rstrip()


@pytest.mark.parametrize(
    ("report", "how", "where"),
    [
        (attached(SPAM), "attached", "2"),
        (multipart((b"", SPAM), subtype=b"digest"), "digest", "1"),
        (filed(b"a.eml", SPAM), "eml", "2"),
        (filed(b"a.zip", zipped(("b.eml", SPAM))), "zip", "2 b.eml"),
        (RESENT + SPAM, "resent", ""),
    ],
)
def test_it_is_said_how_it_came(report: bytes, how: str, where: str) -> None:
    (found,) = taken(report)
    assert (found.how, found.where) == (how, where)


def test_a_message_in_base64_is_decoded() -> None:
    """RFC 2046, 5.2.1: "No encoding other than "7bit", "8bit", or "binary" is permitted"."""
    report = attached(in_base64(SPAM), header=RFC822 + b"Content-Transfer-Encoding: base64\n")
    assert [one.raw for one in taken(report)] == [SPAM]


def test_several_at_once() -> None:
    report = multipart(
        TEXT, (RFC822, SPAM), file(b"b.eml", OTHER), file(b"c.zip", zipped(("x.eml", SPAM), ("y.txt", SPAM), ("z.eml", OTHER)))
    )  # fmt: skip
    assert [one.how for one in taken(report)] == ["attached", "eml", "zip", "zip"]
    assert [identity(one.raw).message_id[1:8] for one in taken(report)] == ["pills.1", "pills.2", "pills.1", "pills.2"]


def test_a_digest_of_several() -> None:
    """RFC 2046, 5.1.5: "in a digest, the default Content-Type value for a body part is changed [...] to "message/rfc822"."""
    report = multipart(
        TEXT,
        (b"Content-Type: multipart/digest; boundary=d\n", b"--d\n\n" + SPAM + b"\n--d\n\n" + OTHER + b"\n--d--\n"),
    )
    assert [(one.how, one.where) for one in taken(report)] == [("digest", "2.1"), ("digest", "2.2")]


def test_of_a_forward_of_a_forward_the_outermost_is_meant() -> None:
    forward = attached(SPAM)
    (found,) = taken(attached(forward))
    assert found.raw.rstrip() == forward.rstrip()


def test_what_was_redirected_is_meant_and_not_what_is_attached_to_it() -> None:
    forward = attached(SPAM)
    assert taken(RESENT + forward) == (Original(forward, "resent"),)


def test_of_several_redirections_the_newest_is_taken_off() -> None:
    """RFC 5322, 3.6.6: "the resent fields [...] are prepended"."""
    hop = b"Received: by somewhere.example; Thu, 26 Nov 2026 10:30:00 +0100\n"
    (found,) = taken(hop + RESENT + hop + RESENT + SPAM)
    assert found.raw == hop + hop + RESENT + SPAM


@pytest.mark.parametrize("program", INLINE)
def test_of_an_inline_forward_what_it_says_is_taken(program: str) -> None:
    found = hints(inline(INLINE[program]))
    assert found.message_ids == (("<pills.1@shop.example>",) if "Message-ID" in INLINE[program] else ())
    assert found.subject == SUBJECT
    assert "shop@shop.example" in found.sender
    assert "26" in found.date


@pytest.mark.parametrize("program", HTML)
def test_of_an_inline_forward_in_html(program: str) -> None:
    found = hints(inline(HTML[program], kind=b"text/html"))
    assert found.subject == SUBJECT
    assert "<shop@shop.example>" in found.sender
    assert "26" in found.date


def test_references_tell_of_an_inline_forward_the_nearest_first() -> None:
    fields = b"References: <a@x> <b@x>\n <c@x>\nIn-Reply-To: <c@x>\nX-Forwarded-Message-Id: <d@x>\n"
    assert hints(inline(INLINE["Gmail"], fields)).message_ids == ("<d@x>", "<c@x>", "<b@x>", "<a@x>")


def test_references_of_an_answer_tell_nothing() -> None:
    assert hints(inline("why do you write?", b"References: <a@x>\nIn-Reply-To: <a@x>\n")) == Hints()


def test_thunderbird_names_the_message_that_it_forwards() -> None:
    assert hints(inline("in a language of its own", b"X-Forwarded-Message-Id: <a@x>\n")) == Hints(("<a@x>",))


def test_an_inline_forward_takes_attachments_along() -> None:
    """What is attached was attached to the message that is meant."""
    report = multipart((TEXT[0], INLINE["Outlook, German"].encode()), (RFC822, OTHER))
    assert hints(report).subject == SUBJECT


def test_what_is_attached_is_meant_where_the_text_tells_of_it() -> None:
    report = multipart((TEXT[0], INLINE["Outlook, German"].encode()), (RFC822, SPAM))
    assert [one.how for one in taken(report)] == ["attached"]


def test_a_header_alone_tells_where_to_look() -> None:
    """RFC 6522, 4: "text/rfc822-headers [...] the header fields of a message"."""
    found = hints(multipart(TEXT, (b"Content-Type: text/rfc822-headers\n", SPAM.partition(b"\n\n")[0])))
    assert found == Hints(
        ("<pills.1@shop.example>",), SUBJECT, "Thu, 26 Nov 2026 10:03:00 +0100", '"Cheap Shop" <shop@shop.example>'
    )


@pytest.mark.parametrize(
    "report",
    [
        filed(b"a.msg", saved(SPAM)),
        filed(b"noname", saved(SPAM), b"application/vnd.ms-outlook"),
        multipart(TEXT, (b"Content-Type: application/vnd.ms-outlook\nContent-Transfer-Encoding: base64\n", in_base64(saved(SPAM)))),
        filed(b"a.zip", zipped(("A.MSG", saved(SPAM)))),
        multipart((TEXT[0], INLINE["Outlook, German"].encode()), file(b"a.msg", saved(SPAM))),
    ],
)  # fmt: skip
def test_what_outlook_has_saved_tells_where_to_look(report: bytes) -> None:
    found = hints(report)
    assert (found.message_ids, found.subject) == (("<pills.1@shop.example>",), SUBJECT)


def test_messages_that_outlook_has_put_into_a_winmail_dat_are_looked_up() -> None:
    head = SPAM[: Message.parse(SPAM).body].replace(b"\n", b"\r\n")
    inner = tnef(head=tnef_message("x", (0x007D001E, head + b"\0"), codepage=1252))
    found = hints(multipart(TEXT, file(b"winmail.dat", tnef((SUBJECT.encode("ascii", "replace").decode(), inner)))))
    assert (found.message_ids, found.subject) == (("<pills.1@shop.example>",), SUBJECT)


def test_of_an_inline_forward_with_a_msg_of_another_message_the_text_is_meant() -> None:
    report = multipart((TEXT[0], INLINE["Outlook, German"].encode()), file(b"a.msg", saved(OTHER)))
    assert hints(report).subject == SUBJECT


def test_originals_and_hints_in_one_report() -> None:
    report = multipart(TEXT, (RFC822, SPAM), file(b"a.msg", saved(OTHER)), file(b"b.msg", saved(SPAM)))
    first, *others = originals(Message.parse(report))
    assert isinstance(first, Original) and identity(first.raw) == identity(SPAM)
    assert [one.message_ids for one in others if isinstance(one, Hints)] == [
        ("<pills.2@shop.example>",), ("<pills.1@shop.example>",),
    ]  # fmt: skip


def test_so_many_hints_are_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "HINTS", 2)
    report = multipart(TEXT, *[file(b"a.msg", saved(OTHER))] * 4, (RFC822, SPAM))
    assert [type(one) for one in originals(Message.parse(report))] == [Hints, Hints, Original]


@pytest.mark.parametrize(
    "report",
    [
        b"",
        filed(b"a.msg", b"no message at all"),
        b"\n\n",
        HEAD + b"\nthis is spam\n",
        filed(b"invoice.pdf", b"%PDF-1.4"),
        filed(b"a.eml", b"no message at all"),
        filed(b"a.zip", zipped(("a.eml", b"none"), ("b.txt", SPAM))),
        filed(b"a.zip", b"PK\x03\x04 broken"),
        attached(b""),
        multipart(TEXT, (b"Content-Type: message/external-body; access-type=x\n", SPAM)),
    ],
)
def test_where_there_is_nothing_there_are_empty_hints(report: bytes) -> None:
    assert hints(report) == Hints()


def test_no_more_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ORIGINALS", 3)
    assert len(taken(attached(*[SPAM] * 5))) == 3


def test_one_that_is_too_large_when_it_is_decoded_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ORIGINAL_OCTETS", len(SPAM) - 1)
    assert hints(filed(b"a.eml", SPAM)) == Hints()
    assert hints(filed(b"a.eml", SPAM, b"message/rfc822")) == Hints()
    assert hints(filed(b"a.zip", zipped(("a.eml", SPAM)))) == Hints()


def test_is_message() -> None:
    assert is_message(SPAM)
    assert is_message(b"X-Mozilla-Status: 0\nFrom: a\n\n")
    assert not is_message(b"From: a\n".replace(b"From: ", b"no field "))
    assert not is_message(b"X: y\n\nFrom: a\n")
    assert not is_message(b"no field\nFrom: a\n\n")
    assert not is_message(b"")


def test_folded() -> None:
    assert folded(" Re:  Grüße\tan ") == folded("RE: GRÜSSE An")
    assert folded("Re: a") != folded("a")
