"""`notify`, `valid_notify_method`, `notify_method_capability` (RFC 5435) by mailto (RFC 5436)."""

from __future__ import annotations

import pytest

from mdafilter.acts import Discard, File, Keep, Reject, Send
from mdafilter.decision import Decision
from mdafilter.engine import run
from mdafilter.message import Envelope, Message
from mdafilter.plan import Scene
from tests.support.scene import StillWorld
from tests.support.script import acts, compiled
from tests.support.sieve import errors, said, warnings

MAIL = b"From: Bob <bob@x.test>\nTo: Ann <ann@home.test>\nSubject: lunch?\n\nbody\n"
FROM_BOB = Envelope("bob@x.test", "ann@home.test")
REQUIRE = (
    'require ["enotify", "variables", "reject", "fcc", "relational", "comparator-i;ascii-numeric", "foreverypart"];\n'
)
TO_ANN = "mailto:ann@mobile.test"


def decide(
    script: str, message: bytes = MAIL, envelope: Envelope = FROM_BOB, world: StillWorld | None = None
) -> Decision:
    return run([compiled(REQUIRE + script).plan], Scene(Message.parse(message), envelope, world or StillWorld()))


def sent(decision: Decision) -> list[Send]:
    return [act for act in acts(decision) if isinstance(act, Send) and act.to]


def held(test: str) -> bool:
    return acts(decide(f"if {test} {{ discard; }}")) == [Discard()]


def test_it_is_beside_the_implicit_keep() -> None:
    """RFC 5435 section 7: "the "notify" action MUST NOT cancel the implicit keep"."""
    decision = decide(f'notify "{TO_ANN}";')
    (one,) = sent(decision)
    assert (one.what, one.to, one.sender) == ("notify", ("ann@mobile.test",), "postmaster@home.test")
    assert acts(decision) == [one, Keep()]


@pytest.mark.parametrize(("other", "act"), [("discard;", Discard()), ('reject "no";', Reject("no")), ("keep;", Keep())])
def test_it_goes_with_every_other_action(other: str, act: object) -> None:
    """RFC 5435 section 7: "compatible with all other actions, and does not affect the operation of other actions"."""
    first, second = acts(decide(f'notify "{TO_ANN}"; {other}'))
    assert isinstance(first, Send)
    assert second == act


@pytest.mark.parametrize("value", ["auto-notified; owner-email=x", "auto-replied", "Auto-Generated (x)", "", "yes"])
def test_what_a_program_has_sent_notifies_nobody(value: str) -> None:
    """RFC 5436 section 2.7: "SHOULD NOT trigger notifications for messages containing "Auto-Submitted:" header fields
    with any value other than "No"."."""
    decision = decide(f'notify "{TO_ANN}";', f"Auto-Submitted: {value}\n".encode() + MAIL)
    assert acts(decision) == [Send("notify", b"", ()), Keep()]
    assert "Auto-Submitted" in decision.notes[0]


@pytest.mark.parametrize(
    "field", [b"Auto-Submitted: No\n", b"Auto-Submitted: no (I am real)\n", b"List-Id: <l.test>\n"]
)
def test_what_does_not_hinder_it(field: bytes) -> None:
    """RFC 5436 section 3 has a message of a list as its example."""
    assert sent(decide(f'notify "{TO_ANN}";', field + MAIL))


def test_the_null_sender() -> None:
    """RFC 5436 section 2.7: "MUST allow messages with empty envelope senders to trigger notifications" and "the envelope
    sender of the notification message MUST be empty as well"."""
    world = StillWorld(options={"notify_mailto_envelope_from": "<a@b.test>"})
    (one,) = sent(decide(f'notify :from "c@d.test" "{TO_ANN}";', envelope=FROM_BOB.replace(sender=""), world=world))
    assert one.sender == ""


@pytest.mark.parametrize(
    ("setting", "sender"),
    [
        ("", "c@d.test"),
        ("<a@b.test>", "a@b.test"),
        ("<>", ""),
        ("sender", "bob@x.test"),
        ("recipient", "ann@home.test"),
    ],
)
def test_the_sender_of_the_envelope(setting: str, sender: str) -> None:
    """RFC 5436 section 2.7: "SHOULD be set to the value of the ":from" tag", or else by the site."""
    world = StillWorld(options={"notify_mailto_envelope_from": setting})
    (one,) = sent(decide(f'notify :from "C <c@d.test>" "{TO_ANN}";', world=world))
    assert one.sender == sender


def test_the_sender_where_nothing_says_who() -> None:
    """RFC 5436 section 2.7: "or to an email address associated with the notification system"."""
    (one,) = sent(decide(f'notify "{TO_ANN}";', world=StillWorld(options={"user_email": "a.nn@else.test"})))
    assert one.sender == "a.nn@else.test"


def test_who_is_notified_once_is_not_again() -> None:
    """RFC 5436 section 2.7: "SHOULD NOT sent duplicate notifications to the same address from the same script
    invocation"."""
    decision = decide('notify "mailto:a@b.test,a@b.test?cc=c@d.test"; notify :message "x" "mailto:c@d.test,e@f.test";')
    assert [one.to for one in sent(decision)] == [("a@b.test", "c@d.test"), ("e@f.test",)]
    decision = decide('notify "mailto:a@b.test"; notify :message "x" "mailto:a@b.test";')
    assert len(sent(decision)) == 1
    assert "none that has no letter yet" in decision.notes[0]


def test_an_address_that_nobody_gave() -> None:
    decision = decide('notify "mailto:?subject=x";')
    assert (sent(decision), acts(decision)[-1]) == ([], Keep())


def test_too_many() -> None:
    """RFC 5435 section 8: "it MUST be possible to limit the number of "notify" actions a script can perform"."""
    script = "".join(f'notify "mailto:a{n}@b.test";' for n in range(3))
    assert len(sent(decide(script, world=StillWorld(options={"notify_max_notifications": "3"})))) == 3
    decision = decide(script, world=StillWorld(options={"notify_max_notifications": "2"}))
    assert acts(decision) == [Keep()]
    assert "more than 2 notifications" in decision.notes[0]
    assert acts(decide(script, world=StillWorld(options={"notify_max_notifications": "0"}))) == [Keep()]


def test_it_is_filed_where_fcc_says_so() -> None:
    """RFC 8580 section 3.1 has `notify`, too."""
    one, filed, _kept = acts(decide(f'notify :fcc "Sent" "{TO_ANN}";'))
    assert isinstance(one, Send)
    assert filed == File("Sent", copy=True, letter=one.letter)


@pytest.mark.parametrize(
    ("command", "place", "text"),
    [
        ('notify "";', "1:29", "is no URI"),
        ('notify "ann@mobile.test";', "1:29", "is no URI"),
        ('notify "1mailto:a@b.test";', "1:29", "is no URI"),
        ('notify "mailto:ann";', "1:29", "is not an address"),
        ('notify "mailto:a@b.test?subject=%zz";', "1:29", "percent"),
        (f'notify :importance "4" "{TO_ANN}";', "1:29", "the importance is"),
        (f'notify :importance "" "{TO_ANN}";', "1:29", "the importance is"),
        (f'notify :from "ann#mobile.test" "{TO_ANN}";', "1:29", "not an address"),
        (f'notify :from "" "{TO_ANN}";', "1:29", "not one address"),
        (f'notify :options "" "{TO_ANN}";', "1:29", "no option"),
        (f'notify :options "frop" "{TO_ANN}";', "1:29", "no option"),
        (f'notify :options ["a=b", "_frop=c"] "{TO_ANN}";', "1:29", "no option"),
        (f'notify :options "=frop" "{TO_ANN}";', "1:29", "no option"),
        (f'notify :options "a b=frop" "{TO_ANN}";', "1:29", "no option"),
        (f'notify :options "a=b\nc" "{TO_ANN}";', "1:29", "line end"),
    ],
)
def test_what_is_wrong_is_said_at_once(command: str, place: str, text: str) -> None:
    """RFC 5435 section 3.2: "Invalid URI syntax or an unsupported URI extension MUST cause an error."."""
    (error,) = errors(f'require "enotify";   {command}')
    assert error.startswith(place)
    assert text in error


def test_a_method_that_is_not_there() -> None:
    """RFC 5435 section 3.2: "If a URI schema is specified that the implementation does not support, the notification
    MUST cause an error condition at run time."."""
    (warning,) = warnings('require "enotify"; if valid_notify_method "tel:+1" { notify "tel:+1"; }')
    assert "there is no method tel" in warning
    decision = decide('if not valid_notify_method "tel:+1" { notify "tel:+14085551212"; }')
    assert (acts(decision), decision.notes) == (
        [Keep()],
        ("test.sieve: notify: there is no method tel; the message is kept",),
    )


def test_a_method_that_nobody_has_asked_for() -> None:
    """RFC 5435 section 3.2: "Sieve scripts can check the supported methods using the valid_notify_method test to be
    sure that they only use supported ones". One that does not is told before it runs, as by Pigeonhole."""
    (error,) = errors('require "enotify"; notify "tel:+1";')
    assert "there is no method tel" in error


def test_who_has_a_letter_already_gets_no_other_and_no_action() -> None:
    decision = decide('notify "mailto:a@b.test"; notify "mailto:a@b.test"; notify "mailto:a@b.test,c@d.test";')
    assert [one.to for one in acts(decision) if isinstance(one, Send)] == [("a@b.test",), ("c@d.test",)]


@pytest.mark.parametrize(
    "command",
    [
        'set "a" "b"; notify "mailto:${a}";',
        'set "a" "4"; notify :importance "${a}" "mailto:a@b.test";',
        'set "a" "b"; notify :from "${a}" "mailto:a@b.test";',
        'set "a" "b"; notify :options "${a}" "mailto:a@b.test";',
        'set "a" "x"; notify "${a}:a@b.test";',
    ],
)
def test_made_of_variables_it_keeps_the_message(command: str) -> None:
    decision = decide(command)
    assert acts(decision) == [Keep()]
    assert decision.notes[0].endswith("the message is kept")


@pytest.mark.parametrize(("uri", "count"), [("mailto:${a}", 1), ("${a}", 1), ("mailto:a@b.test?body=${a}", 0)])
def test_who_is_notified_should_be_constant(uri: str, count: int) -> None:
    """RFC 5435 section 8: "implementations SHOULD NOT allow the use of variables containing values extracted from the
    email message in the "method" parameter"."""
    assert len(warnings(f'require ["enotify", "variables"]; notify "{uri}";')) == count


@pytest.mark.parametrize("uri", ["mailto:", "mailto:a@b.test?bcc=c@d.test&from=e@f.test", "MAILTO:a@b.test"])
def test_what_is_only_warned_of(uri: str) -> None:
    assert errors(f'require "enotify"; notify "{uri}";') == []


def test_it_says_what_it_is() -> None:
    script = f'notify :from "c@d.test" :importance "1" :message "m" :options "a=b" :fcc "Sent" "{TO_ANN}";'
    assert decide(script).trace[0].what == (
        f'notify :from "c@d.test" :importance "1" :message "m" :options "a=b" :fcc "Sent" "{TO_ANN}"'
    )


# --- the tests ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("uris", "valid"),
    [
        (f'"{TO_ANN}"', True),
        ('"mailto:"', True),
        ('["mailto:a@b.test", "mailto:c@d.test?subject=x"]', True),
        ('["mailto:", "http://gw.example.net/notify?test"]', False),
        ('["mailto:a@b.test", "mailto:a b"]', False),
        ('"tel:+1"', False),
        ('""', False),
    ],
)
def test_valid_notify_method(uris: str, valid: bool) -> None:
    """RFC 5435 section 4: "true only if ALL of the listed notification methods are supported and valid"."""
    assert held(f"valid_notify_method {uris}") is valid


@pytest.mark.parametrize(
    ("test", "answer"),
    [
        ('"mailto:a@b.test" "Online" "maybe"', True),
        ('"mailto:a@b.test" "online" ["yes", "MAYBE"]', True),
        (':contains "mailto:a@b.test" "online" "may"', True),
        ('"mailto:a@b.test" "online" ["yes", "no"]', False),
        (':matches "mailto:a@b.test" "colour" "*"', False),
        (':matches "tel:+1" "online" "*"', False),
        (':matches "mailto:a b" "online" "*"', False),
        (':count "eq" :comparator "i;ascii-numeric" "mailto:a@b.test" "online" "1"', True),
        (':count "eq" :comparator "i;ascii-numeric" "mailto:a@b.test" "colour" "0"', False),
    ],
)
def test_notify_method_capability(test: str, answer: bool) -> None:
    """RFC 5436 section 2.2: "Otherwise, the test returns "maybe""; RFC 5435 section 5: "MUST fail unconditionally"."""
    assert held(f"notify_method_capability {test}") is answer


def test_the_tests_say_what_they_are() -> None:
    trace = decide(
        'if not valid_notify_method "tel:+1" { if notify_method_capability "mailto:" "online" "yes" {} }'
    ).trace
    assert trace[0].what == 'not valid_notify_method "tel:+1"'
    assert trace[1].what == 'notify_method_capability :is "mailto:" "online" "yes"'


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (
            'require ["enotify"];\nnotify "nowhere";',
            'error 2:8 "nowhere" is no URI | write a URI like "mailto:ann@example.org"',
        ),
        (
            'require ["enotify"];\nnotify :from "nobody" "mailto:a@b.example";',
            'error 2:8 "nobody" is not an address | write an address like "ann@example.org"',
        ),
        (
            'require ["enotify"];\nnotify :importance "9" "mailto:a@b.example";',
            'error 2:8 the importance is "1", "2" or "3", not "9" | 1 is high, 3 is low (RFC 5435 section 3.4)',
        ),
        (
            'require ["enotify"];\nnotify :options "x" "mailto:a@b.example";',
            'error 2:8 "x" is no option like name=value | RFC 5435 section 3.5',
        ),
        (
            'require ["enotify"];\nnotify :options "x=a\n" "mailto:a@b.example";',
            "error 2:8 an option has a line end or a NUL in it | RFC 5435 section 3.5",
        ),
        (
            'require ["enotify"];\nnotify "sms:1";',
            "error 2:8 notify: there is no method sms | ask valid_notify_method first, if there is one elsewhere",
        ),
        (
            'require ["enotify"];\nnotify "mailto:";',
            'warning 2:8 the mailto URI has no address: nobody is notified | write "mailto:ann@example.org"',
        ),
        (
            'require ["enotify"];\nnotify "mailto:a@b.example?from=x";',
            "warning 2:8 the mailto URI has from, which is ignored | RFC 5436, 2.7",
        ),
        (
            'require ["enotify", "variables"];\nnotify "mailto:${a}";',
            "warning 2:8 whoever writes may choose who is notified: the address is made of variables | RFC 5435 section 8: take variables for what stands behind the `?` only",
        ),
    ],
)
def test_what_is_said_with_its_place_and_what_to_do(script: str, expected: str) -> None:
    assert said(script) == [expected]
