"""The worked example of ledger/README.md, recomputed from its text: first without a line of ours, then by our code."""

import base64
import hashlib
import hmac
import json
import re
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from ledger import commitment, envelope
from ledger.tlog import block, merkle, tile
from ledger.tlog.checkpoint import parse_checkpoint
from ledger.tlog.note import parse_note
from ledger.verifier.pedigree import verify

README = Path(__file__).resolve().parents[2] / "ledger" / "README.md"
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
PAYLOAD_TYPE = "application/vnd.medtrail.statement+json"


@lru_cache(maxsize=1)
def example() -> dict[str, str]:
    """Every value of the section, by its name; list members are `name[0]` and so on."""
    section = README.read_text().split("## 6. A worked example")[1].split("\n## ")[0]
    values: dict[str, str] = {}
    for name, body in re.findall(r"^```(\w+)\n(.*?)\n```$", section, re.MULTILINE | re.DOTALL):
        if name == "text":
            values |= dict(line.split(" = ", 1) for line in body.split("\n"))
        else:
            values[name] = body + "\n"
    return values


def raw(name: str) -> bytes:
    return bytes.fromhex(example()[name])


def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01", left, right)


def pae() -> bytes:
    return f"{example()['pae_start']} {example()['payload']}".encode()


def entry_leaf(envelope_sha256: str) -> bytes:
    return f"medtrail.entry.v1\n{envelope_sha256}\n".encode()


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def proof_file() -> bytes:
    one = example()
    lines = ["c2sp.org/tlog-proof@v1", f"extra {b64(one['envelope'].encode())}", "index 2"]
    lines += [b64(raw("proof[0]")), b64(raw("proof[1]")), "", one["checkpoint"]]
    return "\n".join(lines).encode()


# --- From the text alone ----------------------------------------------------------------------------------------------


def test_the_key_is_named_by_its_hash():
    assert len(raw("spki")) == 91
    assert example()["keyid"] == sha256(raw("spki")).hex()


def test_salts_leaves_and_root_of_the_list_follow_from_the_secret():
    leaves = []
    for number in range(3):
        epc = example()[f"epc[{number}]"].encode()
        salt = hmac.digest(raw("secret"), b"epcList\x00" + epc, "sha256")[:16]
        leaves.append(sha256(b"\x00", salt, epc))
        assert raw(f"salt[{number}]") == salt
        assert raw(f"list_leaf[{number}]") == leaves[-1]
    assert raw("list_root") == node(node(leaves[0], leaves[1]), leaves[2])


def test_the_sealed_digest_follows_from_the_secret():
    assert raw("sealed_salt") == hmac.digest(raw("secret"), b"readPoint", "sha256")[:16]
    assert raw("sealed_digest") == sha256(raw("sealed_salt"), example()["sealed_value"].encode())


def test_the_statement_holds_the_commitments_and_is_canonical():
    one = example()
    statement = json.loads(one["payload"])
    assert json.dumps(statement, sort_keys=True, separators=(",", ":")) == one["payload"]
    assert statement["lists"] == {"epcList": {"size": 3, "root": one["list_root"]}}
    assert statement["sealed"] == {"readPoint": one["sealed_digest"]}
    assert f"The statement, {len(one['payload'])} bytes" in README.read_text()


def test_the_pae_is_named_by_its_hash_and_signed_with_a_low_s():
    one = example()
    assert one["pae_start"] == f"DSSEv1 {len(PAYLOAD_TYPE)} {PAYLOAD_TYPE} {len(one['payload'])}"
    assert raw("entry_id") == sha256(pae())
    key = load_der_public_key(raw("spki"))
    assert isinstance(key, ec.EllipticCurvePublicKey)
    key.verify(raw("signature"), pae(), ec.ECDSA(SHA256()))
    assert decode_dss_signature(raw("signature"))[1] <= ORDER // 2


def test_the_envelope_holds_payload_and_signature():
    one = example()
    built = {
        "payload": b64(one["payload"].encode()),
        "payloadType": PAYLOAD_TYPE,
        "signatures": [{"keyid": one["keyid"], "sig": b64(raw("signature"))}],
    }
    assert one["envelope"] == json.dumps(built, separators=(",", ":"))
    assert f"The envelope, {len(one['envelope'])} bytes" in README.read_text()
    assert raw("envelope_sha256") == sha256(one["envelope"].encode())


def test_the_leaves_hash_to_the_root():
    one = example()
    leaves = [entry_leaf(one[name]) for name in ("envelope_sha256[0]", "envelope_sha256[1]", "envelope_sha256")]
    assert {len(leaf) for leaf in leaves} == {83}
    leaves.append(one["header"].encode())
    hashes = [sha256(b"\x00", leaf) for leaf in leaves]
    assert [raw(f"leaf_hash[{number}]") for number in range(4)] == hashes
    assert raw("root") == node(node(hashes[0], hashes[1]), node(hashes[2], hashes[3]))
    assert [raw("proof[0]"), raw("proof[1]")] == [hashes[3], node(hashes[0], hashes[1])]


def test_the_header_closes_the_block():
    lines = example()["header"].splitlines()
    before = node(node(raw("leaf_hash[0]"), raw("leaf_hash[1]")), raw("leaf_hash[2]"))
    keys = sha256(sha256(bytes(32), raw("entry_id[0]")), raw("entry_id[1]"))
    assert lines[0] == "medtrail.block.v1"
    assert dict(line.split(" ") for line in lines[1:]) == {
        "height": "0", "prev": "0" * 64, "first": "0", "count": "3", "root": before.hex(), "time": "1795424400000",
        "keys": keys.hex(),
    }  # fmt: skip


def test_the_checkpoint_is_signed_by_the_key_of_the_policy_file():
    one = example()
    log, quorum = one["policy"].splitlines()
    name, key_id, encoded = log.removeprefix("log ").split("+", 2)
    key = base64.b64decode(encoded, validate=True)
    assert (quorum, key[0]) == ("quorum none", 1)
    assert key_id == sha256(name.encode(), b"\n", key)[:4].hex()
    text, line = one["checkpoint"].split("\n\n")
    assert text == f"{name}\n4\n{b64(raw('root'))}"
    signature = base64.b64decode(line.removeprefix(f"— {name} "))
    assert signature[:4].hex() == key_id
    Ed25519PublicKey.from_public_bytes(key[1:]).verify(signature[4:], f"{text}\n".encode())


def test_the_proof_file_is_put_together_from_the_parts():
    assert raw("proof_file_sha256") == sha256(proof_file())
    assert f"the proof file of leaf 2 has {len(proof_file())} bytes" in README.read_text()


# --- By our code ------------------------------------------------------------------------------------------------------


def test_our_code_gives_the_same_bytes():
    one = example()
    parsed = envelope.parse_envelope(one["envelope"].encode())
    assert envelope.canonical(parsed.statement) == parsed.payload == one["payload"].encode()
    assert (envelope.pae(parsed.payload), envelope.entry_id(parsed.payload)) == (pae(), raw("entry_id"))
    assert envelope.keyid_of(raw("spki")) == one["keyid"]
    epcs = [one[f"epc[{number}]"] for number in range(3)]
    root, _, leaves = commitment.commit_list(raw("secret"), "epcList", reversed(epcs))
    assert (root, leaves) == (raw("list_root"), [raw(f"list_leaf[{number}]") for number in range(3)])
    hashes = [raw(f"leaf_hash[{number}]") for number in range(4)]
    assert merkle.leaf_hash(block.entry_leaf(parsed.sha256)) == hashes[2]
    header = block.parse_header(one["header"].encode())
    assert (header.encode(), header.root) == (one["header"].encode(), merkle.root_hash(hashes[:3]))
    assert parse_checkpoint(parse_note(one["checkpoint"]).text).root_hash == merkle.root_hash(hashes) == raw("root")
    assert merkle.inclusion_proof(hashes, 2) == [raw("proof[0]"), raw("proof[1]")]
    assert tile.Tile(0, 0, 4).path == "tile/0/000.p/4"


def test_our_verifier_accepts_the_proof_file():
    report = verify(proof_file(), example()["policy"])
    assert report.ok, report.steps[-1]


def test_paths_in_the_text_are_those_of_the_code():
    assert tile.Tile(0, 1234067, 256).path == "tile/0/x001/x234/067"
    assert "`x001/x234/067`" in README.read_text()
