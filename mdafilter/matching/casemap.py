"""Text as the comparator i;unicode-casemap sees it (RFC 5051 section 2).

Every character is mapped to title case and then decomposed until nothing can be decomposed any more; what comes of that
is compared octet by octet. So `É`, `é` and `e` with a combining accent are the same, and so are `ﬁ` and `FI`; `ß` and
`SS` are not, nor `é` and `e`.

Step 2 (a) is the mapping of UnicodeData.txt, one character to one. Python knows that of SpecialCasing.txt: the two
differ only where the latter makes several characters of one that the former does not map. Step 2 (b) is done for each
character by itself, so that marks of different characters keep their order, as the RFC says it.

In: a text. Out: the text to compare. Fails: never. Octets that are no text leave all of it as it is (step 1 (b)).
"""

from __future__ import annotations


def prepared(text: str) -> str:
    """The "titlecased canonicalized" text."""
    return text.upper() if text.isascii() else "".join(characters(text))


def characters(text: str) -> list[str]:
    """What becomes of each character."""
    from unicodedata import normalize  # only who compares so pays for it

    if any("\ud800" <= c <= "\udfff" for c in text):
        return list(text)
    titles = [title if len(title := c.title()) == 1 else c for c in text]
    return [c if c < "\x80" else normalize("NFKD", c) for c in titles]
