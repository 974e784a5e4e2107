"""`! address ...`."""

from __future__ import annotations

import pytest

from mdafilter import limits
from mdafilter.acts import Pipe, Redirect
from mdafilter.lang.procmail.strings import Reader
from mdafilter.words.forward import ForwardTo
from tests.support.scene import scene

VARIABLES = {"SENDMAIL": "/usr/lib/sendmail", "SENDMAILFLAGS": "-oi -x", "TO": "c@d  e@f", "E": ""}


def acts(text: str, area: str = "both", copy: bool = False) -> list[object]:
    made = scene()
    made.variables.update(VARIABLES)
    return list(ForwardTo(Reader(text).line().words, copy, area).acts(made))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a@b c@d", ["a@b", "c@d"]),
        ("root", ["root"]),
        ("a@b, c@d,e@f", ["a@b", "c@d", "e@f"]),
        ('"Other, Ann <a@b>"', ["Other", "a@b"]),
        ('"Ann Other <a@b>"', ["a@b"]),
        ("$TO # both", ["c@d", "e@f"]),
        ("$E", [""]),
    ],
)
def test_addresses_are_forwarded_to(text: str, wanted: list[str]) -> None:
    """Without any there is one that fails, and the next recipe has the message."""
    assert acts(text) == [Redirect(address) for address in wanted]


@pytest.mark.parametrize(
    ("text", "area"),
    [('-f "" a@b', "both"), ("a@b", "header"), ("a@b", "body"), (" ".join(["a@b"] * (limits.REDIRECTS + 1)), "both")],
)
def test_what_is_more_than_that_is_for_sendmail(text: str, area: str) -> None:
    """procmailrc(5): "It gets invoked as: "$SENDMAIL" $SENDMAILFLAGS "$@""."""
    (pipe,) = acts(text, area, copy=True)
    assert isinstance(pipe, Pipe)
    assert pipe.command == ("/usr/lib/sendmail", "-oi", "-x", *(w.replace('""', "") for w in text.split()))
    assert (pipe.area, pipe.copy, pipe.postmark, pipe.ended) == (area, True, False, False)
    assert ("TO", VARIABLES["TO"]) in pipe.environ


def test_it_says_whereto() -> None:
    assert ForwardTo(Reader("$TO x").line().words, True).describe() == 'forward a copy to "${TO} x"'
