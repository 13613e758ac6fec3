"""Opening one EPC of a stored event: nothing but what was signed comes out."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ledger.commitment import verify_opening, verify_sealed
from ledger.errors import LedgerError
from supplychain.models import Event, ListTile
from supplychain.openings import open_in_list, open_parent, statement_of
from tests.append_only import triggers_off
from tests.factories import Cast, commissioned, packed

LONG = 70_000  # three levels of tiles


@pytest.fixture
def short(cast: Cast) -> tuple[Event, list[str]]:
    epcs = commissioned(cast.maker, 5)
    return Event.objects.get(biz_step="commissioning"), epcs


@pytest.fixture
def long(cast: Cast) -> tuple[Event, list[str]]:
    epcs = commissioned(cast.maker, LONG)
    return Event.objects.defer("body").get(biz_step="commissioning"), epcs


@pytest.mark.parametrize("position", [-1, 1, 4, 5, 300])
def test_an_epc_does_not_open_at_a_place_that_is_not_its_own(short, position):
    event, epcs = short
    with pytest.raises(LedgerError):
        open_in_list(event, "epcList", epcs[0], position)


def test_an_epc_that_is_not_in_the_list_does_not_open(short):
    event, epcs = short
    with pytest.raises(LedgerError):
        open_in_list(event, "epcList", epcs[0] + "9", 0)


def test_a_list_that_was_changed_after_it_was_signed_does_not_open(short):
    event, epcs = short
    event.body = event.body.replace(epcs[3], epcs[3] + "9")
    with pytest.raises(LedgerError):
        open_in_list(event, "epcList", epcs[0], 0)


def test_in_a_long_list_too_only_the_right_epc_opens_at_its_place(long):
    event, epcs = long
    for epc, position in ((epcs[1], 0), (epcs[0] + "9", 0), (epcs[0], LONG), (epcs[0], -1)):
        with pytest.raises(LedgerError):
            open_in_list(event, "epcList", epc, position)


def test_a_missing_tile_is_named(long):
    event, epcs = long
    with triggers_off(connection):
        ListTile.objects.filter(event=event, level=0, index=0).delete()
    with pytest.raises(LedgerError, match="tile 0/0 of epcList"):
        open_in_list(event, "epcList", epcs[0], 0)


def test_every_member_of_a_short_list_opens(short):
    event, epcs = short
    committed = statement_of(event)["lists"]["epcList"]
    for position, epc in enumerate(epcs):
        opening = open_in_list(event, "epcList", epc, position)
        assert opening.member == epc
        verify_opening(opening, size=5, root=bytes.fromhex(committed["root"]))


@pytest.mark.slow
def test_a_member_of_a_long_list_opens_in_one_query_for_a_handful_of_tiles(long):
    event, epcs = long
    statement_of(event)
    for position in (0, 255, 256, 65_535, 65_536, LONG - 1):
        with CaptureQueriesContext(connection) as queries:
            opening = open_in_list(event, "epcList", epcs[position], position)
        assert opening.member == epcs[position]
        assert len(queries) == 1
        assert ListTile._meta.db_table in queries[0]["sql"]


def test_the_unit_of_a_packing_is_shown_with_the_salt_that_opens_its_digest(short, cast):
    _event, epcs = short
    case = packed(cast.maker, epcs)
    packing = Event.objects.get(biz_step="packing")
    shown = open_parent(packing, case)
    digest = bytes.fromhex(statement_of(packing)["sealed"]["parentID"])
    verify_sealed(bytes.fromhex(shown["salt"]), shown["value"].encode(), digest=digest)
    other = open_parent(packing, epcs[0])
    with pytest.raises(LedgerError):
        verify_sealed(bytes.fromhex(other["salt"]), other["value"].encode(), digest=digest)
