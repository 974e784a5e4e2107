"""Why a delivered message is where it is, from the journal."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

from mdafilter import journal
from mdafilter.cli.why import deliveries, places_of
from mdafilter.journal import Entry, Event, Filed, Journal, Score
from tests.support.commandline import invoke, ordinary_home, run

NOW = 1795356846.5
FILED = Entry(
    NOW,
    "4XyZ",
    message_id="<one@example.org>",
    sender="spammer@example.net",
    recipient="u@example.org",
    acts=(Filed("file", ".Trash", "spam.sieve:2", "Subject: *SPAM* Buy", "1795356846.M1P2.host"),),
    score=Score("spamd", 15.2, 5.0, True, ("BAYES_99",)),
    notes=("clamd was not asked",),
)


def book(home: Path) -> Journal:
    return Journal(journal.default_path({}, str(home)), syslog=False)


def test_all_that_is_known_of_a_delivery(tmp_path: Path) -> None:
    rules = tmp_path / "spam.sieve"
    rules.write_text('if true {\n    fileinto "Trash";\n}\n')
    os.utime(rules, (NOW - 9, NOW - 9))
    entry = FILED.replace(acts=(FILED.acts[0].replace(rule=f"{rules}:2"),))
    journal.delivered(book(tmp_path), entry)
    journal.delivered(book(tmp_path), FILED.replace(message_id="<other@example.org>"))
    done = invoke(tmp_path, "why", "<one@example.org>", env={"TZ": "UTC"})
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[0].endswith("  delivered  4XyZ")
    assert lines[1:-1] == [
        "  message-id  <one@example.org>",
        "  from        <spammer@example.net>",
        "  to          <u@example.org>",
        "  folder      .Trash (1795356846.M1P2.host)",
        f"  rule        {rules}:2",
        '            | fileinto "Trash";',
        "  matched     Subject: *SPAM* Buy",
        "  score       spamd: 15.2 of 5.0, spam (BAYES_99)",
        "  note        clamd was not asked",
    ]
    assert invoke(tmp_path, "why", "one@example.org", env={"TZ": "UTC"}).stdout == done.stdout
    assert invoke(tmp_path, "why", "4XyZ").stdout.count("  delivered  ") == 2


def test_of_a_move_what_came_of_it_counts_and_not_that_it_began(tmp_path: Path) -> None:
    moved, log = FILED.replace(id="m1", acts=(FILED.acts[0],)), book(tmp_path)
    journal.refiling(log, moved)
    said = invoke(tmp_path, "why", "one@example.org").stdout
    assert "  refiling  m1" in said and "because     whether it was moved is not told" in said
    journal.refiled(log, moved)
    for arguments in (("one@example.org",), ("--last", "5")):
        said = invoke(tmp_path, "why", *arguments).stdout
        assert said.count("m1") == 1 and "  refiled  m1" in said


def test_deferred_tries_are_the_history_of_the_delivery(tmp_path: Path) -> None:
    journal.deferred(book(tmp_path), FILED.replace(time=NOW - 600, acts=(), score=None), "disk full", "4.3.1")
    journal.deferred(book(tmp_path), FILED.replace(time=NOW - 300, acts=(), score=None), "spamd is down", "4.4.1")
    journal.delivered(book(tmp_path), FILED)
    done = invoke(tmp_path, "why", "one@example.org", env={"TZ": "UTC"})
    assert done.stdout.count("delivered") == 1
    history = [line for line in done.stdout.splitlines() if line.startswith("  deferred")]
    assert [line.split(": ", 1)[1] for line in history] == ["4.4.1 spamd is down", "4.3.1 disk full"]


def test_a_message_that_is_still_waiting(tmp_path: Path) -> None:
    journal.deferred(book(tmp_path), FILED.replace(acts=(), score=None), "disk full", "4.3.1")
    done = invoke(tmp_path, "why", "one@example.org")
    assert "  deferred  4XyZ" in done.stdout.splitlines()[0]
    assert "  because     4.3.1 disk full" in done.stdout.splitlines()


def test_tries_for_another_recipient_are_of_another_delivery() -> None:
    tried = FILED.replace(recipient="v@example.org", status="deferred")
    event = Event(NOW, "training", "learned", message_id=FILED.message_id)
    assert deliveries([event, FILED, tried, tried]) == [(event, []), (FILED, []), (tried, [tried])]


def test_the_file_of_a_delivered_message_will_do(tmp_path: Path) -> None:
    journal.delivered(book(tmp_path), FILED)
    (tmp_path / "1795356846.M1P2.host:2,").write_bytes(b"Subject: x\nMessage-ID:\n <one@example.org>\n\nbody\n")
    assert "spam.sieve:2" in invoke(tmp_path, "why", str(tmp_path / "1795356846.M1P2.host:2,")).stdout
    (tmp_path / "none").write_bytes(b"Subject: x\n\n")
    done = invoke(tmp_path, "why", str(tmp_path / "none"))
    assert done.exit_code == 1
    assert "this message has no Message-ID" in done.stderr


def test_not_found_says_where_it_was_looked_for(tmp_path: Path) -> None:
    journal.delivered(book(tmp_path), FILED)
    journal.delivered(book(tmp_path), FILED)
    done = invoke(tmp_path, "why", "nobody@knows\x1b[2J", env={"XDG_STATE_HOME": str(tmp_path / "state"), "TZ": "UTC"})
    assert done.exit_code == 1
    lines = done.stderr.splitlines()
    assert lines[0] == "Nothing is known of nobody@knows\\x1b[2J. Looked in:"
    assert lines[1] == f"  {tmp_path}/state/mdafilter/journal.jsonl: no file"
    assert lines[2].startswith(f"  {tmp_path}/.local/state/mdafilter/journal.jsonl: 2 entries since 20")
    assert done.stdout == ""


def test_the_latest(tmp_path: Path) -> None:
    for number in range(5):
        journal.delivered(book(tmp_path), FILED.replace(message_id=f"<m{number}@e>", time=NOW + number))
    journal.rule_problem(book(tmp_path), NOW, "r.sieve", "no such word")
    assert [n for n in range(5) if f"<m{n}@e>" in invoke(tmp_path, "why", "--last").stdout] == [4]
    assert [n for n in range(5) if f"<m{n}@e>" in invoke(tmp_path, "why", "--last", "2").stdout] == [3, 4]


def test_as_json_the_lines_stand_as_in_the_journal(tmp_path: Path) -> None:
    journal.delivered(book(tmp_path), FILED)
    done = invoke(tmp_path, "why", "--json", "one@example.org")
    assert done.stdout == Path(book(tmp_path).path).read_text()
    assert json.loads(done.stdout)["status"] == "delivered"


def test_another_file_and_a_configured_path(tmp_path: Path) -> None:
    path = tmp_path / "var" / "u@example.org.jsonl"
    journal.delivered(Journal(str(path), syslog=False), FILED)
    assert invoke(tmp_path, "why", "-j", str(path), "one@example.org").exit_code == 0
    (tmp_path / "c.toml").write_text(f'[journal]\npath = "{tmp_path}/var/%u.jsonl"\n')
    found = invoke(tmp_path, "why", "-c", str(tmp_path / "c.toml"), "-r", "u@example.org", "one@example.org")
    assert found.exit_code == 0


def test_a_broken_configuration_does_not_hide_the_journal(tmp_path: Path) -> None:
    journal.delivered(book(tmp_path), FILED)
    (tmp_path / "c.toml").write_text("nonsense = 1\n")
    done = invoke(tmp_path, "why", "-c", str(tmp_path / "c.toml"), "one@example.org")
    assert done.exit_code == 0
    assert done.stderr.startswith("Warning: ")


def test_an_argument_or_last_and_not_both(tmp_path: Path) -> None:
    assert invoke(tmp_path, "why").exit_code == 2
    assert invoke(tmp_path, "why", "--last", "1", "x").exit_code == 2
    assert invoke(tmp_path, "why", "-u", "no-such-user-here", "x").exit_code == 2


def test_the_journal_of_another_user_is_looked_for_in_their_home() -> None:
    import pwd

    root = pwd.getpwuid(0)
    assert places_of(root.pw_name, "", "") == (f"{root.pw_dir}/.local/state/mdafilter/journal.jsonl",)


def test_broken_lines_do_not_hide_the_others(tmp_path: Path) -> None:
    journal.delivered(book(tmp_path), FILED)
    with open(book(tmp_path).path, "ab") as out:
        out.write(b'{"time":1,"id"\n\x00\xff\n{"time":2,"acts":7')
    assert invoke(tmp_path, "why", "one@example.org").exit_code == 0


def test_a_real_delivery_is_explained_by_its_file() -> None:
    with ordinary_home() as home:
        (home / "c.toml").write_text("rules = []\n[journal]\nsyslog = false\n")
        (home / "r.sieve").write_text(
            'require ["fileinto", "mailbox"];\nif header :contains "Subject" "spam" {\n    fileinto :create "Trash";\n}\n'
        )
        data = b"From: a@b\nSubject: spam\nMessage-ID: <real@example.org>\n\nbody\n"
        options = ["-c", "c.toml", "-R", f"{home}/r.sieve", "-m", f"{home}/box", "-f", "s@b", "-r", "u@e"]
        assert run(home, "deliver", *options, data=data).returncode == 0
        (filed,) = (home / "box" / ".Trash" / "new").iterdir()
        lines = run(home, "why", str(filed)).stdout.splitlines()
        assert "  message-id  <real@example.org>" in lines
        assert f"  rule        {home}/r.sieve:3" in lines
        assert '            | fileinto :create "Trash";' in lines
        assert any(line.startswith("  folder      ") and filed.name in line for line in lines)
        assert any(line.startswith("  matched     ") and "spam" in line for line in lines)


def test_the_file_may_be_compressed(tmp_path: Path) -> None:
    journal.delivered(book(tmp_path), FILED)
    (tmp_path / "a").write_bytes(gzip.compress(b"Message-ID: <one@example.org>\n\nbody\n"))
    assert "spam.sieve:2" in invoke(tmp_path, "why", str(tmp_path / "a")).stdout
    (tmp_path / "a").write_bytes(gzip.compress(b"Message-ID: <one@example.org>\n\nbody\n")[:20])
    assert "cannot be unpacked" in invoke(tmp_path, "why", str(tmp_path / "a")).stderr
