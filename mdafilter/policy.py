"""What the policy daemon found before there was a message: in a header field that it signs, and that is believed here.

    X-Mdafilter-Policy: time=1790000000; client=192.0.2.1; spf=pass; dnsbl=zen.spamhaus.org; points=3.5; sign=0f3a...

The signature is HMAC (RFC 2104) with SHA-256 over all that stands before "; sign=", cut to 128 bits. Whoever gets a
message can read the field and put it into another one, so that it is believed only where

    it is the topmost one        smtpd(8) puts it above all that the client sends (access(5), PREPEND)
    the signature is right       made with the secret that the daemon and we share
    it is of these days          not older than a message gets in Postfix' queue, and not of the future
    the client is the same one   that Postfix tells us (local(8), CLIENT_ADDRESS; LMTP, XFORWARD), unless it tells none,
                                 or this host itself, as behind a content filter

Rules see its facts as items of `environment`: vnd.mdafilter.policy.spf, and so on. All other fields of this name are
renamed to X-Original-X-Mdafilter-Policy before any rule is asked; so a field that bears the name in a mailbox has been
believed. Without a secret nobody can tell, and they stay as they are.

In:    a Message, the Options ([policy] of the settings), the client's address ("" is not known), the time.
Out:   Policy, or None where there is no such field; the message for the rules.
Fails: never: a secret that cannot be read is a reason not to believe, and noted. It is as if the daemon had been down,
       which stops no mail either.
Known bugs: where the client is not known (pipe(8), sendmail(1)) whoever got a message from us can use its field again
       for six days. Who can read the secret can say everything; with mailbox_command these are all users who get mail.

The daemon signs by `sign` of this file. hmac, which loads OpenSSL, is imported when there is a field, and a secret.
"""

from __future__ import annotations

from mdafilter import limits, recall
from mdafilter.errors import SettingsError
from mdafilter.message import Field, Headers, Message
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = "X-Mdafilter-Policy"
SIGN = "; sign="
ITEM = "vnd.mdafilter.policy."  # what the names of its items of the environment begin with
DIGITS = 32  # of the signature, 128 bits: RFC 2104 section 5 wants 80 at least


class Options(Value):
    """The [policy] table of the configuration."""

    secret: str = ""
    """What the daemon signs with (its header_secret): 16 characters of ASCII or more. "" believes no field."""

    secret_file: str = ""
    """The file that has it instead (the daemon's header_secret_file). All users that mail is delivered to read it."""


def check(options: Options) -> None:
    """SettingsError for what the types of the fields cannot say, all of it at once."""
    wrong: list[str] = []
    if options.secret and (bad := fault(options.secret)):
        wrong.append(f"[policy] secret {bad}")
    if options.secret_file and not options.secret_file.startswith("/"):
        wrong.append(f"[policy] secret_file is a path from the root, not {options.secret_file!r}")
    if options.secret and options.secret_file:
        wrong.append("[policy] secret and secret_file are one too many: keep the one that is right")
    if wrong:
        raise SettingsError("\n".join(wrong))


class Policy(Value):
    """What the daemon found, in the order of the field; or `why` the field is not believed, and then no fact of it."""

    facts: tuple[tuple[str, str], ...] = ()
    age: float = 0.0  # seconds since then
    why: str = ""

    @property
    def items(self) -> Mapping[str, str]:
        """The facts as items of the environment."""
        return {ITEM + name.lower(): value for name, value in self.facts}

    def __str__(self) -> str:
        if self.why:
            return f"not believed: {self.why}"
        found = ", ".join(f"{name}={value}" for name, value in self.facts if name not in ("time", "client"))
        client = dict(self.facts).get("client")
        return f"{found or 'nothing'} (signed by the policy daemon, client {client}, {_span(self.age)} before)"


def told(message: Message, options: Options, client: str, now: float) -> tuple[Message, Policy | None]:
    """The message as the rules may see it, and what its field says."""
    field = message.headers.first(NAME)
    if field is None:
        return message, None
    if not (options.secret or options.secret_file):
        return message, Policy(why="there is no secret of ours (the setting [policy] secret_file)")
    try:
        secret = options.secret or secret_in(options.secret_file)
    except SettingsError as failed:  # the message is delivered; only these facts are missing
        found = Policy(why=f"the secret is not known: {failed}")
    else:
        found = judged(field.value, secret, client, now)
    return _renamed(message, None if found.why else field), found


def judged(value: str, secret: str, client: str, now: float) -> Policy:
    """What the value of the topmost field says, or why it is not believed."""
    facts = read(value, secret)
    if facts is None:
        return Policy(why="it is not signed with our secret")
    text, signed_for = facts.get("time", ""), facts.get("client", "")
    if not (text.isdigit() and len(text) <= 12):
        return Policy(why="it does not say when it was signed")
    age = now - int(text)
    if age > limits.POLICY_SECONDS:
        return Policy(why=f"it was signed {_span(age)} before")
    if age < -limits.POLICY_AHEAD_SECONDS:
        return Policy(why=f"it was signed {_span(-age)} later than now")
    if _is_remote(client) and client.lower() != signed_for.lower():
        return Policy(why=f"it is about the client {signed_for}, and this message came from {client}")
    return Policy(tuple(facts.items()), age)


def read(value: str, secret: str) -> dict[str, str] | None:
    """The facts in the value of a field; None where the signature is not ours."""
    text, found, signed = value.strip(" \t\r\n").rpartition(SIGN)
    if not found or len(value) > limits.POLICY_OCTETS or not text.isascii() or not signed.isascii():
        return None
    import hmac

    if not hmac.compare_digest(signed, sign(text, secret)):
        return None
    return dict(part.partition("=")[::2] for part in text.split("; "))


def sign(text: str, secret: str) -> str:
    """The signature of what stands before it."""
    import hmac

    return hmac.digest(secret.encode("ascii"), text.encode("ascii"), "sha256").hex()[:DIGITS]


def secret_in(path: str) -> str:
    """The secret in a file, without the white space around it. SettingsError where there is none."""
    try:
        text = recall.read(path, limits.POLICY_SECRET_OCTETS + 1)
    except OSError as failed:
        raise SettingsError(f"{path} cannot be read: {failed.strerror}") from failed
    secret = text.decode("latin-1").strip(" \t\r\n")
    if bad := fault(secret):
        raise SettingsError(f"{path} {bad}")
    return secret


def fault(secret: str) -> str:
    """What is wrong with a secret, or ""."""
    fits = 16 <= len(secret) <= limits.POLICY_SECRET_OCTETS
    return "" if fits and secret.isascii() else "must have 16 characters of ASCII, or more"


def _renamed(message: Message, believed: Field | None) -> Message:
    """With all other fields of this name renamed; the same message if there are none."""
    ours = NAME.lower()
    if not any(field is not believed for field in message.headers.all(NAME)):
        return message
    return message.with_headers(
        Headers(
            Field(f"X-Original-{field.name}", b"X-Original-" + field.raw)
            if field.key == ours and field is not believed
            else field
            for field in message.headers
        )
    )


def _is_remote(client: str) -> bool:
    """Whether Postfix knows the client, and it is not this host. Postfix says "unknown" where it does not."""
    return client not in ("", "unknown", "::1") and not client.startswith("127.")


def _span(seconds: float) -> str:
    """A time, roughly, as people say it."""
    for unit, size in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if abs(seconds) >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
