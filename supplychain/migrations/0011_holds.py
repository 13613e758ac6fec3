"""Holds on goods and on whole batches, and how many of them lie on each."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("supplychain", "0010_invitation"),
    ]

    operations = [
        migrations.AddField(
            model_name="batch",
            name="holds",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="item",
            name="holds",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.CreateModel(
            name="Hold",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("authority", models.PositiveSmallIntegerField()),
                ("reason", models.CharField(max_length=40)),
                (
                    "batch",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="hold_rows",
                        to="supplychain.batch",
                    ),
                ),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="supplychain.event"
                    ),
                ),
                (
                    "item",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="hold_rows",
                        to="supplychain.item",
                    ),
                ),
                (
                    "lifted_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="supplychain.event"
                    ),
                ),
                (
                    "party",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="supplychain.party"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("lifted_by__isnull", True)),
                        fields=["party", "-id"],
                        name="hold_open_by_party",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("batch__isnull", False), ("item__isnull", True)),
                            models.Q(("batch__isnull", True), ("item__isnull", False)),
                            _connector="OR",
                        ),
                        name="hold_on_item_or_batch",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("lifted_by__isnull", True)),
                        fields=("item", "event"),
                        name="hold_once_per_item",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("lifted_by__isnull", True)),
                        fields=("batch", "event"),
                        name="hold_once_per_batch",
                    ),
                ],
            },
        ),
    ]
