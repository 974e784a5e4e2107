"""The Maildirs that a template names, and whose they are: all of /var/mail/%d/%n, for virtual users of one owner.

The template is that of [train] virtual for the account that this names, for all others that of the configuration.

In:    the Settings; the template of a mailbox (settings.py), the account that we run as.
Out:   (root, user) of each that is there. Without %u, %n and %d it is one, of the account.
Fails: SettingsError for an unknown %. A folder that cannot be listed has none.
Bugs:  a name that begins with a dot is none, as for a delivery.
"""

from __future__ import annotations

import glob
import os
import re

from mdafilter import delivery, settings
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from mdafilter.delivery import Account
    from mdafilter.settings import Settings

PARTS = {"u": ("*", "(?P<u>[^/]+)"), "n": ("*", "(?P<n>[^/]+)"), "d": ("*", "(?P<d>[^/]+)")}


def template(chosen: Settings, account: Account) -> str:
    """Where deliveries put the mail of an account."""
    name, _, path = chosen.train.virtual.partition(":")
    return path if path and name == account.name else chosen.maildir or delivery.usual(account.home)


def mailboxes(template: str, account: Account) -> list[tuple[str, str]]:
    """The Maildirs; one may be missing, if the template names no other."""
    pieces = re.split("(%.)", template)
    if not {"%u", "%n", "%d"} & set(pieces):
        return [(_tidy(settings.expand(template, home=account.home, recipient="")), account.name)]
    pattern = shown = ""
    for piece in pieces:
        if piece[1:] in PARTS and piece.startswith("%"):
            star, group = PARTS[piece[1:]]
            # The same part twice is the same text: /var/mail/%d/%n/%n
            group = f"(?P={piece[1:]})" if group in shown else group
        else:
            text = settings.expand(piece, home=account.home, recipient="") if piece else ""
            star, group = glob.escape(text), re.escape(text)
        pattern, shown = pattern + star, shown + group
    found = []
    for path in sorted(glob.glob(_tidy(pattern))):
        if (match := re.fullmatch(_tidy(shown), path)) and os.path.isdir(f"{path}/cur"):
            part = match.groupdict()
            local, domain = part.get("n") or "", part.get("d") or ""
            found.append((path, part.get("u") or (f"{local}@{domain}" if local and domain else local or domain)))
    return found


def _tidy(path: str) -> str:
    return path.rstrip("/") or "/"
