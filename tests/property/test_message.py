"""Messages: any octets come out as they went in, nothing raises, and good mail is read as others read it."""

from __future__ import annotations

import email
import email.policy
import os
import tempfile
from email.message import EmailMessage
from typing import TYPE_CHECKING

import mailparser
from hypothesis import given, settings
from hypothesis import strategies as st

from mdafilter.message import Envelope, Field, Message, Octets, Span
from mdafilter.message.addresses import parse as addresses
from mdafilter.message.encoded import decode, text_of
from mdafilter.message.envelope import sender_of
from mdafilter.message.parameters import Parameters

if TYPE_CHECKING:
    from mdafilter.message import Part

# Pieces of nasty mail, put together at random: what begins, ends or confuses something.
SCRAPS = [
    b"\n", b"\r\n", b"\r", b"\n\n", b" ", b"\t", b"\0", b"--", b"--b", b"--b--", b"--c", b"\n--b\n", b"\n--b--\n", b"\n--b1\n",
    b"Content-Type: multipart/mixed; boundary=b\n", b'Content-Type: multipart/digest; boundary="b1"\n', b"boundary=",
    b"Content-Type: message/rfc822\n", b"Content-Type: text/plain; charset=", b"Content-Type: multipart/x\n", b"utf-16",
    b"Content-Disposition: attachment; filename=", b"filename*0*=", b"filename*1=", b"; filename*=utf-8''", b"name=", b"%41",
    b"Content-Transfer-Encoding: base64\n\n", b"Content-Transfer-Encoding: quoted-printable\n", b"YWJj", b"=3D", b"=\n",
    b"=?utf-8?Q?", b"=?utf-8?B?", b"?=", b"=?", b'"', b"\\", b"(", b")", b";", b",", b"<", b">", b"@", b":", b"[", b"]", b"a",
    b"\xff\xfe", b"\xc3\xbc", b"\xe2\x80\xae", b"From ", b"To: ", b"Subject: ", b"x: y\n", b"junk\n", b"=", b"*", b"'", b".exe",
]  # fmt: skip
nasty = st.lists(st.sampled_from(SCRAPS) | st.binary(max_size=3), max_size=60).map(b"".join)
octets = st.binary(max_size=300) | nasty


def written(message: Message) -> bytes:
    raw = message.octets
    return b"".join(raw.slice(p.start, p.end) if isinstance(p, Span) else p for p in message.pieces())


def ask_everything(part: Part) -> None:
    assert 0 <= part.start <= part.body <= part.end <= len(part.octets)
    assert len(part.decoded(10)) <= 10
    part.text().encode("utf-8", "surrogatepass")
    assert isinstance((part.path, part.type, part.encoding, part.disposition, part.is_container, repr(part)), tuple)
    assert part.type.count("/") == 1
    for reading in part.readings():
        assert reading.text
    part.parameter("name")
    for child in part.children:
        assert child.parent is part


@settings(max_examples=200, deadline=None)
@given(octets)
def test_any_octets_come_out_as_they_went_in(data: bytes) -> None:
    message = Message.parse(data)
    assert written(message) == data
    assert written(message.with_headers(message.headers)) == data
    new = Field.make("X", "y", message.newline)
    assert written(message.on_top(new)) == new.raw + data
    assert message.on_top(new).size == len(new.raw) + len(data)
    assert data.startswith(message.headers.raw())


@settings(max_examples=200, deadline=None)
@given(octets)
def test_nothing_raises_on_any_octets(data: bytes) -> None:
    message = Message.parse(data)
    assert message.parts[0].parent is None
    assert len(message.parts) == len({id(part) for part in message.parts})
    for part in message.parts:
        ask_everything(part)
    for field in message.headers:
        assert "\n" not in field.text or "=?" in field.value
        addresses(field.value)
    for defect in message.defects:
        assert defect.name.replace("-", "").isalpha()
    sender_of(data)


@settings(max_examples=200, deadline=None)
@given(nasty, st.binary(max_size=12))
def test_readers_of_values_never_raise(data: bytes, other: bytes) -> None:
    text = data.decode("latin-1")
    decode(text)
    decode("=?" + text)
    assert isinstance(text_of(data, other.decode("latin-1")), str)
    parameters = Parameters(b"x; filename=" + data)
    for name in ("filename", "name", ""):
        list(parameters.readings(name))
    for address in addresses(text):
        assert address.valid or address.text
        if address.valid and address.text:  # what it is spelled as is read as the same again
            (again,) = addresses(address.text)
            assert (again.local, again.domain, again.text) == (address.local, address.domain, address.text)
    Envelope.of({"RECIPIENT": text}).split("+-")


@settings(max_examples=100, deadline=None)
@given(nasty)
def test_memory_and_file_are_read_alike(data: bytes) -> None:
    with tempfile.TemporaryFile() as file:
        file.write(b"From x\n" + data)
        file.flush()
        here, there = Message.parse(data), Message.parse(Octets.map(file.fileno(), 7))
        assert [(p.path, p.start, p.body, p.end) for p in here.parts] == [
            (p.path, p.start, p.body, p.end) for p in there.parts
        ]
        assert here.defects == there.defects
        with tempfile.TemporaryFile() as out:
            assert there.write_to(out.fileno()) == len(data)
            assert os.pread(out.fileno(), len(data) + 1, 0) == data


# --- good mail, against the standard library and mail-parser -----------------------------------------------------------

words = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=12)
file_names = st.builds(
    lambda a, b: f"{a}.{b}", st.text("abcdefü-_ 漢", min_size=1, max_size=40), st.sampled_from(["exe", "pdf"])
)


@st.composite
def mails(draw: st.DrawFn, depth: int = 2) -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"] = " ".join(draw(st.lists(words, min_size=1, max_size=6)))
    mail.set_content(draw(st.text("abc ü\n=-", max_size=200)) + "\n")
    if draw(st.booleans()):
        mail.add_alternative("<p>html</p>\n", subtype="html")
    for _ in range(draw(st.integers(0, 2))):
        mail.add_attachment(
            draw(st.binary(max_size=90)), maintype="application", subtype="x", filename=draw(file_names)
        )
    if depth and draw(st.booleans()):
        mail.add_attachment(draw(mails(depth - 1)))
    return mail


@settings(max_examples=100, deadline=None)
@given(mails(), st.sampled_from(["\n", "\r\n"]))
def test_good_mail_is_read_as_the_standard_library_reads_it(mail: EmailMessage, newline: str) -> None:
    data = mail.as_bytes(policy=email.policy.default.clone(linesep=newline))
    theirs = list(email.message_from_bytes(data).walk())
    message = Message.parse(data)
    assert message.defects == ()
    assert [part.type for part in message.parts] == [part.get_content_type() for part in theirs]
    for part, other in zip(message.parts, theirs, strict=True):
        if not other.is_multipart():
            assert part.decoded() == other.get_payload(decode=True)
            assert part.disposition == (other.get_content_disposition() or "")
    subject = message.headers.first("subject")
    assert subject is not None
    # without white space: the generator of `email` loses some of it between encoded words
    assert "".join(subject.text.split()) == "".join(mail["Subject"].split())
    ours = {reading.text for part in message.parts for reading in part.readings()}
    assert {part.get_filename() for part in mail.walk() if part.get_filename()} <= ours


@settings(max_examples=40, deadline=None)
@given(mails(depth=0))
def test_good_mail_has_the_attachments_that_mail_parser_sees(mail: EmailMessage) -> None:
    data = mail.as_bytes()
    seen = {one["filename"] for one in mailparser.parse_from_bytes(data).attachments}
    ours = {reading.text for part in Message.parse(data).parts for reading in part.readings()}
    assert {name.replace("/", "") for name in seen} <= ours
