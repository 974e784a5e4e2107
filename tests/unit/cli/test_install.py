"""mdafilter install."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.support.commandline import invoke

RULES = 'require "fileinto";\nfileinto "Lists";\n'
TESTS = """require "vnd.dovecot.testsuite";
test "it files" {
    if not test_script_compile "rules.sieve" { test_fail "it does not compile"; }
    if not test_script_run { test_fail "it does not run"; }
    if not test_result_action "store" { test_fail "it does not file"; }
}
"""


@pytest.fixture
def work(tmp_path: Path) -> Path:
    made = tmp_path / "work"
    made.mkdir(mode=0o755)
    tmp_path.chmod(0o755)
    (made / "rules.sieve").write_text(RULES)
    (made / "rules.svtest").write_text(TESTS)
    return made


def test_rules_whose_tests_pass(tmp_path: Path, work: Path) -> None:
    done = invoke(tmp_path, "install", str(work / "rules.sieve"))
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines() == [
        "1 passed, 0 failed",
        f"{tmp_path}/.mdafilter.sieve is in force; mdafilter install --undo brings the version before back",
    ]
    assert (tmp_path / ".mdafilter.sieve").read_text() == RULES


def test_rules_whose_tests_fail(tmp_path: Path, work: Path) -> None:
    (tmp_path / ".mdafilter.sieve").write_text("keep;\n")
    (work / "rules.sieve").write_text("discard;\n")
    done = invoke(tmp_path, "install", str(work / "rules.sieve"))
    assert done.exit_code == 1
    assert "it does not file" in done.stdout
    assert "nothing is changed: not all tests pass" in done.stderr
    assert (tmp_path / ".mdafilter.sieve").read_text() == "keep;\n"
    assert not (tmp_path / ".mdafilter.sieve.previous").exists()


def test_rules_with_an_error(tmp_path: Path, work: Path) -> None:
    (work / "rules.sieve").write_text("kep;\n")
    done = invoke(tmp_path, "install", str(work / "rules.sieve"))
    assert done.exit_code == 1
    assert "unknown command `kep`" in done.stderr
    assert not (tmp_path / ".mdafilter.sieve").exists()


def test_a_test_file_with_an_error(tmp_path: Path, work: Path) -> None:
    (work / "more.svtest").write_text("tset;\n")
    assert invoke(tmp_path, "install", str(work / "rules.sieve")).exit_code == 2
    assert not (tmp_path / ".mdafilter.sieve").exists()


def test_tests_that_are_named(tmp_path: Path, work: Path) -> None:
    (work / "rules.svtest").rename(tmp_path / "other.svtest")
    (tmp_path / "rules.sieve").write_text("keep;\n")
    assert invoke(tmp_path, "install", str(work / "rules.sieve")).stdout.startswith("there are no tests\n")
    done = invoke(tmp_path, "install", "--tests", str(tmp_path / "other.svtest"), str(work / "rules.sieve"))
    assert done.exit_code == 1


def test_undo(tmp_path: Path, work: Path) -> None:
    (tmp_path / ".mdafilter.sieve").write_text("keep;\n")
    invoke(tmp_path, "install", str(work / "rules.sieve"))
    assert invoke(tmp_path, "install", "--undo").stdout == f"{tmp_path}/.mdafilter.sieve is as it was before\n"
    assert (tmp_path / ".mdafilter.sieve").read_text() == "keep;\n"


def test_undo_of_the_first(tmp_path: Path, work: Path) -> None:
    (tmp_path / ".dovecot.sieve").write_text("keep;\n")
    invoke(tmp_path, "install", str(work / "rules.sieve"))
    assert "is gone: there was none before" in invoke(tmp_path, "install", "--undo").stdout
    assert not (tmp_path / ".mdafilter.sieve").exists()


def test_undo_is_of_the_latest_change(tmp_path: Path, work: Path) -> None:
    (work / "new.procmailrc").write_text(":0\n.Lists/\n")
    invoke(tmp_path, "install", str(work / "rules.sieve"))
    invoke(tmp_path, "install", "--undo")  # .mdafilter.sieve.previous is kept, and would come before
    (work / "rules.svtest").unlink()
    time.sleep(0.05)  # the kernel counts in ticks
    invoke(tmp_path, "install", str(work / "new.procmailrc"))
    assert "/.procmailrc is gone" in invoke(tmp_path, "install", "--undo").stdout
    assert not (tmp_path / ".mdafilter.sieve").exists()


def test_nothing_to_undo(tmp_path: Path) -> None:
    assert "no version before" in invoke(tmp_path, "install", "--undo").stderr
    (tmp_path / ".mdafilter.sieve").write_text("keep;\n")
    (tmp_path / ".procmailrc.previous").write_text("x")
    assert invoke(tmp_path, "install", "--undo").exit_code == 1


def test_a_procmailrc(tmp_path: Path, work: Path) -> None:
    (work / "new.procmailrc").write_text(":0\n.Lists/\n")
    (work / "rules.svtest").unlink()
    assert invoke(tmp_path, "install", str(work / "new.procmailrc")).exit_code == 0
    assert (tmp_path / ".procmailrc").exists()


def test_rules_that_would_not_count(tmp_path: Path, work: Path) -> None:
    (work / "new.procmailrc").write_text(":0\n.Lists/\n")
    (tmp_path / ".mdafilter.sieve").write_text("keep;\n")
    done = invoke(tmp_path, "install", str(work / "new.procmailrc"))
    assert done.exit_code == 1
    assert f"{tmp_path}/.mdafilter.sieve goes before {tmp_path}/.procmailrc" in done.stderr
    assert "is in force already" in invoke(tmp_path, "install", str(tmp_path / ".mdafilter.sieve")).stderr
    (work / "header_checks").write_text("/^Subject: x/ DISCARD\n")
    assert "deliveries read no file of this kind" in invoke(tmp_path, "install", str(work / "header_checks")).stderr


def test_rules_or_undo(tmp_path: Path, work: Path) -> None:
    assert invoke(tmp_path, "install").exit_code == 2
    assert invoke(tmp_path, "install", "--undo", str(work / "rules.sieve")).exit_code == 2
