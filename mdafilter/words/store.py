"""Into the mailbox that a path names: what a procmailrc writes as its action (procmailrc(5)). No word of Sieve.

A path is relative to MAILDIR, and that to the home. It ends in "/" for a Maildir, in "/." for an MH folder; else it is
a directory of files, if it is there, or an mbox file (targets/mailbox.py). Where it is the user's own Maildir, or a
folder in it (`.maildir/.Trash/`), it is that folder, as `fileinto` names it. /dev/null discards, or refuses where
EXITCODE says so (exitcode.py).

In:    paths with variables. Out: Keep, File, Discard, Reject or Box; for an empty path a Box without one, which fails.
Fails: RuleFailed for a folder of the Maildir that cannot be.
"""

from __future__ import annotations

import os

from mdafilter.acts import Box, File, Keep
from mdafilter.errors import RuleFailed
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.arguments import Arguments
from mdafilter.words.exitcode import nowhere
from mdafilter.words.names import folder_fault, in_maildir
from mdafilter.words.strings import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mdafilter.acts import Act
    from mdafilter.plan import Scene
    from mdafilter.texts import Text


class StoreIn(Value):
    """Into the mailbox of this path; of several, into all that are folders, if the first one is."""

    path: Text | Arguments
    copy: bool = False

    def acts(self, scene: Scene) -> Sequence[Act]:
        """One act for each; a copy into /dev/null is none. An empty path is one that fails."""
        paths = (self.path.expand(scene) or ("",)) if isinstance(self.path, Arguments) else (scene.expand(self.path),)
        if not paths[0].endswith(("/", "/.")) and not scene.world.has_directory(in_maildir(scene, paths[0])):
            paths = paths[:1]
        scene.variables["LASTFOLDER"] = " ".join(paths)
        return [act for path in paths for act in self._into(scene, path)]

    def _into(self, scene: Scene, path: str) -> Sequence[Act]:
        if path == "/dev/null":
            return () if self.copy else (nowhere(scene),)
        if not path or "\0" in path:
            return (Box("", self.copy),)
        whole = in_maildir(scene, path)
        if path == ".":  # MAILDIR itself, and no MH folder: that has a name before its "/."
            whole = os.path.dirname(whole)
        folder = scene.world.folder_of(whole)
        if folder is not None and whole.endswith("/"):
            if folder == "INBOX":
                return (File("INBOX", copy=True),) if self.copy else (Keep(),)
            if fault := folder_fault(folder):
                raise RuleFailed(fault)
            return (File(folder, copy=self.copy, create=True),)  # as procmail makes what is missing
        return (Box(whole, self.copy),)

    def describe(self) -> str:
        """The path."""
        return f"store{' a copy' * self.copy} in {quoted(str(self.path))}"


WORDS = ()
