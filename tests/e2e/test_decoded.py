"""The setting `decoded`: the same table on header fields as they came, and as people see them; through mdafilter-deliver."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.postfix import FIRST_UID, messages

TABLE = """\
/^content-(type|disposition):.*name[[:space:]]*=.*\\.(exe|vbs|pif)/ REJECT Bad attachment file name extension: $2
/^Subject:.*viagra/ REJECT no pills
/^Subject: größe/ REJECT $$
/^X-Name: (Jürgen)/ PREPEND X-Seen: $1
"""
HEAD = "From: a@example.org\nMIME-Version: 1.0\n"
PLAIN, DECODED = "as it came", "decoded"
# name: fields, the reply, and whether it takes decoding
REFUSED = {
    "a name": ('Content-Type: application/x; name="a.exe"', "exe", PLAIN),
    "a name without quotes": ("Content-Type: application/x; name = a.PIF", "PIF", PLAIN),
    "a file name": ('Content-Disposition: attachment; filename="a b.vbs"', "vbs", PLAIN),
    "a folded field": ('Content-Type: application/x;\n\tname=\n "a.exe"', "exe", PLAIN),
    "an encoded word": ('Content-Type: application/x; name="=?utf-8?b?YS5leGU=?="', "exe", DECODED),
    "encoded words": ("Content-Disposition: attachment; filename==?utf-8?q?a=2E?=\n =?utf-8?q?exe?=", "exe", DECODED),
    "pieces": ('Content-Type: application/x; name*0="a.e"; name*1=xe', "exe", DECODED),
    "pieces in the other order": (
        'Content-Disposition: attachment;\n filename*1="bs";\n filename*0="a.v"',
        "vbs",
        DECODED,
    ),
    "per cent": ("Content-Disposition: attachment; filename*=utf-8''a%2Epif", "pif", DECODED),
    "per cent in pieces": (
        "Content-Disposition: attachment; filename*0*=utf-8''a%2E; filename*1*=%65xe",
        "exe",
        DECODED,
    ),
    "a character that shows nothing": (
        "Content-Disposition: attachment; filename*=utf-8''a.e%E2%80%8Bxe",
        "exe",
        DECODED,
    ),
}
SUBJECTS = {
    "viagra": ("no pills", PLAIN),
    "cheap\n VIAGRA": ("no pills", PLAIN),
    "=?utf-8?q?v=69agra?=": ("no pills", DECODED),
    "=?iso-8859-1?b?dmlhZw==?=\n =?utf-8?q?ra?=": ("no pills", DECODED),
    "größe": ("$", PLAIN),
    "=?utf-8?q?gr=C3=B6=C3=9Fe?=": ("$", DECODED),
    "=?iso-8859-1?q?gr=F6=DFe?=": ("$", DECODED),
}


@pytest.fixture
def home() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="mdafilter-decoded."))
    made.chmod(0o755)
    (made / "header_checks").write_text(TABLE)
    (made / "user").mkdir()
    os.chown(made / "user", FIRST_UID, FIRST_UID)
    yield made
    shutil.rmtree(made)


def deliver(home: Path, installation: Path, message: str, decoded: bool) -> subprocess.CompletedProcess[bytes]:
    """One message to a user, by the rules of a configuration file."""
    config = home / "mdafilter.toml"
    config.write_text(
        f'rules = ["{home}/header_checks"]\ndecoded = {str(decoded).lower()}\n[spamd]\nenabled = "off"\n[delivery]\nlabel = false\n'
    )
    return subprocess.run(
        [str(installation / "bin" / "mdafilter-deliver"), "-c", str(config)],
        input=message.encode(),
        env={"HOME": str(home / "user"), "LOGNAME": "ann", "USER": "ann", "PATH": "/usr/bin:/bin"},
        user=FIRST_UID,
        group=FIRST_UID,
        extra_groups=[],
        cwd=home,
        capture_output=True,
        check=False,
    )


def check(home: Path, installation: Path, message: str, reply: str, sees: str) -> None:
    """Refused with this reply, but delivered octet for octet where it takes decoding and there is none."""
    for decoded in (False, True):
        done = deliver(home, installation, message, decoded)
        if decoded or sees == PLAIN:
            assert (done.returncode, done.stdout.decode().strip()) == (77, f"5.7.1 {reply}")
        else:
            assert (done.returncode, done.stdout) == (0, b"")
            ((file,),) = messages(home / "user" / "Maildir").values()
            assert file.read_bytes() == message.encode()


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("part", [False, True])
def test_names_of_attachments(home: Path, installation: Path, name: str, part: bool) -> None:
    """In the header of the message, and in that of a part."""
    fields, extension, sees = REFUSED[name]
    inner = f"{fields}\n\nbody\n"
    if part:
        inner = f"Content-Type: multipart/mixed; boundary=b\n\n--b\n{inner}--b--\n"
    check(home, installation, HEAD + inner, f"Bad attachment file name extension: {extension}", sees)


@pytest.mark.parametrize("subject", SUBJECTS)
def test_subjects(home: Path, installation: Path, subject: str) -> None:
    reply, sees = SUBJECTS[subject]
    check(home, installation, f"{HEAD}Subject: {subject}\n\nbody\n", reply, sees)


def test_a_group_of_what_was_decoded_is_written_as_utf_8(home: Path, installation: Path) -> None:
    message = f"{HEAD}X-Name: =?iso-8859-1?q?J=FCrgen?=\n\nbody\n"
    assert deliver(home, installation, message, True).returncode == 0
    ((file,),) = messages(home / "user" / "Maildir").values()
    assert file.read_bytes() == message.replace("X-Name", "X-Seen: Jürgen\nX-Name").encode()


def test_names_that_are_allowed(home: Path, installation: Path) -> None:
    for fields in (
        'Content-Type: application/x; name="exe.txt"',
        "Content-Disposition: attachment; filename*=utf-8''a%2Etxt",
    ):
        assert deliver(home, installation, f"{HEAD}{fields}\n\nbody\n", True).returncode == 0
