"""What the learner makes of reports: who may, what is learned, what stands in the ledger, what leaves the spool."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from mdafilter import limits
from mdafilter.train.learn import ATTACH, NOT_RECEIVED
from tests.support import spamd
from tests.support.dovecotmail import PACKED, hide_zstd, zstd_frame
from tests.support.forwards import TEXT, file, multipart, saved
from tests.support.training import BOB, School, forward, mail


@pytest.fixture
def school(tmp_path: Path) -> Iterator[School]:
    made = School(tmp_path)
    yield made
    made.ledger.close()


def test_a_forward_as_attachment_is_learned(school: School) -> None:
    school.receives("bob", mail(1))
    school.report(forward(mail(1)))
    done = school.learn()
    assert (done.results, done.finished, done.stay) == (("learned",), 1, 0)
    assert school.waiting() == []
    [line] = school.lines()
    assert (line.reporter, line.how, line.verdict, line.source, line.result) == (
        "bob",
        "sasl",
        "spam",
        "alias",
        "learned",
    )
    assert (line.message_id, line.subject, line.database, line.teacher) == (
        "<1@example.org>",
        "minutes 1",
        "site",
        "sa-learn",
    )
    assert (line.before_spam, line.after_spam) == (0, 1)
    assert list(school.pupil.sides.values()) == ["spam"]
    assert school.ledger.kept(line.hash) == next(iter(school.pupil.sides))


def test_a_hundred_are_one_call(school: School) -> None:
    for number in range(100):
        school.receives("bob", mail(number))
        school.report(forward(mail(number)))
    assert school.learn().finished == 100
    assert school.pupil.calls == [("spam", 100)]


def test_several_in_one_report(school: School) -> None:
    for number in (1, 2, 3):
        school.receives("bob", mail(number))
    school.report(forward(mail(1), mail(2), mail(3), mail(1)))
    school.learn()
    assert school.results() == ["learned"] * 3


def test_the_same_again_asks_no_teacher(school: School) -> None:
    school.receives("bob", mail(1))
    for _ in range(3):
        school.report(forward(mail(1)))
    school.learn()
    assert school.results() == ["learned", "known", "known"]
    assert school.pupil.calls == [("spam", 1)]
    school.report(forward(mail(1)))
    school.learn()
    assert school.pupil.calls == [("spam", 1)]


def test_of_two_verdicts_the_later_wins_and_both_are_there(school: School) -> None:
    school.receives("bob", mail(1))
    school.report(forward(mail(1)), "spam")
    school.report(forward(mail(1)), "ham")
    school.learn()
    assert [(line.verdict, line.result) for line in school.lines()] == [("spam", "learned"), ("ham", "changed")]
    assert list(school.pupil.sides.values()) == ["ham"]


def test_an_earlier_verdict_that_comes_late_does_not_win(school: School) -> None:
    school.receives("bob", mail(1))
    late = school.report(forward(mail(1)), "spam")
    hidden = school.folder / "hidden"
    os.rename(school.folder / "spool" / late, hidden)
    school.report(forward(mail(1)), "ham")
    school.learn()
    [line] = school.lines()
    school.ledger._ask("UPDATE line SET time = time + 1000")  # rename(2) changes st_ctime: as if it had stayed
    os.rename(hidden, school.folder / "spool" / late)
    school.learn()
    last = school.lines()[-1]
    assert (last.result, last.why) == ("refused", f"{line.id}, which was reported later, says ham")
    assert list(school.pupil.sides.values()) == ["ham"]


# --- what is refused -----------------------------------------------------------------------------------------------


def refused(school: School) -> str:
    done = school.learn()
    assert (done.results, done.finished, done.stay) == (("refused",), 1, 0)
    assert school.waiting() == []
    assert school.pupil.calls == []
    return school.lines()[0].why


def test_from_outside(school: School) -> None:
    """A From: field proves nothing."""
    school.report(forward(mail(1)), facts={"sender": "bob@example.org", "client_address": "192.0.2.66"})
    assert "192.0.2.66" in refused(school)


def test_what_he_did_not_receive(school: School) -> None:
    school.receives("bob", mail(2))
    school.report(forward(mail(1)))
    assert refused(school) == NOT_RECEIVED


def test_who_is_trusted_may(school: School) -> None:
    school.settings = school.settings.replace(train=school.options.replace(trusted=("bob",)))
    school.report(forward(mail(1)))
    assert school.learn().results == ("learned",)


def test_GTUBE(school: School) -> None:
    school.receives("bob", spamd.SPAM)
    school.report(forward(spamd.SPAM))
    assert "GTUBE" in refused(school)


def test_an_inline_forward_is_looked_up(school: School) -> None:
    inline = (
        b"From: bob@example.org\nTo: spam@example.org\nSubject: Fwd: minutes 1\nX-Forwarded-Message-Id: <1@example.org>\n\n"
        b"-------- Forwarded Message --------\nSubject: minutes 1\nDate: Sat, 21 Nov 2026 10:00:00 +0000\n"
        b"From: Ann <ann@example.org>\nTo: alice@example.net\n\nDear Alice\n"
    )
    school.report(inline)
    assert refused(school) == ATTACH
    school.receives("bob", mail(1))
    school.report(inline)
    school.learn()
    assert school.results()[1:] == ["learned"]
    assert [b"forward" in raw.lower() for raw in school.pupil.sides] == [False]


def test_what_outlook_has_saved_is_looked_up_each(school: School) -> None:
    """Several .msg in one report: what is there is learned, and of what is not there it is said which one it is."""
    school.receives("bob", mail(1))
    school.receives("bob", mail(3))
    report = multipart(TEXT, *(file(b"%d.msg" % number, saved(mail(number))) for number in (1, 2, 3)))
    school.report(report)
    school.learn()
    assert sorted((line.result, line.subject, line.why) for line in school.lines()) == [
        ("learned", "minutes 1", ""),
        ("learned", "minutes 3", ""),
        ("refused", "minutes 2", ATTACH),
    ]
    assert [line.message_id for line in school.lines() if line.result == "refused"] == ["<2@example.org>"]
    assert school.waiting() == []
    assert sorted(school.pupil.sides) == [mail(n).partition(b"\n")[2] for n in (1, 3)]  # bare: without the last hop


@pytest.mark.parametrize("how", PACKED)
def test_what_was_moved_and_is_compressed(school: School, how: str) -> None:
    """What is learned is the message, once, whether it lay there compressed or not."""
    school.report(PACKED[how](mail(1)), facts={}, source="watch")
    school.report(mail(1), facts={}, source="watch")
    school.learn()
    assert school.results() == ["learned", "known"]
    assert [raw.partition(b":")[0] for raw in school.pupil.sides] == [b"From"]
    school.report(PACKED[how](mail(2))[:40], facts={}, source="watch")
    school.learn()
    assert school.lines()[-1].why.startswith(f"it is compressed ({how}), and cannot be unpacked")
    assert school.waiting() == []


def test_what_nothing_here_can_unpack_waits(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until what reads it is installed: neither learned as it is, nor refused as not received."""
    school.receives("bob", zstd_frame(mail(1)))
    with monkeypatch.context() as patch:
        hide_zstd(patch)
        school.report(forward(mail(1)))
        school.report(zstd_frame(mail(2)), facts={}, source="watch")
        done = school.learn()
        assert (done.finished, done.stay) == (0, 2)
        assert "pip install" in done.why
        assert school.learn().stay == 2
    if "zstd" in PACKED:
        assert school.learn().finished == 2
        assert school.results() == ["learned", "learned"]
    school.ahead = limits.LEARN_GIVE_UP_SECONDS + 60
    school.learn()
    assert school.waiting() == []


def test_more_than_he_may_in_a_day(school: School) -> None:
    school.settings = school.settings.replace(train=school.options.replace(per_day=2))
    for number in range(4):
        school.receives("bob", mail(number))
        school.report(forward(mail(number)))
    school.learn()
    assert school.results() == ["learned", "learned", "refused", "refused"] or sorted(school.results()) == [
        "learned", "learned", "refused", "refused",
    ]  # fmt: skip
    school.ahead = 2 * 86400.0
    school.report(forward(mail(3)))
    school.learn()
    assert school.results()[-1] == "learned"


def test_what_is_no_report(school: School) -> None:
    Path(school.options.spool, "junk").write_bytes(b"junk")
    assert refused(school).startswith("it is no report")
    assert school.lines()[0].reporter == str(os.geteuid())


def test_a_moved_message_needs_no_attachment(school: School) -> None:
    school.report(mail(1), "ham", {"user": "bob"}, "watch")
    # nobody says who moved it but the file, and its owner is a door: root's own is believed
    school.learn()
    assert school.results() == (["learned"] if os.geteuid() == 0 else ["refused"])


# --- what a file in the spool proves: who put it there, and no more ---

EVE = 23456
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can put a report there as somebody else")
MOVED = [("watch", {"user": "bob"}), ("archive", {}), ("archive", {"extension": "bob"})]


@needs_root
@pytest.mark.parametrize(("source", "facts"), MOVED)
def test_a_forged_move_is_refused(school: School, source: str, facts: dict[str, str]) -> None:
    """The spool is everybody's: what kind of report it is, says who wrote it. bob has got the message, eve has not."""
    school.receives("bob", mail(1))
    school.report(mail(1), "ham", facts, source, EVE)
    assert refused(school) == NOT_RECEIVED
    assert school.lines()[0].reporter == f"user{EVE}"


@needs_root
@pytest.mark.parametrize(("source", "facts"), MOVED)
def test_what_he_has_got_he_may_move(school: School, source: str, facts: dict[str, str]) -> None:
    school.receives(f"user{EVE}", mail(1))
    school.report(mail(1), "ham", facts, source, EVE)
    school.learn()
    assert school.results() == ["learned"]


@needs_root
def test_a_file_that_he_names_is_looked_into_and_not_believed(school: School) -> None:
    school.receives(f"user{EVE}", mail(1))
    for name in ("1795255200.1.host", "../../mail/bob/new/1795255200.1.host", "\udcff"):
        school.report(mail(2), "ham", {"file": name}, "watch", EVE)
    school.learn()
    assert school.results() == ["refused"] * 3


@needs_root
def test_who_is_trusted_may_teach_any_archive(school: School) -> None:
    school.settings = school.settings.replace(train=school.options.replace(trusted=(f"user{EVE}",), moved_per_day=1))
    for number in (1, 2):
        school.report(mail(number), "ham", {}, "archive", EVE)
    school.learn()
    assert school.results() == ["learned", "learned"]


def test_what_the_learners_own_account_has_seen_needs_no_proof(school: School) -> None:
    """One user who watches and learns for himself."""
    school.settings = school.settings.replace(train=school.options.replace(door_users=()))
    school.report(mail(1), "ham", {}, "watch")
    school.report(forward(mail(2)), facts={})
    school.learn()
    assert school.results() == (["learned"] * 2 if os.geteuid() == 0 else ["learned", "refused"])


@needs_root
def test_more_than_he_may_move_in_a_day(school: School) -> None:
    """Moves are no reports that he wrote: each has its own number."""
    school.settings = school.settings.replace(train=school.options.replace(per_day=1, moved_per_day=3))
    for number in range(5):
        school.receives(f"user{EVE}", mail(number))
        school.report(mail(number), facts={}, source="watch", uid=EVE)
        school.learn()
    assert school.results() == ["learned"] * 3 + ["refused"] * 2
    assert school.lines()[-1].why == "more than 3 moved messages in a day"
    school.report(forward(mail(4)), "ham", {}, uid=EVE)
    school.learn()
    assert school.results()[-1] == "learned"
    school.ahead = 2 * 86400.0
    school.report(mail(4), facts={}, source="watch", uid=EVE)
    school.learn()
    assert school.results()[-1] == "changed"


# --- what fails ----------------------------------------------------------------------------------------------------


def test_what_a_teacher_cannot_learn_stays_and_comes_again(school: School) -> None:
    school.receives("bob", mail(1))
    school.report(forward(mail(1)))
    school.pupil.down = "no room"
    done = school.learn()
    assert (done.results, done.finished, done.stay, done.why) == (("failed",), 0, 1, "no room")
    assert len(school.waiting()) == 1
    school.pupil.down = ""
    assert school.learn().finished == 1
    assert school.results() == ["learned"]  # the same line


def test_it_is_given_up_in_the_end(school: School) -> None:
    school.receives("bob", mail(1))
    school.report(forward(mail(1)))
    school.pupil.down = "no room"
    school.ahead = limits.LEARN_GIVE_UP_SECONDS
    assert school.learn().finished == 1
    assert [(line.result, line.why) for line in school.lines()] == [("refused", "given up: no room")]


def test_without_a_teacher_it_stays(school: School) -> None:
    school.receives("bob", mail(1))
    school.report(forward(mail(1)))
    school.teachers = ()
    assert school.learn().why == "there is no teacher: see mdafilter train doctor"
    assert len(school.waiting()) == 1


def test_one_of_two_teachers_fails(school: School) -> None:
    school.receives("bob", mail(1))
    school.report(forward(mail(1)))
    school.teachers = ("sa-learn", "bayes")
    school.pupil.down = "no room"
    assert school.learn().stay == 1
    school.pupil.down = ""
    school.learn()
    assert school.results() == ["learned", "learned"]
    assert school.teacher("bayes", "bob").calls == [("spam", 1)]


def test_whose_database(school: School) -> None:
    school.settings = school.settings.replace(train=school.options.replace(scope="user"))
    school.receives("bob", mail(1))
    school.report(forward(mail(1)))
    school.learn()
    assert school.lines()[0].database == "bob"
    assert school.teacher("sa-learn", "bob").calls == [("spam", 1)]


# --- answers -----------------------------------------------------------------------------------------------------


def test_an_answer_where_it_is_wanted(school: School) -> None:
    school.settings = school.settings.replace(train=school.options.replace(answer=True))
    school.receives("bob", mail(1))
    school.report(forward(mail(1), mail(2)))
    school.learn()
    [(recipient, letter)] = school.letters
    assert recipient == "bob"
    assert b"minutes 1: learned as spam" in letter
    assert re.search(rb"minutes 2: refused: .*not delivered to you", letter)
    school.report(forward(mail(1)), facts={**BOB, "sender": "<>"})
    school.learn()
    assert len(school.letters) == 1  # RFC 3834: never to the null sender
