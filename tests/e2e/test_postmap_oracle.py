"""The same table and lines by postmap(1) and by mdafilter: the same entries, with the same text, for the same lines.

Where Postfix takes a table without a word, so do we. A line of which it warns is an error here, and the file with it.

Groups are compared where the first alternative that matches is the longest one: else regexp tables may differ
(matching/patterns.py). postmap looks body lines up whole; cleanup(8) cuts them, and test_cleanup_oracle.py sees that.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mdafilter import lang, limits
from mdafilter.errors import RuleErrors
from mdafilter.message import Message, lines
from mdafilter.message.lines import KINDS
from tests.support import tables

WHY_NOT = tables.why_no_postmap()
pytestmark = pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)
BOTH = ("regexp", "pcre")


@pytest.fixture(scope="module")
def postfix(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return tables.configuration(tmp_path_factory.mktemp("postfix"))


@pytest.fixture(autouse=True)
def _whole_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "TABLE_LINE", 1 << 30)
    monkeypatch.setattr(lines.lines, "__defaults__", (1 << 30,))


def theirs(postfix: dict[str, str], kind: str, table: str, message: bytes, *options: str) -> bytes:
    """What postmap says to a table that it takes without a word."""
    found, warnings = tables.postmap(postfix, kind, table.encode(), message, *options)
    assert not warnings
    return found


# --- tables ----------------------------------------------------------------------------------------------------------

KEYS = ["a", "b", "ab", "ba", "A", "aB", "aa", "aab", "bab", "c", "a/b", "x y", "x  y", "$", "1", "#", "if", "a.b", "it's", "ä", "(a)", "a\\b", "a]", "{a}", "^a", "a|b", "*", "Ä", "abcabc", "a+b"]  # fmt: skip
TABLES = {
    "a pattern": "/a/ WARN one",
    "case": "/A/ WARN one",
    "case that counts": "/A/i WARN one",
    "a flag twice": "/A/ii WARN one",
    "negated": "!/a/ WARN one",
    "negated with blanks": "! \t/a/ WARN one",
    "negated twice": "!!/a/ WARN one",
    "negated three times": "! ! !/a/ WARN one",
    "the first that matches": "/a/ WARN one\n/b/ WARN two\n/ab/ WARN three",
    "blanks": "/a/  \t WARN one  two \t ",
    "a tab": "/a/\tWARN one",
    "strange blanks": "/a/\v\fWARN one\r\v\f",
    "continued": "/a/\n WARN\n one\n\ttwo",
    "continued in the pattern": "/a\n b/ WARN one\n/x \n y/ WARN two",
    "blanks at the end of a line": "/a/ WARN one   \n  two   ",
    "a comment in between": "/a/ WARN\n# comment\n one\n   # another\n two",
    "empty lines in between": "/a/ WARN\n\n  \n one\n\t\n two",
    "comments": "# one\n  # two\n/a/ WARN one # no comment\n#/b/ WARN two",
    "a # as delimiter is a comment": "#a# WARN one\n/b/ WARN two",
    "no line end": "/b/ WARN x\n/a/ WARN one",
    "CRLF": "/a/ WARN one\r\n\r\n# c\r\n!/b/ WARN two\r\n",
    "nothing": "",
    "only comments": "# a\n\n",
    "a bar": "|a/b| WARN one",
    "other delimiters": "\"a\" WARN 1\n'b' WARN 2\n;c; WARN 3\n*x* WARN 4\n?1? WARN 5\n_if_ WARN 6\n.#. WARN 7\n,ä, WARN 8",
    "a delimiter that matters": "^a^ WARN one\n$b$ WARN two\n+c+ WARN three",
    "an escaped delimiter": "/a\\/b/ WARN one\n|a\\|b| WARN two",
    "escapes": "/a\\\\b/ WARN one\n/\\$/ WARN two\n/\\*/ WARN three\n/\\(a\\)/ WARN four\n/a\\.b/ WARN five",
    "an empty pattern": "/ab/ WARN one\n// WARN two",
    "a pattern with blanks": "/x  y/ WARN one\n/x y/ WARN two",
    "an if": "if /a/\n/b/ WARN one\nendif\n/a/ WARN two",
    "an if that is not": "if !/a/\n/b/ WARN one\nendif\n/a/ WARN two",
    "ifs in each other": "if /a/\nif !/b/\n/c/ WARN one\n/a$/ WARN two\nendif\n/^b/ WARN three\nendif\n// WARN four",
    "IF": "IF /a/\n/b/ WARN one\nEndIf",
    "an if without blanks": "if/a/\n/b/ WARN one\nendif\nif!/a/\n/c/ WARN two\nendif",
    "an if with blanks": "if \t! /a/ \n/b/ WARN one\nendif \t",
    "an if negated twice": "if !!/a/\n/b/ WARN one\nendif",
    "an empty if": "if /a/\nendif\n/b/ WARN one",
    "an empty if in an if": "if /a/\nif /b/\nendif\n/a/ WARN one\nendif",
    "an if with flags": "if /A/i\n/b/ WARN one\nendif\n/a/ WARN two",
    "an if whose groups are not the entry's": "if /(a)/\n/(b)/ WARN $1\nendif",
    "an if over the end of an if": "if /a/\nif /b/\n/c/ WARN one\nendif\nendif\nif /c/\n/c/ WARN two\nendif",
    "many ifs": "if /a/\n" * 40 + "/b/ WARN one\n" + "endif\n" * 40,
    "groups": "/(a)(b)/ WARN $2$1",
    "groups in braces": "/(a)(b)/ WARN ${2}x$(1)y",
    "a dollar": "/(a)/ WARN $$1 $$ $1$$",
    "leading zeros": "/(a)/ WARN $01 ${001}",
    "a group that took no part": "/(a)|(b)/ WARN <$1> <$2>",
    "a group that is repeated": "/(a|b)+/ WARN $1",
    "groups in groups": "/((a)(b))/ WARN $1 $2 $3",
    "a group behind which text stands": "/(a)/ WARN $1-$1.$1 $1/$1é",
    "twelve groups": "/(a)()()()()()()()()()()(b)/ WARN ${12}$1 $12",
    "octets": "/^.$/ WARN one\n/^..$/ WARN two",
    "octets that are no ASCII": "/ä/ WARN one\n/[é]/ WARN two",
    "octets in a group": "/^(.)(.)$/ WARN <$1$2>",
    "case of what is no ASCII": "/Ä/ WARN one",
    "no letters": "/\\w/ WARN one\n/[[:alpha:]]/ WARN two\n/\\W/ WARN three",
    "classes": "/[[:digit:]]/ WARN one\n/[[:upper:]]/i WARN two\n/[[:punct:]]/ WARN three\n/[[:space:]]/ WARN four",
    "brackets": "/[]b]/ WARN one\n/[^a-z]/ WARN two\n/[a-]/ WARN three",
    "intervals": "/a{2}/ WARN one\n/^b{1,}$/ WARN two\n/^a{1,2}b/ WARN three",
    "back references": "/(abc)\\1/ WARN one\n/(a)\\1/ WARN two",
    "back references and case": "/^(a)\\1$/ WARN one",
    "anchors": "/^a/ WARN one\n/a$/ WARN two\n/\\ba/ WARN three",
}
REGEXP = {
    "basic": "/a+b/x WARN one\n/\\(a\\)/x WARN <$1>\n/*/x WARN three\n/(a)/x WARN four",
    "basic intervals": "/a\\{2\\}/x WARN one\n/b\\?c/x WARN two\n/^*/x WARN three",
    "basic, and extended again": "/a+/xx WARN one",
    "basic alternatives": "/\\(a\\|c\\)/x WARN <$1>",
    "intervals without numbers": "/^a{,1}b/ WARN one\n/^a{,}c/ WARN two",
    "a parenthesis alone": "/\\(a)/ WARN one\n/a)/ WARN two",
    "edges of words": "/\\<b/ WARN one\n/b\\>/ WARN two\n/\\Bb/ WARN three",
    "edges of the text": "/\\`b/ WARN one\n/b\\'/ WARN two",
    "a letter behind a backslash": "/\\a/ WARN one\n/\\A/ WARN two\n/\\d/i WARN three\n/\\b/i WARN four",
    "a repetition of a repetition": "/^a*+$/ WARN one",
    "a range of dashes": "/[+--]/ WARN one",
    "collating": "/[[.a.]-b]/ WARN one\n/[[=c=]]/ WARN two",
    "empty alternatives": "/^(a|)$/ WARN one\n/^(b||c)c$/ WARN two\n/^()$/ WARN three",
    "backslash in brackets": "/[\\b]/ WARN one",
}
PCRE = {
    "flags": "/A/i WARN one\n/a b/x WARN two\n/b/A WARN three\n/y$/E WARN four\n/(x+?)( +)/U WARN <$1>",
    "inline flags": "/(?-i)A/ WARN one\n/b(?-i)a|B/ WARN two\n/(?x) a # b/ WARN three\n/((?-i)a|B)c/ WARN four",
    "inline flags of a group": "/(?-i:A)b/ WARN one\n/(?^i:B)a/ WARN two\n/^((?U)a+)(a*)/ WARN <$1,$2>",
    "names": "/(?<n>a)(?'m'b)(?P<o>c)/ WARN $1$2$3\n/(?<n>a)\\k<n>/ WARN $1\n/(?<n>b)a\\g{n}/ WARN $1",
    "relative references": "/(a)\\g{-1}/ WARN one\n/(b)a\\g1/ WARN two",
    "look around": "/a(?=b)/ WARN one\n/(?<=b|it)a/ WARN two\n/(?<!a|it)b/ WARN three\n/^(?!x)../ WARN four",
    "atomic and possessive": "/(?>a+)b/ WARN one\n/b++a/ WARN two\n/a*+a/ WARN three",
    "conditional": "/^(a)?(?(1)b|c)$/ WARN one",
    "comments": "/a(?#comment)b/ WARN one",
    "escapes": "/\\x41b/ WARN one\n/\\101/ WARN two\n/\\x{78}/ WARN three\n/\\o{44}/ WARN four\n/\\x20/ WARN five\n/\\Q(a)\\E/ WARN six",
    "classes": "/\\d/ WARN one\n/\\h/ WARN two\n/[[:^alnum:]]/ WARN three\n/[\\d\\s]/ WARN four\n/\\Aa\\z/ WARN five",
    "K and G": "/\\Ga\\Kb/ WARN one\n/b\\K/ WARN two",
    "octets by other names": "/^\\C\\X$/ WARN one\n/^\\N$/ WARN two\n/\\p{Lu}\\P{L}/i WARN three",
    "a brace alone": "/{a/ WARN one\n/a{,}|a{2,x}/ WARN two",
    "a bracket first": "/[]a]/ WARN one",
    "not a set operation": "/[a&&b]/ WARN one\n/[[a]/ WARN two\n/[a||b~~]/ WARN three",
    "lazy": "/^(a+?)(a*)/ WARN <$1,$2>\n/^(b??)(.*)/ WARN <$1,$2>",
}


@pytest.mark.parametrize(
    ("kind", "table"),
    [
        pytest.param(kind, table, id=f"{kind}-{name}")
        for kind, all_of_it in (("regexp", (TABLES, REGEXP)), ("pcre", (TABLES, PCRE)))
        for some in all_of_it
        for name, table in some.items()
    ],
)
def test_tables(postfix: dict[str, str], kind: str, table: str) -> None:
    """regexp_table(5), pcre_table(5): each key in the same entry, with the same text."""
    expected = theirs(postfix, kind, table, "".join(f"{key}\n" for key in KEYS).encode())
    assert tables.said(tables.compiled(kind, table.encode()), b"\n" + "\n".join(KEYS).encode() + b"\n") == expected


WARNED = {
    "a leading blank": " /a/ WARN one",
    "no delimiter": "a WARN one",
    "a letter as delimiter": "abca WARN one",
    "no end": "/a WARN one",
    "an escaped end": "/a\\/ WARN one",
    "nothing behind": "/a/",
    "a flag that is none": "/a/z WARN one",
    "text behind the end": "/a//b/ WARN one",
    "an if without pattern": "if\n/a/ WARN one\nendif",
    "an if without endif": "if /a/\n/b/ WARN one",
    "an endif without if": "endif\n/a/ WARN one",
    "iffy": "iffy /a/\n/b/ WARN one",
    "only !": "!\n/a/ WARN one",
    "a missing group": "/(a)/ WARN $2",
    "group 0": "/(a)/ WARN $0",
    "a group where it must not match": "!/(a)/ WARN $1",
    "a group that is no number": "/(a)/ WARN $x",
    "text in the group": "/(a)/ WARN $1x",
    "text in braces": "/(a)/ WARN ${1x}",
    "blanks in braces": "/(a)/ WARN ${ 1 }",
    "no brace": "/(a)/ WARN ${1",
    "empty braces": "/(a)/ WARN ${}",
    "a dollar at the end": "/(a)/ WARN x$",
    "a dollar and a blank": "/(a)/ WARN $ 1",
    "a large number": "/(a)/ WARN $99999999999999999999",
    "a pattern that is none": "/a(/ WARN one",
    "brackets that do not end": "/a[/ WARN one",
    "no class": "/[[:foo:]]/ WARN one",
    "a range backwards": "/[b-a]/ WARN one",
}


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize("name", WARNED)
def test_what_postfix_warns_of_is_an_error(postfix: dict[str, str], kind: str, name: str) -> None:
    """It passes over the line, and the mail that the line was for; we want to know."""
    _, warnings = tables.postmap(postfix, kind, WARNED[name].encode(), b"a\n")
    assert "warning" in warnings
    with pytest.raises(RuleErrors):
        tables.compiled(kind, WARNED[name].encode())


@pytest.mark.parametrize(
    ("kind", "table", "text"),
    [
        ("regexp", "if /a/ x\n/b/ WARN one\nendif", "means nothing"),
        ("regexp", "if /a/\n/b/ WARN one\nendif x", "means nothing"),
        ("pcre", "/a/X WARN one", "means nothing"),
    ],
)
def test_what_postfix_warns_of_and_takes_is_a_warning(
    postfix: dict[str, str], kind: str, table: str, text: str
) -> None:
    found, warnings = tables.postmap(postfix, kind, table.encode(), b"ab\n")
    assert "ignoring" in warnings
    assert tables.said(tables.compiled(kind, table.encode()), b"\nab\n") == found
    assert text in lang.compile(table.encode(), tables.NAMES[kind]).warnings[0].text


# --- messages --------------------------------------------------------------------------------------------------------

FOLDED = b"Subject: one\n two\n\tthree\nX-A: a \nX-B:b\n\n"
FIELDS = {
    "a newline is a character": "/one.two/ WARN one",
    "a newline is white space": "/^Subject:.*one[[:space:]]+two[[:space:]]+three$/ WARN one",
    "$ is the end": "/one$/ WARN one\n/three$/ WARN two",
    "m": "/one$/m WARN one",
    "m and ^": "/^ two$/m WARN one",
    "m and .": "/one.*three/m WARN one\n/two.*/m WARN two",
    "m and [^]": "/(o[^x]*)/m WARN <$1>",
    "without m": "/(o[^x]*)/ WARN <$1>",
    "a blank at the end": "/a $/ WARN one",
    "no blank behind the colon": "/^X-B:b$/ WARN one",
}


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize("name", FIELDS)
def test_folded_fields(postfix: dict[str, str], kind: str, name: str) -> None:
    """header_checks(5): "message headers are examined one logical header at a time"."""
    expected = theirs(postfix, kind, FIELDS[name], FOLDED, "-h")
    assert tables.said(tables.compiled(kind, FIELDS[name].encode()), FOLDED) == expected
    crlf = FOLDED.replace(b"\n", b"\r\n")  # which cleanup(8) never sees
    assert tables.said(tables.compiled(kind, FIELDS[name].encode()), crlf) == expected


PERL_FIELDS = {
    "without s": "/one.two/s WARN one\n/(t.*)/s WARN <$1>",
    "m and s": "/(one.*)$/ms WARN <$1>",
    "m alone": "/(one.*)$/m WARN <$1>",
    "R": "/one\\R two/ WARN one",
    "$ and \\Z": "/one\\Z/ WARN one\n/three\\Z/ WARN two\n/three\\z/ WARN three",
    "E with m": "/one$/mE WARN one",
    "lazy over lines": "/^(.*?)t/ WARN <$1>",
}


@pytest.mark.parametrize("name", PERL_FIELDS)
def test_folded_fields_and_perl(postfix: dict[str, str], name: str) -> None:
    expected = theirs(postfix, "pcre", PERL_FIELDS[name], FOLDED, "-h")
    assert tables.said(tables.compiled("pcre", PERL_FIELDS[name].encode()), FOLDED) == expected


@pytest.mark.parametrize("size", [limits.TABLE_FIELD - 10, limits.TABLE_FIELD, limits.TABLE_FIELD + 10, 200_000])
@pytest.mark.parametrize("line", [70, 5000, 300_000])
def test_long_fields(postfix: dict[str, str], size: int, line: int) -> None:
    """postconf(5), header_size_limit: "If a header is larger, the excess is discarded"."""
    value = "".join(f"{'x' * min(line, size - at)}\n " for at in range(0, size, line))
    message = f"X-A: {value}end\nX-B: y\n\n".encode()
    expected = theirs(postfix, "regexp", "/x/ WARN one\n// WARN two", message, "-h")
    assert tables.said(tables.compiled("regexp", b"/x/ WARN one\n// WARN two"), message) == expected


MODES = ((("-hm", "-bm"), KINDS), (("-hm",), KINDS[:3]), (("-bm",), KINDS[3:]))


@st.composite
def soups(draw: st.DrawFn) -> bytes:
    """Lines of messages in any order."""
    chosen = draw(st.lists(st.sampled_from(tables.SOUP), min_size=1, max_size=25))
    return ("\n".join(chosen) + draw(st.sampled_from(["\n", "", "\n\n"]))).encode()


def fields_and_lines(postfix: dict[str, str], message: bytes) -> None:
    """Every line of the message is what postmap finds: a field, a body line, or neither."""
    for options, kinds in MODES:
        found = theirs(postfix, "regexp", "/^/ @@", message, *options).decode("latin-1").split("\t@@\n")[:-1]
        # "Empty lines never match" (header_checks(5)); to postmap they do
        assert [line.text for line in lines.lines(Message.parse(message), kinds)] == [f for f in found if f]


@given(soups())
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_lines_of_a_message(postfix: dict[str, str], message: bytes) -> None:
    fields_and_lines(postfix, message)


@st.composite
def picks(draw: st.DrawFn) -> tables.Pick:
    return lambda choices: draw(st.sampled_from(list(choices)))


@given(picks(), st.sampled_from(BOTH))
@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
def test_generated_tables_on_generated_messages(postfix: dict[str, str], pick: tables.Pick, kind: str) -> None:
    """-h and -b alone read no MIME; a body line that is empty is looked up by postmap and not by cleanup(8)."""
    table = tables.table(pick, kind, ("WARN #", "WARN $$#"), ("WARN # <$1>", "WARN ${1}$(1)#"))
    message = tables.message(pick)
    fields_and_lines(postfix, message)
    for options, kinds in MODES:
        found = theirs(postfix, kind, table, message, *options)
        found = b"\n".join(line for line in found.split(b"\n") if not line.startswith(b"\tWARN"))
        assert tables.said(tables.compiled(kind, table.encode()), message, kinds) == found


def test_without_mime(postfix: dict[str, str]) -> None:
    """postmap(1), -h: "generates lookup keys until the first non-header line is reached"."""
    message = b"A: b\nMIME-Version: 1.0\nContent-Type: message/rfc822\n\nSubject: x\n\nbody\n"
    plan = tables.compiled("regexp", b"// WARN x")
    assert tables.said(plan, message).startswith(theirs(postfix, "regexp", "// WARN x", message, "-h"))
    assert theirs(postfix, "regexp", "// WARN x", message, "-b").endswith(tables.said(plan, message, ("body",)))
