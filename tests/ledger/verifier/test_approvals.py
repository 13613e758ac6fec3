"""Statements that take several parties, before the offline verifier: parties count, under the policy of their index."""

from tests.ledger.small_log import MAKER, REGULATOR, WHOLESALER, SmallLog, as_file, person
from tests.ledger.small_story import PACK
from tests.ledger.verifier.forge import check, failure, signed
from tests.ledger.verifier.test_pedigree import make, revoke

RULE = {"recall": {"k": 2, "parties": [MAKER.party, WHOLESALER.party, REGULATOR.party]}}


def recalled(*signers, custody: str = "client", then=None) -> tuple[bytes, str]:
    """The pack's pedigree with a recall in it that `signers` signed, in a log whose policy takes two of three."""
    log = SmallLog()
    log.found(REGULATOR, acts=RULE)
    for one in (MAKER, WHOLESALER):
        log.register(one, REGULATOR, custody=custody)
    made = make(log, MAKER)
    recall = log.add(log.statement(MAKER.party, "recall", recall={"lot_number": "A1"}), *signers)
    if then:
        then(log, recall)
    log.seal()
    items = [(made, log.show(made, {"epcList": PACK})), (recall, {})]
    return as_file(log.pedigree(*items)), log.policy


def test_a_recall_takes_as_many_parties_as_the_logs_policy_says():
    report = check(*recalled(MAKER, WHOLESALER))
    assert report.ok
    assert any("2 of 2 needed: 9520001000003, 9520002000002" in step.detail for step in report.steps)
    assert "that item 1, a statement of kind recall, concerns this pack: read it yourself" in report.notes
    assert failure(*recalled(MAKER)) == (signed(1), "APPROVALS")
    assert failure(*recalled(MAKER, person(MAKER.party, "next"))) == (signed(1), "KEY_UNKNOWN")
    assert failure(*recalled(WHOLESALER, REGULATOR)) == (signed(1), "PARTY")  # whose recall is it?


def test_managed_keys_alone_satisfy_no_recall_before_a_verifier():
    assert failure(*recalled(MAKER, WHOLESALER, custody="managed")) == (signed(1), "APPROVALS_MANAGED")
    assert check(*recalled(MAKER, REGULATOR, custody="managed")).ok


def test_a_suspect_signature_under_a_recall_counts_for_nothing_and_the_others_stand():
    def stolen(log, recall):
        revoke(log, WHOLESALER, invalid_from=recall)

    report = check(*recalled(MAKER, WHOLESALER, REGULATOR, then=stolen))
    assert report.ok
    assert any("suspect, so not counted: 9520002000002" in step.detail for step in report.steps)
    assert failure(*recalled(MAKER, WHOLESALER, then=stolen)) == (signed(1), "APPROVALS")

    def makers_stolen(log, recall):
        revoke(log, MAKER, invalid_from=recall)

    assert failure(*recalled(MAKER, WHOLESALER, REGULATOR, then=makers_stolen)) == (signed(1), "PARTY")


def test_a_revoked_signature_under_a_recall_is_refused_outright():
    """The log takes no such entry; whoever shows one has made it himself."""
    log = SmallLog()
    log.found(REGULATOR, acts=RULE)
    log.register(MAKER, REGULATOR)
    log.register(WHOLESALER, REGULATOR)
    revoke(log, WHOLESALER)
    recall = log.add(log.statement(MAKER.party, "recall", recall={}), MAKER, WHOLESALER, REGULATOR)
    log.seal()
    assert failure(as_file(log.pedigree((recall, {}))), log.policy) == (signed(0), "KEY_REVOKED")
