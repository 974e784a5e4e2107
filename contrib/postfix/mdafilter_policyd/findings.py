"""What the checks found, as a header field for the delivery agent. Pure.

    X-Mdafilter-Policy: time=1790000000; client=192.0.2.1; spf=pass; dnsbl=zen.spamhaus.org; points=3.5; sign=0f3a...

Whoever gets a message sees this field, and may send it on: so a secret must not stand in it. It is signed instead.
`time` and `client` are in it so that one who copies the field into another message needs that client, and has to be
quick. mdafilter/policy.py reads it, says whether it is believed, and has the signature for both.

In:    the facts of checks (checks.Scene), the client's address, the time.
Out:   the field, one line of printable ASCII, at most limits.FINDINGS characters: facts that have no room are left out.
       A ";" or what is not printable becomes "_".
"""

from __future__ import annotations

from collections.abc import Mapping

from mdafilter import policy
from mdafilter_policyd import limits

NAME = policy.NAME


def field(facts: Mapping[str, str], client: str, points: float, now: float, secret: str) -> str:
    """The field with its name."""
    parts = [f"time={int(now)}", f"client={_clean(client)}"]
    room = limits.FINDINGS - len(NAME) - len(policy.SIGN) - policy.DIGITS - sum(map(len, parts)) - 4
    for name, value in (*facts.items(), *((("points", f"{points:g}"),) if points else ())):
        part = f"{_clean(name)}={_clean(value)}"
        room -= len(part) + 2
        if room >= 0:
            parts.append(part)
    text = "; ".join(parts)
    return f"{NAME}: {text}{policy.SIGN}{policy.sign(text, secret)}"


def _clean(text: str) -> str:
    return "".join(c if " " <= c <= "~" and c != ";" else "_" for c in text[: limits.FACT])
