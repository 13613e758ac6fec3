"""The bucket: the same files as in the folder, in an order that a reader can trust, and nothing written over."""

import json
import shutil
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from django.conf import settings

from ledger.errors import ForkError
from ledger.models import Checkpoint
from ledger.usecases.mirror import mirror
from tests.check_log import check_log
from tests.ledger.cast import Cast, open_cast, published, put_events
from tests.processes import Process
from tests.servers import free_port
from tests.workers import READY_S, ROOT, is_answering

pytestmark = pytest.mark.django_db
FOLDER = "django.core.files.storage.FileSystemStorage"


@pytest.fixture
def cast() -> Cast:
    cast = open_cast()
    published()
    return cast


@pytest.fixture
def store(settings: Any, tmp_path: Path) -> Path:
    """A folder as Django's own storage: what `mirror` asks of a storage, every storage can do."""
    options = {"location": str(tmp_path / "store"), "allow_overwrite": True}
    settings.STORAGES = {**settings.STORAGES, "log": {"BACKEND": FOLDER, "OPTIONS": options}}
    return tmp_path / "store"


def refusal() -> str:
    with pytest.raises(ForkError) as error:
        mirror()
    return error.value.code


def test_without_a_bucket_nothing_is_done(cast: Cast) -> None:
    assert mirror() == 0


def test_the_store_becomes_what_the_folder_is(cast: Cast, store: Path) -> None:
    assert mirror() == 4  # a tile, its bundle, policy, checkpoint
    seen = check_log(store)
    assert mirror() == 0
    put_events(cast, 300)
    published()
    mirror()
    assert check_log(store, earlier=seen) == check_log(settings.LOG_PUBLIC_DIR)


def test_a_store_that_was_away_is_caught_up_with(cast: Cast, store: Path) -> None:
    for _ in range(3):
        put_events(cast, 2)
        published()
    mirror()
    assert check_log(store).blocks == 4


def test_killed_before_the_checkpoint_it_is_finished_next_time(cast: Cast, store: Path) -> None:
    mirror()
    seen = (store / "checkpoint").read_bytes()
    put_events(cast, 3)
    published()
    mirror()
    (store / "checkpoint").write_bytes(seen)
    check_log(store, is_moving=True)
    assert mirror() == 1
    check_log(store)


def test_other_bytes_under_a_path_are_not_written_over(cast: Cast, store: Path) -> None:
    (store / "tile/entries").mkdir(parents=True)
    strange = store / f"tile/entries/000.p/{Checkpoint.objects.get().tree_size}"
    strange.parent.mkdir()
    strange.write_bytes(b"strange")
    assert refusal() == "PUBLISHED_DIFFERS"
    assert strange.read_bytes() == b"strange"
    assert not (store / "checkpoint").exists()


def test_the_bucket_of_another_log_is_left_alone(cast: Cast, store: Path) -> None:
    store.mkdir()
    (store / "checkpoint").write_text("another.example/log\n5\nAAAA\n\n\u2014 another.example/log AAAA\n")
    assert refusal() == "CHECKPOINT_UNSIGNED"


def test_a_bucket_that_is_ahead_of_this_database_is_left_alone(cast: Cast, store: Path) -> None:
    from tests.ledger.restore import restore_to

    put_events(cast, 2)
    published()
    mirror()
    before = (store / "checkpoint").read_bytes()
    restore_to(1)
    assert refusal() == "ROLLBACK"
    assert (store / "checkpoint").read_bytes() == before


def test_a_storage_that_picks_names_of_its_own_is_refused(cast: Cast, store: Path, settings: Any) -> None:
    mirror()
    options = {**settings.STORAGES["log"]["OPTIONS"], "allow_overwrite": False}
    settings.STORAGES = {**settings.STORAGES, "log": {"BACKEND": FOLDER, "OPTIONS": options}}
    put_events(cast, 1)
    published()
    assert refusal() == "STORE"


# --- A real S3, over HTTP ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port, folder = free_port(), tmp_path_factory.mktemp("s3")
    program = Path(sys.executable).with_name("moto_server")
    with Process("s3", [program, "-H", "127.0.0.1", "-p", str(port)], log=folder / "s3.log") as process:
        url = f"http://127.0.0.1:{port}"
        process.wait_until(lambda: is_answering(url), seconds=READY_S)
        yield url


@pytest.fixture
def bucket(s3: str, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    for name, value in {
        "ACCESS_KEY_ID": "tester",
        "SECRET_ACCESS_KEY": "x",
        "DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    client = boto3.client("s3", endpoint_url=s3)
    client.create_bucket(Bucket="log")
    client.put_bucket_cors(
        Bucket="log", CORSConfiguration=json.loads((ROOT / "deploy" / "bucket-cors.json").read_text())
    )
    options = {"bucket_name": "log", "location": "medtrail", "endpoint_url": s3}
    settings.STORAGES = {**settings.STORAGES, "log": {"BACKEND": "ledger.bucket.LogBucket", "OPTIONS": options}}
    return client


def download(client: Any, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    for page in client.get_paginator("list_objects_v2").paginate(Bucket="log"):
        for one in page.get("Contents", []):
            path = folder / one["Key"].removeprefix("medtrail/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(client.get_object(Bucket="log", Key=one["Key"])["Body"].read())


def test_a_bucket_holds_the_log_as_outsiders_read_it(cast: Cast, bucket: Any, tmp_path: Path) -> None:
    mirror()
    download(bucket, tmp_path / "got")
    seen = check_log(tmp_path / "got")
    put_events(cast, 3)
    published()
    mirror()
    assert mirror() == 0
    download(bucket, tmp_path / "got")
    assert check_log(tmp_path / "got", earlier=seen) == check_log(settings.LOG_PUBLIC_DIR)
    heads = {}
    for name in ("checkpoint", "policy", f"tile/0/000.p/{seen.size}"):
        place = {"Bucket": "log", "Key": f"medtrail/{name}"}
        with urllib.request.urlopen(bucket.generate_presigned_url("get_object", Params=place)) as answer:  # noqa: S310
            heads[name.partition("/")[0]] = (answer.headers["Cache-Control"], answer.headers["Content-Type"])
    assert heads["tile"] == ("public, max-age=31536000, immutable", "application/octet-stream")
    assert heads["checkpoint"] == heads["policy"] == ("no-cache", "text/plain; charset=utf-8")


def test_other_bytes_in_the_bucket_are_not_written_over(cast: Cast, bucket: Any) -> None:
    key = f"medtrail/tile/0/000.p/{Checkpoint.objects.get().tree_size}"
    for one in bucket.list_objects_v2(Bucket="log").get("Contents", []):
        bucket.delete_object(Bucket="log", Key=one["Key"])
    bucket.put_object(Bucket="log", Key=key, Body=b"strange")
    assert refusal() == "PUBLISHED_DIFFERS"
    assert bucket.get_object(Bucket="log", Key=key)["Body"].read() == b"strange"
