"""What the log of the web server must not keep."""

import logging
import re

# /i/… opens an invitation, /my/… a customer's page, /join/… a team, /onboarding/… a reseller's way in,
# a reset key somebody's account.
SECRET_PATHS = re.compile(
    r"((?:/|%2F)(?:i|my|join|onboarding)(?:/|%2F)|/password/reset/key/)[^\s\"']+", re.IGNORECASE
)


def hide(text: str) -> str:
    """Return a text in which every such address is cut off where its secret begins."""
    return SECRET_PATHS.sub(r"\1...", text)


class HideSecretPaths(logging.Filter):
    """Hides the secret part of addresses in every record that passes."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record where it names such an address; let every record through."""
        message = record.getMessage()
        if SECRET_PATHS.search(message):
            record.msg, record.args = hide(message), ()
        return True
