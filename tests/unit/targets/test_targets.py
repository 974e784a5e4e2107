"""The table of targets."""

from __future__ import annotations

import pytest

from mdafilter import targets
from mdafilter.acts import Discard, File, Keep, Pipe, Redirect, Reject
from mdafilter.targets import Mailbox, Options, load, rank


def test_what_can_be_undone_comes_first() -> None:
    assert rank(Keep()) == rank(File("a")) < rank(Pipe(("a",))) < rank(Redirect("a@b.test"))


@pytest.mark.parametrize("act", [Discard(), Reject("no")])
def test_what_delivers_nowhere_has_no_target(act: Discard | Reject) -> None:
    assert rank(act) == -1


@pytest.mark.parametrize("number", range(len(targets.TABLE)))
def test_every_target_stages(number: int) -> None:
    target = load(number)
    assert callable(target.place)
    assert callable(target.stage)


def test_a_mailbox_has_the_options_defaults() -> None:
    options = Options()
    same = {name: getattr(options, name) for name in Options._fields if name in Mailbox._fields}
    assert Mailbox("/m") == Mailbox("/m", **same)
