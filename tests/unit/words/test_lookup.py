"""`lookup`: whether a table has an entry."""

from __future__ import annotations

import pytest

from mdafilter.decision import Decision
from mdafilter.engine import run
from mdafilter.errors import RuleErrors
from mdafilter.message import Envelope, Message
from mdafilter.plan import Scene
from mdafilter.words.lookup import WHAT, Lookup
from tests.support.scene import NOTHING, StillWorld
from tests.support.script import compiled, folders
from tests.support.sieve import said

OWN = 'require "vnd.mdafilter.lookup";\n'
HEAD = 'require ["vnd.mdafilter.lookup", "variables", "fileinto"];\n'
TABLE = """
spam@example.org    REJECT  no way
bad.example         550 5.7.1 not from there
good.bad.example    OK
dunno.bad.example   DUNNO
number@example.org  1234
slow@example.org    450 later
<>                  HOLD bounce
192.0.2.1           REJECT by address
192.0.2.0/24        DISCARD
unknown             DEFER
dev.lists.example   INFO a list
permit.example      permit
class.example       my_class
"""
ENVELOPE = Envelope("spam@example.org", "ann+x@example.net", client_name="mx.bad.example", client_address="192.0.2.9")


def decide(test: str, envelope: Envelope = ENVELOPE, message: bytes = NOTHING) -> Decision:
    scene = Scene(Message.parse(message), envelope, StillWorld(tables={"t": TABLE}))
    script = f'{HEAD}if lookup {test} {{ fileinto "${{1}}|${{2}}|${{0}}"; }}'
    return run([compiled(script).plan], scene)


def held(test: str, envelope: Envelope = ENVELOPE, message: bytes = NOTHING) -> bool:
    return decide(test, envelope, message).decided[0].at is not None


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ('"sender" "t"', True),
        ('"Sender" "t"', True),
        ('["recipient", "sender"] "t"', True),
        ('"recipient" "t"', False),
        ('"client" "t"', True),
        (':action "REJECT" "sender" "t"', True),
        (':action ["ok", "reject"] "sender" "t"', True),
        (':action "OK" "sender" "t"', False),
        ('"${unset}" "t"', False),
        ('"sender${unset}" "${unset}t"', True),
        (':action "rej${unset}ect" "sender" "t"', True),
    ],
)
def test_what_is_looked_up(test: str, expected: bool) -> None:
    assert held(test) is expected


@pytest.mark.parametrize(
    ("sender", "action", "expected"),
    [
        ("x@bad.example", "REJECT", True),  # 5NN
        ("x@good.bad.example", "REJECT", False),
        ("x@good.bad.example", "OK", True),
        ("number@example.org", "OK", True),
        ("x@permit.example", "OK", True),
        ("x@permit.example", "permit", True),
        ("slow@example.org", "DEFER", True),  # 4NN
        ("x@class.example", "my_class", True),
        ("", "HOLD", True),
        ("x@dunno.bad.example", "REJECT", False),
        ("x@other.example", "REJECT", False),
    ],
)
def test_actions(sender: str, action: str, expected: bool) -> None:
    """access(5): "An all-numerical result is treated as OK"."""
    assert held(f':action "{action}" "sender" "t"', Envelope(sender)) is expected


def test_dunno_is_no_entry() -> None:
    """access(5): "Pretend that the lookup key was not found. This prevents Postfix from trying substrings"."""
    assert not held('"sender" "t"', Envelope("x@dunno.bad.example"))
    assert held('"sender" "t"', Envelope("x@a.bad.example"))


@pytest.mark.parametrize(
    ("name", "address", "found"),
    [
        ("mx.bad.example", "192.0.2.1", "REJECT|5.7.1 not from there|550 5.7.1 not from there"),
        ("mx.example", "192.0.2.1", "REJECT|by address|REJECT by address"),
        ("mx.example", "192.0.2.2", "DISCARD||DISCARD"),
        ("unknown", "192.0.2.1", "DEFER||DEFER"),
        ("", "192.0.2.2", "DISCARD||DISCARD"),
        ("mx.bad.example", "", "REJECT|5.7.1 not from there|550 5.7.1 not from there"),
        ("dunno.bad.example", "192.0.2.1", "INBOX"),
        ("mx.example", "198.51.100.1", "INBOX"),
        ("", "", "INBOX"),
    ],
)
def test_the_client(name: str, address: str, found: str) -> None:
    """postconf(5), check_client_access: "the client hostname, parent domains, client IP address, or networks"."""
    envelope = Envelope("spam@example.org", client_name=name, client_address=address)
    assert folders(decide('"client" "t"', envelope)) == [found]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (b"From: Ann <ann@example.net>, spam@example.org\n\n", True),
        (b"From: ann@example.net\nFrom: x@bad.example\n\n", True),
        (b"From: x@dunno.bad.example, x@bad.example\n\n", True),
        (b"From: x@dunno.bad.example\n\n", False),
        (b'From: "spam@example.org" <ann@example.net>\n\n', False),
        (b"From: spam@example.org oops\n\n", False),
        (b"From: <>\n\n", False),
        (b"\n", False),
    ],
)
def test_the_authors(message: bytes, expected: bool) -> None:
    assert held('"from" "t"', message=message) is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("<dev.lists.example>", True),
        ("Developers <x@y> of it <Sub.Dev.Lists.Example>", True),
        ("=?utf-8?q?D=C3=A9v?=\n <dev.lists.example> (comment)", True),
        ("dev.lists.example", True),
        ("about dev.lists.example", False),
        ("<lists.example>", False),
        ("<>", False),
        ("", False),
    ],
)
def test_the_list(value: str, expected: bool) -> None:
    """RFC 2919 section 3: "list-id-header = "List-ID:" [phrase] "<" list-id ">" CRLF"."""
    assert held('"list-id" "t"', message=f"List-Id: {value}\n\n".encode()) is expected


def test_the_answer_tells_the_line_of_the_table() -> None:
    decision = decide(':action "REJECT" ["recipient", "sender"] "t"')
    assert decision.decided[0].why == 'sender "spam@example.org": spam@example.org REJECT  no way (t:2)'
    asked = decision.trace[0]
    assert asked.what == 'lookup :action "REJECT" ["recipient", "sender"] "t"'
    assert asked.answer is not None
    assert asked.answer.saw == ('recipient "ann+x@example.net"', decision.decided[0].why)


def test_what_does_not_hold_is_told_as_well() -> None:
    asked = decide('["client", "sender"] "t"', Envelope("x@dunno.bad.example")).trace[0]
    assert asked.answer is not None
    assert asked.answer.saw == ('sender "x@dunno.bad.example": dunno.bad.example DUNNO (t:5)',)


def test_what_is_told_has_a_bound() -> None:
    message = b"From: " + b", ".join(b"a%d@example.net" % n for n in range(100)) + b", x@bad.example\n\n"
    asked = decide('"from" "t"', message=message).trace[0]
    assert asked.answer is not None
    assert (asked.answer.held, len(asked.answer.saw)) == (True, 8)


def test_a_table_that_cannot_be_read_keeps_the_message() -> None:
    decision = decide('"sender" "other"')
    assert folders(decision) == ["INBOX"]
    assert decision.notes == ("test.sieve: the table other cannot be read: it is not there; the message is kept",)


@pytest.mark.parametrize(
    ("test", "problem"),
    [
        ('"froom" "t"', '"froom" cannot be looked up'),
        ('"sender" ""', "no table is named"),
        ('"sender" "hash:/etc/postfix/access"', 'a table is named by its file, without "hash:"'),
        ('"sender" "regexp:/etc/postfix/access"', "a regexp table cannot be looked up"),
        (':action "dunno" "sender" "t"', "no lookup holds for DUNNO"),
        (':action "550" "sender" "t"', '"550" is no action'),
        (':action "OK" "sender"', "lookup"),
    ],
)
def test_mistakes(test: str, problem: str) -> None:
    with pytest.raises(RuleErrors, match=problem):
        compiled(f"{HEAD}if lookup {test} {{ stop; }}")


def test_it_must_be_required() -> None:
    with pytest.raises(RuleErrors, match=r"vnd\.mdafilter\.lookup"):
        compiled('if lookup "sender" "t" { stop; }')


def test_an_action_that_access_does_not_have_gives_a_warning() -> None:
    found = compiled(f'{OWN}if lookup :action ["REJCT", "my_class", "relay"] "sender" "t" {{ stop; }}').warnings
    assert [(p.text, p.hint[:15]) for p in found] == [('access(5) has no action "REJCT"', "known are OK, R")]


@pytest.mark.parametrize("what", WHAT)
def test_each_word_is_known(what: str) -> None:
    assert compiled(f'{OWN}if lookup "{what}" "t" {{ stop; }}').warnings == ()


def test_the_world_is_told_which_file_asks() -> None:
    asked: list[tuple[str, ...]] = []

    class Told(StillWorld):
        def lookup(self, table: str, kind: str, value: str, rule: str) -> None:
            asked.append((table, kind, value, rule))

    script = f'{HEAD}require "include"; include :personal "inner";'
    inner = f'{HEAD}if lookup ["client", "sender", "list-id"] "t" {{ stop; }}'
    message = Message.parse(b"List-Id: <a.example>\n\n")
    run([compiled(script, {("personal", "inner"): inner}).plan], Scene(message, ENVELOPE, Told()))
    rule = "personal/inner.sieve"
    assert asked == [
        ("t", "host", "mx.bad.example", rule),
        ("t", "address", "192.0.2.9", rule),
        ("t", "mail", "spam@example.org", rule),
        ("t", "list", "a.example", rule),
    ]


def test_the_node() -> None:
    assert Lookup(("sender",), "t", "f").describe() == 'lookup "sender" "t"'


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (
            'require ["vnd.mdafilter.lookup"];\nif lookup "moon" "/t" { stop; }',
            'error 2:11 "moon" cannot be looked up | known are sender, recipient, client, from, list-id',
        ),
        (
            'require ["vnd.mdafilter.lookup"];\nif lookup "from" "hash:/t" { stop; }',
            'error 2:18 a table is named by its file, without "hash:" | write "/t"',
        ),
        (
            'require ["vnd.mdafilter.lookup"];\nif lookup "from" "pcre:/t" { stop; }',
            "error 2:18 a pcre table cannot be looked up | access(5) and cidr_table(5) can",
        ),
        (
            'require ["vnd.mdafilter.lookup"];\nif lookup "from" "" { stop; }',
            "error 2:18 no table is named | write the path of a file that Postfix looks up, too",
        ),
        (
            'require ["vnd.mdafilter.lookup"];\nif lookup :action "DUNNO" "from" "/t" { stop; }',
            "error 2:11 no lookup holds for DUNNO | it stands for no entry at all",
        ),
        (
            'require ["vnd.mdafilter.lookup"];\nif lookup :action "550" "from" "/t" { stop; }',
            'error 2:11 "550" is no action | 5NN is REJECT, 4NN is DEFER, other numbers are OK',
        ),
        (
            'require ["vnd.mdafilter.lookup"];\nif lookup :action "EXPLODE" "from" "/t" { stop; }',
            'warning 2:11 access(5) has no action "EXPLODE" | known are OK, REJECT, DEFER, DEFER_IF_REJECT, DEFER_IF_PERMIT, DISCARD, HOLD, FILTER, REDIRECT, BCC, PREPEND, INFO, WARN',
        ),
    ],
)
def test_what_is_said_with_its_place_and_what_to_do(script: str, expected: str) -> None:
    assert said(script) == [expected]
