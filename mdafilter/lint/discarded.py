"""discard-goes-on: a discard that a delivery behind it takes back.

    if header :contains "subject" "spam" { discard; fileinto "Spam"; }
    if header :contains "subject" "spam" { discard; } keep;      says nothing: some messages are meant for the keep

"The discard action ... only cancels the implicit keep" (RFC 5228 section 4.4): it ends nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mdafilter.lint.rules import Found
from mdafilter.lint.walk import blocks
from mdafilter.plan import Do, Stop
from mdafilter.words.discard import DiscardIt
from mdafilter.words.fileinto import FileInto
from mdafilter.words.keep import KeepIt
from mdafilter.words.redirect import RedirectTo

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mdafilter.lint.rules import Rules

HINT = "discard only cancels the implicit keep: write stop; behind it, or remove it (RFC 5228 section 4.4)"


def find(rules: Rules) -> Iterator[Found]:
    """Looks for a delivery in the block of a discard and behind it."""
    for block in blocks(rules.plan):
        discarded = None
        for step in block:
            if isinstance(step, Stop):
                break
            if not isinstance(step, Do) or not rules.sight.written(step.action):
                continue
            if isinstance(step.action, DiscardIt):
                discarded = discarded or step
            elif discarded is not None and isinstance(step.action, KeepIt | FileInto | RedirectTo):
                text = f"the discard of line {discarded.at.line} does not end the rules: this delivers the message"
                yield Found(rules.sight.of(step.action, step.at), text, HINT)
                break
