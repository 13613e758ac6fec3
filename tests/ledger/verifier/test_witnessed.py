"""What witnesses add to a proof: whose word is enough, how old it is, and that no key entry was left out."""

import base64
import json
from itertools import chain, combinations

import pytest

from ledger import crypto_ecdsa, crypto_fast
from ledger.tlog.block import entry_leaf
from ledger.tlog.merkle import inclusion_proof
from ledger.tlog.proof import ProofFile
from ledger.verifier.cli import as_text, main, parse_age
from ledger.verifier.pedigree import LATEST, UNWITNESSED, verify
from tests.ledger.small_log import EPOCH, MAKER, REGULATOR, SmallLog, as_file
from tests.ledger.small_story import tell
from tests.ledger.verifier.forge import CHECKPOINT, KEYS, Document, check, failure

FRESH = "the checkpoint is fresh"
ALL_KEYS = "no key entry was left out"
NAMES = ("mfr", "dist", "pharm", "reg")
NOW = EPOCH // 1000 + 60


def trade_and_regulator() -> SmallLog:
    """Two of three in the trade, and the regulator: the quorum of a real log."""
    log = SmallLog(witnesses=NAMES, quorum="final")
    log.groups = ["group trade 2 mfr dist pharm", "group final all trade reg"]
    return tell(log).log


LOG = trade_and_regulator()


def proof(*cosigners: str, log: SmallLog = LOG) -> bytes:
    path = tuple(inclusion_proof(log.leaf_hashes, 0))
    return ProofFile(log.envelopes[0].encode(), 0, path, log.note(cosigned_by=cosigners).encode()).encode()


@pytest.mark.parametrize("chosen", list(chain.from_iterable(combinations(NAMES, size) for size in range(5))))
def test_a_quorum_of_groups_is_counted(chosen):
    report = check(proof(*chosen), LOG.policy)
    enough = "reg" in chosen and len(chosen) >= 3
    assert report.ok == enough
    if enough:
        assert set(report.cosigned) == set(chosen)
        assert (report.quorum, report.as_json()["witnessed"]) == ("final", True)
    else:
        assert (report.steps[-1].name, report.steps[-1].code) == (CHECKPOINT, "QUORUM")


def test_witnesses_that_the_policy_does_not_name_count_for_nothing():
    log = SmallLog(witnesses=("w",), quorum="w")
    log.found(REGULATOR)
    log.seal()
    without = f"log {log.vkey}\nquorum none\n"
    report = check(log.proof_file(0), without)
    assert report.ok
    assert report.cosigned == {}
    assert UNWITNESSED in report.notes


def test_both_libraries_count_alike():
    for chosen in (("mfr", "dist", "reg"), ("mfr", "dist", "pharm")):
        reports = [verify(proof(*chosen), LOG.policy, crypto=one) for one in (crypto_fast, crypto_ecdsa)]
        assert reports[0] == reports[1]


# --- Freshness --------------------------------------------------------------------------------------------------------


def aged(*times: int, max_age: int = 100, now: int = NOW):
    log = SmallLog(witnesses=NAMES[: len(times)], quorum=NAMES[0] if times else "none")
    log.found(REGULATOR)
    log.seal()
    log.cosigned_at = dict(zip(NAMES, times, strict=False))
    return verify(log.proof_file(0), log.policy, crypto=crypto_fast, now=now, max_age=max_age)


def test_a_proof_is_as_fresh_as_its_newest_counted_cosignature():
    assert aged(NOW - 100).ok
    assert aged(NOW - 500, NOW - 100).ok
    assert aged(NOW).steps[3].detail == "newest cosignature 0 s old, of at most 100"
    assert aged(NOW + 300, max_age=0).ok  # clocks differ


@pytest.mark.parametrize("times", [(NOW - 101,), (NOW - 101, NOW - 500), (0,), (NOW + 301,), (2**64 - 1,), ()])
def test_a_stale_proof_is_refused_when_its_reader_sets_a_limit(times):
    report = aged(*times)
    assert not report.ok
    assert (report.steps[-1].name, report.steps[-1].code) == (FRESH, "STALE")


def test_without_a_limit_the_age_is_only_told():
    report = verify(proof(*NAMES), LOG.policy, crypto=crypto_fast, now=NOW + 10**9)
    assert report.ok
    assert FRESH not in [step.name for step in report.steps]
    told = " ".join(as_text(report, NOW + 10**9).split())
    assert " UTC, 1000000000 s ago, cosigned by mfr, dist, pharm, reg." in told
    assert "ago" not in as_text(report)


def test_a_time_that_no_calendar_has_is_told_without_falling_over():
    log = SmallLog(witnesses=("w",), quorum="w")
    log.found(REGULATOR)
    log.seal()
    log.cosigned_at["w"] = 2**64 - 1
    assert "9999-12-31" in as_text(check(log.proof_file(0), log.policy))


def test_an_unwitnessed_proof_says_so_at_its_end():
    log = SmallLog()
    log.found(REGULATOR)
    log.seal()
    text = " ".join(as_text(check(log.proof_file(0), log.policy)).split())
    assert "Unwitnessed: nobody but the log's operator stands behind it." in text


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("30m", 1800), ("24h", 86400), ("7d", 604800), ("0s", 0)])
def test_an_age_is_a_number_and_a_unit(text, seconds):
    assert parse_age(text) == seconds


@pytest.mark.parametrize("text", ["", "s", "24", "24 h", "-1h", "1.5h", "1w", "²h", "9999999999s"])
def test_any_other_age_ends_with_2(text, tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        main([str(tmp_path), "--policy", str(tmp_path), f"--max-age={text}"])
    assert ended.value.code == 2
    assert "expected a number and s, m, h or d" in capsys.readouterr().err


def test_the_command_takes_the_limit(tmp_path, capsys):
    (tmp_path / "proof").write_bytes(proof(*NAMES))
    (tmp_path / "policy").write_text(LOG.policy)
    command = [str(tmp_path / "proof"), "--policy", str(tmp_path / "policy"), "--json"]
    assert main(command) == 0
    assert json.loads(capsys.readouterr().out)["cosigned"] == dict.fromkeys(NAMES, NOW)
    assert main([*command, "--max-age", "1s"]) == 1  # cosigned on a day that is gone by the time anybody runs this
    assert json.loads(capsys.readouterr().out)["steps"][-1]["code"] == "STALE"


# --- All key entries --------------------------------------------------------------------------------------------------


def complete() -> tuple[Document, str]:
    story = tell()
    return story.pedigree() | {"header": story.log.header_entry()}, story.log.policy


def test_the_newest_header_proves_that_no_key_entry_was_left_out():
    document, policy = complete()
    report = check(document, policy)
    assert report.ok
    assert report.steps[4].name == ALL_KEYS
    assert report.steps[4].detail == "these 4 key and policy entries are all that the log has"
    assert report.notes[0] == LATEST.format("")
    assert "revoked" not in " ".join(report.notes)


def test_a_hidden_revocation_is_found():
    story = tell()
    body = {"op": "revoke", "keyid": MAKER.keyid, "reason": "stolen", "invalid_from": 5}
    revocation = story.log.add(story.log.statement(MAKER.party, "key", key=body), MAKER)
    story.log.seal()
    honest = story.pedigree() | {"header": story.log.header_entry()}
    assert failure(honest, story.log.policy)[1] == "KEY_SUSPECT"
    hidden = honest | {"keys": [one for one in honest["keys"] if one["index"] != revocation]}
    assert failure(hidden, story.log.policy) == (ALL_KEYS, "KEYS_FOLD")
    without_header = {name: value for name, value in hidden.items() if name != "header"}
    report = check(without_header, story.log.policy)
    assert report.ok  # which is why it says so:
    assert report.notes[0] == LATEST.format("that no key was revoked, ")


def test_any_other_key_entry_that_is_missing_is_found():
    document, policy = complete()
    for number in range(1, 4):
        keys = [one for at, one in enumerate(document["keys"]) if at != number]
        assert failure(document | {"keys": keys}, policy) == (ALL_KEYS, "KEYS_FOLD")
    assert failure(document | {"keys": []}, policy) == (KEYS, "GENESIS")


def test_an_older_header_says_nothing_about_the_newest_keys():
    story = tell()
    index = story.log.headers[0].tree_size - 1
    path = [base64.b64encode(one).decode() for one in inclusion_proof(story.log.leaf_hashes, index)]
    first = {"index": index, "proof": path, "leaf": base64.b64encode(story.log.leaves[index]).decode()}
    assert failure(story.pedigree() | {"header": first}, story.log.policy) == (ALL_KEYS, "KEYS_HEADER")
    lied = first | {"index": len(story.log.leaves) - 1}
    assert failure(story.pedigree() | {"header": lied}, story.log.policy)[0] == ALL_KEYS


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"leaf": base64.b64encode(entry_leaf(bytes(32))).decode()}, "HEADER"),
        ({"leaf": ""}, "HEADER"),
        ({"proof": []}, "PROOF_LENGTH"),
    ],
)
def test_a_header_that_is_none_or_stands_elsewhere_is_refused(change, code):
    document, policy = complete()
    assert failure(document | {"header": document["header"] | change}, policy) == (ALL_KEYS, code)


def test_a_forged_header_is_refused():
    """Its fold would fit the keys shown; but it is not the leaf."""
    story = tell()
    body = {"op": "revoke", "keyid": MAKER.keyid, "reason": "stolen"}
    story.log.add(story.log.statement(MAKER.party, "key", key=body), MAKER)
    story.log.seal()
    entry = story.log.header_entry()
    before, after = (story.log.headers[at].keys.hex().encode() for at in (-2, -1))
    forged = base64.b64decode(entry["leaf"]).replace(after, before)
    hidden = story.pedigree() | {"header": entry | {"leaf": base64.b64encode(forged).decode()}}
    hidden["keys"] = hidden["keys"][:-1]
    assert failure(hidden, story.log.policy) == (ALL_KEYS, "INCLUSION")


@pytest.mark.parametrize("header", [None, [], 5, "x", {}, {"index": 0}, {"index": 0, "proof": [], "leaf": "", "x": 1}])
def test_a_header_of_another_shape_is_refused(header):
    document, policy = complete()
    assert failure(document | {"header": header}, policy)[1] == "BUNDLE"


def test_a_flipped_bit_in_the_header_is_found():
    document, policy = complete()
    leaf = bytearray(base64.b64decode(document["header"]["leaf"]))
    for at in range(0, len(leaf), 7):
        leaf[at] ^= 1
        changed = document["header"] | {"leaf": base64.b64encode(leaf).decode()}
        assert failure(document | {"header": changed}, policy)[0] == ALL_KEYS
        leaf[at] ^= 1


def test_the_file_with_its_header_is_json_like_any_other():
    document, policy = complete()
    assert check(as_file(document), policy).ok
