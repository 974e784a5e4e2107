"""A letter of ours to the owner of the mailbox: the header that all of them have, and the line ends.

It says of itself that a program wrote it (RFC 3834), so that nothing answers it. UTF-8, as it stands.

In:    lines of text; the recipient; the time, in seconds since the epoch.
Out:   the octets of a message, with the line ends of the one that it comes with.
Fails: never.
"""

from __future__ import annotations

import time

from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

TEXT = "text/plain; charset=utf-8"
DAYS, MONTHS = "MonTueWedThuFriSatSun", "JanFebMarAprMayJunJulAugSepOctNovDec"


def compose(
    recipient: str,
    subject: str,
    text: Sequence[str],
    newline: bytes,
    now: float,
    *,
    reply_to: str | None = None,
    kind: str = TEXT,
) -> bytes:
    """The message. `reply_to` is the Message-ID of the one that it answers; None answers none. `kind`: its type."""
    lines = [
        "From: mdafilter <MAILER-DAEMON>",
        f"To: {_header(recipient)}",
        f"Subject: {_header(subject)}",
        f"Date: {date(now)}",
        f"Auto-Submitted: auto-{'generated' if reply_to is None else 'replied'}",  # RFC 3834 section 5
        *([f"In-Reply-To: {_header(reply_to)}"] if reply_to else []),
        "MIME-Version: 1.0",
        f"Content-Type: {kind}",
        "Content-Transfer-Encoding: 8bit",
        "",
        *text,
    ]
    return newline.join(line.encode("utf-8", "replace") for line in lines) + newline


def date(now: float) -> str:
    """RFC 5322 section 3.3, in UTC; names of days and months are English whatever the locale."""
    t = time.gmtime(now)
    day, month = DAYS[3 * t.tm_wday : 3 * t.tm_wday + 3], MONTHS[3 * t.tm_mon - 3 : 3 * t.tm_mon]
    return f"{day}, {t.tm_mday:02} {month} {t.tm_year} {t.tm_hour:02}:{t.tm_min:02}:{t.tm_sec:02} +0000"


def _header(text: str) -> str:
    """Text that can stand in a header as it is."""
    return "".join(c if " " <= c <= "~" else "?" for c in text)[:250]
