"""Key and policy statements are read strictly: another type, another member, another spelling of a key is refused."""

import base64
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ledger.envelope import keyid_of
from ledger.errors import MalformedError
from ledger.key_statement import MAX_REASON, parse_key_act, parse_policy_act
from tests.ledger.small_log import MAKER, REGULATOR

NO_TEXT = [None, 5, True, "", [], {}, ["a"]]


def key(op: str = "register", **changes: Any) -> dict[str, Any]:
    body = {"op": op, **MAKER.public()}
    if op in ("rotate", "recover"):
        body["replaces"] = "0" * 64
    if op == "recover":
        body["reason"] = "lost"
    if op == "revoke":
        body = {"op": op, "keyid": MAKER.keyid, "reason": "lost"}
    body |= changes
    return {"party": MAKER.party, "key": {name: value for name, value in body.items() if value is not ...}}


def policy(**changes: Any) -> dict[str, Any]:
    authority = {"party": REGULATOR.party, **REGULATOR.public()}
    return {"party": REGULATOR.party, "policy": {"authorities": [authority], "acts": {}} | changes}


def act(**rule: Any) -> dict[str, Any]:
    return policy(acts={"recall": rule})


def spelt(data: bytes) -> dict[str, str]:
    return {"keyid": keyid_of(data), "spki": base64.b64encode(data).decode()}


def deep() -> list[Any]:
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    return value


# --- Keys -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [None, 5, "register", [], {}, {"op": []}, {"op": {}}, {"op": None}, {"op": "admit"}])
def test_an_operation_that_nobody_knows_is_refused(body):
    with pytest.raises(MalformedError, match="expected register, rotate, recover, revoke") as caught:
        parse_key_act({"party": MAKER.party, "key": body})
    assert caught.value.code == "KEY_STATEMENT"


@pytest.mark.parametrize("party", NO_TEXT)
def test_a_key_belongs_to_somebody(party):
    with pytest.raises(MalformedError, match=r"^key statement: party: "):
        parse_key_act(key() | {"party": party})


@pytest.mark.parametrize(
    ("op", "name"),
    [
        ("register", "spki"),
        ("register", "custody"),
        ("rotate", "replaces"),
        ("revoke", "reason"),
        ("revoke", "keyid"),
        ("recover", "replaces"),
        ("recover", "reason"),
        ("recover", "spki"),
    ],
)
def test_a_missing_member_is_refused(op, name):
    with pytest.raises(MalformedError, match=f"^key statement: {op} with members .*: expected .*{name}"):
        parse_key_act(key(op, **{name: ...}))


@pytest.mark.parametrize(
    ("op", "name"),
    [
        ("register", "replaces"),
        ("register", "reason"),
        ("rotate", "reason"),
        ("rotate", "invalid_from"),
        ("revoke", "spki"),
        ("recover", "k"),
    ],
)
def test_a_member_of_another_operation_is_refused(op, name):
    with pytest.raises(MalformedError, match=f"^key statement: {op} with members"):
        parse_key_act(key(op, **{name: "x"}))


@pytest.mark.parametrize("value", NO_TEXT)
@pytest.mark.parametrize(
    ("op", "name"),
    [
        ("register", "keyid"),
        ("register", "spki"),
        ("rotate", "replaces"),
        ("revoke", "keyid"),
        ("revoke", "reason"),
        ("recover", "replaces"),
        ("recover", "reason"),
    ],
)
def test_text_is_text(op, name, value):
    with pytest.raises(MalformedError, match=f"^key statement: {name}: .*, expected text$"):
        parse_key_act(key(op, **{name: value}))


@pytest.mark.parametrize("custody", [None, 5, [], {}, "", "Client", "client ", ["client"]])
def test_custody_is_one_of_three(custody):
    with pytest.raises(MalformedError, match="expected client, managed, hsm"):
        parse_key_act(key(custody=custody))


@pytest.mark.parametrize("since", [None, True, False, -1, 1.0, "5", [], {}])
def test_a_suspect_range_begins_at_a_log_index(since):
    with pytest.raises(MalformedError, match="expected a log index"):
        parse_key_act(key("revoke", invalid_from=since))
    with pytest.raises(MalformedError, match="expected a log index"):
        parse_key_act(key("recover", invalid_from=since))


def test_a_reason_is_not_a_novel():
    assert parse_key_act(key("revoke", reason="x" * MAX_REASON)).reason == "x" * MAX_REASON
    with pytest.raises(MalformedError, match="reason of 201 characters: expected 1 to 200"):
        parse_key_act(key("revoke", reason="x" * (MAX_REASON + 1)))


@pytest.mark.parametrize("spki", ["A", "====", "é", " " + MAKER.public()["spki"], MAKER.public()["spki"] + "\n"])
def test_a_key_is_canonical_base64(spki):
    with pytest.raises(MalformedError, match=r"^key statement: spki"):
        parse_key_act(key(spki=spki))


def test_stray_bits_behind_a_key_are_refused():
    spki = MAKER.public()["spki"]
    assert spki.endswith("==")
    other = spki[:-3] + chr(ord(spki[-3]) + 1) + "=="
    assert base64.b64decode(other) == base64.b64decode(spki)
    with pytest.raises(MalformedError, match="expected an uncompressed P-256 key in DER, in base64"):
        parse_key_act(key(spki=other))


def other_keys() -> list[bytes]:
    public = MAKER.private.public_key()
    point = public.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    compressed = bytes.fromhex("3039301306072a8648ce3d020106082a8648ce3d030107032200") + point
    p384 = ec.generate_private_key(ec.SECP384R1()).public_key()
    edwards = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key()
    others = [one.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) for one in (p384, edwards)]
    return [b"", compressed, *others, MAKER.spki[:-1], MAKER.spki + b"\x00"]


@pytest.mark.parametrize("spki", other_keys())
def test_a_key_has_one_spelling_and_one_curve(spki):
    """The same point in another spelling would be the same key under another name."""
    with pytest.raises(MalformedError, match=r"spki"):
        parse_key_act(key(**spelt(spki)))


@pytest.mark.parametrize("keyid", ["0" * 64, MAKER.keyid.upper(), REGULATOR.keyid])
def test_a_key_is_called_by_its_own_name(keyid):
    with pytest.raises(MalformedError, match=f"expected {MAKER.keyid}, the SHA-256 of the key"):
        parse_key_act(key(keyid=keyid))


def test_a_deep_value_is_refused_by_its_type():
    for statement in (key(custody=deep()), key("revoke", reason=deep()), act(k=deep(), parties=["a"])):
        with pytest.raises(MalformedError, match="a list"):
            (parse_key_act if "key" in statement else parse_policy_act)(statement)


def test_key_statements_are_read():
    registered = parse_key_act(key())
    assert (registered.op, registered.party, registered.keyid) == ("register", MAKER.party, MAKER.keyid)
    assert (registered.spki, registered.custody) == (MAKER.spki, "client")
    assert parse_key_act(key("rotate")).replaces == "0" * 64
    assert parse_key_act(key("revoke", invalid_from=0)).invalid_from == 0
    assert parse_key_act(key("revoke")).invalid_from is None
    recovered = parse_key_act(key("recover", invalid_from=7))
    assert (recovered.replaces, recovered.reason, recovered.invalid_from) == ("0" * 64, "lost", 7)
    assert recovered.spki == MAKER.spki


# --- Policies ---------------------------------------------------------------------------------------------------------


def refuse_policy(statement: dict[str, Any], code: str = "POLICY_STATEMENT") -> None:
    with pytest.raises(MalformedError) as caught:
        parse_policy_act(statement)
    assert caught.value.code == code


@pytest.mark.parametrize("body", [None, 5, [], {}, {"authorities": []}, {"acts": {}}])
def test_a_policy_has_authorities_and_acts(body):
    refuse_policy({"party": REGULATOR.party, "policy": body})
    refuse_policy(policy(more=5))


@pytest.mark.parametrize("authorities", [None, {}, [], [5], [{}], [{"party": REGULATOR.party}], [None] * 21])
def test_authorities_are_named_with_their_keys(authorities):
    refuse_policy(policy(authorities=authorities))


def test_one_key_is_not_two_authorities():
    """One signature would count for both."""
    two = [{"party": party, **REGULATOR.public()} for party in (REGULATOR.party, "another")]
    refuse_policy(policy(authorities=two))


@pytest.mark.parametrize("party", NO_TEXT)
def test_authorities_and_policies_belong_to_somebody(party):
    refuse_policy(policy(authorities=[{"party": party, **REGULATOR.public()}]), "KEY_STATEMENT")
    refuse_policy(policy() | {"party": party}, "KEY_STATEMENT")


@pytest.mark.parametrize("acts", [None, [], 5, {str(number): {} for number in range(101)}])
def test_acts_are_named(acts):
    refuse_policy(policy(acts=acts))


@pytest.mark.parametrize("rule", [None, [], 5, {}, {"k": 1}, {"parties": ["a"]}, {"k": 1, "parties": ["a"], "x": 1}])
def test_a_rule_has_k_and_parties(rule):
    refuse_policy(policy(acts={"recall": rule}))


@pytest.mark.parametrize("k", [True, None, "1", 1.0, 0, -1, 3, [1]])
def test_k_is_a_number_of_parties_that_can_be_had(k):
    refuse_policy(act(k=k, parties=["a", "b"]))


@pytest.mark.parametrize(
    "parties", [None, "ab", [], [1, 2], ["a", "a"], [["a"], "b"], [str(one) for one in range(101)]]
)
def test_parties_are_counted_once_each(parties):
    refuse_policy(act(k=1, parties=parties))


def test_a_policy_is_read():
    read = parse_policy_act(act(k=2, parties=["a", "b"]))
    assert read.acts == {"recall": {"k": 2, "parties": ["a", "b"]}}
    assert [(one.party, one.keyid, one.spki) for one in read.authorities] == [
        (REGULATOR.party, REGULATOR.keyid, REGULATOR.spki)
    ]
