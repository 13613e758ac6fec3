"""The verifier stands alone: the standard library and `ecdsa`, no server code, no compiled library, no network."""

import importlib.metadata
import importlib.util
import json
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.ledger.small_log import as_file
from tests.ledger.verifier.forge import document, flip64, honest

ROOT = Path(__file__).resolve().parents[3]

# Verifies, then tells what the interpreter has loaded by then, and where each part of it came from.
PROBE = """
import json, sys
before = set(sys.modules)
from ledger.verifier.cli import main
status = main(sys.argv[1:])
loaded = {}
for name in sorted(set(sys.modules) - before):  # a package before its parts, which may have no file
    origin = getattr(sys.modules[name], "__file__", None) or "built in"
    loaded.setdefault(name.partition(".")[0], origin)
loaded["_ledger"] = sorted(name for name in sys.modules if name.startswith("ledger."))
sys.stderr.write(json.dumps(loaded))
sys.exit(status)
"""
SERVER_ROOMS = {"ledger.models", "ledger.queries", "ledger.signer", "ledger.usecases", "ledger.crypto_fast"}
NETWORK = {"socket", "_socket", "ssl", "_ssl", "http", "urllib3", "requests", "asyncio"}


@pytest.fixture
def files(tmp_path) -> list[str]:
    """The arguments of the command: an honest pedigree, and its policy."""
    pedigree, policy = tmp_path / "pedigree.json", tmp_path / "policy"
    pedigree.write_bytes(as_file(document()))
    policy.write_text(honest().log.policy)
    return [str(pedigree), "--policy", str(policy)]


def spoil(file: str) -> None:
    """Change one byte of one envelope."""
    forged = document()
    forged["items"][-1]["envelope"] = flip64(forged["items"][-1]["envelope"], -10)
    Path(file).write_bytes(as_file(forged))


def test_verifying_loads_the_standard_library_and_ecdsa_and_nothing_else(files):
    done = subprocess.run([sys.executable, "-c", PROBE, *files], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    loaded = json.loads(done.stderr)
    rooms = set(loaded.pop("_ledger"))
    third_party = {name for name, origin in loaded.items() if "site-packages" in origin}
    assert third_party == {"ecdsa", "six"}  # six is what ecdsa needs
    ours = {name for name, origin in loaded.items() if Path(origin).is_relative_to(ROOT)} - third_party
    assert ours == {"ledger"}
    assert not rooms & SERVER_ROOMS
    assert not set(loaded) & NETWORK
    assert not set(loaded) & {"django", "cryptography", "rfc8785", "orjson", "supplychain"}


@pytest.mark.slow
def test_the_command_works_where_only_ecdsa_is_installed(files, tmp_path):
    home = tmp_path / "auditor"
    has_pip = importlib.util.find_spec("pip") is not None
    venv.create(home, with_pip=not has_pip)
    python = home / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", python] if has_pip else [python, "-m", "pip"]
    wanted = f"ecdsa=={importlib.metadata.version('ecdsa')}"
    got = subprocess.run([*pip, "install", "--quiet", wanted], capture_output=True, text=True)
    if got.returncode != 0:
        pytest.skip(f"{wanted} cannot be installed here: {got.stderr.strip().splitlines()[-1:]}")
    done = subprocess.run([*pip, "install", "--quiet", "--no-deps", sources(tmp_path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert distributions(python) - {"pip", "setuptools"} == {"ecdsa", "six", "medtrail"}

    command = [home / "bin" / "medtrail-verify", *files]
    seen = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env={})
    assert (seen.returncode, seen.stderr) == (0, "")
    assert "All 35 steps hold." in seen.stdout
    spoil(files[0])
    seen = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env={})
    assert (seen.returncode, seen.stderr) == (1, "")
    assert "FAILED at step" in seen.stdout


def sources(tmp_path: Path) -> Path:
    """What an auditor copies: the ledger, and what the package's own description needs."""
    folder = tmp_path / "sources"
    shutil.copytree(ROOT / "ledger", folder / "ledger", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "LICENSE"):
        shutil.copy(ROOT / name, folder / name)
    (folder / "README.md").write_text("The ledger alone.\n")
    return folder


def distributions(python: Path) -> set[str]:
    listing = "import importlib.metadata as m; print(*(one.name for one in m.distributions()))"
    done = subprocess.run([python, "-I", "-c", listing], capture_output=True, text=True, check=True)
    return set(done.stdout.split())
