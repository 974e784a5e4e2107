"""`:notify` and `:ret` of `redirect`: what the sender is told of a message that was redirected (RFC 6009, RFC 3461).

    redirect :notify "never" "archive@example.org";
    redirect :notify "failure,delay" :ret "hdrs" "bart@example.com";

`:notify` is "never" alone, or a list of "success", "failure" and "delay"; `:ret` is "full" or "hdrs"; both in any case.
sendmail(1) gets them as -N and -R. Where a script says nothing, the mail system does as it does.

In:    the tags. Out: the words of RFC 3461, in upper case.
Fails: an error at compile time for a constant that is none of these; RuleFailed for one made of variables.
"""

from __future__ import annotations

from mdafilter.errors import RuleFailed
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.strings import quoted
from mdafilter.words.syntax import Tag

if TYPE_CHECKING:
    from mdafilter.plan import Scene
    from mdafilter.texts import Text
    from mdafilter.words.syntax import Use

CONDITIONS = ("SUCCESS", "FAILURE", "DELAY")


class Dsn(Value):
    """The tags as they stand; None is one that does not."""

    notify: Text | None = None
    ret: Text | None = None

    def asked(self, scene: Scene) -> tuple[str, str]:
        """`notify` and `ret` of acts.Redirect."""
        notify, ret = ("" if text is None else scene.expand(text) for text in (self.notify, self.ret))
        faults = [notify_fault(notify)] if self.notify is not None else []
        faults += [ret_fault(ret)] if self.ret is not None else []
        for fault in filter(None, faults):
            raise RuleFailed(f"redirect: {fault}")
        return ",".join(_listed(notify)), ret.upper()

    def describe(self) -> str:
        """The tags as Sieve spells them."""
        named = ((":notify", self.notify), (":ret", self.ret))
        return " ".join(f"{tag} {quoted(text)}" for tag, text in named if text is not None)


def notify_fault(text: str) -> str:
    """RFC 3461 section 4.1: "NEVER" stands alone."""
    words = _listed(text)
    if words == ["NEVER"] or (all(word in CONDITIONS for word in words) and len(words) == len(set(words))):
        return ""
    return f':notify is "never", or a list of "success", "failure" and "delay", not {quoted(text)}'


def ret_fault(text: str) -> str:
    """RFC 3461 section 4.3."""
    return "" if text.upper() in ("FULL", "HDRS") else f':ret is "full" or "hdrs", not {quoted(text)}'


def _listed(text: str) -> list[str]:
    return [word.strip(" ") for word in text.upper().split(",")]


def dsn_of(use: Use) -> Dsn | None:
    """The tags on this command; None where none stands there."""
    notify, ret = use.tag_text(":notify"), use.tag_text(":ret")
    if isinstance(notify, str) and (fault := notify_fault(notify)):
        use.error(fault, "RFC 3461 section 4.1", tag=":notify")
    if isinstance(ret, str) and (fault := ret_fault(ret)):
        use.error(fault, "RFC 3461 section 4.3", tag=":ret")
    return Dsn(notify, ret) if notify is not None or ret is not None else None


REQUIRES = ("redirect-dsn",)

WORDS = ()
TAGS = (
    Tag(":notify", on=("redirect",), argument="string", requires=REQUIRES),
    Tag(":ret", on=("redirect",), argument="string", requires=REQUIRES),
)
