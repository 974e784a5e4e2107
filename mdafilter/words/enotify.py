"""`notify`: says to somebody that a message has come (RFC 5435); by mail, the method `mailto` (RFC 5436).

    notify [:from <string>] [:importance "1" / "2" / "3"] [:options <string-list>] [:message <string>]
           [:fcc <mailbox> ...] <method: string>
    valid_notify_method <uris: string-list>
    notify_method_capability [COMPARATOR] [MATCH-TYPE] <uri: string> <capability: string> <key-list: string-list>

    notify :importance "1" :message "The boss has written" "mailto:ann.mobile@example.net";

The message goes where it would go without it, refused or discarded too (section 7). mailto.py says what the URI may
be, notification.py how the letter looks. `:options` are checked, and of no use (RFC 5436 section 2.5).

    nobody is notified   of a message that a program has sent and says so (Auto-Submitted, section 2.7), which breaks
                         loops; and who was notified already by this run is not again
    from                 whom [sieve] notify_mailto_envelope_from says, or else [sieve] user_email, or the postmaster;
                         in the header :from goes before all of them, in the envelope before the last two, and there
                         the null sender before everything if the message has it
    at most              [sieve] notify_max_notifications in one run

The capability "online" is "maybe". `:encodeurl` of `set` is with the other modifiers (variables.py).

In:    the Scene. Out: a Send, to nobody where nobody is notified; with :fcc a File of the letter.
Fails: an error at compile time for a constant that is no URI, no importance, no option or no address; RuleFailed for
       one made of variables, and for too many. A method that we do not have is RuleFailed (section 3.2: "MUST cause an
       error condition at run time"); a constant one is an error at compile time, if the script has not asked
       valid_notify_method before. A letter that cannot be sent is left out (targets/send.py), as section 3.8 has it.
"""

from __future__ import annotations

from mdafilter.acts import Send
from mdafilter.decision import Answer
from mdafilter.errors import RuleFailed
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words import mailto
from mdafilter.words.fcc import fcc_of
from mdafilter.words.match import MATCH_TAGS, Match, match_of
from mdafilter.words.names import ADDRESS_HINT, address_fault, bare
from mdafilter.words.sender import chosen, owner, postmaster
from mdafilter.words.strings import clipped, listed, quoted
from mdafilter.words.syntax import Tag, Word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mdafilter.acts import Act
    from mdafilter.plan import Scene
    from mdafilter.texts import Text, Texts
    from mdafilter.words.fcc import Fcc
    from mdafilter.words.mailto import Mailto
    from mdafilter.words.syntax import Use

KIND = "notify"
IMPORTANCES = ("1", "2", "3")


class NoMethod(RuleFailed):
    """A URI of a scheme that is none of ours."""


class Notify(Value):
    """The wish: a letter, by the URI `method`."""

    method: Text
    sender: Text | None = None  # :from
    importance: Text = "2"
    options: Texts = ()
    message: Text | None = None
    fcc: Fcc | None = None

    def acts(self, scene: Scene) -> Sequence[Act]:
        """A Send, and a File where the letter is to be filed."""
        importance = scene.expand(self.importance)
        texts = [(importance_fault, importance), *((option_fault, scene.expand(one)) for one in self.options)]
        texts += [] if self.sender is None else [(address_fault, scene.expand(self.sender))]
        for fault_of, text in texts:
            if fault := fault_of(text):
                raise RuleFailed(f"notify: {fault}")
        asked = "" if self.sender is None else scene.expand(self.sender)
        made = sent(scene, self, method_of(scene.expand(self.method)), importance, asked)
        letters = [one.letter for one in made if one.to]
        return (*made, *(act for letter in letters if self.fcc for act in self.fcc.acts(scene, letter)))

    def describe(self) -> str:
        """The command as Sieve spells it."""
        importance = None if self.importance == "2" else self.importance
        named = ((":from", self.sender), (":importance", importance), (":message", self.message))
        texts = "".join(f" {tag} {quoted(text)}" for tag, text in named if text is not None)
        options = f" :options {listed(self.options)}" if self.options else ""
        fcc = f" {self.fcc.describe()}" if self.fcc else ""
        return f"notify{texts}{options}{fcc} {quoted(self.method)}"


def sent(scene: Scene, wanted: Notify, whole: Mailto, importance: str, asked: str = "") -> tuple[Send, ...]:
    """The letter, from `asked` if it says whom; to nobody where nobody is notified, none where everybody was."""
    uri = _without(whole, _notified(scene))
    if why := _why_not(scene, uri):
        scene.notes.append(f"notify: nobody is notified: {why}")
        return () if whole.all() and not uri.all() else (Send(KIND, b"", ()),)
    from mdafilter.words import notification  # only who notifies pays for it

    site = chosen(scene, "notify_mailto_envelope_from")
    if (author := site) is None:
        author = owner(scene) if scene.world.option("user_email") else postmaster(scene)
    sender = bare(asked) if asked and site is None else author
    letter = notification.letter(wanted, uri, scene, importance, asked or author or owner(scene))
    return (Send(KIND, letter, uri.all(), sender if scene.envelope.sender else ""),)


class ValidMethod(Value):
    """The question: could each of these URIs stand on `notify`?"""

    uris: Texts

    def ask(self, scene: Scene) -> Answer:
        """ "The test is true only if ALL of the listed notification methods are supported and valid." """
        for uri in map(scene.expand, self.uris):
            try:
                method_of(uri)
            except RuleFailed as fault:
                return Answer(False, (str(fault),))
        return Answer(True, by="valid_notify_method")

    def describe(self) -> str:
        """The test as Sieve spells it."""
        return f"valid_notify_method {listed(self.uris)}"


class Capability(Value):
    """The question: does what is known of a URI match? Of mailto it is that somebody may be there."""

    uri: Text
    capability: Text
    match: Match

    def ask(self, scene: Scene) -> Answer:
        """Section 5: what is not known, and a URI that is none, match nothing, and are no error."""
        name = scene.expand(self.capability).lower()
        try:
            method_of(scene.expand(self.uri))
        except RuleFailed as fault:
            return Answer(False, (str(fault),))
        if name != "online":
            return Answer(False, (f"the capability {quoted(name)} is not known",))
        return self.match.test_named(scene, [("online", "maybe")])

    def describe(self) -> str:
        """The test as Sieve spells it."""
        subject = f"{quoted(self.uri)} {quoted(self.capability)}"
        return f"notify_method_capability {self.match.describe(subject)}"


def method_of(uri: str) -> Mailto:
    """The URI, read. Raises RuleFailed; NoMethod for a scheme that is none of ours."""
    scheme, colon, rest = uri.partition(":")
    if not colon or not scheme[:1].isalpha() or not scheme.isascii() or not _is_scheme(scheme):
        raise RuleFailed(f"{quoted(uri)} is no URI")
    if scheme.lower() != "mailto":
        raise NoMethod(f"notify: there is no method {clipped(scheme)}")
    return mailto.parse(rest)


def importance_fault(text: str) -> str:
    """Section 3.4."""
    return "" if text in IMPORTANCES else f'the importance is "1", "2" or "3", not {quoted(text)}'


def option_fault(text: str) -> str:
    """Section 3.5: optionname "=" value."""
    name, equals, value = text.partition("=")
    if not equals or not name[:1].isalnum() or not all(c.isascii() and (c.isalnum() or c in ".-_") for c in name):
        return f"{quoted(text)} is no option like name=value"
    return "an option has a line end or a NUL in it" if any(c in value for c in "\r\n\0") else ""


def _is_scheme(text: str) -> bool:
    """RFC 3986 section 3.1, but for the first character."""
    return all(c.isalnum() or c in "+-." for c in text)


def _notified(scene: Scene) -> frozenset[str]:
    """Who gets a letter of this run already."""
    sent = [one.act for one in scene.decided if isinstance(one.act, Send) and one.act.what == KIND and one.act.to]
    limit = scene.world.option("notify_max_notifications")
    if limit.isdigit() and len(sent) >= int(limit):
        raise RuleFailed(f"more than {limit} notifications")
    return frozenset(address for act in sent for address in act.to)


def _without(uri: Mailto, met: frozenset[str]) -> Mailto:
    """The URI with each address once, and without those that were met."""
    known = set(met)
    left: dict[str, tuple[str, ...]] = {}
    for name in mailto.ADDRESSES:
        left[name] = tuple(a for a in dict.fromkeys(getattr(uri, name)) if a not in known)
        known.update(left[name])
    return uri.replace(**left)


def _why_not(scene: Scene, uri: Mailto) -> str:
    from mdafilter.message import robots

    if robots.automatic(scene.message.headers):
        return "a program has sent the message (Auto-Submitted)"
    return "" if uri.all() else "there is no address, or none that has no letter yet"


# --- how they stand in a script ----------------------------------------------------------------------------------


def build(use: Use) -> Notify:
    """The node for one use of `notify`."""
    method, sender, importance = use.text(0), use.tag_text(":from"), use.tag_text(":importance")
    options = use.tag_texts(":options") or ()
    if isinstance(sender, str) and (fault := address_fault(sender)):
        use.error(fault, ADDRESS_HINT, tag=":from")
    if isinstance(importance, str) and (fault := importance_fault(importance)):
        use.error(fault, "1 is high, 3 is low (RFC 5435 section 3.4)", tag=":importance")
    for option in options:
        if isinstance(option, str) and (fault := option_fault(option)):
            use.error(fault, "RFC 5435 section 3.5", tag=":options")
    if isinstance(method, str):
        check_method(use, method)
    elif not any("?" in part for part in method.parts[:1] if isinstance(part, str)):
        hint = "RFC 5435 section 8: take variables for what stands behind the `?` only"
        use.warn("whoever writes may choose who is notified: the address is made of variables", hint, argument=0)
    return Notify(
        method, sender, "2" if importance is None else importance, options, use.tag_text(":message"), fcc_of(use)
    )


def check_method(use: Use, method: str) -> None:
    """What can be said of a constant URI."""
    try:
        uri = method_of(method)
    except NoMethod as fault:
        if use.asked("valid_notify_method"):
            use.warn(str(fault), "the message is kept where this is reached", argument=0)
        else:
            use.error(str(fault), "ask valid_notify_method first, if there is one elsewhere", argument=0)
    except RuleFailed as fault:
        use.error(str(fault), 'write a URI like "mailto:ann@example.org"', argument=0)
    else:
        if not uri.all():
            use.warn("the mailto URI has no address: nobody is notified", 'write "mailto:ann@example.org"', argument=0)
        if uri.ignored:
            use.warn(f"the mailto URI has {', '.join(uri.ignored)}, which is ignored", "RFC 5436, 2.7", argument=0)


def build_valid(use: Use) -> ValidMethod:
    """The node for one use of `valid_notify_method`."""
    return ValidMethod(use.texts(0))


def build_capability(use: Use) -> Capability:
    """The node for one use of `notify_method_capability`."""
    return Capability(use.text(0), use.text(1), match_of(use, 2))


TAGS_OF_IT = (
    Tag(":from", argument="string"),
    Tag(":importance", argument="string"),
    Tag(":options", argument="strings"),
    Tag(":message", argument="string"),
)
NEEDS = ("enotify",)

WORDS = (
    Word("notify", "action", build, ("string",), tags=TAGS_OF_IT, requires=NEEDS),
    Word("valid_notify_method", "test", build_valid, ("strings",), requires=NEEDS),
    Word(
        "notify_method_capability",
        "test",
        build_capability,
        ("string", "string", "strings"),
        tags=MATCH_TAGS,
        requires=NEEDS,
    ),
)
