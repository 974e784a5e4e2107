"""mark, unmark, and flags without variables (draft-melnikov-sieve-imapflags)."""

from __future__ import annotations

import pytest

from mdafilter.acts import File, Keep
from mdafilter.plan import Set
from tests.support.script import acts, decide
from tests.support.sieve import errors, steps

REQUIRE = 'require ["imapflags", "fileinto", "variables"];\n'


@pytest.mark.parametrize(
    ("script", "flags"),
    [
        ("mark;", ("\\Flagged",)),
        ("mark; unmark;", ()),
        ('addflag "\\\\Flagged"; unmark;', ()),
        ('addflag ["\\\\Seen", "Junk"]; mark;', ("\\Seen", "Junk", "\\Flagged")),
        ('addflag "Junk"; setflag "\\\\Deleted";', ("\\Deleted",)),
        ('addflag "a b c"; removeflag "A C";', ("b",)),
        ('set "f" "Junk"; addflag "${f}";', ("Junk",)),
    ],
)
def test_the_message_is_filed_with_them(script: str, flags: tuple[str, ...]) -> None:
    assert acts(decide(REQUIRE + script)) == [Keep(flags)]
    assert acts(decide(f'{REQUIRE}{script} fileinto "x";')) == [File("x", flags)]


@pytest.mark.parametrize(
    ("script", "text"),
    [
        ('mark "x";', "`mark` takes no arguments"),
        ('addflag "f" "x";', "`addflag` takes 1 argument, 2 are given"),
        ('keep :flags "x";', ':flags needs the extension "imap4flags"'),
        ('if hasflag "x" { stop; }', '`hasflag` needs the extension "imap4flags"'),
    ],
)
def test_what_only_imap4flags_has(script: str, text: str) -> None:
    assert text in errors(REQUIRE + script)[0]


def test_no_script_has_both() -> None:
    """A command of one name cannot have the arguments of both."""
    found = errors('require ["imap4flags", "imapflags"];\nmark;')
    assert '"imapflags" does not go with "imap4flags"' in found[0]


def test_each_script_has_its_own() -> None:
    """The words of imap4flags are as they were, and the old ones need their capability."""
    assert not errors('require ["imap4flags", "variables"]; addflag "f" "x";')
    assert '`mark` needs the extension "imapflags"' in errors("mark;")[0]


def test_it_says_what_it_does() -> None:
    assert [step.assignment.describe() for step in steps(REQUIRE + "mark; unmark;") if isinstance(step, Set)] == [
        'addflag "\\\\Flagged"',
        'removeflag "\\\\Flagged"',
    ]
