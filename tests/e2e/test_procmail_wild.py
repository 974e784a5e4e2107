"""Rule files as people have them, by procmail and by mdafilter: all of the messages of procmailrc/wild/messages, one
after the other.

The files are procmailrc/wild/*.rc. In them a line `#### name` begins a case of its own, and `#++ path` a file that the
case has in its home. Where procmail loses a message and mdafilter does not, the case is among the LOST, with what
mdafilter makes of it.
"""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mdafilter.values import Value
from tests.support import oracle

pytestmark = pytest.mark.skipif(bool(oracle.MISSING), reason=oracle.MISSING)

WILD = Path(__file__).parent / "procmailrc" / "wild"
EXTENSION = "lists"  # what is behind the + of the address: $1


class Case(Value):
    """A rule file, and the files that it has beside it."""

    rc: bytes
    beside: oracle.Files


def messages() -> list[bytes]:
    found = [path.read_bytes() for path in sorted((WILD / "messages").glob("*.eml"))]
    return [*found, found[2].replace(b"p1@", b"large@") + b"A line of a large message, and more of it.\n" * 7000]


def cases() -> dict[str, Case]:
    """The cases by name: "FILE: NAME"."""
    found = {}
    for path in sorted(WILD.glob("*.rc")):
        first, *pieces = re.split(rb"(?m)^#### ", path.read_bytes())
        for piece in [b"\n" + first] if not pieces else pieces:
            name, _, text = piece.partition(b"\n")
            rc, *files = re.split(rb"(?m)^#\+\+ ", text)
            beside = {path.decode(): content for path, _, content in (file.partition(b"\n") for file in files)}
            found[f"{path.stem}: {name.decode()}" if name else path.stem] = Case(rc, beside)
    return found


CASES = cases()
MESSAGES = messages()


def outcome(case: Case, deliver: object) -> tuple[list[int], oracle.Boxes]:
    with oracle.folder() as top:
        home = oracle.prepared(top, case.rc, case.beside)
        return [deliver(home, message, EXTENSION) for message in MESSAGES], oracle.found(home)


@pytest.fixture(scope="module")
def procmail() -> dict[str, tuple[list[int], oracle.Boxes]]:
    with ThreadPoolExecutor(48) as pool:
        return dict(zip(CASES, pool.map(lambda case: outcome(case, oracle.theirs), CASES.values()), strict=True))


@pytest.mark.parametrize("name", CASES)
def test_each_message_is_where_procmail_puts_it(procmail: dict[str, tuple[list[int], oracle.Boxes]], name: str) -> None:
    assert outcome(CASES[name], oracle.ours) == procmail[name]
