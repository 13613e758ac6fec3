"""Packs by the hundred thousand: no foreign keys to rows that cannot go away."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("supplychain", "0005_event_by_counterparty"),
    ]

    operations = [
        migrations.AlterField(
            model_name="item",
            name="ended_by",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="supplychain.event",
            ),
        ),
        migrations.AlterField(
            model_name="item",
            name="holder",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="held",
                to="supplychain.party",
            ),
        ),
        migrations.AlterField(
            model_name="item",
            name="last_event",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="supplychain.event",
            ),
        ),
        migrations.AlterField(
            model_name="item",
            name="made_by",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="made_items",
                to="supplychain.event",
            ),
        ),
        migrations.AlterField(
            model_name="item",
            name="place",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="supplychain.place",
            ),
        ),
    ]
