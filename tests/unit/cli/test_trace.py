"""A Decision as people read it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from mdafilter.acts import Discard, File, Keep, Pipe, Redirect, Reject
from mdafilter.cli import trace
from mdafilter.decision import Answer, Asked, Decided, Decision, LogTo, Remember
from mdafilter.lint.sources import Sources
from mdafilter.message import Message
from mdafilter.policy import Policy
from mdafilter.texts import Where
from mdafilter.world import Verdict

if TYPE_CHECKING:
    from mdafilter.acts import Act

MESSAGE = Message.parse(b"Subject: hello\n\n")
RULE = Where("rules/spam.sieve", 12, 4)
FILED = Decision(
    (Decided(File("Trash"), MESSAGE, Where("rules/spam.sieve", 13), "Subject: *SPAM* Buy"),),
    Verdict(True, 15.2, 5.0, ("BAYES_99", "URIBL_BLACK")),
    (
        Asked(Where("a.sieve", 1), 'exists "X-Spam-Flag"', Answer(False)),
        Asked(RULE, 'header :contains "Subject" "*SPAM*"', Answer(True, ("*SPAM* Buy",), "Subject: *SPAM* Buy")),
        Asked(Where("rules/spam.sieve", 13), 'fileinto "Trash"', None, 1),
    ),
    ("clamd was not asked",),
)


def test_each_question_its_answer_the_values_and_the_decision() -> None:
    assert trace.render(FILED).split("\n") == [
        'a.sieve:1            exists "X-Spam-Flag"  -> no',
        'rules/spam.sieve:12  header :contains "Subject" "*SPAM*"  -> yes',
        "                       *SPAM* Buy",
        'rules/spam.sieve:13    fileinto "Trash"',
        "",
        "note: clamd was not asked",
        "spamd: 15.2 of 5.0, spam (BAYES_99, URIBL_BLACK)",
        "-> folder Trash   (rules/spam.sieve:13: Subject: *SPAM* Buy)",
    ]


def test_a_message_that_no_rule_looked_at() -> None:
    decision = Decision((Decided(Keep(), MESSAGE),))
    assert trace.render(decision) == "No rule was asked anything.\n\n-> inbox   (no rule put it elsewhere)"


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (Keep(("\\Seen",)), "inbox, flags \\Seen"),
        (File("a", ("$x",), True, True), "folder a, which is made if it is missing, flags $x, as a copy"),
        (Redirect("a@b"), "redirect to <a@b>"),
        (Redirect("a@b", True), "redirect to <a@b>, as a copy"),
        (Redirect("a@b", sender="", notify="NEVER"), "redirect to <a@b>, from <>, reports: never"),
        (Redirect("a@b", sender="c@d"), "redirect to <a@b>, from <c@d>"),
        (Pipe(("prog", "-x")), "program prog -x"),
        (Discard(), "nowhere: discarded"),
        (Reject("no\nprograms"), "refused with 5.7.1 no\\nprograms"),
    ],
)
def test_each_act_in_words(act: Act, words: str) -> None:
    assert trace.act(act) == words


def test_what_the_policy_daemon_found() -> None:
    found = Policy((("time", "1"), ("client", "192.0.2.1"), ("spf", "fail"), ("points", "3")), 12.4)
    decision = FILED.replace(policy=found)
    assert trace.render(decision).split("\n")[-3] == (
        "policy: spf=fail, points=3 (signed by the policy daemon, client 192.0.2.1, 12 s before)"
    )
    assert trace.data(decision)["policy"] == {
        "facts": {"time": "1", "client": "192.0.2.1", "spf": "fail", "points": "3"},
        "age": 12.4,
        "why": "",
    }
    decision = FILED.replace(policy=Policy(why="it is\x1b[2J old"))
    assert "\npolicy: not believed: it is\\x1b[2J old\n" in trace.render(decision)
    assert trace.data(FILED)["policy"] is None


def test_a_verdict_on_a_part_of_the_message_says_so() -> None:
    assert (
        trace.verdict(Verdict(False, -1, 5, scanned=9)) == "spamd: -1.0 of 5.0, not spam; only 9 octets were looked at"
    )


def test_colour_only_where_it_is_wanted() -> None:
    assert "\x1b" not in trace.render(FILED)
    assert "\x1b[32myes\x1b[0m" in trace.render(FILED, colour=True)


def test_nothing_of_a_hostile_message_reaches_the_terminal() -> None:
    evil = "\x1b]0;x\x07\r\n\u202e\udcff" + "x" * 100_000
    asked = Asked(Where(evil, 1), evil, Answer(True, (evil,) * 1000, evil))
    acts = (Keep((evil,)), File(evil), Redirect(evil), Pipe((evil,)), Reject(evil, evil[:9]))
    decided = tuple(Decided(act, MESSAGE, RULE, evil) for act in acts)
    shown = trace.render(Decision(decided, Verdict(True, 1, 2, (evil,) * 100, evil[:9]), (asked,), (evil,)))
    assert all(line.isprintable() for line in shown.split("\n"))
    assert "and 990 more" in shown
    assert len(shown) < 200_000


def test_as_data_it_is_json_and_has_the_same_facts() -> None:
    found = json.loads(json.dumps(trace.data(FILED)))
    assert found["trace"][1] == {
        "file": "rules/spam.sieve",
        "line": 12,
        "depth": 0,
        "what": 'header :contains "Subject" "*SPAM*"',
        "answer": True,
        "saw": ["*SPAM* Buy"],
        "matched": "Subject: *SPAM* Buy",
    }
    assert "answer" not in found["trace"][2]
    assert found["decided"] == [
        {
            "action": "file",
            "folder": "Trash",
            "flags": [],
            "copy": False,
            "create": False,
            "letter": "",
            "rule": "rules/spam.sieve:13",
            "why": "Subject: *SPAM* Buy",
            "at": "",
        }
    ]
    assert found["verdict"]["score"] == 15.2
    assert found["notes"] == ["clamd was not asked"]


def test_with_sources_the_rule_stands_before_the_question() -> None:
    sources = Sources()
    sources.give("a.sieve", b'if exists "X-Spam-Flag" { discard; }\n')
    sources.give("rules/spam.sieve", b"\n" * 11 + b'if header "subject" "x" {\n  fileinto "Trash";\n')
    assert trace.render(FILED, sources=sources, mailbox="/m").split("\n") == [
        'a.sieve:1            | if exists "X-Spam-Flag" { discard; }',
        '                     exists "X-Spam-Flag"  -> no',
        'rules/spam.sieve:12  | if header "subject" "x" {',
        '                     header :contains "Subject" "*SPAM*"  -> yes',
        "                       *SPAM* Buy",
        'rules/spam.sieve:13  |   fileinto "Trash";',
        '                       fileinto "Trash"',
        "",
        "note: clamd was not asked",
        "spamd: 15.2 of 5.0, spam (BAYES_99, URIBL_BLACK)",
        "-> folder Trash   (rules/spam.sieve:13: Subject: *SPAM* Buy)",
        "     at /m/.Trash",
    ]
    assert trace.data(FILED, sources)["trace"][2]["source"] == '  fileinto "Trash";'
    assert "\x1b[1mif exists" in trace.render(FILED, colour=True, sources=sources)


def test_a_file_that_is_gone_leaves_the_place_beside_the_question() -> None:
    gone = FILED.replace(trace=FILED.trace[:1])
    assert trace.render(gone, sources=Sources()) == trace.render(gone)


def test_two_steps_of_one_line_share_it() -> None:
    sources = Sources()
    sources.give("a.sieve", b"keep; stop;\n")
    asked = (Asked(Where("a.sieve", 1), "keep"), Asked(Where("a.sieve", 1), "stop"))
    assert trace.render(Decision((), trace=asked), sources=sources).split("\n")[:3] == [
        "a.sieve:1  | keep; stop;",
        "           keep",
        "           stop",
    ]


def test_what_would_be_logged_and_remembered() -> None:
    decision = Decision((), log=LogTo("/log"), logged=("text\x1b\n",), remember=(Remember("duplicate", "k", 86400.0),))
    assert trace.render(decision, mailbox="").split("\n")[-2:] == [
        "remembered when it is delivered: duplicate, until 1970-01-02 00:00:00 +0000",
        "written to /log: text\\x1b\\n",
    ]
    assert "remembered" not in trace.render(decision)
    found = trace.data(decision)
    assert found["remembered"] == [{"kind": "duplicate", "key": "k", "until": 86400.0}]
    assert found["logged"] == {"file": "/log", "texts": ["text\x1b\n"]}
