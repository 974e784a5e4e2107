"""What the checks found, as a header field for the delivery agent. Pure.

    X-Mdafilter-Policy: time=1790000000; client=192.0.2.1; spf=pass; dnsbl=zen.spamhaus.org; points=3.5; sign=0f3a...

Whoever gets a message sees this field, and may send it on: so a secret must not stand in it. It is signed instead, by
HMAC (RFC 2104) with SHA-256 over all that stands before "; sign=", cut to 128 bits. `time` and `client` are in it so
that one who copies the field into another message needs that client, and has to be quick.

In:    the facts of checks (checks.Scene), the client's address, the time.
Out:   the field, one line of printable ASCII, at most limits.FINDINGS characters: facts that have no room are left out.
       A ";" or what is not printable becomes "_".
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from mdafilter_policyd import limits

NAME = "X-Mdafilter-Policy"
_SIGN = "; sign="
_DIGITS = 32  # 128 bits: RFC 2104 section 5 wants 80 at least


def field(facts: Mapping[str, str], client: str, points: float, now: float, secret: str) -> str:
    """The field with its name."""
    parts = [f"time={int(now)}", f"client={_clean(client)}"]
    room = limits.FINDINGS - len(NAME) - len(_SIGN) - _DIGITS - sum(map(len, parts)) - 4
    for name, value in (*facts.items(), *((("points", f"{points:g}"),) if points else ())):
        part = f"{_clean(name)}={_clean(value)}"
        room -= len(part) + 2
        if room >= 0:
            parts.append(part)
    text = "; ".join(parts)
    return f"{NAME}: {text}{_SIGN}{sign(text, secret)}"


def sign(text: str, secret: str) -> str:
    """The signature of what stands before it."""
    return hmac.new(secret.encode(), text.encode("ascii"), hashlib.sha256).hexdigest()[:_DIGITS]


def read(value: str, secret: str) -> dict[str, str] | None:
    """The facts of a field's value; None where the signature is not ours."""
    text, found, signed = value.strip().rpartition(_SIGN)
    if not found or not text.isascii() or not signed.isascii() or not hmac.compare_digest(signed, sign(text, secret)):
        return None
    return dict(part.partition("=")[::2] for part in text.split("; "))


def _clean(text: str) -> str:
    return "".join(c if " " <= c <= "~" and c != ";" else "_" for c in text[: limits.FACT])
