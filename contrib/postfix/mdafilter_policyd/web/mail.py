"""A request, mailed to the postmaster by sendmail(1).

The recipient stands in the configuration, and no header field has a word of who asked but the address, which has been
read as one: nothing can be sent to anybody else by it. What was written stands in the body, encoded.

In:    an Asked; the links, "" where the pages have no address of their own.
Out:   octets; a mail on its way.
Fails: OSError, TimeoutError, and MailError for an exit code: the request is in the store all the same, and the admin's
       page has it.
"""

from __future__ import annotations

import asyncio
from email.message import EmailMessage
from email.policy import SMTP

from mdafilter_policyd.web.requests import Asked

SECONDS = 30.0


class MailError(Exception):
    """sendmail does not take it."""


def letter(asked: Asked, postmaster: str, hostname: str, link: str, why: str) -> bytes:
    """The message, with LF as sendmail(1) wants it."""
    message = EmailMessage(policy=SMTP.clone(linesep="\n"))
    message["To"] = postmaster
    message["From"] = postmaster
    message["Subject"] = f"{asked.address} asks {hostname} for an exception"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834 section 5
    message.set_content(
        f"{asked.address} was refused here, and asks to be let in.\n"
        "All of this was typed in by somebody whom nobody has looked at.\n\n"
        f"To be reached at: {asked.contact or '(not said)'}\n"
        f"Sent from:        {asked.origin}\n"
        f"Refused by:       {why or '(nothing found)'}\n\n"
        f"{_quoted(asked.text)}\n\n"
        + (f"Approve or refuse it:\n{link}\n" if link else f"Approve or refuse it at /admin, request {asked.id}.\n"),
        cte="quoted-printable",
    )
    return message.as_bytes()


async def send(program: str, postmaster: str, message: bytes) -> None:
    """sendmail(1): -i takes a line with a single dot as one of the text."""
    process = await asyncio.create_subprocess_exec(
        program,
        *("-i", "-f", postmaster, "--", postmaster),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(SECONDS):
            _out, said = await process.communicate(message)
    except BaseException:
        if process.returncode is None:
            process.kill()
            await process.wait()
        raise
    if process.returncode:
        raise MailError(f"{program} ended with {process.returncode}: {said[:200].decode('utf-8', 'replace')}")


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.splitlines()) or "> (no text)"
