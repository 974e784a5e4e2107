"""Who is never answered: programs, lists, and what they send (RFC 3834 section 2, RFC 5230 section 4.6).

In:    the sender of the envelope, the header of the message.
Out:   why no answer is due, as a phrase; "" where a person may have written it.
Fails: never.
"""

from __future__ import annotations

from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from mdafilter.message import Headers

# Beginnings and ends of local parts; RFC 5230 warns that people read what goes to postmaster.
BEFORE = ("owner-", "mailer-daemon", "listserv", "majordomo", "double-bounce", "no-reply", "noreply")
BEHIND = ("-request", "-owner", "-bounce", "-bounces", "-relay")
# Fields that only a list or a program writes (RFC 2369, RFC 2919).
LISTS = ("list-id", "list-post", "list-help", "list-unsubscribe", "list-subscribe", "list-owner", "list-archive")
BULK = ("bulk", "junk", "list")
# Of X-Auto-Response-Suppress (MS-OXCMAIL, 2.2.3.2.14): "oof" is the answer of who is away, "autoreply" any other.
ABSENCE = ("all", "oof")
SUPPRESSED = (*ABSENCE, "autoreply")


def why_not(sender: str, headers: Headers, suppressed: tuple[str, ...] = SUPPRESSED) -> str:
    """Why an answer would go to no person, or is not wanted by who has `suppressed` it."""
    local = (sender.rpartition("@")[0] or sender).lower()
    if local in ("", "<>"):
        return "it has the null sender"
    if local.startswith(BEFORE) or local.endswith(BEHIND):
        return f"{sender} is no person"
    for field in headers:
        if field.key in LISTS:
            return f"a list has sent it ({field.name})"
        if field.key not in _LOOK:
            continue
        value = field.value.strip().lower()
        if field.key == "precedence" and value in BULK:
            return f"its Precedence is {value}"
        if field.key == "auto-submitted" and says_automatic(value):
            return "a program has sent it (Auto-Submitted)"
        if field.key == "x-auto-response-suppress" and any(w.strip() in suppressed for w in value.split(",")):
            return "it wants no answer (X-Auto-Response-Suppress)"
        if field.key == "content-type" and value.startswith("multipart/report"):  # RFC 6522: of a mail system
            return "it is a report of a mail system"
    return ""


def automatic(headers: Headers) -> bool:
    """Whether a program has sent it, and says so (RFC 3834 section 5)."""
    return any(says_automatic(field.value) for field in headers.all("auto-submitted"))


def says_automatic(value: str) -> bool:
    """Of an Auto-Submitted field: whatever is not "no"."""
    return value.partition(";")[0].partition("(")[0].strip().lower() != "no"


_LOOK = ("precedence", "auto-submitted", "x-auto-response-suppress", "content-type")
