"""The quota file of a Maildir++, on a real disk. The quotations are of README.maildirquota."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mdafilter.errors import OverQuota
from mdafilter.files import CALLS, Calls
from mdafilter.targets.maildirsize import Account, Amount, Sheet, Usage, definition, parse, size_of
from tests.support.faults import Faulty

NOW = 1_800_000_000.0
LINE = b"4410 1\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A Maildir with 3 messages of 10, 200 and 3000 octets, of which the second is in a folder."""
    for folder in (".", ".Archive"):
        for part in ("cur", "new", "tmp"):
            (tmp_path / folder / part).mkdir(parents=True)
    (tmp_path / "new" / "1.host,S=10").touch()
    (tmp_path / ".Archive/cur" / "2.host,S=200,W=210:2,S").touch()
    (tmp_path / "cur" / "3.host:2,").write_bytes(b"x" * 3000)
    return tmp_path


def sheet(root: Path, content: bytes, age: float = 0) -> None:
    (root / "maildirsize").write_bytes(content)
    os.utime(root / "maildirsize", (NOW - age, NOW - age))


def account(root: Path, octets: int = 100, default: str = "", trash: bool = True, calls: Calls = CALLS) -> Account:
    return Account(calls, str(root), Amount(octets, 1), NOW, "name", default, trash)


def content(root: Path) -> list[str]:
    return (root / "maildirsize").read_text().splitlines()


# --- what it says --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "quota"),
    [
        (b"10000000S,1000C", (10_000_000, 1000)),  # "a quota of 10,000,000 bytes or 1,000 messages, whichever first"
        (b"1000C,10000000S", (10_000_000, 1000)),
        (b"500S", (500, 0)),
        (b"7C", (0, 7)),
        (b"0S", (0, 0)),
        (b" 500S , 7C \r", (500, 7)),
        (b"500S,9X", (500, 0)),
        (b"999999999999999999S", (999_999_999_999_999_999, 0)),
    ],
)
def test_a_definition(text: bytes, quota: tuple[int, int]) -> None:
    assert definition(text) == Amount(*quota)


@pytest.mark.parametrize(
    "text", [b"", b"S", b"500", b"-5S", b"5 S", b"500s", b"NOQUOTA", b"9" * 19 + b"S", b"1S" + b" " * 200, b"\xb2S"]
)
def test_what_is_no_definition(text: bytes) -> None:
    assert definition(text) is None


@pytest.mark.parametrize(
    ("content", "used", "lines"),
    [
        (b"500S\n10 1\n", (10, 1), 1),
        (b"500S\n10 1\n20 1\n-10 -1\n", (20, 1), 3),
        (b"500S\n     10      1\n", (10, 1), 1),  # "inserts whitespace padding on each line"
        (b"500S\n0 0\n", (0, 0), 1),
    ],
)
def test_all_lines_are_summed_up(content: bytes, used: tuple[int, int], lines: int) -> None:
    assert parse(content) == Sheet(b"500S", Amount(500, 0), Amount(*used), lines)


@pytest.mark.parametrize(
    "content",
    [
        b"500S",
        b"500S\n",
        b"500S\n10 1",  # cut off
        b"500S\n10 1\n\n",
        b"500S\n10\n",
        b"500S\n10 1 1\n",
        b"500S\n10 one\n",
        b"500S\n10 --1\n",
        b"500S\n10 -1\n",
        b"500S\n" + b"9" * 5000 + b" 1\n",
        b"500S\n" + LINE * 800,  # "if its size is at least 5120 bytes, recalculate it"
    ],
)
def test_sums_that_are_to_be_calculated_anew(content: bytes) -> None:
    found = parse(content[:5120])
    assert (found.first, found.quota, found.used) == (b"500S", Amount(500, 0), None)


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("1.M2.host,S=4410", 4410),
        ("1.M2.host,S=4410:2,S", 4410),
        ("1.M2.host,S=4410,W=4500:2,", 4410),
        ("1.M2.host", None),
        ("1.M2.host:2,S", None),
        ("1.M2.host,S=", None),
        ("1.M2.host,S=4x", None),
        ("1.M2.host,S=-4", None),
        ("1.M2.host,S=" + "9" * 200, None),
        ("1.M2.host,S=\u0664", None),
        ("1.M2.host,S=\udcff", None),
    ],
)
def test_the_size_in_a_name(name: str, size: int | None) -> None:
    assert size_of(name) == size


def test_how_full_it_is() -> None:
    assert Usage(Amount(1000, 10), Amount(930, 2)).percent == 93
    assert Usage(Amount(1000, 10), Amount(930, 10)).percent == 100
    assert Usage(Amount(), Amount(930, 10)).percent == 0
    assert str(Usage(Amount(1000, 10), Amount(930, 2))) == "930 of 1000 octets, 2 of 10 messages"
    assert str(Usage(Amount(0, 10), Amount(930, 2))) == "2 of 10 messages"


@pytest.mark.parametrize(
    ("quota", "fits"), [((1000, 10), True), ((999, 10), False), ((1000, 1), False), ((0, 2), True), ((0, 0), True)]
)
def test_what_is_just_filled_is_not_over(quota: tuple[int, int], fits: bool) -> None:
    assert Usage(Amount(*quota), Amount(1000, 2)).fits() is fits


# --- one delivery --------------------------------------------------------------------------------------------------


def test_a_delivery_adds_a_line(root: Path) -> None:
    """ "append a line to the file containing the message size, and "1"." """
    sheet(root, b"5000S\n3210 3\n")
    one = account(root)
    one.admit()
    assert one.usage == Usage(Amount(5000, 0), Amount(3310, 4))
    assert content(root) == ["5000S", "3210 3"]
    one.enter()
    assert (content(root), one.note) == (["5000S", "3210 3", "100 1"], "")


def test_lines_of_others_stay(root: Path) -> None:
    sheet(root, b"5000S\n3210 3\n")
    one = account(root)
    with (root / "maildirsize").open("ab") as other:
        other.write(b"-10 -1\n")
    one.enter()
    assert content(root) == ["5000S", "3210 3", "-10 -1", "100 1"]


def test_without_room_it_is_over(root: Path) -> None:
    sheet(root, b"3300S\n3210 3\n")
    one = account(root)
    with pytest.raises(OverQuota, match="with this message 3310 of 3300 octets") as raised:
        one.admit()
    assert raised.value.status == "4.2.2"
    assert content(root) == ["3300S", "3210 3"]


@pytest.mark.parametrize(
    ("lines", "age", "over"),
    [
        (b"9000 9\n", 0, True),  # calculated just now: believed
        (b"9000 9\n", 899, True),
        (b"9000 9\n", 900, False),
        (b"9000 9\n", -900, False),
        (b"8000 8\n1000 1\n", 0, False),
    ],
)
def test_one_that_says_full_is_calculated_anew(root: Path, lines: bytes, age: float, over: bool) -> None:
    """ "if maildirsize was more than one line long, or if the timestamp on maildirsize indicated that it's at least 15
    minutes old, throw out the totals, and recalculate maildirsize from scratch" """
    sheet(root, b"5000S\n" + lines, age)
    one = account(root)
    if over:
        with pytest.raises(OverQuota):
            one.admit()
    else:
        one.admit()
        assert content(root) == ["5000S", "3210 3"]
        assert one.usage == Usage(Amount(5000, 0), Amount(3310, 4))


def test_what_was_calculated_and_says_full_is_believed(root: Path) -> None:
    sheet(root, b"3000S\n" + LINE * 800)
    calls = Faulty()
    one = account(root, calls=calls)
    made = len(calls.made)
    with pytest.raises(OverQuota):
        one.admit()
    assert len(calls.made) == made
    assert content(root) == ["3000S", "3210 3"]


def test_a_large_file_is_calculated_anew(root: Path) -> None:
    sheet(root, b"5000S,77C,1X\n" + LINE * 800)
    account(root).enter()
    assert content(root) == ["5000S,77C,1X", "3210 3", "100 1"]
    assert sorted(os.listdir(root / "tmp")) == []


def test_a_definition_alone_is_enough(root: Path) -> None:
    """As an administrator makes it: echo 5000S >maildirsize."""
    sheet(root, b"5000S\n")
    account(root)
    assert content(root) == ["5000S", "3210 3"]


def test_what_defines_nothing_is_left_alone(root: Path) -> None:
    sheet(root, b"hello\n")
    one = account(root, 10**9)
    one.admit()
    one.enter()
    assert (one.usage, one.note, content(root)) == (None, "", ["hello"])


@pytest.mark.parametrize("before", [None, b"", b"hello\n"])
def test_the_setting_makes_the_file(root: Path, before: bytes | None) -> None:
    if before is not None:
        sheet(root, before)
    account(root, default="5000S,9C").enter()
    assert content(root) == ["5000S,9C", "3210 3", "100 1"]
    assert os.stat(root / "maildirsize").st_mode & 0o777 == 0o600


def test_the_file_goes_before_the_setting(root: Path) -> None:
    sheet(root, b"5000S\n3210 3\n")
    assert account(root, default="1C").usage == Usage(Amount(5000, 0), Amount(3310, 4))


def test_without_a_limit_it_is_kept_up_to_date(root: Path) -> None:
    """Dovecot writes "0S" where there is none."""
    sheet(root, b"0S\n3210 3\n")
    one = account(root, 10**12)
    one.admit()
    one.enter()
    assert content(root)[2] == f"{10**12} 1"


# --- what counts ---------------------------------------------------------------------------------------------------


@pytest.fixture
def trash(root: Path) -> Path:
    for part in ("cur", "new", "tmp"):
        (root / ".Trash" / part).mkdir(parents=True)
    (root / ".Trash/new/4.host,S=40000").touch()
    (root / "cur/5.host,S=500000:2,ST").touch()
    return root


def test_all_folders_and_what_is_marked_as_deleted_count(trash: Path) -> None:
    one = account(trash, default="1000000S")
    assert one.usage and one.usage.used == Amount(543_310, 6)


def test_trash_and_what_is_marked_as_deleted_may_be_left_out(trash: Path) -> None:
    """ "does not count deleted messages, and any contents of the Trash folder, against the quota" """
    one = account(trash, default="1000000S", trash=False)
    assert one.usage and one.usage.used == Amount(3310, 4)


def test_what_is_no_message_of_a_folder_does_not_count(root: Path) -> None:
    (root / ".Archive/tmp/6.host,S=7").touch()
    (root / ".config").touch()
    (root / "..odd/new").mkdir(parents=True)
    (root / "..odd/new/7.host,S=7").touch()
    (root / "courier/new").mkdir(parents=True)
    (root / "courier/new/8.host,S=7").touch()
    (root / "new/.nfs0001").touch()
    one = account(root, default="1000000S")
    assert one.usage and one.usage.used == Amount(3310, 4)


def test_one_file_of_two_names_counts_twice(root: Path) -> None:
    os.link(root / "cur/3.host:2,", root / ".Archive/cur/3.host:2,")
    one = account(root, default="1000000S")
    assert one.usage and one.usage.used == Amount(6310, 5)


class Busy(Calls):
    """Something happens after each rename, which is told how many there were."""

    def __init__(self, happens: Callable[[int], object]) -> None:
        self.rename = self._rename  # type: ignore[assignment]
        self.renamed = 0
        self.happens = happens

    def _rename(self, old: str, new: str) -> None:
        os.rename(old, new)
        self.renamed += 1
        self.happens(self.renamed)


def test_what_changes_meanwhile_is_summed_up_again(root: Path) -> None:
    """ "Afterwards, stat all new and cur subdirectories again. If you find a timestamp later than the saved timestamp,
    either remove maildirsize and proceed, or repeat the recalculation." """

    def deliver(renamed: int) -> None:
        if renamed == 1:
            (root / "new/9.host,S=1000").touch()
            os.utime(root / "new", (time.time() + 1, time.time() + 1))

    calls = Busy(deliver)
    one = account(root, default="1000000S", calls=calls)
    assert one.usage and one.usage.used == Amount(4310, 5)
    assert calls.renamed == 2


def test_a_maildir_that_never_rests_is_not_waited_for(root: Path) -> None:
    calls = Busy(lambda renamed: os.utime(root / "new", (renamed, renamed)))
    account(root, default="1000000S", calls=calls)
    assert calls.renamed == 3


# --- what fails ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("age", [0, 1000])
def test_no_failure_is_one_of_the_delivery(root: Path, age: float) -> None:
    """Each call fails in turn: there is a note, and nothing is left in tmp/."""
    for number in range(1, 200):
        sheet(root, b"3300S\n3210 3\n", age)
        calls = Faulty(lambda n, _name, number=number: errno.EIO if n == number else None)  # type: ignore[misc]
        one = account(root, 10, default="5000S", calls=calls)
        one.admit()
        one.enter()
        calls.bury()
        assert one.note or not calls.failed or calls.failed[0] in ("close", "lstat")
        assert os.listdir(root / "tmp") == []
        if not calls.failed:
            break
    assert number > 5


def test_who_cannot_tell_turns_nothing_away(root: Path) -> None:
    """The sums say that it is full, and cannot be made sure of."""
    sheet(root, b"3300S\n3210 3\n", 1000)
    calls = Faulty(lambda _n, name: errno.EIO if name == "listdir" else None)
    one = account(root, calls=calls)
    one.admit()
    assert (one.usage, one.note) == (None, f"the quota of {root} was not looked at: Input/output error")


def test_a_file_that_is_cut_off_never_takes_the_place(root: Path) -> None:
    class Full(Calls):
        def __init__(self) -> None:
            self.write = lambda fd, data: os.write(fd, bytes(data)[:2])

    sheet(root, b"5000S\n")
    one = account(root, calls=Full())
    assert content(root) == ["5000S"]
    assert one.note == f"{root}/maildirsize cannot be written: No space left on device"
    assert os.listdir(root / "tmp") == []


@pytest.mark.parametrize("kind", ["symlink", "directory", "fifo"])
def test_what_is_no_file_is_not_read(root: Path, kind: str) -> None:
    path = root / "maildirsize"
    if kind == "symlink":
        (root / "other").write_bytes(b"1C\n9 9\n")
        path.symlink_to(root / "other")
    elif kind == "directory":
        path.mkdir()
    else:
        os.mkfifo(path)
    one = account(root)
    one.admit()
    one.enter()
    assert one.usage is None


def test_what_a_killed_try_left_is_used_again(root: Path) -> None:
    (root / "tmp/name.maildirsize.mdafilter").write_bytes(b"9" * 500)
    account(root, default="5000S")
    assert content(root) == ["5000S", "3210 3"]
    assert os.listdir(root / "tmp") == []
