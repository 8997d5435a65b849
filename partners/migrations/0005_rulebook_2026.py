from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("partners", "0004_log_by_customer"),
    ]

    operations = [
        migrations.AlterField(
            model_name="partner",
            name="edition",
            field=models.CharField(
                choices=[("2016-12", "December 2016"), ("2026", "Today's rules (2026)")],
                default="2016-12",
                max_length=10,
                verbose_name="rulebook edition",
            ),
        ),
        migrations.AddConstraint(
            model_name="partner",
            constraint=models.CheckConstraint(
                condition=models.Q(("edition__in", ["2016-12", "2026"])), name="partner_edition"
            ),
        ),
    ]
