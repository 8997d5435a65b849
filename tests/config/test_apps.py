"""What a migrate makes beside the tables of the models."""

from typing import Any

import pytest
from django.core.cache import caches
from django.db import connection

from config.apps import make_cache_table


@pytest.mark.django_db
def test_the_cache_s_table_is_made_once_and_works(settings: Any) -> None:
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache_of_a_test"}
    }
    for _ in range(2):
        make_cache_table(connection.alias)
    assert "cache_of_a_test" in connection.introspection.table_names()
    caches["default"].set("tries", 3)
    assert caches["default"].get("tries") == 3
