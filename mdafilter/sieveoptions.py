"""The [sieve] table of the configuration: what the words of Sieve may be told by a site.

Words ask for it by Pigeonhole's names without "sieve_" (World.option), so that a test file sets the same by
`test_config_set`.

In:    the table, as settings.py reads it.
Out:   Options.option(name): the setting as text; "" is not set.
Fails: SettingsError for what the types of the fields cannot say.
"""

from __future__ import annotations

from mdafilter.errors import SettingsError
from mdafilter.values import Value


class Options(Value):
    """The [sieve] table of the configuration."""

    # Where a scanner in front of Postfix has left its mark: the name of a header field, and behind a colon a regular
    # expression whose first group is the status ("X-Spam-Score: score=(-?[0-9.]+)"). Set, `spamtest` reads it and asks
    # no scorer (RFC 5235); likewise for `virustest`.
    spamtest_status_header: str = ""
    # What the status is: "score", a number from 0 to the greatest; "strlen", as many characters; "text", one of texts.
    spamtest_status_type: str = "score"
    # The greatest score or length, or the field that tells it, as above.
    spamtest_max_value: str = ""
    spamtest_max_header: str = ""
    # The texts for the values 0 to 10, in order; "" is none.
    spamtest_texts: tuple[str, ...] = ()
    # The same for viruses.
    virustest_status_header: str = ""
    virustest_status_type: str = "score"
    virustest_max_value: str = ""
    virustest_max_header: str = ""
    virustest_texts: tuple[str, ...] = ()  # for the values 0 to 5
    # Names of header fields that no script may add, or delete (RFC 5293 section 6), beside those that never are.
    editheader_forbid_add: str = ""
    editheader_forbid_delete: str = ""

    CHOICES = {
        "spamtest_status_type": ("score", "strlen", "text"),
        "virustest_status_type": ("score", "strlen", "text"),
    }

    def option(self, name: str) -> str:
        """The setting of this name as text."""
        if name in self._fields:
            value = getattr(self, name)
            return value if isinstance(value, str) else ""
        field, _, number = name.partition("_text_value")
        texts = getattr(self, f"{field}_texts", ()) if f"{field}_texts" in self._fields else ()
        number = number.removeprefix("/")
        return texts[int(number)] if number.isascii() and number.isdigit() and int(number) < len(texts) else ""


def check(options: Options) -> None:
    """SettingsError for what the types of the fields cannot say, all of it at once."""
    if options == Options():
        return
    from mdafilter.matching import patterns

    wrong = []
    for word in ("spamtest", "virustest"):
        for field in (f"{word}_status_header", f"{word}_max_header"):
            _name, _, pattern = str(getattr(options, field)).partition(":")
            try:
                patterns.compile(pattern.strip(), ignore_case=True, syntax="ere")
            except patterns.PatternError as failed:
                wrong.append(f"[sieve] {field}: {failed.text}")
    if wrong:
        raise SettingsError("\n".join(wrong))
