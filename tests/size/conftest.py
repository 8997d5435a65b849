"""A distributor's world: one provider with 90,000 customers and 3,000 resellers, beside ten small ones.

Written by the database itself, in seconds, and the same every time; gone again after the tests that read it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection, models
from django.test import Client

from customers.models import Assignment, Customer, Grant, Relationship
from partners import triggers
from partners.models import (
    Activity,
    ActivityChain,
    ActivityPerson,
    ActivityReader,
    Membership,
    Partner,
    Partnership,
    Role,
    User,
)
from subscriptions.models import Move, MoveStep, Product, Subscription, Transfer, TransferItem
from tests.factories import PASSWORD, MembershipFactory, UserFactory

CUSTOMERS, PER_CUSTOMER, RESELLERS, LINES = 100_000, 3, 3_000, 100_000
MOVES, STEPS, TRANSFERS = 50_000, 4, 12_000
PROVIDER, FIRST_RESELLER = 1, 1_001
OWNER = f"CASE WHEN {{c}} % 10 = 0 THEN 2 + ({{c}} / 10) % 10 ELSE {PROVIDER} END"
WORDS = "string_to_array('Adatum Alpine Bellows Caldera Coho Cronus Datum Fourth Graphic Tailwind', ' ')"
STAMP = "'Somebody · Some company'"
# What was made here, the referring first.
MADE = (
    ActivityPerson, ActivityReader, Activity, ActivityChain, TransferItem, Transfer, MoveStep, Move,
    Subscription, Assignment, Grant, Relationship, Customer, Partnership,
)  # fmt: skip


def any_of(number: int, salt: int) -> str:
    """Write a number from nought that only looks like chance, the same for the same row every time."""
    return f"((hashint4(i * 7 + {salt})::bigint & 1048575) % {number})"


def fill(model: type[models.Model], number: int, where: str = "true", **columns: str) -> None:
    """Write rows numbered from one; what no expression is given for is empty or as it is by default."""
    for field in model._meta.concrete_fields:
        if field.column in columns or field.null:
            continue
        if field.has_default():
            default: Any = field.get_default()
            columns[field.column] = str(int(default)) if isinstance(default, int) else f"'{default}'"
            if isinstance(field, models.BooleanField):
                columns[field.column] = str(default)
        elif field.empty_strings_allowed:
            columns[field.column] = "''"
        if isinstance(field, models.DateTimeField):
            columns[field.column] = "now()"
    quoted = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO "{model._meta.db_table}" ({quoted}) '  # noqa: S608 - our own words
            f"SELECT {', '.join(columns.values())} FROM generate_series(1, {number}) AS i WHERE {where}"
        )


def write() -> None:
    """Write the whole world. The rows refer to one another as they should: nothing looks it up."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
    company = {"country": "'IT'", "tenant_id": "md5(i::text)::uuid"}
    fill(Partner, 11, id="i", name="'Provider ' || i", kind="'indirect_provider'",
         partner_id="(10000 + i)::text", **company)  # fmt: skip
    company["tenant_id"] = f"md5(({FIRST_RESELLER} + i)::text)::uuid"
    fill(Partner, RESELLERS, id=f"{FIRST_RESELLER} + i - 1", name="'Reseller ' || i",
         kind="'indirect_reseller'", partner_id="(20000 + i)::text", **company)  # fmt: skip
    fill(Partnership, RESELLERS, id="i", provider_id=str(PROVIDER), reseller_id=f"{FIRST_RESELLER} + i - 1",
         status="'active'", proposed_by=STAMP, answered_at="now()", answered_by=STAMP)  # fmt: skip
    products()
    customers()
    subscriptions()
    moves()
    transfers()
    log()
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = origin")
        # Every row is looked at, not a sample: so the same rows are planned for the same way each time.
        cursor.execute("SET default_statistics_target = 1000")
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("RESET default_statistics_target")


def products() -> None:
    """Write seven products: five by licence, Azure by use, and a one-time purchase."""
    fill(Product, 7, id="i", sku_id="md5(i::text)::uuid", part_number="'P' || i", name="'Product ' || i",
         billing="(ARRAY['license','license','license','license','license','usage','one_time'])[i]",
         family="(ARRAY['office365','office365','dynamics','ems','other','azure','other'])[i]",
         one_per_customer="i = 5")  # fmt: skip


def customers() -> None:
    """Write customers: most with a relationship, half of those with a grant, half of these with one."""
    owner = OWNER.format(c="i")
    name = f"({WORDS})[1 + {any_of(10, 1)}] || ' ' || substr(md5(i::text), 1, 6)"
    named = f"CASE WHEN {owner} = {PROVIDER} AND i % 5 < 2 THEN {FIRST_RESELLER} + (i * 7) % {RESELLERS} END"
    fill(Customer, CUSTOMERS, id="i", provider_id=owner, name=name, sort_name=f"lower({name})",
         domain="'c' || i || '.example'", search=f"lower({name}) || ' c' || i || '.example'",
         country="CASE WHEN i % 50 = 7 THEN 'US' ELSE 'IT' END", reseller_id=named, language="'it'",
         created_by=STAMP)  # fmt: skip
    status = "CASE WHEN i % 40 = 1 THEN 'ended' WHEN i % 40 = 2 THEN 'pending_confirmation' ELSE 'active' END"
    past = f"i % 40 = 1 THEN now() END, CASE WHEN i % 40 = 1 THEN {STAMP} ELSE '' END"
    ended_at, ended_by = f"CASE WHEN {past}".split(", CASE", 1)
    fill(Relationship, CUSTOMERS, "i % 5 < 4", id="i", provider_id=owner, customer_id="i", status=status,
         origin="'imported'", began_by=STAMP,
         decided_at="CASE WHEN i % 40 <> 2 THEN now() END",
         decided_by=f"CASE WHEN i % 40 <> 2 THEN {STAMP} ELSE '' END",
         ended_at=ended_at, ended_by=f"CASE{ended_by}")  # fmt: skip
    rights = {
        "id": "i",
        "provider_id": owner,
        "customer_id": "i",
        "privilege": "'provisioning'",
        "ends_on": "current_date + 10 + i % 300",
    }
    fill(Grant, CUSTOMERS, "i % 5 = 3 OR i % 5 = 4", relationship_id="i", granted_by=STAMP,
         answered_on="current_date - 30", **rights)  # fmt: skip
    # One reseller has a thousand customers, the others a few.
    partnership = f"CASE WHEN i % 40 = 3 THEN 1 ELSE 1 + (i * 7) % {RESELLERS} END"
    fill(Assignment, CUSTOMERS, f"i % 5 = 3 AND {owner} = {PROVIDER}", grant_id="i",
         partnership_id=partnership, reseller_id=f"{FIRST_RESELLER} - 1 + {partnership}", status="'active'",
         offered_by=STAMP, starts_at="now()", answered_at="now()", answered_by=STAMP, **rights)  # fmt: skip


def subscriptions() -> None:
    """Write three subscriptions for each customer: of every channel, some without an end, some add-ons."""
    customer = f"(1 + (i - 1) / {PER_CUSTOMER})"
    channels = "{csp_own,csp_own,csp_own,csp_other,direct,open,ea,advisor,advisor_own,third_party}"
    fill(
        Subscription,
        CUSTOMERS * PER_CUSTOMER,
        id="i",
        customer_id=customer,
        provider_id=OWNER.format(c=customer),
        product_id=f"1 + {any_of(7, 4)}",
        channel=f"CASE {any_of(5000, 2)} WHEN 0 THEN 'syndication' "
        f"ELSE ('{channels}'::text[])[1 + {any_of(10, 3)}] END",
        status=f"CASE WHEN {any_of(11, 8)} = 0 THEN 'expired' "
        f"WHEN {any_of(97, 9)} = 0 THEN 'suspended' ELSE 'active' END",
        term_end=f"CASE WHEN {any_of(13, 5)} > 0 THEN current_date - 30 + {any_of(400, 6)}::int END",
        auto_renew=f"('{{yes,no,unknown}}'::text[])[1 + {any_of(3, 7)}]",
        term="'P1Y'",
        is_trial="i % 101 = 0",
        parent_id="CASE WHEN i % 50 = 0 AND i % 3 <> 1 THEN i - 1 END",
        recorded_by=STAMP,
    )


def moves() -> None:
    """Write a move of every sixth subscription: three of five are open, most of the others completed."""
    subscription = "(i * 6)"
    customer = f"(1 + ({subscription} - 1) / {PER_CUSTOMER})"
    over = "i % 5 >= 3"
    paths = "{support_in_place,replace_licences,wait_or_cancel,migrate_azure}"
    fill(Move, MOVES, id="i", subscription_id=subscription, customer_id=customer,
         provider_id=OWNER.format(c=customer), edition="'2016-12'", decided_by=STAMP,
         path=f"('{paths}'::text[])[1 + {any_of(4, 10)}]",
         status=f"CASE WHEN {over} THEN CASE WHEN i % 20 = 3 THEN 'abandoned' ELSE 'completed' END "
         f"WHEN i % {STEPS} = 0 THEN 'planned' ELSE 'in_progress' END",
         target_on=f"CASE WHEN i % 3 > 0 THEN current_date - 20 + {any_of(200, 11)}::int END",
         ended_at=f"CASE WHEN {over} THEN now() END", ended_by=f"CASE WHEN {over} THEN {STAMP} ELSE '' END",
         reason="CASE WHEN i % 20 = 3 THEN 'Too early' ELSE '' END")  # fmt: skip
    move, place = f"(1 + (i - 1) / {STEPS})", f"(1 + (i - 1) % {STEPS})"
    # Of an open move as many are closed as its number has over; the last actor is rare.
    closed = f"({move} % 5 >= 3 OR {place} <= {move} % {STEPS})"
    actors = "{customer,provider,provider,customer}"
    fill(MoveStep, MOVES * STEPS, id="i", move_id=move, position=place,
         code=f"('{{relationship,offer,buy,end_old}}'::text[])[{place}]",
         actor=f"CASE WHEN {move} % 1000 = 7 THEN 'current_partner' ELSE ('{actors}'::text[])[{place}] END",
         privilege=f"CASE WHEN {place} = 3 AND {move} % 50 = 2 THEN 'provisioning' ELSE 'none' END",
         outcome=f"CASE WHEN {closed} THEN 'done' ELSE '' END",
         done_at=f"CASE WHEN {closed} THEN now() END",
         done_by=f"CASE WHEN {closed} THEN {STAMP} ELSE '' END")  # fmt: skip


def transfers() -> None:
    """Write transfers: of each provider, one in four of the small sent to the big one, few still pending."""
    customer = f"(i * {CUSTOMERS // TRANSFERS})"
    sent = f"i % 4 = 0 AND {OWNER.format(c=customer)} <> {PROVIDER}"
    pending = "i % 60 = 0"
    fill(Transfer, TRANSFERS, id="i", customer_id=customer, provider_id=OWNER.format(c=customer),
         tenant_id="md5(i::text)::uuid", named="'10001'", requested_by=STAMP,
         current_partner_id=f"CASE WHEN {sent} THEN {PROVIDER} END",
         status=f"CASE WHEN {pending} THEN 'pending' ELSE 'declined' END",
         answered_at=f"CASE WHEN {pending} THEN NULL ELSE now() END",
         answered_by=f"CASE WHEN {pending} THEN '' ELSE {STAMP} END")  # fmt: skip
    fill(TransferItem, TRANSFERS, id="i", transfer_id="i", provider_id=OWNER.format(c=customer),
         external_id="'item ' || i", status=f"CASE WHEN {pending} THEN 'requested' ELSE 'not_chosen' END",
         )  # fmt: skip


def log() -> None:
    """Write the big provider's log; one verb in it is rare."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {ActivityChain._meta.db_table} (id, key, length, head) "  # noqa: S608 - our own
            f"VALUES (1, 'partner:{PROVIDER}', {LINES}, '')"
        )
    fill(Activity, LINES, id="i", chain_id="1", position="i", customer_ref=f"1 + i % {CUSTOMERS}",
         customer_label="'Customer ' || i", actor_kind="'member'",
         verb="CASE WHEN i % 20000 = 0 THEN 'grant.withdrawn' ELSE 'customer.recorded' END")  # fmt: skip
    fill(ActivityReader, LINES, id="i", activity_id="i", partner_id=str(PROVIDER))
    fill(ActivityPerson, LINES, id="i", activity_id="i", text="""'{"email":"","name":"Anna"}'""")


def remove() -> None:
    """Take everything away again."""
    with connection.cursor() as cursor, triggers.suspended(connection):
        cursor.execute("SET session_replication_role = origin")  # also where the writing failed half-way
        tables = ", ".join(f'"{model._meta.db_table}"' for model in MADE)
        cursor.execute(f"TRUNCATE {tables} RESTART IDENTITY CASCADE")
        for model in (Membership, User, Partner, Product):
            cursor.execute(f'DELETE FROM "{model._meta.db_table}"')  # noqa: S608 - our own words
        cursor.execute("DELETE FROM django_session")


@dataclass(frozen=True)
class Browsers:
    """Who looks at the world."""

    provider: Client
    reseller: Client


def _browser(partner_pk: int, name: str) -> Client:
    user = UserFactory(name=name, email=f"{name.lower()}@size.example")
    MembershipFactory(user=user, partner=Partner.objects.get(pk=partner_pk), role=Role.ACCOUNT_ADMIN)
    client = Client()
    assert client.login(email=user.email, password=PASSWORD)
    return client


@pytest.fixture(scope="module")
def browsers(django_db_setup: None, django_db_blocker: Any) -> Iterator[Browsers]:
    """The world, and the browsers of the big provider's and of its biggest reseller's account admin."""
    with django_db_blocker.unblock():
        try:
            write()
            yield Browsers(_browser(PROVIDER, "Anna"), _browser(FIRST_RESELLER, "Luca"))
        finally:
            remove()
            cache.clear()
