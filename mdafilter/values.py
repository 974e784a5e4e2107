"""Frozen values, and the names that only the type checker needs.

Data in mdafilter are frozen: a class that derives from Value lists its fields as annotations, and gets an
initialiser, equality, a hash, a repr, `match` patterns and `replace`, as `@dataclass(frozen=True)` would give them.

Why not `dataclasses` itself: its import (with inspect, ast, re, enum) and the code that it generates for each class
cost four times what starting Python costs, and a one-shot delivery pays that for every message. For the same reason
no module on the delivery path imports `typing`: what annotations need of it stands here, behind TYPE_CHECKING.
The type checker sees Value as a dataclass (PEP 681).

In:    annotations of the class body, in order; base classes first. A default is the value given in the class body;
       it must be immutable. `ClassVar` annotations are no fields.
Fails: TypeError for a missing, unknown or doubled argument; AttributeError for an assignment after construction.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar, Never, NoReturn, Protocol, Self, dataclass_transform

else:
    Protocol = object

    def dataclass_transform(**_options):
        return lambda cls: cls


__all__ = ["TYPE_CHECKING", "Protocol", "Value", "never"]


def never(value: Never) -> NoReturn:
    """What `typing.assert_never` is: the type checker proves that no case of a closed union was forgotten."""
    raise AssertionError(f"not a case of the union: {value!r}")


@dataclass_transform(frozen_default=True)
class Value:
    """The base of all frozen values."""

    _fields: ClassVar[tuple[str, ...]] = ()
    _names: ClassVar[frozenset[str]] = frozenset()
    _defaults: ClassVar[dict[str, Any]] = {}
    _quick: ClassVar[bool] = False  # whether `quicken` was called

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        own = cls.__dict__.get("__annotations__", {})
        named = [n for n, kind in own.items() if not str(kind).startswith("ClassVar")]
        cls._fields = cls._fields + tuple(n for n in named if n not in cls._fields)
        cls._names = frozenset(cls._fields)
        cls._defaults = cls._defaults | {n: cls.__dict__[n] for n in named if n in cls.__dict__}
        type.__setattr__(cls, "__match_args__", cls._fields)
        if Value._quick:
            _quicken(cls)

    if not TYPE_CHECKING:

        def __init__(self, *args: Any, **named: Any) -> None:
            fields, state = self._fields, self.__dict__
            if len(args) == len(fields) and not named:  # most are made so, and there are many
                state.update(zip(fields, args, strict=True))
                return
            given = dict(zip(fields, args, strict=False))
            given.update(named)
            state.update(self._defaults)
            state.update(given)
            if len(given) != len(args) + len(named) or state.keys() != self._names:
                raise TypeError(f"{type(self).__name__}: {self._wrong(args, named)}")

        def _wrong(self, args: tuple[Any, ...], named: dict[str, Any]) -> str:
            fields = self._fields
            if len(args) > len(fields):
                return f"takes {len(fields)} values, {len(args)} were given"
            for name in named:
                if name not in fields[len(args) :]:
                    return f"unknown or doubled field {name!r}"
            return f"field {next(name for name in fields if name not in self.__dict__)!r} is missing"

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen: use replace({name}=...)")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen")

    def _values(self) -> tuple[Any, ...]:
        state = self.__dict__
        return tuple([state[name] for name in self._fields])

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._values() == other._values()

    def __hash__(self) -> int:
        return hash((type(self).__qualname__, self._values()))

    def __repr__(self) -> str:
        state = self.__dict__
        return f"{type(self).__name__}({', '.join(f'{n}={state[n]!r}' for n in self._fields)})"

    def replace(self, **changes: Any) -> Self:
        """The same value with some fields changed."""
        made = object.__new__(type(self))
        state, names = made.__dict__, self._names
        state.update(self.__dict__)
        state.update(changes)
        if len(state) != len(names):  # or what is no field was kept in it, as what a match has made ready
            for name in state.keys() - names - changes.keys():
                del state[name]
        if state.keys() != names:
            raise TypeError(f"{type(self).__name__}: unknown field in {', '.join(changes)}")
        return made


def quicken() -> None:
    """Gives every class of values, and those to come, an initialiser that is compiled for its fields.

    It costs 0.1 ms for each class and saves a microsecond for each value: for a process that makes very many of them.
    """
    Value._quick = True
    classes = [Value]
    while classes:
        cls = classes.pop()
        _quicken(cls)
        classes += cls.__subclasses__()


def _quicken(cls: type[Value]) -> None:
    fields, defaults = cls._fields, cls._defaults
    needed = [name for name in fields if name not in defaults]
    if not fields or "__init__" in cls.__dict__ or list(fields[: len(needed)]) != needed:
        return
    head = ", ".join(name if name in needed else f"{name}=_defaults[{name!r}]" for name in fields)
    body = "".join(f"\n    state[{name!r}] = {name}" for name in fields)
    made: dict[str, Any] = {"_defaults": defaults}
    exec(f"def __init__(self, {head}):\n    state = self.__dict__{body}", made)
    type.__setattr__(cls, "__init__", made["__init__"])
