"""`mailboxexists` and `:create`."""

from __future__ import annotations

import pytest

from mdafilter.acts import File
from mdafilter.decision import Answer
from mdafilter.errors import RuleErrors
from mdafilter.words.mailbox import MailboxExists
from tests.support.scene import StillWorld, scene
from tests.support.script import acts, compiled, decide

WORLD = StillWorld(folders=("Partners", "lists.debian"))


@pytest.mark.parametrize(
    ("folders", "held"),
    [(("Partners",), True), (("Partners", "lists.debian"), True), (("Partners", "None"), False), (("..",), False)],
)
def test_every_one_must_be_there(folders: tuple[str, ...], held: bool) -> None:
    """RFC 5490, 3.1: "true if all mailboxes listed in the "mailbox-names" argument exist in the mailstore"."""
    assert MailboxExists(folders).ask(scene(world=WORLD)).held is held


def test_the_answer() -> None:
    answer = MailboxExists(("Partners",)).ask(scene(world=WORLD))
    assert answer == Answer(True, ("Partners",), "there is Partners")


def test_in_a_script() -> None:
    script = 'require ["mailbox", "fileinto"]; if mailboxexists ["Partners"] { fileinto :create "Partners"; }'
    decision = decide(script, world=WORLD)
    assert acts(decision) == [File("Partners", create=True)]
    assert decision.trace[0].what == 'mailboxexists "Partners"'


def test_it_needs_its_extension() -> None:
    with pytest.raises(RuleErrors, match="mailbox"):
        compiled('require "fileinto"; fileinto :create "a";')
