"""The same procmailrc and message by procmail and by mdafilter: the same mailboxes with the same octets in them.

The files are in procmailrc/. In some, a line `#### name` begins a file of its own. What is not compared is said in
tests/support/oracle.py; where the two differ on purpose (`mdafilter check --help`) no file here goes.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import oracle

pytestmark = pytest.mark.skipif(bool(oracle.MISSING), reason=oracle.MISSING)

FROM_LINE = b"From ann@example.org  Sun Nov 22 11:00:00 2026\n"
LIST = b"""From: Ann <ann@example.org>
To: bob@example.net, list@lists.example.com
Cc: carol@example.net
Subject: [dev] *****SPAM***** a test of Something
  and a second line
List-Id: Developers <dev.lists.example.com>
X-Loop: bob@example.net
Precedence: list
X-Spam-Status: Yes, score=15.2 required=5.0
X-Spam-Level: ***************

Hello,
this is the body.
Free money inside

From here on it goes.
>From there too
Bye
"""
PERSON = b"""Received: from mx.example.org by mx.example.net
\tfor <bob@example.net>; Sun, 22 Nov 2026 11:00:00 +0000
From: "Chef, der" <chef@example.org>
To: bob+lists@example.net
Subject: hello
Message-ID: <1@example.org>
X-Latin: \xe4\xf6 end
X-Utf: \xc3\xa4\xc3\xb6 end
Content-Type: text/plain; charset="koi8-r"

A line.
-- \x20
A signature
""".replace(b" \x20", b" ")
BOUNCE = b"""From: MAILER-DAEMON@mx.example.org (Mail Delivery System)
To: bob@example.net
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; boundary=x

--x

<zoe@example.org>: no such user
--x
Content-Type: application/octet-stream; name="a.exe"

TVqQAAMAAAAEAAAA//8AALgAAAAAAAAAQ
--x--
"""
MESSAGES = {
    "list": FROM_LINE + LIST,
    "person": FROM_LINE.replace(b"ann", b"chef") + PERSON,
    "bounce": b"From MAILER-DAEMON  Sun Nov 22 11:00:00 2026\n" + BOUNCE,
    "bare": LIST,
}


def corpus() -> dict[str, bytes]:
    """The rule files by name: "FILE" or "FILE: PIECE"."""
    found = {}
    for path in sorted((Path(__file__).parent / "procmailrc").glob("*.rc")):
        whole, *pieces = path.read_bytes().split(b"\n#### ")
        if not pieces:
            found[path.stem] = whole
        for piece in pieces:
            name, _, text = piece.partition(b"\n")
            found[f"{path.stem}: {name.decode()}"] = text + b"\n"
    return found


CORPUS = corpus()
WHOLE = [name for name in CORPUS if ":" not in name]


QUESTIONS = [(name, "list") for name in CORPUS] + [(name, m) for name in WHOLE for m in MESSAGES if m != "list"]


@pytest.fixture(scope="module")
def procmail() -> dict[tuple[str, str], oracle.Boxes]:
    """What procmail makes of everything."""
    answers = oracle.judged([(CORPUS[name], MESSAGES[message]) for name, message in QUESTIONS])
    return dict(zip(QUESTIONS, answers, strict=True))


@pytest.mark.parametrize(("name", "message"), QUESTIONS)
def test_the_message_is_where_procmail_puts_it(
    procmail: dict[tuple[str, str], oracle.Boxes], name: str, message: str
) -> None:
    assert oracle.of_mdafilter(CORPUS[name], MESSAGES[message]) == procmail[name, message]


def test_one_message_after_the_other() -> None:
    """The same numbers in an MH folder, the same messages in an mbox file."""
    rc = ":0 c\nmh/.\n:0 c\nplain\n:0 c\n* ^Subject: [13]\nodd/.\n:0 c:\nmbox\n:0:\nold\n"
    messages = [FROM_LINE + b"Subject: %d\n\nFrom %d\n" % (n, n) for n in range(1, 5)]
    ours = oracle.of_mdafilter(rc, *messages)
    assert ours == oracle.of_procmail(rc, *messages)
    assert {"mh/4", "mh/7", "odd/1", "odd/2"} <= {*ours}
    assert (len(ours["plain/msg."]), len(ours["mbox"]), len(ours["old"])) == (4, 4, 5)


@pytest.mark.parametrize("name", ["lists-by-match", "mailboxes: mbox", "programs: spamassassin", "chains: clone"])
def test_as_it_is_installed(installation: Path, name: str) -> None:
    """The comparisons fork mdafilter from the test; the program that Postfix starts does the same."""
    with oracle.folder() as top:
        home = oracle.prepared(top, CORPUS[name])
        assert oracle.installed(home, MESSAGES["list"], installation) == 0
        assert oracle.found(home) == oracle.of_mdafilter(CORPUS[name], MESSAGES["list"])


def test_there_are_many_files() -> None:
    assert len(CORPUS) > 170
    assert len(WHOLE) > 30
