"""Names: of a file in a Maildir, and of a message from one try to the next.

A file name in new/ is unique in time and on all hosts (https://cr.yp.to/proto/maildir.html): seconds, then what this
host did in that second, then the host. `,S=` is the size in octets, as Maildir++ has it, so that a quota can be summed
up without stat(2). In cur/ the flags follow after `:2,`.

The identity of a message is a digest of its beginning and its end as it came, its size and the recipient: the Received
field with Postfix' queue id is in it. To digest all of a large message would cost more than to write it, so equal names
are no proof: a retry that finds one compares the body as well (and not the header, into which a scorer may write
something else in each try).

Out: str. Clock, process, host and randomness are fields, so that names can be foretold in tests. Never fails.
"""

from __future__ import annotations

import itertools
import os
import time
from _blake2 import blake2b

from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mdafilter.message import Envelope, Octets

ENDS = 64 * 1024  # octets at either end of a message that its identity is made of

_count = itertools.count(1)

# RFC 5232 section 6 and RFC 3501 section 2.3.2, to the letters of the Maildir specification. All other keywords, and
# $Forwarded for those who do not read "P", are keywords.py's.
LETTERS = {"\\answered": "R", "\\deleted": "T", "\\draft": "D", "\\flagged": "F", "\\seen": "S", "$forwarded": "P"}


class Naming(Value):
    """What makes names unique. `now` gives seconds since the epoch, `random` that many octets."""

    host: str
    pid: int
    now: Callable[[], float] = time.time
    random: Callable[[int], bytes] = os.urandom

    @classmethod
    def here(cls) -> Naming:
        """Of this host and process."""
        return cls(os.uname().nodename, os.getpid())

    def unique(self) -> str:
        """A new name: seconds.M<microseconds>P<pid>Q<number>_<random>.host."""
        now = self.now()
        host = (self.host or "localhost").replace("/", "\\057").replace(":", "\\072")
        middle = f"M{int(now % 1 * 1e6)}P{self.pid}Q{next(_count)}_{self.random(4).hex()}"
        return f"{int(now)}.{middle}.{host[:64]}"


def letters(flags: Iterable[str]) -> str:
    """The Maildir letters of RFC 5232 flags, sorted, each once. Flags that have no letter are left out."""
    return "".join(sorted({LETTERS[f.lower()] for f in flags if f.lower() in LETTERS}))


def keywords(flags: Iterable[str]) -> tuple[str, ...]:
    """Those of the flags that are no system flags: to Dovecot $Forwarded is one of them."""
    return tuple(flag for flag in flags if not flag.startswith("\\"))


def identity(octets: Octets, envelope: Envelope) -> str:
    """32 hexadecimal digits that are the same in every try of the same message to the same recipient."""
    digest = blake2b(f"{len(octets)} {envelope.recipient}\0".encode("utf-8", "surrogateescape"), digest_size=16)
    digest.update(octets.slice(0, min(len(octets), ENDS)))
    if len(octets) > ENDS:
        digest.update(octets.slice(len(octets) - ENDS, len(octets)))
    return digest.hexdigest()
