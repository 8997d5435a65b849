"""The request of somebody signed in, for the types of views."""

from django.http import HttpRequest

from partners.actor import Actor


class Request(HttpRequest):
    """A request for which the middleware has settled who acts; views behind the sign-in take it."""

    actor: Actor
    LANGUAGE_CODE: str
    nav_counts: dict[str, int]
