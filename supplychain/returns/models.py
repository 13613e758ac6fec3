"""What became of goods that came back: one row for each verification of an item."""

from django.db import models


class ReturnCheck(models.Model):
    """An item that was received under a return has been verified. A projection, like all state."""

    item = models.ForeignKey("supplychain.Item", on_delete=models.PROTECT, related_name="return_checks")
    event = models.ForeignKey("supplychain.Event", on_delete=models.PROTECT, related_name="return_checks")
    epc = models.CharField(max_length=160)
    outcome = models.CharField(max_length=40)  # returns.SALEABLE, or what spoke against it

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "event"], name="return_check_once")]

    def __str__(self) -> str:
        return f"{self.item_id}: {self.outcome}"
