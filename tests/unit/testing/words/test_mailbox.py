"""test_mailbox_create, test_mailbox_delete, test_mailbox."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdafilter.errors import RuleErrors
from tests.support.rehearsal import reason, rehearse
from tests.support.sieve import line


@pytest.mark.parametrize("make", ['test_mailbox_create "A.B";', 'test_mailbox :create "A/B";'])
@pytest.mark.parametrize("remove", ['test_mailbox_delete "A.B";', 'test_mailbox :delete "A.B";'])
def test_both_forms(tmp_path: Path, make: str, remove: str) -> None:
    text = f'{make} if not mailboxexists "A.B" {{ test_fail "no"; }} {remove} if mailboxexists "A.B" {{ test_fail "yes"; }}'
    assert reason(tmp_path, text) is None


def test_a_name_that_is_none(tmp_path: Path) -> None:
    assert "has an empty level in it" in str(reason(tmp_path, 'test_mailbox_create "a..b";'))


def test_create_or_delete(tmp_path: Path) -> None:
    with pytest.raises(RuleErrors) as raised:
        rehearse(tmp_path, 'test_mailbox "A";')
    assert [line(problem).partition(" ")[2] for problem in raised.value.problems] == [
        'test_mailbox needs :create or :delete | write: test_mailbox :create "Trash"'
    ]
