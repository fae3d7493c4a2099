"""Rules with one small fault each, made from their source: what the examples of a rule must notice."""

from __future__ import annotations

import ast
import copy
import importlib
import inspect
from collections.abc import Callable, Iterator, Sequence
from types import ModuleType
from typing import Any

from mdtapp.opinions.conflicts.evaluation import THEMES
from mdtapp.opinions.facts import CaseFacts

Condition = Callable[[CaseFacts], bool]

SWAPPED = {
    "advises": "prefers",
    "prefers": "advises",
    "is_below": "is_at_most",
    "is_at_most": "is_below",
    "is_above": "is_at_least",
    "is_at_least": "is_above",
}
"""Calls that are easily taken for each other."""
LISTING = ("advises", "prefers", "mentions", "prefers_intent", "differ")
"""Calls that name several things, any of which counts."""
OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
}


def faulty_conditions() -> Iterator[tuple[str, str, Condition]]:
    """Rule id, the fault in words, and the condition with that fault."""
    for theme in THEMES:
        source = ast.parse(inspect.getsource(theme))
        functions = {node.name: node for node in source.body if isinstance(node, ast.FunctionDef)}
        constants = {
            target.id: node
            for node in source.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for name, function in functions.items():
            if not name.startswith("x"):
                continue
            parts = [function, *_used(function, functions | constants)]
            for part in parts:
                for fault, changed in _faults(part):
                    yield name.upper(), f"{_name(part)}: {fault}", _compiled(theme, changed, parts, name)


def _used(node: ast.AST, known: dict[str, Any]) -> list[ast.stmt]:
    """The helpers and constants of the theme a function rests on, directly or not."""
    found: dict[str, ast.stmt] = {}
    open_nodes: list[ast.AST] = [node]
    while open_nodes:
        for inner in ast.walk(open_nodes.pop()):
            if isinstance(inner, ast.Name) and inner.id in known and inner.id not in found:
                found[inner.id] = known[inner.id]
                open_nodes.append(known[inner.id])
    return [each for name, each in found.items() if each is not node]


def _name(node: ast.stmt) -> str:
    if isinstance(node, ast.Assign):
        return ast.unparse(node.targets[0])
    return node.name if isinstance(node, ast.FunctionDef) else type(node).__name__


def _compiled(theme: ModuleType, changed: ast.stmt, parts: list[ast.stmt], name: str) -> Condition:
    """The rule's function beside its helpers, one of them changed, in a copy of the theme's names."""
    body = [changed if _name(part) == _name(changed) else part for part in parts]
    body = [_undecorated(part) for part in sorted(body, key=lambda part: isinstance(part, ast.FunctionDef))]
    names = dict(vars(importlib.import_module(theme.__name__)))
    exec(compile(ast.fix_missing_locations(ast.Module(body, [])), name, "exec"), names)
    condition: Condition = names[name]
    return condition


def _undecorated(part: ast.stmt) -> ast.stmt:
    part = copy.deepcopy(part)
    if isinstance(part, ast.FunctionDef):
        part.decorator_list = []
    return part


def _faults(part: ast.stmt) -> Iterator[tuple[str, ast.stmt]]:
    """The part with one node changed, for each node and each way to change it."""
    nodes = list(ast.walk(part))
    skipped = _not_conditions(part)
    for place, node in enumerate(nodes):
        if id(node) in skipped:
            continue
        for fault, change in _changes(node):
            changed = copy.deepcopy(part)
            change(list(ast.walk(changed))[place])
            yield f"{fault} in `{ast.unparse(node)[:90]}`", changed


def _not_conditions(part: ast.stmt) -> set[int]:
    """Decorators, docstrings and annotations decide nothing."""
    found: set[int] = set()
    for node in ast.walk(part):
        roots: list[ast.AST] = []
        if isinstance(node, ast.FunctionDef):
            roots = [*node.decorator_list, *([node.returns] if node.returns else []), node.args]
            if isinstance(node.body[0], ast.Expr):
                roots.append(node.body[0])
        found.update(id(inner) for root in roots for inner in ast.walk(root))
    return found


def _changes(node: ast.AST) -> Iterator[tuple[str, Callable[[Any], None]]]:
    yield from _logic_changes(node)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in SWAPPED:
        yield f"{SWAPPED[node.func.attr]} for {node.func.attr}", _swap_call
    of, parts, first = _enumerated(node)
    for place in range(first, len(parts)):
        yield f"without {ast.unparse(parts[place])}", _without(of, place)


def _logic_changes(node: ast.AST) -> Iterator[tuple[str, Callable[[Any], None]]]:
    match node:
        case ast.BoolOp(values=values):
            yield "and for or, or the reverse", _swap_logic
            for place in range(len(values)):
                yield f"without part {place + 1}", _without("values", place)
        case ast.UnaryOp(op=ast.Not()):
            yield "without not", _without_not
        case ast.Compare(ops=[op]) if type(op) in OPPOSITE:
            yield "the opposite", _opposite


def _enumerated(node: ast.AST) -> tuple[str, Sequence[Any], int]:
    """The attribute that holds a list of things a rule names, the list, and the first place that may be left out."""
    match node:
        case ast.Call(func=ast.Attribute(attr=attr), args=args) if attr in LISTING and len(args) > 1:
            return "args", args, 0
        case ast.Call(func=ast.Name(id="_has_illness" | "_any_m0"), args=args):
            return "args", args, 1
        case ast.Tuple(elts=elts) | ast.Set(elts=elts) if len(elts) > 1:
            return "elts", elts, 0
        case ast.Dict(keys=keys):
            return "keys", keys, 0
    return "", (), 0


def _swap_logic(node: ast.BoolOp) -> None:
    node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()


def _without(of: str, place: int) -> Callable[[Any], None]:
    def change(node: Any) -> None:
        del getattr(node, of)[place]
        if isinstance(node, ast.Dict):
            del node.values[place]
        if isinstance(node, ast.BoolOp) and len(node.values) == 1:
            node.values *= 2  # a lone part

    return change


def _without_not(node: ast.UnaryOp) -> None:
    node.op = ast.Not()
    node.operand = ast.UnaryOp(ast.Not(), node.operand)


def _opposite(node: ast.Compare) -> None:
    node.ops = [OPPOSITE[type(node.ops[0])]()]


def _swap_call(node: ast.Call) -> None:
    assert isinstance(node.func, ast.Attribute)
    node.func.attr = SWAPPED[node.func.attr]
