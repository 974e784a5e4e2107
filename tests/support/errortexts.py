"""The texts that users meet as errors and warnings, found in the code; and what of them the tests quote.

A text is what goes into a call of one of REPORTS: a string, an f-string, or what a name or a function of mdafilter
stands for there. What is filled in is no part of it: what is left are its constant pieces, in order.
"""

from __future__ import annotations

import ast
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import accumulate
from pathlib import Path

from mdafilter.values import Value
from tests.support.house import PACKAGE, ROOT, modules, name, tree

FOLDERS = ("words", "lang", "lint", "matching", "targets", "scorers", "testing")
BESIDE = ("cli/check.py", "cli/extras.py", "cli/rulefile.py", "cli/dump.py")  # what `check` and `dump` add
# Exceptions and values that a text of rules or settings is in, and the methods that report one.
REPORTS = {
    "BadFolder", "CaseFailed", "Found", "NetworkError", "NoMethod", "PatternError", "Problem", "RuleFailed", "RuleStalled",
    "SettingsError", "StringError", "Unknown", "error", "warn", "after", "lacks", "wrong.append", "warnings.append",
}  # fmt: skip
ONLY = {"Problem": slice(3, 5), "Found": slice(1, 3)}  # which arguments are texts, where others are no texts
PASSED = {"clipped", "str"}  # what gives back its argument
GIVING = ast.Assign | ast.AnnAssign | ast.AugAssign | ast.NamedExpr | ast.For | ast.comprehension
FILLED = None  # in the pieces of a text: something that is filled in
Pieces = tuple[str | None, ...]
Scope = ast.FunctionDef | ast.Module


class Said(Value):
    """One text: the constant pieces of it, and where it stands."""

    place: str
    pieces: Pieces

    @property
    def shown(self) -> str:
        return "".join("{}" if piece is FILLED else piece for piece in self.pieces)

    @property
    def longest(self) -> str:
        return max((piece for piece in self.pieces if piece is not FILLED), key=len)

    def is_in(self, string: str) -> bool:
        """Whether a string quotes it: all of its pieces, in order."""
        at = 0
        for piece in self.pieces:
            found = at if piece is FILLED else string.find(piece, at)
            if found < 0:
                return False
            at = found + len(piece or "")
        return True


class Source:
    """A file of the package, as far as its texts are concerned."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.tree = tree(path)
        self.scopes: dict[ast.AST, list[Scope]] = {}  # of each node the functions that it is in, the innermost last
        self.functions: dict[str, ast.FunctionDef] = {}
        self.calls: dict[str, list[ast.Call]] = {}
        self.imported: dict[str, tuple[str, str]] = {}
        self.given: dict[tuple[ast.AST, str], list[ast.AST]] = {}  # what a name of a scope is given
        self._walk(self.tree, [self.tree])

    def _walk(self, node: ast.AST, scopes: list[Scope]) -> None:
        self.scopes[node] = scopes
        if isinstance(node, ast.FunctionDef):
            self.functions[node.name] = node
            scopes = [*scopes, node]
        elif isinstance(node, ast.Call):
            self.calls.setdefault(called(node), []).append(node)
        elif isinstance(node, ast.ImportFrom) and node.module:
            self.imported |= {a.asname or a.name: (node.module, a.name) for a in node.names}
        elif isinstance(node, GIVING):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            value = node.iter if isinstance(node, ast.For | ast.comprehension) else node.value
            names = {n.id for target in targets for n in ast.walk(target) if isinstance(n, ast.Name)}
            if value is not None:
                for word in names:
                    self.given.setdefault((scopes[-1], word), []).append(value)
        for child in ast.iter_child_nodes(node):
            self._walk(child, scopes)


def called(call: ast.Call) -> str:
    """The last part of what is called; of a list that grows also which one."""
    what = call.func
    if isinstance(what, ast.Attribute) and what.attr == "append":
        return f"{ast.unparse(what.value).rpartition('.')[2]}.append"
    return what.id if isinstance(what, ast.Name) else what.attr if isinstance(what, ast.Attribute) else ""


@cache
def source(path: Path) -> Source:
    return Source(path)


@cache
def said() -> tuple[Said, ...]:
    """All texts, once each."""
    found: dict[Pieces, Said] = {}
    inside = [path for folder in FOLDERS for path in modules(PACKAGE / folder)]
    for path in [*inside, *sorted(PACKAGE.glob("*.py")), *(PACKAGE / file for file in BESIDE)]:
        here = source(path)
        for call in [call for report in sorted(REPORTS) for call in here.calls.get(report, ())]:
            for one in _arguments(call, here, frozenset()):
                if any(piece is not FILLED and re.search(r"\w \S|\S \w", piece) for piece in one.pieces):
                    found.setdefault(one.pieces, one)
    return tuple(sorted(found.values(), key=lambda one: one.place))


# --- what an expression stands for -----------------------------------------------------------------------------------


def _arguments(call: ast.Call, here: Source, seen: frozenset[ast.AST]) -> Iterator[Said]:
    for argument in [*call.args[ONLY.get(called(call), slice(None))], *(word.value for word in call.keywords)]:
        yield from texts(argument, here, seen)


def texts(node: ast.AST, here: Source, seen: frozenset[ast.AST]) -> Iterator[Said]:
    """The texts that an expression can be."""
    if node in seen:
        return
    seen |= {node}
    match node:
        case ast.Constant(value=str(text)):
            yield Said(f"{name(here.path)}:{node.lineno}", (text,))
        case ast.JoinedStr(values=values):
            pieces = tuple(str(v.value) if isinstance(v, ast.Constant) else FILLED for v in values)
            yield Said(f"{name(here.path)}:{node.lineno}", pieces)
            for value in values:
                if isinstance(value, ast.FormattedValue):
                    yield from texts(value.value, here, seen)
        case ast.BinOp(left=left, right=right, op=ast.Add()):
            yield from texts(left, here, seen)
            yield from texts(right, here, seen)
        case ast.BinOp(left=left, op=ast.Mod()) | ast.Starred(value=left) | ast.NamedExpr(value=left):
            yield from texts(left, here, seen)
        case ast.IfExp(body=body, orelse=orelse):
            yield from texts(body, here, seen)
            yield from texts(orelse, here, seen)
        case ast.BoolOp(values=nodes) | ast.Tuple(elts=nodes) | ast.List(elts=nodes) | ast.Dict(values=nodes):
            for each in nodes:
                yield from texts(each, here, seen)
        case ast.ListComp(elt=element) | ast.GeneratorExp(elt=element):
            yield from texts(element, here, seen)
        case ast.Subscript(value=ast.Name() as held):
            yield from texts(held, here, seen)
        case ast.Call():
            yield from _call(node, here, seen)
        case ast.Name(id=word):
            yield from _name(word, node, here, seen)


def _call(call: ast.Call, here: Source, seen: frozenset[ast.AST]) -> Iterator[Said]:
    """What a function of mdafilter returns."""
    word = called(call)
    if word in PASSED or word == "join":
        yield from _arguments(call, here, seen)
    elif word in ("get", "pop") and isinstance(call.func, ast.Attribute):
        yield from texts(call.func.value, here, seen)
        yield from _arguments(call, here, seen)
    elif word in here.functions:
        yield from _returned(here.functions[word], here, seen)
    elif (found := _imported(word, here) or _module(call.func, here)) and word in found.functions:
        yield from _returned(found.functions[word], found, seen)


def _returned(function: ast.FunctionDef, here: Source, seen: frozenset[ast.AST]) -> Iterator[Said]:
    for node in ast.walk(function):
        if isinstance(node, ast.Return | ast.Yield) and node.value is not None:
            yield from texts(node.value, here, seen)


def _module(function: ast.expr, here: Source) -> Source | None:
    """The module that `module.function` is in."""
    base = function.value if isinstance(function, ast.Attribute) else None
    module, word = here.imported.get(base.id, ("", "")) if isinstance(base, ast.Name) else ("", "")
    return _file(f"{module}.{word}") if word else None


def _imported(word: str, here: Source) -> Source | None:
    return _file(here.imported.get(word, ("", ""))[0])


def _file(module: str) -> Source | None:
    path = ROOT.joinpath(*module.split("."))
    found = next((p for p in (path.with_suffix(".py"), path / "__init__.py") if module and p.exists()), None)
    return source(found) if found and PACKAGE in found.parents else None


def _name(word: str, node: ast.AST, here: Source, seen: frozenset[ast.AST]) -> Iterator[Said]:
    """What a name was given in its function, by the callers of it, or in its module."""
    for scope in reversed(here.scopes[node]):
        given = here.given.get((scope, word), [])[:]
        if isinstance(scope, ast.FunctionDef):
            arguments = [a.arg for a in (*scope.args.args, *scope.args.kwonlyargs)]
            if word in arguments and scope.name not in REPORTS:
                given += _from_callers(word, scope, here)
        for value in given:
            yield from texts(value, here, seen)
        if given:
            return
    if found := _imported(word, here):
        for value in found.given.get((found.tree, word), ()):
            yield from texts(value, found, seen)


def _from_callers(word: str, function: ast.FunctionDef, here: Source) -> list[ast.AST]:
    """What the callers in this file give for an argument."""
    names = [a.arg for a in function.args.args]
    index = names.index(word) - (names[0] == "self") if word in names else -1
    out: list[ast.AST] = []
    for call in here.calls.get(function.name, ()):
        if 0 <= index < len(call.args):
            out.append(call.args[index])
        out += [k.value for k in call.keywords if k.arg == word]
    return out


# --- what the tests quote --------------------------------------------------------------------------------------------

TABLES = (".svtest", ".md", ".sieve")


def quoted() -> list[str]:
    """All strings of all tests, with a NUL for what is filled in; and their tables."""
    strings: list[str] = []
    for path in sorted((ROOT / "tests").rglob("*")):
        if path.suffix == ".py" and path.parent.name != "house":
            strings += _strings(tree(path))
        elif path.is_file() and (path.suffix in TABLES or "cases" in path.parts):
            strings.append(path.read_bytes().decode("utf-8", "replace").replace('\\"', '"').replace("\\\\", "\\"))
    return strings


def _strings(module: ast.Module) -> Iterator[str]:
    """The strings of a test that are no docstrings."""
    passed: set[ast.AST] = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Expr):
            passed.add(node.value)
        elif isinstance(node, ast.JoinedStr):
            passed |= set(node.values)
            yield "".join(str(v.value) if isinstance(v, ast.Constant) else "\0" for v in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in passed:
            yield node.value


def unquoted(texts: Iterable[Said]) -> list[Said]:
    """Those of the texts that no test quotes."""
    strings = quoted()
    everything, starts = "\1".join(strings), list(accumulate(len(string) + 1 for string in strings))
    return [
        one for one in texts if not any(one.is_in(string) for string in _with(one.longest, everything, strings, starts))
    ]


def _with(text: str, everything: str, strings: list[str], starts: list[int]) -> Iterator[str]:
    """The strings that a text is in: looked for in all of them at once, which takes a tenth of the time."""
    at = everything.find(text)
    while at >= 0:
        index = bisect_right(starts, at)
        yield strings[index]
        at = everything.find(text, starts[index])
