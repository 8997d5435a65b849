"""The development environment that quickstart makes for itself, before Django reads any setting."""

import secrets
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def prepare() -> None:
    """Write `.env` with a fresh secret unless it is there; stop with a sentence if the folder is read-only."""
    environment = ROOT / ".env"
    try:
        (ROOT / ".dev").mkdir(exist_ok=True)
        probe = ROOT / ".dev" / ".writable"
        probe.touch()
        probe.unlink()
        if not environment.exists():
            environment.write_text(
                "# Made by quickstart, for development only.\n"
                f"DEBUG=on\nREQUIRE_MFA=off\nSECRET_KEY={secrets.token_urlsafe(50)}\n",
                encoding="utf-8",
            )
            environment.chmod(0o600)
    except OSError as problem:
        sys.exit(f"Multicanale cannot write in {ROOT}: {problem.strerror}. Use a folder of your own.")
