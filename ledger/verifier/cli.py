"""`medtrail-verify FILE --policy FILE [--max-age 24h]`: check a pedigree, a proof or an export, without us.

Exit status: 0 all steps held, 1 one did not, 2 the files could not be read.
"""

import argparse
import io
import json
import sys
import textwrap
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from ledger.tlog.policy import MAX_POLICY
from ledger.verifier.archive import MAGIC, verify_archive
from ledger.verifier.bundle import MAX_BUNDLE
from ledger.verifier.pedigree import verify
from ledger.verifier.steps import Report, Step, printable

UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
MOST_SECONDS = 253_402_300_799  # the end of the year 9999; what lies behind has no calendar here
WIDTH = 80
HEAD = " " * 5
INDENT = " " * 12


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="medtrail-verify",
        description="Check a pedigree (.json), a proof (.tlog-proof) or an export (.zip) against a log's policy.",
        epilog="Exit status: 0 all steps held, 1 one did not, 2 the files could not be read.",
    )
    parser.add_argument("file", type=Path, help="the pedigree, proof or export")
    parser.add_argument("--policy", type=Path, required=True, help="the tlog-policy file of the log that you believe")
    parser.add_argument(
        "--max-age",
        type=parse_age,
        metavar="AGE",
        help="fail if the newest counted cosignature is older, such as 90s, 30m, 24h or 7d",
    )
    parser.add_argument("--json", action="store_true", help="report as JSON")
    options = parser.parse_args(arguments)
    now = int(time.time())
    try:
        policy = _read(options.policy, MAX_POLICY).decode()
        report = _verify_file(options.file, policy, now=now, max_age=options.max_age)
    except (OSError, UnicodeDecodeError) as error:
        sys.stderr.write(f"medtrail-verify: {error}\n")
        return 2
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that lacks a sign of the standards gets its number; the answer must not die on it.
        sys.stdout.reconfigure(errors="backslashreplace")
    sys.stdout.write((json.dumps(report.as_json(), indent=1) if options.json else as_text(report, now)) + "\n")
    return 0 if report.ok else 1


def parse_age(text: str) -> int:
    """Seconds, from a whole number and one of s, m, h, d.

    Raises:
        ValueError: anything else; argparse shows it as its own complaint.
    """
    unit = UNITS.get(text[-1:])
    digits = text[:-1]
    if unit is None or not (digits.isascii() and digits.isdigit()) or len(digits) > 9:
        raise argparse.ArgumentTypeError(f"{text[:40]!r}: expected a number and s, m, h or d, such as 24h")
    return int(digits) * unit


def _verify_file(path: Path, policy: str, *, now: int, max_age: int | None) -> Report:
    """An archive is read where it lies, whatever its size; anything else is small enough to be held."""
    with path.open("rb") as file:
        if file.read(len(MAGIC)) == MAGIC:
            return verify_archive(file, policy, now=now, max_age=max_age)
        file.seek(0)
        return verify(file.read(MAX_BUNDLE + 1), policy, now=now, max_age=max_age)


def _read(path: Path, most: int) -> bytes:
    """The file's bytes, one more than `most` at the most: enough to be refused, however large it is."""
    with path.open("rb") as file:
        return file.read(most + 1)


def as_text(report: Report, now: int | None = None) -> str:
    """The report for people, at most 80 columns wide. `now`, UTC seconds, lets it say how old the proof is."""
    lines: list[str] = []
    about = ""
    for step in report.steps:
        if step.about != about:
            about = step.about
            lines += ["", *(_wrap(HEAD + about, HEAD + "    ") if about else [])]
        lines += _step_lines(step)
    if not report.ok:
        failed = report.steps[-1]
        return "\n".join([*lines, "", *_wrap(f"FAILED at step {failed.n}: {failed.name}.", "")])
    found = f" {report.told or f'This is the signed history of {report.subject}.'}" if report.subject else ""
    lines += ["", *_wrap(f"All {len(report.steps)} steps hold.{found}", ""), *_wrap(_witnessing(report, now), "")]
    lines += ["", "This does not prove"]
    for note in report.notes:
        lines += _wrap(f"  - {note}.", "    ")
    return "\n".join(lines)


def _witnessing(report: Report, now: int | None) -> str:
    """Who but the operator stands behind it, and since when; a proof is current as of its newest cosignature."""
    if not report.cosigned:
        return "Unwitnessed: nobody but the log's operator stands behind it."
    newest = max(report.cosigned.values())
    when = datetime.fromtimestamp(min(newest, MOST_SECONDS), UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    age = "" if now is None else f", {max(now - newest, 0)} s ago"
    return f"Current as of {when}{age}, cosigned by {printable(', '.join(report.cosigned))}."


def _step_lines(step: Step) -> list[str]:
    # Under the heading of an item its name need not be said again.
    name = step.name.partition(": ")[2] if step.about else step.name
    reason = "" if step.ok else f" [{step.code}]"
    head = f"{step.n:3}. {'ok    ' if step.ok else 'FAILED'} "
    return _wrap(head + name, INDENT) + _wrap(INDENT + step.detail + reason, INDENT)


def _wrap(text: str, indent: str) -> list[str]:
    """Lines of at most `WIDTH`. Words are EPCs and hashes: they break only when one is wider than a whole line."""
    return textwrap.wrap(text, WIDTH, subsequent_indent=indent, break_on_hyphens=False)
