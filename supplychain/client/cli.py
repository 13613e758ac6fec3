"""`medtrail-sign`: sign an act with a key that stays with its owner.

    medtrail-sign new-key maker.pem                           a key, and the public half to have registered
    medtrail-sign request-key maker.pem --party GLN --log …   what the authority needs to admit the key
    medtrail-sign rotate-key old.pem new.pem …                the new key takes the old one's place
    medtrail-sign revoke-key maker.pem --reason … …           the key ends
    medtrail-sign act shipments body.json --key maker.pem …   draft, look, sign, hand in

Exit status: 0 done, 1 refused or not confirmed, 2 the files, the key or the server could not be used.
"""

import argparse
import base64
import json
import os
import re
import secrets
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization

from ledger.envelope import Signature, keyid_of
from ledger.errors import LedgerError
from supplychain.client.keys import Key, KeyUnusable, make_key, open_key, open_token
from supplychain.client.showing import (
    Sheet,
    check_for,
    read_recovery,
    read_sheet,
    recovery,
    registration,
    revocation,
    rotation,
)

TIMEOUT_S = 60
MOST_BYTES = 64_000_000
KEYID = re.compile(r"[0-9a-f]{64}")
THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


class ServerError(Exception):
    """The server said no, or nothing. The message is for people."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except (KeyUnusable, OSError, ValueError) as error:
        return _fail(2, str(error))
    except (ServerError, LedgerError) as error:
        return _fail(1, str(error))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="medtrail-sign", description="Sign acts with a key that stays with you.")
    commands = parser.add_subparsers(required=True)
    new = commands.add_parser("new-key", help="make a key, and show its public half")
    new.add_argument("path", type=Path, help="a file that is not there yet")
    new.set_defaults(run=_new_key)
    ask = commands.add_parser("request-key", help="sign a request that the authority admits your key")
    ask.add_argument("key", type=Path, help="your private key in PEM")
    ask.add_argument("--party", required=True, help="your GLN")
    ask.add_argument("--log", required=True, help="the log's origin, as its checkpoint names it")
    ask.set_defaults(run=_request_key)
    rotate = commands.add_parser("rotate-key", help="sign, with both, that a new key takes the place of an old one")
    rotate.add_argument("key", type=Path, help="the key that ends, in PEM; or its name, if the platform keeps it")
    rotate.add_argument("new_key", type=Path, help="the key that begins, in PEM")
    rotate.set_defaults(run=_rotate_key)
    recover = commands.add_parser("recover-key", help="sign that a new key takes the place of one that is lost")
    recover.add_argument("new_key", type=Path, help="the key that begins, in PEM")
    recover.add_argument("--replaces", required=True, metavar="KEYID", help="the lost key's name, 64 hex digits")
    recover.set_defaults(run=_recover_key)
    cosign = commands.add_parser("cosign-recovery", help="help a party that has lost its key: add your signature")
    cosign.add_argument("file", type=Path, help="what `recover-key` has printed, perhaps signed by others already")
    cosign.add_argument("--key", type=Path, required=True, help="your private key in PEM")
    cosign.add_argument("--yes", action="store_true", help="sign without asking")
    cosign.set_defaults(run=_cosign_recovery)
    revoke = commands.add_parser("revoke-key", help="sign that a key of yours ends")
    revoke.add_argument("key", type=Path, help="the key that ends, in PEM: it signs its own end")
    revoke.set_defaults(run=_revoke_key)
    for one in (recover, revoke):
        one.add_argument("--reason", required=True, help="for everybody to read, for ever")
        one.add_argument("--invalid-from", type=int, help="log index since when somebody else may have used it")
    for one in (rotate, recover, revoke):
        one.add_argument("--party", required=True, help="your GLN")
        one.add_argument("--log", required=True, help="the log's origin, as its checkpoint names it")
    act = commands.add_parser("act", help="draft an act, show what it states, sign it, hand it in")
    act.add_argument("door", help="the act's address under /api/v1/, such as shipments or batches/7/commission")
    act.add_argument("body", type=Path, help="the act's JSON, as the API takes it")
    act.add_argument("--server", default=os.environ.get("MEDTRAIL_SERVER", "http://127.0.0.1:8000"))
    act.add_argument("--api-key-file", type=Path, required=True, help="a file that holds your API key")
    act.add_argument("--key", type=Path, help="your private key in PEM")
    act.add_argument("--pkcs11", metavar="MODULE", help="instead: a PKCS#11 library, with --token and --label")
    act.add_argument("--token", default="", help="the token's label")
    act.add_argument("--label", default="", help="the key's label")
    act.add_argument("--party", help="your GLN: nothing is signed in any other's name")
    act.add_argument("--log", help="the log's origin: nothing is signed for any other")
    act.add_argument("--request-id", help="a name for this wish: the same again does it once")
    act.add_argument("--yes", action="store_true", help="sign without asking; what is signed is shown all the same")
    act.set_defaults(run=_act)
    return parser


def _new_key(options: argparse.Namespace) -> int:
    key = make_key(options.path)
    public = serialization.load_der_public_key(key.spki).public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    _say(f"Made {options.path}. Keep it; nobody else has it.\nIts name is {keyid_of(key.spki)}\n\n{public.decode()}")
    return 0


def _request_key(options: argparse.Namespace) -> int:
    key = open_key(options.key)
    payload = registration(log=options.log, party=options.party, spki=key.spki, nonce=secrets.token_hex(16))
    _say(json.dumps({"payload": base64.b64encode(payload).decode(), **_as_json(key.sign(payload))}, indent=1))
    return 0


def _rotate_key(options: argparse.Namespace) -> int:
    new, is_managed = open_key(options.new_key), KEYID.fullmatch(str(options.key)) is not None
    old = None if is_managed else open_key(options.key)
    replaces = str(options.key) if old is None else keyid_of(old.spki)
    about = {"log": options.log, "party": options.party, "replaces": replaces, "nonce": secrets.token_hex(16)}
    payload = rotation(spki=new.spki, **about)
    # Without the old key's signature the platform adds it, if the old key is one that it keeps.
    _say_signed({"keyid": replaces}, payload, [new] if old is None else [new, old])
    return 0


def _revoke_key(options: argparse.Namespace) -> int:
    key = open_key(options.key)
    about = {"keyid": keyid_of(key.spki), "reason": options.reason, "invalid_from": options.invalid_from}
    payload = revocation(log=options.log, party=options.party, nonce=secrets.token_hex(16), **about)
    _say_signed(about, payload, [key])
    return 0


def _recover_key(options: argparse.Namespace) -> int:
    new = open_key(options.new_key)
    about = {"replaces": options.replaces, "reason": options.reason, "invalid_from": options.invalid_from}
    payload = recovery(log=options.log, party=options.party, spki=new.spki, nonce=secrets.token_hex(16), **about)
    _say_signed({}, payload, [new])
    return 0


def _cosign_recovery(options: argparse.Namespace) -> int:
    """Show what the signed bytes say, not what the file says of them, and add one more signature."""
    key = open_key(options.key)
    signed = json.loads(options.file.read_text())["signed"]
    payload = base64.b64decode(signed["payload"], validate=True)
    for line in read_recovery(payload):
        sys.stderr.write("  " + "".join(sign if sign.isprintable() else "\ufffd" for sign in line) + "\n")
    sys.stderr.write("Is this that party's wish? You ask it by another way than the one this file came by.\n")
    if not options.yes and not _is_confirmed(1):
        return _fail(1, "not signed")
    signature = _as_json(key.sign(payload))
    others = [one for one in signed["signatures"] if one["keyid"] != signature["keyid"]]
    _say(json.dumps({"signed": {"payload": signed["payload"], "signatures": [*others, signature]}}, indent=1))
    return 0


def _say_signed(about: dict[str, Any], payload: bytes, keys: Sequence[Key]) -> None:
    signatures = [_as_json(key.sign(payload)) for key in keys]
    signed = {"payload": base64.b64encode(payload).decode(), "signatures": signatures}
    _say(json.dumps({**about, "signed": signed}, indent=1))


def _as_json(signature: Signature) -> dict[str, str]:
    return {"keyid": signature.keyid, "sig": base64.b64encode(signature.der).decode()}


def _act(options: argparse.Namespace) -> int:
    key: Key
    if options.pkcs11:
        key = open_token(options.pkcs11, token=options.token, label=options.label)
    elif options.key:
        key = open_key(options.key)
    else:
        raise ValueError("no key: expected --key FILE or --pkcs11 MODULE")
    server = Server(options.server, options.api_key_file.read_text().strip())
    headers = {"Idempotency-Key": options.request_id} if options.request_id else {}
    draft = server.post(f"{options.door.strip('/')}?draft=true", json.loads(options.body.read_text()), headers)
    if "statements" not in draft:
        _say("This was done already; nothing was done twice.")
        return 0
    sheets = [_sheet(one) for one in draft["statements"]]
    for sheet in sheets:
        check_for(sheet, party=options.party, log=options.log)
    for number, sheet in enumerate(sheets, 1):
        _show(sheet, number, len(sheets))
    if not options.yes and not _is_confirmed(len(sheets)):
        return _fail(1, "not signed; nothing was done")
    signatures = [key.sign(sheet.payload) for sheet in sheets]
    done = server.post(f"drafts/{draft['id']}", {"signatures": [_as_json(one) for one in signatures]})
    _say_done(done)
    return 0


def _say_done(done: dict[str, Any]) -> None:
    if "event" in done:
        _say(f"Signed and stored: {done['event']['biz_step']}, entry {done['event']['entry_id']}")
    elif done["statement"] is None:
        _say(f"Signed and kept. It is not in force yet: {done['missing']}")
    else:
        _say(f"Signed and stored: {done['statement']['kind']}, entry {done['statement']['entry_id']}")
    for one in done.get("exceptions", ()):
        _say(f"  accepted with a difference: {one['text']} {one['epc']}")


def _sheet(statement: dict[str, Any]) -> Sheet:
    payload = base64.b64decode(statement["payload"], validate=True)
    return read_sheet(payload, statement["event"], bytes.fromhex(statement["secret"]))


def _show(sheet: Sheet, number: int, count: int) -> None:
    _say(f"Statement {number} of {count}, by {sheet.party}, for the log {sheet.log}")
    for line in sheet.lines:
        # Text of others must not move the cursor or look like a line of ours.
        _say("  " + "".join(sign if sign.isprintable() else "\ufffd" for sign in line))


def _is_confirmed(count: int) -> bool:
    sys.stderr.write(f"Sign {'this statement' if count == 1 else f'these {count} statements'}? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


def _fail(status: int, text: str) -> int:
    sys.stderr.write(f"medtrail-sign: {text}\n")
    return status


class Server:
    """The API, as one party with its key."""

    def __init__(self, address: str, api_key: str) -> None:
        # The host as a whole: http://localhost.example is somebody else.
        parts = urllib.parse.urlsplit(address)
        is_open = parts.scheme == "http" and parts.hostname in THIS_MACHINE
        if not (parts.hostname and (parts.scheme == "https" or is_open)):
            raise ValueError(f"server {address!r}: expected https://; an API key is not sent over an open line")
        self._address, self._api_key = address.rstrip("/"), api_key

    def post(self, path: str, body: Any, headers: dict[str, str] | None = None) -> dict[str, Any]:
        """POST `body` and return the answer. Raises ServerError with the server's own words."""
        request = urllib.request.Request(  # noqa: S310  (the scheme was checked)
            f"{self._address}/api/v1/{path}",
            data=json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {self._api_key}",
                "Content-Type": "application/json",
                "Accept": "application/json",
                **(headers or {}),
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
                return dict(json.loads(answer.read(MOST_BYTES)))
        except urllib.error.HTTPError as error:
            raise ServerError(_told(error)) from error
        except urllib.error.URLError as error:
            raise ServerError(f"{self._address}: {error.reason}") from error


def _told(error: urllib.error.HTTPError) -> str:
    try:
        problem = json.loads(error.read(MOST_BYTES))
        return f"{problem['code']}: {problem['detail']}"
    except (ValueError, KeyError, TypeError):
        return f"the server answered {error.code}"
