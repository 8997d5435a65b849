"""What is tracked speaks of the project only, and stands where the house has a place for it."""

import re
from collections.abc import Iterator

from tests.house.source import ROOT, tracked

TOP = {"manage.py", "pyproject.toml", "README.md", *["config", "partners", "customers", "subscriptions"]}
TOP |= {"templates", "static", "tests", "LICENSE"}
NAMELESS = {f"{word}.py" for word in ["utils", "helpers", "common", "core", "base", "services", "misc"]}
# Written so that this file does not match itself.
REGISTRY = re.compile(r"pyp[i][.]org|python[h]osted|npm[j]s[.]|deb[.]d[e]bian")
MACHINE = re.compile(r"(^|[^a-zA-Z0-9_.])/(w[o]rk|f[a]rm|r[o]ot)/", re.MULTILINE)
UNFINISHED = re.compile(r"T[O]DO|FIX[M]E|X[X]X", re.IGNORECASE)


def texts() -> Iterator[tuple[str, str]]:
    """Yield the tracked files that are text: path and content."""
    for path in tracked():
        content = (ROOT / path).read_bytes()
        if b"\0" not in content:
            yield path.as_posix(), content.decode("utf-8", "replace")


def test_no_file_names_a_package_registry() -> None:
    assert [path for path, text in texts() if REGISTRY.search(text)] == []


def test_no_file_names_a_path_of_one_machine() -> None:
    ours = ((path, text) for path, text in texts() if not path.startswith("static/vendor/"))
    assert [path for path, text in ours if MACHINE.search(text)] == []


def test_nothing_is_marked_as_unfinished() -> None:
    ours = (
        (path, text)
        for path, text in texts()
        if path.endswith((".py", ".html")) and not path.startswith("static/vendor/")
    )
    assert [path for path, text in ours if UNFINISHED.search(text)] == []


def test_the_top_level_is_the_agreed_one() -> None:
    assert {path.parts[0] for path in tracked() if not path.parts[0].startswith(".")} - TOP == set()


def test_every_module_has_a_name_that_says_something() -> None:
    assert [str(path) for path in tracked() if path.name in NAMELESS] == []
