"""Arrows only point down, and the habits of the house hold everywhere."""

import ast
import re

from django.urls import URLPattern
from importlinter.cli import lint_imports

from tests.house.routes import ROUTES
from tests.house.source import APPS, modules

SUPPRESSION = re.compile(r"#\s*(noqa|type:\s*ignore|pragma)")
WITH_REASON = re.compile(
    r"# noqa: [A-Z0-9, ]+ - \S+|# type: ignore\[[\w, -]+\]\s+# \S+|# pragma: no cover - \S+"
)


def test_imports_keep_the_contracts() -> None:
    assert lint_imports(no_cache=True) == 0


def test_nothing_catches_everything_but_the_worker_between_two_rows() -> None:
    found = [
        str(path)
        for path, _text, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or names(node.type) & {"Exception", "BaseException"})
    ]
    assert found == ["partners/duties.py"]


def names(expression: ast.expr) -> set[str]:
    """Return the names an expression mentions."""
    return {node.id for node in ast.walk(expression) if isinstance(node, ast.Name)}


def test_views_are_plain_functions() -> None:
    ours = [route for route in ROUTES if route.callback.__module__.split(".")[0] in APPS]
    assert ours
    assert [route.name for route in ours if hasattr(route.callback, "view_class")] == []
    assert all(isinstance(route.pattern, URLPattern) for route in ours)


def test_every_suppression_says_why() -> None:
    found = [
        f"{path}:{number}: {line.strip()}"
        for path, text, _tree in modules()
        for number, line in enumerate(text.splitlines(), 1)
        if SUPPRESSION.search(line) and not WITH_REASON.search(line)
    ]
    assert found == []
