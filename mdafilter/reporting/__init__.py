"""Reporting: what lies in the spam folder until it expires.

    folder.py    what is in a folder of a Maildir, read
    filed.py     which of it we filed there, by the journal and our label, and nobody touched (pure)
    rights.py    each user's mail with his rights alone, where root asks

`folder.remove`, for `mdafilter expire`, is the one thing that changes anything. Nothing here is
on the way of a message.

Every text that a message brought (subject, sender, names) is hostile: only what prints goes to the terminal.
"""

from __future__ import annotations
