"""What the log keeps of its witnesses: whom it asks and when again, what they signed, and why it stood still."""

from django.db import models
from django.db.models import Q

from ledger.models import Checkpoint


class Witness(models.Model):
    """One witness of the policy, as it behaves. Its key and address stand in the policy file, nowhere else."""

    vkey = models.CharField(max_length=400, unique=True)
    name = models.CharField(max_length=200)
    size = models.BigIntegerField(default=0, help_text="the size that it said or showed that it cosigned last")
    busy_until = models.DateTimeField(help_text="somebody asks it, or it failed: nobody else asks before")
    failures = models.IntegerField(default=0, help_text="in a row")
    contradicts = models.BooleanField(default=False, help_text="what it said last does not go with our history")
    problem = models.CharField(max_length=300, blank=True, default="")
    ok_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "witnesses"

    def __str__(self) -> str:
        return self.name


class Cosignature(models.Model):
    """A witness's verified signature over one checkpoint, the newest that it gave: `line` is its line in the note."""

    checkpoint = models.ForeignKey(Checkpoint, on_delete=models.PROTECT, related_name="cosignatures")
    witness = models.ForeignKey(Witness, on_delete=models.PROTECT, related_name="cosignatures")
    time = models.BigIntegerField(help_text="UTC seconds, as the witness says")
    line = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["checkpoint", "witness"], name="ledger_cosignature_once"),
            models.CheckConstraint(condition=Q(time__gte=0), name="ledger_cosignature_has_a_time"),
        ]

    def __str__(self) -> str:
        return f"{self.witness_id} on {self.checkpoint_id}"


class Incident(models.Model):
    """Why the log stood still, what was seen, and who said that it may go on. Written once, never changed."""

    FROZEN = "frozen"
    UNFROZEN = "unfrozen"
    CONTRADICTED = "contradicted"

    what = models.CharField(max_length=16)
    at = models.DateTimeField()
    because = models.TextField()
    evidence = models.TextField(blank=True, default="", help_text="the other note or answer, word for word")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(what__in=["frozen", "unfrozen", "contradicted"]), name="ledger_incident_known"
            )
        ]

    def __str__(self) -> str:
        return f"{self.what} {self.at:%Y-%m-%d %H:%M:%S}"
