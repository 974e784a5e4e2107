"""Scripts at events of IMAP (RFC 6785): a reader puts a message into a folder, or changes its flags, and a script runs.

    library.py   which scripts: of the site ([sieve] imapsieve), and of the folder's owner (an annotation)
    running.py   an event, as `mdafilter watch` has found it (train/events.py): the decision, and what is done
    flags.py     flags as scripts name them, and as they stand in the names of files

The message lies in its folder already. What a script decides becomes of it (section 3; outcome.of_stored):

    keep, implicit or not   it stays as it is, with the flags that the script has given it; it is never rewritten
    fileinto                a new message in that folder, with the date of this one
    redirect, notify, pipe  as in a delivery; the sender is the owner of the mailbox (section 3.4)
    discard, or no keep     it is marked as \\Deleted, and expunged where [sieve] imapsieve_expunge_discarded says so
                            (section 2.2.4)
    reject, vacation        are no part of such a script (section 3.11), nor is a test of the envelope (section 4.6)

All of it or nothing: where one thing cannot be done, or the script fails, the message stays untouched.
"""

from __future__ import annotations

from mdafilter.events.running import scripts_of

__all__ = ["scripts_of"]
