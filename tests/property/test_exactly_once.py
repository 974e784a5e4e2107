"""Any sequence of failed and killed tries, and then a good one: each place has the message once, and no draft is left."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from mdafilter.acts import Box, File, Keep
from mdafilter.errors import TryAgain
from mdafilter.perform import perform
from tests.support.faults import Faulty, Killed
from tests.support.mailboxes import ENVELOPE, decision, drafts, mailbox, message, where, whole, within

if TYPE_CHECKING:
    from collections.abc import Callable

    from mdafilter.acts import Act

# Not EACCES: a draft that belongs to somebody else is no draft of ours, and a name of its own leaves no evidence.
ERRORS = (errno.ENOSPC, errno.EIO, errno.EROFS, errno.EMFILE)
ACTS: tuple[Act, ...] = (
    *(Keep(), Keep(("\\Seen",)), File("a"), File("b.c", ("\\Flagged",))),
    *(Box("mh/."), Box("plain"), Box("box")),
)


def attempt(home: Path, acts: list[Act], calls: Faulty, label: bool) -> bool:
    """One try; whether it was accepted."""
    about = message()
    (home / "box.lock").unlink(missing_ok=True)  # of a try that was killed: when the retry comes it is stale
    try:
        perform(
            decision(about, *within(home, acts)), about, ENVELOPE, mailbox(home).replace(label=label), calls=calls
        ).forget()
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
@given(st.lists(st.sampled_from(ACTS), min_size=1, max_size=4), st.lists(TRY, max_size=6), st.booleans(), st.booleans())
def test_each_place_gets_it_once(
    acts: list[Act], tries: list[tuple[dict[int, int], int]], label: bool, apart: bool
) -> None:
    """Without a label they share a file, unless they are apart (faults.py)."""
    wanted = dict.fromkeys(map(where, acts), 1)
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=memory) as name:
        home = Path(name)
        (home / "plain").mkdir()
        for fails, last in [*tries, ({}, 0)]:
            calls = Faulty(at(fails), last=last)
            calls.apart = apart
            accepted = attempt(home, acts, calls, label)
            found = whole(home, killed=not accepted)
            assert set(found.values()) <= {1}
            if accepted:
                assert found == wanted
            if found == wanted and not drafts(home):
                break  # also when it was killed with nothing left to do but to say so
            if accepted:
                return  # a draft that could not be removed is swept in time
        assert whole(home) == wanted
        assert drafts(home) == []
