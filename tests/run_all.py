"""The whole suite on both databases: `make test`. The last line that it prints is pytest's own closing line.

Pass 1, SQLite: every test that has a database. Pass 2, PostgreSQL: everything, the browser, the faults and the programs
of others included. A test without a database would do the same in both, so it runs in the second only.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ONCE = ("postgres", "browser", "faults", "conformance")
PASSES = (
    ("SQLite", "sqlite", " and ".join(["uses_db", *(f"not {marker}" for marker in ONCE)])),
    ("PostgreSQL", "postgres", "not sqlite"),
)
OUTCOMES = {0: "passed", 1: "FAILED", 3: "broke (internal error)", 4: "broke (usage)", 5: "ran NO TESTS"}


def main(arguments: list[str]) -> int:
    earlier: list[str] = []
    worst = 0
    for number, (title, database, selection) in enumerate(PASSES, start=1):
        print(f"=== pass {number} of {len(PASSES)}: {title} ===", flush=True)
        command = [sys.executable, "-m", "pytest", "-q", "-n", workers(), "--dist", "worksteal", "-m", selection]
        environment = {**os.environ, "MEDTRAIL_TEST_DB": database, "MEDTRAIL_EARLIER_PASSES": ", ".join(earlier)}
        status = subprocess.run([*command, *arguments], cwd=ROOT, env=environment).returncode
        if status == 2:
            return status  # Ctrl-C: no second pass
        # No test at all (5) is a failure: a green run must have run something.
        worst = max(worst, abs(status))
        earlier.append(f"pass {number} ({title}) {OUTCOMES.get(status, f'exit {status}')}")
    return 1 if worst else 0


def workers() -> str:
    """As many as there are cores, but not more than four: each has a database of its own to set up."""
    return os.environ.get("MEDTRAIL_TEST_WORKERS") or str(min(os.cpu_count() or 1, 4))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
