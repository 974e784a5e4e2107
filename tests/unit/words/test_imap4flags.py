"""imap4flags (RFC 5232)."""

from __future__ import annotations

import pytest

from mdafilter.acts import File, Keep
from mdafilter.errors import RuleErrors
from mdafilter.texts import Template, Var
from mdafilter.words.imap4flags import Flagging, HasFlag
from mdafilter.words.match import Match
from tests.support.scene import scene
from tests.support.script import acts, compiled, decide, folders
from tests.support.sieve import said

REQUIRE = 'require ["imap4flags", "variables", "relational", "comparator-i;ascii-numeric", "fileinto"];\n'


def kept(script: str) -> tuple[str, ...]:
    """The flags of the implicit keep."""
    (act,) = acts(decide(REQUIRE + script))
    assert isinstance(act, Keep)
    return act.flags


def holds(script: str, test: str) -> bool:
    return folders(decide(f'{REQUIRE}{script}\nif {test} {{ fileinto "yes"; }}')) == ["yes"]


@pytest.mark.parametrize(
    ("script", "flags"),
    [
        ('setflag "\\\\Seen"; setflag "\\\\Deleted";', ("\\Deleted",)),
        ('addflag "\\\\Deleted"; addflag "\\\\Answered";', ("\\Deleted", "\\Answered")),
        ('addflag ["\\\\Deleted", "\\\\Answered"];', ("\\Deleted", "\\Answered")),
        ('addflag "  \\\\Deleted   \\\\Answered ";', ("\\Deleted", "\\Answered")),
        ('addflag "A B"; removeflag "a";', ("B",)),
        ('addflag "A B C"; removeflag ["c A", "X", ""];', ("B",)),
        ('addflag "A"; setflag "";', ()),
        ('removeflag "A";', ()),
    ],
)
def test_the_internal_variable(script: str, flags: tuple[str, ...]) -> None:
    """Section 3.2 gives the additions as examples that must come to the same."""
    assert kept(script) == flags


def test_case_and_doubles() -> None:
    """Section 3: a flag list is "a set of case-insensitive words"; the script sees what it has written."""
    assert kept('addflag ["\\\\SEEN", "\\\\seen junk", "Junk"];') == ("\\SEEN", "junk")
    assert kept('addflag ["\\\\SEEN", "junk"]; keep;') == ("\\Seen", "junk")


@pytest.mark.parametrize("flag", ["\\\\Recent", "\\\\Nonsense", "a(b", "ü", "a{b", "\\\\*", "a\\\\b"])
def test_what_is_no_flag_is_ignored(flag: str) -> None:
    """Section 2: "If a flag validity check fails, the flag MUST be ignored. ... it is not possible to use this
    extension to set or clear the \\Recent flag"."""
    assert kept(f'setflag ["{flag}", "good"];') == ("good",)


def test_a_variable_of_the_script() -> None:
    """Section 3.1, second example."""
    script = REQUIRE + 'setflag "Work" "\\\\flagged"; addflag "work" "Big"; fileinto :flags "${WORK}" "Boss";'
    assert acts(decide(script)) == [File("Boss", ("\\Flagged", "Big"))]
    assert kept('setflag "work" "Big";') == ()


def test_set_of_variables_is_read_as_flags() -> None:
    """Section 9: `set "MyFlags" "\\Flagged $Work"` gives the message both flags."""
    assert acts(decide(REQUIRE + 'set "f" "\\\\flagged  $Work"; keep :flags "${f}";')) == [Keep(("\\Flagged", "$Work"))]


def test_flags_are_those_of_the_moment_and_the_last_word_is_the_tag() -> None:
    """Section 5: without :flags, keep and fileinto "will use the current value of the internal variable"."""
    script = REQUIRE + 'addflag "a"; fileinto "A"; addflag "b"; fileinto "B"; fileinto :flags ["c", "d"] "C"; keep;'
    assert acts(decide(script)) == [File("A", ("a",)), File("B", ("a", "b")), File("C", ("c", "d")), Keep(("a", "b"))]


JUNK = 'set "MyVar" "NonJunk Junk gnus-forward $Forwarded NotJunk JunkRecorded $Junk $NotJunk";'


@pytest.mark.parametrize(
    ("script", "test", "held"),
    [
        ('setflag "A B";', 'hasflag :is "b A"', True),
        ('setflag "A B";', 'hasflag ["b", "A"]', True),
        ('setflag "A B";', 'hasflag "c"', False),
        ("", 'hasflag "c"', False),
        ("", 'hasflag ""', False),
        (JUNK, 'hasflag :contains "MyVar" "Junk"', True),
        (JUNK, 'hasflag :contains "MyVar" "forward"', True),
        (JUNK, 'hasflag :contains "MyVar" ["label", "forward"]', True),
        (JUNK, 'hasflag :contains "MyVar" ["junk", "forward"]', True),
        (JUNK, 'hasflag :contains "MyVar" "junk forward"', True),
        (JUNK, 'hasflag :contains "MyVar" "label"', False),
        (JUNK, 'hasflag :contains "MyVar" ["label1", "label2"]', False),
        (JUNK, 'hasflag :matches "MyVar" "gnus-*"', True),
        ('set "MyFlags" "A B";', 'hasflag :count "ge" :comparator "i;ascii-numeric" "MyFlags" "2"', True),
        ('set "MyFlags" "A a B";', 'hasflag :count "eq" :comparator "i;ascii-numeric" "MyFlags" "2"', True),
        ('setflag "x" "A B"; setflag "y" "C";', 'hasflag :count "eq" ["x", "y"] "3"', True),
        ('setflag "x" "A B"; setflag "y" "C";', 'hasflag ["x", "y"] "c"', True),
    ],
)
def test_hasflag(script: str, test: str, held: bool) -> None:
    """The examples of section 4, and their like."""
    assert holds(script, test) is held


def test_hasflag_expands_its_keys_before_it_splits_them() -> None:
    assert holds('setflag "A"; set "k" "x a";', 'hasflag "${k}"')


def test_a_variable_needs_the_extension() -> None:
    """Section 3: without variables, "the presence of the variable name parameter will cause a runtime error"; we say so
    when the script is compiled."""
    for command in ('setflag "x" "a";', 'if hasflag "x" "a" { stop; }'):
        with pytest.raises(RuleErrors, match="variables"):
            compiled(f'require "imap4flags"; {command}')


@pytest.mark.parametrize("name", ["1", "a b", "a.b", "ü", "", "a" * 65])
def test_names_of_variables_are_checked(name: str) -> None:
    with pytest.raises(RuleErrors, match=r"variable|namespace"):
        compiled(f'{REQUIRE} addflag "{name}" "A";')


def test_a_name_made_of_variables_fails_when_it_runs() -> None:
    decision = decide(REQUIRE + 'set "n" "a b"; addflag "${n}" "A"; discard;')
    assert acts(decision) == [Keep()]
    assert '"a b" is not the name of a variable' in decision.notes[0]


def test_the_namespace_global_needs_include() -> None:
    with pytest.raises(RuleErrors, match='the namespace "global" needs the extension "include"'):
        compiled(f'{REQUIRE} addflag "global.f" "A";')


def test_a_global_variable_holds_flags() -> None:
    here = scene()
    Flagging("addflag", ("A",), "global.f").assign(here)
    assert here.shared == {"f": "A"}
    assert HasFlag(Match("is", "i;ascii-casemap", "", ("a",)), ("global.f",)).ask(here).held


def test_they_describe_themselves_as_sieve() -> None:
    assert Flagging("addflag", ("\\Seen", "a"), "v").describe() == 'addflag "v" ["\\\\Seen", "a"]'
    assert Flagging("setflag", (Template((Var("x"),)),)).describe() == 'setflag "${x}"'
    match = Match("contains", "i;ascii-casemap", "", ("a",))
    assert HasFlag(match).describe() == 'hasflag :contains "a"'
    assert HasFlag(match, ("x", "y")).describe() == 'hasflag :contains ["x", "y"] "a"'


@pytest.mark.parametrize(
    ("script", "flags"),
    [
        ('fileinto :flags "A" "x"; fileinto :flags "B" "x";', [("B",)]),
        ('fileinto :flags "A" "INBOX.x"; fileinto :flags "B" "x"; fileinto ".x.y"; fileinto "x/y";', [("B",), ()]),
        ('fileinto :flags "A" "x"; fileinto "x";', [()]),
        ('keep :flags "A"; fileinto :flags "B" "INBOX";', [("B",)]),
        ('addflag "A"; keep; addflag "B"; keep;', [("A", "B")]),
        ('fileinto :flags "A" "x"; fileinto :flags "B" "y";', [("A",), ("B",)]),
    ],
)
def test_the_last_flags_win(script: str, flags: list[tuple[str, ...]]) -> None:
    """Section 3: "when keep/fileinto is used multiple times in a script and duplicate message elimination is
    performed ..., the last flag list value MUST win"."""
    assert [act.flags for act in acts(decide(REQUIRE + script)) if isinstance(act, Keep | File)] == flags


def test_the_extended_example() -> None:
    """Section 9, without what it is shortened by: flags of a variable that grows."""
    script = (
        REQUIRE
        + """
        if size :over 10 { addflag "MyFlags" "Big"; fileinto :flags "${MyFlags}" "Big messages"; }
        addflag "MyFlags" ["\\\\Answered", "$MDNSent"];
        fileinto :flags "${MyFlags}" "GrandMa";
        set "MyFlags" "\\\\Flagged $Work";
        keep :flags "${MyFlags}";
        removeflag "MyFlags" "\\\\FLAGGED";
        fileinto :flags "${MyFlags}" "spam";"""
    )
    found = [(act.flags) for act in acts(decide(script)) if isinstance(act, Keep | File)]
    assert found == [("Big",), ("Big", "\\Answered", "$MDNSent"), ("\\Flagged", "$Work"), ("$Work",)]


@pytest.mark.parametrize(
    ("script", "test", "held"),
    [
        ('set "MyVar" "NonJunk Junk gnus-forward $Forwarded NotJunk JunkRecorded $Junk $NotJunk";', test, held)
        for test, held in [
            ('hasflag :contains "MyVar" "Junk"', True),
            ('hasflag :contains "MyVar" "forward"', True),
            ('hasflag :contains "MyVar" ["label", "forward"]', True),
            ('hasflag :contains "MyVar" "forward junk"', True),
            ('hasflag :contains "MyVar" "label"', False),
            ('hasflag :contains "MyVar" ["label1", "label2"]', False),
            ('hasflag :matches "MyVar" "n??junk"', True),
            ('hasflag :matches "MyVar" "n?junk"', False),
            ('hasflag :is :comparator "i;octet" "MyVar" "junk"', False),
            ('hasflag :count "eq" :comparator "i;ascii-numeric" "MyVar" "8"', True),
            ('hasflag :count "eq" :comparator "i;ascii-numeric" ["MyVar", "MyVar"] "16"', True),
            ('hasflag :count "eq" :comparator "i;ascii-numeric" "none" "0"', True),
            ('hasflag "MyVar" ""', False),
            ('hasflag "MyVar" " "', False),
            ('hasflag :contains "none" "a"', False),
        ]
    ],
)
def test_the_examples_of_hasflag(script: str, test: str, held: bool) -> None:
    """Section 4."""
    assert holds(script, test) is held


def test_flags_are_distinct_in_a_count() -> None:
    """Section 4: "The :count of a variable returns the number of distinct flags in it"."""
    assert holds('set "v" "A a B";', 'hasflag :count "eq" :comparator "i;ascii-numeric" "v" "2"')


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (
            'require ["imap4flags"];\naddflag "a" "b";',
            'error 2:9 the name of a variable needs the extension "variables" | require "variables"; or leave it out, which means the internal variable',
        ),
        (
            'require ["imap4flags", "variables"];\naddflag "1a" "b";',
            'error 2:9 "1a" is not the name of a variable | a name has letters, digits and _, and no digit at its beginning (RFC 5229 section 3)',
        ),
        (
            'require ["imap4flags", "variables"];\naddflag "global.a" "b";',
            'error 2:9 the namespace "global" needs the extension "include" | require "include";',
        ),
    ],
)
def test_what_is_said_with_its_place_and_what_to_do(script: str, expected: str) -> None:
    assert said(script) == [expected]
