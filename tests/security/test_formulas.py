"""What people type as a name runs as no formula, whichever separator the spreadsheet cuts a file at."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers.models import Customer
from partners.actor import Actor

CUTS = re.compile(r"[,;\t\r\n]")
BAITS = [
    "=1+1",
    "Contoso;=1+1;",
    "Contoso; =1+1;x",
    "Contoso;\u3000＝1+1;",
    "Contoso\t@SUM(1);",
    "A;+1;B;-1;",
]


@pytest.mark.parametrize("bait", BAITS)
def test_no_piece_of_a_line_begins_like_a_formula(
    bait: str, contoso: Customer, client_for: Callable[[Actor], Client], viewer: Actor
) -> None:
    Customer.objects.filter(pk=contoso.pk).update(name=bait)
    answer: Any = client_for(viewer).get(reverse("customers-export"))
    table = b"".join(answer.streaming_content).decode("utf-8-sig")
    pieces = [piece.strip().strip('"').strip() for piece in CUTS.split(table)]
    assert any("1" in piece for piece in pieces)
    assert [piece for piece in pieces if piece[:1] in set("=+-@＝＋－＠") and piece] == []
