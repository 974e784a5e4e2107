"""Which folder a path of a procmailrc is: `.maildir/.Trash/`, `$HOME/Maildir/.Trash/`, `.Trash/` in MAILDIR.

A path that ends in "/" is a Maildir (procmailrc(5), "mailbox type"). Where the Maildir is, mdafilter's own settings
say; so a path must name that Maildir or a Maildir++ folder in it: by its usual names (`Maildir`, `.maildir` in the
home directory) or as MAILDIR= or DEFAULT= of the file say. A Maildir elsewhere is none of its folders.
"""

from __future__ import annotations

from mdafilter.values import Value

USUAL = ("Maildir", ".maildir")  # in the home directory, where there is no configuration


class NoFolder(Exception):
    """The path is no folder of the Maildir: text and hint for the message."""

    def __init__(self, text: str, hint: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.hint = hint


class Places(Value):
    """MAILDIR and DEFAULT as the file set them, relative to the home directory; "" is not set."""

    maildir: str = ""
    default: str = ""

    def folder(self, path: str) -> str:
        """The folder's name as fileinto takes it; "INBOX" for the Maildir itself. Raises NoFolder."""
        if path.rstrip("/") in ("$DEFAULT", "${DEFAULT}"):
            return "INBOX"
        if path.endswith("/."):
            raise NoFolder("MH folders are not supported", "a Maildir ends in a slash: lists/")
        if not path.endswith("/"):
            raise NoFolder("mbox files are not supported", f"a Maildir ends in a slash: {path}/")
        whole = self.expanded(path)
        if self._is_root(whole):
            return "INBOX"
        parent, _, last = whole.rpartition("/")
        if not self._is_root(parent):
            raise NoFolder(f"{path} is not in the Maildir", "write .maildir/.Trash/, or set MAILDIR to the Maildir")
        if not last.startswith("."):
            raise NoFolder(f"{path} is a Maildir of its own and no folder", f"a folder begins with a dot: .{last}/")
        return last[1:]

    def expanded(self, path: str) -> str:
        """The path without a slash at its end, relative to the home directory where it lies there."""
        path = path.rstrip("/")
        for name, value in (("MAILDIR", self.maildir), ("DEFAULT", self.default)):
            for spelled in (f"${name}", f"${{{name}}}"):
                if value and (path == spelled or path.startswith(spelled + "/")):
                    return value + path[len(spelled) :]
        for home in ("$HOME", "${HOME}", "~"):
            if path == home or path.startswith(home + "/"):
                return path[len(home) + 1 :]
        if "$" in path or "`" in path:
            raise NoFolder(f"variables in paths are not supported: {path}", "only $HOME, $MAILDIR and $DEFAULT are")
        if path.startswith("/"):
            return path
        path = "" if path == "." else path.removeprefix("./")
        return "/".join(part for part in (self.maildir, path) if part)

    def _is_root(self, path: str) -> bool:
        if path in (*USUAL, self.maildir, self.default) and path:
            return True
        return path.startswith("/") and path.endswith(tuple("/" + usual for usual in USUAL))
