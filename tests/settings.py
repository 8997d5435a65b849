"""The project's settings on a machine that set nothing, with cheap passwords and mail kept in memory."""

import os
import tempfile
from pathlib import Path

os.environ.update(
    DEBUG="off",
    SECRET_KEY="only-the-tests-know-this-key-and-it-guards-nothing-at-all",
    SITE_URL="https://multicanale.example",
    ALLOWED_HOSTS="testserver,localhost,127.0.0.1,multicanale.example",
    EMAIL_URL="memorymail://",
    CACHE_URL="locmemcache://",
    DATABASE_URL=os.environ.get("DATABASE_URL", "sqlite:///:memory:"),
)

from config.settings import *  # noqa: F403 - the environment comes first; all settings are wanted
from config.settings import DATABASES, STORAGES

SECURE_SSL_REDIRECT = False  # the test client speaks plain http
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = False  # and so do the browser journeys
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "sessionid", "csrftoken"
LANGUAGE_COOKIE_NAME, THEME_COOKIE_NAME, DEVICE_COOKIE_NAME = "language", "theme", "device"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    **STORAGES,
    "evidence": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A file, under either name: a live server that believes its database is in memory gives the tests' own
    # connection to its threads, which close it.
    _file = str(Path(tempfile.gettempdir()) / f"multicanale-test-{os.getpid()}.sqlite3")
    DATABASES["default"] |= {"NAME": _file, "TEST": {"NAME": _file}}

WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = True  # nothing is collected for a test
