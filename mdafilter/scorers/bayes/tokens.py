"""A message -> its tokens: the words and facts that the classifier counts.

    free                       a word of the text, in lower case
    free money                 two words that follow each other
    subject:free               the same of the subject; from:, to:, reply-to: ... of names and addresses
    url:example.biz            a host that is linked to, each domain above it, and words of the path
    html:font color            a tag, with each attribute; html:hidden where text is not shown; hidden:word that text
    file:exe  type:text/html   ends and words of the names of attachments; their types, character sets and encodings
    received:192.0.2           a host or network that the message came over
    header:X-Mailer            a field that is there, as it spells its name; x-mailer:word what it says

Each token comes once, however often it is in the message: a word that is repeated says no more. Fields that a mailbox
or a filter adds are no tokens (LOCAL): they are not there yet when a message is scored, or are what a scorer said.

In:    any Message.
Out:   list of tokens, at most limits.BAYES_TOKENS, from at most limits.BAYES_TEXT characters of text. The header comes
       first, then links, then the words as they stand.
Fails: OSError of reading the message, only. The time is linear in what is read.

The spelling of tokens is what counts are kept by: who changes it raises VERSION, and counts of another one are left.
"""

from __future__ import annotations

from itertools import pairwise

from mdafilter import limits
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    import re

    from mdafilter.message import Message
    from mdafilter.message.parts import Part

VERSION = 1
LONGEST = 24  # characters of a word; of a longer one its beginning is a token
BEGINNING = 4
MARKUP = 2000  # characters in which a text that does not say so may turn out to be HTML
INVISIBLE = dict.fromkeys([0xAD, *range(0x200B, 0x2010), 0x2060, 0xFEFF])  # between letters they hide a word
_WORD: list[re.Pattern[str]] = []  # compiled when the first text is taken apart


def tokens(message: Message) -> list[str]:
    """The tokens of the message, in the order in which they are found."""
    from mdafilter.scorers.bayes import fields

    found = dict.fromkeys(fields.tokens(message.headers))
    shown: list[str] = []
    left = limits.BAYES_TEXT
    for part in message.parts[: limits.BAYES_PARTS]:
        found.update(dict.fromkeys(fields.of_part(part)))
        if left > 0 and part.type.startswith("text/") and not part.is_container:
            text = part.text(left)[:left]
            left -= len(text)
            shown.append(_shown(part, text, found))
    for text in shown:
        found.update(dict.fromkeys(phrases(text)))
    return list(found)[: limits.BAYES_TOKENS]


def _shown(part: Part, text: str, found: dict[str, None]) -> str:
    """The text that people see; what else there is to know of it goes into `found`."""
    from mdafilter.scorers.bayes import links

    if part.type == "text/html" or "<html" in text[:MARKUP].lower():
        from mdafilter.scorers.bayes import html

        page = html.page(text)
        found.update(dict.fromkeys([f"html:{mark}" for mark in page.marks]))
        found.update(dict.fromkeys([token for link in page.links[: links.LINKS] for token in links.tokens(link)]))
        found.update(dict.fromkeys([f"hidden:{word}" for word in words(page.hidden)]))
        text = page.shown
    found.update(dict.fromkeys([token for link in links.found(text) for token in links.tokens(link)]))
    return text


def words(text: str) -> list[str]:
    """The words of a text in lower case, as they follow each other."""
    if not _WORD:
        import re

        _WORD.append(re.compile(r"[\w$€£%!'@.-]+"))
    if not text.isascii():
        text = text.translate(INVISIBLE)
    out = []
    for word in _WORD[0].findall(text.lower()):
        word = word.strip(".'-_@")
        if 1 < len(word) <= LONGEST:
            out.append(word)
        elif len(word) > LONGEST:
            out.append(f"long:{word[:BEGINNING]}")
    return out


def phrases(text: str) -> list[str]:
    """The words, and each two that follow each other."""
    found = words(text)
    return found + [f"{one} {two}" for one, two in pairwise(found)]
