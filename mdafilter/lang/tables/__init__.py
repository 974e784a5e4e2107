"""Postfix' tables: those of patterns, which are rules, and those of keys and networks, which rules look things up in.

    octets --lines--> logical lines --checks--> a Scan      header_checks(5), regexp_table(5), pcre_table(5)
                                      actions               what stands behind a pattern
                                    --access--> Access      access(5), with
                                      cidr                  cidr_table(5)

In:    the bytes of a table of patterns. Out: Compiled. Fails: RuleErrors with all errors of the file.
"""

from __future__ import annotations

from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from mdafilter.lang import Compiled, Library


def compile(text: bytes, name: str, library: Library | None = None) -> Compiled:
    """Compiles a table of patterns; it includes nothing. Raises RuleErrors."""
    from mdafilter.lang.tables import checks  # whoever only looks something up needs none of it

    return checks.compile(text, name)
