"""Results of tables as opinions (access(5), ACCEPT ACTIONS to OTHER ACTIONS)."""

from __future__ import annotations

import pytest

from mdafilter_policyd import actions, limits
from mdafilter_policyd.opinion import Accept, Action, Defer, Opinion, Pass, Prepend, Reject

WHY = "access:1"
URL = "https://mx.example.org/blocked?ip=1.2.3.4"


@pytest.mark.parametrize(
    ("result", "opinion"),
    [
        ("OK", Accept(WHY)),
        ("ok", Accept(WHY)),
        ("RELAY", Accept(WHY)),
        ("permit", Accept(WHY)),
        ("1234567890", Accept(WHY)),
        ("554", Accept(WHY)),
        ("DUNNO", Pass(WHY)),
        ("REJECT", Reject("may not", WHY)),
        ("reject Go away", Reject("Go away", WHY)),
        ("REJECT 5.7.26 Go away", Reject("5.7.26 Go away", WHY)),
        ("554 Too much spam", Reject("554 Too much spam", WHY)),
        ("521 5.7.1 No", Reject("521 5.7.1 No", WHY)),
        ("450 4.7.1 Later", Action("450 4.7.1 Later", WHY)),
        ("DEFER", Action("DEFER may not", WHY)),
        ("DEFER Later", Action("DEFER Later", WHY)),
        ("DEFER_IF_PERMIT Later", Defer("Later", WHY)),
        ("defer_if_reject Later", Action("DEFER_IF_REJECT Later", WHY)),
        ("PREPEND X-Seen: yes", Prepend("X-Seen: yes")),
        ("HOLD", Action("HOLD", WHY)),
        ("hold suspicious", Action("HOLD suspicious", WHY)),
        ("DISCARD", Action("DISCARD", WHY)),
        ("REDIRECT a@example.org", Action("REDIRECT a@example.org", WHY)),
        ("BCC a@example.org", Action("BCC a@example.org", WHY)),
        ("FILTER smtp:[127.0.0.1]:10025", Action("FILTER smtp:[127.0.0.1]:10025", WHY)),
        ("WARN look", Action("WARN look", WHY)),
        ("INFO look", Action("INFO look", WHY)),
        ("reject_unauth_destination", Action("reject_unauth_destination", WHY)),
        ("permit_mynetworks, reject", Action("permit_mynetworks, reject", WHY)),
        ("permit_mynetworks reject", Action("permit_mynetworks reject", WHY)),
        ("reject, permit", Action("reject, permit", WHY)),
    ],
)
def test_all_actions(result: str, opinion: Opinion) -> None:
    assert actions.fault(result) is None
    assert actions.opinion(result, WHY, "may not") == opinion


@pytest.mark.parametrize(
    "result",
    [
        "REJCT",
        "250 ok",
        "5540 no",
        "554 4.7.1 no",
        "450 5.7.1 no",
        "REDIRECT",
        "REDIRECT nobody",
        "BCC",
        "PREPEND",
        "PREPEND no field",
        "FILTER",
        "my_restriction_class",
        "\u0665\u0665\u0664 no",
    ],
)
def test_what_is_no_action_is_a_fault(result: str) -> None:
    assert actions.fault(result) is not None


@pytest.mark.parametrize(
    "result", ["REJECT", "REJECT Go away", "554 Go away", "450 Later", "DEFER", "DEFER_IF_PERMIT x"]
)
def test_a_refusal_names_the_page(result: str) -> None:
    opinion = actions.opinion(result, WHY, "may not", URL)
    assert isinstance(opinion, Reject | Defer | Action)
    assert opinion.text.endswith(f"; see {URL}")


def test_what_refuses_nothing_names_no_page() -> None:
    assert actions.opinion("HOLD suspicious", WHY, "may not", URL) == Action("HOLD suspicious", WHY)


@pytest.mark.parametrize("text", ["x" * 2000, "\u00e4\n\x00\u2028", "a\r\nb: c"])
def test_a_text_is_one_printable_line_and_the_page_is_never_cut(text: str) -> None:
    said = actions.line(text, URL)
    assert said.isascii()
    assert said.isprintable()
    assert len(said) <= limits.TEXT
    assert said.endswith(URL)


def test_text_that_cannot_be_shown_is_told() -> None:
    assert actions.oddity("REJECT \u00e4") is not None
    assert actions.oddity("REJECT a") is None
