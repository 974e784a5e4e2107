"""mark, unmark, and setflag, addflag, removeflag without a variable: flags in scripts from before RFC 5232.

    setflag    <flags: string-list>          mark
    addflag    <flags: string-list>          unmark
    removeflag <flags: string-list>

    if header :contains "X-Priority" "1" { mark; }

The capability "imapflags" of draft-melnikov-sieve-imapflags: what many scripts on Cyrus and on early Dovecot require.
`mark` sets \\Flagged and `unmark` takes it away. There is the internal variable alone, no `hasflag` and no `:flags`;
all else is as in imap4flags.py, which a script may not require beside it.

Out:   a change of the flags that keep, fileinto and the implicit keep take.
"""

from __future__ import annotations

from mdafilter.values import TYPE_CHECKING
from mdafilter.words.imap4flags import Flagging
from mdafilter.words.syntax import Word

if TYPE_CHECKING:
    from mdafilter.words.syntax import Use

FLAGGED = ("\\Flagged",)
REQUIRES = ("imapflags",)


def build(use: Use) -> Flagging:
    """The node for one use of setflag, addflag or removeflag."""
    return Flagging(use.name, use.texts(0))


def build_mark(use: Use) -> Flagging:
    """The node for one use of mark or unmark."""
    return Flagging("addflag" if use.name == "mark" else "removeflag", FLAGGED)


WORDS = (
    *(
        Word(name, "assignment", build, ("strings",), requires=REQUIRES)
        for name in ("setflag", "addflag", "removeflag")
    ),
    *(Word(name, "assignment", build_mark, requires=REQUIRES) for name in ("mark", "unmark")),
)
