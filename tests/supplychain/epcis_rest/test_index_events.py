"""Events that were recorded before there was an index are found after `index_events`, and by the same rows."""

import pytest
from django.core.management import call_command

from supplychain.models import EventEpc, EventIndex, EventValue
from tests.factories import handed_over, palletised

pytestmark = pytest.mark.django_db


def rows():
    return [list(model.objects.order_by("event_id", "pk").values()) for model in (EventIndex, EventEpc, EventValue)]


def without_keys(tables):
    """What the rows say; in which order an event's values were written says nothing."""
    return [sorted(repr({**row, "id": None}) for row in table) for table in tables]


def test_an_index_that_is_lost_can_be_made_again(cast, epcis):
    pallet, _cases, packs = palletised(cast.maker, cases=2, packs_per_case=2)
    handed_over(cast.maker, cast.wholesaler, [pallet])
    before = rows()
    for model in (EventIndex, EventEpc, EventValue):
        model.objects.all().delete()
    found = epcis.maker.get("events", MATCH_epc=packs[0])
    assert found.body["epcisBody"]["queryResults"]["resultsBody"]["eventList"] == []
    call_command("index_events")
    assert without_keys(rows()) == without_keys(before)
    found = epcis.maker.get("events", MATCH_epc=packs[0])
    steps = [one["bizStep"] for one in found.body["epcisBody"]["queryResults"]["resultsBody"]["eventList"]]
    assert sorted(steps) == ["commissioning", "packing"]
    call_command("index_events")
    assert len(rows()[0]) == len(before[0])
