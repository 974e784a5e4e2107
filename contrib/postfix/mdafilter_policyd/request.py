"""One question of Postfix: the attributes of SMTPD_POLICY_README, by their names there.

An attribute that this version of Postfix does not send is ""; one that we do not know stays in `attributes`. Postfix
says "unknown" for a name that it could not verify, which is "" here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, init=False)
class Request:
    """The attributes as they came, and those that checks ask for.

    state                   protocol_state: CONNECT, EHLO, HELO, MAIL, RCPT, DATA, END-OF-MESSAGE, VRFY or ETRN
    client_address          the address of the client, as text
    client_name             its verified name: its reverse name leads back to its address. "" is none
    reverse_client_name     the name that its address has, verified or not. "" is none
    helo                    what it said in HELO or EHLO
    sender                  the envelope sender; "" is the null sender, or not yet known (see `state`)
    recipient               the recipient; "" from DATA on, if there are several
    sasl_username           whom the client has logged in as; "" is nobody
    instance                the same for all requests about one message
    """

    attributes: Mapping[str, str]
    state: str
    client_address: str
    client_name: str
    reverse_client_name: str
    helo: str
    sender: str
    recipient: str
    sasl_username: str
    instance: str

    def __init__(self, attributes: Mapping[str, str]) -> None:
        # All at once: each of them is asked for several times, by each check.
        get = attributes.get
        vars(self).update(
            attributes=attributes,
            state=get("protocol_state", "").upper(),
            client_address=get("client_address", ""),
            client_name=_known(get("client_name", "")),
            reverse_client_name=_known(get("reverse_client_name", "")),
            helo=get("helo_name", ""),
            sender=get("sender", ""),
            recipient=get("recipient", ""),
            sasl_username=get("sasl_username", ""),
            instance=get("instance", ""),
        )

    def get(self, name: str) -> str:
        """An attribute by its name in SMTPD_POLICY_README; "" where it was not sent."""
        return self.attributes.get(name, "")

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
