"""Pages opened by a link: whatever is asked under it, its address stays secret."""

from django.test import Client
from django.urls import reverse

from customers import links
from customers.models import Acceptance, Contact


def test_what_a_link_does_not_open_is_answered_like_a_bad_link(
    acceptance: Acceptance, carla: Contact, client: Client
) -> None:
    carla.refresh_from_db()
    token = links.page_address(carla).rstrip("/").rpartition("/")[2]
    for name in ("my-refuse", "my-withdraw", "my-lift"):
        answer = client.get(reverse(f"customers:{name}", args=[token, 2**40]))
        assert answer.status_code == 404
        assert answer["Referrer-Policy"] == "no-referrer"
        assert answer["X-Robots-Tag"] == "noindex, nofollow"
        assert "no-store" in answer["Cache-Control"]
        assert token not in answer.content.decode()
