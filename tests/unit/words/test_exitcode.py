"""What the sender is told of a message that goes nowhere."""

from __future__ import annotations

import pytest

from mdafilter.acts import Box, Discard, Reject
from mdafilter.decision import Decided
from mdafilter.errors import TryAgain
from mdafilter.values import TYPE_CHECKING
from mdafilter.words.exitcode import nowhere
from tests.support.scene import scene

if TYPE_CHECKING:
    from mdafilter.acts import Act


@pytest.mark.parametrize(
    ("code", "act"),
    [
        (None, Discard()),
        ("", Discard()),
        ("0", Discard()),
        ("-5", Discard()),
        ("none", Discard()),
        ("67", Reject("user unknown", "5.1.1")),
        ("77", Reject("permission denied", "5.7.0")),
        ("67x", Reject("user unknown", "5.1.1")),
        ("1", Reject("exit code 1", "5.3.0")),
    ],
)
def test_the_act(code: str | None, act: Act) -> None:
    """procmailrc(5): "If it is set to a positive numeric value, procmail will instead use that value as its exitcode"."""
    made = scene()
    if code is not None:
        made.set("EXITCODE", code)
    assert nowhere(made) == act


@pytest.mark.parametrize("code", ["75", "71"])
def test_try_again(code: str) -> None:
    made = scene()
    made.set("EXITCODE", code)
    made.decided.append(Decided(Box("/home/ann/copy", copy=True), made.message))
    with pytest.raises(TryAgain, match=code):
        nowhere(made)


def test_what_is_delivered_is_not_refused() -> None:
    made = scene()
    made.set("EXITCODE", "67")
    made.decided.append(Decided(Box("/home/ann/copy", copy=True), made.message))
    assert nowhere(made) == Discard()
