"""Holds on goods: a projection, like all present state, written by `holds.projection` alone."""

from django.db import models
from django.db.models import Q


class Hold(models.Model):
    """A hold on one item (and on all that is in it), or on a batch. Lifted once, never deleted.

    `Item.holds` counts the open ones on an item and on whatever is inside it, `Batch.holds` those on a batch: as long
    as they are zero, no act needs to look here.
    """

    item = models.ForeignKey("supplychain.Item", on_delete=models.PROTECT, null=True, related_name="hold_rows")
    batch = models.ForeignKey("supplychain.Batch", on_delete=models.PROTECT, null=True, related_name="hold_rows")
    event = models.ForeignKey("supplychain.Event", on_delete=models.PROTECT, related_name="+")
    party = models.ForeignKey("supplychain.Party", on_delete=models.PROTECT, related_name="+")
    authority = models.PositiveSmallIntegerField()  # holding.Authority
    reason = models.CharField(max_length=40)  # a key of holding.REASONS
    lifted_by = models.ForeignKey("supplychain.Event", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(item__isnull=True, batch__isnull=False) | Q(item__isnull=False, batch__isnull=True),
                name="hold_on_item_or_batch",
            ),
            models.UniqueConstraint(
                fields=["item", "event"], condition=Q(lifted_by__isnull=True), name="hold_once_per_item"
            ),
            models.UniqueConstraint(
                fields=["batch", "event"], condition=Q(lifted_by__isnull=True), name="hold_once_per_batch"
            ),
        ]
        indexes = [
            models.Index(fields=["party", "-id"], condition=Q(lifted_by__isnull=True), name="hold_open_by_party"),
        ]

    def __str__(self) -> str:
        return f"hold of {self.party_id} on {self.item_id or self.batch_id}"
