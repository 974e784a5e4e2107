"""To other addresses: `! address ...` of a procmailrc (procmailrc(5)). No word of Sieve.

Addresses alone are forwarded as Sieve's `redirect` does it (targets/forward.py), which breaks loops and keeps the
envelope sender. Where it is more than that, options (`! -oi -f "" ann@example.org`), a header alone, or so many
addresses that it is rather a list, $SENDMAIL is called as procmail calls it: with $SENDMAILFLAGS and the words.
Commas divide addresses as blanks do: procmail knows blanks alone, but every sendmail takes a word for a list.

In:    words with variables. Out: Redirects, or a Pipe; a Redirect without an address, which fails, for no words.
"""

from __future__ import annotations

from mdafilter import limits, shell
from mdafilter.acts import Pipe, Redirect
from mdafilter.values import TYPE_CHECKING, Value
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
        addresses = [one for word in words for one in _addresses(word)] or [""]
        many = len(addresses) + sum(isinstance(one.act, Redirect) for one in scene.decided) > limits.REDIRECTS
        if self.area == "both" and not many and not any(word.startswith("-") for word in words):
            return [Redirect(address, self.copy) for address in addresses]
        own = scene.variables
        command = (own.get("SENDMAIL") or "/usr/sbin/sendmail", *own.get("SENDMAILFLAGS", "").split(), *words)
        environ = tuple(sorted(shell.exported(own).items()))
        return [Pipe(command, self.copy, self.area, self.check, shell.seconds(own), environ=environ)]

    def describe(self) -> str:
        """The words."""
        area = "" if self.area == "both" else f"the {self.area} "
        return f"forward {area}{'a copy ' * self.copy}to {quoted(str(self.words))}"


def _addresses(word: str) -> list[str]:
    """The addresses of a word, without the names beside them."""
    if not any(c in word for c in '<>()" \t'):
        return [one for one in word.split(",") if one]
    from mdafilter.message.addresses import parse

    return [one.text for one in parse(word)]


WORDS = ()
