"""A program for test_seal_kill: keeps a sealer at work, and kills it again and again wherever it may be.

Usage: python -m tests.faults.sealer SEED KILLS

Django is loaded once; each sealer is a fork of it. So a kill costs milliseconds, and many moments get their turn.
"""

import os
import random
import signal
import sys
import time
import traceback
from typing import NoReturn

LONGEST_LIFE_S = 0.25


def main(seed: int, kills: int) -> None:
    import django

    django.setup()
    from ledger.usecases.advance import advance

    dice = random.Random(seed)
    for _ in range(kills):
        child = os.fork()
        if child == 0:
            seal_for_ever(advance)
        time.sleep(dice.uniform(0.005, LONGEST_LIFE_S))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        if os.WTERMSIG(status) != signal.SIGKILL:
            raise SystemExit(f"a sealer ended by itself, status {status}")


def seal_for_ever(advance: object) -> NoReturn:
    assert callable(advance)
    try:
        while True:
            advance()
            time.sleep(0.002)
    finally:
        traceback.print_exc()
        os._exit(1)  # never back into the program that was forked


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
