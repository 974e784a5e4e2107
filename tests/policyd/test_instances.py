"""One field for an answer; each field once for a message."""

from __future__ import annotations

from mdafilter_policyd.instances import Instances


def test_fields_wait_for_their_turn() -> None:
    made = Instances()
    made.add("i", ["A: 1", "B: 2"])
    assert [made.next("i") for _ in range(3)] == ["A: 1", "B: 2", ""]


def test_a_field_is_not_brought_by_two_questions() -> None:
    made = Instances()
    made.add("i", ["Received-SPF: helo", "Received-SPF: mfrom"])  # two of a name by one question are two
    made.add("i", ["received-spf: mfrom", "X-Greylist: 300"])
    assert [made.next("i") for _ in range(4)] == ["Received-SPF: helo", "Received-SPF: mfrom", "X-Greylist: 300", ""]


def test_messages_are_told_apart() -> None:
    made = Instances()
    made.add("i", ["A: 1"])
    assert made.next("j") == ""
    assert made.knows("i", "a")
    assert not made.knows("j", "A")
    assert not made.knows("i", "B")


def test_the_oldest_is_forgotten() -> None:
    made = Instances(2)
    for instance in "ijik":
        made.add(instance, [f"{instance}: 1"])
    assert [made.next(instance) for instance in "ijk"] == ["i: 1", "", "k: 1"]
