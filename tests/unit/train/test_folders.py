"""Moves and what they say, without a file system. Random ones: tests/property/test_folders.py."""

from __future__ import annotations

import pytest

from mdafilter.train.folders import Comparison, Found, Memory, Roles, Seen, base, named_at, renamed
from tests.support.folders import ours

ROLES = Roles(("Junk", "Spam"), ("Trash",), ("Sent",))
NAME = "1790000000.M1P2.host"


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        (f"{NAME}:2,FS", NAME),
        (f"{NAME},S=123,W=130:2,S", NAME),
        (f"{NAME},U=7:2,", NAME),  # mbsync(1), SyncState in names
        (NAME, NAME),
        (":2,S", ""),
    ],
)
def test_the_base_is_what_flags_and_sizes_do_not_change(name: str, wanted: str) -> None:
    assert base(name) == wanted


@pytest.mark.parametrize(
    ("folder", "role"),
    [
        ("", "other"),
        ("Lists.debian", "other"),
        ("Junk", "junk"),
        ("Junk.2026.11", "junk"),
        ("Junkyard", "other"),
        ("Trash", "trash"),
        ("Trash.Junk", "trash"),
        ("Sent.old", "ignored"),
    ],
)
def test_the_role_of_a_folder(folder: str, role: str) -> None:
    assert ROLES.of(folder) == role


@pytest.mark.parametrize(
    ("was", "now", "verdict"),
    [
        ("", "Junk", "spam"),
        ("Trash", "Junk", "spam"),
        ("Junk", "Spam", ""),
        ("Junk", "", "ham"),
        ("Junk.old", "Lists", "ham"),
        ("Junk", "Trash", ""),
        ("", "Trash", ""),
        ("Trash", "", ""),
        ("", "Lists", ""),
    ],
)
def test_the_verdict_of_a_move(was: str, now: str, verdict: str) -> None:
    assert ROLES.verdict(was, now) == verdict


def compare(before: list[Seen], left: list[Seen], filed: str | None = None) -> Comparison:
    return Comparison(Memory(before), left, ROLES, lambda _found: filed)


def found(folder: str, name: str = "b2", trace: str = "t2", key: str = "k", label: str | None = None) -> Found:
    return Found(folder, name, f"cur/{name}", trace, key, label)


INBOX, JUNK = Seen("", "b1", "t1", "k"), Seen("Junk", "b3", "t3", "k")


@pytest.mark.parametrize("same", [{"name": "b1"}, {"trace": "t1"}, {"key": "k"}], ids=str)
@pytest.mark.parametrize("left", [[], [INBOX]], ids=["copied", "moved"])
def test_a_known_message_is_known_by_each_of_its_marks(same: dict[str, str], left: list[Seen]) -> None:
    arrived = found("Junk", **{"key": "other", **same})
    assert compare([INBOX], left).judge(arrived).verdict == "spam"


def test_an_unknown_message_says_nothing() -> None:
    assert compare([INBOX], []).judge(found("Junk", key="other")).verdict == ""


def test_a_new_name_of_ours_is_a_delivery_whatever_it_holds() -> None:
    """A spam that is sent again, byte for byte, or one file delivered to two folders."""
    assert compare([INBOX], []).judge(found("Junk", ours().partition(",")[0], trace="t1")).verdict == ""


def test_the_folder_that_it_has_left_counts_before_one_where_it_still_is() -> None:
    archive = Seen("Lists", "b4", "t4", "k")
    assert compare([JUNK, archive], [JUNK]).judge(found("")).verdict == "ham"
    assert compare([INBOX, JUNK], [INBOX]).judge(found("Lists")).verdict == ""


def test_a_copy_in_the_same_folder_is_none() -> None:
    assert compare([JUNK, INBOX], []).judge(found("")).verdict == ""


def test_of_two_folders_the_one_counts_that_says_something() -> None:
    archive = Seen("Lists", "b4", "t4", "k")
    assert compare([JUNK, archive], []).judge(found("")).verdict == "ham"


def test_nothing_comes_from_where_it_has_just_come() -> None:
    """One message into two folders between two looks: one of them is Junk, and the other is not out of it."""
    looking = compare([INBOX], [INBOX])
    first, second = found("Junk"), found("Lists", "b5", "t1")
    assert looking.judge(first).verdict == "spam"
    looking.arrive(first)
    assert looking.judge(second).verdict == ""


@pytest.mark.parametrize(
    ("label", "filed", "verdict"), [("Junk", None, "ham"), (None, "Junk", "ham"), ("", "Junk", "")]
)
def test_a_message_that_was_moved_before_it_was_seen(label: str | None, filed: str | None, verdict: str) -> None:
    assert compare([], [], filed).judge(found("", label=label)).verdict == verdict


def test_what_is_elsewhere_is_forgotten_and_what_is_nowhere_is_remembered() -> None:
    alone = Seen("", "b6", "t6", "k6")
    looking = compare([INBOX, alone], [INBOX, alone])
    looking.arrive(found("Lists"))
    out, gone = looking.depart(now=1000, forget=0)
    assert set(out) == {INBOX, alone}
    assert gone == [alone.replace(gone=1000)]
    assert compare(list(looking.memory), []).judge(found("Junk", "b7", "t7", "k6")).verdict == "spam"


def test_what_is_remembered_is_forgotten_in_the_end_and_when_it_comes_back() -> None:
    old, back = Seen("", "b6", "t6", "k6", gone=10), Seen("", "b1", "t1", "k", gone=100)
    looking = compare([old, back], [])
    looking.arrive(found("Lists"))
    out, gone = looking.depart(now=1000, forget=50)
    assert (set(out), gone) == ({old, back}, [])
    assert [one.folder for one in looking.memory] == ["Lists"]


def test_the_memory_forgets_all_of_a_message() -> None:
    memory = Memory([INBOX, JUNK])
    memory.drop(INBOX)
    memory.drop(JUNK)
    assert (list(memory), memory.folders, memory.same(INBOX)) == ([], {}, set())


def test_a_folder_with_another_name_is_known_by_its_inode() -> None:
    assert renamed({"": 1, "Junk": 2, "a": 3}, {"": 1, "Old": 2, "a": 3}) == {"Junk": "Old"}
    assert renamed({"Junk": 2}, {"Junk": 5, "New": 2}) == {}, "the name is still there"
    assert renamed({"Junk": 2}, {"New": 6}) == {}


@pytest.mark.parametrize(
    ("before", "found", "cause"),
    [
        (None, Found("Lists", NAME, "", "t"), "APPEND"),
        (None, Found("Lists", base(ours()), "", "t"), ""),  # a delivery
        (None, Found("Lists", base(ours()), "", "t", label="Junk"), "COPY"),  # delivered elsewhere, and moved unseen
        (None, Found("Lists", base(ours()), "", "t", label="Lists"), ""),
        (None, Found("Lists", NAME, "", "t", label="Junk"), "APPEND"),
        (Seen("", NAME, "t"), Found("Lists", NAME, "", "t2"), "COPY"),  # moved to another file system
        (Seen("", "other", "t"), Found("Lists", NAME, "", "t"), "COPY"),  # a hard link
        (Seen("Lists", "other", "t"), Found("Lists", NAME, "", "t"), "COPY"),  # within the folder
        (Seen("Lists", NAME, "t", gone=1.0), Found("Lists", NAME, "", "t"), ""),  # it was overlooked
        (Seen("", NAME, "t", gone=1.0), Found("Lists", NAME, "", "t"), "COPY"),
        (Seen("", "other", "t", "k"), Found("Lists", NAME, "", "t2", "k"), "APPEND"),  # written anew
        (Seen("Lists", "other", "t", "k"), Found("Lists", NAME, "", "t2", "k"), "APPEND"),
    ],
)
def test_the_cause_of_an_arrival(before: Seen | None, found: Found, cause: str) -> None:
    """RFC 6785 section 4.3."""
    assert Comparison(Memory([before] if before else []), [], ROLES).judge(found).cause == cause


def test_a_file_with_another_name_in_its_folder_is_no_arrival() -> None:
    one = Seen("Lists", "other", "t", "k")
    assert Comparison(Memory([one]), [one], ROLES).judge(Found("Lists", NAME, "", "t")).cause == ""


@pytest.mark.parametrize("name", [NAME, "1790000000.M12P2.host"])
def test_a_copy_of_what_has_just_come_is_one(name: str) -> None:
    """Also under the same name, as Dovecot copies. Nothing comes from there for those who learn."""
    comparison = Comparison(Memory(), [], ROLES)
    first, second = Found("Junk", NAME, "", "t"), Found("", name, "", "t")
    assert comparison.judge(first).cause == "APPEND"
    comparison.arrive(first)
    move = comparison.judge(second)
    assert (move.cause, move.origin, move.verdict) == ("COPY", "Junk", "")


def test_when_a_name_was_made() -> None:
    names = ["x", "1790000000.M9P1.h", "1790000000.M10P1.h", "1790000001.12_0.h", "1790000001.M1P1.h"]
    assert sorted([*names[2:], *names[:2]], key=named_at) == names
    assert named_at("9" * 20 + ".M1") == (0, 0)
