"""The same tables and values by postmap(1), by smtpd(8) and by mdafilter: the same lines are found.

postmap tells what a cidr: table has for an address, and what a hash: or texthash: table has for a key; smtpd tells for
which keys, and in which order, it looks for an address or a client (check_sender_access, check_client_access).
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdafilter.lang.tables.access import Access, Entry, parse
from tests.support import cidr, smtpd
from tests.support.postfix import DOMAIN, Postfix, settle
from tests.support.smtpd import Session

POSTMAP = shutil.which("postmap", path="/usr/sbin:/usr/bin")
pytestmark = pytest.mark.skipif(not POSTMAP, reason="postfix is not installed")


@pytest.fixture(scope="module")
def etc(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("etc")
    settle(folder / "main.cf", "compatibility_level = 3.6\nmyhostname = mail.stage.test\n")
    return folder


def written(etc: Path, table: str) -> Path:
    return settle(etc / "table", table)


def postmap(etc: Path, *arguments: str, data: str = "") -> subprocess.CompletedProcess[str]:
    command = [str(POSTMAP), "-c", str(etc), *arguments[1:], arguments[0]]
    return subprocess.run(command, input=data, capture_output=True, text=True, check=False)


def result(entry: Entry | None) -> str | None:
    return entry.result.replace(" ", "") if entry else None


# --- cidr_table(5) -----------------------------------------------------------------------------------------------


def compare_networks(etc: Path, table: str, addresses: list[str]) -> None:
    keys = list(dict.fromkeys(key for address in addresses for key in cidr.bare(address)))
    done = postmap(etc, f"cidr:{written(etc, table)}", "-q", "-", data="\n".join(keys) + "\n")
    known, stderr = dict(line.split("\t", 1) for line in done.stdout.splitlines()), done.stderr
    access = parse(table.encode(), "t")
    for address in addresses:
        expected = next((known[key] for key in cidr.bare(address) if key in known), None)
        assert result(access.address(address)) == expected, (address, stderr)
    ours = {problem.line for problem in access.problems if problem.severity == "error"}
    theirs = {int(line.split(", line ")[1].split(":")[0]) for line in stderr.splitlines() if ", line " in line}
    assert ours == theirs, stderr


@given(table=cidr.TABLES, addresses=st.lists(cidr.ADDRESSES, min_size=1, max_size=30))
def test_networks_by_postmap(etc: Path, table: str, addresses: list[str]) -> None:
    """The same results, and the same lines are wrong."""
    compare_networks(etc, table, addresses)


@given(table=cidr.GOOD_TABLES, addresses=st.lists(cidr.ADDRESSES, min_size=1, max_size=30))
def test_good_networks_by_postmap(etc: Path, table: str, addresses: list[str]) -> None:
    compare_networks(etc, table, addresses)


# --- the keys of access(5) -----------------------------------------------------------------------------------------

_KEYS = [
    "a@x.example",
    "A@X.Example",
    "x.example",
    ".x.example",
    "user@",
    "<>",
    "1.2.3",
    "1.2",
    "10",
    "Straße@x.example",
]
_QUOTED = [
    '"a b"@x.example',
    '"a\\"b"@x.example',
    '"a  b"@',
    "a\\ b@x.example",
    'a"b c"d@x.example',
    '"a b@x.example',
    "ä@x.example",
]
_WORDS = st.lists(st.text('ab"\\@.', min_size=1, max_size=3), min_size=1, max_size=3).map(" ".join)
KEYS = st.sampled_from(_KEYS + _QUOTED) | _WORDS
RESULTS = st.sampled_from(["OK", "REJECT no  way", "550 5.7.1 x", "# none", '"x', ""])
GAPS = st.sampled_from([" ", "\t", "   ", "\n ", "\n\t", "\n  "])
# Blanks at the end of a line do not count here (lines.py); to Postfix they can be what a backslash stands before.
LINES = st.tuples(KEYS, GAPS, RESULTS).map(lambda parts: "".join(parts).rstrip()) | st.sampled_from(
    ["# no", "", "   ", " #\n x"]
)
KEY_TABLES = st.lists(LINES, max_size=12).map(lambda lines: "x.example FIRST\n" + "\n".join(lines) + "\n")


@given(table=KEY_TABLES)
def test_keys_by_postmap(etc: Path, table: str) -> None:
    """Keys with quotes, in any case, on several lines, twice: postmap has the same ones with the same results."""
    access = parse(table.encode(), "t")
    done = postmap(etc, f"texthash:{written(etc, table)}", "-s")
    ours = [f"{key} {row[2]}" for key, row in access.names.items()]
    assert sorted(line.split() for line in ours) == sorted(line.split() for line in done.stdout.splitlines()), (
        done.stderr
    )


def test_the_first_of_two_equal_keys_is_used(etc: Path) -> None:
    """postmap says so when it makes the table: "duplicate entry"."""
    table = "a@x.example OK\nA@x.example REJECT\n"
    file = written(etc, table)
    made = postmap(etc, f"hash:{file}")
    if "unsupported dictionary type" in made.stderr:
        pytest.skip("this Postfix has no hash: tables")
    assert "duplicate entry" in made.stderr
    assert postmap(etc, f"hash:{file}", "-q", "a@x.example").stdout == "OK\n"
    access = parse(table.encode(), "t")
    assert result(access.mail("a@x.example")) == "OK"
    assert [problem.line for problem in access.problems] == [2]


# --- what smtpd looks for ------------------------------------------------------------------------------------------

MAIL = (
    "ann+x@a.example ann@a.example a.example sub.b.example b.example ann+x@ ann@ <> net+ net@c.example "
    '"q..r"@a.example s..t@a.example "u..v"@ [192.0.2.1] d.example bob@sub.d.example example.org UPPER@Case.example'
).split()
SENDERS = (
    "ann+x@a.example ann+y@a.example ann@a.example bob@a.example ann+x@sub.b.example x@sub.b.example x@b.example x@y.b.example "
    "ann+x@other.test ann+y@other.test ann@other.test +x@other.test x@other.test net+z@c.example "
    '"q..r"@a.example q..r@a.example "s..t"@a.example "u..v"@other.test "u..v+x"@other.test x@[192.0.2.1] x@[192.0.2.2] '
    "bob@sub.d.example bob@d.example bob+x@sub.d.example x@deep.sub.d.example x@example.org x@anexample.org "
    "upper@case.EXAMPLE @r.test,@s.test:ann@a.example"
).split()
HOSTS = (
    "mx.a.example a.example b.example 192.0.2.1 192.0.2 192 198.51 203.0.113.7 unknown 2001:db8 2001:db8:1 2001:db8:1::5 example.org"
).split()
CLIENTS = [
    ("mx.a.example", "192.0.2.1"),
    ("other.a.example", "192.0.2.1"),
    ("x.y.b.example", "203.0.113.7"),
    ("host.test", "192.0.2.1"),
    ("host.test", "192.0.2.9"),
    ("host.test", "192.0.9.9"),
    ("host.test", "198.51.100.1"),
    ("host.test", "198.5.100.1"),
    ("host.test", "203.0.113.7"),
    ("host.test", "203.0.113.70"),
    ("[UNAVAILABLE]", "203.0.113.70"),
    ("anexample.org", "10.0.0.1"),
    ("host.test", "IPV6:2001:db8::1"),
    ("host.test", "IPV6:2001:db8:1::5"),
    ("host.test", "IPV6:2001:db8:1::6"),
    ("host.test", "IPV6:2001:db8:2::6"),
    ("host.test", "IPV6:2001:db9::1"),
]


def numbered(keys: list[str]) -> str:
    """A table whose results are the numbers of its lines, last line first: the order in the file must not count."""
    return "".join(f"{key}  550 L{n}\n" for n, key in reversed(list(enumerate(keys))))


@pytest.fixture(scope="module")
def running(stage: Postfix) -> Postfix:
    """smtpd on two sockets: one asks for senders, one for clients, of which XCLIENT says who they are."""
    (stage.top / "senders").write_text(numbered(MAIL))
    (stage.top / "clients").write_text(numbered(HOSTS))
    stage.add_main(smtpd.MAIN)
    stage.add_main(
        "recipient_delimiter = +\nsmtpd_delay_reject = no\n"
        f"smtpd_sender_restrictions = check_sender_access texthash:{stage.top}/senders\n"
    )
    clients = f"smtpd_recipient_restrictions=check_client_access,texthash:{stage.top}/clients,reject"
    stage.master += [
        "senders unix n - n - - smtpd",
        f"clients unix n - n - - smtpd\n  -o inet_protocols=all -o smtpd_sender_restrictions= -o {clients}",
    ]
    stage.start()
    return stage


def line_of(reply: str) -> str | None:
    return f"550L{reply.rpartition(' L')[2]}" if reply.startswith("550 ") else None


@pytest.fixture(scope="module")
def senders(running: Postfix) -> Iterator[tuple[Session, Access]]:
    session = Session(running, "senders")
    yield session, parse((running.top / "senders").read_bytes(), "t")
    session.close()


@pytest.mark.parametrize("sender", ["", *SENDERS])
def test_senders_by_smtpd(senders: tuple[Session, Access], sender: str) -> None:
    session, access = senders
    reply = session.say(f"MAIL FROM:<{sender}>")
    session.say("RSET")
    assert reply.startswith(("250 ", "550 "))
    assert result(access.mail(sender, "+")) == line_of(reply)


@pytest.fixture(scope="module")
def clients(running: Postfix) -> Iterator[tuple[Session, Access]]:
    session = Session(running, "clients")
    yield session, parse((running.top / "clients").read_bytes(), "t")
    session.close()


@pytest.mark.parametrize(("name", "address"), CLIENTS)
def test_clients_by_smtpd(clients: tuple[Session, Access], name: str, address: str) -> None:
    session, access = clients
    session.client(name, address)
    session.say("MAIL FROM:<>")
    reply = session.say(f"RCPT TO:<x@{DOMAIN}>")
    assert reply.startswith(("554 ", "550 "))
    known = "unknown" if name.startswith("[") else name
    assert result(access.host(known) or access.address(address.removeprefix("IPV6:"))) == line_of(reply)
