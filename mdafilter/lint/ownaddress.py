"""own-address: a redirect to the user's own address, from where the message comes back.

redirect "ann@example.org";       where [sieve] user_email is ann@example.org
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mdafilter.lint.rules import Found
from mdafilter.lint.walk import values
from mdafilter.words.names import bare
from mdafilter.words.redirect import RedirectTo

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mdafilter.lint.rules import Rules


def find(rules: Rules) -> Iterator[Found]:
    """Looks at each constant address."""
    own = {address.lower() for address in rules.own if address}
    for value, at in values(rules.plan):
        if isinstance(value, RedirectTo) and isinstance(value.address, str) and bare(value.address).lower() in own:
            hint = "the message would come back to these rules: write keep"
            yield Found(rules.sight.argument(value, at, 0), "this redirects to your own address", hint)
