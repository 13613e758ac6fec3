"""The command: exit statuses, a report that fits 80 columns, and nothing from the file that moves the cursor."""

import contextlib
import io
import json
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.errors import VerificationError
from ledger.verifier.archive import MAGIC
from ledger.verifier.bundle import MAX_BUNDLE
from ledger.verifier.cli import as_text, main
from ledger.verifier.steps import MOST_SHOWN, Report, StoppedError, printable
from tests.ledger.small_log import MAKER, REGULATOR, SmallLog, as_file
from tests.ledger.small_story import PACK, PACKS
from tests.ledger.verifier.forge import changed, check, document, honest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def files(tmp_path) -> tuple[Path, Path]:
    """An honest pedigree and its policy, as somebody has saved them."""
    pedigree, policy = tmp_path / "pedigree.json", tmp_path / "policy"
    pedigree.write_bytes(as_file(document()))
    policy.write_text(honest().log.policy)
    return pedigree, policy


def run(*arguments: object) -> int:
    return main([str(one) for one in arguments])


# --- Exit statuses ----------------------------------------------------------------------------------------------------


def test_a_forged_file_ends_with_1_and_the_failing_step_comes_last(files, capsys):
    pedigree, policy = files
    pedigree.write_bytes(as_file(changed(lambda one: one["items"][3].update(index=10))))
    assert run(pedigree, "--policy", policy) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "FAILED at step 14: item 3: it is in the log."
    assert " 14. FAILED it is in the log" in lines
    assert not any(line.startswith("All") for line in lines)


def test_a_wrong_policy_file_ends_with_1(files, capsys):
    pedigree, policy = files
    policy.write_text("log nobody\nquorum none\n")
    assert run(pedigree, "--policy", policy) == 1
    assert "FAILED at step 2: the policy names a log." in capsys.readouterr().out


@pytest.mark.parametrize("which", [0, 1])
def test_a_missing_file_ends_with_2(files, which, capsys):
    files[which].unlink()
    assert run(files[0], "--policy", files[1]) == 2
    seen = capsys.readouterr()
    assert seen.out == ""
    assert seen.err.startswith("medtrail-verify: ")


def test_a_folder_or_a_policy_that_is_no_text_ends_with_2(files, tmp_path, capsys):
    pedigree, policy = files
    assert run(tmp_path, "--policy", policy) == 2
    policy.write_bytes(b"\xff\xfe")
    assert run(pedigree, "--policy", policy) == 2
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("arguments", [[], ["pedigree.json"], ["--policy", "policy"], ["a", "b", "--policy", "c"]])
def test_a_wrong_call_ends_with_2(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: medtrail-verify" in capsys.readouterr().err


def test_of_an_endless_file_only_so_much_is_read(files, capsys):
    endless = Path("/dev/zero")
    if not endless.exists():
        pytest.skip("no /dev/zero here")
    assert run(endless, "--policy", files[1]) == 1
    assert f"file of {MAX_BUNDLE + 1} bytes: expected at most {MAX_BUNDLE}" in " ".join(capsys.readouterr().out.split())


def test_the_honest_pedigree_ends_with_0_and_says_what_it_proves_and_what_not(files, capsys):
    pedigree, policy = files
    assert run(pedigree, "--policy", policy) == 0
    text = capsys.readouterr().out
    assert "FAILED" not in text
    assert f"All 35 steps hold. This is the signed history of\n{PACK}.\nUnwitnessed: nobody" in text
    assert "This does not prove\n  - that this is the latest handoff" in text
    assert "     item 9, 2026-11-23T17:00:00.000Z, 9520003000001 says: handed to a patient\n" in text


def test_the_command_runs_as_a_module_of_a_checkout(files):
    command = [sys.executable, "-m", "ledger.verifier", files[0], "--policy", files[1]]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "All 35 steps hold." in done.stdout


def test_the_module_ends_with_the_commands_exit_status(files, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["medtrail-verify", str(files[0]), "--policy", str(files[1])])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("ledger.verifier", run_name="__main__")
    runpy.run_module("ledger.verifier.__main__", run_name="imported")  # which does nothing
    assert ended.value.code == 0
    assert "All 35 steps hold." in capsys.readouterr().out


def test_the_report_may_go_to_something_that_is_no_terminal(files):
    with contextlib.redirect_stdout(io.StringIO()) as out:
        assert run(files[0], "--policy", files[1]) == 0
    assert "All 35 steps hold." in out.getvalue()


def test_a_file_that_begins_as_an_archive_is_read_as_one(files, capsys):
    pedigree, policy = files
    pedigree.write_bytes(MAGIC + b"nonsense")
    assert run(pedigree, "--policy", policy) == 1
    assert "FAILED at step 1" in capsys.readouterr().out


# --- For programs -----------------------------------------------------------------------------------------------------


def test_json_says_the_same_for_programs(files, capsys):
    pedigree, policy = files
    assert run(pedigree, "--policy", policy, "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert sorted(report) == ["cosigned", "not_proven", "ok", "quorum", "steps", "subject", "witnessed"]
    assert (report["witnessed"], report["quorum"], report["cosigned"]) == (False, "none", {})
    assert (report["ok"], report["subject"]) == (True, PACK)
    assert [step["n"] for step in report["steps"]] == list(range(1, 36))
    assert report["steps"][0] == {
        "n": 1,
        "name": "the files are well formed",
        "ok": True,
        "detail": "a pedigree of 10 items, with 4 key entries",
        "code": None,
        "about": "",
    }


def test_json_names_the_code_of_a_failure(files, capsys):
    pedigree, policy = files
    pedigree.write_bytes(as_file(changed(lambda one: one["keys"].pop(0))))
    assert run(pedigree, "--policy", policy, "--json") == 1
    report = json.loads(capsys.readouterr().out)
    assert report["ok"] is False
    assert (report["steps"][-1]["name"], report["steps"][-1]["code"]) == ("the keys are in the log", "GENESIS")


# --- At a terminal ----------------------------------------------------------------------------------------------------

HOSTILE = "9520001000003\n 99. ok     it is true\x1b[2J\r\u202egnp\u2028\x9b1m"


def hostile_report() -> Report:
    """Every text that a party may choose is chosen to deceive the reader of the report."""
    log = SmallLog()
    log.found(REGULATOR)
    log.register(MAKER, REGULATOR)
    event = {"action": "ADD", "bizStep": HOSTILE, "eventTime": HOSTILE}
    index = log.say(MAKER, event, lists={"epcList": [*PACKS, HOSTILE]}, sealed={HOSTILE: 5})
    log.seal()
    return check(log.pedigree((index, log.show(index, {"epcList": HOSTILE}, [HOSTILE]))), log.policy)


def test_no_text_of_the_file_can_write_a_line_of_the_report_or_move_the_cursor():
    report = hostile_report()
    assert report.ok
    text = as_text(report)
    assert "\n 99. ok" not in text
    assert all(sign.isprintable() or sign == "\n" for sign in text)
    assert all(sign.isprintable() for sign in report.subject)


def test_every_line_fits_80_columns():
    for report in (check(document()), hostile_report(), check(document(), "log x\n"), check(b"{")):
        assert max(map(len, as_text(report).splitlines())) <= 80


def test_a_long_word_is_broken_and_a_long_text_is_cut():
    report = Report()
    report.step("a step", lambda: (None, "x" * 5 * MOST_SHOWN))
    lines = as_text(report).splitlines()
    assert max(map(len, lines)) == 80
    assert sum(line.count("x") for line in lines) == MOST_SHOWN


def test_a_terminal_that_lacks_our_signs_still_gets_the_answer(files):
    pedigree, policy = files
    pedigree.write_bytes(as_file(changed(lambda one: one["keys"].pop(3))))  # the message has an ellipsis
    done = subprocess.run(
        [sys.executable, "-m", "ledger.verifier", pedigree, "--policy", policy],
        cwd=ROOT,
        capture_output=True,
        env={"PYTHONIOENCODING": "ascii"},
    )
    assert (done.returncode, done.stderr) == (1, b"")
    assert b"\\u2026" in done.stdout


def test_printable_keeps_words_and_takes_the_rest():
    assert printable("café 9520001000003") == "café 9520001000003"
    assert printable("a\nb\tc\x00\u202e\ud800") == "a\ufffdb\ufffdc\ufffd\ufffd\ufffd"


def test_a_report_without_steps_is_not_ok():
    assert not Report().ok


def test_a_failing_step_stops_the_report():
    def fail():
        raise VerificationError("no", code="WHY")

    report = Report()
    with pytest.raises(StoppedError):
        report.step("a step", fail)
    assert not report.ok
    assert (report.steps[0].detail, report.steps[0].code) == ("no", "WHY")
