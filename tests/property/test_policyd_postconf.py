"""What an admin has written into main.cf and master.cf is read without an end to it, whatever it is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mdafilter_policyd.postconf import parameters, restrictions, services
from mdafilter_policyd.wishes import GRAVE, check
from tests.support.clock import linear

WORDS = [
    "{",
    "}",
    ",",
    " ",
    "=",
    "inline:{",
    "warn_if_reject",
    "reject",
    "check_policy_service",
    "unix:/x",
    "a",
    "$b",
    "sleep",
]
NAMES = ["smtpd_recipient_restrictions", "smtpd_relay_restrictions", "smtpd_restriction_classes", "a", "mynetworks"]
lists = st.lists(st.sampled_from(WORDS)).map(" ".join) | st.text()


@given(st.dictionaries(st.sampled_from(NAMES), lists), st.text() | st.lists(st.sampled_from(["smtp", "inet", "y", "-o", "{", "}", "\n", "a=b"])).map(" ".join))  # fmt: skip
def test_everything_is_read(main: dict[str, str], master: str) -> None:
    for text in main.values():
        for one in restrictions(text, main):
            assert one.name
    assert all(finding.weight in GRAVE for finding in check(main, services(master)))


@given(st.text())
def test_parameters_have_names(text: str) -> None:
    assert all(name == name.strip() for name in parameters(text))


def test_a_long_list_is_no_work() -> None:
    for text in ("{" * 10_000, "a { " * 10_000, "check_x " * 10_000, "inline:{ { a } " * 5_000):
        assert linear(lambda listed: restrictions(listed, {}), text)
        assert linear(services, f"smtp inet n - n - - smtpd {text}")
