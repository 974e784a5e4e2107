"""pipe (vnd.dovecot.pipe), up to the Maildir."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdafilter import pipeline
from mdafilter.acts import Discard, Keep, Pipe
from mdafilter.errors import RuleErrors, TryAgain
from mdafilter.journal import Journal
from mdafilter.message import Octets
from mdafilter.perform import Receipts
from mdafilter.pipeline import Setup
from mdafilter.plan import Try
from mdafilter.rulebook import Rulebook
from mdafilter.settings import Settings
from mdafilter.words.extpipe import PipeTo
from mdafilter.words.program import Program
from tests.support.bindir import ENVELOPE, MAIL, REQUIRE, decided, program, world
from tests.support.script import acts, compiled

GOT = "got.txt"


@pytest.fixture
def bin_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    program(
        folder, "take", f'cat >"{tmp_path}/{GOT}"; printf "%s|" "$@" "$SENDER" "$ORIG_RECIPIENT" >>"{tmp_path}/{GOT}"'
    )
    program(folder, "fail", f'echo ran >>"{tmp_path}/failed"; echo no >&2; exit 1')
    program(folder, "hang", "sleep 60")
    program(folder, "die", "kill -9 $$")
    return folder


def deliver(bin_dir: Path, script: str, **options: str) -> Receipts:
    home = bin_dir.parent
    journal = Journal(str(home / "journal"), syslog=False)
    book = Rulebook((compiled(REQUIRE + script).plan,), ())
    made = Setup(Settings(), book, str(home / "Maildir"), str(home), journal)
    receipts = pipeline.deliver(Octets.of(MAIL), ENVELOPE, made, world(bin_dir, **options))
    receipts.forget()
    return receipts


def kept(bin_dir: Path) -> list[bytes]:
    """What is in the Maildir and all of its folders, without the label."""
    return [
        p.read_bytes()[-len(MAIL) :] for p in sorted((bin_dir.parent / "Maildir").glob("**/[nc]*/*")) if p.is_file()
    ]


def test_the_program_gets_the_message_and_nobody_else(bin_dir: Path) -> None:
    deliver(bin_dir, 'pipe "take" ["a b", "; $(x)"];')
    got = (bin_dir.parent / GOT).read_bytes()
    assert got == MAIL.replace(b"\n", b"\r\n") + b"a b|; $(x)|s@example.org|o@example.net|"
    assert kept(bin_dir) == []


def test_line_ends_as_the_site_wants_them(bin_dir: Path) -> None:
    deliver(bin_dir, 'pipe "take";', pipe_input_eol="lf")
    assert (bin_dir.parent / GOT).read_bytes().startswith(MAIL)


def test_a_copy_leaves_the_implicit_keep(bin_dir: Path) -> None:
    deliver(bin_dir, 'pipe :copy "take";')
    assert kept(bin_dir) == [MAIL] and (bin_dir.parent / GOT).exists()


@pytest.mark.parametrize("name", ["fail", "die", "hang", "none"])
def test_one_that_fails_keeps_the_message(bin_dir: Path, name: str) -> None:
    """And nothing of what the rules wanted is done."""
    receipts = deliver(bin_dir, f'fileinto "a"; pipe :copy "{name}";', pipe_exec_timeout="1s")
    assert [type(one.act) for one in receipts.receipts] == [Keep] and kept(bin_dir) == [MAIL]
    assert "the message is kept" in (bin_dir.parent / "journal").read_text()


@pytest.mark.parametrize("name", ["fail", "die", "hang", "none"])
def test_with_try_it_is_passed_over(bin_dir: Path, name: str) -> None:
    deliver(bin_dir, f'pipe :try "{name}";', pipe_exec_timeout="1s")
    assert kept(bin_dir) == [MAIL]
    assert "the rules went on without it" in (bin_dir.parent / "journal").read_text()


def test_the_rest_of_the_rules_is_done(bin_dir: Path) -> None:
    deliver(bin_dir, 'pipe :try "fail"; pipe "take"; fileinto "a";')
    assert kept(bin_dir) == [MAIL] and (bin_dir.parent / GOT).exists()
    assert (bin_dir.parent / "failed").read_text() == "ran\n"


def test_it_is_not_run_where_the_message_is_not_delivered(bin_dir: Path) -> None:
    (bin_dir.parent / "Maildir").write_text("no folder")
    with pytest.raises(TryAgain):
        deliver(bin_dir, 'pipe :copy "take";')
    assert not (bin_dir.parent / GOT).exists()


def test_nor_where_the_rules_fail(bin_dir: Path) -> None:
    deliver(bin_dir, 'require "ihave"; pipe "take"; error "no";')
    assert not (bin_dir.parent / GOT).exists() and kept(bin_dir) == [MAIL]


def test_the_message_is_the_one_of_that_moment(bin_dir: Path) -> None:
    deliver(bin_dir, 'pipe "take"; addheader "X-After" "1";')
    assert b"X-After" not in (bin_dir.parent / GOT).read_bytes()


def test_what_is_decided(bin_dir: Path) -> None:
    pipe = acts(decided(bin_dir, 'pipe "take" "x";'))[0]
    assert isinstance(pipe, Pipe) and pipe.command == (f"{bin_dir}/take", "x") and pipe.seconds == 10
    assert [type(act) for act in acts(decided(bin_dir, 'discard; pipe :copy "take";'))] == [Discard, Pipe]


def test_without_a_folder_there_are_no_programs(bin_dir: Path) -> None:
    decision = decided(bin_dir, 'pipe "take";', pipe_bin_dir="")
    assert acts(decision) == [Keep()] and "the site has no folder of programs" in decision.notes[0]


def test_copy_needs_its_extension() -> None:
    with pytest.raises(RuleErrors, match="copy"):
        compiled('require "vnd.dovecot.pipe"; pipe :copy "x";')


def test_it_describes_itself_as_sieve() -> None:
    assert PipeTo(Program("pipe", "x", ("a",)), True, True).describe() == 'pipe :copy :try "x" "a"'
    (step,) = compiled('require "vnd.dovecot.pipe"; pipe :try "x";').plan.steps
    assert isinstance(step, Try) and not step.needed
