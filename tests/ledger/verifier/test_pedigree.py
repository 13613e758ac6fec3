"""A pedigree is believed step by step; whatever was forged in it is refused at the step that it belongs to."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import crypto_ecdsa
from ledger.verifier.pedigree import UNWITNESSED, verify
from tests.ledger.small_log import FORGER, MAKER, PHARMACY, REGULATOR, WHOLESALER, SmallLog, as_file, person
from tests.ledger.small_story import OTHER, PACK, PACKS, tell
from tests.ledger.verifier.forge import (
    CHECKPOINT,
    KEYS,
    STORY,
    WELL_FORMED,
    changed,
    check,
    document,
    failing,
    failure,
    flip16,
    flip64,
    honest,
    in_log,
    shown,
    signed,
)

ITEMS = range(len(honest().acts))
AGGREGATIONS = [number for number, act in enumerate(honest().shown.values()) if "sealed" in act]


def told(log: SmallLog, *indexes: int) -> bytes:
    """The pedigree of events that `log` holds at `indexes`, each with the pack shown in its epcList."""
    return as_file(log.pedigree(*((index, log.show(index, {"epcList": PACK})) for index in indexes)))


def begun(*admitted) -> SmallLog:
    log = SmallLog()
    log.found(REGULATOR)
    for one in admitted:
        log.register(one, REGULATOR)
    return log


def make(log: SmallLog, one, **changes) -> int:
    """The pack comes into being, by the word of `one`."""
    event = {"type": "ObjectEvent", "action": "ADD", "bizStep": "commissioning"}
    return log.say(one, event | changes, lists={"epcList": PACKS})


# --- The log's word ---------------------------------------------------------------------------------------------------


def test_a_checkpoint_signed_by_another_key_for_the_same_name_is_refused():
    other = SmallLog()
    other.log_key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    assert failure(document(), other.policy) == (CHECKPOINT, "NOTE_UNSIGNED")


def test_a_checkpoint_of_another_log_is_refused():
    assert failure(document(), tell(SmallLog("other.example/log")).log.policy) == (CHECKPOINT, "NOTE_UNSIGNED")


def test_a_signature_moved_to_another_text_is_refused():
    def grow(forged):
        forged["checkpoint"] = forged["checkpoint"].replace("\n18\n", "\n19\n", 1)

    assert failure(changed(grow)) == (CHECKPOINT, "NOTE_SIGNATURE")


def test_an_honest_checkpoint_of_a_smaller_tree_proves_none_of_these_items():
    smaller = SmallLog()
    smaller.found(REGULATOR)
    smaller.seal()
    forged = changed(lambda one: one.update(checkpoint=smaller.note()))
    assert failure(forged) == (KEYS, "PROOF_LENGTH")


def test_a_smaller_tree_of_this_log_proves_no_later_item():
    story = tell()
    early = story.pedigree("commissioning")
    story.act("packing again", MAKER, "ADD", {"childEPCs": PACKS}, {"childEPCs": PACK}, parentID="urn:case")
    story.log.seal()
    late = story.pedigree("packing again")["items"][0]
    early["items"].append(late)
    assert failure(early, story.log.policy) == (in_log(1), "INDEX_RANGE")


def test_without_the_witness_that_the_policy_asks_for_there_is_no_proof():
    story = tell(SmallLog(witnesses=["agency.example"], quorum="agency.example"))
    forged = story.pedigree() | {"checkpoint": story.log.note(cosigned_by=[])}
    assert failure(forged, story.log.policy) == (CHECKPOINT, "QUORUM")


# --- Keys -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("left", [[], [1, 2, 3], [1, 0, 2, 3]])
def test_key_entries_that_do_not_begin_with_the_logs_first_entry_prove_nothing(left):
    keys = document()["keys"]
    assert failure(changed(lambda one: one.update(keys=[keys[at] for at in left]))) == (KEYS, "GENESIS")


def test_key_entries_stand_in_the_logs_order():
    keys = document()["keys"]
    assert failure(changed(lambda one: one.update(keys=[keys[at] for at in (0, 2, 1, 3)]))) == (KEYS, "KEY_ORDER")


def test_an_item_of_a_party_whose_registration_was_left_out_is_refused():
    last_by_wholesaler = list(honest().acts).index("receiving")
    assert failure(changed(lambda one: one["keys"].pop(2))) == (signed(last_by_wholesaler), "KEY_UNKNOWN")


def test_a_key_that_nobody_admitted_signs_nothing():
    log = begun(MAKER)
    made = make(log, FORGER)
    log.seal()
    assert failure(told(log, made), log.policy) == (signed(0), "KEY_UNKNOWN")


def test_a_key_that_another_party_vouched_for_is_refused_with_its_entry():
    log = begun(MAKER)
    log.register(FORGER, MAKER)
    made = make(log, FORGER)
    log.seal()
    assert failure(told(log, made), log.policy) == (KEYS, "KEY_AUTHORITY")


def test_the_failing_key_entry_is_named():
    step = failing(changed(lambda one: one["keys"][2].update(index=7)))
    assert step.name == KEYS
    assert step.detail.startswith("key entry 2: ")


def test_a_registration_proves_nothing_about_what_the_key_signed_before():
    log = begun(MAKER)
    made = make(log, FORGER)
    log.register(FORGER, REGULATOR)
    log.seal()
    assert failure(told(log, made), log.policy) == (signed(0), "KEY_NOT_YET")


def revoke(log: SmallLog, one, **more) -> int:
    body = {"op": "revoke", "keyid": one.keyid, "reason": "stolen"} | more
    return log.add(log.statement(one.party, "key", key=body), REGULATOR)


def test_a_revoked_key_signs_nothing_any_more_but_what_it_signed_before_stands():
    log = begun(MAKER)
    before = make(log, MAKER)
    revoke(log, MAKER)
    after = make(log, MAKER)
    log.seal()
    assert check(told(log, before), log.policy).ok
    assert failure(told(log, after), log.policy) == (signed(0), "KEY_REVOKED")


def test_what_a_stolen_key_signed_is_suspect_from_the_index_that_its_owner_names():
    log = begun(MAKER)
    before, after = make(log, MAKER), make(log, MAKER)
    revoke(log, MAKER, invalid_from=after)
    log.seal()
    assert check(told(log, before), log.policy).ok
    assert failure(told(log, after), log.policy) == (signed(0), "KEY_SUSPECT")


def test_a_party_cannot_speak_for_another():
    log = begun(MAKER, WHOLESALER)
    event = {"type": "ObjectEvent", "action": "ADD"}
    index = log.add(log.statement(MAKER.party, "event", event=event, lists={}), WHOLESALER)
    log.seal()
    assert failure(as_file(log.pedigree((index, {}))), log.policy) == (signed(0), "PARTY")


def test_a_further_signature_does_not_harm_but_must_be_by_a_known_key():
    log = begun(MAKER, WHOLESALER)
    event = {"type": "ObjectEvent", "action": "ADD"}
    both = log.add(log.statement(MAKER.party, "event", event=event, lists={}), MAKER, WHOLESALER)
    stranger = log.add(log.statement(MAKER.party, "event", event=event, lists={}), MAKER, FORGER)
    log.seal()
    assert failure(as_file(log.pedigree((both, {}))), log.policy) == (STORY, "STORY")  # it shows no pack, that is all
    assert failure(as_file(log.pedigree((stranger, {}))), log.policy) == (signed(0), "KEY_UNKNOWN")


def test_a_statement_made_for_another_log_is_worth_nothing_in_this_one():
    log = begun(MAKER)
    elsewhere = log.statement(MAKER.party, "event", event={"action": "ADD"}, lists={}) | {"log": "other.example/log"}
    replayed = log.add(elsewhere, MAKER)
    log.seal()
    assert failure(as_file(log.pedigree((replayed, {}))), log.policy) == (signed(0), "ORIGIN")


def test_a_key_statement_made_for_another_log_admits_nobody_to_this_one():
    log = begun()
    key = {"op": "register", **MAKER.public()}
    log.add(log.statement(MAKER.party, "key", key=key) | {"log": "test.example/log"}, MAKER, REGULATOR)
    made = make(log, MAKER)
    log.seal()
    assert failure(told(log, made), log.policy) == (KEYS, "ORIGIN")


def test_another_key_of_the_same_party_must_be_registered_too():
    log = begun(MAKER)
    made = make(log, person(MAKER.party, "second"))
    log.seal()
    assert failure(told(log, made), log.policy) == (signed(0), "KEY_UNKNOWN")


# --- Envelopes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", ITEMS)
def test_a_flipped_bit_in_an_envelope_or_its_proof_fails_that_item(number):
    def spoil_proof(forged):
        forged["items"][number]["proof"][0] = flip64(forged["items"][number]["proof"][0])

    def spoil_envelope(forged):
        forged["items"][number]["envelope"] = flip64(forged["items"][number]["envelope"], 200)

    assert failure(changed(spoil_proof)) == (in_log(number), "INCLUSION")
    assert failing(changed(spoil_envelope)).name in {WELL_FORMED, in_log(number)}


def test_an_item_at_another_index_is_refused():
    assert failure(changed(lambda one: one["items"][3].update(index=10))) == (in_log(3), "INCLUSION")


def test_two_entries_that_change_places_are_refused():
    def swap(forged):
        one, two = forged["items"][3], forged["items"][4]
        one["envelope"], two["envelope"] = two["envelope"], one["envelope"]
        one["disclosed"], two["disclosed"] = two["disclosed"], one["disclosed"]

    assert failure(changed(swap)) == (in_log(3), "INCLUSION")


# --- What is shown ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", ITEMS)
def test_another_epc_cannot_stand_in_for_the_one_that_was_opened(number):
    def swap(forged):
        for opening in forged["items"][number]["disclosed"]["lists"].values():
            opening["epc"] = OTHER

    assert failure(changed(swap)) == (shown(number), "INCLUSION")


@pytest.mark.parametrize("number", ITEMS)
def test_a_changed_salt_opens_nothing(number):
    def spoil(forged):
        for opening in forged["items"][number]["disclosed"]["lists"].values():
            opening["salt"] = flip16(opening["salt"], number)

    assert failure(changed(spoil)) == (shown(number), "INCLUSION")


@pytest.mark.parametrize("salt", ["", "00" * 15, "00" * 17])
def test_a_salt_of_another_length_opens_nothing(salt):
    def spoil(forged):
        forged["items"][0]["disclosed"]["lists"]["epcList"]["salt"] = salt

    assert failure(changed(spoil)) == (shown(0), "SALT_LENGTH")


@pytest.mark.parametrize("number", AGGREGATIONS)
def test_another_unit_cannot_stand_in_for_the_one_that_was_sealed(number):
    def value(forged):
        forged["items"][number]["disclosed"]["sealed"]["parentID"]["value"] = (
            '"https://id.gs1.org/00/095200010000000038"'
        )

    def salt(forged):
        opened = forged["items"][number]["disclosed"]["sealed"]["parentID"]
        opened["salt"] = flip16(opened["salt"])

    assert failure(changed(value)) == (shown(number), "SEALED")
    assert failure(changed(salt)) == (shown(number), "SEALED")


def test_a_sealed_value_has_one_spelling():
    def respell(forged):
        opened = forged["items"][1]["disclosed"]["sealed"]["parentID"]
        opened["value"] = " " + opened["value"]

    assert failure(changed(respell)) == (shown(1), "SEALED")


def test_a_field_that_the_statement_does_not_commit_to_cannot_be_shown():
    def add(forged):
        forged["items"][1]["disclosed"]["sealed"]["readPoint"] = {"salt": "00" * 16, "value": '"here"'}

    assert failure(changed(add)) == (shown(1), "COMMITMENT")


@pytest.mark.parametrize("root", [None, 5, "00" * 31, "AB" * 32, ["00" * 32]])
def test_a_list_without_a_root_opens_nothing(root):
    log = begun(MAKER)
    committed = {"epcList": {"size": 1, "root": root}}
    index = log.add(log.statement(MAKER.party, "event", event={"action": "ADD"}, lists=committed), MAKER)
    log.seal()
    opening = {"epc": PACK, "salt": "00" * 16, "index": 0, "proof": []}
    forged = log.pedigree((index, {"lists": {"epcList": opening}}))
    assert failure(forged, log.policy) == (shown(0), "COMMITMENT")


def test_a_list_that_was_signed_with_another_size_opens_nothing():
    log = begun(MAKER)
    honest_index = make(log, MAKER)
    opened = log.show(honest_index, {"epcList": PACK})
    committed = {"epcList": log.envelopes[honest_index].statement["lists"]["epcList"] | {"size": 9}}
    index = log.add(log.statement(MAKER.party, "event", event={"action": "ADD"}, lists=committed), MAKER)
    log.seal()
    assert failing(log.pedigree((index, opened)), log.policy).name == shown(0)


# --- The honest pedigree ----------------------------------------------------------------------------------------------


def test_the_honest_pedigree_passes_with_both_libraries():
    fast = check(document())
    slow = verify(as_file(document()), honest().log.policy, crypto=crypto_ecdsa)
    assert fast.ok
    assert slow == fast == verify(as_file(document()), honest().log.policy)


def test_every_item_has_its_three_steps_and_says_in_plain_words_what_it_is():
    report = check(document())
    names = [step.name for step in report.steps]
    assert names[:4] == [WELL_FORMED, "the policy names a log", CHECKPOINT, KEYS]
    assert names[4:-1] == [step(number) for number in ITEMS for step in (in_log, signed, shown)]
    assert names[-1] == STORY
    about = [step.about for step in report.steps if step.name == in_log(0)]
    assert about == [f"item 0, 2026-11-23T08:00:00.000Z, {MAKER.party} says: the pack is made"]
    assert report.subject == PACK


def test_custody_of_the_keys_is_shown():
    log = begun()
    log.register(MAKER, REGULATOR, custody="managed")
    made = make(log, MAKER)
    log.seal()
    report = check(told(log, made), log.policy)
    assert f"commissioning by {MAKER.party} (managed key)" in [step.detail for step in report.steps]


def test_what_is_not_proven_is_said_and_a_quorum_of_witnesses_takes_one_doubt_away():
    assert UNWITNESSED in check(document()).notes
    story = tell(SmallLog(witnesses=["agency.example"], quorum="agency.example"))
    report = check(story.pedigree(), story.log.policy)
    assert report.ok
    assert UNWITNESSED not in report.notes
    assert any("presence, not absence" in note for note in report.notes)
    assert "agency.example" in report.steps[2].detail


def test_the_spelling_of_the_json_does_not_matter():
    assert check(json.dumps(document(), indent=2).encode()).ok
    assert check(json.dumps(document(), ensure_ascii=True, sort_keys=True).encode()).ok


def test_a_statement_of_another_kind_may_stand_in_the_log_and_shows_nothing():
    log = begun(MAKER, PHARMACY)
    made = make(log, MAKER)
    note = log.add(log.statement(PHARMACY.party, "recall", recall={"why": "test"}), PHARMACY)
    log.seal()
    report = check(log.pedigree((made, log.show(made, {"epcList": PACK})), (note, {})), log.policy)
    assert report.ok
    # It begins no story either.
    alone = log.pedigree((note, {}), (made, log.show(made, {"epcList": PACK})))
    assert failure(alone, log.policy) == (STORY, "ORDER")
    assert failure(log.pedigree((note, {})), log.policy) == (STORY, "STORY")
    assert "nothing is shown" in [step.detail for step in report.steps]
    assert f"item 1, {PHARMACY.party} says: a statement of kind recall" in [step.about for step in report.steps]
