"""True statements about different goods must not make one story."""

from datetime import UTC, date, datetime

import pytest

from ledger.commitment import open_member, sealed_digest
from ledger.envelope import canonical, entry_id
from ledger.errors import VerificationError
from ledger.verifier.story import Row
from supplychain.epcis.event import Scene, commissioning, packing
from supplychain.statement import disclose_field, disclose_list, state_event
from tests.ledger.small_log import MAKER, PHARMACY, REGULATOR, WHOLESALER, SmallLog
from tests.ledger.small_story import CASE, OTHER, PACK, PACKS, PALLET, tell
from tests.ledger.verifier.forge import STORY, changed, check, failing, failure, honest

NAMES = list(honest().acts)
OTHER_CASE = "https://id.gs1.org/00/095200010000000038"


def without(*names: str):
    return honest().pedigree(*(name for name in NAMES if name not in names))


# --- Order and completeness -------------------------------------------------------------------------------------------


def test_items_stand_in_the_logs_order():
    assert failure(honest().pedigree("commissioning", "loading", "packing")) == (STORY, "ORDER")


def test_the_same_item_twice_is_refused():
    assert failure(honest().pedigree("commissioning", "packing", "packing")) == (STORY, "ORDER")


def test_an_item_that_builds_on_a_later_one_is_refused():
    """Which statement comes next can be known to its author; an honest log would not admit the earlier one."""
    story = tell()
    event = {"type": "ObjectEvent", "action": "OBSERVE"}
    later = story.log.statement(PHARMACY.party, "event", event=event, lists={})
    earlier = story.log.statement(MAKER.party, "event", event=event, lists={})
    earlier["after"] = [entry_id(canonical(later)).hex()]
    one, two = story.log.add(earlier, MAKER), story.log.add(later, PHARMACY)
    step = failing(after(story, ["commissioning"], (one, {}), (two, {})), story.log.policy)
    assert (step.name, step.code, step.detail) == (STORY, "ORDER", "item 1 builds on a later item")


def test_a_story_begins_with_the_making_of_one_pack():
    for first in ("packing", "shipping", "dispensing"):
        assert failure(honest().pedigree(first)) == (STORY, "STORY")

    def show_nothing(forged):
        del forged["items"][0]["disclosed"]

    def show_two(forged):
        opening = forged["items"][0]["disclosed"]["lists"]["epcList"]
        forged["items"][0]["disclosed"]["lists"]["epcList"] = [opening, opening]

    assert failure(changed(show_nothing)) == (STORY, "STORY")
    assert failure(changed(show_two)) == (STORY, "STORY")


@pytest.mark.parametrize("left_out", ["packing", "loading"])
def test_without_the_packing_the_pallets_way_is_not_the_packs(left_out):
    assert failure(without(left_out)) == (STORY, "STORY")


def test_a_story_that_stops_early_is_still_one():
    """A log proves presence, not absence; the report says so."""
    for number in range(1, len(NAMES) + 1):
        assert check(honest().pedigree(*NAMES[:number])).ok


def test_a_case_may_be_opened_on_the_pallet():
    assert check(without("unloading", "forwarding", "accepting")).ok


# --- Other goods ------------------------------------------------------------------------------------------------------


def test_another_pack_cannot_borrow_the_story():
    """Its own opening of the same list is genuine; the statements that follow are about the first pack."""
    story = tell()
    forged = story.pedigree()
    made = story.acts["commissioning"]
    forged["items"][0]["disclosed"] = story.log.show(made, {"epcList": OTHER})
    step = failing(forged, story.log.policy)
    assert (step.name, step.detail) == (STORY, "item 1 shows nothing that concerns this pack at that time")


def test_an_item_of_another_pack_cannot_be_smuggled_in():
    story = tell()
    index = story.log.say(PHARMACY, {"action": "OBSERVE", "bizStep": "dispensing"}, lists={"epcList": [OTHER]})
    forged = after(story, NAMES, (index, story.log.show(index, {"epcList": OTHER})))
    assert failing(forged, story.log.policy).detail == "item 10 shows nothing that concerns this pack at that time"


@pytest.mark.parametrize("unit", [CASE, PALLET])
def test_what_happens_to_a_unit_after_the_pack_has_left_it_is_not_the_packs_story(unit):
    story = tell()
    story.act("shipping on", WHOLESALER, "OBSERVE", {"epcList": [unit]}, {"epcList": unit})
    step = failing(after(story, story.acts), story.log.policy)
    assert step.detail == "item 10 shows nothing that concerns this pack at that time"


def test_a_pack_that_comes_out_of_a_case_leaves_the_pallet_around_it_too():
    story = tell()
    one = story.log
    made = one.say(MAKER, {"action": "ADD"}, lists={"epcList": [PACK]})
    way = [
        (made, one.show(made, {"epcList": PACK})),
        moved(story, "ADD", PACK, CASE),
        moved(story, "ADD", CASE, PALLET),
        moved(story, "DELETE", PACK, CASE),
    ]
    later = one.say(MAKER, {"action": "OBSERVE"}, lists={"epcList": [PALLET]})
    one.seal()
    assert check(one.pedigree(*way), one.policy).ok
    assert failure(one.pedigree(*way, (later, one.show(later, {"epcList": PALLET}))), one.policy) == (STORY, "STORY")


def moved(story, action: str, child: str, parent: str):
    """Something that MAKER states, and what of it a pedigree shows. The block is left open."""
    index = story.log.say(MAKER, {"action": action}, lists={"childEPCs": [child]}, sealed={"parentID": parent})
    return index, story.log.show(index, {"childEPCs": child}, ["parentID"])


def after(story, names, *more):
    """The pedigree of the acts named, and of more items, once their block is sealed."""
    story.log.seal()
    return story.log.pedigree(*((story.acts[name], story.shown[name]) for name in names), *more)


@pytest.mark.parametrize(
    ("action", "child", "parent", "words"),
    [
        ("ADD", PACK, OTHER_CASE, f"packs {PACK}, which stands inside {CASE}"),
        ("ADD", CASE, PACK, f"packs {CASE} into {PACK}, which is itself or inside it"),
        ("ADD", CASE, CASE, f"packs {CASE} into {CASE}, which is itself or inside it"),
        ("DELETE", PACK, OTHER_CASE, f"unpacks {PACK} out of {OTHER_CASE}, in which it is not"),
        ("DELETE", CASE, PALLET, f"unpacks {CASE} out of {PALLET}, in which it is not"),
    ],
)
def test_packing_that_contradicts_what_was_shown_before_is_refused(action, child, parent, words):
    story = tell()
    forged = after(story, ["commissioning", "packing"], moved(story, action, child, parent))
    assert failing(forged, story.log.policy).detail == f"item 2 {words}"


def test_packing_does_not_pass_without_the_unit_being_shown():
    assert failing(changed(lambda one: one["items"][1]["disclosed"].pop("sealed"))).detail == (
        "item 1 does not show the unit (parentID) that it packs or unpacks"
    )


@pytest.mark.parametrize("parent", [None, 5, ["urn:case"], {"id": "urn:case"}])
def test_a_unit_has_an_epc(parent):
    story = tell()
    forged = after(story, ["commissioning"], moved(story, "ADD", PACK, parent))
    assert failing(forged, story.log.policy).detail == "item 1 shows a parentID that is no text"


@pytest.mark.parametrize(
    "value", ["[" * 100_000, "1" * 10_000, "1.5", "NaN", '"a","id":"b"', ' "urn:case"', '"\\u0061"']
)
def test_a_sealed_value_that_cannot_be_read_is_no_unit(value):
    """What its author sealed was no JSON, or not in its one spelling; the commitment holds all the same."""
    story = tell()
    index, opened = moved(story, "ADD", PACK, "urn:case")
    statement = story.log.envelopes[index].statement
    salt = bytes(16)
    statement["sealed"]["parentID"] = sealed_digest(salt, value.encode()).hex()
    opened["sealed"]["parentID"] = {"salt": salt.hex(), "value": value}
    forged = after(story, ["commissioning"], (story.log.add(statement, MAKER), opened))
    assert failing(forged, story.log.policy).detail == "item 1 shows a parentID that is no text"


def test_a_case_cannot_be_packed_together_with_the_pack_inside_it():
    story = tell()
    index = story.log.say(MAKER, {"action": "ADD"}, lists={"childEPCs": [PACK, CASE]}, sealed={"parentID": PALLET})
    opened = story.log.show(index, {"childEPCs": PACK}, ["parentID"])
    of_case = story.log.show(index, {"childEPCs": CASE})["lists"]["childEPCs"]
    opened["lists"]["childEPCs"] = [opened["lists"]["childEPCs"], of_case]
    forged = after(story, ["commissioning", "packing"], (index, opened))
    assert failing(forged, story.log.policy).detail == f"item 2 packs or unpacks {PACK} and what it stands in at once"


# --- Honest variants --------------------------------------------------------------------------------------------------


def test_an_observation_of_the_contents_moves_nothing():
    story = tell()
    index = story.log.say(MAKER, {"action": "OBSERVE"}, lists={"childEPCs": PACKS})
    assert check(after(story, NAMES, (index, story.log.show(index, {"childEPCs": PACK}))), story.log.policy).ok


def test_statements_as_the_supply_chain_makes_them_are_one_story():
    log, secret = begun(), bytes(range(32))
    scene = Scene("urn:uuid:0", datetime(2026, 11, 23, 8, 30, tzinfo=UTC), MAKER.party)
    made = commissioning(scene, epcs=PACKS, lot_number="L2611A", expiry=date(2028, 10, 31))
    boxed = packing(scene, parent=CASE, children=PACKS)
    items = []
    for event, field, fields in ((made, "epcList", ["readPoint", "eventID"]), (boxed, "childEPCs", ["parentID"])):
        stated = state_event(event, log=log.origin, party=MAKER.party, nonce="0" * 32, after=[], secret=secret)
        committed = stated.lists[field]
        at = committed.members.index(PACK)
        opening = open_member(secret, field, committed.members, committed.leaf_hashes, at)
        sealed = {name: disclose_field(event, name, secret=secret) for name in fields}
        items.append((log.add(stated.body, MAKER), {"lists": {field: disclose_list(opening)}, "sealed": sealed}))
    log.seal()
    report = check(log.pedigree(*items), log.policy)
    assert report.ok, report.steps[-1]
    assert "1 of 5 in childEPCs, parentID" in [step.detail for step in report.steps]


def begun() -> SmallLog:
    log = SmallLog()
    log.found(REGULATOR)
    log.register(MAKER, REGULATOR)
    return log


def test_a_row_of_units_grows_outwards_and_shrinks_from_where_the_pack_leaves():
    row = Row("pack")
    row.put("pack", "box")
    row.put("box", "case")
    row.put("case", "pallet")
    row.take("box", "case")
    assert row.units == ["pack", "box"]
    with pytest.raises(VerificationError, match="unpacks box out of case, in which it is not"):
        row.take("box", "case")
