"""`:regex`: POSIX extended regular expressions (draft-murchison-sieve-regex-07).

    header :regex "Subject" "^\\\\[[a-z]+\\\\] "

Match values are set as by :matches: ${0} is what was found, ${1} the first group (a new match type "MAY specify that
match variables are set as a side effect", RFC 5229 section 3.2). Case is ignored unless the comparator is i;octet.

Fails: errors of a constant pattern when the script is compiled, with their place in it; those of one with variables
       are RuleFailed. RuleStalled past limits.REGEX_SECONDS (patterns.py).
"""

from __future__ import annotations

from mdafilter.errors import RuleFailed
from mdafilter.matching import patterns
from mdafilter.values import TYPE_CHECKING
from mdafilter.words.match import COMPARATORS, MATCHING
from mdafilter.words.strings import quoted
from mdafilter.words.syntax import Tag

if TYPE_CHECKING:
    from mdafilter.matching.patterns import Pattern
    from mdafilter.words.match import Match
    from mdafilter.words.syntax import Use

TAGS = (Tag(":regex", on=MATCHING, requires=("regex",), group="match-type"),)


def pattern_of(key: str, comparator: str) -> Pattern:
    """The compiled pattern; RuleFailed for a wrong one, which can only be one made of variables."""
    try:
        return patterns.compile(key, ignore_case=comparator != "i;octet", syntax="ere")
    except patterns.PatternError as error:
        raise RuleFailed(f"the regular expression {quoted(key)}: {error.text}") from None


def check(use: Use, match: Match, argument: int) -> None:
    """The comparator must be one that patterns know. Compiles the constant keys and reports what is wrong with them."""
    if COMPARATORS[match.comparator].wide:
        use.error(
            f":regex cannot be used with the comparator {match.comparator}",
            "it ignores the case of ASCII letters, or with i;octet of none",
            tag=":comparator",
        )
    for key in match.keys:
        if not isinstance(key, str):
            continue
        try:
            pattern = patterns.compile(key, ignore_case=match.comparator != "i;octet", syntax="ere")
        except patterns.PatternError as error:
            use.error(f"regular expression: {error.text}", _pointer(key, error.offset), argument=argument)
        else:
            for text, offset in pattern.warnings:
                use.warn(f"regular expression: {text}", _pointer(key, offset), argument=argument)


def _pointer(key: str, offset: int) -> str:
    return f"here: {quoted(key[offset : offset + 20])}" if offset < len(key) else "at the end of the pattern"
