"""Serial numbers are issued before there are packs, and counted afterwards."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("supplychain", "0006_item_without_vacuous_foreign_keys"),
    ]

    operations = [
        migrations.CreateModel(
            name="Allocation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("quantity", models.PositiveIntegerField()),
                ("is_minted", models.BooleanField()),
                ("applied", models.PositiveIntegerField(null=True)),
                ("destroyed", models.PositiveIntegerField(null=True)),
                ("unused", models.PositiveIntegerField(null=True)),
                ("differences", models.JSONField(default=list)),
                (
                    "event",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="supplychain.event"
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="allocations",
                        to="supplychain.product",
                    ),
                ),
                (
                    "reconciled_by",
                    models.OneToOneField(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="supplychain.event"
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="item",
            name="allocation",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="items",
                to="supplychain.allocation",
            ),
        ),
        migrations.AddIndex(
            model_name="item",
            index=models.Index(
                condition=models.Q(("allocation__isnull", False)), fields=["allocation", "life"], name="item_issued"
            ),
        ),
        migrations.AddIndex(
            model_name="allocation",
            index=models.Index(fields=["product", "-id"], name="allocation_by_product"),
        ),
        migrations.AddIndex(
            model_name="allocation",
            index=models.Index(
                condition=models.Q(("reconciled_by__isnull", True)), fields=["product"], name="allocation_open"
            ),
        ),
    ]
