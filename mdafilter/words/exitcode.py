"""What the sender is told of a message that goes nowhere: EXITCODE of a procmailrc (procmailrc(5)). No word of Sieve.

    EXITCODE=67  :0  /dev/null          EXITCODE=77  HOST=stop

"If it is set to a positive numeric value, procmail will instead use that value as its exitcode." Where the message is
discarded, by /dev/null or HOST, this is a decision of the user:

    75, 71      try again: nothing at all is done, and the message comes back (sysexits(3))
    another     refused, with the enhanced status code (RFC 3463) that Postfix has for this exit status
    0, no number, not set       discarded

A message that is delivered is delivered, whatever EXITCODE is, and if only a copy was: no bounce says otherwise. (For
procmail it is both delivered and bounced.) That EXITCODE may be what TRAP ends with is not known.

In: EXITCODE. Out: Discard or Reject. Fails: TryAgain.
"""

from __future__ import annotations

from mdafilter.acts import Box, Discard, File, Keep, Pipe, Redirect, Reject
from mdafilter.errors import TryAgain
from mdafilter.values import TYPE_CHECKING
from mdafilter.words.condition import leading_number

if TYPE_CHECKING:
    from mdafilter.acts import Act
    from mdafilter.plan import Scene

AGAIN = (71, 75)
# exit status: the enhanced status code, and the text
REFUSED = {
    65: ("5.6.0", "data format error"),
    67: ("5.1.1", "user unknown"),
    68: ("5.1.2", "host name unknown"),
    69: ("5.3.0", "service unavailable"),
    76: ("5.5.0", "remote error in protocol"),
    77: ("5.7.0", "permission denied"),
}


def nowhere(scene: Scene) -> Act:
    """The act for a message that is to go nowhere."""
    code = leading_number(scene.value("EXITCODE"))
    if code <= 0:
        return Discard()
    if code in AGAIN:
        raise TryAgain(f"the rules answer with the exit code {code}")
    if any(isinstance(d.act, Keep | File | Box | Redirect | Pipe) for d in scene.decided):
        return Discard()  # a copy is somewhere
    status, text = REFUSED.get(code, ("5.3.0", f"exit code {code}"))
    return Reject(text, status)


WORDS = ()
