"""A program for test_kill_points: lets the log take a step, and kills the process that does so at one point after
another, until it comes through.

Usage: python -m tests.faults.points WHAT FIRST STRIDE

A point is a statement to the database, before it and after it; a statement to the signer's register; the opening,
linking, renaming and removing of a file. Django is loaded once, and each attempt is a fork of it: SIGKILL, sent by the
process to itself, ends it there and then, without a finally and without a rollback.
"""

import os
import signal
import sqlite3
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

CONNECT = sqlite3.connect
FILE_EVENTS = {"open", "os.rename", "os.link", "os.remove", "os.mkdir"}


class Points:
    """Counts what happens in this process, and kills it when the count is reached."""

    def __init__(self, at: int) -> None:
        self.left = at

    def pass_by(self, *_: object) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        self.pass_by()
        answer = execute(sql, params, many, context)
        self.pass_by()
        return answer

    def heed(self, event: str, _args: tuple[Any, ...]) -> None:
        if event in FILE_EVENTS:
            self.pass_by()

    def connect(self, *args: Any, **options: Any) -> sqlite3.Connection:
        connection = CONNECT(*args, **options)
        connection.set_trace_callback(self.pass_by)
        return connection


def main(what: str, first: int, stride: int) -> None:
    import django

    django.setup()
    from django.db import connection, connections

    from tests.faults import steps

    step = getattr(steps, what)
    at = first
    while True:
        steps.prepare(what)
        connections.close_all()
        child = os.fork()
        if child == 0:
            points = Points(at)
            try:
                connection.execute_wrappers.append(points.around)
                sqlite3.connect = points.connect  # type: ignore[assignment]
                sys.addaudithook(points.heed)
                step()
                os._exit(0)
            finally:
                traceback.print_exc()
                os._exit(1)  # never back into the program that was forked
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status):
            if os.WEXITSTATUS(status):
                raise SystemExit(f"point {at}: the step failed by itself")
            break
        steps.check_after(what, at)
        at += stride
    Path(os.environ["POINTS_FILE"]).write_text(str(at))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
