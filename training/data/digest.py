"""Digest of the code that a result depends on."""

from __future__ import annotations

import ast
import functools
import hashlib
import inspect
import sys
import textwrap
from collections.abc import Callable
from dataclasses import is_dataclass
from types import ModuleType
from typing import Any

PROJECT = ("models", "training")
"""Packages whose code counts. Libraries do not."""

_PLAIN = (bool, int, float, str, bytes, type(None))


def code_digest(*functions: Callable[..., Any]) -> str:
    """Return the SHA-256 of the code of functions and of all project code that they refer to.

    The digest covers the syntax trees of the functions, of the project's functions and classes that
    their names, attributes and annotations refer to, and the values of the project's constants. It
    does not cover comments, docstrings, layout, file names or module names, so that moving or
    rewording code changes no digest.

    Parameters
    ----------
    *functions : callable
        Functions or classes of the project.
    """
    found: dict[int, str] = {}
    for function in functions:
        _collect(inspect.unwrap(function), found)
    return hashlib.sha256("\n".join(sorted(found.values())).encode()).hexdigest()


def _collect(item: Any, found: dict[int, str]) -> None:
    """Add the source of a function or class, and of all that it refers to, to `found`."""
    if id(item) in found:
        return
    tree = _tree(item)
    found[id(item)] = ast.dump(tree)
    scope = vars(sys.modules[item.__module__])
    for node in ast.walk(tree):
        for value in _values(node, scope):
            value = inspect.unwrap(value) if callable(value) else value
            if _is_code(value):
                _collect(value, found)
            else:
                text = _constant(value)
                if text is not None:
                    found[id(value)] = f"{_last_name(node)} = {text}"
                if is_dataclass(value) and not isinstance(value, type) and _is_code(type(value)):
                    _collect(type(value), found)


def _tree(item: Any) -> ast.AST:
    source = textwrap.dedent(inspect.getsource(item))
    tree: ast.AST = _WithoutText().visit(ast.parse(source))
    return tree


class _WithoutText(ast.NodeTransformer):
    """Removes docstrings: strings that stand alone as a statement."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        text = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return None if text else self.generic_visit(node)


def _values(node: ast.AST, scope: dict[str, Any]) -> list[Any]:
    """Return what a name, or an attribute of a module, refers to; nothing for local names."""
    if isinstance(node, ast.Name) and node.id in scope:
        return [scope[node.id]]
    if isinstance(node, ast.Attribute):
        return [
            getattr(module, node.attr)
            for module in _values(node.value, scope)
            if isinstance(module, ModuleType)
            and module.__name__.split(".")[0] in PROJECT
            and hasattr(module, node.attr)
        ]
    return []


def _last_name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")


def _is_code(value: Any) -> bool:
    module = getattr(value, "__module__", None) or ""
    kinds = inspect.isfunction(value) or inspect.isclass(value)
    return kinds and module.split(".")[0] in PROJECT


def _constant(value: Any) -> str | None:
    """Return a text that stands for a constant; None if it is no plain value."""
    if isinstance(value, _PLAIN) or (is_dataclass(value) and not isinstance(value, type)):
        return repr(value)
    if isinstance(value, tuple | list | frozenset | set):
        parts = [str(_constant(part)) for part in value]
        parts = sorted(parts) if isinstance(value, frozenset | set) else parts
        return f"{type(value).__name__}{parts}"
    if isinstance(value, dict):
        return str([(_constant(key), _constant(part)) for key, part in value.items()])
    if isinstance(value, functools.partial):
        return _constant(value.args)
    return None
