"""No handler writes a log line in which an address that opens something can be read."""

import logging

import pytest

from config.logs import HideSecretPaths


@pytest.mark.parametrize(
    "name", ["django", "django.request", "django.server", "django.security.csrf", "multicanale.mail"]
)
def test_every_handler_of_the_product_hides_secret_addresses(name: str) -> None:
    logger: logging.Logger | None = logging.getLogger(name)
    while logger is not None:
        for handler in logger.handlers:
            if type(handler).__module__.startswith("_pytest"):
                continue
            assert any(isinstance(one, HideSecretPaths) for one in handler.filters), (logger.name, handler)
        logger = logger.parent if logger.propagate else None
