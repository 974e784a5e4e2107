"""The same tables and message in Postfix' cleanup(8) and in mdafilter: the same text in the same places.

There, the tables stand in main.cf, and the message goes through smtpd(8) into a Maildir without rules of ours. Here, the
message goes to mdafilter-deliver with the tables as its rules. What Postfix adds on top (Received and the like) does not
count. A message in the hold queue is one in our folder Quarantine.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from mdafilter.values import Value
from tests.support import tables
from tests.support.postfix import DOMAIN, FIRST_UID, Postfix, messages

HEADER, MIME, NESTED, BODY = "header_checks", "mime_header_checks", "nested_header_checks", "body_checks"
Tables = dict[str, str]

MAIL = b"""From: Ann <ann@example.org>
To: bob@example.net
Subject: hello
 folded
\tagain
Message-ID: <1@example.org>
Date: Sun, 22 Nov 2026 10:00:00 +0000
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b
X-Bad: 1
X-Bad: 2
X-Eight: \xc3\xa4\xff

preamble
--b
Content-Type: text/plain;
 name="a.exe"
X-Part: 1

line one
line two

--b
Content-Type: message/rfc822

Subject: inner
X-Inner: yes
Content-Type: text/plain

three
.
..four
--b--
epilogue
"""
HEAD = MAIL[: MAIL.index(b"MIME-Version")]
LONG = HEAD + b"\n" + b"a" * 2047 + b"Xb\n" + b"c" * 5000 + b"\n" + b"X" * 2048 + b"\nend\n"
FILL = b"0123456789012345678901234567890123456789012345678\n"  # 50 octets


def limited(first: int) -> bytes:
    """Two parts, in which the last lines that body_checks sees are around line `first` and 1024 of 50 octets."""
    part = b"--b\nContent-Type: text/plain\n\n" + FILL * first + b"edge\n" + FILL * 3 + b"edge\n"
    return HEAD + b"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n" + part + part + b"--b--\n"


WRITTEN: dict[str, Tables] = {
    "nothing": {HEADER: "/none/ REJECT"},
    "prepend": {HEADER: "/^X-Bad: 2/ PREPEND X-Good: 3"},
    "prepend to the first": {HEADER: "/^From:/ PREPEND X-Good: 3"},
    "prepend to a folded field": {HEADER: "/^Subject: (.*)/ PREPEND X-Was: $1"},
    "replace": {HEADER: "/^X-Bad: (.)/ REPLACE X-Good: $1"},
    "replace a folded field": {HEADER: "/^Subject: (.*)/ REPLACE X-Was: $1"},
    "replace without folding": {HEADER: "/^Subject: ([^[:space:]]*)[[:space:]]*([a-z]*)/ REPLACE Subject: $1 $2"},
    "a newline without a blank": {HEADER: "/^Subject: (hello.) (folded)(.*)/ REPLACE Subject: $1$2$3"},
    "two newlines": {HEADER: "/^Subject: hello(.) folded(.)/ REPLACE X-Was: a${1}b$2${2}c"},
    "a newline at the end": {HEADER: "/^Subject: hello(.)/ REPLACE X-Was: a$1"},
    "octets": {HEADER: "/^X-Eight: (.)(.)(.)/ REPLACE X-Seven: $3$1$2"},
    "ignore": {HEADER: "/^X-Bad: 1/ IGNORE\n/^subject/ ignore"},
    "strip": {HEADER: "/^X-Bad/ STRIP why"},
    "ignore all": {HEADER: "/^(X-|Subject)/ IGNORE"},
    "a text that is no field": {HEADER: "/^X-(Bad): 1/ REPLACE $1\n/^X-(Bad): 2/ PREPEND $1"},
    "a field from a group": {HEADER: "/^X-(Bad:) 1/ REPLACE $1 3\n/^X-Bad(: 2)/ PREPEND Y$1"},
    "the first that matches": {HEADER: "/^X-Bad: 1/ DUNNO\n/^X-Bad/ IGNORE"},
    "ok": {HEADER: "/^X-Bad: 1/ OK\n/^X-Bad/ IGNORE"},
    "warn and info": {HEADER: "/^X-Bad: 1/ WARN a\n/^X-Bad: 2/ INFO b\n/^X-Bad/ REJECT"},
    "mime fields by header_checks": {HEADER: "/^Content-Type: text/ IGNORE\n/^X-(Part|Inner)/ REPLACE X-Gone: $1"},
    "mime_header_checks": {MIME: "/^X-Part|^Content-Type: text/ IGNORE\n/^X-Inner|^Subject/ IGNORE"},
    "nested_header_checks": {NESTED: "/^X-(Part|Inner)|^Content|^Subject/ REPLACE X-Gone: yes"},
    "each its own": {
        HEADER: "!/^Received/ PREPEND X-H: 1",
        MIME: "/^/ PREPEND X-M: 1",
        NESTED: "/^/ PREPEND X-N: 1",
    },
    "header and mime": {HEADER: "/./ IGNORE", MIME: "/^X-Part/ IGNORE"},
    "header and nested": {HEADER: "/^(X-|MIME|Subject)/ IGNORE", NESTED: "/^X-Part|^Subject/ REPLACE X-N: 1"},
    "body": {BODY: "/^line (.*)/ REPLACE $1 line\n/^three/ PREPEND before"},
    "body ignored": {BODY: "/^line/ IGNORE\n/^preamble/ STRIP\n/^\\./ IGNORE"},
    "boundaries": {BODY: "/^--b/ PREPEND x"},
    "body to nothing": {BODY: "/^line (x*)/ REPLACE $1\n/^(x*)three/ PREPEND $1"},
    "body with what a header needs": {BODY: "/^line one/ REPLACE no field"},
    "empty lines": {BODY: "/^$/ IGNORE\n!/./ IGNORE"},
    "reject": {HEADER: "/^X-Bad/ REJECT"},
    "reject with a text": {HEADER: "/^X-(B)ad: (.)/ REJECT no $1 $2"},
    "reject with a code": {HEADER: "/^X-Bad/ REJECT 5.7.99 go away"},
    "reject with half a code": {HEADER: "/^X-Bad/ REJECT 5.7 go away"},
    "reject for now": {HEADER: "/^X-Bad/ REJECT 4.7.1 later"},
    "reject the body": {BODY: "/three/ REJECT $$3"},
    "discard": {HEADER: "/^X-Bad/ DISCARD"},
    "discard a part": {HEADER: "/^X-Inner/ DISCARD reason"},
    "hold": {HEADER: "/^X-Bad/ HOLD"},
    "hold with a text": {HEADER: "/^X-Bad: 1/ HOLD why"},
    "hold what is edited": {HEADER: "/^X-Bad/ HOLD\n/^X-Part/ IGNORE"},
    "hold each line": {HEADER: "/./ HOLD"},
    "redirect": {HEADER: "/^X-Bad: 1/ REDIRECT other@stage.test"},
    "redirect what is edited": {HEADER: "/^X-Bad: 1/ REDIRECT other@stage.test\n/^X-Bad: 2/ IGNORE"},
    "redirect twice": {HEADER: "/^X-Bad: 1/ REDIRECT other@stage.test\n/^X-Bad: 2/ REDIRECT third@stage.test"},
    "bcc": {HEADER: "/^X-Bad: 1/ BCC other@stage.test"},
    "bcc twice": {HEADER: "/^X-Bad: 1/ BCC other@stage.test\n/^X-Bad: 2/ BCC third@stage.test"},
    "bcc the same": {HEADER: "/./ BCC other@stage.test"},
    "bcc and redirect": {HEADER: "/^X-Bad: 1/ BCC other@stage.test\n/^X-Bad: 2/ REDIRECT third@stage.test"},
    "redirect and bcc": {HEADER: "/^X-Bad: 1/ REDIRECT third@stage.test\n/^X-Bad: 2/ BCC other@stage.test"},
    "hold and redirect": {HEADER: "/^X-Bad: 1/ HOLD\n/^X-Bad: 2/ REDIRECT other@stage.test"},
    "redirect and hold": {HEADER: "/^X-Bad: 1/ REDIRECT other@stage.test\n/^X-Bad: 2/ HOLD"},
    "bcc and hold": {HEADER: "/^X-Bad: 1/ BCC other@stage.test\n/^X-Bad: 2/ HOLD"},
    "bcc and reject": {HEADER: "/^X-Bad: 1/ BCC other@stage.test\n/^X-Bad: 2/ REJECT"},
    "hold and reject": {HEADER: "/^X-Bad: 1/ HOLD\n/^X-Bad: 2/ REJECT"},
    "hold and discard": {HEADER: "/^X-Bad: 1/ HOLD\n/^X-Bad: 2/ DISCARD"},
    "discard and reject": {HEADER: "/^X-Bad: 1/ DISCARD\n/^X-Bad: 2/ REJECT"},
    "reject and discard": {HEADER: "/^X-Bad: 2/ DISCARD\n/^X-Bad: 1/ REJECT"},
    "filter and redirect": {HEADER: "/^X-Bad: 1/ FILTER none:x\n/^X-Bad: 2/ REDIRECT other@stage.test"},
    "warn and reject": {HEADER: "/^X-Bad: 1/ WARN\n/^X-Bad: 2/ REJECT"},
    "pass": {HEADER: "/^X-Bad: 1/ PASS\n/^X-Bad: 2/ REJECT"},
    "pass turns off the body": {HEADER: "/^X-Bad: 1/ PASS", BODY: "/line/ REJECT"},
    "what was before pass stays": {HEADER: "/^Subject/ IGNORE\n/^X-Bad: 1/ PASS\n/^X-/ IGNORE"},
    "pass in the body": {BODY: "/line one/ PASS\n/line/ IGNORE", HEADER: "/^X-Inner/ REJECT\n/^X-Part/ IGNORE"},
    "hold and a body that is discarded": {HEADER: "/^X-Bad/ HOLD", BODY: "/three/ DISCARD"},
    "redirect and a body that is redirected": {
        HEADER: "/^X-Bad/ REDIRECT other@stage.test",
        BODY: "/three/ REDIRECT third@stage.test",
    },
    "a body line before a field": {HEADER: "/^X-Inner/ DISCARD", BODY: "/line one/ REJECT"},
    "a field before a body line": {HEADER: "/^X-Part/ DISCARD", BODY: "/line one/ REJECT"},
    "edits of both": {HEADER: "/^X-/ IGNORE", BODY: "/^line/ IGNORE"},
    "a replaced Content-Type": {
        HEADER: "/^Content-Type: (multipart|message)/ REPLACE X-Was: $1",
        BODY: "/three/ REJECT",
    },
    "ifs": {HEADER: "if /^X-/\nif !/Bad/\n/^/ IGNORE\nendif\n/2/ REPLACE X-Two: 2\nendif\n/^Subject/ PREPEND X-S: 1"},
}
# of messages that are made for them
OTHERS: dict[str, tuple[Tables, bytes]] = {
    "long lines": ({BODY: "/^X/ IGNORE\n/X$/ REPLACE Y\n/^c{2048}$/ REPLACE d"}, LONG),
    "long lines without pieces": ({BODY: "/^(X*)b/ IGNORE\n/^c{904}$/ IGNORE"}, LONG),
    "before a piece": ({BODY: "/^c{904}$/ PREPEND before"}, LONG),
    **{
        f"the limit of the body at {lines}": ({BODY: "/^edge/ IGNORE\n/^x/ REJECT"}, limited(lines))
        for lines in (1019, 1020, 1021, 1022, 1023, 1024)
    },
}


def generated(seed: int) -> tuple[Tables, bytes]:
    """Made-up tables and a made-up message."""
    rng = random.Random(seed)
    pick: tables.Pick = lambda choices: rng.choice(list(choices))  # noqa: E731
    plain = ("DUNNO", "IGNORE", "STRIP #", "WARN", "PREPEND X-P#: p", "REPLACE X-R#: r", "DUNNO", "IGNORE")
    rare = pick(("REJECT #", "HOLD", "REDIRECT other@stage.test", "DISCARD", "PASS", "BCC other@stage.test", "DUNNO"))
    grouped = ("REPLACE X-G#: <$1>", "PREPEND X-H#: $1", "INFO $1")
    found: Tables = {}
    for name in (HEADER, MIME, NESTED, BODY):
        if pick("ynn" if name in (MIME, NESTED) else "yyn") == "y":
            text = tables.table(pick, "regexp", (*plain, rare), grouped)
            # Postfix also looks at the Received field that it has just made, and needs these for itself
            found[name] = f"/^(Received|From|Date|Message-ID|To):/ DUNNO\n{text}"
    head = b"To: bob@example.net\nMessage-ID: <1@example.org>\nDate: Sun, 22 Nov 2026 10:00:00 +0000\n"
    return found or {HEADER: "/none/ OK"}, head + tables.message(pick).replace(b"x-a :", b"x-a:")


CASES = {name: (case, MAIL) for name, case in WRITTEN.items()} | OTHERS
CASES |= {f"generated {seed}": generated(seed) for seed in range(60)}


class Outcome(Value):
    """What became of a message: its text by place, or the reply of a refusal."""

    places: dict[str, bytes]
    refused: str = ""


ADDED = re.compile(rb"(?:(?:Return-Path|X-Original-To|Delivered-To|Received):.*\n(?:[ \t].*\n)*)+")


def as_sent(message: bytes) -> bytes:
    """Without what was put on top, and an empty line at the end, which SMTP cannot do without."""
    return message[found.end() :] if (found := ADDED.match(message)) else message


# --- theirs ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def outcomes(stage: Postfix) -> dict[str, Outcome]:
    """What Postfix makes of all cases: each has a cleanup(8) with its tables, and an smtpd(8) before it."""
    for user in ("ann", "other", "third"):
        stage.user(user)
    stage.main |= {"home_mailbox": "Maildir/", "max_idle": "5s", "default_process_limit": "300"}
    for number, (case, _message) in enumerate(CASES.values()):
        options = "".join(f" -o {name}=regexp:{stage.table(f'{name}.{number}', text)}" for name, text in case.items())
        stage.master.append(f"smtpd{number} unix - - n - - smtpd -o cleanup_service_name=cleanup{number}")
        stage.master.append(f"cleanup{number} unix n - n - 0 cleanup{options}")
    stage.start()
    return {name: outcome(stage, f"smtpd{number}", CASES[name][1]) for number, name in enumerate(CASES)}


def outcome(stage: Postfix, service: str, message: bytes) -> Outcome:
    reply = stage.smtp(service, "ann", message)
    if reply[:1] in ("4", "5"):
        return Outcome({}, reply[4:])
    queued = reply.rpartition(" ")[2]
    held: list[str] = []

    def settled() -> bool:
        held[:] = [queued] * (stage.top / "queue" / "hold" / queued).exists()
        return bool(held) or f" {queued}: removed" in stage.log() or f" {queued}: discard: " in stage.log()

    stage.until(settled, f"{queued} stays where it is")
    places = {}
    for user in ("ann", "other", "third"):
        for files in messages(stage.top / "home" / user / "Maildir").values():
            (file,) = files
            places[user] = as_sent(file.read_bytes())
            file.unlink()
    if held:
        places["held"] = as_sent(stage.run("postcat", "-h", "-b", "-q", queued).stdout)
        stage.run("postsuper", "-d", queued, check=False)
    return Outcome(places)


# --- ours ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def home() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="mdafilter-cleanup."))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


def ours(home: Path, installation: Path, case: Tables, message: bytes) -> Outcome:
    """The tables as rules of the site: they are root's."""
    rules = [str(home / name) for name in case]
    for name, text in case.items():
        (home / name).write_text(text)
    sendmail = home / "sendmail"
    sendmail.write_text(f'#!/bin/sh\nfor address do :; done\ncat >"{home}/user/sent.${{address%@{DOMAIN}}}"\n')
    sendmail.chmod(0o755)
    config = home / "mdafilter.toml"
    config.write_text(
        f'[spamd]\nenabled = "off"\n[delivery]\nlabel = false\nsubscribe = false\nsendmail = "{sendmail}"\n'
    )
    user = home / "user"
    user.mkdir()
    os.chown(user, FIRST_UID, FIRST_UID)
    options = [text for rule in rules for text in ("-R", rule)]
    done = subprocess.run(
        [str(installation / "bin" / "mdafilter-deliver"), "-c", str(config), *options],
        input=message,
        env={"HOME": str(user), "LOGNAME": "ann", "USER": "ann", "PATH": "/usr/bin:/bin"},
        user=FIRST_UID,
        group=FIRST_UID,
        extra_groups=[],
        cwd=user,
        capture_output=True,
        check=False,
    )
    if done.returncode in (75, 77):
        reply = done.stdout.decode().strip()
        assert done.returncode == (77 if reply.startswith("5") else 75), done
        return Outcome({}, reply)
    assert done.returncode == 0, done
    places = {path.suffix[1:]: as_sent(path.read_bytes()) for path in user.glob("sent.*")}
    for folder, files in messages(user / "Maildir").items():
        (file,) = files
        places[{"": "ann", ".Quarantine": "held"}[folder]] = file.read_bytes()
    return Outcome(places)


@pytest.mark.parametrize("name", CASES)
def test_what_becomes_of_a_message(home: Path, installation: Path, outcomes: dict[str, Outcome], name: str) -> None:
    """header_checks(5)."""
    case, message = CASES[name]
    assert ours(home, installation, case, message) == outcomes[name]


def test_what_postfix_filters_is_held(home: Path, installation: Path) -> None:
    """There is no other way to take any more: FILTER is HOLD here (lang/tables/actions.py)."""
    found = ours(home, installation, {HEADER: "/^X-Bad: 1/ FILTER smtp:[127.0.0.1]:10025"}, MAIL)
    assert found == Outcome({"held": MAIL})


def test_a_header_that_is_too_long_is_looked_at_as_far_as_postfix_would_keep_it(home: Path, installation: Path) -> None:
    """Postfix cuts it, and with it what a table could have found behind. We deliver every octet."""
    message = HEAD + b"X-Long: " + b"a" * 150_000 + b"needle\nX-Next: needle\n\nbody\n"
    table = {HEADER: "/^X-Next.*needle/ PREPEND X-Found: next\n/needle/ REJECT"}
    found = ours(home, installation, table, message)
    assert found.places == {"ann": message.replace(b"X-Next", b"X-Found: next\nX-Next")}
