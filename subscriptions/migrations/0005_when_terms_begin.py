import django.db.models.functions.comparison
from django.db import migrations, models

import subscriptions.expressions


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0004_customers_yes_and_attested_agreements"),
        ("partners", "0005_rulebook_2026"),
        ("subscriptions", "0004_moves_and_transfers"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="subscription",
            index=models.Index(
                models.F("provider"),
                django.db.models.functions.comparison.Coalesce(
                    django.db.models.functions.comparison.Greatest(
                        models.F("started_on"),
                        models.Case(
                            models.When(
                                term="P1Y", then=subscriptions.expressions.MonthsBefore("term_end", 12)
                            ),
                            models.When(
                                term="P3Y", then=subscriptions.expressions.MonthsBefore("term_end", 36)
                            ),
                            default=None,
                            output_field=models.DateField(),
                        ),
                    ),
                    models.F("started_on"),
                    models.Case(
                        models.When(term="P1Y", then=subscriptions.expressions.MonthsBefore("term_end", 12)),
                        models.When(term="P3Y", then=subscriptions.expressions.MonthsBefore("term_end", 36)),
                        default=None,
                        output_field=models.DateField(),
                    ),
                ),
                models.F("id"),
                condition=models.Q(
                    ("parent__isnull", True),
                    ("status__in", ["pending", "active", "suspended"]),
                    models.Q(("channel", "csp_own"), ("term", "P1M"), _negated=True),
                    ("term_end__isnull", False),
                    ("channel", "csp_own"),
                ),
                name="sub_term_start",
            ),
        ),
    ]
