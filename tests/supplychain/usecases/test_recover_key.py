"""A lost key is replaced because enough others say so; whoever is not enough replaces nothing."""

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from django.conf import settings
from django.core.management import CommandError, call_command

from ledger import custody
from ledger.custody import SigningKey
from ledger.models import Entry, Key
from ledger.usecases.advance import advance
from ledger.usecases.audit import audit
from ledger.usecases.change_acts import change_acts
from ledger.usecases.register_key import Possession, key_payload, register_key
from supplychain.acts import Actor
from supplychain.client.cli import main
from supplychain.client.showing import recovery
from supplychain.models import Party
from supplychain.usecases.recover_key import recover_key
from tests.factories import Cast, refusal_code

pytestmark = pytest.mark.django_db


def own_key(cast: Cast, actor: Actor) -> SigningKey:
    """A key that the party keeps itself, admitted beside the managed one."""
    key = SigningKey.generate()
    payload = key_payload(party=actor.party.gln, spki=key.spki, keyid=key.keyid, custody="client")
    register_key(
        party=actor.party.gln,
        keyid=key.keyid,
        authority_keyid=cast.regulator.party.keyid,
        possession=Possession(payload, key.sign(payload)),
    )
    return key


def recoverable(cast: Cast, k: int = 2) -> None:
    parties = [one.party.gln for one in (cast.regulator, cast.wholesaler, cast.pharmacy)]
    change_acts(party=cast.regulator.party.gln, acts={"key_recovery": {"k": k, "parties": parties}})


def asked(cast: Cast, new: SigningKey, *signers: SigningKey, **changes: Any) -> dict[str, Any]:
    about: dict[str, Any] = {
        "log": settings.LOG_ORIGIN, "party": cast.maker.party.gln, "spki": new.spki,
        "replaces": cast.maker.party.keyid, "reason": "the disk failed", "invalid_from": None, "nonce": "0" * 32,
    }  # fmt: skip
    payload = recovery(**(about | changes))
    return {"payload": payload, "signatures": [one.sign(payload) for one in (new, *signers)]}


def refused(cast: Cast, given: dict[str, Any], actor: Actor | None = None) -> str:
    before = Entry.objects.count()
    code = refusal_code(recover_key, actor=actor or cast.regulator, **given)
    assert Entry.objects.count() == before
    assert Party.objects.get(pk=cast.maker.party.pk).keyid == cast.maker.party.keyid
    return code


def test_the_forger_recovers_nobodys_key(cast: Cast) -> None:
    helper = own_key(cast, cast.wholesaler)
    recoverable(cast)
    new = SigningKey.generate()
    assert refused(cast, asked(cast, new, helper), cast.forger) == "ROLE_NOT_ALLOWED"
    assert refused(cast, asked(cast, new)) == "APPROVALS"  # the authority alone is one of two
    stranger = SigningKey.generate()
    assert refused(cast, asked(cast, new, stranger)) == "KEY_UNKNOWN"
    of_another = asked(cast, new, helper, replaces=cast.pharmacy.party.keyid)
    assert refused(cast, of_another) == "KEY_OWNER"


def test_managed_keys_alone_recover_nothing(cast: Cast) -> None:
    recoverable(cast)
    helper = custody.managed_key(cast.wholesaler.party.keyid)
    assert refused(cast, asked(cast, SigningKey.generate(), helper)) == "APPROVALS_MANAGED"


def test_without_a_rule_nothing_is_recovered(cast: Cast) -> None:
    helper = own_key(cast, cast.wholesaler)
    assert refused(cast, asked(cast, SigningKey.generate(), helper)) == "KEY_RECOVERY"


def test_another_statement_is_no_recovery(cast: Cast) -> None:
    new = SigningKey.generate()
    payload = key_payload(party=cast.maker.party.gln, spki=new.spki, keyid=new.keyid, custody="client")
    assert refused(cast, {"payload": payload, "signatures": [new.sign(payload)]}) == "KEY_OTHER"
    assert refused(cast, {"payload": b"{}", "signatures": []}) == "KEY_STATEMENT"


def test_a_party_goes_on_with_its_new_key(cast: Cast) -> None:
    helper = own_key(cast, cast.wholesaler)
    recoverable(cast)
    new = SigningKey.generate()
    key = recover_key(actor=cast.regulator, **asked(cast, new, helper))
    assert (key.keyid, key.custody, key.party) == (new.keyid, "client", cast.maker.party.gln)
    old = Key.objects.get(keyid=cast.maker.party.keyid)
    assert old.reason == "the disk failed"
    assert Party.objects.get(pk=cast.maker.party.pk).keyid == new.keyid
    advance()
    list(audit())


# --- From machine to machine ------------------------------------------------------------------------------------------


def sign(capsys: Any, *arguments: object) -> dict[str, Any]:
    assert main([str(one) for one in arguments]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_commands_lead_from_the_loss_to_the_new_key(
    cast: Cast, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    helper = own_key(cast, cast.wholesaler)
    pem = helper.private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "helper.pem").write_bytes(pem)
    (tmp_path / "helper.pem").chmod(0o600)
    recoverable(cast)
    assert main(["new-key", str(tmp_path / "new.pem")]) == 0
    capsys.readouterr()
    about: Sequence[object] = (
        "--replaces", cast.maker.party.keyid, "--reason", "the disk failed",
        "--party", cast.maker.party.gln, "--log", settings.LOG_ORIGIN,
    )  # fmt: skip
    lost = sign(capsys, "recover-key", tmp_path / "new.pem", *about)
    (tmp_path / "lost.json").write_text(json.dumps(lost))
    with pytest.raises(CommandError, match="APPROVALS"):
        call_command("recover_key", str(tmp_path / "lost.json"), authority=cast.regulator.party.gln)

    cosign = ("cosign-recovery", tmp_path / "lost.json", "--key", tmp_path / "helper.pem")
    monkeypatch.setattr("sys.stdin", io.StringIO(""))  # nobody answers
    assert main([str(one) for one in cosign]) == 1
    shown = capsys.readouterr().err
    assert f"party     {cast.maker.party.gln} has lost its key" in shown
    assert "reason    the disk failed" in shown
    both = sign(capsys, *cosign, "--yes")
    assert len(both["signed"]["signatures"]) == 2
    (tmp_path / "both.json").write_text(json.dumps(both))
    call_command("recover_key", str(tmp_path / "both.json"), authority=cast.regulator.party.gln)
    assert "signs with key" in capsys.readouterr().out
    assert Key.objects.get(keyid=cast.maker.party.keyid).revoked_by is not None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"signed": {}}', '{"signed": {"payload": "?", "signatures": []}}'])
def test_a_file_that_is_none_is_refused(cast: Cast, tmp_path: Path, text: str) -> None:
    (tmp_path / "file").write_text(text)
    with pytest.raises(CommandError, match="expected what medtrail-sign has printed"):
        call_command("recover_key", str(tmp_path / "file"), authority=cast.regulator.party.gln)
    with pytest.raises(CommandError, match="not registered"):
        call_command("recover_key", str(tmp_path / "file"), authority="9520000000000")
