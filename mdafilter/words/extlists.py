"""`:list` and `valid_ext_list`: lists that are kept outside of the script (RFC 6134).

    header :list "List-Id" "tag:example.com,2026:lists"
    address :list "from" ":addrbook:default"
    redirect :list "tag:example.com,2026:team"
    valid_ext_list <ext-list-names: string-list>

With the match type `:list` the keys of a test are names of lists, and it holds when one of the values is in one of
them; match variables stay as they are. lists.py says what the names stand for, and in which form lists are kept.
`valid_ext_list` holds when every name stands for a list (section 2.4). `redirect :list` is a redirect to each member
that is an address; limits.REDIRECTS bounds them, and an empty list redirects nowhere and leaves the keep in force.

In:    the lists of the World, by name.
Out:   an Answer, that of the test; Redirect acts.
Fails: an error at compile time beside `:comparator` ("Comparators are not allowed together with the ":list" match
       type"). RuleFailed for a name that stands for no list, and for one that cannot be read: the message is kept.
"""

from __future__ import annotations

from mdafilter.decision import Answer
from mdafilter.errors import RuleFailed
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.match import HELD, MATCHING
from mdafilter.words.names import address_fault
from mdafilter.words.strings import clipped, listed
from mdafilter.words.syntax import Tag, Word

if TYPE_CHECKING:
    from mdafilter.acts import Redirect
    from mdafilter.plan import Scene
    from mdafilter.texts import Text, Texts
    from mdafilter.words.match import Find, Ready
    from mdafilter.words.redirect import RedirectTo
    from mdafilter.words.syntax import Use
    from mdafilter.world import Listing


class ValidExtList(Value):
    """The question: do all of these names stand for a list?"""

    names: Texts

    def ask(self, scene: Scene) -> Answer:
        saw: list[str] = []
        for name in map(scene.expand, self.names):
            saw.append(clipped(name))
            if not name or scene.world.external(name) is None:
                return Answer(False, tuple(saw))
        return Answer(True, tuple(saw), clipped(f"there is {', '.join(saw)}"))

    def describe(self) -> str:
        return f"valid_ext_list {listed(self.names)}"


class RedirectToList(Value):
    """The wish: send the message on to the members of the list that `to` names, and to each as it says."""

    to: RedirectTo

    def acts(self, scene: Scene) -> tuple[Redirect, ...]:
        members = lists(scene, self.to.address).members()
        addresses = [member for member in members if not address_fault(member)]
        if len(addresses) < len(members):
            scene.notes.append(f"{self.describe()}: what is no address in the list was left out")
        return tuple(act for address in addresses for act in self.to.replace(address=address).acts(scene))

    def describe(self) -> str:
        return self.to.describe().replace("redirect", "redirect :list", 1)


def lists(scene: Scene, name: Text) -> Listing:
    """The list of that name. RuleFailed."""
    text = scene.expand(name)
    found = scene.world.external(text) if text else None
    if found is None:
        raise RuleFailed(f'there is no list "{clipped(text)}"')
    return found


def ready(scene: Scene, names: Texts) -> list[Ready]:
    """The keys of a test with `:list`, as match.py wants them."""
    return [_in(lists(scene, name)) for name in names]


def _in(listing: Listing) -> Ready:
    def find(value: str, view: object) -> tuple[str, ...] | None:
        return HELD if listing.has(value) else None

    def start() -> Find:
        return find

    return start


def check(use: Use) -> None:
    """Section 2.2: "if both are specified in a test, this MUST result in an error"."""
    if use.has(":comparator"):
        use.error(":list is used without :comparator", "the list says how it is compared", tag=":comparator")


def build(use: Use) -> ValidExtList:
    """The node for one use of `valid_ext_list`."""
    return ValidExtList(use.texts(0))


WORDS = (Word("valid_ext_list", "test", build, ("strings",), requires=("extlists",)),)
TAGS = (
    Tag(":list", on=MATCHING, requires=("extlists",), group="match-type"),
    Tag(":list", on=("redirect",), requires=("extlists",)),
)
