"""Recalls: what has been proposed and who has signed it, what is in force, whom it reaches, and what they answer.

`Proposal` and `Approval` are drafts of one statement that several parties sign at different times; it becomes an entry
of the log when enough of them have. `Declaration` finds the entries again. The rest is a projection: a fold over the
log gives the same rows again.
"""

from django.db import models


class Declaration(models.Model):
    """A statement in the log that is no event, as its author's request asked for it. Only ever grows."""

    party = models.ForeignKey("supplychain.Party", on_delete=models.PROTECT, related_name="declarations")
    kind = models.CharField(max_length=40)  # recall_statement.RECALL, REPORT
    nonce = models.CharField(max_length=32)
    request_sha256 = models.CharField(max_length=64)
    record_time = models.DateTimeField()
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["party", "nonce"], name="declaration_nonce_once_per_party"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.party_id}"


class Proposal(models.Model):
    """A recall statement, word for word, that waits for the signatures which the log's policy asks for, or has them."""

    party = models.ForeignKey("supplychain.Party", on_delete=models.PROTECT, related_name="recall_proposals")
    product = models.ForeignKey("supplychain.Product", on_delete=models.PROTECT, related_name="recall_proposals")
    # What it narrows or lifts; empty for a new recall.
    recall = models.ForeignKey("supplychain.Recall", on_delete=models.PROTECT, null=True, related_name="proposals")
    op = models.CharField(max_length=8)  # recall_statement.Op
    payload = models.BinaryField(max_length=65_536)  # the very bytes that every party signs
    proposed_at = models.DateTimeField()
    dropped_at = models.DateTimeField(null=True)  # taken back by its proposer
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, null=True, related_name="+")  # once in force

    class Meta:
        indexes = [models.Index(fields=["-id"], condition=models.Q(entry=None, dropped_at=None), name="proposal_open")]

    def __str__(self) -> str:
        return f"{self.op} proposed by {self.party_id}"


class Approval(models.Model):
    """A party's signature under a proposal, the proposer's own among them. Only ever grows."""

    proposal = models.ForeignKey(Proposal, on_delete=models.PROTECT, related_name="approvals")
    party = models.ForeignKey("supplychain.Party", on_delete=models.PROTECT, related_name="recall_approvals")
    user = models.ForeignKey("auth.User", on_delete=models.SET_NULL, null=True, related_name="+")
    keyid = models.CharField(max_length=64)
    signature = models.BinaryField(max_length=80)
    nonce = models.CharField(max_length=32)
    request_sha256 = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["proposal", "keyid"], name="approval_once_per_key"),
            models.UniqueConstraint(fields=["party", "nonce"], name="approval_nonce_once_per_party"),
        ]

    def __str__(self) -> str:
        return f"{self.party_id} signs {self.proposal_id}"


class Recall(models.Model):
    """A recall or withdrawal that came into force, as it stands after all narrowings, or after it was lifted."""

    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")
    last_entry = models.ForeignKey("ledger.Entry", on_delete=models.PROTECT, related_name="+")
    product = models.ForeignKey("supplychain.Product", on_delete=models.PROTECT, related_name="recalls")
    party = models.ForeignKey("supplychain.Party", on_delete=models.PROTECT, related_name="recalls")  # who proposed it
    action = models.CharField(max_length=12)  # recall.Action
    scope = models.JSONField()  # recall.Scope.as_json()
    is_whole_product = models.BooleanField()  # no list of lots in the scope
    severity = models.PositiveSmallIntegerField()
    depth = models.PositiveSmallIntegerField()  # recall.Depth
    reason = models.CharField(max_length=40)  # of recall_statement.REASONS
    text = models.TextField()
    respond_by = models.DateField()
    in_force_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)
    change_text = models.TextField(blank=True)  # of the newest narrowing, or of the lifting

    class Meta:
        indexes = [
            models.Index(fields=["product"], condition=models.Q(lifted_at=None), name="recall_in_force"),
        ]

    def __str__(self) -> str:
        return f"{self.action} of {self.product_id}, class {self.severity}"


class RecalledBatch(models.Model):
    """A batch that a recall names by its lot number. Of a whole product there are none: its batches are found by it."""

    recall = models.ForeignKey(Recall, on_delete=models.CASCADE, related_name="named_batches")
    batch = models.ForeignKey("supplychain.Batch", on_delete=models.PROTECT, related_name="named_in")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["recall", "batch"], name="recalled_batch_once")]

    def __str__(self) -> str:
        return f"batch {self.batch_id} in recall {self.recall_id}"


class RecallNotice(models.Model):
    """What a recall means for one party: how many packs were with it, or on their way to it, when it last took effect.

    One row for each party that has or had such packs, however many packs there are.
    """

    recall = models.ForeignKey(Recall, on_delete=models.CASCADE, related_name="notices")
    party = models.ForeignKey("supplychain.Party", on_delete=models.PROTECT, related_name="recall_notices")
    packs = models.PositiveBigIntegerField()
    dispensed = models.PositiveBigIntegerField()  # packs that it had given to patients by then
    is_addressed = models.BooleanField()  # the depth of the recall reaches it

    class Meta:
        constraints = [models.UniqueConstraint(fields=["recall", "party"], name="recall_notice_once")]

    def __str__(self) -> str:
        return f"recall {self.recall_id} reaches {self.party_id}"


class RecallReport(models.Model):
    """What a party has signed in answer to a recall. The newest one counts."""

    recall = models.ForeignKey(Recall, on_delete=models.PROTECT, related_name="reports")
    party = models.ForeignKey("supplychain.Party", on_delete=models.PROTECT, related_name="recall_reports")
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")
    quantities = models.JSONField(null=True)  # null: knows of it, has not counted yet
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["recall", "party", "-id"], name="report_newest")]

    def __str__(self) -> str:
        return f"report of {self.party_id} on recall {self.recall_id}"
