from django.db import migrations


def add_index(apps, schema_editor):
    """Index what `icontains` asks for: the model cannot say so, for SQLite would take its words for a fault."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        schema_editor.execute(
            "CREATE INDEX activity_customer_label ON partners_activity "
            "USING gin (UPPER(customer_label::text) gin_trgm_ops)"
        )


def drop_index(apps, schema_editor):
    """Take it away again; the extension stays, for other indexes are made of it."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX activity_customer_label")


class Migration(migrations.Migration):
    dependencies = [
        ("partners", "0003_log_by_verb"),
    ]

    operations = [
        migrations.RunPython(add_index, drop_index),
    ]
