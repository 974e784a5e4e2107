"""notify and denotify from before RFC 5435 (draft-martin-sieve-notify)."""

from __future__ import annotations

import pytest

from mdafilter.acts import Keep, Send
from mdafilter.decision import Decision
from mdafilter.engine import run
from mdafilter.message import Envelope, Message
from mdafilter.plan import Scene
from tests.support.scene import StillWorld
from tests.support.script import acts, compiled
from tests.support.sieve import errors, warnings

MAIL = b"From: Bob <bob@x.test>\nSubject: =?utf-8?q?L=C3=BCnch?=\n to day\n\nAt noon?\n"
REQUIRE = 'require ["notify", "variables"];\n'
TO_ANN = ':options "ann@mobile.test"'


def decide(script: str, message: bytes = MAIL, world: StillWorld | None = None) -> Decision:
    envelope = Envelope("bob@x.test", "ann@home.test")
    return run([compiled(REQUIRE + script).plan], Scene(Message.parse(message), envelope, world or StillWorld()))


def letters(script: str, message: bytes = MAIL) -> list[Send]:
    return [act for act in acts(decide(script, message)) if isinstance(act, Send) and act.to]


def text(letter: Send) -> str:
    return letter.letter.decode().split("\n\n", 1)[1]


def test_a_letter_beside_the_implicit_keep() -> None:
    decision = decide(f'notify :method "mailto" {TO_ANN};')
    (letter,) = [act for act in acts(decision) if isinstance(act, Send)]
    assert (letter.what, letter.to, letter.sender) == ("notify", ("ann@mobile.test",), "postmaster@home.test")
    assert acts(decision) == [letter, Keep()]
    assert text(letter) == "Bob <bob@x.test>: Lünch to day\n"
    assert b"\nTo: ann@mobile.test\n" in letter.letter
    assert letter.letter.startswith(b"Auto-Submitted: auto-notified;")


@pytest.mark.parametrize(
    ("message", "made"),
    [
        ("", "\n"),
        ("$from$", "Bob <bob@x.test>\n"),
        ("$env-from$ wrote", "bob@x.test wrote\n"),
        ("[$subject$]", "[Lünch to day]\n"),
        ("$text$", "At noon?\n"),
        ("$text[2]$$text[0]$", "At\n"),
        ("$text[99999999999]$", "$text[99999999999]$\n"),  # no number of characters
        ("$text[-1]$ $text[]$ $text[x]$", "$text[-1]$ $text[]$ $text[x]$\n"),
        ("$from", "$from\n"),
        ("from$", "from$\n"),
        ("$$", "$$\n"),
        ("costs 5$ or $subject$", "costs 5$ or Lünch to day\n"),
        ("$from$subject$", "Bob <bob@x.test>subject$\n"),
        ("$From$", "$From$\n"),
    ],
)
def test_what_stands_between_dollar_signs(message: str, made: str) -> None:
    assert text(letters(f'notify {TO_ANN} :message "{message}";')[0]) == made


def test_a_message_has_no_text() -> None:
    mail = b"From: bob@x.test\nContent-Type: text/html\n\n<p>x\n"
    assert text(letters(f'notify {TO_ANN} :message "$subject$-$text$";', mail)[0]) == "-\n"


@pytest.mark.parametrize(
    ("level", "field"), [(":low", b"Low"), (":normal", b"Normal"), ("", b"Normal"), (":high", b"High")]
)
def test_importance(level: str, field: bytes) -> None:
    assert b"\nImportance: " + field + b"\n" in letters(f"notify {level} {TO_ANN};")[0].letter


@pytest.mark.parametrize(
    ("denotify", "left"),
    [
        ("denotify;", ""),
        ("denotify :low;", "bc"),
        ("denotify :normal;", "ab"),
        ('denotify :is "one";', "bc"),
        ('denotify :is "ONE";', "bc"),
        ('denotify :is "on";', "abc"),
        ('denotify :contains "n";', "bc"),
        ('denotify :matches "t*";', "ac"),
        ('denotify :is "one" :high;', "abc"),
        ('denotify :is "one" :low;', "bc"),
        ('denotify :is "";', "ab"),
        ('set "n" "two"; denotify :is "${n}";', "ac"),
    ],
)
def test_what_was_to_be_sent_is_taken_back(denotify: str, left: str) -> None:
    before = "".join(
        f'notify :options "{name}@x.test" {more};'
        for name, more in (("a", ':id "one" :low'), ("b", ':id "two" :high'), ("c", ""))
    )
    assert [letter.to for letter in letters(before + denotify)] == [(f"{name}@x.test",) for name in left]


def test_what_comes_after_is_sent() -> None:
    assert [one.to for one in letters(f"notify {TO_ANN}; denotify; notify {TO_ANN};")] == [("ann@mobile.test",)]


def test_nobody_has_two_letters() -> None:
    assert len(letters(f"notify {TO_ANN}; notify :high {TO_ANN};")) == 1


def test_what_a_program_has_sent_notifies_nobody() -> None:
    assert not letters(f"notify {TO_ANN};", b"Auto-Submitted: auto-replied\n" + MAIL)


def test_there_are_no_more_than_may_be() -> None:
    script = "".join(f'notify :options "a{n}@x.test";' for n in range(3))
    decision = decide(script, world=StillWorld(options={"notify_max_notifications": "2"}))
    assert acts(decision) == [Keep()]
    assert "more than 2 notifications" in decision.notes[0]


def test_an_address_made_of_variables() -> None:
    assert letters('set "a" "ann@x.test"; notify :options "${a}";')[0].to == ("ann@x.test",)
    decision = decide('set "a" "no address"; notify :options "${a}";')
    assert acts(decision) == [Keep()]
    assert '"no address" is not an address' in decision.notes[0]


@pytest.mark.parametrize(
    ("script", "text"),
    [
        ('notify :method "sms" :options "a@b.test";', 'there is no method "sms" | mdafilter has "mailto"'),
        ('notify :options "nobody at all";', '"nobody at all" is not an address'),
        ("notify :low :high;", ":low and :high exclude each other"),
        ('notify "mailto:a@b.test";', "`notify` takes no arguments"),
        ('notify :importance "1";', "unknown tag :importance"),
        ("denotify :is;", ":is must be followed by a string"),
        ('denotify "one";', "`denotify` takes no arguments"),
    ],
)
def test_mistakes(script: str, text: str) -> None:
    assert text in errors(REQUIRE + script)[0]


def test_nobody_is_told() -> None:
    assert warnings('require "notify"; notify;') == [
        '1:19 notify has no :options: nobody is notified | :options "ann@example.org" says whom'
    ]


def test_no_script_has_both() -> None:
    assert '"notify" does not go with "enotify"' in errors('require ["enotify", "notify"];\ndenotify;')[0]
    assert not errors('require "enotify"; notify "mailto:a@b.test";')


@pytest.mark.parametrize(
    "command",
    [
        'notify :options "a@b.test" :message "$from$: $subject$"',
        'notify :low :id "x" :options "a@b.test" :message "y"',
        "denotify",
        'denotify :contains "x" :high',
    ],
)
def test_it_says_what_it_does(command: str) -> None:
    (step,) = compiled(f"{REQUIRE}{command};").plan.steps
    assert (getattr(step, "action", None) or getattr(step, "assignment", None)).describe() == command  # type: ignore[union-attr]
