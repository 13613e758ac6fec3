"""Recalls: proposals and their signatures, what is in force, whom it reaches, and what they answer."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0002_append_only"),
        ("supplychain", "0013_discrepancies"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Recall",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("action", models.CharField(max_length=12)),
                ("scope", models.JSONField()),
                ("is_whole_product", models.BooleanField()),
                ("severity", models.PositiveSmallIntegerField()),
                ("depth", models.PositiveSmallIntegerField()),
                ("reason", models.CharField(max_length=40)),
                ("text", models.TextField()),
                ("respond_by", models.DateField()),
                ("in_force_at", models.DateTimeField()),
                ("lifted_at", models.DateTimeField(null=True)),
                ("change_text", models.TextField(blank=True)),
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.entry"
                    ),
                ),
                (
                    "last_entry",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.entry"),
                ),
                (
                    "party",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="recalls", to="supplychain.party"
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="recalls", to="supplychain.product"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Proposal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("op", models.CharField(max_length=8)),
                ("payload", models.BinaryField(max_length=65536)),
                ("proposed_at", models.DateTimeField()),
                ("dropped_at", models.DateTimeField(null=True)),
                (
                    "entry",
                    models.OneToOneField(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.entry"
                    ),
                ),
                (
                    "party",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="recall_proposals",
                        to="supplychain.party",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="recall_proposals",
                        to="supplychain.product",
                    ),
                ),
                (
                    "recall",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="proposals",
                        to="supplychain.recall",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RecalledBatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="named_in", to="supplychain.batch"
                    ),
                ),
                (
                    "recall",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="named_batches",
                        to="supplychain.recall",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RecallNotice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("packs", models.PositiveBigIntegerField()),
                ("dispensed", models.PositiveBigIntegerField()),
                ("is_addressed", models.BooleanField()),
                (
                    "party",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="recall_notices",
                        to="supplychain.party",
                    ),
                ),
                (
                    "recall",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="notices", to="supplychain.recall"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RecallReport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("quantities", models.JSONField(null=True)),
                ("at", models.DateTimeField()),
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.entry"
                    ),
                ),
                (
                    "party",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="recall_reports",
                        to="supplychain.party",
                    ),
                ),
                (
                    "recall",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="reports", to="supplychain.recall"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Declaration",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=40)),
                ("nonce", models.CharField(max_length=32)),
                ("request_sha256", models.CharField(max_length=64)),
                ("record_time", models.DateTimeField()),
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.entry"
                    ),
                ),
                (
                    "party",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="declarations", to="supplychain.party"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("party", "nonce"), name="declaration_nonce_once_per_party")
                ],
            },
        ),
        migrations.CreateModel(
            name="Approval",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("keyid", models.CharField(max_length=64)),
                ("signature", models.BinaryField(max_length=80)),
                ("nonce", models.CharField(max_length=32)),
                ("request_sha256", models.CharField(max_length=64)),
                ("at", models.DateTimeField()),
                (
                    "party",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="recall_approvals",
                        to="supplychain.party",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "proposal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="approvals", to="supplychain.proposal"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("proposal", "keyid"), name="approval_once_per_key"),
                    models.UniqueConstraint(fields=("party", "nonce"), name="approval_nonce_once_per_party"),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="recall",
            index=models.Index(condition=models.Q(("lifted_at", None)), fields=["product"], name="recall_in_force"),
        ),
        migrations.AddIndex(
            model_name="proposal",
            index=models.Index(
                condition=models.Q(("dropped_at", None), ("entry", None)), fields=["-id"], name="proposal_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="recalledbatch",
            constraint=models.UniqueConstraint(fields=("recall", "batch"), name="recalled_batch_once"),
        ),
        migrations.AddConstraint(
            model_name="recallnotice",
            constraint=models.UniqueConstraint(fields=("recall", "party"), name="recall_notice_once"),
        ),
        migrations.AddIndex(
            model_name="recallreport",
            index=models.Index(fields=["recall", "party", "-id"], name="report_newest"),
        ),
    ]
