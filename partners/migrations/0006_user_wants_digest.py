from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("partners", "0005_rulebook_2026"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="wants_digest",
            field=models.BooleanField(
                default=True,
                help_text="What waits and what changed, once a day.",
                verbose_name="daily summary by mail",
            ),
        ),
    ]
