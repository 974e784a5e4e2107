"""To other addresses: `! address ...` of a procmailrc (procmailrc(5)). No word of Sieve.

Addresses alone are forwarded as Sieve's `redirect` does it (targets/forward.py), which breaks loops and keeps the
envelope sender. Where it is more than that, options (`! -oi -f "" ann@example.org`), a header alone, or so many
addresses that it is rather a list, $SENDMAIL is called as procmail calls it: with $SENDMAILFLAGS and the words.

In:    words with variables. Out: Redirects, or a Pipe; a Redirect without an address, which fails, for no words.
"""

from __future__ import annotations

from mdafilter import limits, shell
from mdafilter.acts import Pipe, Redirect
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.redirect import bare
from mdafilter.words.strings import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mdafilter.acts import Act
    from mdafilter.plan import Scene
    from mdafilter.words.arguments import Arguments


class ForwardTo(Value):
    """Send the message, its header or its body to these addresses."""

    words: Arguments
    copy: bool = False
    area: str = "both"
    check: bool = True

    def acts(self, scene: Scene) -> Sequence[Act]:
        """One Redirect for each address, or one Pipe for all."""
        words = self.words.expand(scene)
        scene.variables["LASTFOLDER"] = " ".join(words)
        many = len(words) + sum(isinstance(one.act, Redirect) for one in scene.decided) > limits.REDIRECTS
        if self.area == "both" and not many and not any(word.startswith("-") for word in words):
            return [Redirect(bare(word) if word else "", self.copy) for word in words or ("",)]
        own = scene.variables
        command = (own.get("SENDMAIL") or "/usr/sbin/sendmail", *own.get("SENDMAILFLAGS", "").split(), *words)
        environ = tuple(sorted(shell.exported(own).items()))
        return [Pipe(command, self.copy, self.area, self.check, shell.seconds(own), environ=environ)]

    def describe(self) -> str:
        """The words."""
        area = "" if self.area == "both" else f"the {self.area} "
        return f"forward {area}{'a copy ' * self.copy}to {quoted(str(self.words))}"


WORDS = ()
