"""The scorer without a server: it abstains, learns, scores, stands in for spamd and beside it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mdafilter import limits
from mdafilter.errors import SettingsError, TryAgain
from mdafilter.message import Envelope, Message
from mdafilter.outside import Outside
from mdafilter.scorers import bayes
from mdafilter.scorers.bayes import Options, tokens
from mdafilter.scorers.bayes.store import numbers
from mdafilter.settings import Settings, parse
from mdafilter.world import Scored, Verdict
from tests.support.bayesmail import ham, spam, taught
from tests.support.house import ROOT


def options(folder: Path, **changes: object) -> Options:
    return Options(path=str(folder / "bayes.db"), minimum=5).replace(**changes)


def test_untrained_it_abstains(tmp_path: Path) -> None:
    message = Message.parse(spam(0))
    assert bayes.score(message, options(tmp_path)) == Scored(message)
    scored = bayes.score(message, options(tmp_path, enabled="on"))
    assert (scored.message, scored.verdict) == (message, None)
    assert scored.note == "bayes: not trained yet: 0 spam and 0 ham are learned, of 5 of each"
    assert not (tmp_path / "bayes.db").exists()


def test_where_nobody_has_taught_it_no_database_is_loaded(tmp_path: Path) -> None:
    """A one-shot delivery pays for each import."""
    ask = (
        "import sys; from mdafilter.message import Message; from mdafilter.scorers import bayes;"
        f"bayes.score(Message.parse(b'A: b\\n\\nx\\n'), bayes.Options(path={str(tmp_path / 'bayes.db')!r}));"
        "print(*sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert "mdafilter.scorers.bayes" in loaded.split()
    assert not {"sqlite3", "mdafilter.scorers.bayes.classify"} & set(loaded.split())


def test_taught_it_tells_spam_from_ham_and_says_by_which_tokens(tmp_path: Path) -> None:
    made = taught(options(tmp_path), 70)
    assert bayes.counts(made) == (70, 70)
    good, bad = (bayes.score(Message.parse(m), made) for m in (ham(99), spam(99)))
    assert good.verdict is not None and bad.verdict is not None
    assert (good.verdict.spam, bad.verdict.spam) == (False, True)
    assert good.verdict.score <= 0 and bad.verdict.score >= 5
    assert (good.verdict.symbols[0], bad.verdict.symbols[0]) == ("BAYES_HAM", "BAYES_SPAM")
    assert all(symbol.startswith("spam:") for symbol in bad.verdict.symbols[1:])
    assert bad.verdict.scorer == "bayes"
    flag = bad.message.headers.first("x-spam-flag")
    assert flag is not None and flag.value == "YES"


def test_random_words_do_not_make_spam_ham(tmp_path: Path) -> None:
    import random

    made, chance = taught(options(tmp_path), 70), random.Random(1)
    noise = " ".join("".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=8)) for _ in range(3000))
    scored = bayes.score(Message.parse(spam(99) + noise.encode()), made)
    assert scored.verdict is not None and scored.verdict.spam


def test_learning_twice_is_learning_once(tmp_path: Path) -> None:
    made = options(tmp_path)
    assert [bayes.learn(spam(1), v, made) for v in ("spam", "spam", "ham")] == ["learned", "known", "changed"]
    assert bayes.counts(made) == (0, 1)
    assert [bayes.forget(spam(1), made) for _ in range(2)] == ["forgotten", "known"]
    assert bayes.counts(made) == (0, 0)
    with pytest.raises(SettingsError, match="no verdict: 'junk'; known are spam, ham"):
        bayes.learn(spam(1), "junk", made)


def test_marks_do_not_make_another_message(tmp_path: Path) -> None:
    made = options(tmp_path)
    bayes.learn(spam(1), "spam", made)
    assert bayes.learn(b"X-Spam-Flag: YES\nX-Mdafilter: x\n" + spam(1), "spam", made) == "known"


def test_counts_that_cannot_be_read(tmp_path: Path) -> None:
    """Scoring is no failure: the message is delivered unscored. Teaching is tried again."""
    (tmp_path / "bayes.db").write_text("this is no database, and long enough to be told as such " * 100)
    scored = bayes.score(Message.parse(spam(0)), options(tmp_path))
    assert scored.verdict is None and "bayes.db" in scored.note
    with pytest.raises(TryAgain):
        bayes.learn(spam(0), "spam", options(tmp_path))


def test_export_and_import(tmp_path: Path) -> None:
    made, other = taught(options(tmp_path), 10), options(tmp_path, path=str(tmp_path / "other.db"))
    lines = list(bayes.export(made))
    assert len(bayes.import_(lines, other).rows) == sum(line.startswith("token ") for line in lines)
    assert list(bayes.export(other)) == lines
    with pytest.raises(bayes.Taken, match=r"other.db has learned 10 spam and 10 ham, which would be lost"):
        bayes.import_(lines, other)
    bayes.learn(spam(77), "spam", other)
    assert bayes.import_(lines, other, over=True).totals.spam == 10
    assert list(bayes.export(other)) == lines
    assert bayes.learn(spam(3), "spam", other) == "known"


def test_a_wrong_import_changes_nothing(tmp_path: Path) -> None:
    made = options(tmp_path)
    with pytest.raises(SettingsError, match=r"^counts:1: "):
        bayes.import_(["junk"], made, name="counts")
    assert not (tmp_path / "bayes.db").exists()
    lines = list(bayes.export(taught(made, 3)))
    with pytest.raises(SettingsError, match=f"^counts:{len(lines) - 1}: the export is cut off"):
        bayes.import_(lines[:-1], made, over=True, name="counts")
    assert list(bayes.export(made)) == lines


def test_where_nothing_is_learned_nothing_is_exported_or_made(tmp_path: Path) -> None:
    for work in (lambda: list(bayes.export(options(tmp_path))), lambda: bayes.expire(options(tmp_path))):
        with pytest.raises(bayes.Nothing, match=r"bayes.db: nothing is learned there"):
            work()
    assert not (tmp_path / "bayes.db").exists()


def test_an_export_is_of_one_moment(tmp_path: Path) -> None:
    made = taught(options(tmp_path), 3)
    whole, lines = list(bayes.export(made)), bayes.export(made)
    assert next(lines) == whole[0]
    bayes.learn(spam(77), "spam", made)
    assert list(lines) == whole[1:]


def test_counts_of_an_import_give_a_score_whatever_they_are(tmp_path: Path) -> None:
    """The largest numbers that an export can have."""
    most = limits.BAYES_COUNT
    message = Message.parse(spam(0))
    ids = numbers(tokens.tokens(message))
    rows = [f"token {number} {most} 0 0" for number in ids]
    lines = [f"mdafilter-bayes {tokens.VERSION} {most} {most} {most} {most}", *rows, f"end {len(ids)}"]
    made = options(tmp_path)
    bayes.import_(lines, made)
    verdict = bayes.score(message, made).verdict
    assert verdict is not None and verdict.spam


def test_where_the_counts_of_a_user_are(tmp_path: Path) -> None:
    own = Options(minimum=1)
    bayes.learn(spam(0), "spam", own, "bob", home=str(tmp_path))
    assert (tmp_path / ".local/state/mdafilter/bayes.db").stat().st_mode & 0o777 == 0o600
    named = Options(path=f"{tmp_path}/%n.db")
    bayes.learn(spam(0), "spam", named, "bob")
    assert (tmp_path / "bob.db").exists()
    with pytest.raises(TryAgain, match="cannot be part of a path"):
        bayes.learn(spam(0), "spam", named, "../bob")
    with pytest.raises(TryAgain, match="there is no user"):
        bayes.counts(own, "nobody-of-this-name")


def test_mistakes_of_the_settings_are_told_with_their_line() -> None:
    text = b'[bayes]\nspam = -5\nminimum = 0\ntimeout = 0\nmax_size = 1\npoints = -1\npath = "x"\n'
    with pytest.raises(SettingsError) as caught:
        parse([("f", text)])
    assert str(caught.value).splitlines() == [
        "f:2: [bayes] spam is more than ham",
        "f:3: [bayes] minimum is more than 0",
        f"f:4: [bayes] timeout is more than 0 and at most {limits.DELIVERY_SECONDS:g} seconds",
        f"f:5: [bayes] max_size is at least {limits.BAYES_LEAST_OCTETS}",
        "f:6: [bayes] points is from 0 to 100",
        "f:7: [bayes] path begins with /, ~/, %h/, redis:// or redis+unix:",
    ]


def test_it_answers_where_no_spamd_does(tmp_path: Path) -> None:
    own = taught(options(tmp_path), 20)
    settings = Settings(bayes=own)
    settings = settings.replace(spamd=settings.spamd.replace(hosts=("127.0.0.1:1",)))
    world = Outside(settings, Envelope("", "bob@example.org"), str(tmp_path))
    scored = world.score(Message.parse(spam(99)))
    assert scored.verdict is not None and scored.verdict.scorer == "bayes"
    assert "127.0.0.1:1" in scored.note
    off = Outside(settings.replace(bayes=own.replace(enabled="off")), world.envelope, world.mailbox)
    assert off.score(Message.parse(spam(99))).verdict is None


def test_beside_spamd_it_moves_the_score(tmp_path: Path) -> None:
    own = taught(options(tmp_path), 70)
    message = Message.parse(spam(99))
    said = Scored(message, Verdict(False, 3.0, 5.0, ("A",)))
    both = bayes.beside(message, said, own)
    assert both.verdict is not None
    assert (both.verdict.spam, both.verdict.score, both.verdict.scorer) == (True, 5.5, "spamd+bayes")
    assert both.verdict.symbols[:2] == ("A", "BAYES_SPAM")
    assert bayes.beside(message, said, own.replace(minimum=500)) == said
