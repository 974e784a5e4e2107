"""imapsieve (RFC 6785): what scripts see. The sentences of the RFC: tests/sieve/imapsieve.svtest."""

from __future__ import annotations

import pytest

from mdafilter.acts import Keep
from mdafilter.engine import run
from mdafilter.errors import RuleErrors
from mdafilter.lang import sieve
from mdafilter.lang.sieve.vocabulary import of_events
from mdafilter.message import Envelope, Message
from mdafilter.plan import Scene
from mdafilter.words.imapsieve import cause, facts
from tests.support.scene import NOTHING, StillWorld
from tests.support.script import compiled

EVENT = facts("alice", "alice@example.net", "FLAG", "Lists", ("\\Seen", "$Work"))


def scene(*, event: bool = True) -> Scene:
    return Scene(Message.parse(NOTHING), Envelope("a@x", "b@y"), StillWorld(), facts=EVENT if event else None)


def holds(test: str, *, event: bool = True, require: str = '"imapsieve", ') -> bool:
    script = f'require [{require}"environment", "envelope", "vnd.mdafilter.lookup"]; if {test} {{ discard; }}'
    on = scene(event=event)
    decision = run([compiled(script).plan], on)
    assert decision.notes == ()
    return not isinstance(decision.decided[0].act, Keep)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("imap.user", "alice"),
        ("imap.email", "alice@example.net"),
        ("imap.cause", "FLAG"),
        ("IMAP.MAILBOX", "Lists"),
        ("imap.changedflags", "\\\\Seen $Work"),
        ("location", "MS"),
        ("phase", "post"),
    ],
)
def test_the_items(name: str, value: str) -> None:
    assert holds(f'environment :is "{name}" "{value}"')


def test_without_the_capability_there_are_none() -> None:
    assert not holds('environment :contains "imap.cause" ""', require="")
    assert holds('environment :is "phase" "post"', require="")


def test_what_is_an_event() -> None:
    assert (cause(scene()), cause(scene(event=False))) == ("FLAG", "")


@pytest.mark.parametrize(
    "test",
    ['envelope "from" "a@x"', 'lookup "sender" "t"', 'lookup "recipient" "t"'],
)
def test_what_cannot_be_asked(test: str) -> None:
    """Section 4.6: "their use MUST generate a runtime error"; a script that does not come to it has none."""
    head = 'require ["imapsieve", "envelope", "vnd.mdafilter.lookup"];'
    on = scene()
    decision = run([compiled(f"{head} if {test} {{ discard; }}").plan], on)
    assert isinstance(decision.decided[0].act, Keep)
    assert " cannot be asked at an IMAP event: there is no envelope (RFC 6785 section 4.6)" in decision.notes[0]
    assert run([compiled(f"{head} if not true {{ if {test} {{ discard; }} }}").plan], scene()).notes == ()


def test_the_capability_needs_no_word_to_be_of_use() -> None:
    assert compiled('require "imapsieve"; keep;').warnings == ()
    assert [one.code for one in compiled('require ["imapsieve", "body"]; keep;').warnings] == ["unused-require"]


@pytest.mark.parametrize("name", ["reject", "ereject", "vacation", "vacation-seconds"])
def test_inapplicable_capabilities(name: str) -> None:
    """Section 3.11. One error, and not one more for each word."""
    word = name.partition("-")[0]
    script = f'require ["imapsieve", "{name}"]; {word} "x";'.encode()
    (warning,) = sieve.compile(script, "x").warnings  # a delivery may do it
    assert (warning.code, warning.column) == ("inapplicable", 23)
    assert warning.text == f'"{name}" cannot be used at an IMAP event, and this script says that it is for one'
    assert warning.hint == "there it does not run at all (RFC 6785 section 3.11)"
    with pytest.raises(RuleErrors) as wrong:
        sieve.compile(script, "x", vocabulary=of_events())
    (problem,) = wrong.value.problems
    assert problem.text == f'"{name}" cannot be used at an IMAP event'
    assert problem.hint == "what answers a delivery has no place where there is none (RFC 6785 section 3.11)"
    asked = f'require ["imapsieve", "ihave"]; if ihave "{name}" {{ {word} "x"; }} else {{ keep; }}'.encode()
    assert sieve.compile(asked, "x", vocabulary=of_events()).warnings == ()
