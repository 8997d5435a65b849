"""The development environment that quickstart makes for itself, before Django reads any setting."""

import os
import secrets
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def prepare(arguments: list[str]) -> None:
    """Write `.env` with a fresh secret unless it is there; stop with a sentence if the folder is read-only.

    Links in mails are built from SITE_URL, so that another port must be known before settings load.
    """
    environment = ROOT / ".env"
    try:
        (ROOT / ".dev").mkdir(exist_ok=True)
        probe = ROOT / ".dev" / ".writable"
        probe.touch()
        probe.unlink()
        if not environment.exists():
            environment.touch(mode=0o600)
            environment.write_text(
                "# Made by quickstart, for development only.\n"
                f"DEBUG=on\nSECRET_KEY={secrets.token_urlsafe(50)}\n",
                encoding="utf-8",
            )
    except OSError as problem:
        sys.exit(f"Multicanale cannot write in {ROOT}: {problem.strerror}. Use a folder of your own.")
    port = _port(arguments)
    if port:
        os.environ.setdefault("SITE_URL", f"http://127.0.0.1:{port}")


def make_do() -> None:
    """Lend this one process a secret if the machine has none: the rulebook asks nothing of the machine."""
    if "SECRET_KEY" not in os.environ and not (ROOT / ".env").exists():
        os.environ.update(DEBUG="on", SECRET_KEY=secrets.token_urlsafe(50))


def _port(arguments: list[str]) -> str:
    for position, argument in enumerate(arguments):
        if argument.startswith("--port="):
            return argument.partition("=")[2]
        if argument == "--port":
            return "".join(arguments[position + 1 : position + 2])
    return ""
