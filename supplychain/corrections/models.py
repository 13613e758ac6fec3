"""Events that their author has declared erroneous."""

from django.db import models


class Correction(models.Model):
    """An event, and the statement that declares it erroneous. Both stay. A projection, like all state."""

    event = models.OneToOneField("supplychain.Event", on_delete=models.PROTECT, related_name="correction")
    declared_by = models.OneToOneField("supplychain.Event", on_delete=models.PROTECT, related_name="declares")
    reason = models.CharField(max_length=20)  # of correcting

    def __str__(self) -> str:
        return f"{self.event_id}: {self.reason}"
