"""Calls: of the project's functions and classes, and of what of Python's own is safe."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, Optional

from pipeloom.importing import builtin
from pipeloom.importing.values import Bound, Class, External, Function, Instance, Unknown, is_plain

if TYPE_CHECKING:
    from pipeloom.importing.evaluate import Scope

DEEPEST = 40
"""How many calls may stand in one another."""


class Calls:
    """Calls of a project; a part of :class:`~pipeloom.importing.evaluate.Evaluator`."""

    depth = 0

    if TYPE_CHECKING:

        def step(self) -> None: ...
        def value(self, node: Optional[ast.AST], scope: Scope) -> Any: ...
        def unknown(self, node: ast.AST, scope: Scope) -> Unknown: ...
        def place(self, node: ast.AST, scope: Scope) -> Any: ...
        def items(self, value: Any) -> Any: ...
        def execute(self, body: list[ast.stmt], scope: Scope) -> Any: ...
        def _elements(self, nodes: list[ast.expr], scope: Scope) -> Any: ...

    def _call(self, node: ast.Call, scope: Scope) -> Any:
        args = list(self._elements(node.args, scope))
        kwargs: dict[str, Any] = {}
        for keyword in node.keywords:
            value = self.value(keyword.value, scope)
            if keyword.arg is not None:
                kwargs[keyword.arg] = value
            elif isinstance(value, dict):
                kwargs.update(value)
        if is_super(node.func):
            return self._super(node, args, kwargs, scope)
        if isinstance(node.func, ast.Attribute):
            of = self.value(node.func.value, scope)
            for kind, methods in builtin.METHODS.items():
                if isinstance(of, kind):
                    return self._method(node, of, methods, args, kwargs, scope)
        called = self.value(node.func, scope)
        if isinstance(called, Class):
            return self.instance(called, args, kwargs, node, scope)
        if isinstance(called, Bound):
            return self.call(called.function, [called.of, *args], kwargs, node, scope)
        if isinstance(called, Function):
            return self.call(called, args, kwargs, node, scope)
        if isinstance(called, External):
            return self._external(node, called.name, args, kwargs, scope)
        return self.unknown(node, scope)

    def _method(
        self, node: ast.Call, of: Any, methods: list[str], args: list[Any], kwargs: dict[str, Any], scope: Scope
    ) -> Any:
        name = getattr(node.func, "attr", "")
        if name not in methods or not (name in builtin.ANYTHING or is_plain([of, args, kwargs])):
            return self.unknown(node, scope)
        if isinstance(of, str):
            builtin.checked_texts([of, *args, *(args[0] if name == "join" else [])])
        if name == "format":
            builtin.checked_format(of)
        return self._listed(getattr(of, name)(*args, **kwargs))

    def _external(self, node: ast.Call, name: str, args: list[Any], kwargs: dict[str, Any], scope: Scope) -> Any:
        function = {**builtin.FUNCTIONS, **builtin.EXTERNAL}.get(name)
        shallow = name in ("len", "list", "tuple", "dict", "enumerate", "zip", "reversed")
        if function is None or not (is_plain([args, kwargs]) or (shallow and not _has_unknown(args))):
            return next((arg for arg in args if isinstance(arg, Unknown)), None) or self.unknown(node, scope)
        if name not in ("len", "range"):
            args = [list(self.items(arg)) if isinstance(arg, range) else arg for arg in args]
        return self._listed(function(*args, **kwargs))

    def _listed(self, value: Any) -> Any:
        """Python's own iterators and views are lists here."""
        plain = value is None or isinstance(value, (bool, int, float, str, bytes, range, list, tuple, dict, set))
        is_object = isinstance(value, (Instance, Class, Function, Bound, External, Unknown))
        return value if plain or is_object else list(self.items(value))

    def instance(self, cls: Class, args: list[Any], kwargs: dict[str, Any], node: ast.AST, scope: Scope) -> Instance:
        """An object of a class, with what its ``__init__`` gives it."""
        made = Instance(cls, args, kwargs, self.place(node, scope))
        init = cls.find("__init__")
        if isinstance(init, Function):
            self.call(init, [made, *args], kwargs, node, scope)
        return made

    def call(
        self, function: Function, args: list[Any], kwargs: dict[str, Any], node: ast.AST, scope: Scope
    ) -> Any:
        """What a function of the project gives back."""
        from pipeloom.importing.evaluate import Scope

        if self.depth >= DEEPEST:
            return self.unknown(node, scope)
        names = self._bind(function, args, kwargs)
        inner = Scope(function.module, names, Scope(function.module))
        inner.owner = function.owner
        inner.this = args[0] if args and isinstance(args[0], Instance) else None
        self.depth += 1
        try:
            return self.execute(function.node.body, inner)
        finally:
            self.depth -= 1

    def _bind(self, function: Function, args: list[Any], kwargs: dict[str, Any]) -> dict[str, Any]:
        spec = function.node.args
        positional = [arg.arg for arg in [*spec.posonlyargs, *spec.args]]
        known = [*positional, *(arg.arg for arg in spec.kwonlyargs)]
        names = {**function.defaults, **dict(zip(positional, args))}
        names.update({name: value for name, value in kwargs.items() if name in known})
        if spec.vararg:
            names[spec.vararg.arg] = tuple(args[len(positional) :])
        if spec.kwarg:
            names[spec.kwarg.arg] = {name: value for name, value in kwargs.items() if name not in known}
        return names

    def _super(self, node: ast.Call, args: list[Any], kwargs: dict[str, Any], scope: Scope) -> Any:
        this = scope.this
        if this is None or scope.owner is None:
            return self.unknown(node, scope)
        method = this.cls.find(getattr(node.func, "attr", ""), after=scope.owner)
        if isinstance(method, Function):
            return self.call(method, [this, *args], kwargs, node, scope)
        return None


def is_super(node: ast.AST) -> bool:
    """Whether it is ``super().NAME``."""
    called = node.value if isinstance(node, ast.Attribute) else None
    return isinstance(called, ast.Call) and isinstance(called.func, ast.Name) and called.func.id == "super"


def _has_unknown(values: list[Any]) -> bool:
    return any(isinstance(value, (Unknown, External)) for value in values)
