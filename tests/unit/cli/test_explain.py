"""What the rules ask of a message; nothing is touched."""

from __future__ import annotations

import gzip
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mdafilter import policy
from tests.support.commandline import ordinary_home, run

SPAM = b"From: a@b.example\nSubject: *****SPAM***** Buy\x1b[2J\nMessage-ID: <x@y>\n\nhi\n"
RULES = 'require "fileinto";\nif header :contains "Subject" "*****SPAM*****" {\n    fileinto "Trash";\n}\n'
PASSED = """\
require ["environment", "fileinto"];
if environment :is "vnd.mdafilter.policy.spf" "pass" { fileinto "Passed"; }
"""


@pytest.fixture
def home() -> Iterator[Path]:
    with ordinary_home() as folder:
        (folder / "m.eml").write_bytes(SPAM)
        (folder / "r.sieve").write_text(RULES)
        yield folder


def test_each_question_with_its_answer_and_the_decision(home: Path) -> None:
    done = run(home, "explain", "-R", "r.sieve", "--no-spamd", "m.eml")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines == [
        'r.sieve:2  | if header :contains "Subject" "*****SPAM*****" {',
        '           header :contains "Subject" "*****SPAM*****"  -> yes',
        "             *****SPAM***** Buy\\x1b[2J",
        'r.sieve:3  |     fileinto "Trash";',
        '             fileinto "Trash"',
        "",
        "-> folder Trash   (r.sieve:3: Subject: *****SPAM***** Buy\\x1b[2J)",
        f"     at {home}/Maildir/.Trash",
    ]
    assert not (home / "Maildir").exists()


def test_a_message_that_dovecot_has_compressed(home: Path) -> None:
    (home / "m.gz").write_bytes(gzip.compress(SPAM))
    done = run(home, "explain", "-R", "r.sieve", "--no-spamd", "m.gz")
    assert "\n-> folder Trash" in done.stdout, done.stderr


def test_standard_input_with_a_From_line_and_an_envelope(home: Path) -> None:
    (home / "e.sieve").write_text('require ["envelope", "fileinto"];\nif envelope "from" "b@c" { fileinto "x"; }\n')
    data = b"From b@c  Sun Nov 22 14:10:06 2026\n" + SPAM
    done = run(home, "explain", "-R", "e.sieve", data=data)
    assert "-> folder x" in done.stdout, done.stderr
    assert "-> folder x" not in run(home, "explain", "-R", "e.sieve", "-f", "other@c", data=data).stdout


STORED = (
    b"X-Mdafilter: Trash; rule old.sieve:1\nReturn-Path: <bob@z.example>\nX-Original-To: all@x.example\n"
    b"Delivered-To: me+lists@x.example\nTo: me+lists@x.example\nSubject: hello\n\nhi\n"
)
ASKS = """\
require ["envelope", "subaddress", "fileinto"];
if envelope "from" "bob@z.example" { fileinto "bob"; }
if envelope :detail "to" "lists" { fileinto "detail"; }
if exists "x-mdafilter" { fileinto "labelled"; }
"""


def test_the_envelope_of_a_stored_message_is_that_of_its_header(home: Path) -> None:
    (home / "e.sieve").write_text(ASKS)
    (home / "m").write_bytes(STORED)
    done = run(home, "explain", "-R", "e.sieve", "m")
    assert "-> folder bob" in done.stdout and "-> folder detail" in done.stdout, done.stderr
    assert "-> folder labelled" not in done.stdout, "our label was not there when it came"
    (home / "v.sieve").write_text(VACATION.replace("me@", "you@"))
    assert "-> vacation: a letter to bob@z.example" in run(home, "explain", "-R", "v.sieve", "m").stdout


def test_an_option_and_a_From_line_say_another_envelope(home: Path) -> None:
    (home / "e.sieve").write_text(ASKS)
    (home / "m").write_bytes(STORED)
    assert "-> folder bob" not in run(home, "explain", "-R", "e.sieve", "-f", "", "m").stdout
    assert "-> folder bob" not in run(home, "explain", "-R", "e.sieve", data=b"From a@b  Sun\n" + STORED).stdout
    done = run(home, "explain", "-R", "e.sieve", "-r", "me@x.example", "m")
    assert "-> folder bob" in done.stdout and "-> folder detail" not in done.stdout
    done = run(home, "explain", "-R", "e.sieve", "-e", "other", "m")
    assert "-> folder detail" not in done.stdout


def test_the_mailbox_is_that_of_the_address_without_its_extension(home: Path) -> None:
    (home / "m").write_bytes(STORED)
    done = run(home, "explain", "--no-spamd", "-m", f"{home}/mail/%d/%n", "m")
    assert f"at {home}/mail/x.example/me\n" in done.stdout, done.stderr


def test_as_json(home: Path) -> None:
    done = run(home, "explain", "-R", "r.sieve", "--no-spamd", "--json", "m.eml")
    found = json.loads(done.stdout)
    assert found["problems"] == []
    assert found["trace"][0]["answer"] is True
    assert found["decided"][0]["folder"] == "Trash"
    assert found["decided"][0]["rule"] == "r.sieve:3"
    assert found["decided"][0]["at"] == f"{home}/Maildir/.Trash"
    assert found["trace"][0]["source"] == 'if header :contains "Subject" "*****SPAM*****" {'
    assert (found["remembered"], found["logged"]) == ([], {"file": "", "texts": []})


VACATION = 'require "vacation";\nvacation :days 3 :addresses "me@x.example" "I am away.";\n'


def test_what_would_be_sent_and_remembered(home: Path) -> None:
    (home / "v.sieve").write_text(VACATION)
    data = b"From: Bob <bob@z.example>\nTo: me@x.example\nSubject: hello\n\nhi\n"
    done = run(home, "explain", "-R", "v.sieve", "-f", "bob@z.example", "-r", "me@x.example", data=data)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    start = lines.index("-> vacation: a letter to bob@z.example   (v.sieve:2)")
    assert lines[start + 1 : start + 7] == [
        "     from the null sender",
        "     | From: me@x.example",
        "     | To: Bob <bob@z.example>",
        "     | Subject: Auto: hello",
        "     |",
        "     | I am away.",
    ]
    assert lines[-1].startswith("remembered when it is delivered: vacation, until ")
    assert not list(home.glob("**/*vacation*"))
    found = json.loads(
        run(home, "explain", "--json", "-R", "v.sieve", "-f", "bob@z.example", "-r", "me@x.example", data=data).stdout
    )
    assert found["remembered"][0]["kind"] == "vacation"
    (sent,) = [one for one in found["decided"] if one["action"] == "send"]
    assert "I am away." in sent["letter"]


def test_the_rules_of_a_procmailrc_and_of_a_table(home: Path) -> None:
    (home / "procmailrc").write_text(":0\n* ^Subject:.*SPAM\n* ! ^X-No\nspam/\n")
    lines = run(home, "explain", "-R", "procmailrc", "m.eml").stdout.splitlines()
    assert lines[:4] == [
        "procmailrc:1  | :0",
        "              | * ^Subject:.*SPAM",
        "              | * ! ^X-No",
        "              the variables that are preset",
    ]
    assert "procmailrc:4  | spam/" in lines
    (home / "header_checks").write_text("/SPAM/ DISCARD\n")
    lines = run(home, "explain", "-R", "header_checks", "m.eml").stdout.splitlines()
    assert lines[0] == "header_checks:1  | /SPAM/ DISCARD"
    assert lines[-1].startswith("-> nowhere: discarded")


def test_what_the_policy_daemon_found_or_why_it_is_not_believed(home: Path) -> None:
    text = f"time={int(time.time())}; client=192.0.2.1; spf=pass"
    (home / "secret").write_text("0123456789abcdef\n")
    (home / "secret").chmod(0o644)
    (home / "c.toml").write_text(f'rules = []\n[policy]\nsecret_file = "{home}/secret"\n')
    (home / "p.sieve").write_text(PASSED)

    def said(secret: str) -> str:
        field = f"X-Mdafilter-Policy: {text}; sign={policy.sign(text, secret)}\n"
        done = run(home, "explain", "-c", "c.toml", "-R", "p.sieve", data=field.encode() + SPAM)
        assert done.returncode == 0, done.stderr
        return done.stdout

    believed = said("0123456789abcdef")
    assert "policy: spf=pass (signed by the policy daemon, client 192.0.2.1, " in believed
    assert "-> folder Passed" in believed
    forged = said("another secret of somebody")
    assert "policy: not believed: it is not signed with our secret\n" in forged
    assert "vnd.mdafilter.policy.spf is not known" in forged
    assert "-> inbox" in forged


def test_mistakes_of_the_users_own_rules_are_told_and_left_out(home: Path) -> None:
    (home / ".mdafilter.sieve").write_text("oops;\n")
    if os.geteuid() == 0:
        os.chown(home / ".mdafilter.sieve", 65534, 65534)
    (home / "c.toml").write_text("rules = []\n")
    done = run(home, "explain", "-c", "c.toml", "--no-spamd", "m.eml")
    assert done.returncode == 0, done.stderr
    assert f"{home}/.mdafilter.sieve:1:1: error: " in done.stdout
    assert "left out until that is mended" in done.stdout
    assert done.stdout.endswith(f"-> inbox   (no rule put it elsewhere)\n     at {home}/Maildir\n")


def test_broken_rules_of_the_site_say_that_mail_waits(home: Path) -> None:
    (home / "s.sieve").write_text("oops;\n")
    (home / "c.toml").write_text(f'rules = ["{home}/s.sieve"]\n')
    done = run(home, "explain", "-c", "c.toml", "m.eml")
    assert done.returncode == 1
    assert done.stderr.startswith("Error: a delivery would be deferred: 4.3.5 site rules: ")


def test_a_message_that_is_not_there(home: Path) -> None:
    assert run(home, "explain", "none.eml").returncode == 2


def test_programs_are_run_only_if_that_is_said(home: Path) -> None:
    (home / "procmailrc").write_text(f":0\n* ? touch {home}/touched\nother/\n")
    done = run(home, "explain", "-R", "procmailrc", "--no-spamd", "m.eml")
    assert "programs are not run here" in done.stdout, done.stderr
    assert "-> inbox" in done.stdout
    assert not (home / "touched").exists()
    done = run(home, "explain", "-R", "procmailrc", "--no-spamd", "--run", "m.eml")
    assert f"-> mailbox {home}/other/" in done.stdout, done.stderr
    assert (home / "touched").exists()
