"""rules/spam.sieve."""

from __future__ import annotations

import pytest

from mdafilter.acts import File
from tests.support.scene import StillWorld
from tests.support.script import acts, folders
from tests.support.shipped import mail, ruled
from tests.support.verdicts import scored

HAM = StillWorld(scored(1.2))
TRUSTED = "vnd.mdafilter.trusted-upstream"


@pytest.mark.parametrize(
    "subject",
    [
        "*****SPAM***** Buy now",
        "*****SPAM*****",
        "*****SPAM***** 12.3 * Buy",
        "***SPAM*** Buy now",
        "*SPAM* Buy now",
        "*spam* Buy now",
        "=?utf-8?q?*****SPAM*****_gr=C3=BCn?=",
    ],
)
def test_a_mark_in_the_subject(subject: str) -> None:
    world = StillWorld()
    assert acts(ruled("spam", mail(f"Subject: {subject}\n"), world)) == [File("Trash", create=True)]
    assert world.asked == 0


@pytest.mark.parametrize(
    "subject",
    ["lunch", "Re: *****SPAM***** Buy now", "SPAM", "Fwd: *SPAM* x", "* SPAM *", "*SPAMALOT* the musical", "", "*"],
)
def test_other_subjects_pass(subject: str) -> None:
    assert folders(ruled("spam", mail(f"Subject: {subject}\n"), HAM)) == ["INBOX"]


@pytest.mark.parametrize("flag", ["YES", "yes", " Yes "])
@pytest.mark.parametrize("items", [{}, {TRUSTED: "yes"}])
def test_the_flag_is_believed_where_the_relay_is_trusted(flag: str, items: dict[str, str]) -> None:
    world = StillWorld(scored(0.0), items)
    assert folders(ruled("spam", mail(f"X-Spam-Flag:{flag}\n"), world)) == ["Trash"]
    assert world.asked == 0


def test_and_not_where_it_is_not() -> None:
    world = StillWorld(scored(0.0), {TRUSTED: "no"})
    assert folders(ruled("spam", mail("X-Spam-Flag: YES\n"), world)) == ["INBOX"]
    assert world.asked == 1


def test_the_mark_in_the_subject_does_not_depend_on_that() -> None:
    world = StillWorld(None, {TRUSTED: "no"})
    assert folders(ruled("spam", mail("Subject: *****SPAM***** x\n"), world)) == ["Trash"]


@pytest.mark.parametrize("flag", ["NO", "no", "", "YES, really", "maybe"])
def test_no_other_flag_counts(flag: str) -> None:
    assert folders(ruled("spam", mail(f"X-Spam-Flag: {flag}\n"), HAM)) == ["INBOX"]
    assert folders(ruled("spam", mail(f"X-Spam-Flag: {flag}\n"), StillWorld(scored(9.0)))) == ["Trash"]


@pytest.mark.parametrize(
    ("score", "folder"), [(-5.0, "INBOX"), (4.99, "INBOX"), (5.0, "Trash"), (5.01, "Trash"), (1000.0, "Trash")]
)
def test_spamd_decides_by_its_own_threshold(score: float, folder: str) -> None:
    assert folders(ruled("spam", mail(), StillWorld(scored(score)))) == [folder]


def test_a_spamd_that_does_not_answer_is_no_spam() -> None:
    decision = ruled("spam", mail(), StillWorld(None, note="spamd: nobody answers"))
    assert folders(decision) == ["INBOX"]
    assert decision.notes == ("spamd: nobody answers",)


def test_the_reason_is_said() -> None:
    assert ruled("spam", mail(), StillWorld(scored(15.2, 5.0, "GTUBE"))).decided[0].why == "spamd 15.2/5.0 (GTUBE)"
    assert "*****SPAM*****" in ruled("spam", mail("Subject: *****SPAM***** x\n")).decided[0].why
    assert "X-Spam-Flag" in ruled("spam", mail("X-Spam-Flag: YES\n")).decided[0].why
