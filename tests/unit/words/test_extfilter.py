"""filter (vnd.dovecot.filter): a real program, also one that is killed, hangs, or writes half."""

from __future__ import annotations

import os
import resource
from pathlib import Path

import pytest

from mdafilter import limits
from mdafilter.acts import File, Keep
from mdafilter.decision import Decision
from mdafilter.engine import run
from mdafilter.message import Message, Octets
from mdafilter.plan import Scene
from mdafilter.words.extfilter import FilterBy
from mdafilter.words.program import Program
from tests.support.bindir import ENVELOPE, MAIL, REQUIRE, decided, program, world
from tests.support.script import acts, compiled, delivered, folders


@pytest.fixture
def bin_dir(tmp_path: Path) -> Path:
    program(tmp_path, "sign", 'cat; printf "%s\\r\\n" "$1"')
    program(tmp_path, "lf", 'tr -d "\\r"; echo end')
    program(tmp_path, "from", 'echo "From x  Thu Jan  1 00:00:00 1970"; cat')
    program(tmp_path, "same", "cat")
    program(tmp_path, "fail", "echo half; exit 3")
    program(tmp_path, "killed", "echo half; kill -9 $$")
    program(tmp_path, "hangs", "echo half; sleep 60")
    program(tmp_path, "nothing", "exit 0")
    program(tmp_path, "endless", "exec yes")
    program(tmp_path, "closed", "exec cat <&-")
    return tmp_path


def test_what_it_writes_is_the_message(bin_dir: Path) -> None:
    decision = decided(bin_dir, 'filter "sign" "-- x"; keep;')
    assert delivered(decision) == MAIL + b"-- x\n" and decision.notes == ()


@pytest.mark.parametrize("name", ["sign", "lf", "same"])
@pytest.mark.parametrize("eol", ["crlf", "lf"])
@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
def test_the_message_keeps_its_line_ends(bin_dir: Path, name: str, eol: str, newline: bytes) -> None:
    message = MAIL.replace(b"\n", newline)
    made = delivered(decided(bin_dir, f'filter "{name}" "x";', message, filter_input_eol=eol))
    assert made.startswith(message) and made.replace(b"\r\n", b"\n").count(b"\r") == 0
    assert (b"\r" in made) == (newline == b"\r\n" or (name, eol) == ("sign", "lf"))


def test_a_from_line_is_no_part_of_it(bin_dir: Path) -> None:
    assert delivered(decided(bin_dir, 'filter "from";')) == MAIL


@pytest.mark.parametrize("name", ["fail", "killed", "hangs", "nothing", "endless", "closed"])
def test_where_it_fails_the_message_is_as_it_was(bin_dir: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(limits, "ANSWER_OCTETS", 100_000)
    script = f'filter "{name}"; if filter "{name}" {{ discard; }} else {{ fileinto "failed"; }}'
    decision = decided(bin_dir, script, filter_exec_timeout="1s")
    assert folders(decision) == ["failed"] and delivered(decision) == MAIL
    assert all(note.startswith(f"filter {name}: ") for note in decision.notes) and len(decision.notes) == 2


def test_as_a_test_it_holds_where_it_worked(bin_dir: Path) -> None:
    script = 'if filter "sign" "new" { fileinto "yes"; }'
    assert [type(act) for act in acts(decided(bin_dir, script))] == [File]
    assert delivered(decided(bin_dir, script)) == MAIL + b"new\n"


def test_tests_see_the_new_message(bin_dir: Path) -> None:
    program(bin_dir, "mark", 'echo "X-Mark: yes"; cat')
    assert folders(decided(bin_dir, 'filter "mark"; if header "X-Mark" "yes" { fileinto "a"; }')) == ["a"]
    inside = 'foreverypart { filter "mark"; if header :mime "X-Mark" "yes" { fileinto "a"; } }'
    assert folders(decided(bin_dir, inside)) == ["a"]


def test_a_program_that_is_not_there_keeps_the_message(bin_dir: Path) -> None:
    decision = decided(bin_dir, 'fileinto "a"; filter "none";')
    assert acts(decision) == [Keep()] and "the message is kept" in decision.notes[0]


def test_a_test_for_a_program_that_is_not_there_does_not_hold(bin_dir: Path) -> None:
    """As in Pigeonhole, whose word it is."""
    decision = decided(bin_dir, 'if filter "none" { discard; } else { fileinto "a"; }')
    assert folders(decision) == ["a"] and delivered(decision) == MAIL
    assert "No such file" in decision.notes[0]


def test_a_failure_later_on_brings_the_message_back(bin_dir: Path) -> None:
    assert delivered(decided(bin_dir, 'require "ihave"; filter "sign" "x"; error "no";')) == MAIL


def large(bin_dir: Path, script: str, octets: Octets) -> Decision:
    return run([compiled(REQUIRE + script).plan], Scene(Message.parse(octets), ENVELOPE, world(bin_dir)))


def test_a_large_message_is_never_in_memory(bin_dir: Path) -> None:
    fd = os.open(bin_dir / "large", os.O_RDWR | os.O_CREAT)
    os.write(fd, MAIL)
    for _ in range(80):
        os.write(fd, b"%s\n" % (b"x" * 99) * 10_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    decision = large(bin_dir, 'filter "same"; addheader "X" "1";', Octets.map(fd))
    size = os.fstat(fd).st_size
    os.close(fd)
    assert decision.decided[0].message.size == size + len(b"X: 1\n") and decision.notes == ()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20 * 1024  # KiB


def test_it_describes_itself_as_sieve() -> None:
    assert FilterBy(Program("filter", "x", ("a",))).describe() == 'filter "x" "a"'
