"""Whose address the envelope of what we send has: the settings `..._envelope_from` of [sieve], and who the user is.

    sender            that of the message         user_email        [sieve] user_email, or else the recipient
    recipient         that of the message         postmaster        of the recipient's domain
    orig_recipient    before aliases              <ann@a.test>      this one; <> is the null sender

In:    the text of a setting. Out: an address, "" the null sender; None where the setting says nothing.
Fails: never; `fault` says at the start what is no such setting.

Where the message has the null sender, what we send has it, too, whatever the setting: that breaks loops. The words see
to it (RFC 5228 section 4.2, RFC 5436 section 2.7).
"""

from __future__ import annotations

from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from mdafilter.plan import Scene


def chosen(scene: Scene, setting: str) -> str | None:
    """The address that the setting of this name means."""
    text = scene.world.option(setting).strip()
    envelope = scene.envelope
    match text:
        case "" | "default":
            return None
        case "sender":
            return envelope.sender
        case "recipient":
            return envelope.recipient
        case "orig_recipient":
            return envelope.original_recipient or envelope.recipient
        case "user_email":
            return owner(scene)
        case "postmaster":
            return postmaster(scene)
    return text.removeprefix("<").removesuffix(">")


def postmaster(scene: Scene) -> str:
    """Who answers for the recipient's domain (RFC 5321 section 4.5.1)."""
    domain = scene.envelope.recipient.rpartition("@")[2] if "@" in scene.envelope.recipient else ""
    return f"postmaster@{domain or _host(scene)}"


def owner(scene: Scene) -> str:
    """The user whose rules these are, as an address with a domain."""
    envelope = scene.envelope
    name = scene.world.option("user_email") or envelope.recipient or envelope.user or "postmaster"
    return name if "@" in name else f"{name}@{_host(scene)}"


def _host(scene: Scene) -> str:
    return scene.world.environment("host") or "localhost"
