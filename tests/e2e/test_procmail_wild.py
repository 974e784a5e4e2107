"""Rule files as people have them, by procmail and by mdafilter: each gets all messages of procmailrc/wild/messages, one
after the other.

The files are procmailrc/wild/*.rc. In them a line `#### name` begins a case of its own, and `#++ path` a file that the
case has in its home. What is not compared is said in tests/support/oracle.py; where procmail loses something, and
mdafilter does not, the case is in lost.rc.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mdafilter.values import Value
from tests.support import oracle

pytestmark = pytest.mark.skipif(bool(oracle.MISSING), reason=oracle.MISSING)

WILD = Path(__file__).parent / "procmailrc" / "wild"
EXTENSION = "lists"  # what is behind the + of the address: $1
# The mailboxes of lost.rc that have more messages of mdafilter: how many of procmail, and how many of mdafilter.
LOST = {
    "lost: duplicates at the top, as procmailex(5) has them": {"Maildir": (0, 1)},
    "lost: a program that is not there, without flag w": {"next": (7, 9)},
    "lost: a header into a mailbox, and a body into a program": {"Maildir": (0, 1)},
    "lost: a filter that fails and writes nothing": {"inbox": (7, 9)},
    "lost: an address that is none": {"rest": (8, 9)},
}


class Case(Value):
    """A rule file, and the files that it has beside it."""

    rc: bytes
    beside: oracle.Files


class Outcome(Value):
    """The exit status for each message, and what is in the mailboxes then."""

    statuses: tuple[int, ...]
    boxes: oracle.Boxes


def cases() -> dict[str, Case]:
    """The cases by name: "FILE: NAME"."""
    found = {}
    for path in sorted(WILD.glob("*.rc")):
        _, *pieces = re.split(rb"(?m)^#### ", path.read_bytes())
        for piece in pieces:
            name, _, text = piece.partition(b"\n")
            rc, *files = re.split(rb"(?m)^#\+\+ ", text)
            beside = {path.decode(): content for path, _, content in (file.partition(b"\n") for file in files)}
            found[f"{path.stem}: {name.decode()}"] = Case(rc, beside)
    return found


def messages() -> list[bytes]:
    """Those of the folder, and the third one once more, with a large body."""
    found = [path.read_bytes() for path in sorted((WILD / "messages").glob("*.eml"))]
    return [*found, found[2] + b"A line of a large message, and more of it.\n" * 7000]


CASES = cases()
MESSAGES = messages()


def outcome(case: Case, deliver: Callable[[Path, bytes, str], int]) -> Outcome:
    """What becomes of all messages in one home."""
    with oracle.folder() as top:
        home = oracle.prepared(top, case.rc, case.beside)
        statuses = tuple(deliver(home, message, EXTENSION) for message in MESSAGES)
        return Outcome(
            statuses, {box: [_shortened(text) for text in texts] for box, texts in oracle.found(home).items()}
        )


def _shortened(text: bytes) -> bytes:
    """What is long is known by its sum."""
    return text if len(text) < 5000 else text[:5000] + hashlib.sha256(text).digest()


@pytest.fixture(scope="module")
def procmail() -> dict[str, Outcome]:
    """What procmail makes of all cases, side by side: it sleeps a second for each lock file that it makes."""
    with ThreadPoolExecutor(48) as pool:
        made = pool.map(lambda case: outcome(case, oracle.theirs), CASES.values())
        return dict(zip(CASES, made, strict=True))


@pytest.mark.parametrize("name", [name for name in CASES if name not in LOST])
def test_each_message_is_where_procmail_puts_it(procmail: dict[str, Outcome], name: str) -> None:
    assert outcome(CASES[name], oracle.ours) == procmail[name]


@pytest.mark.parametrize("name", LOST)
def test_what_procmail_loses_is_there(procmail: dict[str, Outcome], name: str) -> None:
    found = outcome(CASES[name], oracle.ours)
    theirs, ours = ({box: len(texts) for box, texts in one.boxes.items()} for one in (procmail[name], found))
    assert found.statuses == procmail[name].statuses
    assert {box: (theirs.get(box, 0), n) for box, n in ours.items() if n != theirs.get(box, 0)} == LOST[name]
    assert set(theirs) <= set(ours)


@pytest.mark.parametrize("name", ["syntax: the old days", "personal: toggles on top"])
def test_line_ends_of_another_system_mean_the_same(name: str) -> None:
    """procmail takes the CR for a part of each condition and of each name, and files everything into "inbox\\r"."""
    case = CASES[name]
    assert outcome(case.replace(rc=case.rc.replace(b"\n", b"\r\n")), oracle.ours) == outcome(case, oracle.ours)


def test_there_are_many() -> None:
    assert len(CASES) > 100
