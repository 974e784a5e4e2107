"""Lists outside of the script: where they are found, and what is in them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mdafilter import limits, recall
from mdafilter.errors import RuleFailed
from mdafilter.lists import listing
from mdafilter.settings import Settings
from mdafilter.sieving import Options
from mdafilter.world import Listing

TEAM = "tag:example.com,2026:team"


def site(home: Path, *extlists: str) -> Settings:
    return Settings(sieve=Options(lists=("~/lists", str(home / "site")), extlists=extlists))


def look(home: Path, name: str, *extlists: str) -> Listing | None:
    return listing(site(home, *extlists), str(home), "ann@example.org", name)


def found(home: Path, name: str, *extlists: str) -> Listing:
    one = look(home, name, *extlists)
    assert one is not None
    return one


def put(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_a_file_of_lines(tmp_path: Path) -> None:
    put(tmp_path / "lists" / TEAM, "# the team\n\n  Bob@example.org \r\nlist.example.org\ncafé\nBob@example.org\n")
    team = found(tmp_path, TEAM)
    assert team.members() == ("Bob@example.org", "list.example.org", "café")
    for value, there in [("bob@EXAMPLE.org", True), ("café", True), ("# the team", False), ("", False), ("bob", False)]:
        assert team.has(value) is there


def test_the_first_folder_that_has_it_counts(tmp_path: Path) -> None:
    put(tmp_path / "site" / TEAM, "site@x.test\n")
    assert found(tmp_path, TEAM).members() == ("site@x.test",)
    put(tmp_path / "lists" / TEAM, "own@x.test\n")
    assert found(tmp_path, TEAM).members() == ("own@x.test",)


@pytest.mark.parametrize(
    "name", ["nothing", "", ".", "..", "../lists/there", "a\0b", ":there", "x" * 300, ":addrbook:"]
)
def test_what_is_no_list(tmp_path: Path, name: str) -> None:
    put(tmp_path / "lists" / "there", "a\n")
    assert look(tmp_path, name) is None


@pytest.mark.parametrize("where", ["lists/addrbook/default.vcf", "lists/addrbook/default/ann.vcf"])
@pytest.mark.parametrize("name", [":addrbook:default", "urn:ietf:params:sieve:addrbook:default"])
def test_the_address_book(tmp_path: Path, where: str, name: str) -> None:
    """RFC 6134 section 2.6: ":addrbook:default" is short for "urn:ietf:params:sieve:addrbook:default"."""
    assert look(tmp_path, name) is None
    put(tmp_path / where, "BEGIN:VCARD\nEMAIL:Ann@example.org\nEND:VCARD\n")
    assert found(tmp_path, name).members() == ("Ann@example.org",)


def test_a_folder_of_vcards_and_what_else_is_in_it(tmp_path: Path) -> None:
    book = tmp_path / "lists" / "addrbook" / "default"
    put(book / "b.vcf", "EMAIL:b@x.test\n")
    put(book / "a.vcf", "EMAIL:a@x.test\n")
    put(book / ".Radicale.props", "EMAIL:c@x.test\n")
    assert found(tmp_path, ":addrbook:default").members() == ("a@x.test", "b@x.test")
    put(book / "c.vcf", "EMAIL:c@x.test\n")
    assert found(tmp_path, ":addrbook:default").has("C@x.test")


def test_lists_that_are_elsewhere(tmp_path: Path) -> None:
    put(tmp_path / "people", "p@x.test\n")
    put(tmp_path / "cards" / "one.vcf", "EMAIL:c@x.test\n")
    extlists = (f"{TEAM} ~/people", ":addrbook:work ~/cards", "who /nowhere/%n")
    assert found(tmp_path, TEAM, *extlists).members() == ("p@x.test",)
    assert found(tmp_path, "urn:ietf:params:sieve:addrbook:work", *extlists).members() == ("c@x.test",)
    with pytest.raises(RuleFailed, match=r"the list /nowhere/ann cannot be read: No such file"):
        look(tmp_path, "who", *extlists)
    with pytest.raises(RuleFailed, match="unknown %q"):
        look(tmp_path, "q", "q /%q")


def test_where_somebody_has_said_that_it_is(tmp_path: Path) -> None:
    path = put(tmp_path / "people", "p@x.test\n")
    assert listing(site(tmp_path), "", "r@x.test", TEAM) is None
    told = listing(site(tmp_path), "", "r@x.test", TEAM, str(path))
    assert told is not None
    assert told.members() == ("p@x.test",)


def test_a_lookup_table_is_asked(tmp_path: Path) -> None:
    path = put(tmp_path / "access", "example.org REJECT\n192.0.2 OK\nann@x.test 1\nbob@x.test DUNNO\n10.0.0.0/8 OK\n")
    table = found(tmp_path, "t", f"t hash:{path}")
    values = "joe@example.org ann+x@x.test bob@x.test mail.example.org 192.0.2.7 10.1.2.3 other.test ::1".split()
    assert [value for value in values if table.has(value)] == values[:2] + values[3:6]
    assert not table.has("")
    with pytest.raises(RuleFailed, match=f"the members of the table {path} cannot be told"):
        table.members()


def test_it_is_read_once_and_again_when_it_has_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path / "lists" / "l", "a\n")
    monkeypatch.setattr(limits, "TICK_SECONDS", -1.0)
    monkeypatch.setattr(limits, "SETTLED_SECONDS", -1.0)
    assert found(tmp_path, "l") is found(tmp_path, "l")
    path.write_text("bb\n")
    assert found(tmp_path, "l").members() == ("bb",)
    assert recall.names(str(tmp_path / "lists")) == ["l"]


def test_what_cannot_be_read_is_no_answer(tmp_path: Path) -> None:
    os.mkfifo(put(tmp_path / "lists" / "x", "").with_name("fifo"))
    with pytest.raises(RuleFailed, match=f"the list {tmp_path}/lists/fifo is no file"):
        look(tmp_path, "fifo")


def test_what_others_may_write_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "lists" / "l", "a\n").chmod(0o666)
    monkeypatch.setattr("mdafilter.rulebook.is_users", lambda path: True)
    with pytest.raises(RuleFailed, match=f"the list {tmp_path}/lists/l is not used: everybody may write to this file"):
        look(tmp_path, "l")


def test_a_list_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LIST_OCTETS", 20)
    monkeypatch.setattr(limits, "LIST_FILES", 2)
    put(tmp_path / "lists" / "long", "x" * 21)
    with pytest.raises(RuleFailed, match=f"the list {tmp_path}/lists/long is longer than 20 octets"):
        look(tmp_path, "long")
    for name in "ab":
        put(tmp_path / "lists" / "book" / f"{name}.vcf", "EMAIL:a@x.test")
    with pytest.raises(RuleFailed, match="longer than 20 octets"):
        look(tmp_path, "book")
    put(tmp_path / "lists" / "book" / "c.vcf", "")
    with pytest.raises(RuleFailed, match=f"the address book {tmp_path}/lists/book has more than 2 files"):
        look(tmp_path, "book")


def test_without_a_home(tmp_path: Path) -> None:
    put(tmp_path / "site" / "l", "a\n")
    assert listing(site(tmp_path), "", "r@x.test", "l") is not None
