"""mutt, driven by keys: what it sends when its user forwards or redirects messages of ~/Maildir."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.support.postfix import Postfix

RC = """
set mbox_type=Maildir spoolfile="{home}/Maildir" folder="{home}" sendmail="{sendmail}" editor=true copy=no
set abort_unmodified=no autoedit=no sendmail_wait=0 quit=yes bounce=yes beep=no confirmappend=no charset=utf-8
set from={user}@example.org realname={user} send_charset=us-ascii:utf-8 mark_old=no wait_key=no
"""
SENDMAIL = "/usr/sbin/sendmail -oem -oi"


def why_not() -> str:
    """Why it cannot be driven here; "" if it can."""
    return "" if shutil.which("mutt") and shutil.which("script") else "mutt or script(1) is not installed"


def press(stage: Postfix, user: str, keys: str, *settings: str, sendmail: str = SENDMAIL) -> None:
    """The user presses these keys, and quits."""
    home = stage.top / "home" / user
    text = RC.format(home=home, user=user, sendmail=sendmail)
    rc = stage.put(user, "muttrc", "\n".join((text, *settings, f'push "{keys}<quit>"\n')))
    terminal = ("env", "TERM=xterm", "LANG=C.UTF-8", "script", "-qec", f"mutt -n -F {rc}", "/dev/null")
    done = stage.run_as(user, *terminal)
    assert done.returncode == 0, done.stdout[-2000:]


def saving(stage: Postfix, user: str) -> tuple[str, Path]:
    """A sendmail that keeps what it gets, and the file that it is in."""
    sent = stage.top / "home" / user / "sent"
    program = stage.put(user, "keep", f"#!/bin/sh\nexec cat >{sent}\n", 0o755)
    return str(program), sent


def forward(subjects: str, to: str) -> str:
    """The keys that forward all messages whose Subject has this text, in one letter."""
    return f"{_all(subjects)}<tag-prefix><forward-message>{to}<enter><enter><send-message>"


def bounce(subjects: str, to: str) -> str:
    """The keys that redirect them."""
    return f"{_all(subjects)}<tag-prefix><bounce-message>{to}<enter>"


def _all(subjects: str) -> str:
    return f"<untag-pattern>~A<enter><tag-pattern>~s {subjects}<enter>"
