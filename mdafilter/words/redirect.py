"""`redirect`: to another address (RFC 5228 section 4.2).

    redirect <address: string>

    redirect "bart@example.com";    redirect :copy "archive@example.org";

Takes the place of the implicit keep, unless `:copy` (copy.py) says that it does not. The envelope sender stays what
it is, unless [sieve] redirect_envelope_from says otherwise, and the empty one always; targets/forward.py sends, counts
Received fields and breaks loops. dsn.py and deliverby.py have more tags. With `:list` (extlists.py) it goes to the
members of a list.

In:    one address with a domain. Out: Redirect.
Fails: an error at compile time for a constant that is no address; RuleFailed for one made of variables, so that the
       message is kept (section 2.10.6), and for more addresses than [sieve] max_redirects in one message (engine.py).
"""

from __future__ import annotations

from mdafilter.acts import Redirect
from mdafilter.errors import RuleFailed
from mdafilter.texts import Template
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.names import ADDRESS_HINT, address_fault, bare
from mdafilter.words.strings import quoted
from mdafilter.words.syntax import Word

if TYPE_CHECKING:
    from mdafilter.plan import Scene
    from mdafilter.texts import Text
    from mdafilter.words.deliverby import DeliverBy
    from mdafilter.words.dsn import Dsn
    from mdafilter.words.extlists import RedirectToList
    from mdafilter.words.syntax import Use


class RedirectTo(Value):
    """The wish: send the message on to `address`."""

    address: Text
    copy: bool = False
    dsn: Dsn | None = None
    deliver_by: DeliverBy | None = None

    def acts(self, scene: Scene) -> tuple[Redirect, ...]:
        """One Redirect. RuleFailed for what variables made and is no address."""
        address = scene.expand(self.address)
        if isinstance(self.address, Template) and (fault := address_fault(address)):
            raise RuleFailed(f"redirect: {fault}")
        if self.deliver_by is not None:
            self.deliver_by.note(scene)
        notify, ret = self.dsn.asked(scene) if self.dsn is not None else ("", "")
        return (Redirect(bare(address), self.copy, self._sender(scene), notify, ret),)

    def _sender(self, scene: Scene) -> str | None:
        """Of the envelope; None is that of the message, which the null sender always stays."""
        if not scene.envelope.sender or scene.world.option("redirect_envelope_from") in ("", "sender"):
            return None
        from mdafilter.words.sender import chosen  # few sites say so

        return chosen(scene, "redirect_envelope_from")

    def describe(self) -> str:
        """The command as Sieve spells it."""
        tags = "".join(f" {one.describe()}" for one in (self.dsn, self.deliver_by) if one is not None)
        return f"redirect{' :copy' if self.copy else ''}{tags} {quoted(self.address)}"


def build(use: Use) -> RedirectTo | RedirectToList:
    """The node for one use of `redirect`."""
    from mdafilter.words.deliverby import deliver_by_of  # a plan that is compiled does without
    from mdafilter.words.dsn import dsn_of

    address, to_list = use.text(0), use.has(":list")
    if isinstance(address, str) and not to_list and (fault := address_fault(address)):
        use.error(fault, ADDRESS_HINT, argument=0)
    to = RedirectTo(address, use.has(":copy"), dsn_of(use), deliver_by_of(use))
    if not to_list:
        return to
    from mdafilter.words.extlists import RedirectToList

    return RedirectToList(to)


WORDS = (Word("redirect", "action", build, arguments=("string",)),)
