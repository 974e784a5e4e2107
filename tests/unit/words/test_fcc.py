"""`:fcc` (RFC 8580)."""

from __future__ import annotations

import pytest

from mdafilter.acts import File, Keep, Send
from mdafilter.decision import Decision
from mdafilter.engine import run
from mdafilter.message import Message
from mdafilter.plan import Scene
from tests.support.scene import StillWorld
from tests.support.script import acts, compiled
from tests.support.sieve import errors, said
from tests.unit.words.test_vacation import FROM_BOB, MAIL

REQUIRE = 'require ["vacation", "fcc", "mailbox", "imap4flags", "variables"];\n'


def decide(script: str, message: bytes = MAIL) -> Decision:
    return run([compiled(REQUIRE + script).plan], Scene(Message.parse(message), FROM_BOB, StillWorld()))


def test_the_answer_is_filed_and_the_message_kept() -> None:
    """Section 3: "a copy of the generated message will be filed into the target mailbox"."""
    decision = decide('vacation :fcc "Sent" :create :flags "\\\\Seen" "away";')
    sent, filed, kept = acts(decision)
    assert isinstance(sent, Send)
    assert filed == File("Sent", ("\\Seen",), copy=True, create=True, letter=sent.letter)
    assert kept == Keep()
    message = decision.decided[1].message
    assert message.octets.slice(0, len(message.octets)) == sent.letter


def test_nothing_is_filed_where_nothing_is_sent() -> None:
    """Section 3: "If the ":fcc" argument is specified ... and no message is generated, then no message is filed"."""
    assert acts(decide('vacation :fcc "Sent" "away";', b"List-Id: x\n" + MAIL)) == [Send("vacation", b"", ()), Keep()]


def test_a_folder_that_is_also_the_messages() -> None:
    _sent, filed, other = acts(decide('vacation :fcc "INBOX" "away"; keep;'))
    assert isinstance(filed, File)
    assert (filed.folder, other) == ("INBOX", Keep())


def test_tags_that_need_it() -> None:
    (error,) = errors(REQUIRE + 'vacation :flags "\\\\Seen" "away";')
    assert ":flags belongs to :fcc, which is missing" in error


def test_what_is_no_folder() -> None:
    (error,) = errors(REQUIRE + 'vacation :fcc "" "away";')
    assert "the folder name is empty" in error
    decision = decide('vacation :fcc "${none}" "away";')
    assert acts(decision) == [Keep()]
    assert ":fcc: the folder name is empty" in decision.notes[-1]


def test_it_must_be_required() -> None:
    (error,) = errors('require "vacation"; vacation :fcc "Sent" "away";')
    assert "fcc" in error


def test_it_describes_itself() -> None:
    command = 'vacation :fcc "Sent" :create :flags "\\\\Seen" "away"'
    assert [one.what for one in decide(f"{command};").trace] == [command]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (
            'require ["vacation", "fcc"];\nvacation :fcc "" "away";',
            'error 2:10 the folder name is empty | folders are named like "Trash" or "lists/debian"',
        ),
        (
            'require ["vacation", "fcc", "mailbox"];\nvacation :create "away";',
            "error 2:10 :create belongs to :fcc, which is missing | RFC 8580 section 3",
        ),
    ],
)
def test_what_is_said_with_its_place_and_what_to_do(script: str, expected: str) -> None:
    assert said(script) == [expected]
