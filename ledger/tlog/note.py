"""Signed notes: a text, an empty line, and one line for each signature.

    <text, ends in a line feed>
    <empty line>
    — <name> <base64 of 4 bytes key id and the signature>

A note may carry signatures of keys that we do not know: logs rotate keys and collect cosignatures, so unknown lines are
ignored. A bad signature under a key that we do know is another matter: somebody forged it, and the note is refused.

>>> ed25519_vkey("example.org/log", bytes(32)).split("+")[0]
'example.org/log'

Source: C2SP signed-note; cosignatures: C2SP tlog-cosignature.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from ledger.crypto import Crypto
from ledger.errors import MalformedError, VerificationError

ED25519 = 0x01
COSIGNATURE_V1 = 0x04
MAX_NOTE = 1_000_000
MAX_SIGNATURES = 100
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")
_SIGNATURE_LINE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})")


@dataclass(frozen=True, slots=True)
class Verifier:
    """A key that notes may be signed by: its name, the 4 bytes that name it in a note, and the 32-byte public key."""

    name: str
    key_id: bytes
    algorithm: int
    public_key: bytes

    @property
    def vkey(self) -> str:
        """The key as one line of text, for policy files: name, key id in hex, algorithm byte and key in base64.

        Source: C2SP signed-note, "Verifier keys".
        """
        body = base64.b64encode(bytes([self.algorithm]) + self.public_key).decode()
        return f"{self.name}+{self.key_id.hex()}+{body}"


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line. `signature` is what stands behind the key id: 64 bytes, or 72 for a cosignature."""

    name: str
    key_id: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """A text with its signatures, none of them checked. `text` ends in a line feed."""

    text: str
    signatures: tuple[NoteSignature, ...]

    def encode(self) -> bytes:
        """The note's bytes: text, empty line, signature lines. What `parse_note` read comes out as it was."""
        lines = [signature_line(one) for one in self.signatures]
        return (self.text + "\n" + "".join(lines)).encode()


def signature_line(signature: NoteSignature) -> str:
    """A signature as a line of a note, with its line feed. Source: C2SP signed-note, "Format"."""
    body = base64.b64encode(signature.key_id + signature.signature).decode()
    return f"— {signature.name} {body}\n"


def ed25519_signature_line(name: str, public_key: bytes, signature: bytes) -> str:
    """The line of an Ed25519 signature (64 bytes) that was made over the note's text by `public_key` (32 bytes).

    Nothing is signed or checked here: the private key stays with the caller.
    """
    return signature_line(NoteSignature(name, key_id(name, ED25519, public_key), signature))


def key_id(name: str, algorithm: int, public_key: bytes) -> bytes:
    """The four bytes that name a key in a note: the beginning of SHA-256(name ‖ LF ‖ algorithm ‖ public key).

    Four bytes are a hint for finding the key, no proof: two keys may share them. Source: C2SP signed-note, "Signature
    types".
    """
    return hashlib.sha256(name.encode() + b"\n" + bytes([algorithm]) + public_key).digest()[:4]


def ed25519_vkey(name: str, public_key: bytes) -> str:
    """The verifier key of an Ed25519 log key (32 bytes) as one line of text.

    Raises:
        MalformedError: the name has spaces or a plus sign, or the key another length (VKEY).
    """
    return make_verifier(name, ED25519, public_key).vkey


def make_verifier(name: str, algorithm: int, public_key: bytes) -> Verifier:
    """A verifier whose key id follows from the rest. `algorithm` is ED25519 for logs, COSIGNATURE_V1 for witnesses.

    Raises:
        MalformedError: the name is empty or has spaces or a plus sign, or the key is not 32 bytes (VKEY).
    """
    if not name or re.search(r"[\s+]", name) or len(public_key) != 32:
        raise MalformedError(
            f"key {name[:80]!r} of {len(public_key)} bytes: expected a name without spaces or +, and 32 bytes",
            code="VKEY",
        )
    return Verifier(name, key_id(name, algorithm, public_key), algorithm, public_key)


def parse_vkey(text: str) -> Verifier:
    """The verifier that a vkey line means.

    Raises:
        MalformedError: not a vkey, of another algorithm than Ed25519 and cosignature/v1, or its key id is wrong (VKEY).
    """
    parts = text.split("+", 2)
    body = _decode(parts[2]) if len(parts) == 3 else b""
    if len(body) != 33 or body[0] not in (ED25519, COSIGNATURE_V1):
        raise MalformedError(f"verifier key {text[:100]!r}: expected <name>+<8 hex>+<base64 of 33 bytes>", code="VKEY")
    verifier = make_verifier(parts[0], body[0], body[1:])
    if verifier.key_id.hex() != parts[1]:
        raise MalformedError(f"verifier key {text[:100]!r}: expected key id {verifier.key_id.hex()}", code="VKEY")
    return verifier


def parse_note(data: bytes | str) -> Note:
    """The text and signatures of a note.

    Raises:
        MalformedError: not UTF-8, control characters, no empty line, no signature, too large (NOTE).
    """
    if len(data) > MAX_NOTE:
        raise MalformedError(f"note of {len(data)} bytes: expected at most {MAX_NOTE}", code="NOTE")
    try:
        whole = data.decode() if isinstance(data, bytes) else data
        whole.encode()
    except UnicodeError as error:
        raise MalformedError("note: not UTF-8", code="NOTE") from error
    if _CONTROL.search(whole):
        raise MalformedError("note: control characters", code="NOTE")
    text, found, tail = whole.rpartition("\n\n")
    if not found or not text or not tail.endswith("\n"):
        raise MalformedError("note: expected text, an empty line, and signature lines", code="NOTE")
    lines = tail[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise MalformedError(f"note: {len(lines)} signatures, expected at most {MAX_SIGNATURES}", code="NOTE")
    return Note(text + "\n", tuple(parse_signature_line(line) for line in lines))


def parse_signature_line(line: str) -> NoteSignature:
    """The signature that one line of a note (without its line feed) is, unchecked.

    Raises:
        MalformedError: not `— <name> <base64>`, or too short for a key id (NOTE).
    """
    found = _SIGNATURE_LINE.fullmatch(line)
    body = _decode(found[2]) if found else b""
    if found is None or len(body) < 5:
        raise MalformedError(f"note: signature line {line[:60]!r}: expected — <name> <base64>", code="NOTE")
    return NoteSignature(found[1], body[:4], body[4:])


def verify_note(note: Note, verifiers: Iterable[Verifier], crypto: Crypto) -> list[Verifier]:
    """The verifiers whose signatures the note carries, each once, in the note's order.

    Steps: (1) a line counts only under a name and key id that we know; (2) it must then be right over the text, or the
    whole note is refused; (3) one at least must count. Left to the caller: which of them are enough.

    Raises:
        VerificationError: a known key's signature is wrong (NOTE_SIGNATURE), or none is known (NOTE_UNSIGNED).

    Source: C2SP signed-note, "Signatures"; a cosignature covers its own time and the text.
    """
    known = {(one.name, one.key_id): one for one in verifiers}
    verified: dict[Verifier, None] = {}
    for signature in note.signatures:
        verifier = known.get((signature.name, signature.key_id))
        if verifier is None:
            continue
        if not _is_right(note.text, signature.signature, verifier, crypto):
            raise VerificationError(f"note: the signature of {verifier.name} is wrong", code="NOTE_SIGNATURE")
        verified[verifier] = None
    if not verified:
        names = ", ".join(one.name for one in known.values()) or "nobody"
        raise VerificationError(f"note: not signed by {names}", code="NOTE_UNSIGNED")
    return list(verified)


def _is_right(text: str, signature: bytes, verifier: Verifier, crypto: Crypto) -> bool:
    if verifier.algorithm == ED25519:
        return len(signature) == 64 and crypto.verify_ed25519(verifier.public_key, text.encode(), signature)
    if len(signature) != 72:
        return False
    message = cosignature_message(int.from_bytes(signature[:8], "big"), text)
    return crypto.verify_ed25519(verifier.public_key, message, signature[8:])


def cosignature_message(seconds: int, text: str) -> bytes:
    """What a witness signs: the time (UTC seconds) and the note's text. Source: C2SP tlog-cosignature."""
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def _decode(text: str) -> bytes:
    """The bytes behind canonical base64; of anything else none, which every caller refuses by its length."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
    # Stray bits behind the last byte would give one signature several spellings.
    return data if base64.b64encode(data).decode() == text else b""
