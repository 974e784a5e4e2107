"""One question of Postfix: the attributes of SMTPD_POLICY_README, by their names there.

An attribute that this version of Postfix does not send is ""; one that we do not know stays in `attributes`. Postfix
says "unknown" for a name that it could not verify, which is "" here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Request:
    """The attributes as they came."""

    attributes: Mapping[str, str]

    def get(self, name: str) -> str:
        """An attribute by its name in SMTPD_POLICY_README; "" where it was not sent."""
        return self.attributes.get(name, "")

    @property
    def state(self) -> str:
        """protocol_state: CONNECT, EHLO, HELO, MAIL, RCPT, DATA, END-OF-MESSAGE, VRFY or ETRN."""
        return self.get("protocol_state").upper()

    @property
    def client_address(self) -> str:
        """The address of the client, as text."""
        return self.get("client_address")

    @property
    def client_name(self) -> str:
        """The verified name of the client: its reverse name leads back to its address. "" is none."""
        return _known(self.get("client_name"))

    @property
    def reverse_client_name(self) -> str:
        """The name that the client's address has, verified or not. "" is none."""
        return _known(self.get("reverse_client_name"))

    @property
    def helo(self) -> str:
        """What it said in HELO or EHLO."""
        return self.get("helo_name")

    @property
    def sender(self) -> str:
        """The envelope sender; "" is the null sender, or not yet known (see `state`)."""
        return self.get("sender")

    @property
    def recipient(self) -> str:
        """The recipient; "" from DATA on, if there are several."""
        return self.get("recipient")

    @property
    def sasl_username(self) -> str:
        """Whom the client has logged in as; "" is nobody."""
        return self.get("sasl_username")

    @property
    def instance(self) -> str:
        """The same for all requests about one message."""
        return self.get("instance")

    @property
    def size(self) -> int:
        """Octets that the client announced; 0 is not said."""
        return _number(self.get("size"))

    @property
    def recipient_count(self) -> int:
        """Recipients so far; known from DATA on."""
        return _number(self.get("recipient_count"))


def _known(name: str) -> str:
    return "" if name.lower() == "unknown" else name


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
