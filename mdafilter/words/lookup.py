"""lookup: whether a table has an entry for the sender, the client, a recipient or a list (mdafilter's own word).

    require "vnd.mdafilter.lookup";
    lookup [:action <actions: string-list>] <what: string-list> <table: string>

    if lookup "sender" "/etc/postfix/sender_access" { fileinto "Junk"; }
    if lookup :action "REJECT" ["client", "from"] "access" { discard; }

The table is the file that postmap(1) reads, in the formats of access(5) and cidr_table(5), also mixed; which keys are
looked for, and in which order, is said there. A name without "/" in front is a file in the home; in rules of the site,
in the folder of the site's rules. What can be looked up:

    sender       of the envelope; "" is <>         client     the name of the host, then its address
    recipient    of the envelope                   from       each address in From
    list-id      the identifier in List-Id

Holds if there is an entry and its result is not DUNNO ("Pretend that the lookup key was not found", access(5)); with
:action, if the result is one of these: OK is all that accepts (also a number, RELAY or permit), REJECT is 5NN as
well, and DEFER is 4NN. Then ${0} is the result, ${1} the action and ${2} its text.

In:    the Envelope, or fields of the message; the World looks into the table.
Out:   an Answer that names what was found: `sender "x@example.org": example.org REJECT (/etc/postfix/access:12)`.
Fails: RuleFailed for a table that cannot be read, and for the envelope at an IMAP event (imapsieve.py). An error at
       compile time for what cannot be looked up; made of variables it matches nothing. What is not known (the client
       of mail that no client sent) is in no table.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.decision import Answer
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words import imapsieve
from mdafilter.words.strings import clipped, listed, quoted
from mdafilter.words.syntax import Tag, Word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeAlias

    from mdafilter.plan import Scene
    from mdafilter.texts import Text, Texts
    from mdafilter.words.syntax import Use
    from mdafilter.world import Found

    Questions: TypeAlias = tuple[tuple[str, str], ...]  # kind and value; the first one that is found decides

ACTIONS = (
    *("OK", "REJECT", "DEFER", "DEFER_IF_REJECT", "DEFER_IF_PERMIT", "DISCARD", "HOLD", "FILTER", "REDIRECT", "BCC"),
    *("PREPEND", "INFO", "WARN"),
)
TYPES = "hash btree dbm cdb lmdb texthash cidr".split()  # what main.cf names a table with


def sender(scene: Scene) -> Iterator[Questions]:
    imapsieve.refuse(scene, 'lookup "sender"')
    yield (("mail", scene.envelope.sender),)


def recipient(scene: Scene) -> Iterator[Questions]:
    imapsieve.refuse(scene, 'lookup "recipient"')
    if scene.envelope.recipient:
        yield (("mail", scene.envelope.recipient),)


def client(scene: Scene) -> Iterator[Questions]:
    """postconf(5), check_client_access: the name and its domains before the address and its networks."""
    both = (("host", scene.envelope.client_name), ("address", scene.envelope.client_address))
    known = tuple((kind, value) for kind, value in both if value)
    if known:
        yield known


def authors(scene: Scene) -> Iterator[Questions]:
    from mdafilter.message.addresses import parse

    for field in scene.message.headers.all("From"):
        yield from ((("mail", address.text),) for address in parse(field.value) if address.valid and address.text)


def list_id(scene: Scene) -> Iterator[Questions]:
    """RFC 2919 section 3: the identifier stands in angle brackets, at the end."""
    for field in scene.message.headers.all("List-Id"):
        identifier = field.value.rpartition("<")[2].partition(">")[0].strip()
        if identifier and not identifier.split()[1:]:
            yield (("list", identifier),)


WHAT: dict[str, Callable[[Scene], Iterator[Questions]]] = {
    "sender": sender,
    "recipient": recipient,
    "client": client,
    "from": authors,
    "list-id": list_id,
}


class Lookup(Value):
    """Is any of `what` in the table? `rule` is the file that asks; without `actions` any of them will do."""

    what: Texts
    table: Text
    rule: str
    actions: Texts | None = None

    def ask(self, scene: Scene) -> Answer:
        table = scene.expand(self.table)
        wanted = None if self.actions is None else {_known(scene.expand(action)) for action in self.actions}
        saw: list[str] = []
        for name, questions in self._questions(scene):
            value, found = _first(scene, table, self.rule, questions)
            about = f"{name} {quoted(value)}"
            if found is not None:
                about = clipped(f"{about}: {found.key} {found.result} ({found.file}:{found.line})")
            if len(saw) < limits.SAW_VALUES:
                saw.append(about)
            if found is not None and found.action != "DUNNO" and (wanted is None or found.action in wanted):
                scene.matched = (found.result, found.action, found.text)
                return Answer(True, tuple(saw), about)
        return Answer(False, tuple(saw))

    def describe(self) -> str:
        """The test as Sieve spells it."""
        only = "" if self.actions is None else f":action {listed(self.actions)} "
        return f"lookup {only}{listed(self.what)} {quoted(self.table)}"

    def _questions(self, scene: Scene) -> Iterator[tuple[str, Questions]]:
        for name in (scene.expand(text).lower() for text in self.what):
            for questions in WHAT[name](scene) if name in WHAT else ():
                yield name, questions


def _first(scene: Scene, table: str, rule: str, questions: Questions) -> tuple[str, Found | None]:
    """The value that has an entry, and the entry; else the first value."""
    for kind, value in questions:
        found = scene.world.lookup(table, kind, value, rule)
        if found is not None:
            return value, found
    return questions[0][1], None


def _known(action: str) -> str:
    """The action as the World names it."""
    name = action.upper()
    return "OK" if name in ("RELAY", "PERMIT") else name


def build(use: Use) -> Lookup:
    """The node for one use of `lookup`."""
    what, table, actions = use.texts(0), use.text(1), use.tag_texts(":action")
    for name in what:
        if isinstance(name, str) and name.lower() not in WHAT:
            use.error(f'"{name}" cannot be looked up', f"known are {', '.join(WHAT)}", argument=0)
    if isinstance(table, str):
        kind, colon, file = table.partition(":")
        if colon and kind in TYPES:
            use.error(f'a table is named by its file, without "{kind}:"', f'write "{file}"', argument=1)
        elif colon and kind in ("regexp", "pcre"):
            use.error(f"a {kind} table cannot be looked up", "access(5) and cidr_table(5) can", argument=1)
        elif not table:
            use.error("no table is named", "write the path of a file that Postfix looks up, too", argument=1)
    for action in actions or ():
        if isinstance(action, str):
            _check(use, action)
    return Lookup(what, table, use.at.file, actions)


def _check(use: Use, action: str) -> None:
    """Reports what no result can be; the names of restrictions have a _ in them, or are one's own."""
    name = _known(action)
    if name == "DUNNO":
        use.error("no lookup holds for DUNNO", "it stands for no entry at all", tag=":action")
    elif name.isdigit():
        use.error(f'"{action}" is no action', "5NN is REJECT, 4NN is DEFER, other numbers are OK", tag=":action")
    elif name not in ACTIONS and "_" not in name:
        use.warn(f'access(5) has no action "{action}"', f"known are {', '.join(ACTIONS)}", tag=":action")


WORDS = (
    Word(
        "lookup",
        "test",
        build,
        arguments=("strings", "string"),
        tags=(Tag(":action", argument="strings"),),
        requires=("vnd.mdafilter.lookup",),
    ),
)
