"""Where a software token is, and how to get one. `make test` runs `python -m tests.tokens` before the tests.

SOFTHSM2_MODULE names its PKCS#11 library; else the usual folders are searched. As root on Debian or Ubuntu the package
`softhsm2` is installed. Never fails: the tests of tokens then skip and say why.
"""

import os
import shutil
from pathlib import Path

from tests.browsers import run

FOLDERS = ("/usr/lib/softhsm", "/usr/lib64/pkcs11", "/usr/local/lib/softhsm", "/opt/homebrew/lib/softhsm")
LIBRARY = "libsofthsm2.so"


def find_module() -> Path | None:
    """The library, if the program that makes tokens is there as well."""
    if shutil.which("softhsm2-util") is None:
        return None
    named = os.environ.get("SOFTHSM2_MODULE")
    places = [Path(named)] if named else [Path(folder) / LIBRARY for folder in FOLDERS]
    return next((place for place in places if place.is_file()), None)


def why_missing() -> str:
    return "no software token: install softhsm2 (Debian: apt-get install softhsm2) or set SOFTHSM2_MODULE"


def install() -> str:
    """Try to install it. Returns "" or the reason why it cannot be had."""
    if not (shutil.which("apt-get") and os.geteuid() == 0):
        return why_missing()
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    apt = ("apt-get", "-qq", "-o", "DPkg::Lock::Timeout=120")
    for command in ((*apt, "update"), (*apt, "install", "--yes", "--no-install-recommends", "softhsm2")):
        if reason := run(command, environment):
            return reason
    return ""


def main() -> None:
    if find_module() is None and not os.environ.get("SOFTHSM2_MODULE"):
        print("SoftHSM: installing it for the tests of keys on tokens", flush=True)
        if reason := install():
            print(f"SoftHSM: {reason}")
    module = find_module()
    print(f"SoftHSM: {module}" if module else f"SoftHSM: tests will be skipped: {why_missing()}", flush=True)


if __name__ == "__main__":
    main()
