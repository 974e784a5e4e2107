"""Parts of the envelope that are no addresses: what SMTP says beside them (RFC 6009, `envelope` compares them).

    require ["envelope", "envelope-dsn"];
    if envelope "notify" "never" { ... }

    notify           each condition of NOTIFY by itself: NEVER, or SUCCESS, FAILURE, DELAY (RFC 3461 section 4.1)
    orcpt            the recipient before aliases, with the type of its address: "rfc822;ann@example.org" (4.2)
    ret, envid       FULL or HDRS, and the sender's own name for this sending (4.3, 4.4)
    bytime..., bymode, bytrace    of DELIVERBY (RFC 2852), which Postfix does not have: they are never there

What a client did not say has no value: nothing matches, and :count is 0.

In:    the Envelope. Out: texts, decoded. Fails: never.
"""

from __future__ import annotations

from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from mdafilter.message import Envelope


def original(envelope: Envelope) -> tuple[str, ...]:
    """With the type that it must have had (RFC 6533 section 3)."""
    address = envelope.original_recipient
    kind = "rfc822" if address.isascii() else "utf-8"
    return (f"{kind};{address}",) if address else ()


def nothing(envelope: Envelope) -> tuple[str, ...]:
    """No client can say it to us."""
    return ()


VALUES: dict[str, tuple[str, Callable[[Envelope], tuple[str, ...]]]] = {
    # part            capability            its values
    "notify": ("envelope-dsn", lambda envelope: envelope.notify),
    "orcpt": ("envelope-dsn", original),
    "ret": ("envelope-dsn", lambda envelope: (envelope.ret,) if envelope.ret else ()),
    "envid": ("envelope-dsn", lambda envelope: (envelope.envid,) if envelope.envid else ()),
    "bytimeabsolute": ("envelope-deliverby", nothing),
    "bytimerelative": ("envelope-deliverby", nothing),
    "bymode": ("envelope-deliverby", nothing),
    "bytrace": ("envelope-deliverby", nothing),
}
