"""`duplicate` (RFC 7352)."""

from __future__ import annotations

import pytest

from mdafilter import limits
from mdafilter.acts import Discard, Keep
from mdafilter.decision import Decision, Remember
from mdafilter.message import Envelope, Message
from mdafilter.plan import Scene
from tests.support.scene import StillWorld
from tests.support.script import acts, compiled, decide
from tests.support.sieve import errors

NOW = StillWorld().now()
MAIL = b"Message-ID: <1@x.test>\nX-Event: 7\nX-Event: 8\nSubject: =?utf-8?q?caf=C3=A9?=\n  two \n\nbody\n"
REQUIRE = 'require ["duplicate", "variables", "include"];\n'


def asked(test: str, message: bytes = MAIL, **world: object) -> Decision:
    return decide(f"{REQUIRE}if {test} {{ discard; }}", message, StillWorld(**world))  # type: ignore[arg-type]


def keys(test: str, message: bytes = MAIL) -> list[str]:
    return [one.key for one in asked(test, message).remember]


def test_a_message_is_no_duplicate_at_first_and_one_afterwards() -> None:
    """Section 3: "The first time a particular unique ID is seen, the message is not a duplicate"."""
    first = asked("duplicate")
    assert acts(first) == [Keep()]
    assert first.remember == (Remember("duplicate", "\0<1@x.test>", NOW + 12 * 3600),)
    again = asked("duplicate", met={("duplicate", "\0<1@x.test>")})
    assert (acts(again), again.remember) == ([Discard()], ())


@pytest.mark.parametrize(
    ("test", "key"),
    [
        ("duplicate", "\0<1@x.test>"),
        ('duplicate :header "message-id"', "\0<1@x.test>"),
        ('duplicate :uniqueid "<1@x.test>"', "\0<1@x.test>"),
        ('duplicate :header "X-Event"', "\0" + "7"),
        ('duplicate :header "subject"', "\0café  two"),
        ('duplicate :uniqueid ""', "\0"),
        ('duplicate :handle "a" :uniqueid "b"', ":a\0b"),
        ('duplicate :handle "" :uniqueid "b"', ":\0b"),
    ],
)
def test_what_it_is_known_by(test: str, key: str) -> None:
    """Section 3.2: "MUST track a unique ID value independent of its source"; 3.1: "only the first occurrence"."""
    assert keys(test) == [key]


@pytest.mark.parametrize(
    "test",
    ['duplicate :header "X-None"', 'duplicate :header "no name"', 'duplicate :header ""', "duplicate :seconds 0"],
)
def test_what_is_never_a_duplicate(test: str) -> None:
    """Section 3.1: "the test MUST yield "false" unconditionally ... the duplicate-tracking list is left unmodified"."""
    decision = asked(test, met={("duplicate", key) for key in ("\0", "\0<1@x.test>")})
    assert (acts(decision), decision.remember) == ([Keep()], ())


def test_a_message_without_an_id() -> None:
    assert keys("duplicate", b"Subject: x\n\n") == []


@pytest.mark.parametrize(
    ("tags", "options", "seconds"),
    [
        (":seconds 60", {}, 60),
        (":seconds 999999", {}, 2 * 86400),
        (":seconds 999999", {"duplicate_max_period": "0"}, 999999),
        ("", {"duplicate_default_period": "7d", "duplicate_max_period": "1h"}, 3600),
    ],
)
def test_for_how_long(tags: str, options: dict[str, str], seconds: int) -> None:
    """Section 3.3: "the maximum value MUST be silently substituted"."""
    assert [one.until for one in asked(f"duplicate {tags}", options=options).remember] == [NOW + seconds]


def test_last_counts_from_the_last_one() -> None:
    """Section 3.3: "relative to the last script execution"."""
    met = {("duplicate", "\0<1@x.test>")}
    assert asked("duplicate", met=met).remember == ()
    assert len(asked("duplicate :last", met=met).remember) == 1


def test_two_of_the_same_are_the_same() -> None:
    """Section 3: it "MUST NOT consider ID values encountered earlier in the current Sieve script execution"."""
    script = f'{REQUIRE}if anyof(duplicate, duplicate, duplicate :seconds 90) {{ discard; }} include "again";'
    again = {("personal", "again"): 'require "duplicate"; if duplicate { discard; }'}
    decision = decide(script, MAIL, None, again)
    assert acts(decision) == [Keep()]
    assert [one.until for one in decision.remember] == [NOW + 12 * 3600]


def test_a_test_that_is_not_reached_leaves_nothing() -> None:
    """Section 3: "this side effect is performed only when the "duplicate" test is actually evaluated"."""
    assert asked("anyof(true, duplicate)").remember == ()


def test_a_script_that_fails_leaves_nothing() -> None:
    """Section 3: "MUST only update ... when the Sieve script execution finishes successfully"."""
    script = 'require ["duplicate", "reject"]; if duplicate { stop; } reject "no"; keep;'
    assert decide(script, MAIL).remember == ()


def test_where_nothing_can_be_read_there_is_no_duplicate() -> None:
    class Blind(StillWorld):
        def seen(self, kind: str, key: str) -> bool | None:
            return None

    assert acts(decide(f"{REQUIRE}if duplicate {{ discard; }}", MAIL, Blind())) == [Keep()]


def test_both_sources_are_an_error() -> None:
    """Section 3.1: "mutually exclusive; specifying both ... MUST trigger an error"."""
    (error,) = errors('require "duplicate"; if duplicate :header "a" :uniqueid "b" { stop; }')
    assert ":uniqueid" in error
    assert ":header" in error


def test_it_must_be_required() -> None:
    (error,) = errors("if duplicate { stop; }")
    assert 'require "duplicate"' in error


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "REMEMBERED", 2)
    tests = ", ".join(f'duplicate :uniqueid "{number}"' for number in range(3))
    decision = asked(f"anyof({tests})")
    assert (acts(decision), decision.remember) == ([Keep()], ())
    assert "more than 2 different IDs are to be remembered" in decision.notes[0]


@pytest.mark.parametrize(
    "test", ["duplicate", 'duplicate :handle "h" :uniqueid "u" :seconds 5 :last', 'duplicate :header "subject"']
)
def test_it_describes_itself(test: str) -> None:
    (described,) = [one.what for one in asked(test).trace if one.answer]
    assert described == test


def test_it_is_asked_of_the_message_as_the_rules_left_it() -> None:
    plan = compiled('require ["duplicate", "editheader"]; deleteheader "message-id"; if duplicate { discard; }').plan
    from mdafilter.engine import run

    scene = Scene(Message.parse(MAIL), Envelope("s@x.test", "r@x.test"), StillWorld())
    assert run([plan], scene).remember == ()


def test_as_it_was_before_the_rfc() -> None:
    script = 'require "vnd.dovecot.duplicate"; if duplicate :handle "h" :value "v" { discard; }'
    (one,) = decide(script, MAIL, StillWorld()).remember
    assert (one.key,) == tuple(keys('duplicate :handle "h" :uniqueid "v"'))
    (error,) = errors(f'{REQUIRE}if duplicate :value "v" {{ discard; }}')
    assert 'needs the extension "vnd.dovecot.duplicate"' in error
