"""OLE2 compound files ([MS-CFB]): Word, Excel and PowerPoint up to 2003, vbaProject.bin, Outlook's .msg.

Only what stands in the directory is asked for: a VBA project ([MS-OVBA] 2.2.1), or an encrypted document
([MS-OFFCRYPTO] 2.3.4.1). Directory entries are 128 octets, on places that can be divided by 128; their name is
UTF-16, and its length with its end follows 64 octets behind (2.6.1). So they are found by looking for the name,
wherever the sectors are: no table that leads to them needs to be believed, and no chain of sectors leads in a circle.

In:    the octets
Out:   no Members; its facts: "macros", "encrypted"
Fails: never.
Bugs:  macro sheets of Excel 4 in a file of Excel 97 are not seen, nor what is embedded in the file.
"""

from __future__ import annotations

from mdafilter.archives import Fact
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mdafilter.archives.walk import Packed

ENTRIES = (
    # name in the directory   fact
    ("_VBA_PROJECT", "macros", "a VBA project"),
    ("_VBA_PROJECT_CUR", "macros", "a VBA project"),
    ("EncryptedPackage", "encrypted", "an encrypted Office document"),
)
_TRIES = 1000  # places where the name stands and no entry is


def members(packed: Packed) -> Iterator[Fact]:
    """What the directory tells, each fact once."""
    seen = set()
    for name, fact, text in ENTRIES:
        if fact not in seen and _has_entry(packed, name):
            seen.add(fact)
            yield Fact(fact, packed.path, text)


def _has_entry(packed: Packed, name: str) -> bool:
    octets, wanted = packed.octets, f"{name}\0".encode("utf-16-le")
    at = -1
    for _ in range(_TRIES):
        at = octets.find(wanted, at + 1, len(octets))
        if at < 0:
            return False
        if at % 128 == 0 and octets.slice(at + 64, at + 66) == len(wanted).to_bytes(2, "little"):
            return True
    return True  # so many places that are none were put there to hide one
