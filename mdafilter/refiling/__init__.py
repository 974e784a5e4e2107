"""Rules run over stored mail: what would go from where to where, and the moves.

    stored.py      the files of a Maildir; each message as it came, and its envelope
    still.py       the World of such a run: nothing is run, sent or remembered
    fate.py        what the rules' Decision means for a message that lies somewhere already
    crew.py        the work of many messages on all cores
    judging.py     the three together: a file in, a Fate out; or what two rule sets make of it
    keywords.py    the letters of an IMAP server's keywords, from one folder to the other
    moving.py      the moves: rename(2), and the journal
    interrupted.py what came of the moves of a run that was killed

All messages are judged before the first one is moved: a run moves just what a dry run tells.
"""

from __future__ import annotations
