"""The same procmailrc and message by procmail and by mdafilter: the same mailboxes with the same octets in them.

Names of files are their own, but for the numbers of MH folders, and so are From lines of mbox files (their dates) and
our X-Mdafilter label, which is off. From lines within a message are quoted as procmail does it (mboxo). A mailbox gets a
message once from us, and as often as rules say so from procmail. Empty lines at the end do not count: procmail adds one
in MH folders, and to what a filter wrote.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.mailboxes import in_mbox

UID = 65534
PROCMAIL = shutil.which("procmail")
pytestmark = pytest.mark.skipif(not PROCMAIL or os.geteuid() != 0, reason="procmail is missing, or this is not root")

START = "HOME={home}\nSHELL=/bin/sh\nMAILDIR=$HOME\nDEFAULT=$HOME/Maildir/\n"  # nobody has neither of his own
HEAD = b"""From: Ann <ann@example.org>
To: bob@example.net, list@lists.example.com
Cc: carol@example.net
Subject: [dev] *****SPAM***** a test of Something
List-Id: Developers <dev.lists.example.com>
X-Loop: bob@example.net
Precedence: list
X-Spam-Status: Yes, score=15.2 required=5.0
X-Spam-Level: ***************

"""
MESSAGE = HEAD + b"Hello,\nthis is the body.\nFree money inside\n\nFrom here on it goes.\n>From there too\nBye\n"
FROM_LINE = b"From ann@example.org  Sun Nov 22 11:00:00 2026\n"
OLD = b"From old@example.org  Sun Nov 22 10:00:00 2026\nSubject: old\n\nold\n\n"

RC = {
    "spam": "DROPPRIVS=yes\n:0\n* ^Subject:.*\\*SPAM\\*\n.maildir/.Trash/\n",
    "blank line": ":0\n\n* ^X-Spam-Status: Yes\n\nMaildir/.spam/\n",
    "no space": ":0\n*^Subject:.*test\nMaildir/.a/\n",
    "mbox": ":0:\n* ^List-Id:.*dev\nlists\n",
    "mbox in a folder": "MAILDIR=$HOME/Mail\n:0:\n* ^List-Id:.*dev\nlists\n",
    "maildir elsewhere": "MAILDIR=$HOME/Mail\n:0\n* ^List-Id:.*dev\nlists/\n",
    "mh": ":0\nmh/.\n",
    "mh that is made": "MAILDIR=$HOME/Mail\n:0\n* ^List-Id:.*dev\nlists/.\n",
    "mh in the home": "MAILDIR=$HOME/Mail\n:0\n$HOME/mh/.\n",
    "mh that cannot be made": ":0\nnone/lists/.\n:0\nMaildir/.next/\n",
    "mh of a variable": "BOX=mh\n:0\n${BOX}//.\n",
    "mh, a copy": ":0 c\nmh/.\n:0\nMaildir/.a/\n",
    "mh by default": "DEFAULT=$HOME/mh/.\n",
    "a Maildir as an mh": ":0\nMaildir/.\n",
    "directory": ":0\nplain\n",
    "directory in maildir": "MAILDIR=$HOME/plain\n:0\n.\n",
    "directory with a lock": ":0:\nplain\n",
    "several": ":0\nlists/ mh/. plain\n",
    "several that are made": ":0\nMail/lists/. more/. Maildir/.other/ other/\n",
    "several, a directory first": ":0\nplain other/.\n",
    "stars": ":0\n* ^X-Spam-Level: \\*\\*\\*\\*\\*\\*\\*\\*\\*\\*\\*\\*\\*\\*\\*\nMaildir/.certain/\n",
    "to_": ":0\n* ^TO_carol@example\\.net\nMaildir/.carol/\n",
    "to": ":0\n* ^TOlist@lists\nMaildir/.list/\n",
    "from_daemon": ":0\n* ! ^FROM_DAEMON\nMaildir/.people/\n\n:0\nMaildir/.daemons/\n",
    "match": ":0\n* ^List-Id:.*<\\/[a-z]+\n{\n  LIST=$MATCH\n  :0\n  Maildir/.lists.$LIST/\n}\n",
    "match of a subject": ":0\n* ^Subject: \\[\\/[^]]+\nMaildir/.$MATCH/\n",
    "case": ":0 D\n* ^subject\nMaildir/.lower/\n:0 D\n* ^Subject\nMaildir/.upper/\n",
    "body": ":0 B\n* ^free money\nMaildir/.body/\n",
    "body of header": ":0\n* B ?? ^this is\n* H ?? ^Subject\nMaildir/.both/\n",
    "hb": ":0 HB\n* money\nMaildir/.hb/\n",
    "size": ":0\n* > 100000\nMaildir/.large/\n:0\n* < 100000\nMaildir/.small/\n",
    "negated": ":0\n* ! ^X-None\n* !^X-Other:\nMaildir/.neither/\n",
    "program": ":0\n* ? test -d $HOME\nMaildir/.yes/\n",
    "program says no": ":0\n* ? false\nMaildir/.yes/\n",
    "program not": ":0\n* ! ? false\nMaildir/.not/\n",
    "program reads": ":0\n* ? grep -q Something\nMaildir/.read/\n",
    "variables": "BOX=special\nX=Maildir/.$BOX/\n:0\n* ^Subject\n$X\n",
    "braces": "BOX=special\n:0\n* ^Subject\nMaildir/.${BOX}s/\n",
    "defaults": ":0\n* ^Subject\nMaildir/.${NONE:-other}/\n",
    "alternative": "A=x\n:0\n* ^Subject\nMaildir/.${A:+set}${B:+unset}/\n",
    "quotes": "A=\"one two\"\nB='three $A'\n:0\n* A ?? ^one two$\n* B ?? three .A\nMaildir/.quoted/\n",
    "several assignments": "A=x B=y\n:0\nMaildir/.$A$B/\n",
    "unset": "A=x\nA\n:0\n* A ?? .\nMaildir/.set/\n",
    "dollar": "WHO=ann\n:0\n* $ ^From:.*$WHO@\nMaildir/.ann/\n",
    "value": "WHO=ann\n:0\n* WHO ?? ^a\nMaildir/.a/\n",
    "value not": "WHO=ann\n:0\n* ! WHO ?? ^b\nMaildir/.notb/\n",
    "backquotes": "N=`echo five`\n:0\nMaildir/.$N/\n",
    "backquotes read": "N=`sed -n 's/^X-Loop: //p'`\n:0\n* N ?? bob@\nMaildir/.loop/\n",
    "output": ":0\nN=| head -1 | tr -d ' :<>@.'\n\n:0\nMaildir/.$N/\n",
    "else": ":0\n* ^X-None\nMaildir/.a/\n:0 E\n* ^Subject\nMaildir/.b/\n:0 E\nMaildir/.c/\n",
    "else of a block": ":0\n* ^Subject\n{ A=yes }\n:0 E\n{ A=no }\n:0\nMaildir/.$A/\n",
    "and": ":0 c\n* ^Subject\nMaildir/.copy/\n:0 A\nMaildir/.and/\n",
    "and not": ":0 c\n* ^X-None\nMaildir/.copy/\n:0 A\nMaildir/.and/\n",
    "and succeeded": ":0 c\n* ^Subject\nMaildir/.copy/\n:0 a\nMaildir/.and/\n",
    "chain": ":0 c\n* ^Subject\nMaildir/.1/\n:0 Ac\nMaildir/.2/\n:0 A\nMaildir/.3/\n",
    "else behind an assignment": ":0\n* ^X-None\nMaildir/.x/\nB=b\n:0 E\nMaildir/.$B/\n",
    "else of an and": ":0 c\n* ^Subject\nMaildir/.x/\n:0 A\n* ^X-None\nMaildir/.y/\n:0 E\nMaildir/.d/\n",
    "else twice": ":0 c\n* ^Subject\nMaildir/.x/\n:0 E\nMaildir/.e/\n:0 E\nMaildir/.f/\n:0 A\nMaildir/.g/\n",
    "else, and": ":0\n* ^X-No\nMaildir/.x/\n:0 Ec\nMaildir/.e/\n:0 E\nMaildir/.f/\n:0 A\nMaildir/.g/\n:0 Ec\nMaildir/.h/\n",
    "well, after a block": ":0 w\n| false\n:0\n{ }\n:0 a\nMaildir/.b/\n",
    "error, behind an assignment": ":0 w\n| false\nA=b\n:0 e\nMaildir/.d/\n",
    "error of none": ":0 w\n| false\n:0\n* ^X-None\n{ }\n:0 e\nMaildir/.d/\n",
    "error handled": ":0 w\n| false\n:0 e\n{ }\n:0 e\nMaildir/.d/\n",
    "error of an output": ":0 w\nX=| false\n:0 e\nMaildir/.d/\n",
    "no error of an output": ":0\nX=| false\n:0 e\nMaildir/.d/\n",
    "error in a block": ":0\n* ^Subject\n{\n  :0 w\n  | false\n}\n:0 e\nMaildir/.d/\n",
    "copy": ":0 c\nMaildir/.copy/\n",
    "two copies": ":0 c\nMaildir/.a/\n:0 c:\nmbox\n:0\nMaildir/.b/\n",
    "block": ":0\n* ^Subject\n{\n  :0\n  * ^X-None\n  Maildir/.a/\n\n  :0\n  * ^Cc\n  Maildir/.b/\n}\n:0\nMaildir/.c/\n",
    "empty block": ":0\n* ^Subject\n{ }\n:0\nMaildir/.c/\n",
    "clone": "A=out\n:0 c\n{\n  A=in\n  :0\n  * ^X-None\n  Maildir/.x/\n}\n:0 c\nMaildir/.1$A/\n:0\nMaildir/.2$A/\n",
    "clone that ends": ":0 c\n{\n  :0\n  Maildir/.in/\n}\n:0\nMaildir/.out/\n",
    "clone that is filtered": ":0 c\n{\n  :0 fhw\n  | formail -I 'X-New: 1'\n}\n:0\nMaildir/.both/\n",
    "clone, and": ":0 c\n* ^Subject\n{\n  :0 c\n  Maildir/.a/\n}\n:0 A\nMaildir/.b/\n:0 E\nMaildir/.d/\n",
    "clone, else": ":0 c\n* ^X-None\n{\n  :0 c\n  Maildir/.a/\n}\n:0 A\nMaildir/.b/\n:0 E\nMaildir/.d/\n",
    "clone of a clone": ":0 c\n{\n :0 c\n {\n  :0\n  Maildir/.c/\n }\n :0\n Maildir/.b/\n}\n:0\nMaildir/.a/\n",
    "clone with a program": ":0 c\n{\n :0 w\n | cat > $HOME/piped\n}\n:0 c\n* ? test -d $HOME\nMaildir/.d/\n",
    "filter": ":0 fw\n| sed -e 's/Hello/Goodbye/'\n:0 B\n* ^Goodbye\nMaildir/.changed/\n",
    "filter of the header": ":0 fhw\n| formail -I 'X-Added: yes'\n:0\n* ^X-Added: yes\nMaildir/.added/\n",
    "filter of the body": ":0 fbw\n| tr a-z A-Z\n:0 B\n* BODY\nMaildir/.upper/\n",
    "filter that fails": ":0 fw\n| cat; false\n:0 e\nMaildir/.failed/\n",
    "filter that ends well": ":0 fw\n| cat\n:0 a\nMaildir/.well/\n",
    "filter without status": ":0 f\n| cat; false\n:0\nMaildir/.well/\n",
    "pipe": ":0\n* ^Subject\n| cat > $HOME/piped\n",
    "pipe with a variable": "OUT=piped\n:0\n* ^Subject\n| cat > $HOME/$OUT\n",
    "pipe in maildir": "MAILDIR=$HOME/Mail\n:0\n| cat > piped\n",
    "pipe that fails": ":0 w\n| cat >/dev/null; false\n:0\nMaildir/.next/\n",
    "pipe that fails, and e": ":0 w\n| false\n:0 e\nMaildir/.next/\n",
    "pipe a copy": ":0 c\n| cat > $HOME/piped\n",
    "pipe the header": ":0 hc\n| cat > $HOME/piped\n",
    "pipe the body": ":0 bc\n| cat > $HOME/piped\n",
    "folder that cannot be": ":0\n/proc/none/x/\n:0\nMaildir/.next/\n",
    "dev null": ":0\n* ^X-Spam-Status: Yes\n/dev/null\n",
    "default": "DEFAULT=$HOME/other\n",
    "default as an action": ":0\n* ^Subject\n$DEFAULT\n",
    "include": "INCLUDERC=$HOME/inc.rc\n:0\nMaildir/.after/\n",
    "include with a variable": "BOX=inner\nINCLUDERC=inc.rc\n:0\n* SEEN ?? yes\nMaildir/.seen/\n",
    "include nothing": "INCLUDERC=$HOME/nowhere.rc\n:0\nMaildir/.after/\n",
    "comments": "# a comment\n:0 # one\n# two\n* ^Subject\n# three\nMaildir/.c/\n",
    "continuation": ":0\n* ^Subject:.*\\\n  test\nMaildir/.c/\n",
    "or": ":0\n* ^(X-None|Subject):.*(foo|test)\nMaildir/.or/\n",
    "whole line": ":0\n* ^Precedence: (list|bulk|junk)$\nMaildir/.list/\n",
    "log": 'LOGFILE=$HOME/log\nLOG="seen "\nVERBOSE=off\n:0\nMaildir/.l/\n',
    "a log that can be compared": 'MAILDIR=$HOME\nLOGFILE=pm.log\nLOG="seen "\nLOG="it"\nLOGABSTRACT=no\n:0\nMaildir/.l/\n',
    "time limit": "TIMEOUT=1\n:0 w\n| sleep 20\n:0\nMaildir/.next/\n",
    "umask": "UMASK=027\n:0 w\n| umask > $HOME/piped\n",
    "nothing": "",
    "anything": ":0\nMaildir/.all/\n",
}
INCLUDED = "SEEN=yes\n:0\n* ^X-None\nMaildir/.included/\n"


@pytest.fixture
def home() -> Path:
    """Filled in by `by`; here only so that each test has a folder of its own that nobody can read as well."""
    path = Path(tempfile.mkdtemp(prefix="mdafilter-oracle."))
    path.chmod(0o755)
    return path


def prepared(top: Path, who: str, rc: str) -> Path:
    """A home with the rc file, what it includes, and mailboxes."""
    made = top / who
    for folder in ("Maildir", ".maildir"):
        for part in ("cur", "new", "tmp"):
            (made / folder / part).mkdir(parents=True)
    for folder in ("Mail", "mh", "plain"):
        (made / folder).mkdir()
    for name in ("3", ",9", "12x", ".mh_sequences"):
        (made / "mh" / name).touch()
    (made / "old").write_bytes(OLD)
    (made / "rc.procmailrc").write_text(START.replace("{home}", str(made)) + rc)
    (made / "inc.rc").write_text(INCLUDED)
    config = made / ".config" / "mdafilter"
    config.mkdir(parents=True)
    delivery = '[delivery]\nlabel = false\nsubscribe = false\nmbox_quoting = "mboxo"\n'
    (config / "mdafilter.toml").write_text(f'[spamd]\nenabled = "off"\n{delivery}')
    for path in [made, *made.rglob("*")]:
        os.chown(path, UID, UID)
        path.chmod(0o755 if path.is_dir() else 0o644)
    return made


def run(home: Path, argv: list[str], message: bytes) -> int:
    environ = {"HOME": str(home), "LOGNAME": "nobody", "USER": "nobody", "PATH": "/usr/bin:/bin", "SHELL": "/bin/sh"}
    done = subprocess.run(
        argv,
        input=message,
        env=environ,
        user=UID,
        group=UID,
        extra_groups=[],
        cwd=home,
        capture_output=True,
        check=False,
        timeout=60,
    )
    return done.returncode


def found(home: Path) -> dict[str, list[bytes]]:
    """The contents of each mailbox that has any. A message in an MH folder is known by its number."""
    boxes: dict[str, list[bytes]] = {}
    for path in sorted(home.rglob("*")):
        name = path.relative_to(home).as_posix()
        if not path.is_file() or name.startswith((".config", ".cache", ".local")):
            continue
        content = path.read_bytes()
        if path.parent.name in ("new", "cur"):
            boxes.setdefault(path.parent.parent.relative_to(home).as_posix(), []).append(content)
        elif path.name.startswith("msg."):
            boxes.setdefault(f"{name.rpartition('/')[0]}/msg.", []).append(without_from_line(content))
        elif path.name.isdigit():
            boxes[name] = [without_from_line(content)]
        elif name not in ("rc.procmailrc", "inc.rc", "log") and path.name not in ("maildirfolder", "subscriptions"):
            boxes[name] = in_mbox(content) if content.startswith(b"From ") else [content]
    return {box: sorted({one.rstrip(b"\n") for one in contents}) for box, contents in boxes.items()}


def without_from_line(content: bytes) -> bytes:
    """procmail leaves the one that a message came with."""
    return content.partition(b"\n")[2] if content.startswith(b"From ") else content


def both(top: Path, installation: Path, rc: str, *messages: bytes) -> tuple[dict[str, list[bytes]], ...]:
    theirs, ours = prepared(top, "theirs", rc), prepared(top, "ours", rc)
    for message in messages or (MESSAGE,):
        assert run(theirs, [PROCMAIL or "", "-m", str(theirs / "rc.procmailrc")], message) == 0
        argv = [str(installation / "bin" / "mdafilter-deliver"), "-R", str(ours / "rc.procmailrc")]
        assert run(ours, argv, message) == 0
    result = found(theirs), found(ours)
    shutil.rmtree(top)
    return result


@pytest.mark.parametrize("name", RC)
def test_the_message_is_where_procmail_puts_it(home: Path, installation: Path, name: str) -> None:
    theirs, ours = both(home, installation, RC[name])
    assert ours == theirs


def test_one_message_after_the_other(home: Path, installation: Path) -> None:
    """The same numbers in an MH folder, the same messages in an mbox file."""
    rc = ":0 c\nmh/.\n:0 c\nplain\n:0 c\n* ^Subject: [13]\nodd/.\n:0 c:\nmbox\n:0:\nold\n"
    messages = [FROM_LINE + b"Subject: %d\n\nFrom %d\n" % (n, n) for n in range(1, 5)]
    theirs, ours = both(home, installation, rc, *messages)
    assert ours == theirs
    assert {"mh/4", "mh/7", "odd/1", "odd/2"} <= {*ours}
    assert (len(ours["plain/msg."]), len(ours["mbox"]), len(ours["old"])) == (4, 4, 5)


TESTS = st.sampled_from(
    [
        "* ^Subject:.*test",
        "* ^X-None",
        "* ! ^X-None",
        "* ^TO_carol",
        "* B ?? money",
        "* ? true",
        "* ? false",
        "* A ?? x",
        "* $ ^From:.*$WHO",
        "* > 10",
        "* < 10",
        "* ^FROM_DAEMON",
    ]
)
ASSIGNMENTS = st.sampled_from(["A=x", "A=y", "A", "WHO=ann", "WHO=zoe", "B=`echo x`", 'A="$B"'])
ACTIONS = st.sampled_from(
    ["Maildir/.f1/", "Maildir/.f$A/", "MBOX", "MH", "plain", "Maildir/.f3/ MH plain", "| cat > $HOME/p1", "| false"]
)


@st.composite
def recipes(draw: st.DrawFn, depth: int = 0) -> str:
    """Some recipes and assignments, one after the other."""
    lines = []
    first = True
    for _ in range(draw(st.integers(1, 4))):
        if draw(st.booleans()):
            lines.append(draw(ASSIGNMENTS))
        kind = draw(st.sampled_from(["plain", "plain", "copy", "filter", "block"] if depth < 2 else ["plain", "copy"]))
        chained = "" if first else draw(st.sampled_from(["", "", "E"]))
        conditions = draw(st.lists(TESTS, max_size=2))
        match kind:
            case "block":
                lines += [f":0 {chained}", *conditions, "{", draw(recipes(depth + 1)), "}"]
            case "filter":
                lines += [f":0 {chained}fw", *conditions, draw(st.sampled_from(["| sed s/Hello/Hi/", "| false"]))]
            case _:
                flags = "wc" if kind == "copy" else "w"
                lines += [
                    f":0 {chained}{flags}",
                    *conditions,
                    draw(ACTIONS)
                    .replace("MBOX", f"mbox{depth}.{len(lines)}")
                    .replace("MH", f"mh{depth}.{len(lines)}/."),
                ]
        first = False
    return "\n".join(lines)


@given(rc=recipes())
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_generated_files(installation: Path, rc: str) -> None:
    top = Path(tempfile.mkdtemp(prefix="mdafilter-oracle."))
    top.chmod(0o755)
    theirs, ours = both(top, installation, rc + "\n")
    assert ours == theirs
