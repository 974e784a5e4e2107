"""What sa-learn says of each message, and what is made of it when it dies, hangs, or says little; it plays a script here.

The real one is met in tests/e2e/test_salearn.py.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from mdafilter import limits
from mdafilter.train.teachers import Counts, Taught
from mdafilter.train.teachers.salearn import PLUGIN, Account, Ended, SaLearn, _told
from tests.support.salearn import items, scripted, started

ALL = "for n, _ in enumerate(texts): say(f's_ s {n + 1} 0'.replace('s_', 'learn s'))\ntotal(len(texts))"


def results(taught: dict[str, Taught]) -> list[str]:
    return [t.result for t in taught.values()]


def test_a_batch_is_one_start(tmp_path: Path) -> None:
    taught = scripted(tmp_path, ALL).learn("spam", items(*range(100)))
    assert started(tmp_path) == [100]
    assert results(taught) == ["learned"] * 100
    assert taught["0"] == Taught("learned", "", Counts(0, 0), Counts(1, 0))


def test_a_large_batch_is_several(tmp_path: Path) -> None:
    scripted(tmp_path, ALL).learn("spam", items(*range(limits.TEACH_MESSAGES + 1)))
    assert started(tmp_path) == [limits.TEACH_MESSAGES, 1]


def test_nothing_is_no_start(tmp_path: Path) -> None:
    assert scripted(tmp_path, ALL).learn("spam", []) == {}
    assert not (tmp_path / "scripted.starts").exists()


def test_a_message_cannot_begin_as_a_compressed_file_does(tmp_path: Path) -> None:
    """ArchiveIterator.pm, _mail_open: gzip, bzip2, xz and others are unpacked by what a file begins with."""
    script = "assert all(t.startswith('Status: RO\\n') for t in texts), texts\n" + ALL
    assert results(scripted(tmp_path, script).learn("spam", [("1", b"BZh9: x\n\nbody\n")])) == ["learned"]


def test_of_a_large_message_it_gets_what_is_scored(tmp_path: Path) -> None:
    script = f"assert len(texts[0]) == {limits.SPAMD_SCAN_OCTETS} + 11, len(texts[0])\n" + ALL
    large = b"Subject: x\n\n" + b"x" * limits.SPAMD_SCAN_OCTETS
    assert results(scripted(tmp_path, script).learn("spam", [("1", large)])) == ["learned"]


# --- it dies, hangs, is killed -------------------------------------------------------------------------------------


def test_the_message_at_which_it_dies_failed_and_the_others_come_again(tmp_path: Path) -> None:
    script = """
for n, text in enumerate(texts):
    if "minutes 2" in text:
        sys.exit("cannot parse this")
    say("learn s s 1 0")
total(len(texts))
"""
    taught = scripted(tmp_path, script).learn("spam", items(0, 1, 2, 3, 4))
    assert results(taught) == ["learned", "learned", "failed", "learned", "learned"]
    assert "cannot parse this" in taught["2"].why
    assert started(tmp_path) == [5, 3, 2]


def test_what_a_kill_left_behind_is_asked_about_again(tmp_path: Path) -> None:
    """SpamAssassin writes when it closes its database: what it said before a SIGKILL is not believed."""
    script = """
for n, text in enumerate(texts):
    if "minutes 1" in text:
        os.kill(os.getpid(), signal.SIGKILL)
    say("learn s - 1 0")
total(0)
"""
    taught = scripted(tmp_path, script).learn("spam", items(0, 1, 2))
    assert {id: t.result for id, t in taught.items()} == {"1": "failed", "0": "known", "2": "known"}
    assert "signal 9" in taught["1"].why
    assert started(tmp_path) == [3, 2]


def test_one_that_hangs_is_ended(tmp_path: Path) -> None:
    script = """
for n, text in enumerate(texts):
    if "minutes 0" in text:
        time.sleep(600)
    say("learn s s 1 0")
"""
    teacher = scripted(tmp_path, script, seconds=-1.0)  # of two messages 3 seconds are left, of one it is 1
    taught = teacher.learn("spam", items(0, 1))
    assert taught["0"].result == "failed"
    assert "signal 9 after 3 seconds" in taught["0"].why
    assert taught["1"].result == "learned"


def test_one_that_always_fails_is_not_started_for_each(tmp_path: Path) -> None:
    taught = scripted(tmp_path, "sys.exit('cannot open /x/bayes_toks: Permission denied')").learn(
        "ham", items(*range(50))
    )
    assert results(taught) == ["failed"] * 50
    assert "Permission denied" in taught["49"].why
    assert len(started(tmp_path)) == limits.TEACH_FAILURES


def test_one_that_is_not_there(tmp_path: Path) -> None:
    teacher = SaLearn((str(tmp_path / "none"),))
    taught = teacher.learn("spam", items(1, 2))
    assert results(taught) == ["failed", "failed"]
    assert taught["2"].why == f"{tmp_path}/none cannot be started: No such file or directory"
    assert teacher.counts() is None


def test_a_user_that_we_may_not_become(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        account = Account("nobody-there", 2**31, 2**31, "/nonexistent")
    else:
        account = Account("root", 0, 0, "/root")
    taught = SaLearn((str(tmp_path / "none"),), account).learn("spam", items(1))
    assert results(taught) == ["failed"]


# --- what it says --------------------------------------------------------------------------------------------------


def test_each_line_of_the_plugin() -> None:
    def told(what: str, *lines: str) -> Taught:
        text = "".join(f"mdafilter: {line}\n" for line in lines)
        [taught] = _told(what, Ended(0, text.encode()), 1)
        return taught

    assert told("spam", "learn s s 5 3") == Taught("learned", "", Counts(4, 3), Counts(5, 3))
    assert told("ham", "learn h h 5 3") == Taught("learned", "", Counts(5, 2), Counts(5, 3))
    assert told("ham", "learn h - 5 3") == Taught("known", "", Counts(5, 3), Counts(5, 3))
    assert told("ham", "forget - s 4 3", "learn h h 4 4") == Taught("changed", "", Counts(5, 3), Counts(4, 4))
    assert told("spam", "forget - h 4 3", "learn s s 5 3") == Taught("changed", "", Counts(4, 4), Counts(5, 3))
    assert told("forget", "forget - s 4 3") == Taught("forgotten", "", Counts(5, 3), Counts(4, 3))
    assert told("forget", "forget - h 4 3") == Taught("forgotten", "", Counts(4, 4), Counts(4, 3))
    assert told("forget", "forget - - 4 3") == Taught("refused", "sa-learn did not know it")
    assert told("spam", "learn - - 0 0").result == "failed"
    assert told("spam", "learn h - 0 1").result == "failed"
    assert told("forget", "forget s - 1 1").result == "failed"
    assert told("spam", "learn s s - -") == Taught("learned")  # a database that tells no counts


def test_without_the_plugin_the_sum_says_what_it_can() -> None:
    """`sa-learn`, the last line: "Learned tokens from 1 message(s) (2 message(s) examined)"."""

    def told(what: str, text: str, given: int = 2) -> list[Taught]:
        return _told(what, Ended(0, text.encode()), given)

    assert told("spam", "Learned tokens from 2 message(s) (2 message(s) examined)\n") == [Taught("learned")] * 2
    assert told("spam", "Learned tokens from 0 message(s) (2 message(s) examined)\n") == [Taught("known")] * 2
    assert told("forget", "Forgot tokens from 0 message(s) (2 message(s) examined)\n") == [Taught("refused")] * 2
    some = told("spam", "Learned tokens from 1 message(s) (2 message(s) examined)\n")
    assert [(t.result, t.why[:30]) for t in some] == [("learned", "sa-learn says this of 1 of 2 m")] * 2
    assert told("spam", "Learned tokens from 2 message(s) (2 message(s) examined)\n", 3) == []
    assert _told("spam", Ended(13, b"Learned tokens from 2 message(s) (2 message(s) examined)\n"), 2) == []


@given(st.binary(max_size=300), st.integers(0, 5), st.sampled_from(("spam", "ham", "forget")))
def test_whatever_it_writes(noise: bytes, given: int, what: str) -> None:
    assert len(_told(what, Ended(0, noise), given)) in (0, given)
    lines = b"mdafilter: learn " + noise + b"\nmdafilter: forget - s 1 2\n"
    assert len(_told(what, Ended(0, lines), given)) <= given


def test_counts_are_read_from_dump_magic(tmp_path: Path) -> None:
    script = (
        "print('0.000          0          3          0  non-token data: bayes db version')\n"
        "print('0.000          0        571          0  non-token data: nspam')\n"
        "print('0.000          0        402          0  non-token data: nham')"
    )
    assert scripted(tmp_path, script).counts() == Counts(571, 402)
    assert scripted(tmp_path, "sys.exit(1)").counts() is None


def test_the_plugin_has_a_name_that_SpamAssassin_loads() -> None:
    """PluginHandler.pm, load_plugin: a path that does not match /^\\S+\\.pm/i is an "illegal plugin filename"."""
    assert re.match(r"^\S+\.pm$", PLUGIN.name)
    assert "package Mdafilter::Taught;" in PLUGIN.read_text()


def test_what_it_is_told_by_its_environment(tmp_path: Path) -> None:
    os.environ["PERL5OPT"] = "-Mevil"
    try:
        script = "assert 'PERL5OPT' not in os.environ and os.environ['HOME'] == '/h', os.environ\n" + ALL
        teacher = scripted(tmp_path, script)
        teacher.account = Account("me", os.geteuid(), os.getegid(), "/h")
        assert results(teacher.learn("spam", items(1))) == ["learned"]
    finally:
        del os.environ["PERL5OPT"]


def test_an_account_that_nobody_has() -> None:
    assert Account.of("no such user") is None
    assert Account.of("a\0b") is None
    root = Account.of("root")
    assert root is not None and root.uid == 0
