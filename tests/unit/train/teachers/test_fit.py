"""GTUBE, plain and encoded, is nothing to learn from; what only speaks of it is."""

from __future__ import annotations

import base64

from hypothesis import given
from hypothesis import strategies as st

from mdafilter.train.teachers.fit import GTUBE, why_not
from tests.support import spamd


def test_mail_is_fit() -> None:
    assert why_not(spamd.HAM) == ""


def test_GTUBE_is_not() -> None:
    """https://spamassassin.apache.org/gtube/: "this string ... in the body of a message ... with no white spaces"."""
    assert spamd.GTUBE == GTUBE
    assert "GTUBE" in why_not(spamd.SPAM)


def test_GTUBE_encoded_is_not() -> None:
    head = b"Subject: x\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n"
    coded = base64.encodebytes(b"a test: " + GTUBE + b"\n")
    part = b"Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n" + coded + b"--b--\n"
    assert GTUBE not in part
    assert "GTUBE" in why_not(head + part)
    quoted = GTUBE.replace(b"*", b"=2A")
    part = b"Content-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\n" + quoted + b"\n--b--\n"
    assert "GTUBE" in why_not(head + part)


def test_its_name_alone_is_fit() -> None:
    assert why_not(b"Subject: what is GTUBE\n\nIt begins with XJS*C4JDBQADN1 and goes on.\n") == ""


def test_nothing_is_not() -> None:
    assert why_not(b" \r\n") == "the message is empty"


@given(st.binary(max_size=2000))
def test_whatever_the_message_is(raw: bytes) -> None:
    assert bool(why_not(raw)) == (not raw.strip() or GTUBE in raw) or b"encoding" in raw.lower()
