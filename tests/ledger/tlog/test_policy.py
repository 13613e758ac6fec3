from itertools import chain, combinations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import crypto_fast
from ledger.errors import MalformedError, VerificationError
from ledger.tlog.checkpoint import Checkpoint
from ledger.tlog.note import (
    COSIGNATURE_V1,
    ED25519,
    NoteSignature,
    Verifier,
    cosignature_message,
    make_verifier,
    parse_note,
    signature_line,
)
from ledger.tlog.policy import MAX_POLICY, Policy, parse_policy, verify_policy

ORIGIN = "log.example/one"
CHECKPOINT = Checkpoint(ORIGIN, 12, bytes(32))


def key_of(name: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(name.encode().ljust(32))


def verifier_of(name: str, algorithm: int = COSIGNATURE_V1) -> Verifier:
    return make_verifier(name, algorithm, key_of(name).public_key().public_bytes_raw())


LOG = verifier_of(ORIGIN, ED25519)
LOG_LINE = f"log {LOG.vkey}\n"
X1, X2, X3, Y1, Y2 = (verifier_of(f"{name}.example") for name in ("x1", "x2", "x3", "y1", "y2"))
WITNESSES = {"X1": X1, "X2": X2, "X3": X3, "Y1": Y1, "Y2": Y2}
WITNESS_LINES = "".join(f"witness {name} {one.vkey}\n" for name, one in WITNESSES.items())
TWO_LEVELS = LOG_LINE + WITNESS_LINES + "group X 2 X1 X2 X3\ngroup Y any Y1 Y2\ngroup both all X Y\nquorum both\n"


def note_of(*signers: Verifier, checkpoint: Checkpoint = CHECKPOINT):
    lines = []
    for one in signers:
        message, time = checkpoint.text.encode(), b""
        if one.algorithm == COSIGNATURE_V1:
            message, time = cosignature_message(1_764_000_000, checkpoint.text), (1_764_000_000).to_bytes(8, "big")
        lines.append(signature_line(NoteSignature(one.name, one.key_id, time + key_of(one.name).sign(message))))
    return parse_note(checkpoint.text + "\n" + "".join(lines))


def refused(text: str) -> str:
    with pytest.raises(MalformedError) as caught:
        parse_policy(text)
    assert caught.value.code == "POLICY"
    return str(caught.value)


# --- Hostile: files ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no log"),
        ("quorum none", "no log"),
        (LOG_LINE, "no quorum line"),
        (LOG_LINE + "quorum none\nquorum none", "line 3"),
        (LOG_LINE + "quorum", "line 2"),
        (LOG_LINE + "quorum X1", "line 2"),
        (LOG_LINE + "quorum X1\n" + WITNESS_LINES, "line 2"),
        ("log\nquorum none", "line 1"),
        (f"log {LOG.vkey} one two\nquorum none", "line 1"),
        ("log log.example/one+00000000+AAAA\nquorum none", "line 1: verifier key"),
        (LOG_LINE + LOG_LINE + "quorum none", "line 2.*stands twice"),
        (f"log {X1.vkey}\nquorum none", "algorithm 4, expected 1"),
        (f"{LOG_LINE}witness W {LOG.vkey}\nquorum W", "algorithm 1, expected 4"),
        (f"{LOG_LINE}witness none {X1.vkey}\nquorum none", "'none' is taken"),
        (f"{LOG_LINE}witness A {X1.vkey}\nwitness A {X2.vkey}\nquorum A", "line 3: name 'A' is taken"),
        (f"{LOG_LINE}witness A {X1.vkey}\nwitness B {X1.vkey}\nquorum A", "line 3.*stands twice"),
        (LOG_LINE + WITNESS_LINES + "group X1 any X2\nquorum X1", "'X1' is taken"),
        (LOG_LINE + WITNESS_LINES + "group A\nquorum A", "line 7"),
        (LOG_LINE + WITNESS_LINES + "group A any\nquorum A", "out of 0"),
        (LOG_LINE + WITNESS_LINES + "group A 0 X1\nquorum A", "'0' out of 1"),
        (LOG_LINE + WITNESS_LINES + "group A 2 X1\nquorum A", "'2' out of 1"),
        (LOG_LINE + WITNESS_LINES + "group A +1 X1\nquorum A", "out of 1"),
        (LOG_LINE + WITNESS_LINES + "group A 01 X1\nquorum A", "out of 1"),
        (LOG_LINE + WITNESS_LINES + "group A ١ X1\nquorum A", "out of 1"),
        (LOG_LINE + WITNESS_LINES + "group A ALL X1\nquorum A", "out of 1"),
        (LOG_LINE + WITNESS_LINES + "group A 1 Z9\nquorum A", "member 'Z9'"),
        (LOG_LINE + WITNESS_LINES + "group A 1 A\nquorum A", "member 'A'"),
        (LOG_LINE + WITNESS_LINES + "group A 1 none\nquorum A", "member 'none'"),
        (LOG_LINE + WITNESS_LINES + "group A 1 X1 X1\nquorum A", "in no group yet"),
        (LOG_LINE + WITNESS_LINES + "group A 1 X1\ngroup B 1 X1\nquorum A", "in no group yet"),
        (LOG_LINE + "witnesses none\nquorum none", "line 2"),
        (LOG_LINE + "Quorum none", "line 2"),
        (LOG_LINE + "quorum none\r\n", "control characters"),
        (LOG_LINE + "# \x00\nquorum none\n", "line 2.*control characters"),
        (LOG_LINE + "quorum\u00a0none\n", "line 2"),
    ],
)
def test_a_policy_file_that_could_be_read_in_two_ways_is_refused(text, message):
    with pytest.raises(MalformedError, match=message):
        parse_policy(text)
    refused(text)


def test_a_huge_policy_is_refused_unread():
    assert "expected at most" in refused("#" * (MAX_POLICY + 1))


def test_groups_do_not_nest_without_end():
    nested = "group g0 all X1\n" + "".join(f"group g{level} all g{level - 1}\n" for level in range(1, 400))
    assert "more than 256" in refused(LOG_LINE + WITNESS_LINES + nested + "quorum g399\n")


# --- Hostile: checkpoints ---------------------------------------------------------------------------------------------


def test_a_checkpoint_of_no_log_of_the_policy_is_refused_however_many_witnesses_cosigned():
    other = verifier_of("log.example/two", ED25519)
    checkpoint = Checkpoint(other.name, 12, bytes(32))
    for signers in ([other], [X1, X2, Y1], [other, X1, X2, Y1]):
        with pytest.raises(VerificationError) as caught:
            verify_policy(note_of(*signers, checkpoint=checkpoint), parse_policy(TWO_LEVELS), crypto_fast)
        assert caught.value.code == "NOTE_UNSIGNED"


def test_one_log_of_the_policy_cannot_speak_for_another():
    two = verifier_of("log.example/two", ED25519)
    policy = parse_policy(f"{LOG_LINE}log {two.vkey}\nquorum none\n")
    with pytest.raises(VerificationError) as caught:
        verify_policy(note_of(two), policy, crypto_fast)
    assert caught.value.code == "ORIGIN"
    assert verify_policy(note_of(LOG), policy, crypto_fast) == (CHECKPOINT, [])


def test_a_forged_cosignature_spoils_the_checkpoint():
    note = note_of(LOG, X1, X2, Y1)
    first = note.signatures[1]
    forged = NoteSignature(first.name, first.key_id, first.signature[:-1] + bytes([first.signature[-1] ^ 1]))
    lines = "".join(map(signature_line, [note.signatures[0], forged, *note.signatures[2:]]))
    with pytest.raises(VerificationError) as caught:
        verify_policy(parse_note(note.text + "\n" + lines), parse_policy(TWO_LEVELS), crypto_fast)
    assert caught.value.code == "NOTE_SIGNATURE"


def test_too_few_witnesses_are_named():
    with pytest.raises(
        VerificationError, match=r"cosigned by x1\.example, y1\.example; quorum both is not met"
    ) as caught:
        verify_policy(note_of(LOG, X1, Y1), parse_policy(TWO_LEVELS), crypto_fast)
    assert caught.value.code == "QUORUM"
    with pytest.raises(VerificationError, match="cosigned by nobody"):
        verify_policy(note_of(LOG), parse_policy(TWO_LEVELS), crypto_fast)


def test_witnesses_that_the_policy_does_not_name_do_not_count():
    policy = parse_policy(f"{LOG_LINE}witness X1 {X1.vkey}\nquorum X1\n")
    with pytest.raises(VerificationError):
        verify_policy(note_of(LOG, X2, X3, Y1, Y2), policy, crypto_fast)


# --- Honest -----------------------------------------------------------------------------------------------------------


def test_every_subset_of_witnesses_meets_the_quorum_exactly_when_it_should():
    policy = parse_policy(TWO_LEVELS)
    names = list(WITNESSES)
    for chosen in chain.from_iterable(combinations(names, count) for count in range(len(names) + 1)):
        of_x, of_y = sum(name[0] == "X" for name in chosen), sum(name[0] == "Y" for name in chosen)
        assert policy.is_quorum_met([WITNESSES[name] for name in chosen]) is (of_x >= 2 and of_y >= 1), chosen


def test_a_quorum_that_is_met_says_who_met_it():
    checkpoint, cosigners = verify_policy(note_of(X3, LOG, Y2, X1), parse_policy(TWO_LEVELS), crypto_fast)
    assert checkpoint == CHECKPOINT
    assert cosigners == [X3, Y2, X1]


def test_quorum_none_asks_for_nobody_with_and_without_witnesses():
    for text in (LOG_LINE + "quorum none\n", LOG_LINE + WITNESS_LINES + "quorum none"):
        assert verify_policy(note_of(LOG), parse_policy(text), crypto_fast) == (CHECKPOINT, [])


def test_a_witness_alone_may_be_the_quorum():
    policy = parse_policy(LOG_LINE + WITNESS_LINES + "quorum Y2\n")
    assert policy.is_quorum_met([Y2])
    assert not policy.is_quorum_met([X1, X2, X3, Y1])


def test_blanks_comments_addresses_and_the_order_of_lines_do_not_matter():
    text = (
        "# who watches\n\n \t \n"
        f"\twitness  A\t{X1.vkey}  https://witness.example/prefix \n"
        "  # indented\n"
        "group G all A\n"
        f"quorum G\nlog {LOG.vkey} https://log.example/one"
    )
    policy = parse_policy(text)
    addresses = {"A": "https://witness.example/prefix"}
    assert policy == Policy((LOG,), {"A": X1}, {"G": policy.groups["G"]}, "G", addresses)
    assert policy.groups["G"].k == 1


def test_a_policy_is_written_without_addresses_and_decides_alike():
    policy = parse_policy(TWO_LEVELS.replace(X1.vkey, f"{X1.vkey} https://inside.example:8070/w"))
    assert policy.addresses == {"X1": "https://inside.example:8070/w"}
    written = policy.encode()
    assert "inside.example" not in written
    again = parse_policy(written)
    for size in range(6):
        for chosen in combinations(WITNESSES.values(), size):
            assert policy.is_quorum_met(chosen) == again.is_quorum_met(chosen)
    assert again.encode() == written
    assert parse_policy(Policy((LOG,)).encode()) == Policy((LOG,))


def test_a_witness_line_has_one_address_at_the_most():
    assert "line 2" in refused(f"{LOG_LINE}witness A {X1.vkey} https://a.example https://b.example\nquorum A\n")
