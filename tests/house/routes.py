"""Every address the resolver knows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver


@dataclass(frozen=True)
class Route:
    """One pattern: the name it is reversed by, the whole path as written, and what answers."""

    name: str
    path: str
    callback: Callable[..., Any]
    pattern: URLPattern
    arguments: tuple[str, ...]

    @property
    def is_admin(self) -> bool:
        """Say whether it belongs to the admin, for which one policy holds."""
        return self.name.startswith("admin:")

    @property
    def is_account(self) -> bool:
        """Say whether it belongs to the sign-in package, for which one policy holds."""
        return self.name.startswith("account_")


def walk(resolver: URLResolver, namespace: str = "", path: str = "") -> Iterator[Route]:
    """Yield every route below a resolver."""
    for entry in resolver.url_patterns:
        whole = path + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from walk(entry, f"{namespace}{entry.namespace}:" if entry.namespace else namespace, whole)
        else:
            arguments = tuple(entry.pattern.regex.groupindex)
            yield Route(f"{namespace}{entry.name or whole}", whole, entry.callback, entry, arguments)


ROUTES = list(walk(get_resolver()))
