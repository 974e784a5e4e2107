"""What the actions of a table do (header_checks(5), ACTIONS)."""

from __future__ import annotations

import pytest

from mdafilter.acts import Discard, File, Keep, Redirect, Reject
from mdafilter.decision import Decision
from mdafilter.engine import run
from mdafilter.lang import tables
from mdafilter.lang.tables.actions import ACTIONS
from tests.support.scene import StillWorld, scene

MAIL = b"Received: one\nSubject: hello\n world\nX-Bad: 1\nX-Bad: 2\n\nline one\nline two\n"
HELD = File("Quarantine", (), False, True)


def decide(table: str, name: str = "header_checks", message: bytes = MAIL) -> Decision:
    world = StillWorld(environment={"vnd.mdafilter.quarantine": "Quarantine"})
    return run([tables.compile(table.encode(), name).plan], scene(message, world=world))


def acts(table: str, name: str = "header_checks") -> list[object]:
    return [decided.act for decided in decide(table, name).decided]


def text(table: str, name: str = "header_checks", message: bytes = MAIL) -> bytes:
    pieces = decide(table, name, message).decided[0].message
    return b"".join(p if isinstance(p, bytes) else pieces.octets.slice(p.start, p.end) for p in pieces.pieces())


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("/^X-Bad/ REJECT", [Reject("message content rejected")]),
        ("/^X-Bad/ REJECT 5.7.0 go away", [Reject("go away", "5.7.0")]),
        ("/^X-(B)ad/ REJECT 5.7.0 $1", [Reject("B", "5.7.0")]),
        ("/^X-(B)ad/ REJECT 5.7 $1", [Reject("5.7 B")]),
        ("/^X-Bad/ DISCARD for a reason", [Discard()]),
        ("/^X-Bad/ HOLD", [HELD]),
        ("/^X-Bad/ FILTER smtp:[127.0.0.1]:10025", [HELD]),
        ("/^X-Bad: (.)/ REDIRECT u$1@example.org", [Redirect("u1@example.org")]),
        (
            "/^X-Bad: (.)/ BCC u$1@example.org",
            [Redirect("u1@example.org", True), Redirect("u2@example.org", True), Keep()],
        ),
        ("/^Received/ BCC a@example.org\n/^X-Bad/ REJECT", [Reject("message content rejected")]),
        ("/^Received/ HOLD\n/^X-Bad/ DISCARD", [Discard()]),
        ("/^Received/ REDIRECT a@example.org\n/^X-Bad/ HOLD", [Redirect("a@example.org")]),
        ("/^Received/ HOLD\n/^X-Bad/ REDIRECT a@example.org", [HELD]),
        ("/^Received/ BCC a@example.org\n/^X-Bad: (.)/ REDIRECT u$1@example.org", [Redirect("u1@example.org")]),
        ("/./ HOLD", [HELD]),
        ("/./ BCC a@example.org", [Redirect("a@example.org", True), Keep()]),
        ("/^X-Bad/\tREJECT \t 5.7.0\tgo", [Reject("go", "5.7.0")]),
        ("/^Received/ PASS\n/^X-Bad/ REJECT", [Keep()]),
        ("/^Received/ OK\n/./ WARN", [Keep()]),
    ],
)
def test_what_is_done(table: str, expected: list[object]) -> None:
    assert acts(table) == expected


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("/^X-Bad/ IGNORE", b"Received: one\nSubject: hello\n world\n\nline one\nline two\n"),
        ("/^X-Bad: 1/ STRIP", b"Received: one\nSubject: hello\n world\nX-Bad: 2\n\nline one\nline two\n"),
        ("/^Subject: (.*)/ REPLACE X-Was: $1", MAIL.replace(b"Subject:", b"X-Was:")),
        ("/^X-Bad: 2/ PREPEND X-Good: 3", MAIL.replace(b"X-Bad: 2", b"X-Good: 3\nX-Bad: 2")),
        ("/^X-Bad: (.)/ PREPEND $1", MAIL),
    ],
)
def test_lines_are_edited(table: str, expected: bytes) -> None:
    """ "the prepended text is output on a separate line, immediately before the input"."""
    assert text(table) == expected


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("/one/ IGNORE", b"line two\n"),
        ("/(.*) one/ REPLACE a $1\n/two/ PREPEND before", b"a line\nbefore\nline two\n"),
    ],
)
def test_the_body_is_edited(table: str, expected: bytes) -> None:
    assert text(table, "body_checks") == MAIL[: MAIL.index(b"line one")] + expected


def test_all_acts_take_the_message_as_it_is_at_the_end() -> None:
    """What is queued is one message, whichever line adds an address."""
    assert b"X-Bad" not in text("/^Received/ BCC a@example.org\n/^X-Bad/ IGNORE")


def test_edited_lines_are_not_looked_up_again() -> None:
    """ "The prepended text is not considered part of the input stream"."""
    assert acts("/^Subject/ PREPEND X-New: 1\n/^X-New/ REJECT") == [Keep()]


def test_line_ends_stay_what_they_are() -> None:
    crlf = MAIL.replace(b"\n", b"\r\n")
    assert text("/^X-Bad: 2/ PREPEND X-Good: 3", message=crlf) == crlf.replace(b"X-Bad: 2", b"X-Good: 3\r\nX-Bad: 2")


def test_a_group_makes_no_other_field() -> None:
    assert b"X-Was: hello\n world\nX-Bad" in text("/^Subject: (.*)/ REPLACE X-Was: $1")
    assert b"X-Was:\n\tworld\nX-Bad" in text("/^Subject: hello(.).(.*)/ REPLACE X-Was:$1$2")


@pytest.mark.parametrize(
    ("table", "notes"),
    [
        ("/^X-Bad: (.)/ WARN bad $1", ("header_checks:1: bad 1", "header_checks:1: bad 2")),
        ("/^Subject/ INFO", ("header_checks:1: info",)),
        ("/^Subject/ STRIP", ("header_checks:1: a line is left out",)),
        ("/^Subject/ IGNORE", ()),
        ("/^Subject/ HOLD why", ("header_checks:1: why",)),
        ("/^(X)-Bad: 1/ PREPEND $1", ('"X" is no header field: it begins with a name and a colon; the line stays',)),
        ("/^X-Bad: (.)/ DUNNO\n/^Subject/ WARN $$", ("header_checks:2: $",)),
    ],
)
def test_what_is_noted(table: str, notes: tuple[str, ...]) -> None:
    assert decide(table).notes == notes


def test_pass_turns_off_other_tables() -> None:
    """PASS: "turn off header, body, and Milter inspection for the remainder of this message"."""
    plans = [
        tables.compile(b"/^Subject/ PASS", "header_checks").plan,
        tables.compile(b"/one/ REJECT", "body_checks").plan,
    ]
    assert [decided.act for decided in run(plans, scene(MAIL)).decided] == [Keep()]
    assert [decided.act for decided in run(plans[1:], scene(MAIL)).decided] == [Reject("message content rejected")]


@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_compiles_in_any_case(action: str) -> None:
    text = "b@example.org" if action in ("REDIRECT", "BCC") else "X-A: b"
    upper, lower = (tables.compile(f"/a/ {word} {text}".encode(), "header_checks") for word in (action, action.lower()))
    assert upper.plan == lower.plan != tables.compile(b"", "header_checks").plan
