"""rules/headers.sieve."""

from __future__ import annotations

import pytest

from mdafilter import limits
from mdafilter.acts import File
from tests.support.script import acts, folders
from tests.support.shipped import carrying, mail, ruled


def nested(levels: int) -> str:
    """Multiparts within multiparts."""
    opened = "".join(f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(levels))
    return f"From: a@example.org\n{opened}Content-Type: text/plain\n\ndeep\n"


HIDING = {
    "nested": nested(limits.MIME_DEPTH + 10),
    "many parts": mail("Content-Type: multipart/mixed; boundary=b\n", "--b\n\n" * (limits.MIME_PARTS + 10)),
    "parameters": carrying("Content-Type: multipart/mixed; " + "a=b;" * (limits.PARAMETERS + 10) + " boundary=c"),
    "long header": "X-Long: " + "a" * limits.HEADER_OCTETS + "\n" + mail(),
    "partial": mail('Content-Type: message/partial; id="x@y"; number=1; total=2\n'),
    "partial inside": carrying('Content-Type: MESSAGE/Partial; id="x@y"; number=1; total=2'),
}
BROKEN = {
    "ordinary": mail(),
    "bounce": carrying("Content-Type: message/delivery-status", "Content-Type: message/rfc822"),
    "nested deeply": nested(20),
    "no boundary": mail("Content-Type: multipart/mixed\n"),
    "not closed": mail("Content-Type: multipart/mixed; boundary=b\n", "--b\n\ntext\n"),
    "two types": mail("Content-Type: text/plain\nContent-Type: text/html\n"),
    "junk": "From: a@example.org\nthis is no field\nSubject: x\n\nbody\n",
    "no From, no Date": "Subject: hi\n\nbody\n",
    "header only": "Subject: hi\n",
    "nothing": "",
    "mixed newlines": "From: a@example.org\r\nSubject: x\n\r\nbody\n",
}


@pytest.mark.parametrize("message", HIDING.values(), ids=HIDING)
def test_what_hides_its_contents_goes_to_quarantine(message: str) -> None:
    assert acts(ruled("headers", message)) == [File("Quarantine", create=True)]


@pytest.mark.parametrize("message", BROKEN.values(), ids=BROKEN)
def test_what_is_only_broken_is_delivered(message: str) -> None:
    assert folders(ruled("headers", message)) == ["INBOX"]


def test_the_reason_is_said() -> None:
    assert "too-deep" in ruled("headers", HIDING["nested"]).decided[0].why
    assert "message/partial" in ruled("headers", HIDING["partial"]).decided[0].why
