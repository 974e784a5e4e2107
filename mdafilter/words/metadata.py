"""`metadata`, `metadataexists`, `servermetadata`, `servermetadataexists`: annotations (RFC 5490, RFC 5464).

    metadata [MATCH-TYPE] [COMPARATOR] <mailbox: string> <annotation-name: string> <key-list: string-list>
    metadataexists <mailbox: string> <annotation-names: string-list>
    servermetadata [MATCH-TYPE] [COMPARATOR] <annotation-name: string> <key-list: string-list>
    servermetadataexists <annotation-names: string-list>

    if metadata :is "INBOX" "/private/vendor/example/auto-replies" "on" { vacation "I am away."; }

`metadata` holds when the folder has the annotation and its value matches a key; `metadataexists` when it has all of
these. The others ask the same of the server as a whole. Where annotations are kept: mailboxes.py.

In:    the World's annotations.
Out:   an Answer that names the annotation and its value.
Fails: a warning for a constant name that no annotation can have: it has no value, and no test holds. RuleFailed where
       the file of the annotations cannot be read (section 5).
"""

from __future__ import annotations

from mdafilter.decision import Answer
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.match import MATCH_TAGS, Match, match_of
from mdafilter.words.names import folder_fault
from mdafilter.words.strings import clipped, listed, quoted
from mdafilter.words.syntax import Word

if TYPE_CHECKING:
    from mdafilter.plan import Scene
    from mdafilter.texts import Text, Texts
    from mdafilter.words.syntax import Use


class Metadata(Value):
    """The question: does the annotation match? `folder` None is the server."""

    folder: Text | None
    name: Text
    match: Match

    def ask(self, scene: Scene) -> Answer:
        name = scene.expand(self.name)
        value = annotation(scene, self.folder, name)
        return self.match.test_named(scene, () if value is None else ((name, value),))

    def describe(self) -> str:
        return f"{_spelled('metadata', self.folder)} {self.match.describe(_names(self.folder, (self.name,)))}"


class MetadataExists(Value):
    """The question: are all these annotations there?"""

    folder: Text | None
    names: Texts

    def ask(self, scene: Scene) -> Answer:
        saw: list[str] = []
        for name in map(scene.expand, self.names):
            saw.append(clipped(name))
            if annotation(scene, self.folder, name) is None:
                return Answer(False, tuple(saw))
        return Answer(True, tuple(saw), clipped(f"there is {', '.join(saw)}"))

    def describe(self) -> str:
        return f"{_spelled('metadataexists', self.folder)} {_names(self.folder, self.names)}"


def annotation(scene: Scene, folder: Text | None, name: str) -> str | None:
    """Its value; None is NIL: there is none, or no such folder."""
    if annotation_fault(name):
        return None
    if folder is None:
        return scene.world.metadata("", name)
    mailbox = scene.expand(folder)
    if folder_fault(mailbox) or not scene.world.has_folder(mailbox):
        return None
    return scene.world.metadata(mailbox, name)


def annotation_fault(name: str) -> str:
    """RFC 5464 section 3.2: with /private or /shared in front, and no empty part, wildcard or control in it."""
    shown = f'"{clipped(name)}" is not the name of an annotation'
    if not name.lower().startswith(("/private/", "/shared/")):
        return f"{shown}: it begins with /private/ or /shared/"
    if "//" in name or name.endswith("/"):
        return f"{shown}: a part of it is empty"
    if any(c in "*%" or not " " <= c <= "~" for c in name):
        return f"{shown}: it has a character that none may have"
    return ""


def _spelled(word: str, folder: Text | None) -> str:
    return f"server{word}" if folder is None else word


def _names(folder: Text | None, names: Texts) -> str:
    return listed(names) if folder is None else f"{quoted(folder)} {listed(names)}"


def _check(use: Use, names: Texts, argument: int) -> None:
    for name in names:
        if isinstance(name, str) and (fault := annotation_fault(name)):
            use.warn(fault, "this test can never hold for it", argument=argument)


def build(use: Use) -> Metadata:
    """The node for one use of `metadata` or `servermetadata`."""
    first = 1 if use.name == "metadata" else 0
    _check(use, (use.text(first),), first)
    return Metadata(use.text(0) if first else None, use.text(first), match_of(use, first + 1))


def build_exists(use: Use) -> MetadataExists:
    """The node for one use of `metadataexists` or `servermetadataexists`."""
    first = 1 if use.name == "metadataexists" else 0
    _check(use, use.texts(first), first)
    return MetadataExists(use.text(0) if first else None, use.texts(first))


FOLDERS, SERVER = ("mboxmetadata",), ("servermetadata",)

WORDS = (
    Word("metadata", "test", build, ("string", "string", "strings"), tags=MATCH_TAGS, requires=FOLDERS),
    Word("metadataexists", "test", build_exists, ("string", "strings"), requires=FOLDERS),
    Word("servermetadata", "test", build, ("string", "strings"), tags=MATCH_TAGS, requires=SERVER),
    Word("servermetadataexists", "test", build_exists, ("strings",), requires=SERVER),
)
