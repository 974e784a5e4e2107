"""Any sequence of failed and killed tries, and then a good one: each place has the message once, and tmp/ is empty."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from mdafilter.acts import File, Keep
from mdafilter.errors import TryAgain
from mdafilter.perform import perform
from tests.support.faults import Faulty, Killed
from tests.support.mailboxes import BODY, ENVELOPE, decision, delivered, drafts, mailbox, message

if TYPE_CHECKING:
    from collections.abc import Callable

    from mdafilter.acts import Act

# Not EACCES: a draft that belongs to somebody else is no draft of ours, and a name of its own leaves no evidence.
ERRORS = (errno.ENOSPC, errno.EIO, errno.EROFS, errno.EMFILE)
ACTS: tuple[Act, ...] = (Keep(), Keep(("\\Seen",)), File("a"), File("b.c", ("\\Flagged",)))


def attempt(home: Path, acts: list[Act], calls: Faulty) -> bool:
    """One try; whether it was accepted."""
    about = message()
    try:
        perform(decision(about, *acts), about, ENVELOPE, mailbox(home), calls=calls).forget()
    except (TryAgain, Killed):
        return False
    finally:
        calls.bury()
    return True


def at(fails: dict[int, int]) -> Callable[[int, str], int | None]:
    return lambda number, _name: fails.get(number)


TRY = st.tuples(
    st.dictionaries(st.integers(1, 60), st.sampled_from(ERRORS), max_size=4),  # the calls that fail
    st.one_of(st.just(0), st.integers(1, 60)),  # the last one before a SIGKILL; 0 is none
)


@settings(max_examples=200)
@given(st.lists(st.sampled_from(ACTS), min_size=1, max_size=4), st.lists(TRY, max_size=6))
def test_each_place_gets_it_once(acts: list[Act], tries: list[tuple[dict[int, int], int]]) -> None:
    wanted = {f".{act.folder}" if isinstance(act, File) else "": 1 for act in acts}
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=memory) as name:
        home = Path(name)
        for fails, last in [*tries, ({}, 0)]:
            calls = Faulty(at(fails), last=last)
            accepted = attempt(home, acts, calls)
            found = delivered(home)
            assert all(c.endswith(b"\n\n" + BODY) for contents in found.values() for c in contents)
            assert all(len(contents) == 1 for contents in found.values())
            if accepted:
                assert {folder: len(contents) for folder, contents in found.items()} == wanted
            if {*found} == {*wanted} and not drafts(home):
                break  # also when it was killed with nothing left to do but to say so
            if accepted:
                return  # a draft that could not be removed is swept in time
        assert {*delivered(home)} == {*wanted}
        assert drafts(home) == []
