"""What wakes who waits for changes in folders: events of the file system (inotify(7), by watchdog), or else the clock.

An event says that it may be worth while to look, and nothing more. None is relied on: they can be lost (a queue that
overflows, a network file system, a folder that was made a moment ago), and then the next look by the clock finds all.

In:    the folders; `worth` tells of a path, and whether it is a folder, if its coming or going is worth a look.
Out:   `wait` returns when something has come or gone, when the time is over, or when `stop` was called.
Fails: never; `why_not` says why there are no events.
"""

from __future__ import annotations

import os
import select
import time
import warnings
from typing import TYPE_CHECKING, Any

from mdafilter.train.door import PARTIAL
from mdafilter.train.listing import PARTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

QUIET = 0.3  # seconds that are waited for more after an event: moves come in bursts


def in_maildir(path: str, is_folder: bool) -> bool:
    """A message or a folder of a Maildir, and not what is still in tmp/."""
    return is_folder or os.path.basename(os.path.dirname(path)) in PARTS


def in_spool(path: str, _is_folder: bool) -> bool:
    """A report, and not one that is still being written."""
    return not os.path.basename(path).startswith(PARTIAL)


class Waking:
    """For a `with`. `below`: whether it is also what lies in the folders' folders."""

    def __init__(
        self,
        roots: Iterable[str],
        events: bool = True,
        worth: Callable[[str, bool], bool] = in_maildir,
        below: bool = True,
    ) -> None:
        self.roots = tuple(roots)
        self.why_not = "" if events else "not wanted"
        self.stopped = False
        self._worth = worth
        self._below = below
        # Not a threading.Event: its lock may be held by us when a signal comes, whose handler would wait for us then.
        self._happening = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._observer: Any = None

    def __enter__(self) -> Waking:
        if not self.why_not:
            self._observe()
        return self

    def __exit__(self, *_failed: object) -> None:
        if self._observer is not None:
            self._observer.stop()
            self._observer.join()
        happening, self._happening = self._happening, -1
        os.close(happening)

    def _observe(self) -> None:
        try:
            from watchdog import events
            from watchdog.observers import Observer
        except ImportError as failed:
            self.why_not = str(failed)
            return
        handler = events.FileSystemEventHandler()
        handler.on_any_event = self._happened  # type: ignore[method-assign]
        # Not those of reading: our own would wake us up.
        wanted = [events.FileCreatedEvent, events.FileDeletedEvent, events.FileMovedEvent]
        wanted += [events.DirCreatedEvent, events.DirDeletedEvent, events.DirMovedEvent]
        # A folder that is made with what is in it is told twice (RuntimeWarning): that does no harm.
        warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"watchdog\.")
        observer = Observer()
        try:
            for root in self.roots:
                observer.schedule(handler, root, recursive=self._below, event_filter=wanted)
            observer.start()
        except OSError as failed:  # max_user_watches, max_user_instances (inotify(7))
            self.why_not = failed.strerror or str(failed)
        else:
            self._observer = observer

    def _happened(self, event: Any) -> None:
        paths = (os.fsdecode(event.src_path), os.fsdecode(getattr(event, "dest_path", "") or ""))
        if any(path and self._worth(path, event.is_directory) for path in paths):
            os.eventfd_write(self._happening, 1)

    def wait(self, seconds: float) -> None:
        """Until something has happened, or so long. What happens after this is for the next time."""
        if self._has_happened(seconds) and not self.stopped:
            time.sleep(QUIET)
        try:
            os.eventfd_read(self._happening)
        except BlockingIOError:
            pass  # nothing has happened

    def _has_happened(self, seconds: float) -> bool:
        return bool(select.select([self._happening], [], [], seconds)[0])

    @property
    def due(self) -> bool:
        """Whether something has happened since the last time."""
        return self._has_happened(0)

    def stop(self, *_signal: object) -> None:
        """Ends the waiting, for good: also as the handler of a signal."""
        self.stopped = True
        if self._happening >= 0:
            os.eventfd_write(self._happening, 1)
