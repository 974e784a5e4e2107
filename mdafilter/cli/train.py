"""mdafilter train: the commands of training, as main.py has them: a file here, a line in the table."""

from __future__ import annotations

import click

from mdafilter.cli.main import Commands

# Each module has its click command as `command`; `spam` and `ham` are one file, which asks how it was called.
COMMANDS: dict[str, tuple[str, str]] = {
    "spam": ("train_report", "Report spam: a message on standard input, or folders and files."),
    "ham": ("train_report", "The same for what is no spam."),
    "learn": ("train_learn", "Learn what was reported."),
    "status": ("train_status", "What was reported, by whom, and what became of it."),
    "undo": ("train_undo", "Take back what was learned."),
    "doctor": ("train_doctor", "What keeps the scorers from learning."),
    "export": ("train_export", "The counts of mdafilter's own scorer, as text."),
    "import": ("train_import", "Puts such a text in the place of the counts."),
    "expire": ("train_expire", "Makes the counts smaller."),
}


class Train(Commands):
    """The group of these."""

    table = COMMANDS


@click.group("train", cls=Train)
def command() -> None:
    """Teach the scorers what is spam, and see what they were taught.

    \b
    In aliases(5):
      spam: "|/usr/bin/mdafilter train spam"
      ham:  "|/usr/bin/mdafilter train ham"

    \b
    Examples:
      mdafilter train spam ~/Maildir/.Junk
      mdafilter train learn
      mdafilter train status
      mdafilter train undo 42

    Exit code: each command's own help says it. A report by an alias ends with 0 when it is on the disk, and with 75
    (Postfix tries again) when it is not.
    """
