from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("positions", "0002_contracts_corrections_and_terms"),
    ]

    operations = [
        migrations.AddField(
            model_name="marginaccount",
            name="mode_words",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name="marginaccount",
            name="wanted_hedged",
            field=models.BooleanField(null=True),
        ),
    ]
