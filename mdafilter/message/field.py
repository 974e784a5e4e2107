"""One header field, as it was written: name, colon, value, folded, with its line end (RFC 5322 section 2.2).

Field.raw is never changed. `value` unfolds it, `text` also decodes it (RFC 2047, RFC 6532); both are worked out when
they are asked for, once. A line in a header that is no field (see headers.py) is a Field whose name is "".
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.message import encoded
from mdafilter.values import Value

_FTEXT = bytes(c for c in range(33, 127) if c != 58)  # RFC 5322, 3.6.8: printable ASCII but the colon


def is_name(name: bytes) -> bool:
    """Whether this can be the name of a field (RFC 5322, 3.6.8 ftext)."""
    return bool(name) and not name.translate(None, _FTEXT)


class Field(Value):
    """A header field. `name` as it is written, `raw` all of it: b"Subject: Hello\\r\\n world\\r\\n"."""

    name: str
    raw: bytes

    @property
    def key(self) -> str:
        """The name in lower case."""
        return self.name.lower()

    @property
    def body(self) -> bytes:
        """The octets behind the colon, unfolded (RFC 5322, 2.2.3), up to limits.FIELD_DECODE of them.

        A tab that a line was folded with stands for the blank that was there: so other readers unfold it, and nobody
        writes a rule with a tab in it.
        """
        raw = self.raw[: limits.FIELD_DECODE]
        if self.name:
            raw = raw.partition(b":")[2]
        if raw.count(b"\n") <= 1 and raw.endswith(b"\n"):
            return raw[:-2] if raw.endswith(b"\r\n") else raw[:-1]
        return raw.replace(b"\r\n", b"\n").replace(b"\n\t", b" ").replace(b"\n", b"")

    @property
    def value(self) -> str:
        """The body without one leading blank, not decoded; octets over 127 as UTF-8, else as Latin-1."""
        known = self.__dict__.get("_value")
        if known is None:
            known = encoded.raw_text(self.body)
            if known[:1] in (" ", "\t"):
                known = known[1:]
            self.__dict__["_value"] = known
        return str(known)

    @property
    def text(self) -> str:
        """The value with its encoded words decoded; unknown charsets as Latin-1; no white space at its end."""
        known = self.__dict__.get("_text")
        if known is None:
            known = self.__dict__["_text"] = encoded.decode(self.value).rstrip(" \t\r\n")
        return str(known)

    @classmethod
    def make(cls, name: str, value: str, newline: bytes) -> Field:
        """A new field on one line. Text that is not ASCII becomes encoded words (RFC 2047 B, UTF-8).

        What would end the field or begin another one (CR, LF, NUL, and in the name what no name can have) is
        replaced by a blank, or left out of the name: nobody can smuggle a field into the header.
        """
        safe_name = "".join(c for c in name if 33 <= ord(c) < 127 and c != ":") or "X-Unnamed"
        safe = value.replace("\r\n", " ").replace("\r", " ").replace("\n", " ").replace("\0", " ")
        body = safe.encode() if safe.isascii() else encoded.encode(safe).encode()
        return cls(safe_name, safe_name.encode() + b": " + body + newline)
