"""Differences between a delivery and its notice, or between two statements: what is claimed, and how it was settled."""

from django.db import models
from django.db.models import Q


class Discrepancy(models.Model):
    """One claim about one code. A projection, like all state: the statements of both sides give the same rows again."""

    code = models.CharField(max_length=24)  # a key of disputes.KINDS
    epc = models.CharField(max_length=160)
    # None for a code that nobody has registered here.
    item = models.ForeignKey("supplychain.Item", on_delete=models.PROTECT, null=True, related_name="discrepancies")
    # The delivery that it is about; None for two statements that contradict each other, and until a notice comes.
    handoff = models.ForeignKey(
        "supplychain.Handoff", on_delete=models.PROTECT, null=True, related_name="discrepancies"
    )
    claimant = models.ForeignKey("supplychain.Party", on_delete=models.PROTECT, related_name="claims")
    respondent = models.ForeignKey("supplychain.Party", on_delete=models.PROTECT, related_name="complaints")
    raised_by = models.ForeignKey("supplychain.Event", on_delete=models.PROTECT, related_name="raised")
    # The statement that it stands against, where it is not a delivery.
    against = models.ForeignKey("supplychain.Event", on_delete=models.PROTECT, null=True, related_name="+")
    note = models.CharField(max_length=500, blank=True)
    standing = models.CharField(max_length=12, default="open")  # disputes.Standing
    resolution = models.CharField(max_length=20, blank=True)  # disputes.Resolution
    answered_by = models.ForeignKey("supplychain.Event", on_delete=models.PROTECT, null=True, related_name="+")
    reply = models.CharField(max_length=500, blank=True)  # what the last answer adds

    class Meta:
        verbose_name_plural = "discrepancies"
        constraints = [models.UniqueConstraint(fields=["raised_by", "code", "epc"], name="discrepancy_once")]
        indexes = [
            models.Index(fields=["claimant", "standing", "-id"], name="discrepancy_claimed"),
            models.Index(fields=["respondent", "standing", "-id"], name="discrepancy_answered"),
            # What is still open about a code: asked whenever it is shipped or received.
            models.Index(fields=["epc"], name="discrepancy_open", condition=~Q(standing="settled")),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.epc} ({self.standing})"
