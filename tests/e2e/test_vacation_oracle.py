"""The same answers by Pigeonhole's sieve-test: from whom, to whom, about what, and whether at all (RFC 5230).

Left out is what the two are known to disagree about: who is no person (message/robots.py knows more of them), and the
From field where nobody is named in the header.
"""

from __future__ import annotations

import itertools
import os
import subprocess
from email import message_from_string, policy
from pathlib import Path

import pytest

from mdafilter.acts import Send
from mdafilter.engine import run
from mdafilter.message import Envelope, Message
from mdafilter.plan import Scene
from tests.e2e.test_sievec_oracle import SIEVE_TEST, folder, pytestmark
from tests.support.scene import StillWorld
from tests.support.script import acts, compiled

__all__ = ["folder", "pytestmark"]

SENDER, RECIPIENT, ORIGINAL = "bob@x.test", "ann@home.test", "info@home.test"
HEAD = 'require ["vacation", "variables"];\n'
TO = [
    "ann@home.test",
    "ANN@home.test, b@x.test",
    "a.nn@else.test, ann@home.test",
    "a.nn@else.test",
    "Also <also@y.test>",
]
TO += ["info@home.test", "nobody@x.test"]
SETTINGS = ["user_email=a.nn@else.test", "vacation_send_from_recipient=yes", "vacation_use_original_recipient=yes"]
SUBJECTS = ["lunch?", "=?utf-8?q?caf=C3=A9?=", "x" * 250, "y" * 251, "é" * 300]

Letter = dict[str, str]
Known = dict[str, str]


def told(letter: str, envelope: str) -> Letter:
    """What is compared of a letter."""
    found = message_from_string(letter, policy=policy.default)
    fields = ("From", "To", "Subject", "In-Reply-To", "References", "Auto-Submitted", "Precedence")
    shown = {name: " ".join(str(found[name]).split()) for name in fields}  # a fold is a blank
    return {"MAIL": envelope, **{name: text.replace("<", "").replace(">", "") for name, text in shown.items()}}


def theirs(folder: Path, script: str, message: str, known: Known) -> Letter | None:
    """What sieve-test sends."""
    (folder / "answer.sieve").write_text(HEAD + script)
    (folder / "message").write_text(message)
    given = [f"plugin/sieve_{name}={value}" for name, value in known.items()]
    given += [f"mail_uid={os.geteuid() or 65534}", f"mail_gid={os.getegid() or 65534}", "first_valid_uid=1"]
    given += [f"mail_home={folder}", f"mail_location=maildir:{folder}/Maildir"]
    command = [SIEVE_TEST or "", "-e", *itertools.chain(*(("-o", one) for one in given))]
    command += ["-f", SENDER, "-r", RECIPIENT, "-a", ORIGINAL, str(folder / "answer.sieve"), str(folder / "message")]
    (folder / ".dovecot.lda-dupes").unlink(missing_ok=True)
    done = subprocess.run(command, capture_output=True, text=True, env={"PATH": os.environ.get("PATH", "")})
    _, begins, letter = done.stdout.partition("X-Sieve:")
    if not begins:
        return None
    _, _, sender = done.stderr.partition("sending message from <")
    return told(begins + letter.replace("\r\n", "\n"), sender.partition(">")[0])


def ours(script: str, message: str, known: Known) -> Letter | None:
    """What we send."""
    envelope = Envelope(SENDER, RECIPIENT, ORIGINAL)
    scene = Scene(Message.parse(message.encode()), envelope, StillWorld(options=known))
    found = [act for act in acts(run([compiled(HEAD + script).plan], scene)) if isinstance(act, Send) and act.to]
    return told(found[0].letter.decode(), found[0].sender) if found else None


@pytest.mark.parametrize("to", TO)
@pytest.mark.parametrize("script", ['vacation "away";', 'vacation :addresses ["also@y.test", "x"] "away";'])
def test_who_answers(folder: Path, to: str, script: str) -> None:
    message = f"From: Bob <{SENDER}>\nTo: {to}\nSubject: lunch?\nMessage-ID: <1@x.test>\n\nbody\n"
    for given in itertools.chain(*(itertools.combinations(SETTINGS, number) for number in range(3))):
        known = {name: value for name, _, value in (one.partition("=") for one in given)}
        assert ours(script, message, known) == theirs(folder, script, message, known), known


@pytest.mark.parametrize("subject", SUBJECTS)
def test_what_about(folder: Path, subject: str) -> None:
    for script in ('vacation "away";', f'vacation :subject "{subject if subject.isascii() else "café"}" "away";'):
        for fields in ("Message-ID: <1@x.test>\n", "References: <0@x.test>\n", "", "Precedence: bulk\n"):
            message = f"From: Eve <eve@x.test>\nTo: {RECIPIENT}\nSubject: {subject}\n{fields}\nbody\n"
            assert ours(script, message, {}) == theirs(folder, script, message, {}), fields
