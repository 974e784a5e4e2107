"""What a check sees of a question."""

from __future__ import annotations

import pytest

from mdafilter_policyd.request import Request


def test_what_postfix_did_not_send_is_empty() -> None:
    request = Request({})
    assert (request.state, request.client_name, request.sender, request.size) == ("", "", "", 0)
    assert Request({"new_in_postfix_4": "x"}).get("new_in_postfix_4") == "x"


@pytest.mark.parametrize(("sent", "seen"), [("mail.example.org", "mail.example.org"), ("unknown", ""), ("UNKNOWN", "")])
def test_a_name_that_postfix_could_not_verify_is_none(sent: str, seen: str) -> None:
    """smtpd(8) sends "unknown" in its place."""
    request = Request({"client_name": sent, "reverse_client_name": sent})
    assert (request.client_name, request.reverse_client_name) == (seen, seen)


@pytest.mark.parametrize(("sent", "number"), [("12", 12), ("", 0), ("-1", 0), ("x", 0), ("1" * 30, 0), ("\u0661", 0)])
def test_numbers_that_are_none_are_nought(sent: str, number: int) -> None:
    assert Request({"size": sent, "recipient_count": sent}).size == number


def test_the_state_is_told_in_capitals() -> None:
    assert Request({"protocol_state": "rcpt"}).state == "RCPT"
