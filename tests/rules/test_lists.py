"""rules/lists.sieve."""

from __future__ import annotations

import pytest

from mdafilter.acts import File
from tests.support.scene import StillWorld
from tests.support.script import acts, folders
from tests.support.shipped import mail, ruled

WORLD = StillWorld(folders=("lists.debian-user", "lists.", "lists", "Trash"))


@pytest.mark.parametrize(
    "header",
    [
        "List-Id: Debian users <debian-user.lists.debian.org>",
        "List-Id: <Debian-User.lists.debian.org>",
        'list-id: "All, you" <debian-user.lists.debian.org> (comment)',
        "List-Id:\n\t<debian-user.lists.debian.org>",
    ],
)
def test_a_list_with_a_folder_is_filed(header: str) -> None:
    assert acts(ruled("lists", mail(f"{header}\n"), WORLD)) == [File("lists.debian-user")]


@pytest.mark.parametrize(
    "header",
    [
        "X-None: x",
        "List-Id: <other.lists.debian.org>",
        "List-Id: debian-user.lists.debian.org",
        "List-Id: <debian-user>",
        "List-Id: <>",
        "List-Id: <.>",
        "List-Id: <..>",
        "List-Id: <../Trash.x>",
        "List-Id: <debian-user/../Trash.x>",
        "List-Post: <mailto:debian-user@lists.debian.org>",
        "List-Id:",
    ],
)
def test_all_other_mail_passes(header: str) -> None:
    assert folders(ruled("lists", mail(f"{header}\n"), WORLD)) == ["INBOX"]


def test_no_folder_is_made() -> None:
    assert folders(ruled("lists", mail("List-Id: <spam.example.org>\n"), StillWorld())) == ["INBOX"]
