from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0002_kinds_groups_contracts_and_commissions'),
    ]

    operations = [
        migrations.AddField(
            model_name='algoorder',
            name='position_side',
            field=models.CharField(blank=True, choices=[('', 'Net'), ('long', 'Long'), ('short', 'Short')], default='', max_length=5),
        ),
        migrations.AddField(
            model_name='algoorder',
            name='reduce_only',
            field=models.BooleanField(default=False),
        ),
    ]
