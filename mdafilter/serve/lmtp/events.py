"""What happens in a session, for its owner. All are frozen."""

from __future__ import annotations

from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypeAlias

    from mdafilter.serve.lmtp.command import Mail, Path, Rcpt


class Recipient(Value):
    """RCPT: whether this is one is to be said by accept() or refuse()."""

    path: Path
    original: str = ""
    notify: tuple[str, ...] = ()


class Content(Value):
    """A piece of the message, with LF as line ends."""

    octets: bytes


class Complete(Value):
    """The message is whole, for these recipients: those that were accepted."""

    mail: Mail
    recipients: tuple[Rcpt, ...]
    forwarded: Mapping[str, str]


class Dropped(Value):
    """There will be no Complete for the recipients and the content that have come."""


class Closed(Value):
    """The conversation is over."""


Event: TypeAlias = Recipient | Content | Complete | Dropped | Closed
