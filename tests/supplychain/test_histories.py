"""Random histories, honest and hostile, through the real use cases: what must hold after every one of them.

Each step is one act by one party, at a time of its own; one in four is told late. After each step: whoever was refused
has changed nothing; no pack has two holders; no pack has left or entered the count; what has ended has stayed ended,
but for an undo. In the end the history is replayed twice, as the log has it and in the order in which things happened,
and gives the state that is stored.

`MEDTRAIL_HISTORIES` is the number of histories, for a longer look than the everyday one.
"""

import json
import os
import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from supplychain.acts import Actor, Done, Refused, Request
from supplychain.effects import read_effect
from supplychain.lifecycle import Life
from supplychain.models import (
    Batch,
    Containment,
    Content,
    Correction,
    Discrepancy,
    Event,
    EventItem,
    Handoff,
    Hold,
    Item,
    Party,
    ReturnCheck,
)
from supplychain.projection import project
from supplychain.queries import shares_of
from supplychain.shadow import compare_states, shadowed
from supplychain.stock import effective_life, epc_of, find_items, roots_of
from supplychain.usecases.allocate_sscc import allocate_sscc
from supplychain.usecases.answer_dispute import answer_dispute
from supplychain.usecases.commission import commission
from supplychain.usecases.correct import correct
from supplychain.usecases.destroy import destroy
from supplychain.usecases.dispense import dispense
from supplychain.usecases.export import export
from supplychain.usecases.hold import hold
from supplychain.usecases.lock import lock
from supplychain.usecases.pack import pack
from supplychain.usecases.rebuild_state import rebuild_state
from supplychain.usecases.receive import receive
from supplychain.usecases.receive_unannounced import receive_unannounced
from supplychain.usecases.register_batch import register_batch
from supplychain.usecases.register_product import register_product
from supplychain.usecases.release import release
from supplychain.usecases.repackage import repackage
from supplychain.usecases.report_stolen import report_stolen
from supplychain.usecases.sensor_report import sensor_report
from supplychain.usecases.ship import ship
from supplychain.usecases.undo import undo
from supplychain.usecases.unlock import unlock
from supplychain.usecases.unpack import unpack
from supplychain.usecases.verify_return import verify_return
from supplychain.usecases.void import void
from tests.factories import Cast, make_batch, pack_epc

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

HISTORIES = int(os.environ.get("MEDTRAIL_HISTORIES", "6"))
STEPS = 30
STATE = (Item, Handoff, Containment, Content, EventItem, Discrepancy, Event, Batch, Hold, ReturnCheck, Correction)
FOR_GOOD = {Life.DISPENSED, Life.DESTROYED, Life.EXPORTED, Life.STOLEN, Life.REPACKAGED}
REMADE_GTIN = "09520002000019"
TRADERS = st.sampled_from(["maker", "wholesaler", "pharmacy"])
ANYBODY = st.sampled_from(["maker", "wholesaler", "pharmacy", "forger"])
DICE = st.integers(0, 2**32)
CAST: list[Cast] = []


def snapshot() -> list[Any]:
    return [list(model._default_manager.order_by("pk").values_list()) for model in STATE]


class Histories(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.point = transaction.atomic()
        self.point.__enter__()
        self.clock = timezone.now() - timedelta(days=9)  # within the ten days of an undo
        self.made: list[str] = []
        self.remade: list[str] = []
        self.ended: dict[str, Life] = {}
        self.answers: Counter[str] = Counter()

    def teardown(self) -> None:
        try:
            self.replays_give_the_state()
        finally:
            transaction.set_rollback(True)
            self.point.__exit__(None, None, None)

    # --- Acts ---------------------------------------------------------------------------------------------------------

    @initialize()
    def some_goods(self) -> None:
        self.commissions(9)
        epcs = list(self.made)
        self.attempt(dispense, "forger", epc=epcs[0])
        for receiver, named in (("pharmacy", epcs[:3]), ("wholesaler", epcs[3:6])):
            done = self.attempt(ship, "maker", epcs=named, receiver=self.actor(receiver).party)
            assert done is not None
            self.attempt(receive, receiver, handoff=done.handoff)

    def actor(self, name: str) -> Actor:
        return getattr(CAST[0], name)

    def attempt(self, act: Callable[..., Done], name: str, *, late: bool = False, **parameters: Any) -> Done | None:
        """Do it, ten minutes after the last act, or up to two hours before it. A refusal leaves all as it was."""
        self.clock += timedelta(minutes=10)
        moment = self.clock - timedelta(minutes=7 + 13 * (len(self.made) + self.answers.total()) % 120 if late else 0)
        before = snapshot()
        done, code = None, ""
        try:
            done = act(actor=self.actor(name), request=Request(event_time=moment), **parameters)
        except Refused as refusal:
            code = refusal.code
        assert done is not None or snapshot() == before, f"{code} has changed something"
        self.answers[done.outcome if done is not None else code] += 1
        return done

    def luck(self, dice: int) -> random.Random:
        """Hypothesis likes small numbers; each step makes another chance of the same one."""
        return random.Random(dice * 1_000_003 + self.answers.total())

    def choose(self, dice: int, most: int, *, honest: str = "") -> tuple[str, list[str]]:
        """Who acts, on which codes. Mostly a party on goods that it holds on top of everything; else anybody on any.

        `honest` names the party that acts when it is somebody who may.
        """
        luck = self.luck(dice)
        items = list(Item.objects.order_by("pk"))
        resting = [one for one in items if one.holder_id is not None and one.handoff_id is None]
        if honest:
            resting = [one for one in resting if one.holder_id == self.actor(honest).party.pk]
        if not resting or luck.random() < 0.2:
            name = luck.choice(["maker", "wholesaler", "pharmacy", "forger"])
            return name, [epc_of(one) for one in luck.sample(items, min(len(items), luck.randint(1, most)))]
        holder = luck.choice(resting).holder
        assert holder is not None
        mine = [one for one in resting if one.holder_id == holder.pk]
        return self.name_of(holder), [epc_of(one) for one in luck.sample(mine, min(len(mine), luck.randint(1, most)))]

    def handoff(self, dice: int) -> Handoff | None:
        rows = list(Handoff.objects.select_related("sender", "receiver").order_by("pk"))
        moving = [one for one in rows if one.state in ("open", "partial")]
        luck = self.luck(dice)
        pool = moving if moving and luck.random() < 0.85 else rows
        return luck.choice(pool) if pool else None

    def name_of(self, party: Party) -> str:
        return next(name for name in ("maker", "wholesaler", "pharmacy", "forger") if self.actor(name).party == party)

    @rule(count=st.integers(1, 4))
    def commissions(self, count: int) -> None:
        numbers = [f"B{len(self.made) + number:07d}" for number in range(count)]
        if self.attempt(commission, "maker", batch=make_batch(self.actor("maker")), serial_numbers=numbers):
            self.made += [pack_epc(number) for number in numbers]

    @rule(dice=DICE)
    def packs(self, dice: int) -> None:
        who, children = self.choose(dice, 3)
        units = list(Item.objects.filter(gtin="").order_by("pk"))
        luck = self.luck(dice)
        fresh = f"https://id.gs1.org/00/{allocate_sscc(actor=self.actor(who))[0]}"
        parent = epc_of(luck.choice(units)) if units and luck.random() < 0.4 else fresh
        self.attempt(pack, who, late=luck.random() < 0.15, parent=parent, children=children)

    @rule(dice=DICE)
    def unpacks(self, dice: int) -> None:
        who, named = self.choose(dice, 2)
        full = [one for one in Item.objects.filter(gtin="", parent=None).order_by("pk") if one.children.exists()]
        if not full:
            return
        luck = self.luck(dice)
        unit = luck.choice(full)
        if unit.holder is not None and luck.random() < 0.8:
            who = self.name_of(unit.holder)
        inside = [epc_of(one) for one in unit.children.order_by("pk")]
        children = luck.choice([None, inside[:1], inside[:1], named])
        self.attempt(unpack, who, late=luck.random() < 0.15, parent=epc_of(unit), children=children)

    @rule(to=TRADERS, dice=DICE)
    def ships(self, to: str, dice: int) -> None:
        who, epcs = self.choose(dice, 3)
        late = self.luck(dice).random() < 0.2
        self.attempt(ship, who, late=late, epcs=epcs, receiver=self.actor(to).party)

    @rule(dice=DICE, how=st.sampled_from(["all", "part", "more", "stranger"]))
    def receives(self, dice: int, how: str) -> None:
        handoff = self.handoff(dice)
        if handoff is None:
            return
        announced = [epc_of(one) for one in Item.objects.filter(handoff=handoff).order_by("pk")]
        sender = self.name_of(handoff.sender)
        scanned = {
            "all": None,
            "part": announced[: 1 + len(announced) // 2],
            "more": list(dict.fromkeys([*announced, *self.choose(dice, 2, honest=sender)[1], pack_epc("NEVER")])),
            "stranger": None,
        }[how]
        findings = [("DAMAGED", scanned[0], "Wet")] if scanned and dice % 3 == 0 else []
        who = "forger" if how == "stranger" else self.name_of(handoff.receiver)
        self.attempt(receive, who, handoff=handoff, epcs=scanned, findings=findings)

    @rule(who=ANYBODY, sender=TRADERS, dice=DICE)
    def receives_what_nobody_announced(self, who: str, sender: str, dice: int) -> None:
        epcs = self.choose(dice, 2, honest=sender)[1]
        wish: dict[str, Any] = {"sender": self.actor(sender).party, "epcs": epcs}
        self.attempt(receive_unannounced, who, **wish)

    @rule(dice=DICE, is_forged=st.booleans())
    def calls_off(self, dice: int, is_forged: bool) -> None:
        handoff = self.handoff(dice)
        if handoff is not None:
            who = "forger" if is_forged and dice % 2 else self.name_of(handoff.sender)
            moving = [epc_of(one) for one in Item.objects.filter(handoff=handoff).order_by("pk")]
            self.attempt(void, who, handoff=handoff, epcs=moving[:1] or None)

    @rule(dice=DICE)
    def sends_back(self, dice: int) -> None:
        """To the maker or the wholesaler; what came back before and was not verified may go on only like this."""
        who, epcs = self.choose(dice, 2)
        receiver = self.actor(self.luck(dice).choice(["maker", "wholesaler"])).party
        self.attempt(ship, who, epcs=epcs, receiver=receiver, purpose="return")

    @rule(dice=DICE)
    def verifies_what_came_back(self, dice: int) -> None:
        who, epcs = self.choose(dice, 2)
        back = list(Item.objects.exclude(returned_by=None).exclude(holder=None).order_by("pk"))
        luck = self.luck(dice)
        if back and luck.random() < 0.8:
            one = luck.choice(back)
            assert one.holder is not None
            who, epcs = self.name_of(one.holder), [epc_of(one)]
        labels = [(epc, luck.choice(["", "", "L-WRONG"]), "") for epc in epcs[:1]]
        self.attempt(verify_return, who, epcs=epcs, labels=labels)

    @rule(dice=DICE)
    def measures(self, dice: int) -> None:
        who, epcs = self.choose(dice, 2)
        elements = [{"sensorReport": [{"type": "Temperature", "maxValue": dice % 12, "uom": "CEL"}]}]
        self.attempt(sensor_report, who, epcs=epcs, elements=json.dumps(elements))

    @rule(who=ANYBODY, dice=DICE)
    def declares_an_event_erroneous(self, who: str, dice: int) -> None:
        events = list(Event.objects.order_by("-pk").defer("body")[:12])
        if events:
            event = self.luck(dice).choice(events)
            wish: dict[str, Any] = {
                "event_id": event.event_id,
                "reason": "did_not_occur" if dice % 4 else "incorrect_data",
            }
            self.attempt(correct, self.name_of(event.party) if dice % 3 else who, **wish)

    @rule(dice=DICE, act=st.sampled_from([hold, release]))
    def holds(self, dice: int, act: Callable[..., Done]) -> None:
        who, epcs = self.choose(dice, 2)
        held = [epc_of(one) for one in Item.objects.filter(holds__gt=0, gtin__gt="").order_by("pk")]
        self.attempt(act, who, epcs=held[:1] if act is release and held else epcs)

    @rule(dice=DICE)
    def repackages(self, dice: int) -> None:
        count, start = 1 + dice % 2, len(self.remade)
        numbers = [f"R{start + number:07d}" for number in range(count)]
        _who, named = self.choose(dice, 3, honest="wholesaler")
        inputs = [epc for epc in named if "/01/" in epc and REMADE_GTIN not in epc]
        batch = Batch.objects.get(lot_number="REMADE")
        wish: dict[str, Any] = {"inputs": inputs, "batch": batch, "serial_numbers": numbers}
        if self.attempt(repackage, "wholesaler", **wish):
            self.remade += [pack_epc(number, REMADE_GTIN) for number in numbers]

    @rule(dice=DICE)
    def dispenses(self, dice: int) -> None:
        who, epcs = self.choose(dice, 1, honest="pharmacy")
        self.attempt(dispense, who, late=self.luck(dice).random() < 0.2, epc=epcs[0])

    @rule(dice=DICE, act=st.sampled_from([destroy, export, report_stolen, lock, unlock, unlock]))
    def ends(self, dice: int, act: Callable[..., Done]) -> None:
        who, epcs = self.choose(dice, 1)
        locked = [epc_of(one) for one in Item.objects.filter(life=Life.LOCKED).order_by("pk")]
        late = self.luck(dice).random() < 0.15
        self.attempt(act, who, late=late, epcs=locked[:1] if act is unlock and locked else epcs)

    @rule(dice=DICE, who=ANYBODY)
    def undoes(self, dice: int, who: str) -> None:
        luck = self.luck(dice)
        gone = list(Item.objects.exclude(ended_by=None).order_by("pk"))
        if not gone:
            return
        one = luck.choice(gone)
        epc = epc_of(one)
        if one.ended_by is not None and luck.random() < 0.8:
            who = self.name_of(one.ended_by.party)
        if self.attempt(undo, who, epc=epc):
            self.ended.pop(epc, None)

    @rule(dice=DICE, answer=st.sampled_from(["confirm", "contest", "withdraw"]), who=ANYBODY)
    def answers_a_difference(self, dice: int, answer: str, who: str) -> None:
        rows = list(Discrepancy.objects.select_related("claimant", "respondent").order_by("pk"))
        if not rows:
            return
        luck = self.luck(dice)
        row = luck.choice(rows)
        side = row.claimant if answer == "withdraw" else row.respondent
        who = self.name_of(side) if luck.random() < 0.8 else who
        how = luck.choice(["back_to_sender", "lost"] if row.code == "SHORTAGE" else ["kept", "recorded_twice"])
        wish: dict[str, Any] = {"discrepancies": [row.pk], "answer": answer, "note": "Because"}
        self.attempt(answer_dispute, who, resolution=how if answer == "confirm" else "", **wish)

    # --- What must hold -----------------------------------------------------------------------------------------------

    @invariant()
    def custody_stands_on_the_root_and_with_one_party(self) -> None:
        for item in Item.objects.all():
            if item.parent_id is not None:
                assert (item.holder_id, item.place_id, item.handoff_id) == (None, None, None)
            if item.handoff_id is not None:
                assert item.handoff is not None
                assert item.holder_id == item.handoff.sender_id
        assert Containment.objects.filter(to_event=None).count() == Item.objects.exclude(parent=None).count()

    @invariant()
    def every_pack_is_counted_once(self) -> None:
        """Holders, goods under way and what has left trade together are what was commissioned."""
        for batch in Batch.objects.all():
            made = self.remade if batch.lot_number == "REMADE" else self.made
            assert sum(share.packs for share in shares_of(batch)) == len(made)
        assert Item.objects.exclude(gtin="").count() == len(self.made) + len(self.remade)

    @invariant()
    def what_has_ended_stays_ended(self) -> None:
        items = find_items(self.made + self.remade)
        roots = roots_of(items.values())
        for epc, item in items.items():
            life = effective_life(item, roots[item.pk])
            assert self.ended.get(epc, life) is life
            if life in FOR_GOOD:
                self.ended[epc] = life
                assert roots[item.pk].holder_id is None

    def replays_give_the_state(self) -> None:
        *_, last = rebuild_state()
        assert (last.differences, last.reason) == ([], "")
        events = list(Event.objects.select_related("entry", "place", "party"))
        random.Random(len(events)).shuffle(events)
        with shadowed():
            for event in sorted(events, key=lambda one: one.event_time):
                project(event, read_effect(json.loads(event.body)))
            found = list(compare_states())
        assert found == [], "\n".join(str(one) for one in found)


def test_whatever_happens_the_goods_add_up_and_the_log_gives_the_state(cast: Cast) -> None:
    CAST[:] = [cast]
    cast.wholesaler.party.roles = ["wholesaler", "repackager"]
    cast.wholesaler.party.save()
    product = register_product(actor=cast.wholesaler, gtin=REMADE_GTIN, name="Amoxil, 4 capsules", markets=["CH"])
    soon = timezone.localdate() + timedelta(days=300)
    register_batch(actor=cast.wholesaler, product=product, lot_number="REMADE", expiry=soon)
    quiet = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    limits = settings(
        max_examples=HISTORIES, stateful_step_count=STEPS, deadline=None, suppress_health_check=quiet, database=None
    )
    run_state_machine_as_test(Histories, settings=limits)
