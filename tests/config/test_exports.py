"""Commands that write a company's lists, and the one that proves the log."""

import csv
import io
from datetime import datetime
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from customers.models import Customer
from partners import activity, triggers
from partners.actor import Actor
from partners.models import Activity, Partner
from partners.spreadsheets import BOM
from tests.factories import CustomerFactory, SubscriptionFactory


def written(command: str, provider: Partner, **options: object) -> list[list[str]]:
    """Return the cells a command writes, without the header."""
    out = io.StringIO()
    call_command(command, provider=provider.partner_id, stdout=out, **options)
    assert out.getvalue().startswith(BOM)
    return list(csv.reader(io.StringIO(out.getvalue().removeprefix(BOM), newline="")))[1:]


def test_a_company_gets_its_own(contoso: Customer, tailspin: Partner, anna: Actor, now: datetime) -> None:
    SubscriptionFactory(customer=contoso, friendly_name="office")
    SubscriptionFactory(customer=CustomerFactory(provider=tailspin, name="Hidden"))
    with transaction.atomic():
        activity.record("grant.lapsed", by=anna, at=now, provider=contoso.provider, customer=contoso)
    assert [row[1] for row in written("export_customers", contoso.provider)] == ["Contoso"]
    assert [row[1] for row in written("export_subscriptions", contoso.provider)] == ["office"]
    assert written("export_activity", contoso.provider)[0][1] == "Contoso"
    assert [row[1] for row in written("export_customers", tailspin)] == ["Hidden"]
    assert written("export_activity", tailspin) == []
    assert written("export_customers", contoso.provider, language="it")[0][4] == "Italia"


def test_a_file_holds_the_same(contoso: Customer, tmp_path: Path) -> None:
    file = tmp_path / "customers.csv"
    call_command("export_customers", provider=contoso.provider.partner_id, out=str(file))
    rows = list(csv.reader(io.StringIO(file.read_text("utf-8-sig"), newline="")))
    assert rows[1:] == written("export_customers", contoso.provider)


@pytest.mark.django_db
def test_what_cannot_be_written_is_refused(northwind: Partner, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="999999"):
        call_command("export_customers", provider="999999")
    with pytest.raises(CommandError, match="No such file"):
        call_command("export_activity", provider=northwind.partner_id, out=str(tmp_path / "none" / "file"))


def test_verify_proves_the_log_or_names_what_is_wrong(northwind: Partner, anna: Actor, now: datetime) -> None:
    with transaction.atomic():
        row = activity.record("grant.lapsed", by=anna, at=now, provider=northwind)
    out = io.StringIO()
    call_command("verify", stdout=out)
    assert "whole: 1 lines" in out.getvalue()
    with triggers.suspended(connection):
        Activity.objects.filter(pk=row.pk).update(verb="grant.made")
    err = io.StringIO()
    with pytest.raises(CommandError, match="Problems: 1"):
        call_command("verify", stderr=err)
    assert "changed after it was written" in err.getvalue()
