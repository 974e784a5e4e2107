"""`header`: whether a header field matches (RFC 5228 section 5.7).

    header [MATCH-TYPE] [COMPARATOR] <header-names: string-list> <key-list: string-list>

    header :contains "Subject" "*****SPAM*****"
    header :matches ["X-Spam-Level", "X-Spam-Flag"] ["*******", "yes"]

Holds when the value of any of the named fields matches any of the keys. A field that is not there matches nothing,
not even the empty key; one that is there without a value matches the empty key.

In:    the fields' values, unfolded, their encoded words decoded (RFC 2047), without white space around them. Names are
       compared without regard to case. With `:mime`, the fields of MIME parts (mime.py); with
       `:index`, one field (index.py).
Out:   an Answer that names the field and the value that matched: `Subject: *****SPAM***** Buy now`.
Fails: RuleStalled, from a key with wildcards or a regular expression (match.py).

This file is the pattern for every other word: the manual page, the node with `ask` and `describe`, the `build` that
turns one use of the word into its node, and the WORDS that tell the Sieve front end what the word looks like.
"""

from __future__ import annotations

from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.fields import Index, Mime, fields, index_of, mime_of
from mdafilter.words.match import MATCH_TAGS, Match, match_of
from mdafilter.words.names import check_headers
from mdafilter.words.strings import BLANKS, listed
from mdafilter.words.syntax import Word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mdafilter.decision import Answer
    from mdafilter.plan import Scene
    from mdafilter.texts import Texts
    from mdafilter.words.syntax import Use


class Header(Value):
    """The question: do any of the fields `names` match?"""

    names: Texts
    match: Match
    mime: Mime | None = None
    index: Index | None = None

    def ask(self, scene: Scene) -> Answer:
        """Looks at one field after the other until one matches."""
        return self.match.test_named(scene, self._texts(scene))

    def describe(self) -> str:
        """The test as Sieve spells it."""
        tags = "".join(f"{node.describe()} " for node in (self.index, self.mime) if node is not None)
        return f"header {tags}{self.match.describe(listed(self.names))}"

    def _texts(self, scene: Scene) -> Iterator[tuple[str, str]]:
        for field in fields(scene, self.names, self.mime, self.index):
            if self.mime is None:
                yield field.name, field.text.strip(BLANKS)
            else:
                yield from ((field.name, text) for text in self.mime.values(scene, field))


def build(use: Use) -> Header:
    """The node for one use of `header`."""
    names = use.texts(0)
    check_headers(use, names, 0)
    return Header(names, match_of(use, 1), mime_of(use), index_of(use))


WORDS = (Word("header", "test", build, arguments=("strings", "strings"), tags=MATCH_TAGS),)
