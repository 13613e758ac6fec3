"""Many hands on the same goods, each in a process of its own: who wins, who is refused, and does anything lock up.

    python -m tests.contention mix --seed 1 --tries 250

runs in the environment of a test or a benchmark and prints one JSON object: how often each answer came. An answer is
"done", the code of a refusal, or "ERROR …" for whatever should not happen, a deadlock above all.
"""

import argparse
import json
import random
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.processes import Process
from tests.workers import ROOT, environment_of_this_database

if TYPE_CHECKING:
    from supplychain.acts import Actor

ROLES = ("maker", "wholesaler", "pharmacy")


def contend(folder: Path, mode: str, *, processes: int, tries: int, seconds: float = 120) -> Counter[str]:
    """Run `processes` of this program at once, `tries` each, on this test's database. All answers, counted."""
    environment = environment_of_this_database(LOG_LEVEL="ERROR", CELERY_BROKER_URL="memory://")
    running: list[Process] = []
    answers: Counter[str] = Counter()
    try:
        for seed in range(processes):
            command = [sys.executable, "-m", "tests.contention", mode, "--seed", str(seed), "--tries", str(tries)]
            log = folder / f"contender-{seed}.log"
            running.append(Process(f"contender {seed}", command, log=log, env=environment, cwd=ROOT))
        for one in running:
            one.popen.wait(timeout=seconds)
            answers.update(json.loads(one.output().splitlines()[-1]))
    finally:
        for one in running:
            one.kill()
    return answers


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("mode", choices=["mix", "race"])
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--tries", type=int, required=True)
    options = parser.parse_args()
    import django

    django.setup()
    contender = Contender(random.Random(options.seed))
    answers = contender.mix(options.tries) if options.mode == "mix" else contender.race(options.tries)
    sys.stdout.write(json.dumps(answers) + "\n")
    return 0


class Contender:
    """One process. It acts for everybody; what it wants next follows from its seed alone."""

    def __init__(self, dice: random.Random) -> None:
        from supplychain.acts import Actor
        from supplychain.models import Party
        from tests.factories import MAKER_GLN, PHARMACY_GLN, WHOLESALER_GLN

        self.dice = dice
        glns = (MAKER_GLN, WHOLESALER_GLN, PHARMACY_GLN)
        self.actors = {name: Actor(Party.objects.get(gln=gln)) for name, gln in zip(ROLES, glns, strict=True)}

    def race(self, tries: int) -> Counter[str]:
        """Ship the first `tries` packs, one after the other, as every other process does at the same time."""
        from supplychain.acts import Request
        from supplychain.models import Item
        from supplychain.stock import epc_of
        from supplychain.usecases.ship import ship

        answers: Counter[str] = Counter()
        receivers = [self.actors["wholesaler"].party, self.actors["pharmacy"].party]
        for item in list(Item.objects.order_by("pk")[:tries]):
            ask = partial(ship, actor=self.actors["maker"], request=Request(), epcs=[epc_of(item)])
            answers[self.answer(partial(ask, receiver=self.dice.choice(receivers)))] += 1
        return answers

    def mix(self, tries: int) -> Counter[str]:
        """Pack, unpack, ship, receive, call off, lock, unlock: whatever, whoever, with random goods."""
        answers: Counter[str] = Counter()
        for _ in range(tries):
            answers[self.answer(self.dice.choice(self.wishes()))] += 1
        return answers

    def answer(self, act: Callable[[], object]) -> str:
        from django.db import Error

        from supplychain.acts import Refused

        try:
            act()
        except Refused as refusal:
            return refusal.code
        except Error as error:
            return f"ERROR {type(error).__name__} {str(error).splitlines()[0]}"
        return "done"

    def new_unit(self, actor: "Actor") -> str:
        from supplychain.gs1.digital_link import canonical_epc
        from supplychain.gs1.identifiers import Sscc
        from supplychain.usecases.allocate_sscc import allocate_sscc

        return canonical_epc(Sscc(allocate_sscc(actor=actor)[0]))

    def wishes(self) -> Sequence[Callable[[], object]]:
        from supplychain.acts import Request
        from supplychain.models import Handoff, Item
        from supplychain.stock import epc_of
        from supplychain.usecases.lock import lock
        from supplychain.usecases.pack import pack
        from supplychain.usecases.receive import receive
        from supplychain.usecases.ship import ship
        from supplychain.usecases.unlock import unlock
        from supplychain.usecases.unpack import unpack
        from supplychain.usecases.void import void

        items = list(Item.objects.order_by("pk"))
        some = [epc_of(one) for one in self.dice.sample(items, self.dice.randint(1, 4))]
        units = [epc_of(one) for one in items if not one.gtin][-8:]
        # Whoever acts mostly has the goods: refusing strangers locks nothing.
        holders = {actor.party.pk: actor for actor in self.actors.values()}
        anybody = self.actors[self.dice.choice(ROLES)]
        held = [one for one in items if one.holder_id in holders and one.parent_id is None]
        first = self.dice.choice(held) if held else None
        actor = anybody
        if first is not None and self.dice.random() < 0.8:
            actor = holders[first.holder_id or 0]
            mine = [epc_of(one) for one in held if one.holder_id == first.holder_id]
            some = self.dice.sample(mine, min(len(mine), self.dice.randint(1, 3)))
        receiver = self.actors[self.dice.choice(ROLES)].party
        handoffs = list(Handoff.objects.filter(state__in=("open", "partial")).select_related("sender", "receiver"))
        handoff = self.dice.choice(handoffs) if handoffs else None
        by: dict[str, Any] = {"actor": actor, "request": Request()}
        unit = self.dice.choice(units) if self.dice.random() < 0.8 else self.new_unit(actor)
        wishes: list[Callable[[], object]] = [
            lambda: pack(**by, parent=unit, children=some),
            lambda: unpack(**by, parent=unit),
            lambda: unpack(**by, parent=unit, children=some[:1]),
            lambda: ship(**by, epcs=some, receiver=receiver),
        ]
        # Seldom, and mostly by whoever has to: or everything would soon be locked.
        locked = next((one for one in items if one.ended_by_id), None)
        if locked is not None and locked.ended_by is not None:
            owner: dict[str, Any] = {"actor": holders[locked.ended_by.party_id], "request": Request()}
            wishes.append(lambda: unlock(**owner, epcs=[epc_of(locked)]))
        elif self.dice.random() < 0.3:
            wishes.append(lambda: lock(**by, epcs=some[:1]))
        if handoff is not None:
            sides = {party.pk: name for name in ROLES for party in [self.actors[name].party]}
            this: dict[str, Any] = {"request": Request(), "handoff": handoff}
            into = {"actor": self.actors[sides[handoff.receiver_id]], **this}
            out = {"actor": self.actors[sides[handoff.sender_id]], **this}
            # Twice: most of what is under way should arrive, or everything would soon be under way.
            wishes += [lambda: receive(**into), lambda: receive(**into), lambda: receive(**into, epcs=some)]
            wishes += [lambda: void(**out)]
        return wishes


if __name__ == "__main__":
    raise SystemExit(main())
