"""The end of the rules where HOST is another one."""

from __future__ import annotations

from collections.abc import Mapping

from mdafilter.acts import Discard, Keep, Reject
from mdafilter.words.host import GoNowhere, OtherHost
from tests.support.scene import StillWorld, scene


class OnHost(StillWorld):
    def presets(self) -> Mapping[str, str]:
        return {**super().presets(), "HOST": "mx.example.net"}


def test_it_compares() -> None:
    """procmailrc(5): "If this is not the hostname of the machine, processing ... will immediately cease"."""
    made = scene(world=OnHost())
    assert OtherHost().ask(made).held  # it is not set
    for host, other in (("mx.example.net", False), ("MX.example.net", True), ("stop", True), ("", True)):
        made.set("HOST", host)
        assert OtherHost().ask(made).held is other
    assert OtherHost().describe() == "HOST is not this host"


def test_it_goes_nowhere_or_is_kept() -> None:
    made = scene()
    assert (GoNowhere().acts(made), GoNowhere(keep=True).acts(made)) == ((Discard(),), (Keep(),))
    made.set("EXITCODE", "67")
    assert GoNowhere(keep=True).acts(made) == GoNowhere().acts(made) == (Reject("user unknown", "5.1.1"),)
    assert GoNowhere().describe() != GoNowhere(keep=True).describe()
