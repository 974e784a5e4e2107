"""Verdicts as header fields."""

from __future__ import annotations

import pytest

from mdafilter.message import Message
from mdafilter.scorers import mark
from mdafilter.world import Verdict

SPAM = Verdict(True, 15.2, 5.0, ("GTUBE", "MISSING_SUBJECT"))
HAM = Verdict(False, -3.2, 5.0)
PLAIN = b"From: a@example.org\nSubject: x\n\nbody\n"


def written(message: Message) -> bytes:
    pieces = message.pieces()
    return b"".join(p if isinstance(p, bytes) else message.octets.slice(p.start, p.end) for p in pieces)


def marked(data: bytes, verdict: Verdict, *, trusted: bool = False) -> bytes:
    return written(mark.mark(Message.parse(data), verdict, trusted=trusted))


def test_spam() -> None:
    assert marked(PLAIN, SPAM) == (
        b"X-Spam-Flag: YES\n"
        b"X-Spam-Level: ***************\n"
        b"X-Spam-Status: Yes, score=15.2 required=5.0 tests=GTUBE,MISSING_SUBJECT\n"
        b"\tscorer=spamd\n" + PLAIN
    )


def test_ham_has_neither_flag_nor_stars() -> None:
    assert marked(PLAIN, HAM) == b"X-Spam-Status: No, score=-3.2 required=5.0 tests=none scorer=spamd\n" + PLAIN


def test_the_line_ends_of_the_message_are_used() -> None:
    data = PLAIN.replace(b"\n", b"\r\n")
    out = marked(data, SPAM)
    assert out.endswith(data)
    assert out.count(b"\n") == out.count(b"\r\n")


def test_a_message_that_was_scored_in_part_says_so() -> None:
    assert b"scanned=524288\n" in marked(PLAIN, SPAM.replace(scanned=524288))


@pytest.mark.parametrize(("score", "stars"), [(0.9, 0), (1.0, 1), (4.99, 4), (50.0, 50), (1000.7, 50), (1e308, 50)])
def test_a_star_for_each_whole_point(score: float, stars: int) -> None:
    fields = mark.mark(Message.parse(PLAIN), SPAM.replace(score=score)).headers
    level = fields.first("X-Spam-Level")
    assert (level.value if level else "") == "*" * stars


@pytest.mark.parametrize(
    ("score", "text"),
    [(5.0, "5.0"), (4.96, "4.96"), (4.9996, "5.0"), (-0.01, "-0.01"), (1000.0, "1000.0"), (0.125, "0.125")],
)
def test_a_score_below_the_threshold_is_not_shown_as_the_threshold(score: float, text: str) -> None:
    assert f"score={text} ".encode() in marked(PLAIN, HAM.replace(score=score))


def test_long_lists_are_folded_at_78_columns_after_commas() -> None:
    names = tuple(f"RULE_NUMBER_{i}" for i in range(60))
    out = marked(PLAIN, SPAM.replace(symbols=names))
    head = out[: out.index(b"From:")].decode()
    assert all(len(line.expandtabs(8)) <= 78 for line in head.splitlines())
    status = Message.parse(out).headers.first("x-spam-status")
    assert status is not None
    assert status.value.replace(", ", ",").endswith(f"tests={','.join(names)} scorer=spamd")


def test_a_name_longer_than_a_line_stands_alone() -> None:
    out = marked(PLAIN, SPAM.replace(symbols=("A" * 100, "B")))
    assert b"\n\ttests=" + b"A" * 100 + b",\n\tB scorer=spamd\n" in out


def test_values_cannot_end_a_line() -> None:
    evil = Verdict(True, 1.0, 5.0, ("A\r\nBcc: x@example.org\r\n\r\nbody", "B C,D"), "x\ny")
    out = marked(PLAIN, evil)
    assert b"tests=A__Bcc__x_example.org____body,B_C_D scorer=x_y\n" in out


# --- forged fields -------------------------------------------------------------------------------------------------

FORGED = (
    b"Received: x\nX-Spam-Status: No, score=-100\n\tfolded\nx-spam-flag : NO\nX-SPAM: no\nSubject: x\n"
    b"X-Spammer: me\nX-Spam-Prev-Subject: y\n\nX-Spam-Status: in the body\n"
)


def test_forged_fields_are_renamed_where_they_stand() -> None:
    out = marked(FORGED, HAM)
    assert out.partition(b"\n")[2] == (
        b"Received: x\nX-Original-X-Spam-Status: No, score=-100\n\tfolded\nX-Original-x-spam-flag : NO\n"
        b"X-Original-X-SPAM: no\nSubject: x\nX-Spammer: me\nX-Original-X-Spam-Prev-Subject: y\n\n"
        b"X-Spam-Status: in the body\n"
    )
    assert [f.value[:3] for f in Message.parse(out).headers.all("X-Spam-Status")] == ["No,"]


def test_fields_of_a_trusted_relay_stay_below_ours() -> None:
    out = marked(FORGED, HAM, trusted=True)
    assert out.endswith(FORGED)
    assert len(Message.parse(out).headers.all("x-spam-status")) == 2


def test_a_message_without_such_fields_is_the_same_message() -> None:
    message = Message.parse(PLAIN)
    assert mark.distrust(message) is message


# --- the header that spamd rewrote ---------------------------------------------------------------------------------

REPLY = (
    b"X-Spam-Checker-Version: SpamAssassin 4.0.1 (2024-03-25) on mx\nX-Spam-Flag: YES\n"
    b"X-Spam-Level: ***************\nX-Spam-Status: Yes, score=15.2 required=5.0 tests=A,\n\tB autolearn=no\n"
    b"X-Spam-Report: \n\t*  0.6 A first\n\t* 10 B second\nReceived: x\nContent-Length: 5\n"
    b"X-Spam-Prev-Foo: forged\nSubject: *****SPAM***** x\n y\nX-Spam-Prev-Subject: x\n\n"
)
CAME = b"Received: x\nX-Spam-Prev-Foo: forged\nSubject: x\n y\n\nbody\n"


def adopted(data: bytes, verdict: Verdict = SPAM, reply: bytes = REPLY) -> bytes:
    return written(mark.adopt(Message.parse(data), verdict, mark.rewritten(reply)))


def test_the_fields_and_the_subject_of_spamd_are_taken() -> None:
    assert adopted(CAME) == (
        b"X-Spam-Checker-Version: SpamAssassin 4.0.1 (2024-03-25) on mx\nX-Spam-Flag: YES\n"
        b"X-Spam-Level: ***************\nX-Spam-Status: Yes, score=15.2 required=5.0 tests=A,\n\tB autolearn=no\n"
        b"X-Spam-Report: \n\t*  0.6 A first\n\t* 10 B second\nX-Spam-Prev-Subject: x\n y\n"
        b"Received: x\nX-Original-X-Spam-Prev-Foo: forged\nSubject: *****SPAM***** x\n y\n\nbody\n"
    )


def test_its_lines_end_as_those_of_the_message() -> None:
    for reply in (REPLY, REPLY.replace(b"\n", b"\r\n")):
        out = adopted(CAME.replace(b"\n", b"\r\n"), reply=reply)
        assert out.replace(b"\r\n", b"\n") == adopted(CAME)


def test_a_subject_that_says_the_same_stays_octet_for_octet() -> None:
    out = adopted(CAME, reply=b"Subject: x y\n\n")
    assert out.endswith(b"Subject: x\n y\n\nbody\n")
    assert b"Prev-Subject" not in out


def test_the_subject_of_ham_is_never_taken() -> None:
    assert b"*****SPAM*****" not in adopted(CAME, HAM)


def test_a_message_without_subject_gets_one() -> None:
    out = adopted(b"From: a@example.org\n\nbody\n", reply=b"Subject: *****SPAM*****\n\n")
    assert b"Subject: *****SPAM*****\nFrom: a@example.org\n" in out
    assert b"X-Spam-Prev-Subject: (nonexistent)\n" in out


def test_fields_that_spamd_is_told_to_leave_out_are_ours() -> None:
    out = adopted(CAME, reply=b"X-Spam-Flag: YES\n\n")
    assert out.count(b"X-Spam-Flag") == 1
    assert b"X-Spam-Status: Yes, score=15.2 required=5.0 tests=GTUBE,MISSING_SUBJECT\n" in out


def test_a_message_that_was_scored_in_part_says_so_beside_the_status_of_spamd() -> None:
    assert b"X-Spam-Scanned: 1000\n" in adopted(CAME, SPAM.replace(scanned=1000))


def test_control_characters_and_blank_folds_of_a_server_are_left_out() -> None:
    out = adopted(CAME, reply=b"X-Spam-Report: a\x1b[1m\rX: y\0\n \t\n\tb\n\n")
    assert b"X-Spam-Report: a[1mX: y\n\tb\n" in out


def test_more_than_a_header_of_it_is_not_taken() -> None:
    out = adopted(CAME, reply=b"".join(b"X-Spam-N%d: %s\n" % (i, b"x" * 1000) for i in range(200)) + b"\n")
    assert len(out) < 70_000


def test_symbols_are_read_from_the_status() -> None:
    assert mark.symbols(mark.rewritten(REPLY)) == ("A", "B")
    assert mark.symbols(mark.rewritten(b"Subject: x\n\n")) == ()
