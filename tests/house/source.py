"""What the house checks read: the tracked files and the parsed source."""

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
APPS = ("config", "customers", "partners", "subscriptions")


def tracked() -> list[Path]:
    """Return the files of the project: tracked, or about to be; relative to its root."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    out = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout  # noqa: S603 - fixed words
    return sorted(Path(name) for name in set(out.split("\0")) if name and (ROOT / name).is_file())


def modules() -> Iterator[tuple[Path, str, ast.Module]]:
    """Yield every module of the apps but the migrations: its path, its text and its syntax tree."""
    for path in tracked():
        if path.suffix == ".py" and path.parts[0] in APPS and "migrations" not in path.parts:
            text = (ROOT / path).read_text("utf-8")
            yield path, text, ast.parse(text)


def pages() -> Iterator[tuple[Path, str]]:
    """Yield every template that a browser shows; mails are read by programs that know no policy of ours."""
    for path in tracked():
        if path.parts[0] == "templates" and path.suffix == ".html" and "emails" not in path.parts:
            yield path, (ROOT / path).read_text("utf-8")
