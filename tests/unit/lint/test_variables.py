"""Variables never set, or never used (RFC 5229)."""

from __future__ import annotations

import pytest

from tests.support.lints import REQUIRE, found


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ('set "a" "b";', ['2:5 the variable "a" is set and never used | remove it']),
        (
            'fileinto "${a}";',
            ['2:1 the variable "a" is never set, and is empty | write it as the set does, or set "a" before'],
        ),
        ('fileinto "${1}";', ["2:1 ${1} is always empty | no :matches or :regex is in this script that could set it"]),
        ('global "g"; fileinto "${g}";', []),
        ('set "a" "b"; fileinto "${a}";', []),
        ('setflag "f" "x"; fileinto :flags "${f}" "A";', []),
        ('set "f" "\\\\Seen"; if hasflag "f" "x" {}', []),
        ('if header :matches "a" "*" { fileinto "${1}"; }', []),
    ],
)
def test_what_is_said_of_a_script(script: str, said: list[str]) -> None:
    assert found("variables", REQUIRE + script) == said
