"""The same questions to postgrey and to greylist.py: the same answers.

Time is set by hand for both. What is left out is where they differ on purpose: see test_what_is_ours_alone.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mdafilter_policyd.checks.greylist import Greylist, Options, make
from mdafilter_policyd.request import Request
from tests.support import policyd_postgrey as postgrey
from tests.support.policyd_grey import START, Town, ask, request, word

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(bool(postgrey.why_not()), reason=postgrey.why_not() or "it can be run"),
]

HOUR, DAY = 3600, 86400


class Both:
    """Two that greylist, and one clock."""

    def __init__(self, theirs: postgrey.Postgrey, ours: Greylist, town: Town) -> None:
        self._theirs = theirs
        self._ours = ours
        self._town = town

    def wait(self, seconds: int) -> None:
        self._town.time += seconds
        self._theirs.set(self._town.time)

    def ask(self, asked: Request) -> tuple[str, str]:
        """What postgrey says, and what we say."""
        return self._theirs.ask(asked), word(ask(self._ours, asked))

    def agree(self, **about: str) -> str:
        """What both say."""
        theirs, ours = self.ask(request(**about))
        assert theirs == ours, about
        return ours


@contextmanager
def both(folder: Path, *arguments: str, clients: str = "", recipients: str = "", **options: Any) -> Iterator[Both]:
    """Both with the same whitelists, and nothing that postgrey has not."""
    files = (folder / "clients", folder / "recipients")
    for file, text in zip(files, (clients, recipients), strict=True):
        file.write_text(text)
    town = Town()
    ours = make(
        Options(
            mode="on",
            whitelist_clients=(str(files[0]),),
            whitelist_recipients=(str(files[1]),),
            roles=(),
            own_networks=(),
            **options,
        ),
        town.house(),
    )
    lists = (f"--whitelist-clients={files[0]}", f"--whitelist-recipients={files[1]}")
    with postgrey.running([*lists, *arguments], START) as theirs:
        yield Both(theirs, ours, town)


def test_delay_and_retry(tmp_path: Path) -> None:
    with both(tmp_path) as two:
        said = []
        for seconds in (0, 10, 289, 1, 1, HOUR, 20 * DAY):
            two.wait(seconds)
            said.append(two.agree())
        assert said == ["DEFER", "DEFER", "DEFER", "PREPEND", "DUNNO", "DUNNO", "DUNNO"]


def test_another_delay(tmp_path: Path) -> None:
    with both(tmp_path, "--delay=60", delay="60") as two:
        said = []
        for seconds in (0, 59, 1, 1):
            two.wait(seconds)
            said.append(two.agree())
        assert said == ["DEFER", "DEFER", "PREPEND", "DUNNO"]


def test_the_retry_window(tmp_path: Path) -> None:
    with both(tmp_path) as two:
        for sender, seconds, said in (("a@a.example", 2 * DAY - 1, "PREPEND"), ("b@a.example", 2 * DAY + 1, "DEFER")):
            assert two.agree(sender=sender) == "DEFER"
            two.wait(seconds)
            assert two.agree(sender=sender) == said
        two.wait(300)
        assert two.agree(sender="b@a.example") == "PREPEND"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({}, {"address": "192.0.2.99"}),
        ({}, {"address": "192.0.3.7"}),
        ({"address": "2001:db8:1:2::1"}, {"address": "2001:db8:1:2:ffff::1"}),
        ({"address": "2001:db8:1:2::1"}, {"address": "2001:db8:1:3::1"}),
        ({"sender": "ann+1@a.example"}, {"sender": "ann+2@a.example"}),
        ({"sender": "list-4711-x@a.example"}, {"sender": "list-4712-x@a.example"}),
        ({"sender": "list-4711-bob=b.example@a.example"}, {"sender": "list-4712-bob=b.example@a.example"}),
        ({"sender": "prvs=3058zzbbcc=ann@a.example"}, {"sender": "prvs=3158zybbcd=ann@a.example"}),
        ({"sender": "4711@a.example"}, {"sender": "4712@a.example"}),
        ({"sender": "ann85@a.example"}, {"sender": "ann86@a.example"}),
        ({"sender": "Ann@a.example"}, {"sender": "ann@A.Example"}),
        ({"sender": ""}, {"sender": ""}),
        ({"sender": ""}, {"sender": "ann@a.example"}),
        ({"recipient": "Bob@B.example"}, {"recipient": "bob@b.example"}),
        ({"recipient": "bob+x@b.example"}, {"recipient": "bob@b.example"}),
        ({"name": "a.example"}, {"name": "unknown"}),
    ],
)
def test_who_is_taken_for_the_same(tmp_path: Path, first: dict[str, str], second: dict[str, str]) -> None:
    with both(tmp_path) as two:
        assert two.agree(**first) == "DEFER"
        two.wait(300)
        two.agree(**second)


def test_by_host(tmp_path: Path) -> None:
    with both(tmp_path, "--lookup-by-host", lookup_by="host") as two:
        two.agree()
        two.wait(300)
        assert [two.agree(address=a) for a in ("192.0.2.8", "192.0.2.7")] == ["DEFER", "PREPEND"]


@pytest.mark.parametrize("times", [1, 3, 5])
def test_auto_whitelist(tmp_path: Path, times: int) -> None:
    with both(tmp_path, f"--auto-whitelist-clients={times}", auto_whitelist=times) as two:
        for number in range(times):
            assert two.agree(sender=f"{'abcde'[number]}@s.example") == "DEFER"
            two.wait(300)
            assert two.agree(sender=f"{'abcde'[number]}@s.example") == "PREPEND"
            two.wait(HOUR + 1)
        assert two.agree(sender="new@s.example") == "DUNNO"
        assert two.agree(sender="new@s.example", address="192.0.2.8") == "DEFER"


@pytest.mark.parametrize(("gap", "said"), [(HOUR - 1, "DEFER"), (HOUR, "DUNNO"), (HOUR + 1, "DUNNO")])
def test_only_one_success_an_hour_counts(tmp_path: Path, gap: int, said: str) -> None:
    with both(tmp_path, "--auto-whitelist-clients=2", auto_whitelist=2) as two:
        for sender in ("a@s.example", "b@s.example"):
            two.agree(sender=sender)
        two.wait(300)
        assert two.agree(sender="a@s.example") == "PREPEND"
        two.wait(gap)
        assert two.agree(sender="b@s.example") == "PREPEND"
        assert two.agree(sender="new@s.example") == said


def test_what_passes_again_does_not_count_again(tmp_path: Path) -> None:
    with both(tmp_path) as two:
        for _ in range(9):
            two.agree()
            two.wait(HOUR + 1)
        assert two.agree(sender="new@s.example") == "DEFER"


def test_no_auto_whitelist(tmp_path: Path) -> None:
    with both(tmp_path, "--auto-whitelist-clients=0", auto_whitelist=0) as two:
        for _ in range(8):
            two.agree()
            two.wait(HOUR + 1)
        assert two.agree(sender="new@s.example") == "DEFER"


CLIENTS = r"""# a comment
good.example        # why
192.0.2.7
203.0.113
10.1.2.0/24
2001:db8:5::/48
2001:db8:7::1
/^mx\d+\.re\.example$/
"""
RECIPIENTS = r"""postmaster@
free.example
bob@b.example
/^list-.*@lists\.example$/
"""


def test_whitelisted_clients(tmp_path: Path) -> None:
    names = ("good.example", "A.Good.example", "agood.example", "mx12.re.example", "mx.re.example")
    clients = ("192.0.2.7", "192.0.2.70", "203.0.113.9", "203.0.114.9", "10.1.2.9", "10.1.3.9")
    ipv6 = ("2001:db8:5:1::9", "2001:db8:6::9", "2001:db8:7::1", "2001:db8:7::2")
    with both(tmp_path, clients=CLIENTS) as two:
        said = [two.agree(name=name, address="198.51.100.1", sender=f"{name}@s.example") for name in names]
        assert said == ["DUNNO", "DUNNO", "DEFER", "DUNNO", "DEFER"]
        said = [two.agree(name="unknown", address=address) for address in (*clients, *ipv6)]
        assert said == ["DUNNO", "DEFER"] * 5


def test_whitelisted_recipients(tmp_path: Path) -> None:
    recipients = ("postmaster@x.example", "Postmaster+x@x.example", "postmasterx@x.example", "x@free.example")
    others = ("x@a.free.example", "x@notfree.example", "BOB@b.example", "bob+x@b.example", "bob@c.example")
    lists = ("list-7@lists.example", "list@lists.example")
    with both(tmp_path, recipients=RECIPIENTS) as two:
        said = [two.agree(recipient=recipient) for recipient in (*recipients, *others, *lists)]
    passed, waits = "DUNNO", "DEFER"
    assert said == [passed, passed, waits, passed, passed, waits, passed, passed, waits, passed, waits]


@pytest.mark.skipif(not (postgrey.LISTS / "whitelist_clients").exists(), reason="its lists are not installed")
def test_the_lists_that_come_with_it(tmp_path: Path) -> None:
    clients = (postgrey.LISTS / "whitelist_clients").read_text()
    recipients = (postgrey.LISTS / "whitelist_recipients").read_text()
    names = ["debian.org", "lists.debian.org", "xdebian.org", "mx.google.com", "mail7.telekom.de", "a.example"]
    written = [line.split("#")[0].strip() for line in clients.splitlines()]
    names += [line for line in written if line and not line.startswith("/") and not line[0].isdigit()]
    addresses = [line for line in written if line.count(".") == 3 and line.replace(".", "").isdigit()]
    with both(tmp_path, clients=clients, recipients=recipients) as two:
        for name in names:
            two.agree(name=name, address="198.51.100.1")
        for address in addresses:
            assert two.agree(name="unknown", address=address) == "DUNNO"
        assert two.agree(recipient="abuse@b.example") == "DUNNO"


@pytest.mark.parametrize("seed", range(6))
def test_weeks_of_mail(tmp_path: Path, seed: int) -> None:
    """A random walk: few of each, so that they meet again, and spans around every border."""
    draw = random.Random(seed)
    addresses: Sequence[str] = ("192.0.2.7", "192.0.2.8", "198.51.100.1", "2001:db8::1", "10.1.2.3")
    senders: Sequence[str] = (
        "",
        "ann@a.example",
        "ann+1@a.example",
        "l-1-x@a.example",
        "l-2-x@a.example",
        "eve@s.example",
    )
    recipients: Sequence[str] = ("bob@b.example", "Carl@b.example", "x@free.example")
    spans: Sequence[int] = (0, 1, 60, 299, 300, 301, 600, HOUR - 1, HOUR, HOUR + 1, 6 * HOUR)
    with both(tmp_path, clients=CLIENTS, recipients=RECIPIENTS) as two:
        said = set()
        for step in range(400):
            two.wait(draw.choice(spans))
            about = {
                "address": draw.choice(addresses),
                "sender": draw.choice(senders),
                "recipient": draw.choice(recipients),
            }
            theirs, ours = two.ask(request(**about))
            assert theirs == ours, (step, about)
            said.add(ours)
        assert said == {"DEFER", "PREPEND", "DUNNO"}


def test_what_is_ours_alone(tmp_path: Path) -> None:
    """A partial address may have two numbers; a token in a sender may be hexadecimal; SRS is seen through."""
    with both(tmp_path, clients="198.51\n") as two:
        assert two.ask(request("198.51.100.1")) == ("DEFER", "DUNNO")
        for first, second in (
            ("0102018f3a7c5d2e-x@a.example", "0102018f3a7c5d2f-x@a.example"),
            ("SRS0=Ab1=TT=a.example=ann@f.example", "SRS0=Xb1=TU=a.example=ann@f.example"),
        ):
            two.agree(sender=first)
            two.wait(300)
            assert two.ask(request(sender=second)) == ("DEFER", "PREPEND")
