"""What a site lets the Sieve scripts of its users do: the [sieve] table of the configuration.

The names are those of Pigeonhole's settings without their `sieve_`, so that an installation moves over by copying.
A period is a number with a unit: "30s", "10m", "12h", "7d"; without a unit it is seconds, as there.

In:    the fields, as a file of settings.py has them.
Out:   Options, which `check` has looked at; `option`, what a rule is told of them (world.py).
Fails: SettingsError.
"""

from __future__ import annotations

from mdafilter.errors import SettingsError
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Callable

UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
PATTERNS = ("spamtest_status_header", "spamtest_max_header", "virustest_status_header", "virustest_max_header")
SIZES = {"": 1, "k": 1024, "m": 1024 * 1024}
LONGEST = 3650 * 86400  # seconds of a period


class Options(Value):
    """The [sieve] table of the configuration."""

    user_email: str = ""
    """The address of the user, where the envelope's recipient is not what others write to."""

    duplicate_default_period: str = "12h"
    """For how long `duplicate` remembers, where a script does not say (RFC 7352)."""

    duplicate_max_period: str = "2d"
    """For how long a script may want it to remember; longer ones are cut to this. "0" is no bound."""

    vacation_default_period: str = "7d"
    """How often one sender gets an answer, where a script does not say (RFC 5230)."""

    vacation_min_period: str = "1d"
    """How often at most; what a script wants below that is raised to this."""

    vacation_max_period: str = "0"
    """How rarely at least; "0" is no bound."""

    vacation_default_subject: str = ""
    """The subject of an answer, where neither script nor message has one; "" is "Automated reply"."""

    vacation_default_subject_template: str = ""
    """The subject of an answer to a message with one; %$ or %{subject} is that one. "" is "Auto: %$"."""

    vacation_max_subject_codepoints: int = 256
    """How many characters the subject of an answer has at most; a longer one ends in an ellipsis. 0 is no bound."""

    vacation_use_original_recipient: bool = False
    """Whether the address that the message was sent to before aliases were looked up is one of the user's, too."""

    vacation_check_recipient: bool = True
    """Whether a message is answered only where an address of the user stands in its header."""

    vacation_send_from_recipient: bool = False
    """Whether answers have the recipient as the sender of their envelope, and not the null one."""

    vacation_to_header_ignore_envelope: bool = False
    """Whether the To field of an answer comes from the message's header, though the envelope names another."""

    spamtest_status_header: str = ""
    """Where a scanner before Postfix has left its mark: the name of a header field, and behind a colon a regular
    expression whose first group is the status: "X-Spam-Score: score=(-?[0-9.]+)". With it `spamtest` asks no scorer."""

    spamtest_status_type: str = "score"
    """What the status is: "score", a number up to the greatest; "strlen", as many characters; "text", one of texts."""

    spamtest_max_value: str = ""
    """The greatest score or length, ..."""

    spamtest_max_header: str = ""
    """... or the field that tells it, as spamtest_status_header has it."""

    spamtest_texts: tuple[str, ...] = ()
    """The texts for the values 0 to 10, in order; "" is none."""

    virustest_status_header: str = ""
    """The same for viruses."""

    virustest_status_type: str = "score"
    virustest_max_value: str = ""
    virustest_max_header: str = ""
    virustest_texts: tuple[str, ...] = ()
    """The texts for the values 0 to 5."""

    editheader_forbid_add: str = ""
    """Names of header fields that no script may add (RFC 5293 section 6), ..."""

    editheader_forbid_delete: str = ""
    """... or delete, beside those that never are."""

    CHOICES = {
        "spamtest_status_type": ("score", "strlen", "text"),
        "virustest_status_type": ("score", "strlen", "text"),
    }
    environment: tuple[str, ...] = ()
    """What scripts are told as `environment "vnd.dovecot.config.NAME"`: "NAME=value", one each."""

    variables_max_variable_size: str = "4k"
    """How many characters of a value a variable holds; the rest is cut off (RFC 5229 wants at least 4000)."""

    max_actions: int = 32
    """How many actions one message may have, each once however often a script wants it; 0 is no limit of the site's."""

    max_redirects: int = 4
    """How many addresses one message may be redirected to; 0 is none."""

    redirect_envelope_from: str = "sender"
    """Whose address a redirected message has in its envelope (words/sender.py says what there is to choose from)."""

    notify_mailto_envelope_from: str = ""
    """The same of what `notify` sends; "" is :from, or else user_email, or else the postmaster."""

    notify_max_notifications: int = 8
    """How many letters of `notify` one message may cause (RFC 5435 section 8); 0 is none."""

    report_from: str = "postmaster"
    """Who sends the reports of `report` (vnd.dovecot.report), as the setting for redirected messages has it."""

    SOURCES = ("redirect_envelope_from", "notify_mailto_envelope_from", "report_from")
    lists: tuple[str, ...] = ("~/.sieve/lists", "/etc/mdafilter/lists")
    """The folders of the lists that `:list` names (RFC 6134); the first one that has the list counts."""

    extlists: tuple[str, ...] = ()
    """Lists that are elsewhere: "tag:example.com,2026:team ~/team" (name, path), or with a type of Postfix's before
    the path, "tag:example.com,2026:clients cidr:/etc/postfix/clients.cidr". lists.py says what a list is."""

    special_use: tuple[str, ...] = (
        *("\\Drafts Drafts", "\\Junk Junk", "\\Trash Trash", "\\Sent Sent", "\\Sent Sent Messages"),
        "\\Archive Archive",
    )
    """Special uses (RFC 6154) and the folders that have them, as Dovecot's configuration gives them; the file
    mailboxes.toml of a Maildir adds to them."""
    pipe_bin_dir: str = ""
    """The folder with the programs that scripts may pipe mail into (vnd.dovecot.pipe); "" lets them none."""

    pipe_exec_timeout: str = "10s"
    """How long such a program may take; "0" is as long as any program may."""

    pipe_input_eol: str = "crlf"
    """The line ends of what it reads: "crlf" or "lf"."""

    filter_bin_dir: str = ""
    """The folder with the programs that scripts may filter mail through (vnd.dovecot.filter); "" lets them none."""

    filter_exec_timeout: str = "10s"
    """How long such a program may take; "0" is as long as any program may."""

    filter_input_eol: str = "crlf"
    """The line ends of what it reads: "crlf" or "lf"."""

    execute_bin_dir: str = ""
    """The folder with the programs that scripts may run beside the mail (vnd.dovecot.execute); "" lets them none."""

    execute_exec_timeout: str = "10s"
    """How long such a program may take; "0" is as long as any program may."""

    execute_input_eol: str = "crlf"
    """The line ends of what it reads: "crlf" or "lf"."""

    imapsieve: tuple[str, ...] = ()
    """Scripts of the site that `mdafilter watch` runs when a message is put into a folder, or its flags change:
    "name=Junk causes=COPY before=report-spam.sieve" (occasions.py says all)."""

    imapsieve_expunge_discarded: bool = False
    """Whether a message that a script does not keep at such an event is expunged, and not only marked as \\Deleted."""

    PERIODS = (
        *("duplicate_default_period", "duplicate_max_period"),
        *("vacation_default_period", "vacation_min_period", "vacation_max_period"),
        *("pipe_exec_timeout", "filter_exec_timeout", "execute_exec_timeout"),
    )


def check(options: Options) -> None:
    """SettingsError for what the types of the fields cannot say, all of it at once."""
    wrong = []
    for name in options.PERIODS:
        text = getattr(options, name)
        if period(text) is None:
            wrong.append(f'[sieve] {name} is a period like "12h" or "7d", at most ten years, not {text!r}')
    for name in PATTERNS:
        _name, _, pattern = str(getattr(options, name)).partition(":")
        if fault := _pattern_fault(pattern.strip()):
            wrong.append(f"[sieve] {name}: {fault}")
    if size(options.variables_max_variable_size) is None:
        text = options.variables_max_variable_size
        wrong.append(f'[sieve] variables_max_variable_size is a size like "4k" or "1m", not {text!r}')
    for text in options.environment:
        if not text.partition("=")[0].strip() or "=" not in text:
            wrong.append(f'[sieve] environment is a list of texts like "NAME=value", not {text!r}')
    for name in options.SOURCES:
        if fault := source_fault(getattr(options, name)):
            wrong.append(f"[sieve] {name} {fault}")
    for name in ("max_actions", "max_redirects", "notify_max_notifications", "vacation_max_subject_codepoints"):
        if getattr(options, name) < 0:
            wrong.append(f"[sieve] {name} is a number from 0 on")
    for line in options.extlists:
        if not line.partition(" ")[2].strip():
            wrong.append(f'[sieve] extlists has lines like "NAME PATH", not {line!r}')
    for line in options.special_use:
        if not line.startswith("\\") or not line.partition(" ")[2].strip():
            wrong.append(f'[sieve] special_use has lines like "\\\\Junk Junk" (use, folder), not {line!r}')
    for name in ("pipe", "filter", "execute"):
        folder, eol = getattr(options, f"{name}_bin_dir"), getattr(options, f"{name}_input_eol")
        if folder and not folder.startswith("/"):
            wrong.append(f"[sieve] {name}_bin_dir is the absolute path of a folder, not {folder!r}")
        if eol not in ("crlf", "lf"):
            wrong.append(f'[sieve] {name}_input_eol is "crlf" or "lf", not {eol!r}')
    if options.imapsieve:
        from mdafilter import occasions

        for line in options.imapsieve:
            try:
                occasions.parse(line)
            except SettingsError as failed:
                wrong.append(f"[sieve] imapsieve {failed}")
    if wrong:
        raise SettingsError("\n".join(wrong))


def _pattern_fault(pattern: str) -> str:
    """What is wrong with a regular expression; "" is nothing."""
    if not pattern:
        return ""
    from mdafilter.matching import patterns

    try:
        patterns.compile(pattern, ignore_case=False, syntax="ere")
    except patterns.PatternError as failed:
        return failed.text
    return ""


def source_fault(text: str) -> str:
    """What is wrong with a setting that says whose address an envelope has; "" is nothing."""
    known = ("", "default", "sender", "recipient", "orig_recipient", "user_email", "postmaster", "<>")
    address = text.removeprefix("<").removesuffix(">")
    local, _, domain = address.rpartition("@")
    if text in known or (f"<{address}>" == text and local and domain and address.isprintable() and " " not in address):
        return ""
    return f'is one of {", ".join(known[2:-1])}, or an address like "<ann@example.org>", not {text!r}'


def period(text: str) -> int | None:
    """The seconds of a period; None for what is none."""
    digits = text.rstrip("smhdw")
    unit = text[len(digits) :]
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 12 or unit not in UNITS:
        return None
    seconds = int(digits) * UNITS[unit]
    return seconds if seconds <= LONGEST else None


def size(text: str) -> int | None:
    """The number of a size: "4000", "4k", "1M"; None for what is none."""
    digits = text.rstrip("kKmM")
    unit = text[len(digits) :].lower()
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 9 or unit not in SIZES:
        return None
    return int(digits) * SIZES[unit]


def option(options: Options, name: str) -> str:
    """A setting as text; "" for what is none. What can be said by yes or no is "yes" or "no".

    Of the texts of a scanner, each has a name of its own: spamtest_text_value1.
    """
    word, value_of, number = name.partition("_text_value")
    if value_of and f"{word}_texts" in Options._fields:
        texts, number = getattr(options, f"{word}_texts"), number.removeprefix("/")
        there = number.isascii() and number.isdigit() and len(number) < 3 and int(number) < len(texts)
        return str(texts[int(number)]) if there else ""
    kind, slash, named = name.partition("/")
    if slash:
        return _named(options.environment, named) if kind == "environment" else ""
    value = getattr(options, name) if name in Options._fields else ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " ".join(value) if isinstance(value, tuple) else str(value)


def _named(lines: tuple[str, ...], name: str) -> str:
    """The value of the last line "NAME=value" of this name, in any case."""
    pairs = (line.partition("=") for line in reversed(lines))
    return next((value.strip() for key, _, value in pairs if key.strip().lower() == name.lower()), "")


def item(name: str, user: str, option: Callable[[str], str]) -> str | None:
    """An item that vnd.dovecot.environment adds to RFC 5183, without the "vnd.dovecot." before it; None is none."""
    if name.startswith("config."):
        return option("environment/" + name[7:]) or None
    return {"default-mailbox": "INBOX", "username": user}.get(name)
