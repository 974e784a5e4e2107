"""Whether a client looks like one of many at the end of a line, and not like a mail server: by its reverse name. Pure.

A name looks dynamic that has the address of the client in it, in one of the usual spellings, or that says so ("dyn",
"dhcp", "pool" ...). One that says "static", "mail", "mx", "smtp" or "relay" does not, whatever else is in it.

In:    the name that the address has, verified or not, and the address.
Out:   why it looks so; "" is that it does not.
Fails: never.
"""

from __future__ import annotations

import re

from mdafilter_policyd.checks.greykey import parsed

SAYS = frozenset(
    "dyn dynamic dynip dynamicip dyndsl dhcp dial dialin dialup dsl adsl vdsl xdsl sdsl ppp pppoe pool pools cable cpe"
    " client clients customer customers cust ftth fttx broadband bb wimax lte mobile gprs umts hsd res residential"
    " user users".split()
)
SERVES = frozenset("static mail mx smtp relay mta mailer out outbound".split())
_WORD = re.compile(r"[a-z]+", re.ASCII)
_NUMBER = re.compile(r"[0-9]+", re.ASCII)
_HEX = re.compile(r"[0-9a-f]{8,}", re.ASCII)


def looks_dynamic(name: str, address: str) -> str:
    """Why; "" is that it does not."""
    if not name:
        return "no reverse name"
    name = name.lower().rstrip(".")
    host = _own_labels(name)
    words = set(_WORD.findall(host))
    if words & SERVES:
        return ""
    if _has_address(host, address):
        return "its address is in its reverse name"
    said = sorted(words & SAYS)
    return f"its reverse name says {said[0]}" if said else ""


def _own_labels(name: str) -> str:
    """Without the last two labels, which name the owner: `mx1.cable.example` is no cable."""
    return ".".join(name.split(".")[:-2])


def _has_address(host: str, address: str) -> bool:
    found = parsed(address)
    if found is None:
        return False
    if found.version == 6:
        digits = found.packed.hex()
        return digits[16:] in re.sub(r"[^0-9a-f]", "", host) and digits[16:] != "0" * 16
    octets = list(found.packed)
    numbers = [int(n) for n in _NUMBER.findall(host) if len(n) <= 3]
    for wanted in (octets, octets[::-1]):
        if any(numbers[at : at + 4] == wanted for at in range(len(numbers) - 3)):
            return True
    spellings = (found.packed.hex(), "".join(f"{o:03}" for o in octets), "".join(f"{o:03}" for o in octets[::-1]))
    return any(s in h for h in _HEX.findall(host) for s in spellings)
