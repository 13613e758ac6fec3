"""Who knocks at the doors, and the goods, records and secrets that lie behind them."""

import re
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.db import transaction
from django.test import Client

from ledger.models import Block, Entry
from ledger.usecases.advance import advance
from supplychain.acts import Rehearsed, Request, rehearsal_of
from supplychain.models import (
    Allocation,
    ApiKey,
    Approval,
    Batch,
    Hold,
    Invitation,
    Membership,
    Party,
    Product,
    Proposal,
    Recall,
)
from supplychain.usecases.allocate import allocate
from supplychain.usecases.allocate_sscc import allocate_sscc
from supplychain.usecases.hold import hold
from supplychain.usecases.invite_member import invite_member
from supplychain.usecases.issue_api_key import issue_api_key
from supplychain.usecases.keep_draft import keep_draft
from supplychain.usecases.revoke_api_key import revoke_api_key
from supplychain.usecases.ship import ship
from tests.factories import (
    GTIN,
    LOT,
    Cast,
    commissioned,
    handed_over,
    make_batch,
    make_user,
    packed,
    shipped,
)
from tests.supplychain.recalls.recall_cast import make_panel, proposed, recalled

# The maker is the author of everything here, the wholesaler the other end of its handoffs. The pharmacy is honest and
# has nothing to do with it; the forger has every licence and every duty, and nothing to do with it either.
PEOPLE = {
    "maker.operator": ("maker", ["operator"]),
    "maker.responsible": ("maker", ["responsible_person"]),
    "maker.key_holder": ("maker", ["key_holder"]),
    "maker.auditor": ("maker", ["auditor"]),
    "wholesaler": ("wholesaler", []),
    "pharmacy": ("pharmacy", []),
    "forger": ("forger", []),
    "regulator": ("regulator", []),
    "regulator.auditor": ("regulator", ["auditor"]),
}
MACHINES = {
    "maker:read": ("maker", ["read"]),
    "maker:trade": ("maker", ["trade"]),
    "maker:sign": ("maker", ["sign"]),
    "wholesaler:all": ("wholesaler", None),
    "forger:all": ("forger", None),
    "regulator:all": ("regulator", None),
}
NOBODY = ("stranger", "lost", "superuser")  # not signed in; signed in for no party; the platform's operator
REVOKED = "revoked"  # an API key that was taken back


@dataclass(frozen=True)
class Answer:
    """A status, where a redirect leads, and whether anything that counts was stored."""

    status: int
    location: str
    acted: bool


def _stored() -> tuple[object, ...]:
    """Statements, master data, and who is let in. Evidence of what was refused is not among it."""
    tables = (Entry, Party, Product, Batch, Membership, Invitation, ApiKey, Approval)
    open_ones = Proposal.objects.filter(dropped_at=None).count()
    return (open_ones, *(table._default_manager.count() for table in tables))


@dataclass
class Caller:
    """Somebody with a browser and a session, or with an API key, or with neither."""

    name: str
    party: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))

    def knock(self, method: str, path: str, sent: Any = None, *, as_json: bool = False) -> Answer:
        """What comes back. Whatever it changed is undone, so that every caller finds the same goods."""
        cache.clear()  # no limit that an earlier caller filled
        more = {"content_type": "application/json"} if as_json or method not in ("GET", "POST") else {}
        call, cookies = getattr(self.client, method.lower()), deepcopy(self.client.cookies)
        with transaction.atomic():
            before = _stored() if method != "GET" else ()
            response = call(path, sent or {}, headers=self.headers, **more)
            acted = method != "GET" and _stored() != before
            transaction.set_rollback(True)
        self.client.cookies = cookies  # whoever signed out is still there for the next door
        return Answer(response.status_code, response.headers.get("Location", ""), acted)


@dataclass
class Scene:
    """Callers by name, and what stands in for `{name}` in the table's addresses and bodies."""

    callers: dict[str, Caller]
    things: dict[str, Any]

    def fill(self, template: Any) -> Any:
        """The template with its names replaced; a text that is one name alone becomes the thing itself."""
        if isinstance(template, dict):
            return {key: self.fill(value) for key, value in template.items()}
        if isinstance(template, list):
            return [self.fill(one) for one in template]
        if not isinstance(template, str):
            return template
        if whole := re.fullmatch(r"\{(\w+)\}", template):
            return self.things[whole[1]]
        return template.format_map(self.things)


def make_scene(cast: Cast) -> Scene:
    things = _things(cast)
    callers = {name: Caller(name) for name in NOBODY}
    users = get_user_model().objects
    callers["lost"].client.force_login(users.create_user("lost"))
    callers["superuser"].client.force_login(users.create_superuser("superuser"))
    for name, (party, duties) in PEOPLE.items():
        member = make_user(f"caller.{name}", getattr(cast, party), *duties)
        callers[name] = Caller(name, party)
        callers[name].client.force_login(member.user)
    for name, (party, scopes) in MACHINES.items():
        more = {} if scopes is None else {"scopes": scopes}
        _key, text = issue_api_key(party=getattr(cast, party).party, name=name, **more)
        callers[name] = Caller(name, party, {"Authorization": f"Bearer {text}"})
    key, text = issue_api_key(party=cast.maker.party, name=REVOKED)
    revoke_api_key(actor=cast.maker, key_id=key.pk)
    callers[REVOKED] = Caller(REVOKED, "", {"Authorization": f"Bearer {text}"})
    things["member"] = cast.maker.party.members.get(user__username="caller.maker.auditor").pk
    return Scene(callers, things)


def _things(cast: Cast) -> dict[str, Any]:
    """What the maker has: packs and a case at hand, a case under way to the wholesaler, and one that arrived there."""
    batch = make_batch(cast.maker)
    packs = commissioned(cast.maker, 8, batch=batch)
    arrived, under_way, at_hand = (packed(cast.maker, packs[at : at + 2]) for at in (0, 2, 4))
    handed_over(cast.maker, cast.wholesaler, [arrived])
    handoff = shipped(cast.maker, cast.wholesaler, [under_way])
    advance()
    draft = _draft(cast, packs[6])
    allocate(actor=cast.maker, request=Request(), product=batch.product, count=3)
    recall, proposal = _recalls(cast)
    hold(actor=cast.maker, request=Request(), batches=[Batch.objects.get(lot_number="R2")])
    invitation, secret = invite_member(actor=cast.maker, name="Anna", duties=["operator"])
    block = Block.objects.order_by("-height").first()
    assert block is not None
    return {
        "gtin": GTIN,
        "lot": LOT,
        "expiry": str(batch.expiry),
        "batch": batch.pk,
        "product": batch.product_id,
        "pack": packs[6],
        "serial": packs[6].rpartition("/")[2],
        "other_pack": packs[7],
        "case": at_hand,
        "in_case": packs[4],
        "arrived": arrived,
        "under_way": under_way,
        "sscc": arrived.rpartition("/")[2],
        "new_unit": f"https://id.gs1.org/00/{allocate_sscc(actor=cast.maker)[0]}",
        "handoff": handoff.pk,
        "event": handoff.ship_event_id,
        "event_id": handoff.ship_event.event_id,
        "entry": bytes(handoff.ship_event.entry.entry_id).hex(),
        "height": block.height,
        "allocation": Allocation.objects.get().pk,
        "draft": draft.pk,
        "recall": recall.pk,
        "hold": Hold.objects.get().pk,
        "proposal": proposal.pk,
        "invitation": invitation.pk,
        "secret": secret,
        "api_key": issue_api_key(party=cast.maker.party, name="line 1")[0].pk,
        "pharmacy": cast.pharmacy.party.gln,
        "pharmacy_pk": cast.pharmacy.party.pk,
        "maker_pk": cast.maker.party.pk,
        "wholesaler": cast.wholesaler.party.gln,
        "maker": cast.maker.party.gln,
        "request": "0123456789abcdef" * 2,
        "place": cast.maker.place.pk,
        "keyid": cast.maker.party.keyid,
        "today": str(date.today()),  # noqa: DTZ011
    }


def _recalls(cast: Cast) -> tuple[Recall, Proposal]:
    """Of two batches that nothing else is done with: one recall in force, and one that waits for signatures."""
    panel = make_panel(cast)
    batches = [make_batch(cast.maker, lot) for lot in ("R1", "R2")]
    commissioned(cast.maker, 1, start=700, batch=batches[0])
    return recalled(panel, batches[0], lots=["R1", "R2"]), proposed(cast.maker, batches[1])


def _draft(cast: Cast, epc: str) -> Any:
    try:
        ship(actor=cast.maker, request=rehearsal_of(Request()), epcs=[epc], receiver=cast.pharmacy.party)
    except Rehearsed as rehearsed:
        return keep_draft(actor=cast.maker, rehearsed=rehearsed)
    raise AssertionError("a rehearsal that was none")
