"""Where a Chromium is, and how to get one. `python -m tests.browsers` is what `make test` runs first.

CHROME names one; else PATH is searched, then what Playwright has installed. As root on Debian or Ubuntu the package
`chromium` is installed; elsewhere Playwright is asked to fetch its own. Never fails: the tests then skip and say why.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
LAUNCH_ARGS = (
    "--no-sandbox",  # Chromium's sandbox refuses root; it shows only our own pages
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
INSTALL_LIMIT_S = 300


def find_chrome() -> Path | None:
    if named := os.environ.get("CHROME"):
        found = shutil.which(named)
        return Path(found) if found else None
    for program in PROGRAMS:
        if found := shutil.which(program):
            return Path(found)
    return next(iter(sorted(playwright_folder().glob("chromium-*/chrome-linux*/chrome"), reverse=True)), None)


def playwright_folder() -> Path:
    return Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache" / "ms-playwright")


def why_missing() -> str:
    if named := os.environ.get("CHROME"):
        return f"CHROME={named!r}: no such program"
    return f"no Chromium: none of {', '.join(PROGRAMS)} on PATH; install one or set CHROME"


def install() -> str:
    """Try to install a Chromium. Returns "" or the reason why it cannot be had."""
    if shutil.which("apt-get") and os.geteuid() == 0:
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        apt = ("apt-get", "-qq", "-o", "DPkg::Lock::Timeout=120")
        attempts: list[tuple[str, ...]] = [
            (*apt, "update"),
            (*apt, "install", "--yes", "--no-install-recommends", "chromium"),
        ]
    else:
        environment = dict(os.environ)
        attempts = [(sys.executable, "-m", "playwright", "install", "chromium")]
    for command in attempts:
        if reason := run(command, environment):
            return reason
    return "" if find_chrome() else f"{' '.join(attempts[-1])} brought none"


def run(command: Sequence[str], environment: dict[str, str]) -> str:
    """Run quietly. Returns "" or what it said last."""
    try:
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=INSTALL_LIMIT_S,
        )
    except subprocess.TimeoutExpired:
        return f"{' '.join(command)}: not done after {INSTALL_LIMIT_S} s"
    said = done.stdout.strip().splitlines() or ["no output"]
    return "" if done.returncode == 0 else f"{' '.join(command)}: {said[-1]}"


def main() -> None:
    if find_chrome() is None and not os.environ.get("CHROME"):
        print("Chromium: installing it for the page tests", flush=True)
        if reason := install():
            print(f"Chromium: {reason}")
    chrome = find_chrome()
    print(f"Chromium: {chrome}" if chrome else f"Chromium: page tests will be skipped: {why_missing()}", flush=True)


if __name__ == "__main__":
    main()
