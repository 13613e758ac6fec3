"""`python -m ledger.verifier`: the same as `medtrail-verify`, from a checkout."""

import sys

from ledger.verifier.cli import main

if __name__ == "__main__":
    sys.exit(main())
