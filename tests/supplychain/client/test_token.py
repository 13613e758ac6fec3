"""A key on a token: it signs there, and nowhere else. A software token stands in for the hardware."""

import base64
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from ledger import crypto_fast
from ledger.envelope import check_low_s, keyid_of, pae
from supplychain.client.keys import KeyUnusable, TokenKey, open_token
from supplychain.client.showing import registration
from supplychain.usecases.issue_api_key import issue_api_key
from tests import tokens
from tests.factories import Cast, commissioned

MODULE = tokens.find_module()
PIN, TOKEN = "482915", "medtrail tests"
pytestmark = pytest.mark.skipif(MODULE is None, reason=tokens.why_missing())


@pytest.fixture(scope="module")
def token_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A token of this run's own. The library reads its configuration once for each process."""
    folder = tmp_path_factory.mktemp("token")
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")
    subprocess.run(
        ["softhsm2-util", "--init-token", "--free", "--label", TOKEN, "--pin", PIN, "--so-pin", "12345678"],
        check=True,
        capture_output=True,
        timeout=60,
    )
    _make_pair("maker", "secp256r1")
    _make_pair("other curve", "secp384r1")
    return folder


def _make_pair(label: str, curve: str) -> None:
    import pkcs11
    from pkcs11.util.ec import encode_named_curve_parameters

    with pkcs11.lib(str(MODULE)).get_token(token_label=TOKEN).open(user_pin=PIN, rw=True) as session:
        parameters = session.create_domain_parameters(
            pkcs11.KeyType.EC, {pkcs11.Attribute.EC_PARAMS: encode_named_curve_parameters(curve)}, local=True
        )
        parameters.generate_keypair(store=True, label=label)


@pytest.fixture
def opened(token_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TokenKey]:
    key = _open(monkeypatch)
    yield key
    key.close()


def _open(monkeypatch: pytest.MonkeyPatch, *, pin: str = PIN, token: str = TOKEN, label: str = "maker") -> TokenKey:
    monkeypatch.setattr("getpass.getpass", lambda _prompt: pin)  # what a person types at the terminal
    return open_token(str(MODULE), token=token, label=label)


@pytest.mark.parametrize(
    "wrong", [{"pin": "000000"}, {"token": "another"}, {"label": "nobody"}, {"label": "other curve"}, {"pin": ""}]
)
def test_a_wrong_pin_token_or_label_is_said_to_be_wrong(
    token_folder: Path, monkeypatch: pytest.MonkeyPatch, wrong: dict[str, str]
) -> None:
    with pytest.raises(KeyUnusable, match="token"):
        _open(monkeypatch, **wrong)


def test_a_library_that_is_none_is_said_to_be_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getpass", lambda _prompt: PIN)
    with pytest.raises(KeyUnusable):
        open_token(str(tmp_path / "none.so"), token=TOKEN, label="maker")


def test_a_token_signs_what_the_log_takes(opened: TokenKey) -> None:
    for number in range(8):  # about half of all signatures are high-S as they come from the token
        payload = f'{{"n":{number}}}'.encode()
        signature = opened.sign(payload)
        assert signature.keyid == keyid_of(opened.spki)
        check_low_s(signature.der)
        assert crypto_fast.verify_p256(opened.spki, pae(payload), signature.der)
        assert not crypto_fast.verify_p256(opened.spki, pae(payload + b" "), signature.der)


@pytest.mark.django_db
def test_a_party_ships_under_a_key_that_never_left_its_token(cast: Cast, opened: TokenKey, settings: Any) -> None:
    def call(party: Any, path: str, body: dict[str, Any]) -> Any:
        headers = {"Authorization": f"Bearer {issue_api_key(party=party, name='x')[1]}"}
        return Client().post(f"/api/v1/{path}", json.dumps(body), content_type="application/json", headers=headers)

    maker = cast.maker.party
    packs = commissioned(cast.maker, 2)
    payload = registration(log=settings.LOG_ORIGIN, party=maker.gln, spki=opened.spki, nonce="0" * 32)
    signature = opened.sign(payload)
    proof = {"keyid": signature.keyid, "sig": base64.b64encode(signature.der).decode()}
    asked = {"payload": base64.b64encode(payload).decode(), **proof}
    assert call(cast.regulator.party, f"parties/{maker.gln}/keys", asked).status_code == 201

    draft = call(maker, "shipments?draft=true", {"epcs": packs, "receiver": cast.pharmacy.party.gln}).json()
    signed = [opened.sign(base64.b64decode(one["payload"])) for one in draft["statements"]]
    body = {"signatures": [{"keyid": one.keyid, "sig": base64.b64encode(one.der).decode()} for one in signed]}
    done = call(maker, f"drafts/{draft['id']}", body)
    assert done.status_code == 201, done.content
