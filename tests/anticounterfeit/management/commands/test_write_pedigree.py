"""A pedigree as a file."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from ledger.verifier.pedigree import verify
from tests.anticounterfeit.story import Story, publish, tell
from tests.factories import GTIN, Cast, commissioned


@pytest.fixture
def story(cast: Cast) -> Story:
    told = tell(cast)
    publish()
    return told


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("nonsense", "expected the GS1 code"),
        (f"(01){GTIN}", "names no single pack"),
        ("(00)095200010000000010", "names no single pack"),
        (f"(01){GTIN}(21)MADEUP", "No pack MADEUP"),
    ],
)
def test_what_is_no_registered_pack_is_refused_and_nothing_written(cast, tmp_path, code, words):
    file = tmp_path / "pedigree.json"
    with pytest.raises(CommandError, match=words):
        call_command("write_pedigree", code, str(file))
    assert not file.exists()


def test_a_pack_whose_statements_all_wait_has_no_pedigree(cast, tmp_path):
    epc = commissioned(cast.maker, 1)[0]
    with pytest.raises(CommandError, match="is the worker running"):
        call_command("write_pedigree", epc, str(tmp_path / "pedigree.json"))


def test_the_file_verifies_and_the_command_says_what_is_in_it(story, cast, tmp_path, settings):
    file, output = tmp_path / "pedigree.json", StringIO()
    call_command("write_pedigree", story.dispensed, str(file), stdout=output)
    assert "10 statements" in output.getvalue()
    assert verify(file.read_bytes(), (Path(settings.LOG_PUBLIC_DIR) / "policy").read_text()).ok
