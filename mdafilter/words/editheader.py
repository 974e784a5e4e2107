"""addheader, deleteheader: change the header of the message for all that follows (RFC 5293).

    addheader [:last] <name: string> <value: string>
    deleteheader [:index <number> [:last]] [MATCH-TYPE] [COMPARATOR] <name: string> [<patterns: string-list>]

    addheader "X-Filed-By" "rule 7";
    deleteheader :index 1 :contains "Delivered-To" "bob@example.com";

In:    a field name of RFC 5322; a value, which is written as one line, what is not ASCII in RFC 2047 words. Patterns
       are compared as by the `header` test: decoded, without white space around.
Out:   a new message; the one that earlier rules decided about stays as it was. Tests, keep, fileinto and redirect that
       follow see the new one (section 7). The body is never touched.
       A new field stands on top, or with :last at the end. Without patterns, all fields of the name are deleted; with
       :index only the N-th of them (with :last from the end), "counting happens before the value-patterns match".
Fails: a name that is none is an error when compiled, or RuleFailed where it comes from a variable; so is a field that
       is longer than limits.HEADER_EDIT_OCTETS, which is more than the 998 that section 4 grants. Received and
       Auto-Submitted stay whatever a script says, "silently ignored" (section 6): both stop mail loops.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.errors import RuleFailed
from mdafilter.message import Field
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.match import MATCH_TAGS, Match, match_of
from mdafilter.words.names import header_fault
from mdafilter.words.strings import quoted
from mdafilter.words.syntax import Tag, Word

if TYPE_CHECKING:
    from mdafilter.message import Message
    from mdafilter.plan import Scene
    from mdafilter.texts import Text
    from mdafilter.words.syntax import Use

NEVER_DELETED = frozenset(("received", "auto-submitted"))


class AddHeader(Value):
    """One more field `name: value`, on top or, with `last`, at the end."""

    name: Text
    value: Text
    last: bool = False

    def rewrite(self, scene: Scene) -> Message:
        message = scene.message
        field = Field.make(field_name(scene, self.name), scene.expand(self.value).strip(), message.newline)
        if forbidden(scene, field.key, "add"):
            return message
        if len(field.raw) > limits.HEADER_EDIT_OCTETS:
            raise RuleFailed(f"addheader {field.name}: the field is longer than {limits.HEADER_EDIT_OCTETS} octets")
        return message.with_headers(message.headers.add(field, last=self.last))

    def describe(self) -> str:
        return f"addheader{' :last' if self.last else ''} {quoted(self.name)} {quoted(self.value)}"


class DeleteHeader(Value):
    """No more fields of this name: all, those that match, the `index`-th (from 1; 0 is all), or that if it matches."""

    name: Text
    match: Match | None = None
    index: int = 0
    last: bool = False

    def rewrite(self, scene: Scene) -> Message:
        key = field_name(scene, self.name).lower()
        if key in NEVER_DELETED or forbidden(scene, key, "delete"):
            return scene.message
        headers = scene.message.headers
        places = self._counted([place for place, field in enumerate(headers) if field.key == key])
        if self.match is not None:
            match = self.match
            places = [place for place in places if match.test(scene, (headers[place].text.strip(),)).held]
        return scene.message.with_headers(headers.without(places)) if places else scene.message

    def _counted(self, places: list[int]) -> list[int]:
        """The one that :index means; "It is not an error if the :index argument is greater" (section 5)."""
        if not self.index:
            return places
        ordered = places[::-1] if self.last else places
        return ordered[self.index - 1 : self.index]

    def describe(self) -> str:
        words = ["deleteheader"]
        if self.index:
            words.append(f":index {self.index}{' :last' if self.last else ''}")
        name = quoted(self.name)
        words.append(name if self.match is None else self.match.describe(name))
        return " ".join(words)


def forbidden(scene: Scene, key: str, what: str) -> bool:
    """Whether the site has said that scripts may not do that to fields of this name: "protected header fields" (section
    6). The settings are Pigeonhole's: editheader_forbid_add and _delete are lists of names, editheader_protected is
    both; or editheader_header is a list of ID, with ID/name (else the ID is the name), ID/forbid_add, ID/forbid_delete.
    """
    option = scene.world.option
    if any(key in option(f"editheader_{name}").lower().split() for name in (f"forbid_{what}", "protected")):
        return True
    ids = [
        i for i in option("editheader_header").split() if (option(f"editheader_header/{i}/name") or i).lower() == key
    ]
    said = (option(f"editheader_header/{i}/forbid_{what}") for i in (*ids, key))
    return any(text.strip().lower() in ("yes", "true", "y", "1") for text in said)


def field_name(scene: Scene, text: Text) -> str:
    """The name with its variables filled in; RuleFailed if no field can have it."""
    name = scene.expand(text)
    if fault := header_fault(name):
        raise RuleFailed(fault)
    return name


def build_add(use: Use) -> AddHeader:
    name, value = use.text(0), use.text(1)
    _check(use, name)
    if isinstance(value, str) and len(value) > limits.HEADER_EDIT_OCTETS:
        text = f"the field is longer than {limits.HEADER_EDIT_OCTETS} octets"
        use.error(text, "what is that long belongs into the body", argument=1)
    return AddHeader(name, value, use.has(":last"))


def build_delete(use: Use) -> DeleteHeader:
    name, index = use.text(0), use.tag_number(":index")
    _check(use, name)
    if use.has(":last") and index is None:
        use.error(":last without :index", "write :index 1 :last for the last one", tag=":last")
    if index == 0:
        use.error(":index 0 is no field", "the first one is 1 (RFC 5293 section 5)", tag=":index")
    if isinstance(name, str) and name.lower() in NEVER_DELETED:
        use.warn(f"{name} is never deleted", "RFC 5293 section 6: it stops mail loops", argument=0)
    # "If no value-patterns are specified, then the comparator and match-type options are silently ignored." (section 5)
    return DeleteHeader(name, match_of(use, 1) if use.given() > 1 else None, index or 0, use.has(":last"))


def _check(use: Use, name: Text) -> None:
    if isinstance(name, str) and (fault := header_fault(name)):
        use.error(fault, "RFC 5322 section 2.2: printable ASCII without blanks and colons", argument=0)


WORDS = (
    Word("addheader", "change", build_add, ("string", "string"), tags=(Tag(":last"),), requires=("editheader",)),
    Word(
        "deleteheader",
        "change",
        build_delete,
        ("string", "strings"),
        optional_last=1,
        tags=(*MATCH_TAGS, Tag(":index", argument="number"), Tag(":last")),
        requires=("editheader",),
    ),
)
