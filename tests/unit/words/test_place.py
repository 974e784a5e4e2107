"""Which folder is meant: `:specialuse` (RFC 8579) and `:mailboxid` (RFC 9042) on fileinto and beside `:fcc`."""

from __future__ import annotations

import pytest

from mdafilter.acts import File, Keep, Send
from mdafilter.engine import run
from mdafilter.message import Message
from mdafilter.plan import Scene
from mdafilter.words.place import same_folder, use_fault
from tests.support.scene import StillWorld
from tests.support.script import acts, compiled, decide
from tests.support.sieve import errors, said
from tests.unit.words.test_vacation import FROM_BOB, MAIL

REQUIRE = """require ["fileinto", "special-use", "mailboxid", "mailbox", "variables", "vacation", "fcc", "copy"];\n"""


def world() -> StillWorld:
    return StillWorld(ids={"F1": "Old/Name"}, uses={"\\junk": ("Spam", "a.b"), "\\sent": ("Sent",)})


def filed(command: str) -> File:
    (act,) = acts(decide(REQUIRE + command, world=world()))
    assert isinstance(act, File)
    return act


@pytest.mark.parametrize(
    ("command", "folder"),
    [
        (':specialuse "\\\\Junk" "J"', "Spam"),
        (':specialuse "\\\\jUNK" "J"', "Spam"),
        (':specialuse "\\\\Junk" "a/b"', "a/b"),
        (':specialuse "\\\\Junk" "INBOX.a.b"', "INBOX.a.b"),
        (':specialuse "\\\\Archive" "J"', "J"),
        (':specialuse "\\\\NeverHeardOf" "J"', "J"),
        (':mailboxid "F1" "J"', "Old/Name"),
        (':mailboxid "f1" "J"', "J"),
        (':mailboxid "" "J"', "J"),
    ],
)
def test_the_folder_that_is_meant(command: str, folder: str) -> None:
    """RFC 8579 section 4: "If one of those mailboxes is in fact the default mailbox ..., that mailbox MUST be used";
    else "the "fileinto" action proceeds as it would without the ":specialuse" argument", and so RFC 9042 section 4."""
    assert filed(f"fileinto {command};") == File(folder)


def test_the_folder_of_the_name_is_made() -> None:
    """RFC 9042 section 4.1: `:create` makes the mailbox that is named."""
    assert filed('fileinto :create :mailboxid "F9" "J";') == File("J", create=True)


def test_one_excludes_the_other() -> None:
    """RFC 9042 section 4.2: "it is an error to specify both"."""
    (error,) = errors(f'{REQUIRE} fileinto :specialuse "\\\\Junk" :mailboxid "F1" "J";')
    assert ":specialuse and :mailboxid exclude each other" in error


@pytest.mark.parametrize("use", ["Junk", "", "\\\\", "\\\\\\\\Junk", "\\\\a b"])
def test_what_is_no_special_use(use: str) -> None:
    (error,) = errors(f'{REQUIRE} fileinto :specialuse "{use}" "J";')
    assert "is no special use" in error
    decision = decide(f'{REQUIRE} set "u" "{use}"; fileinto :specialuse "${{u}}" "J";', world=world())
    assert acts(decision) == [Keep()]
    assert "is no special use" in decision.notes[-1]


def test_beside_fcc() -> None:
    """RFC 8580 section 3.2, RFC 9042 section 5: the tags say where the letter goes."""
    command = 'vacation :fcc "Gone" :create :specialuse "\\\\Sent" "away"'
    decision = run([compiled(f"{REQUIRE}{command};").plan], Scene(Message.parse(MAIL), FROM_BOB, world()))
    sent, copy, kept = acts(decision)
    assert isinstance(sent, Send)
    assert isinstance(copy, File)
    assert (copy.folder, kept) == ("Sent", Keep())
    assert [one.what for one in decision.trace] == [command]
    (error,) = errors(f'{REQUIRE} vacation :mailboxid "F1" "away";')
    assert ":mailboxid belongs to :fcc" in error


@pytest.mark.parametrize(
    "command",
    ['fileinto :copy :create :specialuse "\\\\Junk" "J"', 'fileinto :mailboxid "F1" "J"'],
)
def test_it_describes_itself(command: str) -> None:
    assert [one.what for one in decide(f"{REQUIRE}{command};").trace] == [command]


def test_spellings_of_a_folder() -> None:
    assert same_folder(".a/b", ("x", "INBOX.a.b"))
    assert not same_folder("a", ("a.b",))
    assert use_fault("\\Junk") == ""


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (
            'require ["special-use", "fileinto"];\nfileinto :specialuse "Junk" "a";',
            'error 2:10 "Junk" is no special use | special uses are written like "\\\\Junk" (RFC 6154)',
        ),
    ],
)
def test_what_is_said_with_its_place_and_what_to_do(script: str, expected: str) -> None:
    assert said(script) == [expected]
