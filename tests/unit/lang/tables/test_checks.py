"""Postfix' header_checks -> plan."""

from __future__ import annotations

import pytest

from mdafilter import limits
from mdafilter.acts import Discard, Keep, Redirect, Reject
from mdafilter.errors import RuleErrors
from mdafilter.lang.tables import checks
from mdafilter.plan import Do, Entry, Plan, Scan, Set, Stop
from mdafilter.texts import Where
from mdafilter.words.reject import Refusal
from mdafilter.words.scan import Lines, Row, Table
from mdafilter.words.way import Choose, Chosen
from tests.support.procmail import SPAM, decide
from tests.support.sieve import line

KNOWN = "REJECT, DISCARD, HOLD, FILTER, REDIRECT, BCC, PREPEND, REPLACE, IGNORE, STRIP, WARN, INFO, DUNNO, OK, PASS"
REJECTED = Reject("message content rejected")


def acts(table: str, name: str = "t.regexp", message: bytes = SPAM) -> list[object]:
    return [decided.act for decided in decide(table, name, message).decided]


def test_a_table_is_one_scan() -> None:
    where = Where("t.regexp", 1)
    refused = Chosen("REJECT", Refusal("message content rejected"))
    then = (Set(Choose("REJECT"), where), Do(refused, where), Stop("all", "", where))
    rows = (Row("^Subject:.*viagra", "regexp", at=where),)
    lines = Lines((Table(("header", "mime", "nested"), rows),))
    assert checks.compile(b"/^Subject:.*viagra/ REJECT\n", "t.regexp").plan == Plan(
        (Scan(lines, (Entry(then, where, 'line has "^Subject:.*viagra"'),), where),), "t.regexp"
    )


@pytest.mark.parametrize(
    ("table", "act"),
    [
        ("/^Subject:.*viagra/ REJECT", REJECTED),
        ("/^subject:.*VIAGRA/ reject no pills", Reject("no pills")),
        ("/^subject:.*VIAGRA/i REJECT", Keep()),
        ("/^Subject:.*viagra/\n   DISCARD", Discard()),
        ("/^Subject/ REDIRECT ann@example.org", Redirect("ann@example.org")),
        ("/^Subject:.*viagra/ DUNNO\n/viagra/ REJECT", Keep()),
        ("/^From/ DUNNO\n/viagra/ REJECT", REJECTED),
        ("/viagra/ WARN a pill\n/^Subject/ REJECT", Keep()),
        ("!/^(From|To|Subject):/ REJECT", Keep()),
        ("!/^(From|To):/ REJECT", REJECTED),
        ("/^From:/ DISCARD\n/^Subject:/ REJECT", Discard()),
        ("/^Subject:/ REJECT\n/^From:/ DISCARD", Discard()),  # the lines of the message come first
        ("/Buy now/ REJECT", Keep()),
        ("/^Subject:.*(viagra) (f.r)/ REJECT no ${1}, $(2) $$1", Reject("no viagra, for $1")),
        ("/^To: (.*)@/ REDIRECT $1@example.org", Redirect("ann@example.org")),
    ],
)
def test_the_first_line_that_matches_a_field_decides_about_it(table: str, act: object) -> None:
    """header_checks(5): "When a match is found the corresponding action is executed" and the next field is tried."""
    assert [decided.act for decided in decide(table, "t.regexp").decided] == [act]


def test_a_redirect_to_what_is_no_address_keeps() -> None:
    decision = decide("/^Subject: (.*)/ REDIRECT $1@example.org", "t.regexp")
    assert [decided.act for decided in decision.decided] == [Keep()]
    assert "is not an address" in decision.notes[0]


def test_a_warning_is_noted() -> None:
    assert decide("/(v...)ra/ WARN a $1", "t.regexp").notes == ("t.regexp:1: a viag",)
    assert decide("/viagra/ WARN a pill", "t.regexp").notes == ("t.regexp:1: a pill",)


@pytest.mark.parametrize(
    ("name", "held"), [("t.pcre", True), ("t.regexp", False), ("header_checks", False), ("x/header_checks.pcre", True)]
)
def test_the_name_tells_the_patterns(name: str, held: bool) -> None:
    decision = decide(
        "/^Subject: \\*+SPAM\\D+via(?:g)ra/ DISCARD" if held else "/^Subject:.*\\*+S{1}PAM/ DISCARD", name
    )
    assert [decided.act for decided in decision.decided] == [Discard()]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("/a/ EXPLODE", f'1:5 there is no action "EXPLODE" | known are {KNOWN}'),
        ("/a/", f"1:4 there is no action after the pattern | known are {KNOWN}"),
        ("/a/A DUNNO", '1:1 there is no flag "A" here | known are imx'),
        ("/a(/ REJECT", "1:3 regular expression: a ( without a ) | a backslash takes the meaning of a sign away"),
        (
            "/a/ REDIRECT a b@c.example",
            '1:5 "a b@c.example" is not an address | write an address like "ann@example.org"',
        ),
        ("/a/ REDIRECT nobody", '1:5 "nobody" is not an address | write an address like "ann@example.org"'),
        ("/a/ BCC", "1:8 BCC needs a text | written: BCC TEXT"),
        ("if /a/\n/b/ OK", "1:1 this if has no endif | write endif on a line of its own"),
        ("endif", "1:1 there is no if before this endif | remove it"),
        (
            "/(a)/ INFO $2",
            "1:7 $2 in the text, but the pattern has 1 groups | groups are what stands in parentheses, from $1 on",
        ),
        (
            "!/(a)/ INFO $1",
            "1:8 $1 in the text, but the pattern has no groups | groups are what stands in parentheses, from $1 on",
        ),
        (
            "# c\n\n/a/ REJECT\n/b/ PREPEND no colon",
            '4:5 "no colon" is no header field: it begins with a name and a colon | written: NAME: TEXT',
        ),
        ("/a/ REJECT 2.7.1 fine", "1:5 a refusal has a code like 5.7.1 or 4.7.1 | written: REJECT 5.7.1 TEXT"),
        ("/aä(/ REJECT", "1:4 regular expression: a ( without a ) | a backslash takes the meaning of a sign away"),
        (" /a/ REJECT", "1:1 the line begins with a blank, and goes on with no line before it | remove the blank"),
    ],
)
def test_a_mistake_is_an_error_with_its_place(text: str, problem: str) -> None:
    with pytest.raises(RuleErrors) as raised:
        checks.compile(text.encode(), "t.regexp")
    first = raised.value.problems[0]
    assert line(first) == problem


def test_a_refusal_for_now() -> None:
    """Postfix answers 451: the other side tries again. Behind the queue that is Postfix itself."""
    compiled = checks.compile(b"/^Subject:/ REJECT 4.7.1 later", "t.regexp")
    assert list(map(line, compiled.warnings)) == [
        "1:13 Postfix tries this message again and again, and returns it in the end | HOLD keeps the message in quarantine"
    ]
    assert acts("/^Subject:/ REJECT 4.7.1 later") == [Reject("later", "4.7.1")]


def test_octets_are_compared() -> None:
    """Patterns and lines are octets to Postfix, whatever character they are part of."""
    subject = "Subject: é\n\n".encode()
    assert acts("/^Subject: ..$/ DISCARD", message=subject) == [Discard()]
    assert acts("/^Subject: é$/ DISCARD", message=subject) == [Discard()]
    (act,) = acts("/^Subject: (.)(.)$/ REJECT <$1$2>", message=subject)
    assert isinstance(act, Reject)
    assert act.text.encode("utf-8", "surrogateescape") == "<é>".encode()


def test_ifs_nest() -> None:
    """header_checks(5): "The if..endif can nest"."""
    table = "if /^Subject/\nif !/ham/\n/viagra/ DISCARD\nendif\nif /x/\nendif\nendif\n/^From/ REJECT\n"
    assert acts(table) == [REJECTED]
    assert acts(table.replace("/^From/ REJECT", "/^To/ OK")) == [Discard()]
    assert acts(table.replace("!/ham/", "/ham/").replace("/^From/ REJECT", "")) == [Keep()]


def test_an_if_about_the_message() -> None:
    table = 'if mdafilter ?? header :contains "to" "{0}"\n/^Subject/ DISCARD\nif /^From/\n/./ OK\nendif\nendif\n'
    assert acts(table.replace("{0}", "ann")) == [Discard()]
    assert acts(table.replace("{0}", "bob")) == [Keep()]
    assert acts(table.replace("{0}", "bob") + "/^From/ DISCARD\n") == [Discard()]


def test_mistakes_of_an_if_about_the_message_have_their_place() -> None:
    with pytest.raises(RuleErrors) as raised:
        checks.compile(b'if mdafilter ?? heder "a" "b"\n/a/ OK\nendif\n', "header_checks")
    assert [(problem.line, problem.column) for problem in raised.value.problems] == [(1, 17)]


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("header_checks", ("header", "mime", "nested")),
        ("x.pcre", ("header", "mime", "nested")),
        ("my_mime_header_checks.pcre", ("mime",)),
        ("nested_header_checks", ("nested",)),
        ("MIME_Header_Checks", ("mime",)),
        ("/etc/postfix/body_checks.regexp", ("body",)),
    ],
)
def test_the_name_tells_the_lines(name: str, kinds: tuple[str, ...]) -> None:
    scan = checks.compile(b"/a/ REJECT", name).plan.steps[0]
    assert isinstance(scan, Scan)
    assert isinstance(scan.source, Lines)
    assert [table.kinds for table in scan.source.tables] == [kinds]


@pytest.mark.parametrize(
    ("table", "name", "subject"),
    [
        ("/b c d/x DISCARD", "t.pcre", "abcd"),
        ("/Subject: a/A DISCARD", "t.pcre", "abcd"),
        ("/SUBJECT/i OK\n/subject/ DISCARD", "t.regexp", "abcd"),
        ("/a\\{2\\}/x DISCARD", "t.regexp", "aa"),
        ("/(b+)(b*)c/U DISCARD", "t.pcre", "abbc"),
        ("|a/b| DISCARD", "t.regexp", "a/b"),
        ("/a\\/b/ DISCARD", "t.regexp", "a/b"),
    ],
)
def test_flags_and_delimiters(table: str, name: str, subject: str) -> None:
    assert acts(table, name, f"Subject: {subject}\n\n".encode()) == [Discard()]


def test_a_long_table_is_refused() -> None:
    with pytest.raises(RuleErrors) as raised:
        checks.compile(b"#" * (limits.SCRIPT_OCTETS + 1), "t.regexp")
    assert list(map(line, raised.value.problems)) == [
        f"1:1 the file is longer than {limits.SCRIPT_OCTETS} octets | divide it: the setting `rules` takes several"
    ]


def test_a_flag_that_means_nothing() -> None:
    """pcre_table(5): "the X flag is no longer supported", since PCRE2 has it always."""
    compiled = checks.compile(b"/a/X DUNNO", "t.pcre")
    assert list(map(line, compiled.warnings)) == ["1:1 the flag X means nothing since PCRE2, as in Postfix | remove it"]


def test_what_the_c_library_reads_otherwise() -> None:
    compiled = checks.compile(b"/a\\d/ DUNNO", "t.regexp")
    assert list(map(line, compiled.warnings)) == [
        "1:3 \\d finds nothing: it is no class of characters | write a class like [[:digit:]], or the character itself"
    ]
