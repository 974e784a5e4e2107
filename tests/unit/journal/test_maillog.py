"""The line of the mail log: Postfix' style, and nothing that a message can forge."""

from __future__ import annotations

import re

import pytest

from mdafilter.journal import Entry, Event, Filed, Score, maillog

FILED = Entry(
    1.0,
    "4XyZ1A2b",
    "delivered",
    recipient="u@example.org",
    acts=(Filed("file", ".Trash", "rules/spam.sieve:12"),),
    score=Score("spamd", 15.2, 5.0, True),
    delay=0.21,
)


def test_the_line_of_a_filed_message() -> None:
    assert maillog.lines(FILED) == (
        "4XyZ1A2b: to=<u@example.org>, folder=.Trash, rule=rules/spam.sieve:12, spamd=15.2/5.0, delay=0.21, status=delivered",
    )


def test_the_line_of_a_message_in_the_inbox_has_no_rule() -> None:
    kept = FILED.replace(acts=(Filed("keep", "INBOX"),), score=None, original_recipient="alias@example.org")
    assert maillog.lines(kept) == (
        "4XyZ1A2b: to=<u@example.org>, orig_to=<alias@example.org>, folder=INBOX, delay=0.21, status=delivered",
    )


def test_each_act_has_a_line() -> None:
    acts = (Filed("redirect", "o@example.net", "r:1"), Filed("pipe", "prog", "r:2"), Filed("discard", rule="r:3"))
    found = [line.split(", ")[1:3] for line in maillog.lines(FILED.replace(acts=acts))]
    assert found == [
        ["redirect=<o@example.net>", "rule=r:1"],
        ["program=prog", "rule=r:2"],
        ["action=discard", "rule=r:3"],
    ]


def test_a_deferred_message_says_why() -> None:
    deferred = Entry(1.0, "4Xy", "deferred", recipient="u@e", reason="disk full", dsn="4.3.1", delay=2)
    assert maillog.lines(deferred) == ("4Xy: to=<u@e>, delay=2.00, dsn=4.3.1, status=deferred (disk full)",)


@pytest.mark.parametrize("nasty", ["a\nb", "a\r\nb", "a\x00b", "a\x1b[2Jb", "a\u202eb", "a\udcffb", "a\u2028b"])
def test_nothing_in_a_line_can_look_like_another_line(nasty: str) -> None:
    """As Postfix' printable() does: what does not print is a question mark."""
    entry = FILED.replace(id=nasty, recipient=nasty, acts=(Filed("file", nasty, nasty),), reason=nasty, dsn=nasty)
    for line in (*maillog.lines(entry), maillog.event(Event(1.0, "rules", nasty, nasty, nasty, nasty, nasty))):
        assert line.isprintable()
        assert re.search(r"a(\?+| \| )(\[2J)?b", line)
        line.encode()


def test_however_long_the_items_the_status_is_there() -> None:
    long = "x" * 100_000
    acts = (Filed("file", long, long),)
    (line,) = maillog.lines(FILED.replace(recipient=long, original_recipient=long + "y", acts=acts, reason=long))
    assert len(line) <= 2000
    assert "status=delivered (" in line


def test_a_rule_problem_is_one_line() -> None:
    event = Event(1.0, "rules", "r:1:2: error: no such word\n  | foo\n", "/etc/r", user="u")
    assert maillog.event(event) == "NOQUEUE: user=u, rules: /etc/r: r:1:2: error: no such word |   | foo"


def test_a_line_is_handed_to_syslog_as_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    import syslog

    calls: list[tuple[object, ...]] = []
    monkeypatch.setattr(syslog, "openlog", lambda *a: calls.append(a))
    monkeypatch.setattr(syslog, "syslog", lambda *a: calls.append(a))
    maillog.send("text", warning=True)
    assert calls == [("mdafilter", syslog.LOG_PID, syslog.LOG_MAIL), (syslog.LOG_WARNING, "text")]


def test_sending_works_without_anybody_who_listens() -> None:
    maillog.send("mdafilter test line")
