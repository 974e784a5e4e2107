"""The checks: one file each, and one line in the table.

A file of the table brings

    Options   a frozen dataclass of plain values (str, int, float, bool, tuple): its table in the configuration. `mode`
              is its first field. What the types of fields cannot say is said by `make`
    make      from its Options and the House, what answers requests: a Check. ConfigError for what is wrong, with the
              place where it stands. It reads the check's files, and may take its time: it is run in a thread
    judge     pure: the facts that the check has found out, to opinions

Checks of one stage are asked side by side, those of the next one with what was found before (Scene). The cheap ones
come first: an Accept or a Reject of one stage ends it, and those after it are not asked.

Fails: what a check raises, or takes too long for, is logged and counts as Pass: a sick daemon stops no mail.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from mdafilter_policyd.dns import Resolver
    from mdafilter_policyd.opinion import Opinion
    from mdafilter_policyd.request import Request
    from mdafilter_policyd.store import Store

# name               stage
TABLE: tuple[tuple[str, int], ...] = (
    ("client_access", 1),
    ("sender_access", 1),
    ("recipient_access", 1),
    ("rate", 1),
    ("helo", 2),
    ("sender", 2),
    ("spf", 2),
    ("dnsbl", 2),
    ("greylist", 3),
)
OF_MESSAGES = frozenset({"rate"})  # these are about whole messages as well, whomever they are for


@dataclass
class Scene:
    """What is known of one request so far.

    points    the sum of all Points of earlier stages (those of checks that are "on")
    facts     what checks tell each other and the delivery agent, by name: "spf" is "pass", "dnsbl" is the list that
              has the client, "spf-domain" is the domain that SPF said "pass" for. Printable ASCII without blanks
    """

    points: float = 0.0
    facts: dict[str, str] = field(default_factory=dict)


class Check(Protocol):
    """What answers requests. `files` are those it was made from: when one changes, it is made anew."""

    @property
    def files(self) -> Sequence[str]: ...

    async def check(self, request: Request, scene: Scene) -> Sequence[Opinion]: ...


@dataclass(frozen=True)
class House:
    """What checks need of the outside. `now` is seconds since the epoch; `alert` is for what the admin must see."""

    resolver: Resolver
    store: Store
    now: Callable[[], float]
    alert: Callable[[str], None]
    hostname: str = ""
    every: Callable[[float, Callable[[], Awaitable[Any]]], None] | None = None  # seconds, what: repeated in the loop
