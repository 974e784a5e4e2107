"""Postfix' policy delegation protocol (SMTPD_POLICY_README), without I/O.

    request    name=value lines, each ended by a newline; an empty line ends the request
    answer     action=... and an empty line

A Decoder takes octets as they come, cut anywhere, and gives the requests in them. Attributes may come in any order; of
one that is sent twice the last value counts, and those that we do not know are kept. What kind of request it is
(request=smtpd_access_policy) is not looked at: Postfix has no other.

An octet that is no UTF-8 becomes a text like \\xff: whoever puts one into an address must not be able to break a check
or a table that only takes what can be written down, and so pass.

In:    octets of one connection.
Out:   Requests; the octets of an answer.
Fails: ProtocolError for what can never be a request. The connection is of no use after that.
"""

from __future__ import annotations

import re

from mdafilter_policyd import limits
from mdafilter_policyd.request import Request

NOTHING = "DUNNO"  # access(5): the same as not found
END = b"\n\n"


class ProtocolError(Exception):
    """What has come is no request, whatever may follow."""


class Decoder:
    """The requests of one connection."""

    def __init__(self) -> None:
        self._pending = bytearray()
        self._searched = 0  # up to here there is no end of a request

    def __len__(self) -> int:
        """Octets that have come, and are not yet a request that was given."""
        return len(self._pending)

    def feed(self, data: bytes | bytearray | memoryview) -> None:
        """Takes what came. It is looked at by `next`."""
        self._pending += data

    def next(self) -> Request | None:
        """The next request; None where it is not yet whole."""
        end = self._pending.find(END, self._searched, limits.REQUEST_OCTETS)
        if end < 0:
            if len(self._pending) >= limits.REQUEST_OCTETS:
                raise ProtocolError(f"more than {limits.REQUEST_OCTETS} octets without the end of a request")
            self._searched = max(0, len(self._pending) - 1)
            return None
        octets = self._pending[:end]
        del self._pending[: end + len(END)]
        self._searched = 0
        return _request(octets)


def _request(octets: bytearray) -> Request:
    if b"\0" in octets:
        raise ProtocolError("an octet 0 in a request")
    lines = octets.decode("utf-8", "backslashreplace").split("\n")
    if len(lines) > limits.ATTRIBUTES:
        raise ProtocolError(f"more than {limits.ATTRIBUTES} attributes in a request")
    try:
        return Request(dict([line.split("=", 1) for line in lines]))
    except ValueError:  # a line that did not become two
        line = next(line for line in lines if "=" not in line)
        raise ProtocolError(f"a line of a request is not name=value: {line[:80]!r}") from None


def encode(action: str) -> bytes:
    """An action as it is sent: one line of printable ASCII, cut to what an SMTP reply or a header field may have."""
    if len(action) > limits.TEXT or not (action.isascii() and action.isprintable()):
        action = re.sub(r"[^ -~]", "?", re.sub(r"\s+", " ", action))
        action = action[: limits.FIELD if action.upper().startswith("PREPEND ") else limits.TEXT]
    # An action of blanks would be none: smtpd(8) takes the first word.
    return b"action=%b\n\n" % (action.strip() or NOTHING).encode("ascii")
