"""What check_host says (RFC 7208 section 2.6), and why."""

from __future__ import annotations

from dataclasses import dataclass

NONE = "none"
NEUTRAL = "neutral"
PASS = "pass"
FAIL = "fail"
SOFTFAIL = "softfail"
TEMPERROR = "temperror"
PERMERROR = "permerror"
CODES = (NONE, NEUTRAL, PASS, FAIL, SOFTFAIL, TEMPERROR, PERMERROR)


@dataclass(frozen=True, slots=True)
class Result:
    """One of CODES.

    domain       that was asked about
    mechanism    what matched, as it stands in the record; "default" where nothing did (RFC 7208 section 9.1)
    explanation  of a "fail": what the domain says about it, printable ASCII. The words are a stranger's
    problem      of an error: what is wrong with the record, or with the DNS; printable ASCII
    """

    code: str
    domain: str = ""
    mechanism: str = ""
    explanation: str = ""
    problem: str = ""
