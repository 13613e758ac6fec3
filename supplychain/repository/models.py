"""What the EPCIS interface keeps beside the events: what their queries look at, and what a client has asked for.

`EventIndex`, `EventEpc` and `EventValue` follow from an event's body and could be made again from it. They hold no
second copy of what `Item`, `EventItem` and `Containment` know already: a commissioning of 100,000 packs has no row
here for each pack, and is found through the packs.
"""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q


class EventContext(models.Model):
    """The JSON-LD @context under which events came, each once: what the prefixes in them stand for."""

    digest = models.BinaryField(max_length=32, unique=True)
    body = models.TextField()  # JSON

    def __str__(self) -> str:
        return f"context {self.pk}"


class CaptureJob(models.Model):
    """A document that a client has sent. The row is the outbox: a sweep finds what is unfinished."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    party = models.ForeignKey("supplychain.Party", on_delete=models.PROTECT, related_name="capture_jobs")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    # What the caller may do in the party's name, as when it called; null: everything.
    grants = models.JSONField(null=True)
    behaviour = models.CharField(max_length=8)  # rollback: all or nothing; proceed: whatever is right
    document = models.TextField(blank=True)  # JSON, as it was read; emptied when the job is done
    total = models.PositiveIntegerField()  # events in it
    done = models.PositiveIntegerField(default=0)  # events dealt with, in the document's order
    attempts = models.PositiveIntegerField(default=0)  # begun and not finished; a document that kills its workers ends
    success = models.BooleanField(default=True)
    errors = models.JSONField(default=list)  # problems, at most 100
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["party", "-created_at", "-id"], name="capture_job_by_party"),
            models.Index(fields=["created_at"], name="capture_job_waiting", condition=Q(finished_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"capture {self.pk}"

    @property
    def running(self) -> bool:
        return self.finished_at is None


class EventIndex(models.Model):
    """One row for each event: what queries filter and order by, and what came in if it is not what was stated."""

    event = models.OneToOneField(
        "supplychain.Event", on_delete=models.CASCADE, primary_key=True, related_name="epcis_index"
    )
    party = models.ForeignKey("supplychain.Party", on_delete=models.PROTECT, related_name="+", db_index=False)
    # Who else may see it, as in the event's own row: so that a party's events are ranges of an index, in every order.
    counterparty = models.ForeignKey(
        "supplychain.Party", on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    # As the event says it. Another party may have used the same one, and an error declaration repeats its original's.
    epcis_id = models.CharField(max_length=200)  # an `epcis.terms.key` of its eventID
    declares_error = models.BooleanField(default=False)
    type = models.CharField(max_length=200)
    action = models.CharField(max_length=8, blank=True)
    biz_step = models.CharField(max_length=200, blank=True)
    disposition = models.CharField(max_length=200, blank=True)
    read_point = models.CharField(max_length=200, blank=True)
    biz_location = models.CharField(max_length=200, blank=True)
    event_time = models.DateTimeField()
    record_time = models.DateTimeField()
    context = models.ForeignKey(EventContext, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    # The event as it came, where identifiers were spelt in another way than in the signed body; else empty.
    captured = models.TextField(blank=True)

    class Meta:
        verbose_name_plural = "event indexes"
        constraints = [
            models.UniqueConstraint(fields=["party", "epcis_id", "declares_error"], name="epcis_event_once_per_party")
        ]
        indexes = [
            models.Index(fields=["event_time", "event"], name="epcis_by_event_time"),
            models.Index(fields=["record_time", "event"], name="epcis_by_record_time"),
            models.Index(fields=["biz_step", "event_time", "event"], name="epcis_by_biz_step"),
            models.Index(fields=["disposition", "event_time", "event"], name="epcis_by_disposition"),
            models.Index(fields=["read_point", "event_time", "event"], name="epcis_by_read_point"),
            models.Index(fields=["biz_location", "event_time", "event"], name="epcis_by_biz_location"),
            models.Index(fields=["epcis_id"], name="epcis_by_event_id"),
            models.Index(fields=["party", "event_time", "event"], name="epcis_by_party"),
            models.Index(
                fields=["counterparty", "event_time", "event"],
                name="epcis_by_counterparty",
                condition=Q(counterparty__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.epcis_id


class EventEpc(models.Model):
    """An event names an object, or a class of objects, that is no item of ours: `epc` is an `epcis.terms.key`."""

    event = models.ForeignKey("supplychain.Event", on_delete=models.CASCADE, related_name="+", db_index=False)
    field = models.PositiveSmallIntegerField()  # epcis.terms.Field
    epc = models.CharField(max_length=200)

    class Meta:
        indexes = [models.Index(fields=["epc", "field", "event"], name="epcis_by_epc")]

    def __str__(self) -> str:
        return self.epc


class EventValue(models.Model):
    """Whatever else an event says that a query may ask for, under the name of the query's parameter."""

    event = models.ForeignKey("supplychain.Event", on_delete=models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(max_length=200)
    text = models.CharField(max_length=200, null=True)  # noqa: DJ001 - no text is not the empty text
    number = models.FloatField(null=True)  # of a reading: in the base unit of its dimension
    time = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["name", "text", "event"], name="epcis_by_text"),
            models.Index(fields=["name", "number", "event"], name="epcis_by_number", condition=Q(number__isnull=False)),
            models.Index(fields=["name", "time", "event"], name="epcis_by_time", condition=Q(time__isnull=False)),
            # Which values an event has, for conditions that few events remain for.
            models.Index(fields=["event", "name"], name="epcis_values_of_event"),
        ]

    def __str__(self) -> str:
        return self.name


class SubLocation(models.Model):
    """Master data of a captured document: `child` stands within `location`. What WD_readPoint goes by."""

    party = models.ForeignKey("supplychain.Party", on_delete=models.CASCADE, related_name="+")
    location = models.CharField(max_length=200)
    child = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["party", "location", "child"], name="sub_location_once")]

    def __str__(self) -> str:
        return f"{self.child} in {self.location}"


class MasterAttribute(models.Model):
    """Master data of a captured document: what `uri` is, as HASATTR and EQATTR ask for it."""

    party = models.ForeignKey("supplychain.Party", on_delete=models.CASCADE, related_name="+")
    uri = models.CharField(max_length=200)
    name = models.CharField(max_length=200)
    text = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["party", "name", "text", "uri"], name="master_attribute_once")]

    def __str__(self) -> str:
        return f"{self.name} of {self.uri}"


class NamedQuery(models.Model):
    """A query that a party has given a name."""

    party = models.ForeignKey("supplychain.Party", on_delete=models.PROTECT, related_name="named_queries")
    name = models.CharField(max_length=100)
    query = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "named queries"
        constraints = [models.UniqueConstraint(fields=["party", "name"], name="query_name_once_per_party")]

    def __str__(self) -> str:
        return self.name


class Subscription(models.Model):
    """Who wants the new results of a named query sent, where to, and when.

    `cursor` is the log index up to which events were dealt with: unlike primary keys, indexes are given in the order in
    which events become visible, so that none can slip in behind.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    query = models.ForeignKey(NamedQuery, on_delete=models.CASCADE, related_name="subscriptions")
    dest = models.CharField(max_length=2000)
    wrapped_secret = models.BinaryField()  # the client's signatureToken, encrypted; empty for none
    schedule = models.JSONField(null=True)  # null: as soon as an event is sealed
    report_if_empty = models.BooleanField(default=False)
    initial_record_time = models.DateTimeField(null=True)
    epc_format = models.CharField(max_length=24)
    created_at = models.DateTimeField()
    last_notified_at = models.DateTimeField(null=True)
    cursor = models.BigIntegerField(default=-1)
    due_at = models.DateTimeField(db_index=True)
    failures = models.PositiveIntegerField(default=0)
    last_error = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return f"subscription {self.pk} to {self.query_id}"
