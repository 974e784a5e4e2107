"""The digest by mail: the report as text and as a page, in one letter (multipart/alternative, RFC 2046 section 5.1.4).

In:    a Summary, the lines of its text, the address, the time.
Out:   the octets of the message. The page is in base64, so that no line of it is too long (RFC 5321 section 4.5.3.1.6).
Fails: never. `answer.send` gives it to sendmail(1), with the null sender: nothing answers it, and nothing bounces.
"""

from __future__ import annotations

import hashlib
from binascii import b2a_base64

from mdafilter.letter import TEXT, compose
from mdafilter.reporting.page import page
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mdafilter.reporting import Summary

LINE = 57  # octets that are 76 characters of base64 (RFC 2045 section 6.8)


def digest(summary: Summary, text: Sequence[str], address: str, now: float) -> bytes:
    """The letter."""
    shown = page(summary).encode()
    boundary = f"=_mdafilter_{hashlib.sha256(shown + str(now).encode()).hexdigest()[:32]}"
    coded = [b2a_base64(shown[at : at + LINE], newline=False).decode() for at in range(0, len(shown), LINE)]
    body = [
        f"--{boundary}",
        f"Content-Type: {TEXT}",
        "Content-Transfer-Encoding: 8bit",
        "",
        *text,
        "",
        f"--{boundary}",
        "Content-Type: text/html; charset=utf-8",
        "Content-Transfer-Encoding: base64",
        "",
        *coded,
        f"--{boundary}--",
    ]
    total = summary.total()
    subject = f"Your mail, {summary.span}: {total.delivered} delivered, {total.spam} filed as spam"
    return compose(address, subject, body, b"\n", now, kind=f'multipart/alternative; boundary="{boundary}"')
