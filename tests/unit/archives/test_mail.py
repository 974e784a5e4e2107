"""Messages as files."""

from __future__ import annotations

from mdafilter.archives.mail import attached
from mdafilter.message import Message
from tests.support.archives import EXE, paths, seen, tnef, zipped

MAIL = b"""From: a@example.org
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain

text
--b
Content-Type: application/octet-stream; name=evil.exe

MZ
--b--
"""


def test_the_attachments_of_a_message_in_a_zip() -> None:
    assert paths(seen("x.zip", zipped(("a.eml", MAIL)))) == ["x.zip/a.eml", "x.zip/a.eml/evil.exe"]


def test_a_message_called_otherwise() -> None:
    assert "a.dat/evil.exe" in paths(seen("a.dat", MAIL))
    assert "a.eml/evil.exe" in paths(seen("a.eml", b"X-Strange: field\n" + MAIL))


def test_a_zip_in_a_mail_in_a_winmail() -> None:
    inner = MAIL.replace(b"evil.exe\n\nMZ", b"a.zip\n\n" + zipped(("evil.exe", EXE)))
    assert "winmail.dat/a.eml/a.zip/evil.exe" in paths(seen("winmail.dat", tnef(("a.eml", inner))))


def test_a_part_as_a_file() -> None:
    part = Message.parse(
        MAIL.replace(b"name=evil.exe\n\nMZ", b"name=e\nContent-Transfer-Encoding: base64\n\nTVo=")
    ).parts[2]
    (member,) = attached(part)
    assert member.names == (("e", "Content-Type name"),)
    assert member.pieces and b"".join(member.pieces()) == b"MZ"


def test_a_part_with_two_transfer_encodings_is_read_in_both() -> None:
    """Some programs take the first of two fields, some the last."""
    head = "Content-Type: application/pdf; name=a.pdf\n" + "".join(
        f"Content-Transfer-Encoding: {encoding}\n" for encoding in ("7bit", "base64; x=y")
    )
    part = Message.parse(f"{head}\nTVo=\n".encode()).parts[0]
    assert [b"".join(member.pieces()) for member in attached(part) if member.pieces] == [b"TVo=\n", b"MZ"]
