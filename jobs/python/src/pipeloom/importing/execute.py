"""Statements: assignments, loops, branches, functions and classes."""

from __future__ import annotations

import ast
from typing import Any, Callable, Optional

from pipeloom.importing.evaluate import WRONG, Evaluator, Scope
from pipeloom.importing.values import Class, External, Function, Module, Place, Unknown

MOST_STEPS = 1_000_000
"""What takes longer is not followed to its end."""


class TooLongError(Exception):
    """The project computes too much while it is imported."""


class _Return(Exception):  # noqa: N818 (it is no error)
    def __init__(self, value: Any) -> None:
        self.value = value


class _Break(Exception):  # noqa: N818
    pass


class _Continue(Exception):  # noqa: N818
    pass


class Executor(Evaluator):
    """Statements of a project. ``import_module`` finds other files."""

    def __init__(self, import_module: Callable[[str, Place], Optional[Module]]) -> None:
        self.import_module = import_module
        self.imported = {}
        self.steps = 0

    def step(self) -> None:
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise TooLongError

    def execute(self, body: list[ast.stmt], scope: Scope) -> Any:
        """Runs through statements, and gives what they return."""
        try:
            self._body(body, scope)
        except _Return as returned:
            return returned.value
        except (_Break, _Continue):
            return None
        return None

    def _body(self, body: list[ast.stmt], scope: Scope) -> None:
        for statement in body:
            self.step()
            way = getattr(self, "_do_" + type(statement).__name__.lower(), None)
            if way is not None:
                way(statement, scope)
            elif not isinstance(statement, (ast.Pass, ast.Assert, ast.Global, ast.Nonlocal, ast.Delete)):
                self._leave_out(statement, scope)

    def _leave_out(self, statement: ast.stmt, scope: Scope) -> None:
        unknown = self.unknown(statement, scope)
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                scope.names[node.id] = Unknown(unknown.place, node.id)
            # What is put into a list here is lost, so that the list is not known either.
            if isinstance(node, (ast.Call, ast.AugAssign)):
                self._forget(node, scope, unknown)

    def _forget(self, node: Any, scope: Scope, unknown: Unknown) -> None:
        target = node.func.value if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else None
        target = node.target if isinstance(node, ast.AugAssign) else target
        found = scope.names.get(target.id) if isinstance(target, ast.Name) else None
        if isinstance(found, list) and unknown not in found:
            found.append(unknown)

    def _do_expr(self, statement: ast.Expr, scope: Scope) -> None:
        value = self.value(statement.value, scope)
        if isinstance(value, Unknown) and isinstance(statement.value, ast.Call):
            self._forget(statement.value, scope, value)

    def _do_assign(self, statement: ast.Assign, scope: Scope) -> None:
        value = self.value(statement.value, scope)
        for target in statement.targets:
            self.assign(target, value, scope)

    def _do_annassign(self, statement: ast.AnnAssign, scope: Scope) -> None:
        if statement.value is not None:
            self.assign(statement.target, self.value(statement.value, scope), scope)

    def _do_augassign(self, statement: ast.AugAssign, scope: Scope) -> None:
        left = self.value(statement.target, scope)
        right = self.value(statement.value, scope)
        in_place = isinstance(left, list) and isinstance(right, (list, tuple)) and isinstance(statement.op, ast.Add)
        try:
            value = self.binary(statement, left, list(right) if in_place else right, scope)
            if in_place:
                left[:] = value
                return
        except WRONG:
            value = self.unknown(statement, scope)
        self.assign(statement.target, value, scope)

    def _do_for(self, statement: ast.For, scope: Scope) -> None:
        items = self.value(statement.iter, scope)
        if not isinstance(items, (list, tuple, dict, set, str, range)):
            self._leave_out(statement, scope)
            return
        for item in self.items(items):
            self.assign(statement.target, item, scope)
            if not self._round(statement.body, scope):
                return
        self._body(statement.orelse, scope)

    def _do_while(self, statement: ast.While, scope: Scope) -> None:
        while True:
            test = self.value(statement.test, scope)
            if isinstance(test, Unknown):
                self._leave_out(statement, scope)
                return
            if not test:
                break
            if not self._round(statement.body, scope):
                return
        self._body(statement.orelse, scope)

    def _round(self, body: list[ast.stmt], scope: Scope) -> bool:
        """One round of a loop. Whether there may be another."""
        try:
            self._body(body, scope)
        except _Continue:
            return True
        except _Break:
            return False
        return True

    def _do_if(self, statement: ast.If, scope: Scope) -> None:
        test = self.value(statement.test, scope)
        if isinstance(test, (Unknown, External)):
            self._leave_out(statement, scope)
        else:
            self._body(statement.body if test else statement.orelse, scope)

    def _do_try(self, statement: ast.Try, scope: Scope) -> None:
        for part in (statement.body, statement.orelse, statement.finalbody):
            self._body(part, scope)

    def _do_return(self, statement: ast.Return, scope: Scope) -> None:
        raise _Return(self.value(statement.value, scope))

    def _do_raise(self, statement: ast.Raise, scope: Scope) -> None:
        raise _Return(self.unknown(statement, scope))

    def _do_break(self, statement: ast.Break, scope: Scope) -> None:
        raise _Break

    def _do_continue(self, statement: ast.Continue, scope: Scope) -> None:
        raise _Continue

    def _do_functiondef(self, statement: ast.FunctionDef, scope: Scope) -> None:
        args = statement.args
        positional = [*args.posonlyargs, *args.args]
        given = zip(reversed(positional), reversed(args.defaults))
        defaults = {arg.arg: self.value(default, scope) for arg, default in given}
        for arg, default in zip(args.kwonlyargs, args.kw_defaults):
            if default is not None:
                defaults[arg.arg] = self.value(default, scope)
        plain = not statement.decorator_list
        value = Function(statement, scope.module, defaults) if plain else self.unknown(statement, scope)
        scope.names[statement.name] = value

    def _do_classdef(self, statement: ast.ClassDef, scope: Scope) -> None:
        bases = [base for base in (self.value(node, scope) for node in statement.bases) if isinstance(base, Class)]
        names: dict[str, Any] = {}
        made = Class(statement.name, scope.module, bases, names, statement.lineno)
        self._body(statement.body, scope.inner(names))
        for value in names.values():
            if isinstance(value, Function):
                value.owner = made
        scope.names[statement.name] = made

    def _do_import(self, statement: ast.Import, scope: Scope) -> None:
        for alias in statement.names:
            module = self.import_module(alias.name, self.place(statement, scope))
            if module is not None:
                self.imported[alias.name] = module
            first = alias.name.split(".")[0]
            if alias.asname:
                scope.names[alias.asname] = module or External(alias.name)
            else:
                scope.names[first] = self.imported.get(first) or External(first)

    def _do_importfrom(self, statement: ast.ImportFrom, scope: Scope) -> None:
        package = scope.module.name.split(".")[: -statement.level] if statement.level else []
        name = ".".join([*package, statement.module or ""]).strip(".")
        place = self.place(statement, scope)
        module = self.import_module(name, place) if name else None
        for alias in statement.names:
            if alias.name == "*":
                public = (module.names if module else {}).items()
                scope.names.update({key: value for key, value in public if not key.startswith("_")})
            elif module is not None:
                missing = Unknown(place, f"{name}.{alias.name}")
                inner = None if alias.name in module.names else self.import_module(f"{name}.{alias.name}", place)
                scope.names[alias.asname or alias.name] = inner or module.names.get(alias.name, missing)
            else:
                scope.names[alias.asname or alias.name] = External(f"{name}.{alias.name}")
