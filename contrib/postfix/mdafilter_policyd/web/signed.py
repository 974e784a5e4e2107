"""Texts that only we can have written: forms, links and sessions, signed. Nothing of them is stored.

    PURPOSE'S FIELDS . until . HMAC-SHA256 over purpose, fields and until, cut to 128 bits (RFC 2104)

What is signed for one purpose is of no use for another one. A field may be any text: it is quoted as in a URL.

In:    a secret of at least 16 octets; fields, and a time.
Out:   a token of letters, digits and "-._~%"; or the fields of one, where it is ours and in time.
Fails: never. What is no token has no fields.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from urllib.parse import quote, unquote

_DIGITS = 32  # 128 bits: RFC 2104 section 5 wants 80 at least
_LONGEST = 2000  # characters of a token
FILE = "web.secret"


class Signer:
    """Signs, and looks at what was signed."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def sign(self, purpose: str, fields: tuple[str, ...], until: float) -> str:
        """A token that is good until then."""
        text = ".".join([*map(_quoted, fields), str(int(until))])
        return f"{text}.{self._mac(purpose, text)}"

    def read(self, purpose: str, token: str, now: float) -> tuple[str, ...] | None:
        """The fields; None where it is not ours, or too old."""
        if len(token) > _LONGEST or not token.isascii():
            return None
        text, _, mac = token.rpartition(".")
        if not hmac.compare_digest(mac, self._mac(purpose, text)):
            return None
        *fields, until = text.split(".")
        return tuple(map(unquote, fields)) if now <= int(until) else None

    def _mac(self, purpose: str, text: str) -> str:
        return hmac.new(self._secret, f"{purpose}.{text}".encode(), hashlib.sha256).hexdigest()[:_DIGITS]


def secret(configured: str, folder: str) -> bytes:
    """The one of the configuration, or that which is kept in the folder and made the first time. OSError."""
    if configured:
        return configured.encode()
    path = os.path.join(folder, FILE)
    made = os.urandom(32).hex().encode()
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        with open(path, "rb") as opened:
            found = opened.read(1000).strip()
        # One that is too short was cut off by a full disk: nothing that it has signed can be believed.
        if len(found) >= 16:
            return found
        fd = os.open(path, os.O_WRONLY | os.O_TRUNC)
    with open(fd, "wb") as opened:
        opened.write(made + b"\n")
    return made


def _quoted(text: str) -> str:
    return quote(text, safe="").replace(".", "%2E")
