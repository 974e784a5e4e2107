"""Results of access(5) tables: what is wrong with one, and what it says as an Opinion.

    OK, RELAY, permit, a number     Accept: no other check is asked
    DUNNO                           Pass: nothing, and no other entry is looked for
    REJECT [text], 5NN text         Reject
    4NN text, DEFER [text]          try again later, at once
    DEFER_IF_PERMIT [text]          Defer: unless something else refuses it
    PREPEND Name: value             Prepend
    DEFER_IF_REJECT, BCC, DISCARD, FILTER, HOLD, INFO, REDIRECT, WARN: as they are
    reject_..., permit_..., defer_..., warn_if_reject ...: restrictions of postconf(5), as they are

In:    the text behind the key. Out: what is wrong, and what to do; or an Opinion.
Fails: never. A text becomes one line of printable ASCII, at most limits.TEXT characters.
"""

from __future__ import annotations

import re

from mdafilter_policyd import limits
from mdafilter_policyd.opinion import Accept, Action, Defer, Opinion, Pass, Prepend, Reject

ACTIONS = frozenset(
    "BCC DEFER DEFER_IF_PERMIT DEFER_IF_REJECT DISCARD DUNNO FILTER HOLD INFO OK PERMIT PREPEND REDIRECT REJECT RELAY"
    " WARN".split()
)
_ADDRESS = re.compile(r"\S+@\S+")
_NEEDS = {
    "BCC": (_ADDRESS, "an address, as in BCC user@example.org"),
    "FILTER": (re.compile(r"[^\s:]+:\S*"), "a transport and where to, as in FILTER smtp:[127.0.0.1]:10025"),
    "PREPEND": (re.compile(r"[!-9;-~]+:.*"), "a header field, as in PREPEND X-Seen: yes"),  # RFC 5322 section 2.2
    "REDIRECT": (_ADDRESS, "an address, as in REDIRECT user@example.org"),
}
_RESTRICTION = re.compile(r"(reject|permit|defer)_[a-z_]+|warn_if_reject|defer|reject|permit")
_STATUS = re.compile(r"([245])\.\d{1,3}\.\d{1,3}(?!\S)")  # RFC 3463 section 2


def fault(result: str) -> tuple[str, str] | None:
    """What is wrong with a result, and what to do; None if nothing is."""
    word, _, text = result.partition(" ")
    name, text = word.upper().rstrip(","), text.strip()
    if not result.isascii() and any("\udc80" <= c <= "\udcff" for c in result):
        return "this line is not UTF-8", "write the text in ASCII: others than that are not shown"
    if name in _NEEDS:
        pattern, needed = _NEEDS[name]
        return None if pattern.fullmatch(text) else (f"{name} needs {needed}", "")
    if name in ACTIONS or (word.isascii() and word.isdigit() and not text):
        return None
    if word.isascii() and word.isdigit():
        if len(word) != 3 or word[0] not in "45":
            return f'"{word[:40]}" is no code of a refusal', "write 5NN for never, 4NN for later: 554 5.7.1 Go away"
        status = _STATUS.match(text)
        if status and status[1] != word[0]:
            return f"{word} and {status[0]} contradict each other", f"both begin with a {word[0]}"
        return None
    if _RESTRICTION.fullmatch(word.lower().rstrip(",")):
        return None
    known = ", ".join(sorted(ACTIONS))
    return f'there is no action "{word[:40]}"', f"known are 4NN text, 5NN text, {known}; restriction classes are not"


def oddity(result: str) -> tuple[str, str] | None:
    """What is right, and may not be what was meant."""
    if len(result) == 3 and result.isascii() and result.isdigit() and result[0] in "45":
        return f"a number without text lets through (access(5)), also {result}", f"write {result} and a text to refuse"
    if not result.isascii():
        return "what is not ASCII is shown as ?", "write the text in ASCII"
    return None


def opinion(result: str, why: str, refused: str, url: str = "") -> Opinion:
    """What a result says. `why` is the place of the entry; `refused` is the text of a refusal that has none.

    `url` is put behind the text of a refusal, so that the sender can read there what to do.
    """
    word, _, text = result.partition(" ")
    name, text = word.upper(), text.strip()
    if "," in word:  # several restrictions
        return Action(line(result), why)
    if name in ("OK", "RELAY", "PERMIT"):
        return Accept(why)
    if name == "DUNNO":
        return Pass(why)
    if word.isascii() and word.isdigit():
        if not text:
            return Accept(why)
        said = line(f"{word} {text}", url)
        return Reject(said, why) if word[0] == "5" else Action(said, why)
    if name == "REJECT":
        return Reject(line(text or refused, url), why)
    if name == "DEFER_IF_PERMIT":
        return Defer(line(text or refused, url), why)
    if name in ("DEFER", "DEFER_IF_REJECT"):
        return Action(line(f"{name} {text or refused}", url), why)
    if name == "PREPEND":
        return Prepend(line(text))
    return Action(line(f"{name} {text}".strip() if name in ACTIONS else result), why)


def line(text: str, url: str = "") -> str:
    """One line of printable ASCII with the URL in its end, which is never cut."""
    if not (text.isascii() and text.isprintable()):
        text = "".join(c if " " <= c <= "~" else "?" for c in text)
    behind = f"; see {url}" if url else ""
    return text[: max(limits.TEXT - len(behind), 0)].rstrip() + behind
