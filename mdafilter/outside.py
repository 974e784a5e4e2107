"""The real World: what rules are told of the outside when mail is really delivered (or explained).

In:    the Settings, the Envelope and the mailbox of one delivery.
Out:   answers; see world.py for each.
Fails: TryAgain where policy says so (a scorer that is down, with when_down = "defer").
"""

from __future__ import annotations

import os
import time

from mdafilter import VERSION
from mdafilter.errors import RuleFailed
from mdafilter.targets.foldername import folder_path
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.world import Scored

if TYPE_CHECKING:
    from mdafilter.message import Envelope, Message
    from mdafilter.settings import Settings


class Outside(Value):
    """Implements world.World for one delivery. `scoring` False never asks a scorer (explain --no-spamd)."""

    settings: Settings
    envelope: Envelope
    mailbox: str  # the Maildir
    scoring: bool = True

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def environment(self, name: str) -> str | None:
        """RFC 5183 section 4.1, and vnd.mdafilter.recipient-delimiter and .trusted-upstream ("yes" or "no")."""
        host = self.settings.hostname or os.uname().nodename
        match name:
            case "host":
                return host
            case "domain":
                return self.settings.domain or host.partition(".")[2]
            case "location":
                return "MDA"
            case "phase":
                return "during"
            case "name":
                return "mdafilter"
            case "version":
                return VERSION
            case "remote-host":
                return self.envelope.client_name
            case "remote-ip":
                return self.envelope.client_address
            case "vnd.mdafilter.recipient-delimiter":
                return self.settings.recipient_delimiter
            case "vnd.mdafilter.trusted-upstream":
                return "yes" if self.settings.spamd.trusted_upstream else "no"
            case _:
                return None

    def score(self, message: Message) -> Scored:
        """Asks spamd, unless it is switched off."""
        if not self.scoring or self.settings.spamd.enabled == "off":
            return Scored(message, None, "spamd was not asked")
        from mdafilter.scorers import spamd

        return spamd.score(message, self.settings.spamd, user=self.envelope.user)

    def has_folder(self, name: str) -> bool:
        """Whether the Maildir folder exists."""
        try:
            return os.path.isdir(os.path.join(folder_path(self.mailbox, name), "cur"))
        except RuleFailed:
            return False  # a name that no folder can have
