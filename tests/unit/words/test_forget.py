"""What was decided is taken back."""

from __future__ import annotations

from mdafilter.acts import File, Redirect
from mdafilter.decision import Decided
from mdafilter.texts import Where
from mdafilter.words.forget import Forget
from tests.support.scene import scene


def left(forget: Forget) -> list[object]:
    one = scene()
    for act, file in ((File("a"), "t"), (Redirect("b@c"), "t"), (Redirect("c@c", True), "t"), (File("d"), "other")):
        one.decided.append(Decided(act, one.message, Where(file, 1)))
    forget.assign(one)
    return [decided.act for decided in one.decided]


def test_all_of_a_file() -> None:
    assert left(Forget("t")) == [File("d")]


def test_where_it_is_redirected_to() -> None:
    assert left(Forget("t", redirects=True)) == [File("a"), Redirect("c@c", True), File("d")]


def test_descriptions() -> None:
    assert Forget("t").describe() == "take back what was decided"
    assert Forget("t", redirects=True).describe() == "take back where it was redirected"
