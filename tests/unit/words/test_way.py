"""Where tables send a message: which of several actions is in force."""

from __future__ import annotations

import pytest

from mdafilter.acts import Discard, File, Redirect, Reject
from mdafilter.decision import Decided
from mdafilter.plan import Action, Scene
from mdafilter.texts import Where
from mdafilter.words.discard import DiscardIt
from mdafilter.words.fileinto import FileInto
from mdafilter.words.redirect import RedirectTo
from mdafilter.words.reject import Refusal
from mdafilter.words.way import RANKS, Choose, Chosen, begin
from tests.support.scene import scene

EARLIER = File("of another file")


def decided(*actions: str) -> list[object]:
    """What is decided after these actions, like "BCC a@b"."""
    one = scene()
    one.decided.append(Decided(EARLIER, one.message))
    begin(one)
    for action in actions:
        take(one, *action.split(" "))
    assert one.decided[0].act is EARLIER
    return [found.act for found in one.decided[1:]]


def take(one: Scene, name: str, address: str = "") -> None:
    """As lang/tables/actions.py has them."""
    wishes: dict[str, Action] = {
        "REJECT": Refusal("no"),
        "DISCARD": DiscardIt(),
        "HOLD": FileInto("Held"),
        "FILTER": FileInto("Held"),
    }
    wish = wishes.get(name) or RedirectTo(address, copy=name == "BCC")
    Choose(name).assign(one)
    for act in Chosen(name, wish).acts(one):
        one.decided.append(Decided(act, one.message, Where("t", 1)))


HELD = File("Held")


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        (("BCC a@b", "BCC c@d", "BCC a@b"), [Redirect("a@b", True), Redirect("c@d", True)]),
        (("REDIRECT a@b", "BCC c@d"), [Redirect("a@b")]),
        (("BCC c@d", "REDIRECT a@b"), [Redirect("a@b")]),
        (("FILTER x", "REDIRECT a@b"), [Redirect("a@b")]),
        (("REDIRECT a@b", "FILTER x"), [Redirect("a@b")]),
        (("HOLD", "HOLD"), [HELD]),
        (("HOLD", "REDIRECT a@b"), [HELD]),
        (("REDIRECT a@b", "BCC c@d", "HOLD"), [HELD]),
        (("HOLD", "REJECT"), [Reject("no")]),
        (("BCC a@b", "DISCARD"), [Discard()]),
    ],
)
def test_which_is_in_force(actions: tuple[str, ...], expected: list[object]) -> None:
    """header_checks(5), REDIRECT: "this action overrides the FILTER action", and so on."""
    assert decided(*actions) == expected


def test_each_pass_begins_anew() -> None:
    one = scene()
    for _ in range(2):
        begin(one)
        take(one, "BCC", "a@b")
    assert len(one.decided) == 2


def test_without_a_pass_nothing_was_chosen() -> None:
    one = scene()
    take(one, "HOLD")
    assert [found.act for found in one.decided] == [HELD]


def test_descriptions() -> None:
    assert Choose("HOLD").describe() == "HOLD takes back what it overrules"
    assert Chosen("DISCARD", DiscardIt()).describe() == DiscardIt().describe()
    assert set(RANKS) == {"BCC", "FILTER", "REDIRECT", "HOLD", "REJECT", "DISCARD"}
