import django.db.models.deletion
from django.db import migrations, models


def forget_codes(apps, editor):
    """Take away the codes whose purpose the constraint of before does not know; all are minutes old."""
    apps.get_model("customers", "MailedCode").objects.filter(purpose="agree").delete()
    if editor.connection.vendor == "postgresql":
        editor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # else its table could not be changed right after


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0003_assignments_to_warn"),
        ("partners", "0005_rulebook_2026"),
    ]

    operations = [
        migrations.CreateModel(
            name="AgreementAttestation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("signed_by", models.CharField(max_length=120, verbose_name="accepted by")),
                ("signed_email", models.EmailField(max_length=254, verbose_name="e-mail")),
                ("signed_on", models.DateField(verbose_name="accepted on")),
                ("attested_at", models.DateTimeField(verbose_name="attested at")),
                ("attested_by", models.CharField(max_length=200, verbose_name="attested by")),
            ],
            options={
                "verbose_name": "attestation of an agreement",
                "verbose_name_plural": "attestations of agreements",
                "ordering": ("-pk",),
            },
        ),
        migrations.RemoveConstraint(
            model_name="mailedcode",
            name="code_purpose",
        ),
        migrations.RunPython(migrations.RunPython.noop, forget_codes),
        migrations.AddField(
            model_name="assignment",
            name="agreed_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="customer agreed at"),
        ),
        migrations.AddField(
            model_name="assignment",
            name="agreed_by",
            field=models.CharField(blank=True, max_length=200, verbose_name="customer agreed by"),
        ),
        migrations.AddField(
            model_name="assignment",
            name="needs_yes",
            field=models.BooleanField(default=False, verbose_name="waits for the customer's yes"),
        ),
        migrations.AlterField(
            model_name="agreementversion",
            name="edition",
            field=models.CharField(
                choices=[("2016-12", "December 2016"), ("2026", "Today's rules (2026)")],
                max_length=10,
                verbose_name="rulebook edition",
            ),
        ),
        migrations.AlterField(
            model_name="mailedcode",
            name="purpose",
            field=models.CharField(
                choices=[
                    ("accept", "Accept an invitation"),
                    ("withdraw_grant", "Withdraw a privilege"),
                    ("renew", "Answer a renewal"),
                    ("end", "End the relationship"),
                    ("agree", "Agree to a reseller"),
                ],
                max_length=16,
            ),
        ),
        migrations.AddConstraint(
            model_name="agreementversion",
            constraint=models.CheckConstraint(
                condition=models.Q(("edition__in", ["2016-12", "2026"])), name="agreement_edition"
            ),
        ),
        migrations.AddConstraint(
            model_name="assignment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status__in", ["active", "revoked", "given_up", "handed_over"]), _negated=True),
                    ("needs_yes", False),
                    ("agreed_at__isnull", False),
                    _connector="OR",
                ),
                name="asg_agreed_before_held",
            ),
        ),
        migrations.AddConstraint(
            model_name="assignment",
            constraint=models.CheckConstraint(
                condition=models.Q(("needs_yes", True), ("agreed_at__isnull", True), _connector="OR"),
                name="asg_agreed_where_asked",
            ),
        ),
        migrations.AddConstraint(
            model_name="assignment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("agreed_at__isnull", False), models.Q(("agreed_by", ""), _negated=True)),
                    models.Q(("agreed_at__isnull", True), ("agreed_by", "")),
                    _connector="OR",
                ),
                name="asg_agreed_paired",
            ),
        ),
        migrations.AddConstraint(
            model_name="mailedcode",
            constraint=models.CheckConstraint(
                condition=models.Q(("purpose__in", ["accept", "withdraw_grant", "renew", "end", "agree"])),
                name="code_purpose",
            ),
        ),
        migrations.AddField(
            model_name="agreementattestation",
            name="agreement",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="customers.agreementversion",
                verbose_name="agreement",
            ),
        ),
        migrations.AddField(
            model_name="agreementattestation",
            name="relationship",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="attestations",
                to="customers.relationship",
                verbose_name="relationship",
            ),
        ),
        migrations.AddConstraint(
            model_name="agreementattestation",
            constraint=models.UniqueConstraint(fields=("relationship", "agreement"), name="attestation_once"),
        ),
        migrations.AddConstraint(
            model_name="agreementattestation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("attested_at__isnull", False), models.Q(("attested_by", ""), _negated=True)),
                    models.Q(("attested_at__isnull", True), ("attested_by", "")),
                    _connector="OR",
                ),
                name="attestation_attested_paired",
            ),
        ),
    ]
