from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("partners", "0002_invited_people_and_words"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="activity",
            index=models.Index(fields=["verb", "-id"], name="activity_verb"),
        ),
    ]
