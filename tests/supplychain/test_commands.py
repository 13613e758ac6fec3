"""The operator's small commands: keys for machines, sign-ins for people."""

import re
from io import StringIO

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command

from supplychain.models import ApiKey, Membership
from tests.factories import MAKER_GLN, PASSWORD

pytestmark = pytest.mark.django_db


def run(command: str, *arguments: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command(command, *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


@pytest.fixture
def password_file(tmp_path):
    path = tmp_path / "password"
    path.write_text(f"{PASSWORD}\r\nsecond line\n")
    return path


def test_a_key_is_printed_once_alone_and_works(cast, client):
    out, err = run("create_api_key", MAKER_GLN, "line 1")
    assert re.fullmatch(r"mt_[0-9a-f]{12}_[\w-]{43}\n", out)
    assert "Helvetia Pharma" in err
    assert out.strip() not in err
    assert client.get("/api/v1/stock", headers={"Authorization": f"Bearer {out.strip()}"}).status_code == 200
    assert ApiKey.objects.get().secret_sha256 not in out


@pytest.mark.parametrize(
    ("gln", "name", "words"), [("9520008000006", "x", "not registered"), (MAKER_GLN, " ", "1 to 80")]
)
def test_a_key_for_nobody_or_without_a_name_is_refused(cast, gln, name, words):
    with pytest.raises(CommandError, match=words):
        run("create_api_key", gln, name)
    assert not ApiKey.objects.exists()


def test_a_member_can_sign_in_and_acts_for_the_party(cast, client, password_file):
    out, _ = run("create_member", "anna", MAKER_GLN, "--password-file", str(password_file))
    assert out == "anna can sign in and acts for Helvetia Pharma (9520001000003) as operator.\n"
    assert PASSWORD not in out
    assert client.login(username="anna", password=PASSWORD)
    assert client.get("/api/v1/stock").status_code == 200
    user = get_user_model().objects.get(username="anna")
    assert (user.is_staff, user.is_superuser) == (False, False)


def test_the_password_may_come_by_standard_input(cast, client, monkeypatch):
    monkeypatch.setattr("sys.stdin", StringIO(PASSWORD + "\n"))
    run("create_member", "anna", MAKER_GLN, "--password-file", "-")
    assert client.login(username="anna", password=PASSWORD)


@pytest.mark.parametrize(
    ("username", "gln", "password", "words"),
    [
        ("anna", "9520008000006", PASSWORD, "not registered"),
        ("maker", MAKER_GLN, PASSWORD, "already"),
        ("anna", MAKER_GLN, "short", "too short"),
        ("anna", MAKER_GLN, "password123", "too common"),
        ("anna", MAKER_GLN, "", "too short"),
        ("anna-the-great", MAKER_GLN, "anna-the-great", "too similar"),
        ("no spaces", MAKER_GLN, PASSWORD, "valid username"),
        ("x" * 151, MAKER_GLN, PASSWORD, "150"),
    ],
)
def test_a_member_needs_a_party_a_new_name_and_a_good_password(cast, tmp_path, username, gln, password, words):
    path = tmp_path / "password"
    path.write_text(password)
    people = get_user_model().objects.count()
    with pytest.raises(CommandError, match=words):
        run("create_member", username, gln, "--password-file", str(path))
    assert (get_user_model().objects.count(), Membership.objects.count()) == (people, 5)


def test_a_missing_password_file_and_a_missing_keyboard_are_named(cast, tmp_path, monkeypatch):
    with pytest.raises(CommandError, match="cannot be read"):
        run("create_member", "anna", MAKER_GLN, "--password-file", str(tmp_path / "none"))
    monkeypatch.setattr("sys.stdin", StringIO())
    with pytest.raises(CommandError, match="nobody to ask"):
        run("create_member", "anna", MAKER_GLN)


def test_the_first_member_of_a_party_answers_for_it_and_lets_the_others_in_itself(cast, password_file):
    Membership.objects.filter(party=cast.maker.party).delete()
    run("create_member", "anna", MAKER_GLN, "--password-file", str(password_file))
    run("create_member", "beat", MAKER_GLN, "--password-file", str(password_file))
    run("create_member", "cleo", MAKER_GLN, "--password-file", str(password_file), "--duty", "auditor")
    duties = dict(Membership.objects.filter(party=cast.maker.party).values_list("user__username", "duties"))
    assert duties == {
        "anna": ["operator", "responsible_person", "key_holder"],
        "beat": ["operator"],
        "cleo": ["auditor"],
    }


def test_an_auditor_with_another_duty_is_not_made(cast, password_file):
    both = ("--duty", "auditor", "--duty", "operator")
    with pytest.raises(CommandError, match="nobody audits"):
        run("create_member", "anna", MAKER_GLN, "--password-file", str(password_file), *both)
    assert not get_user_model().objects.filter(username="anna").exists()


def test_a_key_has_the_scopes_that_were_named_and_no_unknown_one(cast):
    run("create_api_key", MAKER_GLN, "line 1", "--scope", "read", "--scope", "ship")
    assert ApiKey.objects.get().scopes == ["read", "ship"]
    with pytest.raises(CommandError, match="UNKNOWN_SCOPE"):
        run("create_api_key", MAKER_GLN, "line 2", "--scope", "everything")
