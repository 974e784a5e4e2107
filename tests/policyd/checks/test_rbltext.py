"""Templates of refusals."""

from __future__ import annotations

import pytest

from mdafilter_policyd.checks.rbltext import TemplateError, parse

VALUES = {"rbl_code": "554", "rbl_what": "192.0.2.66", "rbl_domain": "zen.test", "rbl_reason": "a robot"}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("$rbl_code blocked", "554 blocked"),
        ("[$rbl_what]", "[192.0.2.66]"),
        ("${rbl_what}x", "192.0.2.66x"),
        ("a${rbl_reason?; $rbl_reason}", "a; a robot"),
        ("a${rbl_class?; $rbl_class}", "a"),
        ("a${rbl_class: none}", "a none"),
        ("a${rbl_reason: none}", "a"),
        ("${rbl_reason?${rbl_class?x}${rbl_domain?y}}", "y"),
        ("100 $$, } and {", "100 $, } and {"),
        ("$rbl_class.", "."),
        ("", ""),
    ],
)
def test_filling(template: str, text: str) -> None:
    """postconf(5): "${name?text}: If the value of name is non-empty, the result is text"."""
    assert parse(template).fill(VALUES) == text


def test_a_value_is_not_read_again() -> None:
    assert parse("$rbl_reason").fill({"rbl_reason": "$rbl_code ${x?}"}) == "$rbl_code ${x?}"


@pytest.mark.parametrize(
    ("template", "column", "text"),
    [
        ("a $ b", 3, "no name"),
        ("$rbl_cod", 1, r"no \$rbl_cod"),
        ("ab${rbl_code", 3, "has no"),
        ("${rbl_code?x", 1, "has no"),
        ("${rbl_code!x}", 1, "has no"),
        ("${rbl_code?" * 20 + "}" * 20, 89, "in each other"),
    ],
)
def test_what_is_wrong_is_told_with_its_column(template: str, column: int, text: str) -> None:
    with pytest.raises(TemplateError, match=text) as caught:
        parse(template)
    assert caught.value.column == column
