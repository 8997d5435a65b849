"""One subscription with its ruling, and what is written down about it."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from customers import standing
from customers.models import Customer
from customers.records import differing
from partners.errors import Refused, Stale
from partners.fields import both_versions
from partners.models import Activity
from partners.permissions import require
from partners.requests import Request
from partners.templatetags.ui import exact_day
from subscriptions import records, rulings
from subscriptions.forms import CareForm, ResellerForm, SubscriptionForm
from subscriptions.models import Subscription
from subscriptions.permissions import may_edit_subscription, may_record_subscription
from subscriptions.views import rulings as rulings_shown
from subscriptions.views import under_way
from subscriptions.views.customers import timeline
from subscriptions.vocabulary import Billing


@require_safe
def subscription(request: Request, pk: int) -> HttpResponse:
    """Show one subscription: the open path with its steps, the closed ones with their reasons, the facts."""
    actor, at = request.actor, timezone.now()
    rows = rulings.with_facts(Subscription.objects.visible_to(actor, at)).select_related(
        "partner_on_record", "support_contact", "customer__reseller", "replaces__product"
    )
    found = get_object_or_404(rows, pk=pk)
    stands = standing.standings([found.customer_id], at)[found.customer_id]
    ruling = rulings.rule_on(found, stands, at)
    relationships = list(found.customer.relationships.order_by("-pk"))
    state = standing.state_of(one.status for one in relationships)
    active = next((one for one in relationships if one.is_active), None)
    moves = under_way.moves_of(found, actor, at)
    current, transfer = under_way.under_way(moves, actor), under_way.transfer_of(found, actor, at)
    is_free = current is None and transfer is None
    return render(
        request,
        "subscriptions/subscription_detail.html",
        {
            "subscription": found,
            "ruling": rulings_shown.shown(
                ruling,
                rulings_shown.fixes(actor, found.customer, state, active),
                under_way.beginnings(found, ruling, actor, is_free=is_free),
            ),
            "editions": rulings_shown.compared(ruling),
            "under_way": current,
            "transfer": transfer,
            "past_moves": [one for one in moves if not one.is_open],
            "looked_after": under_way.looked_after(found, stands, at),
            "is_provider": actor.is_of(found.provider_id) or actor.is_staff,
            "facts": facts(found),
            "add_ons": list(found.add_ons.select_related("product").order_by("pk")),
            "replaced_by": found.replaced_by.select_related("product").first(),
            "timeline": timeline(
                Activity.objects.visible_to(actor).filter(
                    object_type=found._meta.label_lower, object_ref=found.pk
                ),
                skip=str(found),
            ),
            "may_edit": may_edit_subscription(actor, found),
        },
    )


def facts(row: Subscription) -> list[tuple[str, str]]:
    """Return what is on record, as pairs of term and value; empty values are left out by the template."""
    licences = row.product.billing == Billing.LICENSE
    return [
        (_("Product"), row.product.name),
        (_("Part number"), row.product.part_number),
        (_("Service family"), str(row.product.get_family_display())),
        (_("Quantity"), str(row.quantity) if licences else ""),
        (_("Where it was bought"), str(row.get_channel_display())),
        (_("Sold by"), row.seller_name),
        (_("Billing"), str(row.product.get_billing_display())),
        (_("Trial"), _("yes") if row.is_trial else ""),
        (_("Sold before new commerce"), _("yes") if row.is_legacy_commerce else ""),
        (_("Started on"), exact_day(row.started_on) if row.started_on else ""),
        (_("Term"), str(row.get_term_display()) if row.term else ""),
        (_("Term end"), _day_or_unknown(row) if licences else ""),
        (_("Renews automatically"), str(row.get_auto_renew_display()) if licences else ""),
        (_("Billing cycle"), str(row.get_billing_cycle_display()) if row.billing_cycle != "none" else ""),
        (_("Subscription ID"), row.external_id),
        (_("Azure subscription ID"), row.entitlement_id),
        (_("Sold in CSP"), str(row.product.get_availability_display())),
        (_("Partner on record"), row.partner_on_record.name if row.partner_on_record else ""),
        (_("Support contact"), row.support_contact.name if row.support_contact else ""),
        (_("Checked on"), exact_day(row.checked_on) if row.checked_on else ""),
    ]


def _day_or_unknown(row: Subscription) -> str:
    return exact_day(row.term_end) if row.term_end else _("unknown")


# --- writing it down ---------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def record(request: Request, pk: int) -> HttpResponse:
    """Record what a customer runs and where it was bought."""
    customer = get_object_or_404(
        Customer.objects.visible_to(request.actor).select_related("provider", "reseller"), pk=pk
    )
    require(may_record_subscription(request.actor, customer))
    form = SubscriptionForm(request.POST if request.method == "POST" else None, customer=customer)
    if request.method == "POST" and form.is_valid():
        try:
            found = records.record(customer, form.details, by=request.actor, at=timezone.now())
        except Refused as refusal:
            show(form, refusal)
        else:
            messages.success(request, _("The subscription was recorded. Here is the path for it."))
            return redirect(found)
    return render(request, "subscriptions/subscription_form.html", {"form": form, "customer": customer})


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: Request, pk: int) -> HttpResponse:
    """Edit what is on record; a form read before somebody else's change is shown beside it."""
    rows = Subscription.objects.visible_to(request.actor).select_related(
        "customer__provider", "customer__reseller", "product"
    )
    found = get_object_or_404(rows, pk=pk)
    require(may_edit_subscription(request.actor, found))
    kind = CareForm if found.is_ours else SubscriptionForm
    data = request.POST if request.method == "POST" else None
    form = kind(data, customer=found.customer, subscription=found)
    context = {"form": form, "customer": found.customer, "subscription": found}
    if request.method == "POST" and form.is_valid():
        version = form.cleaned_data["version"]
        try:
            found = records.edit(found, form.details, version=version, by=request.actor, at=timezone.now())
        except Stale as stale:
            form.add_error(None, str(stale))
            saved = rows.get(pk=pk)
            context["differing"] = both_versions(form, differing(saved, form.details))
            form.data = request.POST.copy()
            form.data["version"] = str(saved.version)  # saving again is a decision
        except Refused as refusal:
            show(form, refusal)
        else:
            messages.success(request, _("The subscription was saved."))
            return redirect(found)
    return render(request, "subscriptions/subscription_form.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def change_reseller(request: Request, pk: int) -> HttpResponse:
    """Ask which reseller is on record for a subscription the provider sells; posted to, change it."""
    at = timezone.now()
    rows = rulings.with_facts(Subscription.objects.visible_to(request.actor, at))
    found = get_object_or_404(rows.select_related("partner_on_record"), pk=pk)
    require(may_edit_subscription(request.actor, found))
    form = ResellerForm(request.POST if request.method == "POST" else None, subscription=found)
    refused = records.why_not_change_reseller(found, at)
    if form.is_valid() and not refused:
        chosen, version = form.cleaned_data["partner_on_record"], form.cleaned_data["version"]
        try:
            records.change_reseller(found, chosen, version=version, by=request.actor, at=at)
        except Refused as refusal:
            show(form, refusal)
        else:
            messages.success(request, _("The reseller on record was changed."))
            return redirect(found)
    return render(
        request,
        "subscriptions/reseller_form.html",
        {"form": form, "subscription": found, "refused": refused},
    )


def show(form: forms.Form, refusal: Refused) -> None:
    """Put a refusal beside the field it is about, or above all fields."""
    form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
