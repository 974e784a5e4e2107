"""Days, and two reports as one."""

from __future__ import annotations

import pytest

from mdafilter.reporting import COLUMNS, MEANING, TITLES, Day, Item, Summary, both

ONE = Summary("ann", (Day("2026-11-25", 3, 1), Day("2026-11-26", 5, 2, 1, 4, 3)), "Trash", (Item(9.0, 19.0),), 1, 70)


def test_all_days_together() -> None:
    assert ONE.total() == Day("2026-11-25 to 2026-11-26", 8, 3, 1, 4, 3)
    assert Summary("ann", ONE.days[:1]).span == "2026-11-25"


def test_two_mailboxes_are_one_report() -> None:
    other = Summary("bob", (Day("2026-11-25", 1), Day("2026-11-26")), "Trash", (Item(1.0, 11.0),), 2, 30, ("a", "a"))
    told = both(ONE, other)
    assert [day.delivered for day in told.days] == [4, 5]
    assert [item.time for item in told.held] == [1.0, 9.0]
    assert (told.who, told.held_count, told.held_octets, told.notes) == ("ann", 3, 100, ("a",))
    with pytest.raises(ValueError, match="same days"):
        both(ONE, Summary("bob", ONE.days[:1]))


@pytest.mark.parametrize(
    ("summary", "empty"),
    [
        (Summary("ann", (Day("2026-11-25"),), "Trash"), True),
        (Summary("ann", (Day("2026-11-25", learned=1),)), False),
        (Summary("ann", (Day("2026-11-25"),), held_count=1), False),
        (Summary("ann", (Day("2026-11-25"),), notes=("why",)), False),
    ],
)
def test_there_is_nothing_to_tell(summary: Summary, empty: bool) -> None:
    assert summary.is_empty == empty


def test_each_column_has_a_title_and_says_what_it_means() -> None:
    assert tuple(TITLES) == tuple(MEANING) == COLUMNS == Day._fields[1:]
