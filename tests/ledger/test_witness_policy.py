"""The operator's policy is refused aloud unless it can be acted on: nobody finds out in the night."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.errors import MalformedError
from ledger.tlog.note import COSIGNATURE_V1, make_verifier
from ledger.witness_policy import load_policy
from tests.ledger.small_log import ORIGIN, SmallLog

ROOT = Path(__file__).resolve().parents[2]
LOG = f"log {SmallLog().vkey}\n"
W1, W2 = (make_verifier(f"{name}.example", COSIGNATURE_V1, name.encode().ljust(32)).vkey for name in ("w1", "w2"))


def load(tmp_path: Path, text: str | bytes):
    path = tmp_path / "policy"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_policy(path, ORIGIN)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "no log"),
        (b"\xff\xfe", "decode"),
        ("quorum none\n", "no log"),
        (LOG, "no quorum"),
        (LOG + "quorum w1\n", "expected log, witness"),
        (f"log {SmallLog('other.example/log').vkey}\nquorum none\n", "expected log.example/medtrail"),
        (LOG + f"witness w1 {W1}\nquorum w1\n", "cannot be met"),
        (LOG + f"witness w1 {W1} https://a.example\nwitness w2 {W2}\ngroup g all w1 w2\nquorum g\n", "cannot be met"),
        (LOG + f"witness w1 {W1} ftp://a.example\nquorum w1\n", "witness address"),
        (LOG + f"witness w1 {W1} file:///etc/passwd\nquorum w1\n", "witness address"),
        (LOG + f"witness w1 {W1} a.example\nquorum w1\n", "witness address"),
        (LOG + f"witness w1 {W1} https://user:pw@a.example\nquorum w1\n", "witness address"),
        (LOG + f"witness w1 {W1} https://a.example?x=1\nquorum w1\n", "witness address"),
        (LOG + f"witness w1 {W1} https://a.example#x\nquorum w1\n", "witness address"),
        (LOG + f"witness w1 {W1} https://a.example:99999\nquorum w1\n", "witness address"),
        (LOG + f"witness w1 {W1} https://[::1\nquorum w1\n", "witness address"),
        (LOG + f"witness w1 {W1} http://\nquorum w1\n", "witness address"),
    ],
)
def test_a_policy_that_nobody_could_act_on_is_refused(tmp_path: Path, text: str | bytes, problem: str) -> None:
    with pytest.raises(MalformedError, match=problem) as caught:
        load(tmp_path, text)
    assert caught.value.code in ("WITNESS_POLICY", "POLICY")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MalformedError, match="No such file"):
        load_policy(tmp_path / "nothing", ORIGIN)


def test_a_policy_is_loaded_with_its_addresses(tmp_path: Path) -> None:
    policy = load(
        tmp_path, LOG + f"witness w1 {W1} http://[::1]:8070/w\nwitness w2 {W2}\ngroup g any w1 w2\nquorum g\n"
    )
    assert policy.addresses == {"w1": "http://[::1]:8070/w"}
    assert load(tmp_path, LOG + "quorum none\n").addresses == {}


def test_the_server_does_not_start_on_a_policy_of_another_log(tmp_path: Path) -> None:
    path = tmp_path / "policy"
    path.write_text(LOG + "quorum none\n")
    environment = {**os.environ, "WITNESS_POLICY": str(path), "LOG_ORIGIN": "quite.another/log"}
    command = [sys.executable, "-c", "import django; django.setup()"]
    ended = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode != 0
    assert "WITNESS_POLICY=" in ended.stderr
    assert "expected quite.another/log" in ended.stderr
