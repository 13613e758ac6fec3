"""Witnesses cosign what is published, and a quorum of them decides what is."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_append_only")]

    operations = [
        migrations.CreateModel(
            name="Witness",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("vkey", models.CharField(max_length=400, unique=True)),
                ("name", models.CharField(max_length=200)),
                (
                    "size",
                    models.BigIntegerField(
                        default=0, help_text="the size that it said or showed that it cosigned last"
                    ),
                ),
                (
                    "busy_until",
                    models.DateTimeField(help_text="somebody asks it, or it failed: nobody else asks before"),
                ),
                ("failures", models.IntegerField(default=0, help_text="in a row")),
                (
                    "contradicts",
                    models.BooleanField(default=False, help_text="what it said last does not go with our history"),
                ),
                ("problem", models.CharField(blank=True, default="", max_length=300)),
                ("ok_at", models.DateTimeField(null=True)),
            ],
            options={"verbose_name_plural": "witnesses"},
        ),
        migrations.CreateModel(
            name="Incident",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("what", models.CharField(max_length=16)),
                ("at", models.DateTimeField()),
                ("because", models.TextField()),
                (
                    "evidence",
                    models.TextField(blank=True, default="", help_text="the other note or answer, word for word"),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(what__in=["frozen", "unfrozen", "contradicted"]), name="ledger_incident_known"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Cosignature",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("time", models.BigIntegerField(help_text="UTC seconds, as the witness says")),
                ("line", models.TextField()),
                (
                    "checkpoint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cosignatures",
                        to="ledger.checkpoint",
                    ),
                ),
                (
                    "witness",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cosignatures",
                        to="ledger.witness",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("checkpoint", "witness"), name="ledger_cosignature_once"),
                    models.CheckConstraint(condition=Q(time__gte=0), name="ledger_cosignature_has_a_time"),
                ],
            },
        ),
    ]
