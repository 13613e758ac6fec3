"""`medtrail-verify FILE --policy FILE`: check a pedigree or a proof without us and without a network.

Exit status: 0 all steps held, 1 one did not, 2 the files could not be read.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from ledger.verifier.pedigree import verify
from ledger.verifier.steps import Report


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="medtrail-verify",
        description="Check a pedigree (.json) or a proof (.tlog-proof) against a log's policy file, offline.",
        epilog="Exit status: 0 all steps held, 1 one did not, 2 the files could not be read.",
    )
    parser.add_argument("file", type=Path, help="the pedigree or proof")
    parser.add_argument("--policy", type=Path, required=True, help="the tlog-policy file of the log that you believe")
    parser.add_argument("--json", action="store_true", help="report as JSON")
    options = parser.parse_args(arguments)
    try:
        data = options.file.read_bytes()
        policy = options.policy.read_text()
    except (OSError, UnicodeDecodeError) as error:
        print(f"medtrail-verify: {error}", file=sys.stderr)
        return 2
    report = verify(data, policy)
    print(json.dumps(report.as_json(), indent=1) if options.json else as_text(report))
    return 0 if report.ok else 1


def as_text(report: Report) -> str:
    """The report for people, at 80 columns where it can."""
    lines = [f"{step.n:3}. {'ok    ' if step.ok else 'FAILED'} {step.name}\n            {step.detail}" for step in report.steps]
    if report.ok:
        lines.append("\nAll steps hold. This does not prove")
        lines += [f"  - {note}." for note in report.notes]
    else:
        lines.append(f"\nFAILED at step {report.steps[-1].n}: {report.steps[-1].name}.")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
