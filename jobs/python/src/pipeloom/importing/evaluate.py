"""Expressions. What cannot be known is an :class:`Unknown`, and so is all that is made of it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import Any, Callable, Optional

from pipeloom.importing import builtin
from pipeloom.importing.builtin import TooMuchError
from pipeloom.importing.calls import Calls
from pipeloom.importing.values import Bound, Class, External, Function, Instance, Module, Place, Unknown, is_plain

# What goes wrong in an operation goes wrong in the project too: its value is not known.
WRONG = (ArithmeticError, AttributeError, KeyError, IndexError, LookupError, TypeError, ValueError, TooMuchError)


class Scope:
    """Names, where they are looked up, and whose they are."""

    def __init__(self, module: Module, names: Optional[dict[str, Any]] = None, outer: Optional[Scope] = None) -> None:
        self.module = module
        self.names = module.names if names is None else names
        self.outer = outer
        self.owner: Optional[Class] = outer.owner if outer else None
        """The class whose method this is."""
        self.this: Optional[Instance] = outer.this if outer else None

    def find(self, name: str) -> Any:
        """The value of a name, or ``LookupError``."""
        if name in self.names:
            return self.names[name]
        if self.outer is not None:
            return self.outer.find(name)
        if name in builtin.FUNCTIONS:
            return External(name)
        raise LookupError(name)

    def inner(self, names: dict[str, Any]) -> Scope:
        return Scope(self.module, names, self)


class Evaluator(Calls):
    """Expressions of a project."""

    imported: dict[str, Module]
    """What ``import`` has found, by its whole name."""

    def value(self, node: Optional[ast.AST], scope: Scope) -> Any:
        """What an expression stands for."""
        if node is None:
            return None
        self.step()
        way = getattr(self, "_" + type(node).__name__.lower(), None)
        if way is None:
            return self.unknown(node, scope)
        try:
            return way(node, scope)
        except WRONG:
            return self.unknown(node, scope)

    def unknown(self, node: ast.AST, scope: Scope) -> Unknown:
        text = " ".join(ast.unparse(node).split())
        return Unknown(self.place(node, scope), text if len(text) <= 60 else text[:57] + "...")

    def place(self, node: ast.AST, scope: Scope) -> Place:
        return Place(scope.module.path, getattr(node, "lineno", 1))

    def items(self, value: Any) -> Iterator[Any]:
        """What a loop over a value gives."""
        if not isinstance(value, (list, tuple, dict, set, str, range)) and not isinstance(value, Iterable):
            raise TypeError
        for item in list(value) if isinstance(value, (list, dict, set)) else value:
            self.step()
            yield item

    def _constant(self, node: ast.Constant, scope: Scope) -> Any:
        return node.value

    def _name(self, node: ast.Name, scope: Scope) -> Any:
        return scope.find(node.id)

    def _list(self, node: ast.List, scope: Scope) -> Any:
        return list(self._elements(node.elts, scope))

    def _tuple(self, node: ast.Tuple, scope: Scope) -> Any:
        return tuple(self._elements(node.elts, scope))

    def _set(self, node: ast.Set, scope: Scope) -> Any:
        return set(self._elements(node.elts, scope))

    def _elements(self, nodes: list[ast.expr], scope: Scope) -> Iterator[Any]:
        for node in nodes:
            if not isinstance(node, ast.Starred):
                yield self.value(node, scope)
                continue
            spread = self.value(node.value, scope)
            if isinstance(spread, Unknown):
                yield spread
            else:
                yield from self.items(spread)

    def _dict(self, node: ast.Dict, scope: Scope) -> Any:
        found: dict[Any, Any] = {}
        for key, item in zip(node.keys, node.values):
            value = self.value(item, scope)
            if key is None:
                found.update(value)
            else:
                found[self.value(key, scope)] = value
        return found

    def _joinedstr(self, node: ast.JoinedStr, scope: Scope) -> Any:
        parts = [self.value(part, scope) for part in node.values]
        return next((part for part in parts if isinstance(part, Unknown)), None) or "".join(map(str, parts))

    def _formattedvalue(self, node: ast.FormattedValue, scope: Scope) -> Any:
        value, spec = self.value(node.value, scope), self.value(node.format_spec, scope) or ""
        if not is_plain(value) or isinstance(spec, Unknown):
            return self.unknown(node.value, scope)
        builtin.checked_format("{:" + spec + "}")
        ways: dict[int, Callable[[Any], str]] = {ord("r"): repr, ord("s"): str, ord("a"): ascii}
        convert = ways.get(node.conversion)
        return format(convert(value) if convert else value, spec)

    def _binop(self, node: ast.BinOp, scope: Scope) -> Any:
        left, right = self.value(node.left, scope), self.value(node.right, scope)
        return self.binary(node, left, right, scope)

    def binary(self, node: Any, left: Any, right: Any, scope: Scope) -> Any:
        """A binary operation, on plain data or to join lists of anything. What is not known leaves a mark in a list."""
        if isinstance(node.op, ast.Add) and isinstance(left, list) and isinstance(right, Unknown):
            return [*left, right]
        if isinstance(node.op, ast.Add) and isinstance(left, Unknown) and isinstance(right, list):
            return [left, *right]
        lists = (isinstance(left, list) and isinstance(right, (list, int))) or isinstance(right, list)
        if not lists and not (is_plain(left) and is_plain(right)):
            return self._first_unknown(node, [left, right], scope)
        return builtin.BINARY[type(node.op)](left, right)

    def _unaryop(self, node: ast.UnaryOp, scope: Scope) -> Any:
        value = self.value(node.operand, scope)
        return builtin.UNARY[type(node.op)](value) if is_plain(value) else self._first_unknown(node, [value], scope)

    def _boolop(self, node: ast.BoolOp, scope: Scope) -> Any:
        value: Any = None
        for operand in node.values:
            value = self.value(operand, scope)
            if isinstance(value, Unknown):
                return value
            if bool(value) == isinstance(node.op, ast.Or):
                return value
        return value

    def _compare(self, node: ast.Compare, scope: Scope) -> Any:
        left = self.value(node.left, scope)
        for op, right_node in zip(node.ops, node.comparators):
            right = self.value(right_node, scope)
            for operand in (left, right):
                if isinstance(operand, (Unknown, External)):
                    return self._first_unknown(node, [left, right], scope)
            if not builtin.COMPARE[type(op)](left, right):
                return False
            left = right
        return True

    def _ifexp(self, node: ast.IfExp, scope: Scope) -> Any:
        test = self.value(node.test, scope)
        return test if isinstance(test, Unknown) else self.value(node.body if test else node.orelse, scope)

    def _subscript(self, node: ast.Subscript, scope: Scope) -> Any:
        value, key = self.value(node.value, scope), self.value(node.slice, scope)
        if isinstance(value, (Unknown, External)) or isinstance(key, (Unknown, External)):
            return self._first_unknown(node, [value, key], scope)
        return value[key]

    def _slice(self, node: ast.Slice, scope: Scope) -> Any:
        return slice(*(self.value(part, scope) for part in (node.lower, node.upper, node.step)))

    def _listcomp(self, node: ast.ListComp, scope: Scope) -> Any:
        return [self.value(node.elt, inner) for inner in self._rounds(node.generators, scope)]

    def _setcomp(self, node: ast.SetComp, scope: Scope) -> Any:
        return {self.value(node.elt, inner) for inner in self._rounds(node.generators, scope)}

    def _generatorexp(self, node: ast.GeneratorExp, scope: Scope) -> Any:
        return [self.value(node.elt, inner) for inner in self._rounds(node.generators, scope)]

    def _dictcomp(self, node: ast.DictComp, scope: Scope) -> Any:
        rounds = self._rounds(node.generators, scope)
        return {self.value(node.key, inner): self.value(node.value, inner) for inner in rounds}

    def _rounds(self, generators: list[ast.comprehension], scope: Scope) -> Iterator[Scope]:
        if not generators:
            yield scope
            return
        first, *rest = generators
        for item in self.items(self.value(first.iter, scope)):
            inner = scope.inner({})
            self.assign(first.target, item, inner)
            tests = [self.value(test, inner) for test in first.ifs]
            if any(isinstance(test, Unknown) for test in tests):
                raise ValueError
            if all(tests):
                yield from self._rounds(rest, inner)

    def _attribute(self, node: ast.Attribute, scope: Scope) -> Any:
        of = self.value(node.value, scope)
        if isinstance(of, External):
            name = f"{of.name}.{node.attr}"
            return self.imported.get(name) or External(name)
        if isinstance(of, Module):
            return of.names[node.attr]
        if isinstance(of, Class):
            return of.find(node.attr) if of.has(node.attr) else self.unknown(node, scope)
        if isinstance(of, Instance) and (node.attr in of.names or of.cls.has(node.attr)):
            found = of.get(node.attr)
            return Bound(found, of) if isinstance(found, Function) else found
        return self._first_unknown(node, [of], scope)

    def _first_unknown(self, node: ast.AST, values: list[Any], scope: Scope) -> Unknown:
        return next((value for value in values if isinstance(value, Unknown)), None) or self.unknown(node, scope)

    def assign(self, target: ast.AST, value: Any, scope: Scope) -> None:
        """Gives names, or what else stands left of a sign, a value."""
        if isinstance(target, ast.Name):
            scope.names[target.id] = value
        elif isinstance(target, (ast.Tuple, ast.List)):
            parts = list(value) if isinstance(value, (list, tuple, str, range)) else [value] * len(target.elts)
            for part, item in zip(target.elts, parts):
                self.assign(part, item, scope)
        elif isinstance(target, ast.Attribute):
            of = self.value(target.value, scope)
            if isinstance(of, (Instance, Class)):
                of.names[target.attr] = value
        elif isinstance(target, ast.Subscript):
            of, key = self.value(target.value, scope), self.value(target.slice, scope)
            if isinstance(of, (list, dict)) and is_plain(key):
                of[key] = value

