"""notify and denotify as they were before RFC 5435: a letter that says that a message has come.

    notify   [:method "mailto"] [:id <string>] [:low / :normal / :high] [:options <addresses: string-list>]
             [:message <string>]
    denotify [:is / :contains / :matches <id: string>] [:low / :normal / :high]

    notify :options "ann.mobile@example.net" :message "$from$ writes: $subject$";

The capability "notify" of draft-martin-sieve-notify, which a script may not require beside "enotify". `:options` are
whom the letter goes to; without any nobody is notified. It has the subject of the message, and `:message` as its text,
in which stand for what the message has

    $from$   $env-from$   $subject$   $text$   $text[n]$, its first n characters

(without `:message`: "$from$: $subject$"). Who is notified of what, and from whom, is as in enotify.py. `denotify` takes
back what was to be sent: all of it, or what has this importance and an `:id` that matches.

In:    the Scene. Out: a Send; it goes, or does not, at the end of the run.
Fails: an error at compile time for another method, and for a constant that is no address; RuleFailed for one made of
       variables, and for too many letters.
"""

from __future__ import annotations

from mdafilter.acts import Send
from mdafilter.errors import RuleFailed
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.enotify import KIND, Notify, sent
from mdafilter.words.mailto import Mailto
from mdafilter.words.match import DEFAULT_COMPARATOR, Match
from mdafilter.words.names import address_fault
from mdafilter.words.strings import listed, quoted
from mdafilter.words.syntax import Tag, Word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mdafilter.acts import Act
    from mdafilter.plan import Scene
    from mdafilter.texts import Text, Texts
    from mdafilter.words.syntax import Use

LEVELS = {":high": "1", ":normal": "2", ":low": "3"}  # as RFC 5435 section 3.4 counts them
SPELLED = {number: tag for tag, number in LEVELS.items()}
MATCHES = ("is", "contains", "matches")
MESSAGE = "$from$: $subject$"
EXCERPT = 4096  # characters of $text$, whose letter is often a short message


class OldNotify(Value):
    """The wish: a letter to the addresses `to`."""

    to: Texts
    message: Text = MESSAGE
    id: Text = ""
    importance: str = "2"

    def acts(self, scene: Scene) -> Sequence[Act]:
        """A Send; none where all of them have a letter of this run already."""
        addresses = tuple(scene.expand(address) for address in self.to)
        for address in addresses:
            if fault := address_fault(address):
                raise RuleFailed(f"notify: {fault}")
        text = filled(scene, scene.expand(self.message))
        made = sent(scene, Notify("", importance=self.importance), Mailto(to=addresses, body=text), self.importance)
        return tuple(one.replace(known_as=(self.importance, scene.expand(self.id))) for one in made)

    def describe(self) -> str:
        """The command as Sieve spells it."""
        level = "" if self.importance == "2" else f" {SPELLED[self.importance]}"
        named = f" :id {quoted(self.id)}" if self.id else ""
        return f"notify{level}{named} :options {listed(self.to)} :message {quoted(self.message)}"


class Denotify(Value):
    """No letter after all: to nobody. `importance` "" is any; without a `match` so is the :id."""

    importance: str = ""
    match: Match | None = None

    def assign(self, scene: Scene) -> None:
        """What was decided stays in its place: nothing that came after it is decided otherwise."""
        for at, one in enumerate(scene.decided):
            if isinstance(one.act, Send) and one.act.what == KIND and one.act.known_as and self._means(scene, one.act):
                scene.decided[at] = one.replace(act=one.act.replace(to=(), letter=b""))
                scene.notes.append("denotify: nobody is notified")

    def _means(self, scene: Scene, act: Send) -> bool:
        importance, name = act.known_as
        return self.importance in ("", importance) and (self.match is None or self.match.test(scene, [name]).held)

    def describe(self) -> str:
        """The command as Sieve spells it."""
        match = "" if self.match is None else f" :{self.match.kind} {quoted(self.match.keys[0])}"
        return f"denotify{match}{f' {SPELLED[self.importance]}' if self.importance else ''}"


def filled(scene: Scene, text: str) -> str:
    """The text of the letter, with what the message has for what stands between dollar signs."""
    first, *rest = text.split("$")
    made, literal = [first], False  # whether the next piece is text because a name stood before it
    for number, piece in enumerate(rest, 1):
        value = None if literal or number == len(rest) else _value(scene, piece)
        made += [piece] if literal else [f"${piece}"] if value is None else [value]
        literal = value is not None
    return "".join(made)


def _value(scene: Scene, name: str) -> str | None:
    match name:
        case "from" | "subject":
            field = scene.message.headers.first(name)
            return " ".join(field.text.split()) if field else ""
        case "env-from":
            return scene.envelope.sender
        case "text":
            return _excerpt(scene, EXCERPT)
    number = name.removeprefix("text[").removesuffix("]")
    if name == f"text[{number}]" and number.isascii() and number.isdigit() and len(number) < 9:
        return _excerpt(scene, min(int(number), EXCERPT))
    return None


def _excerpt(scene: Scene, characters: int) -> str:
    """The beginning of the first text of the message."""
    for part in scene.message.parts:
        if part.type == "text/plain" and not part.is_attachment:
            return part.text(4 * EXCERPT)[:characters]
    return ""


# --- how they stand in a script ----------------------------------------------------------------------------------


def build_notify(use: Use) -> OldNotify:
    """The node for one use of `notify`."""
    method, to = use.tag_text(":method"), use.tag_texts(":options") or ()
    if method is not None and method != "mailto":
        use.error(f"notify: there is no method {quoted(method)}", 'mdafilter has "mailto"', tag=":method")
    for address in to:
        if isinstance(address, str) and (fault := address_fault(address)):
            use.error(fault, 'write an address like "ann@example.org"', tag=":options")
    if not to:
        use.warn("notify has no :options: nobody is notified", ':options "ann@example.org" says whom')
    message, name = use.tag_text(":message"), use.tag_text(":id")
    importance = LEVELS.get(use.group("importance"), "2")
    return OldNotify(to, MESSAGE if message is None else message, "" if name is None else name, importance)


def build_denotify(use: Use) -> Denotify:
    """The node for one use of `denotify`."""
    kind = use.group("match-type")
    key = use.tag_text(kind) if kind else None
    match = None if key is None else Match(kind[1:], DEFAULT_COMPARATOR, "", (key,))
    return Denotify(LEVELS.get(use.group("importance"), ""), match)


IMPORTANCE = tuple(Tag(level, group="importance") for level in LEVELS)
NEEDS = ("notify",)

WORDS = (
    Word(
        "notify",
        "action",
        build_notify,
        tags=(
            Tag(":method", argument="string"),
            Tag(":id", argument="string"),
            Tag(":options", argument="strings"),
            Tag(":message", argument="string"),
            *IMPORTANCE,
        ),
        requires=NEEDS,
    ),
    Word(
        "denotify",
        "assignment",
        build_denotify,
        tags=(*(Tag(f":{kind}", argument="string", group="match-type") for kind in MATCHES), *IMPORTANCE),
        requires=NEEDS,
    ),
)
