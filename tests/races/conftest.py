"""Answers that only wait to be completed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from customers import acceptances, links
from customers.models import Acceptance, InvitationLink, LinkState


@pytest.fixture
def start(answer: acceptances.Answer, now: datetime) -> Callable[..., Acceptance]:
    """Return a way to answer a link up to the code, and to type that right."""

    def begin(link: InvitationLink, **changes: Any) -> Acceptance:
        typed = replace(answer, **changes)
        acceptance = acceptances.start(links.Opened(link, LinkState.LIVE), typed, at=now)
        links.spend_try(acceptance.code, links.code_digits(acceptance.code), at=now)
        return acceptance

    return begin
