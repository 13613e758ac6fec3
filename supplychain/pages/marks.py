"""What has to be known of a statement in an item's story beside what it says: that it was late, wrong, or an alarm."""

import json
from collections.abc import Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from supplychain.epcis import vocabulary as cbv
from supplychain.models import Correction, Discrepancy, Event
from supplychain.sensing import guard_elements, is_out_of_limit

Mark = tuple[str | Promise, str]  # words, and the tone of their badge


def marks_of(events: Sequence[Event]) -> dict[int, Mark]:
    """By the event's primary key; three queries, however long the story. The gravest mark of an event is shown."""
    keys = [event.pk for event in events]
    marks: dict[int, Mark] = {}
    late = Discrepancy.objects.filter(raised_by__in=keys, code__in=("LATE", "DOUBLE_DISPENSE"))
    for pk in late.values_list("raised_by", flat=True):
        marks[pk] = (_("Late: without effect"), "warn")
    sensed = [event.pk for event in events if event.biz_step == cbv.SENSOR_REPORTING]
    for pk, body in Event.objects.filter(pk__in=sensed).values_list("pk", "body"):
        elements = json.loads(body).get("sensorElementList")
        if not guard_elements(elements) and is_out_of_limit(elements):
            marks[pk] = (_("Out of its limits"), "bad")
    for row in Correction.objects.filter(event__in=keys):
        marks[row.event_id] = (_("Declared erroneous by its author"), "warn")
    declared = Correction.objects.filter(declared_by__in=keys).values_list("declared_by", flat=True)
    marks.update(dict.fromkeys(declared, (_("Error declaration"), "info")))
    return marks
