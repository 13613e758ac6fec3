"""Work for all cores, by processes that know the database. Imports no model: each of them begins here."""

import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from typing import Any, TypeVar

import django
from django.conf import settings
from django.db import connection, connections

AHEAD = 2  # jobs that wait for each process while it works. More would only cost memory.

Job = TypeVar("Job")
Result = TypeVar("Result")


def map_on_all_cores(function: Callable[[Job], Result], jobs: Iterable[Job]) -> Iterator[Result]:
    """As `map`, in order, several jobs at a time; `jobs` are fetched as they are needed.

    Processes and not threads, for work that is mostly Python's own. They are started anew and not forked: this one has
    threads and connections, and a fork would share both.
    """
    cores = count_cores()
    with ProcessPoolExecutor(
        cores,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=begin,
        initargs=({"NAME": connection.settings_dict["NAME"]},),
    ) as executor:
        waiting: deque[Future[Result]] = deque()
        try:
            for job in jobs:
                waiting.append(executor.submit(function, job))
                if len(waiting) > cores * AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            executor.shutdown(cancel_futures=True)


def count_cores() -> int:
    """The cores that this process may use, not those that the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def begin(database: dict[str, Any]) -> None:
    """What a new process does first."""
    # The other apps are not needed here, and their loading would cost more than a thousand entries do.
    settings.INSTALLED_APPS = ["ledger"]
    django.setup()
    # The parent may be at work on another database than that of the settings.
    connections["default"].settings_dict.update(database)
