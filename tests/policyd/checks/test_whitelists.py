"""postgrey's whitelists, as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdafilter_policyd.checks.whitelists import Clients, Networks, Recipients
from mdafilter_policyd.errors import ConfigError

CLIENTS = r"""
# a comment
good.example                 # and why
192.0.2.7
203.0.113
198.51.
10.1.2.0/24
2001:db8:5::/48
2001:db8:7::1
/^mx\d+\.re\.example$/
"""
RECIPIENTS = r"""
postmaster@
free.example
bob@b.example
/^list-.*@lists\.example$/
"""


def written(path: Path, text: str) -> str:
    path.write_text(text)
    return str(path)


@pytest.mark.parametrize(
    ("name", "address", "entry"),
    [
        ("good.example", "1.2.3.4", "good.example"),
        ("a.b.GOOD.example", "1.2.3.4", "good.example"),
        ("agood.example", "1.2.3.4", ""),
        ("", "192.0.2.7", "192.0.2.7"),
        ("", "192.0.2.70", ""),
        ("", "203.0.113.9", "203.0.113"),
        ("", "198.51.100.9", "198.51."),
        ("", "198.5.1.9", ""),
        ("", "10.1.2.9", "10.1.2.0/24"),
        ("", "10.1.3.9", ""),
        ("", "::ffff:10.1.2.9", "10.1.2.0/24"),
        ("", "2001:db8:5:1::9", "2001:db8:5::/48"),
        ("", "2001:db8:7::1", "2001:db8:7::1"),
        ("", "2001:db8:7::2", ""),
        ("mx12.re.example", "1.2.3.4", r"/^mx\d+\.re\.example$/"),
        ("mx.re.example", "1.2.3.4", ""),
        ("", "unknown", ""),
    ],
)
def test_clients(tmp_path: Path, name: str, address: str, entry: str) -> None:
    """postgrey(8): "domain and subdomains", "only the first specified numbers will be checked"."""
    assert Clients([written(tmp_path / "c", CLIENTS)]).find(name, address) == entry


@pytest.mark.parametrize(
    ("recipient", "entry"),
    [
        ("postmaster@any.example", "postmaster@"),
        ("Postmaster+x@any.example", "postmaster@"),
        ("postmasterx@any.example", ""),
        ("x@free.example", "free.example"),
        ("x@sub.free.example.", "free.example"),
        ("x@notfree.example", ""),
        ("Bob@B.example", "bob@b.example"),
        ("bob+x@b.example", "bob@b.example"),
        ("bob@c.example", ""),
        ("list-7@lists.example", r"/^list-.*@lists\.example$/"),
        ("", ""),
    ],
)
def test_recipients(tmp_path: Path, recipient: str, entry: str) -> None:
    """postgrey(8): "name@.*" and extended addresses "name+blabla@.*"."""
    assert Recipients([written(tmp_path / "r", RECIPIENTS)]).find(recipient) == entry


def test_several_files(tmp_path: Path) -> None:
    found = Clients([written(tmp_path / "1", "a.example\n"), written(tmp_path / "2", "b.example\n")])
    assert found.find("x.a.example", "") and found.find("x.b.example", "")


def test_what_is_wrong_is_told_with_its_place(tmp_path: Path) -> None:
    bad = written(tmp_path / "c", "ok.example\n  /a(b/\nwhat is this\n1.2.3.4/99\n1.2.3.4.5\n300.1.1.1\n")
    with pytest.raises(ConfigError) as failed:
        Clients([bad, str(tmp_path / "none")])
    places = [(f.file, f.line, f.column) for f in failed.value.faults]
    assert places == [(bad, 2, 5), (bad, 3, 1), (bad, 4, 1), (bad, 5, 1), (bad, 6, 1), (str(tmp_path / "none"), 0, 0)]
    assert "no regular expression" in failed.value.faults[0].text


@pytest.mark.parametrize("text", ["@b.example", "a b@c.example", "x@y/z", "a,b"])
def test_recipients_that_are_none(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match=r":1:1: .* is no domain, name@, name@domain or /expression/"):
        Recipients([written(tmp_path / "r", text)])


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    (tmp_path / "c").write_bytes(b"\xff\xfe\n")
    with pytest.raises(ConfigError, match="cannot be read"):
        Clients([str(tmp_path / "c")])


def test_the_narrowest_network_is_named() -> None:
    networks = Networks()
    for text in ("10.0.0.0/8", "10.1", "10.1.2.3"):
        networks.add(text)
    assert [networks.find(a) for a in ("10.1.2.3", "10.1.9.9", "10.9.9.9", "11.0.0.1")] == [
        "10.1.2.3",
        "10.1",
        "10.0.0.0/8",
        "",
    ]
