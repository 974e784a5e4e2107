"""The words that a script can use: words/ as the Sieve front end looks them up, and what was probably meant.

A word's file is imported when a script uses the word, its tag or its capability for the first time.
"""

from __future__ import annotations

from mdafilter import words
from mdafilter.values import TYPE_CHECKING
from mdafilter.words import imapsieve

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable
    from types import ModuleType

    from mdafilter.words.syntax import Tag, Word

CONTROLS = ("if", "elsif", "else", "require", "stop")  # RFC 5228 section 3, which lower.py knows

# what other languages write where Sieve has something else
MISTAKES = {
    "elseif": "elsif",
    "elif": "elsif",
    "else_if": "elsif",
    "and": "allof",
    "or": "anyof",
    "all": "allof",
    "any": "anyof",
    "move": "fileinto",
    "file": "fileinto",
    "folder": "fileinto",
    "forward": "redirect",
    "delete": "discard",
    "exit": "stop",
    "from": "address",
    "import": "include",
}

# Capabilities that are of no use without another one, and those that do not go together.
COMPANIONS = {"extracttext": "variables"}  # RFC 5703 section 7
RIVALS = {  # the words are the same, and their arguments are not
    "vnd.dovecot.duplicate": "duplicate",
    "imapflags": "imap4flags",
    "notify": "enotify",
}

# Words of extensions that a script may require and mdafilter may lack: an unknown word is named with its extension.
# It is looked at only for words that we do not have, so a line does no harm when its word becomes a file of words/.
ELSEWHERE = {
    "vacation": "vacation",
    "notify": "enotify",
    "valid_notify_method": "enotify",
    "notify_method_capability": "enotify",
    "date": "date",
    "currentdate": "date",
    "duplicate": "duplicate",
    "virustest": "virustest",
    "metadata": "mboxmetadata",
    "metadataexists": "mboxmetadata",
    "servermetadata": "servermetadata",
    "servermetadataexists": "servermetadata",
    "mailboxidexists": "mailboxid",
    "specialuse_exists": "special-use",
    "valid_ext_list": "extlists",
    "convert": "convert",
    "replace": "replace",
    "enclose": "enclose",
    "extracttext": "extracttext",
    "pipe": "vnd.dovecot.pipe",
    "filter": "vnd.dovecot.filter",
    "execute": "vnd.dovecot.execute",
    "debug_log": "vnd.dovecot.debug",
    "report": "vnd.dovecot.report",
}


class Vocabulary:
    """All words and tags of a table like words.TABLE, and of modules that a caller adds (`mdafilter test`)."""

    def __init__(
        self,
        table: Iterable[tuple[str, str, str]] = words.TABLE,
        load: Callable[[str], ModuleType] = words.load,
        built_in: Iterable[str] = words.BUILT_IN,
        inapplicable: Iterable[str] = (),
    ) -> None:
        self.inapplicable = frozenset(inapplicable)  # capabilities that must not be required here
        self._load = load
        self._words: dict[str, list[Word]] = {}
        self._files: dict[str, list[str]] = {}
        self.capabilities = frozenset(built_in)
        for file, brings, capabilities in table:
            self.capabilities |= frozenset(capabilities.split())
            for name in brings.split():
                self._files.setdefault(name, []).append(file)

    def word(self, name: str, *, test: bool, required: Container[str] = ()) -> Word | None:
        """The Word of this name. Where two have it, `test` decides (a test and a command), then what is `required`."""
        if name not in self._files:
            return None
        if name not in self._words:
            self._words[name] = [w for file in self._files[name] for w in self._load(file).WORDS if w.name == name]
        found = self._words[name]
        return found[0] if len(found) == 1 else min(found, key=lambda word: _unlike(word, test, required))

    def tag(self, name: str, word: Word) -> Tag | None:
        """The Tag of this name that may stand on the word."""
        for tag in word.tags:
            if tag.name == name:
                return tag
        return next((tag for tag in self._elsewhere(name) if word.name in tag.on), None)

    def _elsewhere(self, name: str) -> list[Tag]:
        modules = [self._load(file) for file in self._files.get(name, ())]
        return [tag for module in modules for tag in getattr(module, "TAGS", ()) if tag.name == name]

    def tag_places(self, name: str) -> tuple[str, ...]:
        """The words that a tag of this name may stand on, as far as tags of their own files say."""
        return tuple(sorted({place for tag in self._elsewhere(name) for place in tag.on}))

    def nests(self, name: str) -> bool:
        """Whether the word takes tests."""
        if name in ("if", "elsif") or MISTAKES.get(name) in ("elsif", "allof", "anyof"):
            return True
        word = self.word(name, test=True)
        return word is not None and any(kind in ("test", "tests") for kind in word.arguments)

    def is_test(self, name: str) -> bool:
        """Whether it is a test, and no command has the name as well."""
        word = self.word(name, test=False)
        return word is not None and word.kind == "test"

    def supports(self, capability: str) -> bool:
        return capability in self.capabilities and capability not in self.inapplicable

    # --- hints, for errors only --------------------------------------------------------------------------------------

    def meant(self, name: str) -> str:
        """The word that was probably meant by an unknown one, or ""."""
        names = [known for known in self._files if not known.startswith(":")]
        return MISTAKES.get(name) or nearest(name, [*names, *CONTROLS])

    def meant_tag(self, name: str, word: Word) -> str:
        return nearest(name, [known for known in self._files if known.startswith(":")] + [t.name for t in word.tags])

    def meant_capability(self, name: str) -> str:
        return nearest(name.lower(), sorted(self.capabilities))


def of_events() -> Vocabulary:
    """That of scripts which run at an event of IMAP, where what answers a delivery has no place (RFC 6785, 3.11)."""
    return Vocabulary(inapplicable=imapsieve.INAPPLICABLE)


def _unlike(word: Word, test: bool, required: Container[str]) -> tuple[bool, bool]:
    return (word.kind == "test") != test, not any(capability in required for capability in word.requires)


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name that differs little, or ""."""
    import difflib

    plain = name.replace("_", "").replace("-", "")[:64]
    for candidate in known:
        if candidate.replace("_", "").replace("-", "") == plain:
            return candidate
    found = difflib.get_close_matches(name[:64], known, 1, 0.7)
    return found[0] if found else ""


def require_line(capabilities: Iterable[str]) -> str:
    """The require that brings one of these."""
    return " or ".join(f'require "{capability}";' for capability in capabilities)
