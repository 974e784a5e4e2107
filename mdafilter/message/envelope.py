"""The envelope of a delivery: who sent it, for whom, from where (RFC 5321), as Postfix tells it.

Postfix' local(8) tells a mailbox_command by environment variables (SENDER, RECIPIENT, ORIGINAL_RECIPIENT, EXTENSION,
USER, LOGNAME, LOCAL, DOMAIN, CLIENT_ADDRESS, CLIENT_HOSTNAME, CLIENT_HELO, ENVID), pipe(8) by arguments, LMTP by its
dialogue, in which NOTIFY and RET of RFC 3461 are known as well (here DSN_NOTIFY and DSN_RET), and whether the client
takes an answer in UTF-8 (RFC 6531; here SMTPUTF8, "no" where it does not). The empty sender ("<>", of bounces) is "";
Postfix writes it as MAILER-DAEMON where "" cannot stand.
"""

from __future__ import annotations

from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Mapping

# Postfix splits none of these, whatever the delimiter (split_addr(3)).
_WHOLE = frozenset(("postmaster", "mailer-daemon", "double-bounce"))


class Envelope(Value):
    """Addresses are without angle brackets. What is not known is ""."""

    sender: str = ""
    recipient: str = ""
    original_recipient: str = ""
    extension: str = ""
    user: str = ""
    client_address: str = ""
    client_name: str = ""
    client_helo: str = ""
    queue_id: str = ""
    auth: str = ""
    from_line: bytes = b""  # the mbox line before the message, without its end; b"" where there was none
    notify: tuple[str, ...] = ()  # RFC 3461: of what the sender wants to hear
    ret: str = ""
    envid: str = ""
    utf8: bool = True  # whether the reason of a refusal reaches the sender as it is

    @classmethod
    def of(
        cls,
        environ: Mapping[str, str],
        sender: str | None = None,
        recipient: str | None = None,
        extension: str | None = None,
        from_line: bytes = b"",
    ) -> Envelope:
        """From Postfix' environment; arguments go before it. `from_line` is the mbox line before the message."""
        if sender is None:
            sender = environ.get("SENDER")
        if sender is None:
            sender = sender_of(from_line)
        user = environ.get("USER") or environ.get("LOGNAME") or ""
        if recipient is None:
            recipient = environ.get("RECIPIENT") or _joined(environ.get("LOCAL") or user, environ.get("DOMAIN") or "")
        if extension is None:
            extension = environ.get("EXTENSION") or ""
        return cls(
            sender=_null_is_empty(sender),
            recipient=_bare(recipient),
            original_recipient=_bare(environ.get("ORIGINAL_RECIPIENT") or ""),
            extension=extension,
            user=user,
            client_address=environ.get("CLIENT_ADDRESS") or "",
            client_name=environ.get("CLIENT_HOSTNAME") or "",
            client_helo=environ.get("CLIENT_HELO") or "",
            queue_id=environ.get("QUEUE_ID") or "",
            auth=environ.get("SASL_USERNAME") or "",
            from_line=from_line,
            notify=tuple(word for word in (environ.get("DSN_NOTIFY") or "").split(",") if word),
            ret=environ.get("DSN_RET") or "",
            envid=environ.get("ENVID") or "",
            utf8=environ.get("SMTPUTF8") != "no",
        )

    def split(self, delimiters: str) -> tuple[str, str | None]:
        """The recipient's local part as (user, detail) (RFC 5233); detail is None where there is no delimiter.

        `delimiters` as Postfix' recipient_delimiter: any one character of it, the first that stands there.
        """
        local = self.recipient.rpartition("@")[0] or self.recipient
        lower = local.lower()
        if lower in _WHOLE:
            return local, None
        places = [at for at in map(local.find, delimiters) if at > 0]
        if not places:
            return local, None
        at = min(places)
        # owner-list and list-request are addresses of their own (Postfix' owner_request_special)
        if local[at] == "-" and (lower.startswith("owner-") or lower.endswith("-request")):
            return local, None
        return local[:at], local[at + 1 :]

    def postmark(self, newline: bytes) -> bytes:
        """The mbox line as a program gets it before the message; b"" where there was none."""
        return self.from_line + newline if self.from_line else b""

    @property
    def user_part(self) -> str:
        """The recipient's local part without the extension."""
        return self._parted()[0]

    @property
    def detail(self) -> str | None:
        """The extension: what Postfix said it is, else what stands behind a "+"; None is no extension."""
        return self._parted()[1]

    def _parted(self) -> tuple[str, str | None]:
        local = self.recipient.rpartition("@")[0] or self.recipient
        if not self.extension:
            return self.split("+")
        if local.lower().endswith(self.extension.lower()) and len(local) > len(self.extension) + 1:
            return local[: -len(self.extension) - 1], self.extension
        return local, self.extension


def sender_of(from_line: bytes) -> str:
    """The sender in a line "From sender  Sun Nov 22 14:10:06 2026", as mbox(5) has it; "" where there is none."""
    if not from_line.startswith(b"From "):
        return ""
    text = from_line[5:].decode("utf-8", "surrogateescape").strip()
    if text.startswith('"'):  # a quoted local part may have blanks
        end = text.find('"@', 1)
        if end > 0:
            return _null_is_empty(text[: end + 1] + text[end + 1 :].split(None, 1)[0])
    return _null_is_empty(text.split(None, 1)[0]) if text else ""


def _bare(address: str) -> str:
    address = address.strip()
    return address[1:-1] if address.startswith("<") and address.endswith(">") else address


def _null_is_empty(sender: str) -> str:
    sender = _bare(sender)
    return "" if sender.upper() == "MAILER-DAEMON" else sender


def _joined(local: str, domain: str) -> str:
    return f"{local}@{domain}" if local and domain else local
