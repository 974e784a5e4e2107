"""What the broker says of itself, on standard error: one function per fact. systemd puts it into its journal."""

from __future__ import annotations

import os


def _say(text: str) -> None:
    try:
        os.write(2, f"mdafilter serve: {text}\n".encode("utf-8", "replace"))
    except OSError:
        pass  # nobody listens; the service goes on


def ready(places: list[str]) -> None:
    """It takes connections."""
    _say(f"ready on {', '.join(places)}")


def died(uid: int, pid: int, status: int) -> None:
    """A worker ended otherwise than by our word. Its client was told "try again", or delivers without us."""
    how = f"was killed by signal {-status}" if status < 0 else f"ended with {status}"
    _say(f"worker {pid} of user {uid} {how}")


def killed(uid: int, pid: int) -> None:
    """A worker was past its deadline."""
    _say(f"worker {pid} of user {uid} is killed: it is past its deadline")


def no_worker(uid: int, failed: OSError) -> None:
    """No worker could be made; clients deliver without us."""
    _say(f"no worker for user {uid}: {failed.strerror}")


def no_descriptors() -> None:
    """Connections wait for a moment."""
    _say("no descriptors are left; see LimitNOFILE in systemd.exec(5), or fewer --workers")


def beside_ended(name: str, pid: int, status: int) -> None:
    """The LMTP door or the metrics process ended otherwise than by our word; another one is started."""
    _say(f"the {name} {pid} ended with {status}; starting another one")


def not_taken_over(why: str) -> None:
    """SIGHUP, but the program as it is installed now does not start."""
    _say(f"the new version does not start ({why}): going on with the old one")


def ends() -> None:
    """TERM or INT."""
    _say("ending: what is in hand is finished")
