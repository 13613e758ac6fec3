"""`python -m supplychain.client`: the same as `medtrail-sign`."""

import sys

from supplychain.client.cli import main

sys.exit(main())
