"""Keywords of a Maildir folder, in the file that Dovecot keeps."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdafilter import limits
from mdafilter.files import CALLS
from mdafilter.targets.keywords import FILE, LOCK, known, letters
from tests.support.faults import Faulty, Killed


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "KEYWORDS_SECONDS", 0.0)


def asked(folder: Path, *words: str) -> tuple[str, str]:
    return letters(CALLS, str(folder), words)


def test_those_of_a_folder_and_none_where_the_file_is_not_understood(tmp_path: Path) -> None:
    assert known(CALLS, str(tmp_path)) == {}
    (tmp_path / FILE).write_text("0 $Junk\n3 Work\n")
    assert known(CALLS, str(tmp_path)) == {"$junk": "a", "work": "d"}
    (tmp_path / FILE).write_text("0 $Junk\n0 Work\n")
    assert known(CALLS, str(tmp_path)) == {}


def content(folder: Path) -> str:
    return (folder / FILE).read_text()


def test_new_ones_are_numbered_behind_the_others(tmp_path: Path) -> None:
    assert asked(tmp_path, "$Forwarded") == ("a", "")
    assert asked(tmp_path, "Junk", "$Label1", "junk") == ("bc", "")
    assert content(tmp_path) == "0 $Forwarded\n1 Junk\n2 $Label1\n"
    assert os.listdir(tmp_path) == [FILE]


def test_what_dovecot_has_written_is_used(tmp_path: Path) -> None:
    """RFC 3501 section 2.3.2: keywords are the same in any case; what stands there stays as it is."""
    (tmp_path / FILE).write_text("0 $Forwarded\n3 NonJunk\n1 $label1\n")
    before = os.stat(tmp_path / FILE)
    assert asked(tmp_path, "nonjunk", "$Label1") == ("bd", "")
    assert os.stat(tmp_path / FILE) == before
    assert asked(tmp_path, "new") == ("e", "")
    assert content(tmp_path) == "0 $Forwarded\n3 NonJunk\n1 $label1\n4 new\n"


def test_a_line_without_an_end_is_ended(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("0 a")
    assert asked(tmp_path, "b") == ("b", "")
    assert content(tmp_path) == "0 a\n1 b\n"


def test_there_are_as_many_as_letters(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("".join(f"{number} k{number}\n" for number in range(24)))
    assert asked(tmp_path, "x", "y", "z", "k0") == (
        "ayz",
        "not kept as keywords: z (a folder has 26 at most)",
    )
    assert asked(tmp_path, "w") == ("", "not kept as keywords: w (a folder has 26 at most)")
    assert asked(tmp_path, "K23") == ("x", "")


@pytest.mark.parametrize(
    "text",
    ["garbage", "0\n", "0 \n", "x a\n", "26 a\n", "-1 a\n", "0 a\n0 b\n", "٣ a\n", "0 a\n\n1 b\n", "1000 a\n"],
)
def test_what_dovecot_did_not_write_is_left_alone(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    found, note = asked(tmp_path, "Junk")
    assert (found, content(tmp_path)) == ("", text)
    assert "is not as Dovecot writes it" in note


def test_it_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "KEYWORDS_OCTETS", 8)
    (tmp_path / FILE).write_text("0 abcdefgh\n")
    assert "is not as Dovecot" in asked(tmp_path, "Junk")[1]


@pytest.mark.parametrize(("folder", "file"), [(0o700, 0o600), (0o770, 0o660), (0o2755, 0o644)])
def test_it_has_the_rights_of_the_folder(tmp_path: Path, folder: int, file: int) -> None:
    place = tmp_path / "f"
    place.mkdir()
    place.chmod(folder)
    before = os.umask(0o077)
    try:
        asked(place, "Junk")
    finally:
        os.umask(before)
    assert (place / FILE).stat().st_mode & 0o777 == file


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives a folder to another group")
def test_it_belongs_to_the_group_of_the_folder(tmp_path: Path) -> None:
    place = tmp_path / "f"
    place.mkdir()
    os.chown(place, -1, 12345)
    place.chmod(0o770)
    asked(place, "Junk")
    assert ((place / FILE).stat().st_gid, (place / FILE).stat().st_mode & 0o777) == (12345, 0o660)


def test_its_time_grows_by_seconds(tmp_path: Path) -> None:
    """Dovecot compares seconds: a file that changed twice in one would not be read again."""
    asked(tmp_path, "a")
    first = int((tmp_path / FILE).stat().st_mtime)
    for number, word in enumerate("bcd", 1):
        asked(tmp_path, word)
        assert int((tmp_path / FILE).stat().st_mtime) >= first + number


# --- locks -----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("quick")
def test_dovecots_lock_is_waited_for_and_then_the_flag_given_up(tmp_path: Path) -> None:
    (tmp_path / LOCK).write_text(f"{os.getpid()}:{os.uname().nodename}")
    assert asked(tmp_path, "Junk") == ("", "not kept as keywords: Junk (another program is at work there)")
    assert (tmp_path / LOCK).exists()
    assert not (tmp_path / FILE).exists()


def test_a_keyword_that_is_there_needs_no_lock(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("0 Junk\n")
    (tmp_path / LOCK).touch()
    assert asked(tmp_path, "Junk") == ("a", "")


@pytest.mark.usefixtures("quick")
def test_a_lock_of_ours_that_is_left_is_taken_away(tmp_path: Path) -> None:
    """Who has the lock of the folder is the only one of us."""
    (tmp_path / LOCK).write_text(f"1:{os.uname().nodename}\n")
    assert asked(tmp_path, "Junk") == ("a", "")
    assert not (tmp_path / LOCK).exists()


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("text", ["", "x:y", "1:", "1:elsewhere.example"])
def test_another_lock_is_taken_away_when_it_is_old(tmp_path: Path, text: str) -> None:
    lock = tmp_path / LOCK
    lock.write_text(text)
    assert asked(tmp_path, "Junk")[0] == ""
    old = lock.stat().st_mtime - limits.UIDLIST_STALE - 1
    os.utime(lock, (old, old))
    assert asked(tmp_path, "Junk") == ("a", "")


@pytest.mark.usefixtures("quick")
def test_another_process_of_ours_is_waited_for(tmp_path: Path) -> None:
    fd = os.open(tmp_path, os.O_RDONLY)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        assert "another program" in asked(tmp_path, "Junk")[1]
    finally:
        os.close(fd)
    assert asked(tmp_path, "Junk") == ("a", "")


def test_many_at_once(tmp_path: Path) -> None:
    """Each of them adds a keyword, and none is lost."""
    code = "import sys; from mdafilter.files import CALLS; from mdafilter.targets.keywords import letters\n"
    code += "print(letters(CALLS, sys.argv[1], [sys.argv[2]]))"
    argv = [sys.executable, "-c", code, str(tmp_path)]
    running = [subprocess.Popen([*argv, f"k{number}"], stdout=subprocess.PIPE) for number in range(8)]
    said = {one.communicate()[0].decode() for one in running}
    assert said == {f"('{letter}', '')\n" for letter in "abcdefgh"}
    assert sorted(content(tmp_path).split()[::2]) == list("01234567")


# --- what goes wrong -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("there", ["", "0 a\n"])
@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EACCES, errno.EIO, errno.EMFILE])
def test_each_call_fails(tmp_path: Path, there: str, error: int) -> None:
    """The file is the old one or the new one, nothing lies about, and the letter is one that the file has."""
    for number in range(1, 100):
        (tmp_path / FILE).write_text(there)
        calls = Faulty(lambda n, _name, number=number: error if n == number else None, half=True)  # type: ignore[misc]
        found, note = letters(calls, str(tmp_path), ["b"])
        calls.bury()
        assert bool(found) == (not note)
        assert content(tmp_path) in (there, there + f"{len(there) // 4} b\n")
        assert not found or "b\n" in content(tmp_path)
        (tmp_path / LOCK).unlink(missing_ok=True)  # where the removal itself failed: it is stale when we are gone
        if not calls.failed:
            break
    assert os.listdir(tmp_path) == [FILE]


def test_a_kill_after_each_call(tmp_path: Path) -> None:
    for number in range(1, 100):
        (tmp_path / FILE).write_text("0 a\n")
        calls = Faulty(last=number)
        try:
            letters(calls, str(tmp_path), ["b"])
            break
        except Killed:
            calls.bury()
        assert content(tmp_path) in ("0 a\n", "0 a\n1 b\n")
        (tmp_path / LOCK).unlink(missing_ok=True)  # its process is taken for dead
        assert asked(tmp_path, "b") == ("b", "")
        assert os.listdir(tmp_path) == [FILE]


def test_a_real_kill_leaves_a_lock_that_is_stale(tmp_path: Path) -> None:
    code = "import os, signal, sys; from mdafilter.files import CALLS, Calls; from mdafilter.targets import keywords\n"
    code += "class Last(Calls):\n    def rename(self, old, new): os.kill(os.getpid(), signal.SIGKILL)\n"
    code += "keywords.letters(Last(), sys.argv[1], ['Junk'])"
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert sorted(os.listdir(tmp_path)) == [f"{FILE}.lock", LOCK]
    assert asked(tmp_path, "Junk") == ("a", "")
    assert os.listdir(tmp_path) == [FILE]


@settings(deadline=None)
@given(st.binary(max_size=200) | st.lists(st.sampled_from([b"0", b"1", b"25", b" ", b"a", b"b", b"\n"])).map(b"".join))
def test_any_file_is_read_and_never_made_worse(tmp_path_factory: pytest.TempPathFactory, text: bytes) -> None:
    folder = tmp_path_factory.mktemp("f")
    (folder / FILE).write_bytes(text)
    found, note = asked(folder, "zz")
    assert len(found) + bool(note) == 1
    assert (folder / FILE).read_bytes().startswith(text)
