"""What a site lets the Sieve scripts of its users do: the [sieve] table of the configuration.

The names are those of Pigeonhole's settings without their `sieve_`, so that an installation moves over by copying.
A period is a number with a unit: "30s", "10m", "12h", "7d"; without a unit it is seconds, as there.

In:    the fields, as a file of settings.py has them.
Out:   Options, which `check` has looked at; `option`, what a rule is told of them (world.py).
Fails: SettingsError.
"""

from __future__ import annotations

from mdafilter.errors import SettingsError
from mdafilter.values import Value

UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
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
    """The subject of an answer to a message with one; %$ is that one. "" is "Auto: %$"."""

    vacation_use_original_recipient: bool = False
    """Whether the address that the message was sent to before aliases were looked up is one of the user's, too."""

    vacation_check_recipient: bool = True
    """Whether a message is answered only where an address of the user stands in its header."""

    vacation_send_from_recipient: bool = False
    """Whether answers have the recipient as the sender of their envelope, and not the null one."""

    vacation_to_header_ignore_envelope: bool = False
    """Whether the To field of an answer comes from the message's header, though the envelope names another."""

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
    for name in ("pipe", "filter", "execute"):
        folder, eol = getattr(options, f"{name}_bin_dir"), getattr(options, f"{name}_input_eol")
        if folder and not folder.startswith("/"):
            wrong.append(f"[sieve] {name}_bin_dir is the absolute path of a folder, not {folder!r}")
        if eol not in ("crlf", "lf"):
            wrong.append(f'[sieve] {name}_input_eol is "crlf" or "lf", not {eol!r}')
    if wrong:
        raise SettingsError("\n".join(wrong))


def period(text: str) -> int | None:
    """The seconds of a period; None for what is none."""
    digits = text.rstrip("smhdw")
    unit = text[len(digits) :]
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 12 or unit not in UNITS:
        return None
    seconds = int(digits) * UNITS[unit]
    return seconds if seconds <= LONGEST else None


def option(options: Options, name: str) -> str:
    """A setting as text; "" for what is none. What can be said by yes or no is "yes" or "no"."""
    value = getattr(options, name) if name in Options._fields else ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " ".join(value) if isinstance(value, tuple) else str(value)
