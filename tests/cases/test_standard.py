"""What RFC 5228, 5229 and 5231 say of strings, numbers, matches and variables, sentence by sentence.

Each case has its opposite beside it. Scripts that must not compile are here, too; what their errors say is pinned where
the errors are made.
"""

from __future__ import annotations

import pytest

from tests.support.script import decide, folders
from tests.support.sieve import errors

HEAD = (
    'require ["fileinto", "envelope", "variables", "relational", "comparator-i;ascii-numeric", "encoded-character"];\n'
)
MAIL = """From: "Ann Ä" <Ann.B+detail@Example.ORG>
To: g: a@x.test, "b b"@y.test;, undisclosed:;
Cc: (comment) c@z.test (more), D <d@Z.test>
Cc: e@z.test
Subject: =?iso-8859-1?q?caf=E9?= =?utf-8?b?w6k=?= tail\x20
X-Star: a*b?c\\d
X-Empty:
X-Blank:\x20\x20\x20
X-Num: 007 bottles
X-Neg: -5
X-Long: one
 two
\tthree
X-Nul: =?utf-8?q?a=00b?=
X-U: été
X-Spaced : spaced

body
""".encode()
NUMERIC = ':comparator "i;ascii-numeric"'


def holds(test: str) -> bool:
    return folders(decide(f'{HEAD}if {test} {{ fileinto "yes"; }}', MAIL)) == ["yes"]


def filed(commands: str) -> str:
    """The folder that a script of commands files into, which it spells between < and >."""
    return folders(decide(HEAD + commands, MAIL))[0][1:-1]


@pytest.mark.parametrize(
    ("yes", "no"),
    [
        # 2.4.2.2: "Header lines are unfolded"; "Extra spaces between the header name and the ":" ... are ignored"; "no
        # header will match the string "From:" due to the trailing colon"
        ('header "x-long" "one two three"', 'header "x-long" "one two\tthree"'),
        ('header "X-SPACED" "spaced"', 'header "x-spaced:" "spaced"'),
        ('exists "x-spaced"', 'exists "x-spaced "'),
        ('exists ["x-spaced", "x-num"]', 'exists ["x-spaced", "x-none"]'),
        # 2.7.1: "The empty key ("") is contained in all values"; "only ":is" matches with the empty value"
        ('header :contains "subject" ""', 'header :contains "x-none" ""'),
        ('header "x-empty" ""', 'header "subject" ""'),
        ('header "x-blank" ""', 'header "x-blank" " "'),
        ('header :matches "x-empty" "*"', 'header :matches "x-empty" "?"'),
        ('header :matches "x-empty" ""', 'header :matches "x-none" "*"'),
        # "the entire value must be matched"; "may be escaped as "\\\\?" and "\\\\*""
        ('header :matches "subject" "CAF*TAIL"', 'header :matches "subject" "AF*TAI"'),
        (r'header :matches "x-star" "a\\*b\\?c\\\\d"', r'header :matches "x-star" "a\\?b\\?c\\\\d"'),
        (r'header :matches "x-star" "a\*b\?c?d"', r'header :matches "x-star" "a\\*b\\*c\\\\d"'),
        (r'header "x-star" "a*b?c\\d"', r'header "x-star" "a\\*b\\?c\\\\d"'),
        # "so "?" will always match exactly one octet when one of those comparators is in use"
        ('header :matches "x-u" "??t??"', 'header :matches "x-u" "?t?"'),
        # 2.7.2: text of all charsets as UTF-8; "An encoded NUL octet ... SHOULD NOT cause early termination"
        ('header "subject" "caféé tail"', 'header "subject" "caf=E9é tail"'),
        ('header :matches "x-nul" "a?b"', 'header :contains "x-nul" "ab"'),
        ('header "x-nul" "a${hex:00}b"', 'header "x-nul" "a"'),
        # 2.7.3: "the default is "i;ascii-casemap""; it knows "the US-ASCII subset of UTF-8"
        ('header "x-num" "007 BOTTLES"', 'header :comparator "i;octet" "x-num" "007 BOTTLES"'),
        ('string "a" "A"', 'string :comparator "i;octet" "a" "A"'),
        ('header "x-u" "éTé"', 'header "x-u" "ÉTÉ"'),
        # 2.7.4: "which act on the local-part (left side), the domain-part (right side), and the whole address"
        ('address :localpart "from" "ann.b+detail"', 'address :localpart "from" "ann.b+detail@example.org"'),
        ('address :domain "from" "example.org"', 'address :domain "from" "example"'),
        ('address "from" "ann.b+detail@example.org"', 'address :contains "from" "Ann Ä"'),
        ('address :localpart "to" "b b"', 'address :contains "to" "undisclosed"'),
    ],
)
def test_matches(yes: str, no: str) -> None:
    """RFC 5228 sections 2.4.2.2 and 2.7."""
    assert holds(yes)
    assert not holds(no)


@pytest.mark.parametrize(
    ("yes", "no"),
    [
        # 4.1: "A value from the message is considered the left side of the relation"; "true if any pair is true"
        (f'header :value "gt" {NUMERIC} "x-num" "6"', f'header :value "gt" {NUMERIC} "x-num" "7"'),
        (f'header :value "ge" {NUMERIC} "x-num" "7"', f'header :value "ge" {NUMERIC} "x-num" "8"'),
        (f'header :value "lt" {NUMERIC} "x-num" "10"', f'header :value "lt" {NUMERIC} "x-num" "07"'),
        (f'header :value "le" {NUMERIC} "x-num" "7"', f'header :value "le" {NUMERIC} "x-num" "6"'),
        (f'header :value "eq" {NUMERIC} "x-num" "7"', f'header :value "eq" {NUMERIC} "x-num" "70"'),
        (f'header :value "ne" {NUMERIC} "x-num" "8"', f'header :value "ne" {NUMERIC} "x-num" "7"'),
        (f'header :value "ne" {NUMERIC} "x-num" ["7", "8"]', f'header :value "ne" {NUMERIC} "x-num" ["7", "07"]'),
        ('address :value "gt" "from" "ANN"', 'address :value "gt" "from" "ANNE"'),
        ('string :value "lt" "ABC" "abd"', 'string :value "lt" :comparator "i;octet" "a" "B"'),
        # RFC 4790, 9.1: "positive infinity" where there is no digit; there are no negative numbers
        (f'header :value "gt" {NUMERIC} "x-neg" "4294967295"', f'header :value "lt" {NUMERIC} "x-neg" "4294967295"'),
        (f'header :value "eq" {NUMERIC} "x-neg" "abc"', f'header :value "eq" {NUMERIC} "x-neg" "5"'),
        (f'header :is {NUMERIC} "x-num" "7"', f'header :is {NUMERIC} "x-num" "70"'),
        (f'not header :value "eq" {NUMERIC} "x-none" ""', f'header :value "ne" {NUMERIC} "x-none" "1"'),
        # 4.2: mailboxes, those of groups too; fields; the null sender; "the counts ... are added together"
        (f'address :count "eq" {NUMERIC} "to" "2"', f'address :count "eq" {NUMERIC} "to" "3"'),
        (f'address :count "eq" {NUMERIC} ["to", "cc"] "5"', f'address :count "ge" {NUMERIC} ["to", "cc"] "6"'),
        (f'header :count "eq" {NUMERIC} "cc" "2"', f'header :count "eq" {NUMERIC} "cc" "3"'),
        (f'header :count "eq" {NUMERIC} ["cc", "to"] "3"', f'header :count "eq" {NUMERIC} ["cc", "to"] "2"'),
        (f'header :count "eq" {NUMERIC} "x-empty" "1"', f'header :count "eq" {NUMERIC} "x-none" "1"'),
        (f'header :count "lt" {NUMERIC} "cc" ["1", "5"]', f'header :count "lt" {NUMERIC} "cc" ["1", "2"]'),
        (f'envelope :count "eq" {NUMERIC} ["from", "to"] "2"', f'envelope :count "eq" {NUMERIC} "from" "0"'),
        # RFC 5229, 5: "The count of a string list is the sum of the counts of the member strings"
        (f'string :count "eq" {NUMERIC} ["a", "", "b"] "2"', f'string :count "eq" {NUMERIC} "" "1"'),
    ],
)  # fmt: skip
def test_relations(yes: str, no: str) -> None:
    """RFC 5231."""
    assert holds(yes)
    assert not holds(no)


@pytest.mark.parametrize(
    ("commands", "folder"),
    [
        # 3: "Variable names are case insensitive"; "Unknown variables are replaced by the empty string"
        ('set "A" "x"; fileinto "<${a}${b}>";', "x"),
        ('set "a" "b"; set "b" "c"; fileinto "<${${a}}>";', "${b}"),
        ('set "a" "1"; fileinto "<${a}$a${a>";', "1$a${a"),
        ('set "_a1" "x"; fileinto "<${_A1}${1a}${a-1}>";', "x${1a}${a-1}"),
        # 3.1
        (r'set "foo" "x"; fileinto "<${fo\o}>";', "x"),
        (r'set "foo" "x"; fileinto "<${fo\\o}>";', r"${fo\o}"),
        (r'set "foo" "x"; fileinto "<\${foo}>";', "x"),
        (r'set "foo" "x"; fileinto "<\\${foo}>";', r"\x"),
        ('set "dollar" "$"; fileinto "<regarding ${dollar}{beep}>";', "regarding ${beep}"),
        ('set "name" "Ethelbert"; fileinto "<dear${hex:20 24 7b 4e}ame}>";', "dear Ethelbert"),
        # 3.2: one string for each wildcard, as little as possible; index 0 is "the matched part"; leading zeroes; the list
        # of "the most recently evaluated successful match"; short-circuit
        ('if header :matches "subject" "* *" { fileinto "<${0}|${1}|${2}|${3}>"; }', "caféé tail|caféé|tail|"),
        ('if header :matches "x-num" "00?*" { fileinto "<${1}|${002}|${01}>"; }', "7| bottles|7"),
        ('if header :matches "x-num" "007 bottles" { fileinto "<${0}|${1}>"; }', "007 bottles|"),
        ('if header :matches "x-num" "0*" { if header :matches "x-num" "1*" {} fileinto "<${1}>"; }', "07 bottles"),
        ('if header :matches "x-num" "0*" { if header "x-num" "007 bottles" { fileinto "<${1}>"; } }', "07 bottles"),
        ('if not header :matches "x-num" "0*" {} else { fileinto "<${1}>"; }', "07 bottles"),
        ('if anyof (true, header :matches "x-num" "0*") { fileinto "<${1}>"; }', ""),
        ('if address :matches "to" ["a@**.test", "b"] { fileinto "<${0}|${1}|${2}>"; }', "a@x.test||x"),
        ('if header :matches "cc" "e*" { fileinto "<${1}>"; }', "@z.test"),
        ('if string :matches "a b c d e f g h i j" "* * * * * * * * * *" { fileinto "<${9}${10}${11}>"; }', "ij"),
        ('if string :matches "xéy" "x*y" { fileinto "<${1}>"; }', "é"),
        # 4: "the variable values that are current when control reaches the statement"
        ('set "a" "x"; set "a" "${a}${a}"; fileinto "<${a}>";', "xx"),
        # 2.4.2 of RFC 5228: the line end before the dot is part of the value, and line ends are CRLF
        ('set "a" text:\none\n.\n; set :length "b" "${a}"; fileinto "<${b}>";', "5"),
        ('set "a" "one\ntwo"; set :length "b" "${a}"; fileinto "<${b}>";', "8"),
        ('set "a" text: # why\n..\n.x\n.\n; set :length "b" "${a}"; fileinto "<${b}>";', "7"),
    ],
)
def test_variables(commands: str, folder: str) -> None:
    """RFC 5229."""
    assert filed(commands) == folder


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$${hex:40}", "$@"),
        ("${HEX: 40 }", "@"),
        ("${hex:4 1}", "\x04\x01"),
        ("${unicode:e9}", "é"),
        ("${hex:c3 a9}", "é"),
    ]
    + [(same, same) for same in ("${hex:40", "${hex:400}", "${hex:41,42}", "${ unicode:40}", "${Unicode:Cool}")],
)
def test_encoded_characters(text: str, value: str) -> None:
    """RFC 5228 section 2.4.2.4."""
    assert holds(f'string :comparator "i;octet" "{text}" "{value}"')
    assert not holds(f'string :comparator "i;octet" "{text}" "{value}x"')


GOOD = (
    # 2.4.1
    *("if size :over 2147483647 {}", "if size :over 18446744073709551615 {}", "if size :over 00012K {}"),
    *("if size :over 1k {}", "if size :under 1M {}", "if size :over 1g {}"),
    # 2.6
    *('if header :comparator "i;octet" :is "a" "b" {}', 'if header :IS "a" "b" {}', 'IF NOT Header "a" "b" { KEEP; }'),
    'if address :is :all :comparator "i;octet" "from" "b" {}',
    # 2.4.2.2: "MUST NOT cause an error for syntactically invalid header names in tests"
    *('if header "" "b" {}', 'if header "a:" "b" {}', 'if exists "a b" {}'),
    # 2.7.3, 3.2
    *('require "comparator-i;octet"; keep;', 'require "comparator-i;ascii-casemap"; keep;'),
    *('require "fileinto"; require ["envelope"]; keep;', "", "# only a comment", "/* only */"),
    # 5
    *("if allof (true) {}", "if anyof (true, not false) {}", "if true {} elsif false {} else {}", "if not not true {}"),
    # RFC 5229, 5231
    'require "variables"; set :lower :upperfirst :quotewildcard :length "a" "b";',
    *(
        'require "variables"; set "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" "b";',
        'require "variables"; set "a" "${31}${0031}";',
    ),
    'require "relational"; if header :value "GT" "a" "b" {}',
    'require ["relational", "comparator-i;ascii-numeric"]; if header :count "gt" :comparator "i;ascii-numeric" "a" "1" {}',
)
BAD = (
    # 2.4.1: "Only non-negative integers are permitted"; K, M, G and nothing else
    *("if size :over -1 {}", "if size :over 1.5 {}", "if size :over 0x10 {}", "if size :over 1 K {}"),
    *("if size :over 1T {}", "if size :over 1KB {}", "if size :over 18446744073709551616 {}", 'if size :over "1" {}'),
    # 8.2: string-list = "[" string *("," string) "]"
    *('if header [] "x" {}', 'if header ["a" "b"] "x" {}', 'if header ["a",] "x" {}', 'if header ["a", ["b"]] "x" {}'),
    # 2.6: "conflicting arguments", "more than once", "before positional arguments", "all positional arguments"
    *('if header :is :is "a" "b" {}', 'if header :is :contains "a" "b" {}', 'if header "a" :is "b" {}'),
    *('if header "a" "b" :is {}', 'if header : is "a" "b" {}', 'if header :all "a" "b" {}', 'if header "a" {}'),
    *('if header :comparator "i;octet" :comparator "i;octet" "a" "b" {}', 'if address :all :domain "from" "b" {}'),
    *("if size :over :under 1 {}", "if size :over 1 :under 2 {}", "if size 1 {}"),
    # 2.7.3: declared with require; known; a constant
    *('if header :comparator "i;ascii-numeric" "a" "b" {}', 'require "comparator-elbonia";'),
    *('if header :comparator "i;elbonia" "a" "b" {}', 'if header :comparator ["i;octet"] "a" "b" {}'),
    'require "comparator-i;ascii-numeric"; if header :contains :comparator "i;ascii-numeric" "a" "1" {}',
    'require "variables"; if header :comparator "${a}" "a" "b" {}',
    # 2.10.5, 3.2
    *('fileinto "a";', 'keep; require "fileinto";', 'if true { require "fileinto"; }', 'require "Fileinto"; keep;'),
    *('require "nope";', 'require "fileinto" "envelope";', "require;", "require [];"),
    # 3.1, 5, 8.2
    *("if anyof () {}", "if allof true {}", "if not (true) {}", "if anyof (true, true,) {}", "if true keep;"),
    *("if true {keep}", "if (true) {}", "keep; keep", ";", "{keep;}", "else {}", "if true {} else {} elsif true {}"),
    *("if true {} keep; else {}", "keep {}", 'stop "x";', 'keep "x";', "text: keep;", "keep /* x"),
    # 2.4.2: "Bracketed comments are not allowed here"
    *("redirect text: /* x */\na@b.c\n.\n;", 'redirect "a@b.c;', "redirect text:\na@b.c\n;"),
    # 2.4.2.3: "routes and group syntax are not permitted"
    *(
        'redirect "";',
        'redirect "a@b@c";',
        'redirect "g: a@b.c;";',
        'redirect "<@x.y:a@b.c>";',
        'redirect "a@b.c, d@e.f";',
    ),
    # 2.4.2.4
    'require "encoded-character"; if header "a" "${unicode:200000}" {}',
    'require "encoded-character"; if header "a" "${Unicode:DF01}" {}',
    # RFC 5229, 3: "References to namespaces without a prior require"; 4; 4.1; 6
    *(
        'set "a" "b";',
        'if string "a" "b" {}',
        'require "variables"; set "1" "b";',
        'require "variables"; set "a.b" "c";',
    ),
    *(
        'require "variables"; set "a-b" "c";',
        'require "variables"; set "" "b";',
        'require "variables"; set "${a}" "b";',
    ),
    *('require "variables"; set :lower :upper "a" "b";', 'require "variables"; set :foo "a" "b";'),
    *('require "variables"; set ["a"] "b";', 'require "variables"; set "a" ["b"];', 'require "variables"; set "a" 1;'),
    *('require "variables"; set "a" "${b.c}";', 'require "variables"; set "a" "${33}";'),
    # RFC 5231
    *('if header :value "gt" "a" "b" {}', 'require "relational"; if header :value "foo" "a" "b" {}'),
    *('require "relational"; if header :value "a" "b" {}', 'require "relational"; if header :value ["gt"] "a" "b" {}'),
    'require "relational"; if header :value "gt" :count "gt" "a" "b" {}',
    'require "relational"; if header :value "gt" :is "a" "b" {}',
    'require ["variables", "relational"]; if header :value "${a}" "a" "b" {}',
)


@pytest.mark.parametrize("script", GOOD)
def test_scripts_that_compile(script: str) -> None:
    assert errors(script) == []


@pytest.mark.parametrize("script", BAD)
def test_scripts_that_do_not(script: str) -> None:
    assert errors(script) != []


@pytest.mark.parametrize("script", ['require "encoded-character"; if header "a" "${unicode:200000" {}'])
def test_no_error_unless_it_is_well_formed(script: str) -> None:
    """RFC 5228 section 2.4.2.4: "Implementations MUST NOT raise an error for an out-of-range Unicode value unless the
    sequence containing it is well-formed according to the grammar"."""
    assert errors(script) == []
