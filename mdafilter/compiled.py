"""Compiled things kept between deliveries: plans and settings, so that a one-shot does not parse them again.

A frozen Value (and all Values, tuples, texts and numbers in it) is turned into plain data, `marshal`led, and kept in
~/.cache/mdafilter, one file for each rule file. It is believed only if

  - the file and its folder belong to the user that we run as, and nobody else may write to them,
  - it was made by this version of mdafilter and of Python, from exactly these octets (a digest of all sources).

Anything else is as if nothing were kept: the source is compiled again. Nothing secret is in it: the rules as they are.
`marshal` can crash on data made for that, which is why the owner is checked before a single octet is looked at.

Fails: never. A cache that cannot be read or written costs time and nothing else.
"""

from __future__ import annotations

import marshal
import os
import sys

from mdafilter import VERSION
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

LARGEST = 16 * 1024 * 1024


def digest(parts: Iterable[bytes]) -> bytes:
    """A digest of these octets and their division into parts, and of what else a compiled form depends on."""
    from _blake2 import blake2b  # hashlib would load OpenSSL

    state = blake2b(f"{VERSION} {sys.implementation.cache_tag} {_PROGRAM}".encode(), digest_size=20)
    for part in parts:
        state.update(b"%d:" % len(part))
        state.update(part)
    return state.digest()


def _program() -> str:
    """Changes when a file of the program is replaced: an update without a new version number, or a developer's edit."""
    here = os.path.dirname(__file__)
    return " ".join(
        str(os.stat(os.path.join(here, place)).st_mtime_ns) for place in ("plan.py", "acts.py", "words", "lang")
    )


_PROGRAM = _program()  # as it was loaded: a resident process may outlive the files that it came from


def folder(environ: Mapping[str, str], home: str) -> str:
    """Where a user's compiled things are, by the XDG Base Directory Specification; "" for a user without a home."""
    base = environ.get("XDG_CACHE_HOME", "")
    if not base.startswith("/"):
        base = f"{home}/.cache" if home else ""
    return base and f"{base}/mdafilter"


def load(cache: str, name: str, key: Iterable[bytes]) -> object | None:
    """What `save` kept in this folder ("" has nothing) under this name and key, or None."""
    data = _read_own(_path(cache, name)) if cache else None
    if data is None or data[:20] != digest(key):
        return None
    try:
        classes, body = marshal.loads(data[20:])
        value: object = thaw(body, [_class(module, cls) for module, cls in classes])
    except (ValueError, TypeError, EOFError, AttributeError, ImportError, KeyError, IndexError):
        return None  # made by another program; it is compiled again
    return value


def save(cache: str, name: str, key: Iterable[bytes], value: object) -> None:
    """Keeps a value; quietly does not where that is not possible."""
    if not cache:
        return
    path = _path(cache, name)
    classes: dict[tuple[str, str], int] = {}
    body = freeze(value, classes)
    data = digest(key) + marshal.dumps((tuple(classes), body))
    new = f"{path}.{os.getpid()}"
    try:
        os.makedirs(cache, mode=0o700, exist_ok=True)
        fd = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            whole = os.write(fd, data) == len(data)
        finally:
            os.close(fd)
        if whole:
            os.replace(new, path)
        else:
            os.unlink(new)
    except OSError:
        return  # no room, no right, no home: the next delivery compiles again


def _path(cache: str, name: str) -> str:
    return os.path.join(cache, "".join(c if c.isalnum() or c in ".-" else "_" for c in name)[-150:])


def _read_own(path: str) -> bytes | None:
    """The content of a file that nobody but we could have written."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        me, folder, file = os.geteuid(), os.stat(os.path.dirname(path)), os.fstat(fd)
        if any(s.st_uid != me or s.st_mode & 0o022 for s in (folder, file)) or file.st_size > LARGEST:
            return None
        data = b""
        while chunk := os.read(fd, LARGEST):
            data += chunk
        return data
    except OSError:
        return None
    finally:
        os.close(fd)


def freeze(value: object, classes: dict[tuple[str, str], int]) -> Any:
    """Plain data for a value: a Value is a list (number of its class, fields in order); tuples stay tuples."""
    if isinstance(value, Value):
        cls = type(value)
        number = classes.setdefault((cls.__module__, cls.__qualname__), len(classes))
        return [number, *(freeze(getattr(value, field), classes) for field in cls._fields)]
    if isinstance(value, tuple):
        return tuple(freeze(item, classes) for item in value)
    if value is None or isinstance(value, str | int | float | bytes):
        return value
    raise TypeError(f"{type(value).__name__} cannot be part of a compiled plan")


def thaw(data: Any, classes: list[type[Value]]) -> Any:
    """The value of plain data that `freeze` made."""
    if type(data) is tuple:
        return tuple([thaw(item, classes) for item in data])
    if type(data) is not list:
        return data
    cls = classes[data[0]]
    if len(data) != len(cls._fields) + 1:
        raise TypeError(f"{cls.__name__} has other fields now")
    made = object.__new__(cls)
    made.__dict__.update(zip(cls._fields, [thaw(item, classes) for item in data[1:]], strict=True))
    return made


def _class(module: str, name: str) -> type[Value]:
    if not module.startswith("mdafilter."):
        raise ImportError(module)
    __import__(module)
    cls = getattr(sys.modules[module], name)
    if not (isinstance(cls, type) and issubclass(cls, Value)):
        raise TypeError(name)
    return cls
