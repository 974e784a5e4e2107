"""What wakes the watcher: events of the file system (inotify(7), by watchdog), or else the clock alone.

An event says that it may be worth while to look, and nothing more. None is relied on: they can be lost (a queue that
overflows, a network file system, a folder that was made a moment ago), and then the next look by the clock finds all.

In:    the Maildirs.
Out:   `wait` returns when something has come or gone, when the time is over, or when `stop` was called.
Fails: never; `why_not` says why there are no events.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

from mdafilter.train.listing import PARTS

if TYPE_CHECKING:
    from collections.abc import Iterable

QUIET = 0.3  # seconds that are waited for more after an event: moves come in bursts


class Waking:
    """For a `with`."""

    def __init__(self, roots: Iterable[str], events: bool = True) -> None:
        self.roots = tuple(roots)
        self.why_not = "" if events else "not wanted"
        self.stopped = False
        self._event = threading.Event()
        self._observer: Any = None

    def __enter__(self) -> Waking:
        if not self.why_not:
            self._observe()
        return self

    def __exit__(self, *_failed: object) -> None:
        if self._observer is not None:
            self._observer.stop()
            self._observer.join()

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
        observer = Observer()
        try:
            for root in self.roots:
                observer.schedule(handler, root, recursive=True, event_filter=wanted)
            observer.start()
        except OSError as failed:  # max_user_watches, max_user_instances (inotify(7))
            self.why_not = failed.strerror or str(failed)
        else:
            self._observer = observer

    def _happened(self, event: Any) -> None:
        paths = (str(event.src_path), str(getattr(event, "dest_path", "") or ""))
        if event.is_directory or any(os.path.basename(os.path.dirname(path)) in PARTS for path in paths):
            self._event.set()

    def wait(self, seconds: float) -> None:
        """Until something has happened, or so long. What happens after this is for the next time."""
        if self._event.wait(seconds) and not self.stopped:
            threading.Event().wait(QUIET)
        self._event.clear()

    @property
    def due(self) -> bool:
        """Whether something has happened since the last time."""
        return self._event.is_set()

    def stop(self, *_signal: object) -> None:
        """Ends the waiting, for good: also as the handler of a signal."""
        self.stopped = True
        self._event.set()
