"""What /usr/bin/mdafilter starts: the command line (main.py), and apart from it the way of a report (train_door.py).

A report must cost as little as it can, and must never end in a status that bounces it; so it does not come through
click.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Runs the command, and ends the process."""
    if sys.argv[1:2] == ["train"] and sys.argv[2:3] in (["spam"], ["ham"]):
        from mdafilter.cli import train_door

        train_door.start(sys.argv[2:])
    from mdafilter.cli.main import main as command_line

    command_line()


if __name__ == "__main__":
    main()
