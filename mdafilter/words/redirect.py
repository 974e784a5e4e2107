"""`redirect`: to another address (RFC 5228 section 4.2).

    redirect <address: string>

    redirect "bart@example.com";    redirect :copy "archive@example.org";

Takes the place of the implicit keep, unless `:copy` (copy.py) says that it does not. The envelope sender stays what
it is, the empty one too; targets/forward.py sends, counts Received fields and breaks loops. With `:list` (extlists.py)
it goes to the members of a list.

In:    one address with a domain. Out: Redirect.
Fails: an error at compile time for a constant that is no address; RuleFailed for one made of variables, so that the
       message is kept (section 2.10.6). More than limits.REDIRECTS in one message are RuleFailed (engine.py).
"""

from __future__ import annotations

from mdafilter.acts import Redirect
from mdafilter.errors import RuleFailed
from mdafilter.texts import Template
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.names import address_fault
from mdafilter.words.strings import quoted
from mdafilter.words.syntax import Word

if TYPE_CHECKING:
    from mdafilter.plan import Scene
    from mdafilter.texts import Text
    from mdafilter.words.extlists import RedirectToList
    from mdafilter.words.syntax import Use


class RedirectTo(Value):
    """The wish: send the message on to `address`."""

    address: Text
    copy: bool = False

    def acts(self, scene: Scene) -> tuple[Redirect, ...]:
        """One Redirect. RuleFailed for what variables made and is no address."""
        address = scene.expand(self.address)
        if isinstance(self.address, Template) and (fault := address_fault(address)):
            raise RuleFailed(f"redirect: {fault}")
        return (Redirect(bare(address), self.copy),)

    def describe(self) -> str:
        """The command as Sieve spells it."""
        return f"redirect{' :copy' if self.copy else ''} {quoted(self.address)}"


def bare(address: str) -> str:
    """The address without the name beside it; one without a domain (procmail's `! root`) stays as it is."""
    if not any(c in address for c in '<>()" \t'):
        return address
    from mdafilter.message.addresses import parse

    return parse(address)[0].text


def build(use: Use) -> RedirectTo | RedirectToList:
    """The node for one use of `redirect`."""
    address, to_list = use.text(0), use.has(":list")
    if isinstance(address, str) and not to_list and (fault := address_fault(address)):
        use.error(fault, 'write an address like "ann@example.org"', argument=0)
    to = RedirectTo(address, use.has(":copy"))
    if not to_list:
        return to
    from mdafilter.words.extlists import RedirectToList

    return RedirectToList(to)


WORDS = (Word("redirect", "action", build, arguments=("string",)),)
