"""A log that stood still goes on only after somebody has looked, and only if it agrees with itself."""

from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from ledger.errors import ForkError, VerificationError
from ledger.models import Log, Tile
from ledger.usecases.advance import advance
from ledger.usecases.freeze import freeze
from ledger.usecases.unfreeze import unfreeze
from ledger.witness_models import Incident
from tests.append_only import triggers_off
from tests.ledger.cast import Cast, open_cast, published, put_events

pytestmark = pytest.mark.django_db
REASON = "the disk was full; freed it and checked the log"


@pytest.fixture
def cast() -> Cast:
    cast = open_cast()
    published()
    return cast


def test_a_log_is_frozen_once_and_the_first_reason_stays(cast: Cast, caplog: pytest.LogCaptureFixture) -> None:
    assert freeze(because="first", evidence="their note")
    assert not freeze(because="second")
    assert Log.objects.get().frozen_because == "first"
    assert [(one.what, one.because, one.evidence) for one in Incident.objects.all()] == [
        ("frozen", "first", "their note")
    ]
    assert "ledger_frozen" in caplog.text


def test_what_stopped_it_and_who_let_it_go_on_is_written_down(cast: Cast) -> None:
    freeze(because="FORK: a test")
    put_error = pytest.raises(VerificationError, match="frozen")
    with put_error:
        put_events(cast, 1)
    call_command("ledger_unfreeze", because=REASON)
    assert [(one.what, one.because, one.evidence) for one in Incident.objects.order_by("pk")] == [
        ("frozen", "FORK: a test", ""),
        ("unfrozen", REASON, "FORK: a test"),
    ]
    put_events(cast, 1)
    assert advance() is not None


def test_a_log_that_still_contradicts_itself_stays_frozen(cast: Cast) -> None:
    freeze(because="EDGE_DIFFERS: a test")
    tile = Tile.objects.get()
    with triggers_off(connection):
        Tile.objects.update(hashes=bytes([tile.hashes[0] ^ 1, *tile.hashes[1:]]))
    with pytest.raises(CommandError, match="EDGE_DIFFERS"):
        call_command("ledger_unfreeze", because=REASON)
    assert Log.objects.get().state == Log.FROZEN
    assert Incident.objects.count() == 1


def test_a_log_whose_signer_is_gone_stays_frozen(cast: Cast) -> None:
    freeze(because="a test")
    (Path(settings.LOG_DIR) / "head.sqlite3").unlink()
    with pytest.raises(ForkError) as error:
        unfreeze(because=REASON)
    assert error.value.code == "SIGNER_HEAD_MISSING"
    assert Log.objects.get().state == Log.FROZEN


@pytest.mark.parametrize("reason", ["", "   ", "ok", "\n\n\n\n\n\n\n\n\n\n\n"])
def test_a_word_is_no_reason(cast: Cast, reason: str) -> None:
    freeze(because="a test")
    with pytest.raises(VerificationError) as error:
        unfreeze(because=reason)
    assert error.value.code == "UNFREEZE_REASON"
    assert Log.objects.get().state == Log.FROZEN


def test_a_log_at_work_needs_no_unfreezing(cast: Cast) -> None:
    with pytest.raises(CommandError, match="LOG_NOT_FROZEN"):
        call_command("ledger_unfreeze", because=REASON)
    assert not Incident.objects.exists()


def test_without_a_log_there_is_nothing_to_do() -> None:
    with pytest.raises(VerificationError, match="nothing to do"):
        unfreeze(because=REASON)
