"""I12: verifiers that others wrote accept every file that the log publishes, and refuse it after a change.

`tlog-scales` reads notes, cosignatures, tiles and entry bundles and makes proofs from them; OpenSSL checks the plain
signatures, of the log, of a witness and of a party, over bytes that this test lays out from the standards.
"""

import base64
import hashlib
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from ledger.custody import sign_statement
from ledger.models import Entry, Leaf, Log
from ledger.queries import proof_file
from ledger.tlog.block import HEADER_MAGIC
from tests.ledger.cast import Cast, event, open_cast, put_bytes
from tests.ledger.witnessed import Witnessed, witnessed

scales = pytest.importorskip("tlog_scales", reason="tlog-scales, a C2SP verifier by somebody else, is not installed")
OPENSSL = shutil.which("openssl")

pytestmark = [pytest.mark.conformance, pytest.mark.django_db]
ENTRIES = 260  # more than one tile, so that there is a level above
ED25519_SPKI_HEAD = bytes.fromhex("302a300506032b6570032100")


@pytest.fixture
def log(tmp_path: Path, settings: Any) -> Iterator[Witnessed]:
    """A published log under two witnesses, with an older checkpoint beside it."""
    settings.WITNESS_POLICY = ""
    with witnessed(open_cast(), tmp_path, ["w1", "w2"]) as found:
        found.policy("group two 2 {names}")
        found.grow(5)
        found.ask()
        shutil.copy(public() / "checkpoint", tmp_path / "older")
        found.grow(ENTRIES)
        found.ask()
        yield found


def public() -> Path:
    return Path(settings.LOG_PUBLIC_DIR)


def reader() -> Any:
    from tlog_scales.backend import LocalBackend
    from tlog_scales.reader import TilesReader

    return TilesReader(LocalBackend(public()))


def vkeys() -> list[str]:
    """Of the log and of its witnesses, out of the published policy file."""
    lines = [line.split(" ") for line in (public() / "policy").read_text().splitlines()]
    return [line[1] if line[0] == "log" else line[2] for line in lines if line[0] in ("log", "witness")]


def test_i12_tlog_scales_accepts_every_published_file(log: Witnessed, tmp_path: Path) -> None:
    from tlog_scales.signing import Vkey
    from tlog_scales.tlog import Checkpoint

    tiles = reader()
    checkpoint = tiles.get_checkpoint()
    assert checkpoint.size == Log.objects.get().tree_size > ENTRIES
    keys = [Vkey.from_string(one) for one in vkeys()]
    assert [one.sig_type for one in keys] == [1, 4, 4]
    assert [one.serialize() for one in keys] == vkeys()  # key ids included
    for one in keys:
        checkpoint.verify(one)
    assert checkpoint.serialize() == (public() / "checkpoint").read_text()
    assert tiles.calculate_root_hash() == checkpoint.root_hash
    older = Checkpoint.from_text((tmp_path / "older").read_text())
    tiles.get_consistency_proof(older.size, checkpoint.size).check(older.root_hash, checkpoint.root_hash)
    for index in range(0, checkpoint.size, 17):
        leaf = hashlib.sha256(b"\x00" + tiles.get_entry(index)).digest()
        tiles.get_inclusion_proof(index, checkpoint.size).check(leaf, checkpoint.root_hash)


def test_i12_tlog_scales_accepts_our_proof_files(log: Witnessed) -> None:
    from tlog_scales.signing import Vkey
    from tlog_scales.tlog import Checkpoint, InclusionProof

    for entry in Entry.objects.filter(leaf__isnull=False).order_by("seq")[::41]:
        head, _, note = (proof_file(entry, with_envelope=True) or b"").decode().partition("\n\n")
        magic, extra, index, *hashes = head.split("\n")
        assert magic == "c2sp.org/tlog-proof@v1"
        envelope = base64.b64decode(extra.removeprefix("extra "))
        content = f"medtrail.entry.v1\n{hashlib.sha256(envelope).hexdigest()}\n".encode()
        checkpoint = Checkpoint.from_text(note)
        checkpoint.verify(Vkey.from_string(vkeys()[0]))
        path = [base64.b64decode(one) for one in hashes]
        proof = InclusionProof(int(index.removeprefix("index ")), checkpoint.size, path)
        proof.check(hashlib.sha256(b"\x00" + content).digest(), checkpoint.root_hash)


def test_i12_tlog_scales_refuses_what_was_changed(log: Witnessed) -> None:
    from cryptography.exceptions import InvalidSignature
    from tlog_scales.signing import Vkey
    from tlog_scales.tlog import InclusionProofInvalid

    honest = (public() / "checkpoint").read_text()
    (public() / "checkpoint").write_text(honest.replace(f"\n{reader_size()}\n", f"\n{reader_size() + 1}\n"))
    with pytest.raises(InvalidSignature):
        reader().get_checkpoint().verify(Vkey.from_string(vkeys()[0]))
    (public() / "checkpoint").write_text(honest)
    tile = public() / "tile/0/000"
    data = bytearray(tile.read_bytes())
    data[70] ^= 1  # in the hash of leaf 2, the sibling of leaf 3
    tile.write_bytes(data)
    tiles = reader()
    checkpoint = tiles.get_checkpoint()
    leaf = hashlib.sha256(b"\x00" + tiles.get_entry(3)).digest()
    with pytest.raises(InclusionProofInvalid):
        tiles.get_inclusion_proof(3, checkpoint.size).check(leaf, checkpoint.root_hash)


def reader_size() -> int:
    return int(reader().get_checkpoint().size)


# --- OpenSSL ----------------------------------------------------------------------------------------------------------


def openssl(tmp_path: Path, spki: bytes, message: bytes, signature: bytes, *, raw: bool) -> bool:
    """Whether OpenSSL's own program takes the signature. `raw`: Ed25519 over the bytes; else ECDSA over SHA-256."""
    if OPENSSL is None:
        pytest.skip("no openssl program on this machine")
    pem = base64.encodebytes(spki).decode()
    key, data, sig = tmp_path / "key.pem", tmp_path / "message", tmp_path / "signature"
    key.write_text(f"-----BEGIN PUBLIC KEY-----\n{pem}-----END PUBLIC KEY-----\n")
    data.write_bytes(message)
    sig.write_bytes(signature)
    if raw:
        command = ["pkeyutl", "-verify", "-pubin", "-inkey", key, "-rawin", "-in", data, "-sigfile", sig]
    else:
        command = ["dgst", "-sha256", "-verify", key, "-signature", sig, data]
    return subprocess.run([OPENSSL, *map(str, command)], capture_output=True).returncode == 0


def test_i12_openssl_accepts_the_signatures_of_log_and_witnesses(log: Witnessed, tmp_path: Path) -> None:
    text, _, lines = (public() / "checkpoint").read_text().partition("\n\n")
    text += "\n"
    signatures = {line.split(" ")[1]: base64.b64decode(line.split(" ")[2])[4:] for line in lines.splitlines()}
    for vkey in vkeys():
        name, _, key = vkey.split("+", 2)
        algorithm, public_key = base64.b64decode(key)[0], base64.b64decode(key)[1:]
        signature, message = signatures[name], text.encode()
        if algorithm == 4:
            seconds = int.from_bytes(signature[:8], "big")
            message, signature = f"cosignature/v1\ntime {seconds}\n{text}".encode(), signature[8:]
        assert openssl(tmp_path, ED25519_SPKI_HEAD + public_key, message, signature, raw=True)
        assert not openssl(tmp_path, ED25519_SPKI_HEAD + public_key, message + b"\n", signature, raw=True)


def test_i12_openssl_accepts_every_signature_of_an_envelope_that_several_signed(log: Witnessed, tmp_path: Path) -> None:
    cast: Cast = log.cast
    entry = put_bytes(sign_statement(event(kind="recall", recall={}), [cast.maker, cast.wholesaler])).entry
    envelope = json.loads(bytes(entry.envelope))
    body = base64.b64decode(envelope["payload"])
    kind = envelope["payloadType"]
    pae = f"DSSEv1 {len(kind)} {kind} {len(body)} ".encode() + body
    assert hashlib.sha256(pae).digest() == bytes(entry.entry_id)
    spkis = {one.keyid: one.spki for one in (cast.maker, cast.wholesaler)}
    assert len(envelope["signatures"]) == 2
    for one in envelope["signatures"]:
        signature = base64.b64decode(one["sig"])
        assert openssl(tmp_path, spkis[one["keyid"]], pae, signature, raw=False)
        assert not openssl(tmp_path, spkis[one["keyid"]], pae + b" ", signature, raw=False)


def test_i12_every_leaf_in_a_published_bundle_is_what_coreutils_would_write(log: Witnessed) -> None:
    """`printf 'medtrail.entry.v1\\n%s\\n' $(sha256sum < envelope)`: no program of ours is needed to check a leaf."""
    tiles = reader()
    size = tiles.get_checkpoint().size
    envelopes = {
        leaf.index: bytes(leaf.entry.envelope)
        for leaf in Leaf.objects.exclude(entry=None).select_related("entry")
        if leaf.entry is not None
    }
    headers = 0
    for index in range(size):
        content = tiles.get_entry(index)
        if index in envelopes:
            assert content == f"medtrail.entry.v1\n{hashlib.sha256(envelopes[index]).hexdigest()}\n".encode()
        else:
            assert content.startswith(HEADER_MAGIC)
            headers += 1
    assert headers == Log.objects.get().height
