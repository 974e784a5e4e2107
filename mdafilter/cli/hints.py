"""What to do about a problem that does not say so itself.

Languages and words give a hint where they know something of the case. For what says only what is wrong, the table has
the rest: it is looked at by `check` alone, and by the text, since a problem has nothing else.

In:    a Problem. Out: the same with a hint; as it is where it has one, or no line fits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mdafilter.errors import Problem

# what is in the text                         what to do
TABLE: tuple[tuple[str, str], ...] = (
    ("cannot be read", "look at its name, and who may read it"),
    ("regular expression: ", "the caret, or the text, says where; a backslash takes the meaning of a sign away"),
    ("is not in POSIX regular expressions", "write a class like [[:digit:]], or the character itself"),
    ("means the letter", "write a class like [[:digit:]]"),
    ("finds nothing: it is no class of characters", "write a class like [[:digit:]]"),
    ("octets", "divide it, or keep long lists in a table that the rules look up"),
    ("this string is longer than", "divide it"),
    ("nested", "join conditions with allof, or write elsif"),
    ("scripts are included", "join some of them"),
    ("included deeper", "join some of them"),
    ("unknown command", "a command is a word like keep or if; is a quote or a ; missing before it?"),
    ("unknown test", "a test is a word like header, address or size"),
    ("unknown tag", "this word has no such tag: remove it"),
    ("cannot stand here", 'strings stand in ", comments behind # or in /* */'),
    ("the rest is not listed", "mend these first"),
    ("must be followed by", "its value stands directly behind it"),
    ("takes no tests", "a test stands in an if: if TEST { ... }"),
    ("stands here twice", "remove one of them"),
    ("exclude each other", "remove one of them"),
    ("a string is missing after this", 'write ["a", "b"], or remove the comma'),
    ("no extension that brings it is there", "put it into the block of its ihave"),
    ("has no endif", "write endif behind the last line that it is for"),
    ("no if before this endif", "remove it, or write the if"),
    ("this is no if", "nothing stands behind the pattern of an if"),
    ("this is no endif", "nothing stands behind endif"),
    ("behind if means nothing", "remove it, or take it to a line of its own"),
    ("behind endif means nothing", "remove it"),
    ("ifs in each other", "join some of them"),
    ("between if and endif stand", "take other keys out of the block"),
    ("is not UTF-8", "write it in UTF-8: iconv -t utf-8"),
    ("no result behind the key", "write KEY, blanks, RESULT, as in: 192.0.2.1 REJECT"),
    ("stands in line", "remove one of the two: the first one is used"),
    ("with no line before it", "write it without the blanks at its beginning"),
    ("and there is none", "write it without the blanks at its beginning"),
    ('has a " without another one', 'close it, or write \\" for the sign itself'),
    ("there is no action after the pattern", "write /pattern/ ACTION, as in: /^Subject: x/ DISCARD"),
    ("needs a text", "write it behind the action"),
    ("there is no flag", "remove it: header_checks(5) has the flags"),
    ("the flag X means nothing", "remove it"),
    ("is no group like $1", "write $$ for one $"),
    ("in the text, but the pattern has", "groups are what stands in parentheses, from $1 on"),
    ("a /pattern/", "write /pattern/ ACTION, as in: /^Subject: x/ DISCARD"),
    ("the pattern has no", "close it with the sign that it begins with; a backslash takes it into the pattern"),
    ("in the name of a lock file", "give the name itself, or $NAME of a variable that is assigned before"),
    ("is sent: the message is kept in the inbox as well", "without the flags h and b all of it is sent"),
    ("the whole message is stored", "remove the flags h and b, or write it through a filter: | formail"),
    ("is passed over: a size", "write it in octets, without k or M"),
    ("no size: it counts as 0", "write it in octets"),
    ("` is missing", "write { ... } behind it"),
    ("counts from 1", "1 is the first, with :last the last"),
    ('needs require "include"', 'require "include";'),
    ("of a global variable", 'written: global "name";'),
    ("of a variable", 'a name is of letters, digits and _, and does not begin with a digit: "name"'),
    ("which cannot be set", "a :matches or :regex sets it; give the variable a name"),
    ("cannot be set", 'give the variable a name without a dot: "name"'),
    ("no table is named", "give the path of the table"),
    ("the name of a loop must be constant", 'written: foreverypart :name "part" { ... }'),
    ("no loop around this break", "name it as the foreverypart does"),
    ("tells no rule language", "say --language"),
)


def hinted(problem: Problem) -> Problem:
    """The problem with a hint."""
    if problem.hint:
        return problem
    return problem.replace(hint=next((hint for part, hint in TABLE if part in problem.text), ""))
