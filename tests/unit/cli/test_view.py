"""What we see in a message, as data and as lines."""

from __future__ import annotations

import hashlib
import json

from mdafilter import limits
from mdafilter.cli.view import render, render_mailparser, view
from mdafilter.message import Message
from tests.support.archives import EXE, locked_zip, zipped
from tests.support.attached import attached

MAIL = Message.parse(
    b"Received: from a (a [192.0.2.1]) by b with ESMTP id 1; Sun, 22 Nov 2026 14:00:05 +0000\r\n"
    b"Received: from c by a with SMTP id 2; Sun, 22 Nov 2026 14:00:00 +0000\r\n"
    b"From: =?utf-8?q?J=C3=BCrgen?= <j@b.example>, nonsense here\r\nTo: u@e.example\r\nSubject: hello\r\n"
    b"Message-ID: <x@y>\r\n\r\nhi there\r\n"
)


def test_the_facts_as_data() -> None:
    found = json.loads(json.dumps(view(MAIL)))
    assert (found["size"], found["newline"], found["fields"]) == (len(MAIL.octets), "CRLF", 6)
    assert (found["subject"], found["message_id"], found["date"]) == (["hello"], ["<x@y>"], [])
    assert found["addresses"]["from"] == [
        {"name": "Jürgen", "address": "j@b.example", "valid": True},
        {"name": "", "address": "nonsense here", "valid": False},
    ]
    assert [(hop["from"], hop["delay"]) for hop in found["received"]] == [("c", None), ("a (a [192.0.2.1])", 5.0)]
    (part,) = found["parts"]
    assert (part["type"], part["octets"], part["decoded"]) == ("text/plain", 10, 10)
    assert part["sha256"] == hashlib.sha256(b"hi there\r\n").hexdigest()


def test_the_facts_as_lines() -> None:
    lines = render(view(MAIL))
    assert "Subject:    hello" in lines
    assert "From:       Jürgen <j@b.example>" in lines
    assert "From:       nonsense here  (no address)" in lines
    at = lines.index("Path, the first step first (what is before your own hosts can be invented)")
    assert lines[at + 2].startswith("  +5 s  from a (a [192.0.2.1])  by b  with ESMTP  Sun, 22 Nov 2026 14:00:05")
    assert "  (all)  text/plain, 10 octets" in lines


def test_names_and_defects_have_lines() -> None:
    seen = view(MAIL)
    seen["parts"][0]["names"] = [{"text": "x.exe\u202e", "how": "Content-Disposition filename, RFC 2231"}]
    seen["defects"] = [{"name": "no-boundary", "text": "a multipart without a boundary"}]
    lines = render(seen)
    assert "      name x.exe\\u202e   (Content-Disposition filename, RFC 2231)" in lines
    assert "  no-boundary: a multipart without a boundary" in lines


ATTACHED = Message.parse(
    b'Content-Type: multipart/mixed; boundary="x"\n\n--x\nContent-Type: text/plain; charset=utf-8\n\nhi\n--x\n'
    b'Content-Type: application/octet-stream; name="invoice.exe"\nContent-Transfer-Encoding: base64\n'
    b"Content-Disposition: attachment; filename*=utf-8''invoice.pdf\n\nTVqQ\n--x--\n"
)


def test_the_parts_of_a_message_with_an_attachment_of_two_names() -> None:
    seen = view(ATTACHED)
    assert [(part["path"], part["type"]) for part in seen["parts"]] == [
        ("", "multipart/mixed"),
        ("1", "text/plain"),
        ("2", "application/octet-stream"),
    ]
    attached = seen["parts"][2]
    assert {name["text"] for name in attached["names"]} >= {"invoice.exe", "invoice.pdf"}
    assert all(name["how"] for name in attached["names"])
    assert (attached["encoding"], attached["decoded"]) == ("base64", 3)
    assert attached["sha256"] == hashlib.sha256(b"MZ\x90").hexdigest()
    assert "sha256" not in seen["parts"][0]
    lines = render(seen)
    assert "    1  text/plain, utf-8, 2 octets" in lines
    assert any(line.startswith("        name invoice.exe   (") for line in lines)


def test_what_is_inside_of_attachments() -> None:
    inner = zipped(("evil\x1b.exe", EXE))
    seen = view(Message.parse(attached(("a.zip", zipped(("i.zip", inner))), ("b.zip", locked_zip(("c.txt", b"x"))))))
    assert [(one["part"], one["path"]) for one in seen["inside"]] == [
        ("2", "a.zip"),
        ("2", "a.zip/i.zip"),
        ("2", "a.zip/i.zip/evil\x1b.exe"),
        ("3", "b.zip"),
        ("3", "b.zip/c.txt"),
        ("3", "b.zip/c.txt"),
    ]
    assert (seen["inside"][2]["kind"], seen["inside"][-1]["fact"]) == ("executable", "encrypted")
    assert json.dumps(seen)
    lines = render(seen)
    assert f"  a.zip/i.zip/evil\\x1b.exe  executable, pe, {len(EXE)} octets" in lines
    assert "  b.zip/c.txt  ENCRYPTED: a password" in lines


def test_lists_for_people_end_somewhere() -> None:
    many = Message.parse(b"To: " + b"a@b.example, " * 5000 + b"\n\n")
    lines = render(view(many))
    assert sum(line.startswith("To:") for line in lines) == limits.SHOWN_ROWS
    assert "  and 4800 more (--json shows all)" in lines


def test_nothing_of_a_hostile_message_reaches_the_terminal() -> None:
    evil = "\x1b]0;x\x07\u202e".encode() + b"\xff\x9b"
    names = (b"From", b"To", b"Subject", b"Message-ID", b"Received", b"Content-Type", b"Content-Disposition", b"Date")
    octets = b"".join(name + b": " + evil + b"; name=" + evil + b"\n" for name in names)
    found = {"subject": evil.decode("latin-1"), "attachments": [{"filename": "\x1b[2J"}], "n": [["\x1b", "\r"]]}
    for line in render(view(Message.parse(octets + b"\n" + evil))) + render_mailparser(found):
        assert line.isprintable()


def test_what_mail_parser_has_no_answer_to_is_one_line() -> None:
    assert render_mailparser({"error": "took\nlong"}) == ["", "As mail-parser sees it: took\\nlong"]
