"""The parts of an address that tests compare: `:all`, `:localpart`, `:domain` (RFC 5228 section 2.7.4).

`address` and `envelope` share this. `:user` and `:detail` are tags of subaddress.py and lines of the table here.
A part is None where the address has none: then nothing matches, not even the empty key.
"""

from __future__ import annotations

from mdafilter.values import TYPE_CHECKING
from mdafilter.words.syntax import Tag

if TYPE_CHECKING:
    from collections.abc import Callable

    from mdafilter.message import Address
    from mdafilter.plan import Scene
    from mdafilter.words.syntax import Use


def whole(scene: Scene, address: Address) -> str | None:
    """local@domain; what is no address is compared as it stands."""
    return address.text


def local_part(scene: Scene, address: Address) -> str | None:
    """The left side. "If an address is not syntactically valid, then it will not be matched" by a part of it."""
    return address.local if address.valid else None


def domain(scene: Scene, address: Address) -> str | None:
    """The right side."""
    return address.domain if address.valid else None


def user(scene: Scene, address: Address) -> str | None:
    """The left side without the detail (RFC 5233)."""
    return split(scene, address.local)[0] if address.valid else None


def detail(scene: Scene, address: Address) -> str | None:
    """What stands behind the recipient delimiter; "" if nothing does (RFC 5233)."""
    return split(scene, address.local)[1] if address.valid else None


PARTS: dict[str, Callable[[Scene, Address], str | None]] = {
    ":all": whole,
    ":localpart": local_part,
    ":domain": domain,
    ":user": user,
    ":detail": detail,
}
ADDRESS_TAGS: tuple[Tag, ...] = (
    Tag(":all", group="address-part"),
    Tag(":localpart", group="address-part"),
    Tag(":domain", group="address-part"),
)
DELIMITER = "vnd.mdafilter.recipient-delimiter"  # of the World's environment: "" is none; "+" where nobody says


def split(scene: Scene, local: str) -> tuple[str, str | None]:
    """User and detail of a local part; detail is None where there is no delimiter.

    "Implementations MUST make sure that the encoding method used for detailed addresses matches that which is used
    and/or allowed by the encompassing mail system" (RFC 5233 section 4): for the recipient's own address Postfix said
    what the extension is; for others it is any one character of the site's recipient_delimiter, the first there is.
    """
    envelope = scene.envelope
    if envelope.extension and local.lower() == envelope.recipient.rpartition("@")[0].lower():
        return envelope.user_part, envelope.detail
    delimiters = scene.world.environment(DELIMITER)
    return envelope.replace(recipient=local, extension="").split("+" if delimiters is None else delimiters)


def part_of(use: Use) -> str:
    """The address part that stands on a command; ":all" if none does."""
    return use.group("address-part") or ":all"
