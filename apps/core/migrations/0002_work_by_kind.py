from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]
    operations = [
        migrations.RemoveIndex(model_name="tenantwork", name="work_by_due"),
        migrations.AddField("tenantwork", "kind", models.CharField(default="core.timers", max_length=40), preserve_default=False),
        migrations.AddField("tenantwork", "seen_at", models.DateTimeField(null=True)),
        migrations.AlterField("tenantwork", "schema", models.CharField(max_length=41)),
        migrations.AddIndex("tenantwork", models.Index(fields=["kind", "next_due_at"], name="work_by_due")),
        migrations.AddConstraint("tenantwork", models.UniqueConstraint(fields=("schema", "kind"), name="one_work_entry_per_kind")),
    ]
