"""Header fields that tell a Result: Received-SPF and Authentication-Results (RFC 7208 section 9, RFC 8601).

In:    Results by identity ("helo", "mailfrom"), and who asked about whom
Out:   one line of printable ASCII, at most 998 characters (RFC 5322 section 2.1.1)

HELO name, sender, and what an SPF record says are a stranger's words. Each of them is a dot-atom, or quoted; in a
comment its parentheses are escaped. So none can end the value that it stands in, and begin another one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mdafilter_policyd.spf.macros import printable
from mdafilter_policyd.spf.result import FAIL, NEUTRAL, NONE, PASS, PERMERROR, SOFTFAIL, TEMPERROR, Result

LINE = 998
ROOMS = (254, 100, 40)  # characters of one value: the most that makes the line fit

# dot-atom (RFC 5322 section 3.2.3), and a token (RFC 2045 section 5.1) or an address with a dot-atom before the "@"
_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_DOT_ATOM = re.compile(rf"{_ATEXT}(?:\.{_ATEXT})*")
_PVALUE = re.compile(rf"(?:{_ATEXT}(?:\.{_ATEXT})*@)?[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*")

_SAYS = {
    PASS: "{domain} designates {address} as permitted sender",
    FAIL: "{domain} does not designate {address} as permitted sender",
    SOFTFAIL: "transitioning {domain} does not designate {address} as permitted sender",
    NEUTRAL: "{address} is neither permitted nor denied by {domain}",
    NONE: "{domain} has no SPF record",
    PERMERROR: "the SPF record of {domain} cannot be used",
    TEMPERROR: "the DNS did not answer about {domain}",
}


def received_spf(identity: str, result: Result, *, address: str, sender: str, helo: str, receiver: str) -> str:
    """The field of one identity."""
    for room in ROOMS:
        pairs = [
            ("receiver", receiver or "unknown"),
            ("client-ip", address),
            ("envelope-from", sender),
            ("helo", helo),
            ("identity", identity),
            ("mechanism", result.mechanism),
            ("problem", result.problem),
        ]
        listed = "; ".join(
            f"{key}={_quoted(value[:room], _DOT_ATOM)}" for key, value in pairs if value or key == "envelope-from"
        )
        line = f"Received-SPF: {result.code} ({_comment(says(result, address), room)}) {listed}"
        if len(line) <= LINE:
            break
    return line


def authentication_results(
    results: Sequence[tuple[str, Result]], *, authserv_id: str, address: str, sender: str, helo: str
) -> str:
    """The field of all identities that were checked."""
    who = {"helo": helo, "mailfrom": sender}
    for room in ROOMS:
        line = f"Authentication-Results: {_quoted((authserv_id or 'unknown')[:room], _PVALUE)}"
        for identity, result in results:
            line += f"; spf={result.code} ({_comment(says(result, address), room)})"
            if result.problem:
                line += f" reason={_quoted(result.problem[:room], _PVALUE)}"
            line += f" smtp.{identity}={_quoted(who[identity][:room], _PVALUE)}"
        if not results:
            line += "; none"
        if len(line) <= LINE:
            break
    return line


def says(result: Result, address: str) -> str:
    """In a sentence; the domain in it is not quoted."""
    return _SAYS[result.code].format(domain=result.domain or "the domain", address=address)


def _quoted(value: str, bare: re.Pattern[str]) -> str:
    """As it is, where it is of the plain form, else a quoted-string (RFC 5322 section 3.2.4)."""
    if bare.fullmatch(value):
        return value
    return '"' + re.sub(r'(["\\])', r"\\\1", printable(value)) + '"'


def _comment(text: str, room: int) -> str:
    return re.sub(r"([()\\])", r"\\\1", printable(text)[: room + 60])
