"""Dockerfile, compose.yaml and the scripts beside them. No engine is needed: the Dockerfile's own commands run here."""

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.dockerfile import Builder, parse_dockerfile
from tests.house import ROOT
from tests.processes import Process
from tests.servers import free_port
from tests.workers import is_answering

DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE = YAML(typ="safe").load((ROOT / "compose.yaml").read_text())
SERVICES = sorted(COMPOSE["services"])


def run_tool(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([Path(sys.executable).with_name(name), *arguments], cwd=ROOT, capture_output=True, text=True)


# --- Linters ----------------------------------------------------------------------------------------------------------


@pytest.mark.conformance
def test_the_dockerfile_passes_hadolint():
    done = run_tool("hadolint", "Dockerfile")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.conformance
def test_compose_yaml_follows_the_compose_specification():
    done = run_tool("check-jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml")
    assert done.returncode == 0, done.stdout + done.stderr


# --- What the two files promise ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("service", SERVICES)
def test_no_service_can_write_to_its_image_or_gain_rights(service):
    described = COMPOSE["services"][service]
    assert described["read_only"] is True
    assert described["cap_drop"] == ["ALL"]
    assert described["security_opt"] == ["no-new-privileges:true"]
    assert not described.get("privileged")
    assert not described.get("cap_add")


@pytest.mark.parametrize("service", SERVICES)
def test_ports_are_open_to_this_machine_only(service):
    assert all(port.startswith("127.0.0.1:") for port in COMPOSE["services"][service].get("ports", []))


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_has_a_health_check_or_says_that_it_has_none(service):
    described = COMPOSE["services"][service]
    assert "healthcheck" in described or described["image"] == "medtrail"  # the image brings its own


def test_secrets_come_as_files_and_stand_nowhere_else():
    variables = {
        name: value for one in COMPOSE["services"].values() for name, value in one.get("environment", {}).items()
    }
    secret = {name for name in variables if re.search("SECRET|PASSWORD|DATABASE_URL", name)}
    assert secret == {"DATABASE_URL_FILE", "SECRET_KEY_FILE", "MANAGED_KEY_SECRET_FILE", "POSTGRES_PASSWORD_FILE"}
    assert all(variables[name].startswith("/run/secrets/") for name in secret)


def test_only_the_worker_holds_the_key_of_the_log():
    holders = {
        name for name in SERVICES if any("signer:" in str(one) for one in COMPOSE["services"][name].get("volumes", []))
    }
    assert holders == {"worker"}
    folder = COMPOSE["services"]["worker"]["environment"]["LOG_DIR"]
    assert f"signer:{folder}" in COMPOSE["services"]["worker"]["volumes"]
    # Elsewhere there must be no such folder: an empty one would look like a signer that lost its memory.
    assert not any(
        "LOG_DIR" in one.get("environment", {}) for name, one in COMPOSE["services"].items() if name != "worker"
    )
    assert f"-m 0700 {folder} " in DOCKERFILE


def test_the_image_runs_as_a_numbered_account_that_is_not_root():
    words = {one.word: one.rest for one in parse_dockerfile(DOCKERFILE)[-1].instructions}
    user = words["USER"].partition(":")[0]
    assert user.isdigit()
    assert int(user) >= 10_000
    assert "HEALTHCHECK" in words


def test_the_build_context_holds_no_state_and_no_secrets(tmp_path):
    names = {path.parts[0] for path in Builder(tmp_path, ROOT).context_files()}
    assert names >= {"manage.py", "ledger", "supplychain", "anticounterfeit", "requirements.lock"}
    assert not names & {"var", "deploy", ".env", ".git", ".venv", "tests"}


def test_the_secrets_script_makes_private_secrets_once(tmp_path):
    script = tmp_path / "make-secrets.sh"
    shutil.copyfile(ROOT / "deploy" / "make-secrets.sh", script)
    for _ in range(2):
        subprocess.run(["sh", script], check=True, capture_output=True)
    folder = tmp_path / "secrets"
    found = {path.name: path.read_text() for path in folder.iterdir()}
    assert set(found) == set(COMPOSE["secrets"])
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert found["database_url"] == f"postgres://medtrail:{found['postgres_password']}@postgres:5432/medtrail"
    assert len(found["secret_key"]) >= 50
    assert found["secret_key"] != found["managed_key_secret"]


# --- The image without an engine --------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.conformance
def test_the_commands_of_the_dockerfile_build_a_site_that_answers(tmp_path):
    build, run = parse_dockerfile(DOCKERFILE)
    builder = Builder(tmp_path, ROOT)
    builder.build(build)
    assert any("pip install" in command for command in builder.ran)
    assert any("collectstatic" in command for command in builder.ran)
    assert (builder.workdir / "collected" / "staticfiles.json").is_file()

    # The second stage copies what the first one built, and starts this:
    for one in run.instructions:
        if one.word == "COPY":
            assert Path(builder.move(one.rest.split()[1])).is_dir()
    port = free_port()
    command = [str(port) if part == "8000" else part for part in run.command()]
    program = builder.environment["PATH"].partition(":")[0] + "/" + command[0]
    environment = {
        **builder.environment,
        "MEDTRAIL_HOME": str(tmp_path / "home"),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
    }
    log = tmp_path / "serve.log"
    with Process("serve", [program, *command[1:]], log=log, env=environment, cwd=builder.workdir) as process:
        process.wait_until(lambda: is_answering(f"http://127.0.0.1:{port}/healthz"), seconds=60)


@pytest.mark.slow
@pytest.mark.conformance
def test_production_refuses_to_start_without_its_secrets(tmp_path):
    environment = {"PATH": os.environ["PATH"], "ENVIRONMENT": "production", "MEDTRAIL_HOME": str(tmp_path)}
    environment |= {"PUBLIC_URL": "https://id.example.com", "LOG_ORIGIN": "log.example.com/2026"}
    command = [sys.executable, "manage.py", "check"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode != 0
    assert "SECRET_KEY" in done.stderr
