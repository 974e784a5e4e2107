"""The same notifications by Pigeonhole's sievec: whether the URI, the address, the importance and the options are ones.

Differences are in sievec_differences.md.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.e2e.test_sievec_oracle import accepted, folder, pytestmark
from tests.support.sieve import errors

__all__ = ["folder", "pytestmark"]

ADDRESSES = [
    "a@b.test",
    "c@d.test%2Ce@f.test",
    "%22a%20b%22@c.test",
    "a%23b.test",
    "a",
    "a@b.test;",
    "<a@b.test>",
    "a@b.test,",
    "",
]
NAMES = ["subject", "body", "x-foo", "reply-to", "from", "to", "x:y", "x<y", "%3A"]
VALUES = ["", "x", "a@b.test", "%20", "caf%C3%A9", "%ff", "%", "%zz", "a>b", "a/b", "a=b", "a+b", "caf\xe9", "%00"]
FIELDS = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(VALUES)), max_size=3)


@settings(max_examples=60)
@given(address=st.sampled_from(ADDRESSES), fields=FIELDS)
def test_a_uri_for_one_is_a_uri_for_the_other(folder: Path, address: str, fields: list[tuple[str, str]]) -> None:
    uri = f"mailto:{address}{'?' if fields else ''}{'&'.join(f'{name}={value}' for name, value in fields)}"
    script = f'require "enotify"; notify "{uri}";'
    theirs, said = accepted(folder, script)
    assert theirs is (errors(script) == []), said


@pytest.mark.parametrize(
    ("tags", "good"),
    [
        (':importance "1"', True),
        (':importance "0"', False),
        (':importance "11"', False),
        (':from "a@b.test"', True),
        (':from "A <a@b.test>"', True),
        (':from "a#b.test"', False),
        (':from ""', False),
        (':options ["a=b", "c.d-e_f="]', True),
        (':options "a"', False),
        (':options "_a=b"', False),
        (':options "=b"', False),
        (':options "a=b\nc"', False),
    ],
)
def test_a_tag_for_one_is_a_tag_for_the_other(folder: Path, tags: str, good: bool) -> None:
    script = f'require "enotify"; notify {tags} "mailto:a@b.test";'
    assert accepted(folder, script)[0] is good
    assert (errors(script) == []) is good


@pytest.mark.parametrize(
    ("method", "theirs", "ours"),
    [
        ("tel:+1", False, False),
        ("mailto:a@b.test,c@d.test", False, True),
        ("mailto:" + "%2C".join(f"a{n}@b.test" for n in range(9)), True, False),
    ],
)
def test_the_differences_are_as_they_are_written_down(folder: Path, method: str, theirs: bool, ours: bool) -> None:
    script = f'require "enotify"; notify "{method}";'
    assert accepted(folder, script)[0] is theirs
    assert (errors(script) == []) is ours


def test_a_method_that_was_asked_for(folder: Path) -> None:
    script = 'require "enotify"; if valid_notify_method "tel:+1" { notify "tel:+1"; }'
    assert not accepted(folder, script)[0]
    assert errors(script) == []
