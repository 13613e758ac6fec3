"""Serial numbers before there are packs: issued to a line, applied or not, and counted in the end."""

from django.db import models

from supplychain.models import Event, Product


class Allocation(models.Model):
    """Serials of one product that were issued together. Its items are dark: nobody can verify them.

    `event` reserved them; `reconciled_by` closed the list, and what was not commissioned by then never can be.
    A projection, like the items: written from events only.
    """

    event = models.OneToOneField(Event, on_delete=models.PROTECT, related_name="+")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="allocations")
    quantity = models.PositiveIntegerField()
    is_minted = models.BooleanField()  # here; else the maker brought its own list
    reconciled_by = models.OneToOneField(Event, on_delete=models.PROTECT, null=True, related_name="+")
    applied = models.PositiveIntegerField(null=True)  # these four once it is reconciled
    destroyed = models.PositiveIntegerField(null=True)
    unused = models.PositiveIntegerField(null=True)
    differences = models.JSONField(default=list)  # [{"code", "epc", "text"}], the first thousand

    class Meta:
        indexes = [
            models.Index(fields=["product", "-id"], name="allocation_by_product"),
            models.Index(fields=["product"], name="allocation_open", condition=models.Q(reconciled_by__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} serials of {self.product.gtin}"
