"""The invite wizard as somebody clicks through it: each step posted to its own address."""

import uuid
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse


class Walk:
    """One wizard in one browser, with what a provider types to invite a new company by itself."""

    def __init__(self, client: Client, **changes: Any) -> None:
        self.client, self.key = client, uuid.uuid4()
        self.whom: dict[str, Any] = {
            "route": "direct",
            "company": "Contoso",
            "email": "Carla@Contoso.example",
            "places": "1",
        }
        self.asks: dict[str, Any] = {
            "asks_provisioning": "on",
            "asks_support": "on",
            "privilege_days": "90",
            "looked_after": "reseller",
            "expires_on": "2026-04-20",
        }
        self.words: dict[str, Any] = {"language": "en", "opening": "Good morning,\r\nas agreed."}
        self.change(**changes)

    def change(self, **changes: Any) -> "Walk":
        """Type something else, at whichever step asks for it."""
        for name, value in changes.items():
            step = next((step for step in (self.whom, self.asks, self.words) if name in step), None)
            if step is None:
                step = self.whom if name in {"customer", "partnerships", "find"} else self.asks
            step[name] = value
        return self

    def address(self, name: str, *more: str) -> str:
        """Return one of this wizard's addresses."""
        return reverse(f"customers:invite-{name}", args=[self.key, *more])

    def get(self, name: str) -> HttpResponse:
        """Look at a step."""
        return self.client.get(self.address(name))

    def post(self, step: str) -> HttpResponse:
        """Go on from a step with what is typed."""
        return self.client.post(self.address(step), getattr(self, step))

    def to_check(self) -> Any:
        """Answer the three steps and return the last page; fails where one is refused."""
        for step in ("whom", "asks", "words"):
            answer: Any = self.post(step)
            assert answer.status_code == 302, (step, answer.context["form"].errors)
        return self.get("check")

    def end(self, name: str) -> Any:
        """Let it go from the last page as it is shown now: send, copy, own-mail or save."""
        seen = self.get("check").context["form"]["seen"].value()
        return self.client.post(self.address(name), {"seen": seen})

    def through(self, name: str) -> Any:
        """Answer the three steps and let it go."""
        self.to_check()
        return self.end(name)
