"""The admin's password, as its hash by scrypt (RFC 7914).

    scrypt$N,r,p$SALT$HASH$          N, r, p as numbers; salt and hash in hexadecimal digits

In:    a password; a hash from the configuration.
Out:   a hash; whether a password is the one of a hash.
Fails: never: a hash that is none fits no password. It takes 64 MiB and some tenths of a second, as it shall.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re

N, R, P = 2**16, 8, 1  # 128 * N * r octets: 64 MiB
_MEMORY = 128 * 2**18 * 8
_HASH = re.compile(r"scrypt\$(\d{1,7}),(\d{1,2}),(\d{1,2})\$([0-9a-f]{16,64})\$([0-9a-f]{64})\$")
LONGEST = 1024  # characters of a password


def hashed(password: str, salt: bytes | None = None) -> str:
    """The hash, with a salt of its own."""
    salt = os.urandom(16) if salt is None else salt
    return f"scrypt${N},{R},{P}${salt.hex()}${_hash(password, salt, N, R, P).hex()}$"


def fits(password: str, known: str) -> bool:
    """Whether the hash is that of this password."""
    match = _HASH.fullmatch(known)
    if match is None or len(password) > LONGEST:
        return False
    n, r, p = (int(match[at]) for at in (1, 2, 3))
    try:
        found = _hash(password, bytes.fromhex(match[4]), n, r, p)
    except ValueError:  # numbers that scrypt has not, or an odd number of digits
        return False
    return hmac.compare_digest(found, bytes.fromhex(match[5]))


def _hash(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    text = password.encode("utf-8", "surrogatepass")
    return hashlib.scrypt(text, salt=salt, n=n, r=r, p=p, maxmem=_MEMORY, dklen=32)
