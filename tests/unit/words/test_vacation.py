"""`vacation` (RFC 5230, 6131)."""

from __future__ import annotations

import pytest

from mdafilter.acts import Discard, Keep, Send
from mdafilter.decision import Decision
from mdafilter.engine import run
from mdafilter.message import Envelope, Message
from mdafilter.plan import Scene
from tests.support.scene import StillWorld
from tests.support.script import acts, compiled
from tests.support.sieve import errors, said, warnings

DAY = 86400
NOW = StillWorld().now()
MAIL = b"From: Bob <bob@x.test>\nTo: Ann <ann@home.test>\nSubject: lunch?\n\nbody\n"
FROM_BOB = Envelope("bob@x.test", "ann@home.test")
REQUIRE = 'require ["vacation", "vacation-seconds", "variables", "reject"];\n'


def answered(
    script: str, message: bytes = MAIL, envelope: Envelope = FROM_BOB, world: StillWorld | None = None
) -> Decision:
    return run([compiled(REQUIRE + script).plan], Scene(Message.parse(message), envelope, world or StillWorld()))


def sent(decision: Decision) -> list[Send]:
    return [act for act in acts(decision) if isinstance(act, Send) and act.to]


def test_the_sender_is_answered_and_the_message_kept() -> None:
    """Section 4.7: "Vacation does not affect Sieve's implicit keep action."; 5.1: "SHOULD be set to <>"."""
    decision = answered('vacation "away";')
    (one,) = sent(decision)
    assert (one.what, one.to, one.sender) == ("vacation", ("bob@x.test",), "")
    assert acts(decision) == [one, Keep()]
    assert [(r.kind, r.until) for r in decision.remember] == [("vacation", NOW + 7 * DAY)]


def test_it_goes_with_discard() -> None:
    """Section 4.7: "MUST NOT consider vacation used with discard, keep, fileinto, or redirect an error"."""
    assert acts(answered('vacation "away"; discard;'))[1:] == [Discard()]


def test_a_second_one_is_an_error() -> None:
    """Section 4.7: "A script MUST fail with an appropriate error if it attempts to execute two or more"."""
    decision = answered('vacation "a"; vacation "b";')
    assert (acts(decision), decision.remember) == ([Keep()], ())
    assert "vacation: there was one already" in decision.notes[0]


def test_a_second_one_is_an_error_though_the_first_was_not_due() -> None:
    decision = answered('vacation "a"; vacation "b";', envelope=FROM_BOB.replace(sender=""))
    assert "there was one already" in decision.notes[-1]


def test_it_contradicts_a_reject() -> None:
    """Section 4.7: "incompatible with the Sieve reject and refuse actions"."""
    assert acts(answered('vacation "a"; reject "b";')) == [Keep()]


@pytest.mark.parametrize(
    ("envelope", "message", "why"),
    [
        (FROM_BOB.replace(sender=""), MAIL, "null sender"),
        (FROM_BOB.replace(sender="owner-list@x.test"), MAIL, "no person"),
        (FROM_BOB, b"List-Id: <l.x.test>\n" + MAIL, "a list has sent it (List-Id)"),
        (FROM_BOB.replace(sender="Ann@home.test"), MAIL, "is an address of the user"),
        (FROM_BOB, MAIL.replace(b"ann@home.test", b"all@home.test"), "addressed to none of ann@home.test"),
        (FROM_BOB, b"From: bob@x.test\n\nno recipient\n", "addressed to none of"),
    ],
)
def test_who_is_not_answered(envelope: Envelope, message: bytes, why: str) -> None:
    """Section 4.5: "MUST NOT respond to a message unless the recipient user's email address is in" the header."""
    decision = answered('vacation "away";', message, envelope)
    assert (sent(decision), decision.remember) == ([], ())
    assert why in decision.notes[0]
    assert acts(decision) == [Send("vacation", b"", ()), Keep()]


@pytest.mark.parametrize("field", ["To", "Cc", "Bcc", "Resent-To", "Resent-Cc", "Resent-Bcc"])
def test_fields_that_name_the_recipient(field: str) -> None:
    """Section 4.5 lists them."""
    message = f"From: bob@x.test\n{field}: b@c.test, group: ANN@home.test;\n\n".encode()
    assert sent(answered('vacation "away";', message))


@pytest.mark.parametrize(
    ("tags", "envelope", "options"),
    [
        (':addresses ["x@y.test", "a.nn@else.test"]', FROM_BOB, {}),
        ("", FROM_BOB, {"user_email": "a.nn@else.test"}),
        ("", FROM_BOB, {"vacation_check_recipient": "no"}),
        ("", FROM_BOB.replace(recipient="a.nn+lists@else.test", extension="lists"), {}),
        ("", FROM_BOB.replace(original_recipient="a.nn@else.test"), {"vacation_use_original_recipient": "yes"}),
    ],
)
def test_addresses_of_the_user(tags: str, envelope: Envelope, options: dict[str, str]) -> None:
    message = MAIL.replace(b"ann@home.test", b"a.nn@else.test")
    assert sent(answered(f'vacation {tags} "away";', message, envelope, StillWorld(options=options)))


def test_the_original_recipient_counts_only_where_the_site_says_so() -> None:
    message = MAIL.replace(b"ann@home.test", b"a.nn@else.test")
    assert not sent(answered('vacation "away";', message, FROM_BOB.replace(original_recipient="a.nn@else.test")))


def met(script: str, message: bytes = MAIL) -> StillWorld:
    """A world in which that script has answered."""
    return StillWorld(met={(one.kind, one.key) for one in answered(script, message).remember})


@pytest.mark.parametrize(
    ("first", "second", "again"),
    [
        ('vacation "a";', 'vacation "a";', False),
        ('vacation "a";', 'vacation "b";', True),
        ('vacation :subject "s" "a";', 'vacation "a";', True),
        ('vacation :subject "s" "a";', 'vacation :from "s@x.test" "a";', True),
        ('vacation :handle "h" "a";', 'vacation :handle "h" "b";', False),
        ('vacation :handle "h" "a";', 'vacation :handle "i" "a";', True),
        ('vacation :days 1 "a";', 'vacation :days 9 "a";', False),
        ('vacation :subject "a" "";', 'vacation "a";', True),
        (f'vacation "{"x" * 2000}1";', f'vacation "{"x" * 2000}2";', True),
    ],
)
def test_what_counts_as_the_same_answer(first: str, second: str, again: bool) -> None:
    """Section 4.2: "an identical combination of these arguments are considered the same for tracking purposes"."""
    assert bool(sent(answered(second, world=met(first)))) is again


def test_variables_do_not_make_another_answer() -> None:
    """Section 4.2: "the arguments MUST NOT have undergone variable expansion prior to their use"."""
    script = 'if header :matches "subject" "*" { vacation :subject "Re: ${1}" "away"; }'
    assert not sent(answered(script, MAIL.replace(b"lunch", b"dinner"), world=met(script)))


def test_another_sender_is_answered() -> None:
    world = met('vacation "a";')
    assert sent(answered('vacation "a";', MAIL, FROM_BOB.replace(sender="eve@x.test"), world))
    assert not sent(answered('vacation "a";', MAIL, FROM_BOB.replace(sender="BOB@x.test"), world))


def test_where_nothing_can_be_read_nobody_is_answered() -> None:
    class Blind(StillWorld):
        def seen(self, kind: str, key: str) -> bool | None:
            return None

    assert not sent(answered('vacation "a";', world=Blind()))


@pytest.mark.parametrize(
    ("tag", "options", "seconds"),
    [
        ("", {}, 7 * DAY),
        ("", {"vacation_min_period": "10d"}, 10 * DAY),
        ("", {"vacation_default_period": "3d"}, 3 * DAY),
        (":days 0", {}, DAY),
        (":days 3", {}, 3 * DAY),
        (":days 3", {"vacation_max_period": "2d"}, 2 * DAY),
        (":seconds 60", {}, DAY),
        (":seconds 60", {"vacation_min_period": "0"}, 60),
    ],
)
def test_its_period(tag: str, options: dict[str, str], seconds: int) -> None:
    """Section 4.1: "If the parameter given to ":days" is less than the minimum value, then the minimum value is used"."""
    decision = answered(f'vacation {tag} "a";', world=StillWorld(options=options))
    assert [one.until for one in decision.remember] == [NOW + seconds]


def test_a_period_of_none_answers_each_message() -> None:
    """RFC 6131 section 2: "A value of "0" means that all auto-replies are sent"."""
    world = StillWorld(options={"vacation_min_period": "0"})
    decision = answered('vacation :seconds 0 "a";', world=world)
    assert sent(decision)
    assert decision.remember == ()


@pytest.mark.parametrize(
    ("script", "wrong"),
    [
        ('vacation :from "no address" "a";', "is not"),
        ('vacation :from "a@b.test, c" "a";', "is not an address"),
        # RFC 5230 section 4.3: "The string must specify a valid [RFC2822] mailbox-list"
        ('vacation :from "mailto:a@b.test" "a";', '"mailto:a@b.test" is not a list of addresses'),
        ('vacation :from "us: a@b.test;" "a";', "is not a list of addresses"),
        ('vacation :from "A <a@b.test" "a";', "is not an address"),
        ('vacation :days 1 :seconds 1 "a";', ":seconds"),
        ('vacation :mime "Content-Type: text/plain; x=é\n\nbody" ;', "not ASCII"),
        ('vacation :mime "no header" ;', "begins with its header"),
        ('vacation :days "1" "a";', "number"),
        ("vacation;", "takes 1 argument"),
        ('vacation :create "a";', ":create"),
    ],
)
def test_what_is_wrong_is_said_at_once(script: str, wrong: str) -> None:
    (error,) = errors('require ["vacation", "vacation-seconds", "mailbox"];\n' + script)
    assert wrong in error


@pytest.mark.parametrize(
    ("to", "shown", "sender"),
    [
        (b"ann@home.test, a.nn@else.test", "ann@home.test", "ann@home.test"),
        (b"a.nn@else.test, ann@home.test", "ann@home.test", "ann@home.test"),
        (b"a.nn@else.test", "a.nn@else.test", "a.nn@else.test"),
        (b"also@y.test", "also@y.test", "ann@home.test"),
    ],
)
def test_of_several_addresses_that_of_the_envelope_answers(to: bytes, shown: str, sender: str) -> None:
    """Section 5.1 wants the null sender; a site that does not (vacation_send_from_recipient) has its own addresses."""
    world = StillWorld(options={"user_email": "a.nn@else.test", "vacation_send_from_recipient": "yes"})
    (one,) = sent(
        answered('vacation :addresses "also@y.test" "a";', MAIL.replace(b"Ann <ann@home.test>", to), world=world)
    )
    assert f"\nFrom: {shown}\n".encode() in b"\n" + one.letter
    assert one.sender == sender


def test_what_is_no_address_of_the_user_is_passed_over() -> None:
    """Section 4.5 knows no error for ":addresses"; other names beside it keep their meaning."""
    (warning,) = warnings('require "vacation"; vacation :addresses ["ann"] "a";')
    assert "is not an address" in warning
    decision = answered(
        'vacation :addresses ["ann", "Ann <x@y.test>"] "a";', MAIL.replace(b"ann@home.test", b"x@y.test")
    )
    assert sent(decision)
    assert "is not an address" in decision.notes[0]


def test_seconds_need_their_own_capability() -> None:
    (error,) = errors('require "vacation"; vacation :seconds 9 "a";')
    assert "vacation-seconds" in error
    compiled('require "vacation-seconds"; vacation :seconds 9 "a";')


@pytest.mark.parametrize(
    "command",
    [
        'vacation "away"',
        'vacation :days 3 :subject "s" :from "a@b.test" :handle "h" :addresses ["c@d.test", "e@f.test"] "away"',
        'vacation :seconds 90 :mime "Content-Type: text/plain\r\n\r\nx"',
    ],
)
def test_it_describes_itself(command: str) -> None:
    (described,) = [one.what for one in answered(f"{command};").trace]
    assert described == command


def test_from_the_recipient_where_the_site_says_so() -> None:
    (one,) = sent(answered('vacation "a";', world=StillWorld(options={"vacation_send_from_recipient": "yes"})))
    assert one.sender == "ann@home.test"


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (
            'require ["vacation"];\nvacation :from "nobody" "x";',
            'error 2:10 "nobody" is not an address | write an address like "ann@example.org"',
        ),
        (
            'require ["vacation"];\nvacation :addresses "nobody" "x";',
            'warning 2:10 "nobody" is not an address'
            " | it is passed over: these are the addresses at which you get mail",
        ),
        (
            'require ["vacation"];\nvacation :mime "no header";',
            "error 2:16 a :mime answer begins with its header | RFC 5230 section 4.4: fields like Content-Type, an empty line, the content",
        ),
        (
            'require ["vacation"];\nvacation :mime "Subject: é\n\nx";',
            "error 2:16 the header of a :mime answer has characters that are not ASCII | RFC 5230 section 4.4: fields like Content-Type, an empty line, the content",
        ),
    ],
)
def test_what_is_said_with_its_place_and_what_to_do(script: str, expected: str) -> None:
    assert said(script) == [expected]
