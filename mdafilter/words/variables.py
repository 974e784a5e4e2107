"""`set` and `string`: variables (RFC 5229).

    set [MODIFIER ...] <name: string> <value: string>
    string [MATCH-TYPE] [COMPARATOR] <source: string-list> <key-list: string-list>

    set :lower "list" "${1}";
    if string :is "${list}" "debian" { ... }

Modifiers are applied in the order of their precedence, largest first; two of the same precedence cannot stand
together. `:quoteregex` is the regex draft's, `:encodeurl` that of enotify (RFC 5435). Variables in strings are read by
the front ends, kept by the Scene.

In:    a constant name; a value that may have variables in it.
Out:   set: the Scene's variable, cut to what [sieve] allows ("the value SHOULD be truncated, and it MUST NOT be
       treated as an error", section 6). string: an Answer; sources are compared as they stand, blanks and all.
Fails: an error at compile time for a name that is none and past limits.VARIABLES, a warning for a constant value that
       is too long; RuleFailed where those that are shared are too many.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.match import MATCH_TAGS, Match, ascii_upper, match_of
from mdafilter.words.names import VARIABLE_HINT, variable_fault
from mdafilter.words.strings import listed, quoted
from mdafilter.words.syntax import Tag, Word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mdafilter.decision import Answer
    from mdafilter.plan import Scene
    from mdafilter.texts import Text, Texts
    from mdafilter.words.syntax import Use


def ascii_lower(text: str) -> str:
    """A-Z in lower case. "Characters other than "A"-"Z" and "a"-"z" from US-ASCII are left unchanged." """
    if text.isascii():
        return text.lower()
    return text.encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")


def quote_wildcards(text: str) -> str:
    """What :matches takes literally (section 4.1.2)."""
    return "".join("\\" + c if c in "*?\\" else c for c in text)


def quote_regex(text: str) -> str:
    """What :regex takes literally."""
    return "".join("\\" + c if c in "\\.[]^$*+?{}()|" else c for c in text)


def encode_url(text: str) -> str:
    """What a URI takes literally: each octet but those of RFC 3986 section 2.3 as %XX (RFC 5435 section 6).

    What would be cut off for its length is left out here, so that no octet is cut in two.
    """
    octets = text.encode("utf-8", "surrogateescape")[: limits.VARIABLE_OCTETS]
    encoded = "".join([chr(o) if o < 128 and (chr(o).isalnum() or o in b"-._~") else f"%{o:02X}" for o in octets])
    cut = encoded[: limits.VARIABLE_OCTETS]
    return cut if len(cut) == len(encoded) or "%" not in cut[-2:] else cut[: cut.rindex("%")]


MODIFIERS: dict[str, tuple[int, Callable[[str], str]]] = {
    # modifier       precedence, function (section 4.1)
    ":lower": (40, ascii_lower),
    ":upper": (40, ascii_upper),
    ":lowerfirst": (30, lambda text: ascii_lower(text[:1]) + text[1:]),
    ":upperfirst": (30, lambda text: ascii_upper(text[:1]) + text[1:]),
    ":quotewildcard": (20, quote_wildcards),
    ":quoteregex": (20, quote_regex),
    ":encodeurl": (15, encode_url),
    ":length": (10, lambda text: str(len(text))),
}


class SetVariable(Value):
    """The variable `name` becomes `value`, changed by the modifiers in their order."""

    name: str
    value: Text
    modifiers: tuple[str, ...] = ()

    def assign(self, scene: Scene) -> None:
        """Sets it. RuleFailed past the number of variables."""
        scene.set(self.name, modified(scene.expand(self.value), self.modifiers))

    def describe(self) -> str:
        """The command as Sieve spells it."""
        return " ".join(["set", *self.modifiers, quoted(self.name), quoted(self.value)])


class StringTest(Value):
    """The question: does any of the sources match?"""

    sources: Texts
    match: Match

    def ask(self, scene: Scene) -> Answer:
        """Looks at one source after the other until one matches."""
        return self.match.test(scene, self._texts(scene))

    def describe(self) -> str:
        """The test as Sieve spells it."""
        return f"string {self.match.describe(listed(self.sources))}"

    def _texts(self, scene: Scene) -> Iterator[str]:
        for source in self.sources:
            text = scene.expand(source)
            if text or not self.match.counts:  # "The count of a single string is 0 if it is the empty string"
                yield text


def modified(value: str, modifiers: tuple[str, ...]) -> str:
    """The value, changed by the modifiers, which are in their order."""
    for modifier in modifiers:
        value = MODIFIERS[modifier][1](value)
    return value


def modifiers_of(use: Use) -> tuple[str, ...]:
    """The modifiers on a command, in the order in which they are applied."""
    return tuple(sorted(filter(use.has, MODIFIERS), key=lambda modifier: -MODIFIERS[modifier][0]))


def name_of(use: Use, index: int) -> str:
    """The argument that names a variable."""
    return variable(use, use.text(index), index)


def variable(use: Use, name: Text, index: int | None = None, tag: str = "") -> str:
    """The name of a variable, of this argument or tag; "An invalid name MUST be detected as a syntax error"."""
    if not isinstance(name, str):
        use.error("the name of a variable must be constant", "write it without ${...}", argument=index, tag=tag)
    elif fault := variable_fault(name.lower()):
        use.error(fault, VARIABLE_HINT, argument=index, tag=tag)
    elif name.lower().startswith("global.") and not use.requires("include"):
        fault, hint = 'the namespace "global" needs the extension "include"', 'require "include";'
        use.error(fault, hint, argument=index, tag=tag)
    return str(name).lower()


def build_set(use: Use) -> SetVariable:
    """The node for one use of `set`."""
    value = use.text(1)
    if isinstance(value, str) and len(value) > limits.VARIABLE_CHARACTERS:
        hint = f"unless the site allows more, what follows {limits.VARIABLE_CHARACTERS} characters is cut off"
        use.warn("this value is too long for a variable", hint, argument=1)
    return SetVariable(name_of(use, 0), value, modifiers_of(use))


def build_string(use: Use) -> StringTest:
    """The node for one use of `string`."""
    return StringTest(use.texts(0), match_of(use, 1))


NEEDS = {":quoteregex": ("regex",), ":encodeurl": ("enotify",)}
MODIFIER_TAGS = tuple(
    Tag(name, group=f"modifier {precedence}", requires=NEEDS.get(name, ()))
    for name, (precedence, _) in MODIFIERS.items()
)

WORDS = (
    Word("set", "assignment", build_set, arguments=("string", "string"), tags=MODIFIER_TAGS, requires=("variables",)),
    Word("string", "test", build_string, ("strings", "strings"), tags=MATCH_TAGS, requires=("variables",)),
)
