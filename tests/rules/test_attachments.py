"""rules/attachments.sieve."""

from __future__ import annotations

import re

import pytest

from mdafilter.acts import File
from tests.support.script import acts, folders
from tests.support.shipped import RULES, carrying, mail, named, ruled

# All extensions that the file names, read from it, so that none is added without being tried.
LISTED = re.findall(
    r'"([a-z0-9-]+)"', (RULES / "attachments.sieve").read_text().partition(":extension [")[2].partition("]")[0]
)


@pytest.mark.parametrize("extension", LISTED)
def test_each_listed_extension_goes_to_quarantine(extension: str) -> None:
    decision = ruled("attachments", named(f"invoice.{extension}"))
    assert acts(decision) == [File("Quarantine", create=True)]
    assert f"invoice.{extension}" in decision.decided[0].why


def test_the_list_is_the_one_that_was_read() -> None:
    assert {"exe", "scr", "js", "lnk", "iso", "one", "ps1", "settingcontent-ms"} <= set(LISTED)
    assert len(LISTED) == len(set(LISTED))


@pytest.mark.parametrize(
    "message",
    [
        named("INVOICE.EXE"),
        named("invoice.pdf.exe"),
        named("invoice.exe."),
        named("invoice.exe "),
        named("=?utf-8?Q?invoice=2Eexe?="),
        named("invoice\u202efdp.exe"),
        named("invoice\u202efdp.txt"),
        named("invoice.txt.{3050F4D8-98B5-11CF-BB82-00AA00BDCE0B}"),
        carrying("Content-Type: image/png; name=invoice.exe"),
        carrying("Content-Type: image/png; name=a.png\nContent-Disposition: inline; filename*=utf-8''a%2Escr"),
        carrying("Content-Disposition: attachment; filename*0=invoice.e; filename*1=xe"),
        carrying("Content-Type: message/rfc822\n\nContent-Disposition: attachment; filename=inner.exe"),
        mail("Content-Disposition: attachment; filename=whole.exe\n"),
        mail(body="See:\n\nbegin 644 invoice.exe\n#35J0\n`\nend\n"),
        mail(body="=ybegin line=128 size=3 name=invoice.exe\nw\n=yend size=3\n"),
    ],
)
def test_no_spelling_of_the_name_passes(message: str) -> None:
    assert folders(ruled("attachments", message)) == ["Quarantine"]


@pytest.mark.parametrize(
    "name",
    [
        "invoice.pdf",
        "photo.JPEG",
        "letter.docx",
        "sheet.xlsm",
        "archive.zip",
        "backup.tar.gz",
        "page.html",
        "script.py",
        "invite.ics",
        "key.asc",
        "exe",
        "README",
        "the.exe.guide.txt",
        "{braces}.txt",
        "מכתב.pdf",
    ],
)
def test_ordinary_names_pass(name: str) -> None:
    assert folders(ruled("attachments", named(name))) == ["INBOX"]


def test_mail_without_attachments_passes() -> None:
    assert folders(ruled("attachments", mail())) == ["INBOX"]
    assert folders(ruled("attachments", mail(body="begin 644 invoice.exe\nsee invoice.exe\n"))) == ["INBOX"]
    assert folders(ruled("attachments", b"")) == ["INBOX"]
