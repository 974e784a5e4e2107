"""What no filter is taught from, whoever says so.

GTUBE is the text that every SpamAssassin takes for spam, made to test that it works
(https://spamassassin.apache.org/gtube/). Its rule keeps SpamAssassin from learning by itself (tflags noautolearn), but
sa-learn(1) and TELL do learn such a message: the words around the test, an admin's own, would be those of spam.

In:    a message.
Out:   "", or why it is refused, for people.
Fails: never.
Bugs:  of a part, limits.PART_DECODE octets are looked at, and limits.BODY_DECODE of the message.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.message import Message

GTUBE = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
_PLAIN = ("", "7bit", "8bit", "binary")


def why_not(raw: bytes) -> str:
    """Why a message is nothing to learn from; "" if it is."""
    if not raw.strip():
        return "the message is empty"
    return (
        "it is the test message GTUBE, which is spam by agreement: nothing is learned from it" if _is_test(raw) else ""
    )


def _is_test(raw: bytes) -> bool:
    if GTUBE in raw:
        return True
    left = limits.BODY_DECODE
    for part in Message.parse(raw).parts:
        if part.encoding not in _PLAIN:  # what is not encoded has been looked at
            if GTUBE in part.decoded(min(left, limits.PART_DECODE)):
                return True
            left -= part.end - part.body
            if left <= 0:
                break
    return False
