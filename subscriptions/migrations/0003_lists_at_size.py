import django.db.models.deletion
from django.db import migrations, models

import partners.lifecycle


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0002_whole_invitations_renewals_handovers"),
        ("partners", "0003_log_by_verb"),
        ("subscriptions", "0002_snoozes"),
    ]

    operations = [
        migrations.AlterField(
            model_name="subscription",
            name="customer",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="subscriptions",
                to="customers.customer",
                verbose_name="customer",
            ),
        ),
        migrations.AlterField(
            model_name="subscription",
            name="provider",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="partners.partner",
                verbose_name="provider",
            ),
        ),
        migrations.AddIndex(
            model_name="subscription",
            index=models.Index(fields=["provider", "channel", "-id"], name="sub_channel_list"),
        ),
        migrations.AddIndex(
            model_name="subscription",
            index=models.Index(fields=["provider", "status", "-id"], name="sub_status_list"),
        ),
        migrations.AddIndex(
            model_name="subscription",
            index=models.Index(
                condition=models.Q(("status__in", ["pending", "active", "suspended"])),
                fields=["provider", "channel"],
                name="sub_running_channel",
            ),
        ),
        migrations.AddIndex(
            model_name="subscription",
            index=models.Index(
                models.F("provider"),
                models.Case(
                    models.When(auto_renew="no", then=models.F("term_end")),
                    default=partners.lifecycle.AddDays("term_end", -1),
                ),
                models.F("id"),
                condition=models.Q(
                    ("parent__isnull", True),
                    ("status__in", ["pending", "active", "suspended"]),
                    models.Q(("channel", "csp_own"), ("term", "P1M"), _negated=True),
                    ("term_end__isnull", False),
                ),
                name="sub_decide",
            ),
        ),
        migrations.AddIndex(
            model_name="subscription",
            index=models.Index(
                condition=models.Q(
                    ("parent__isnull", True),
                    ("status__in", ["pending", "active", "suspended"]),
                    models.Q(("channel", "csp_own"), ("term", "P1M"), _negated=True),
                    ("term_end__isnull", True),
                ),
                fields=["provider", "-id"],
                name="sub_unknown_end",
            ),
        ),
    ]
