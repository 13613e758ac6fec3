"""A program as a process of its own: started in its own group, waited for by a condition, ended for certain."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

PAUSE_S = 0.02


class ProcessError(Exception):
    """The process ended, or was not ready in time. The message carries the end of its log."""


class Process:
    """One program. Its output goes to a file, so that it can never block on a full pipe and a failure can show it."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        account: Mapping[str, Any] | None = None,
    ) -> None:
        """`account` is what Popen takes to run as somebody else: user, group, extra_groups."""
        self.name = name
        self.log = log
        with log.open("ab") as output:
            # A session of its own: Ctrl-C at the terminal reaches pytest only, which then ends its servers in order,
            # and a signal to the group reaches the children that a worker has forked.
            self.popen = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=None if env is None else dict(env),
                cwd=cwd,
                start_new_session=True,
                **(account or {}),
            )

    @property
    def pid(self) -> int:
        return self.popen.pid

    @property
    def is_alive(self) -> bool:
        return self.popen.poll() is None

    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def wait_until(self, is_ready: Callable[[], bool], *, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not is_ready():
            if not self.is_alive:
                raise ProcessError(f"{self.name} ended with status {self.popen.returncode}:\n{self.output()[-4000:]}")
            if time.monotonic() > deadline:
                raise ProcessError(f"{self.name} was not ready after {seconds:.0f} s:\n{self.output()[-4000:]}")
            time.sleep(PAUSE_S)

    def stop(self, how: signal.Signals = signal.SIGTERM, *, seconds: float = 15) -> int:
        """Ask the program to end, wait, then end by force what is left of its group. Returns its exit status."""
        if self.is_alive:
            self.popen.send_signal(how)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.popen.wait(seconds)
        self.kill()
        return int(self.popen.returncode)

    def kill(self) -> None:
        """kill -9 the program and all its children, as a power cut would."""
        # The group may be empty by now; macOS answers PermissionError for one that holds zombies only.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self.popen.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.stop()
