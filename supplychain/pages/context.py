"""What every page shows around its content: the party that the person acts for, and the ways that are open to it."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise, SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from supplychain.acts import Actor
from supplychain.lifecycle import MAY_ADMIT, MAY_COMMISSION, MAY_DISPENSE, MAY_TRADE, Role
from supplychain.pages.access import EVERYBODY, find_actor
from supplychain.pages.words import ROLES
from supplychain.people.duties import kind_of
from supplychain.visibility import is_regulator

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Way:
    """A line of the menu. `pages` are the URL names of the pages that belong to it, `act` what it is there for."""

    name: str
    text: Text
    icon: str
    allowed: frozenset[Role] = EVERYBODY
    pages: tuple[str, ...] = ()
    act: str = ""

    def is_open_to(self, actor: Actor) -> bool:
        return bool(self.allowed & set(actor.roles)) and (not self.act or actor.may(kind_of(self.act), self.act))


OVERSEES_BATCHES = MAY_COMMISSION | MAY_ADMIT
RECALL_PAGES = ("recall", "propose-recall", "narrow-recall", "lift-recall", "recall-proposal")
MENU: tuple[tuple[Text, tuple[Way, ...]], ...] = (
    (
        "",
        (
            Way("home", _("Home"), "home"),
            Way("dispense", _("Dispense"), "dispense", MAY_DISPENSE, act="dispense"),
            Way("hold", _("Stock"), "stock", MAY_TRADE, ("item",)),
            Way("incoming", _("Incoming"), "incoming", MAY_TRADE, ("receive",)),
            Way("ship", _("Ship"), "ship", MAY_TRADE, act="ship"),
            Way("sent", _("Sent"), "sent", MAY_TRADE),
            Way("disputes", _("Differences"), "refusal", pages=("handoff", "arrive")),
            Way("returns", _("Returns"), "undo", MAY_TRADE, ("verify-return",)),
            Way("pack", _("Pack"), "pack", MAY_TRADE, act="pack"),
            Way("unpack", _("Unpack"), "unpack", MAY_TRADE, act="unpack"),
            Way("end", _("Take out of trade"), "close", MAY_TRADE | MAY_ADMIT, act="destroy"),
            Way("undo", _("Take back"), "undo", MAY_TRADE, act="undo"),
            Way("holds", _("Quarantine"), "refusal"),
            Way("recalls", _("Recalls"), "undo", pages=RECALL_PAGES),
        ),
    ),
    (
        _("Register"),
        (
            Way("products", _("Products"), "product", OVERSEES_BATCHES, ("register-product",)),
            Way(
                "batches",
                _("Batches"),
                "batch",
                OVERSEES_BATCHES,
                ("register-batch", "batch", "batch-units", "label-sheet"),
            ),
            Way("serials", _("Serial numbers"), "scan", OVERSEES_BATCHES, ("issue-serials", "allocation")),
            Way("import", _("Import a file"), "incoming"),
            Way("places", _("Places"), "stock", MAY_TRADE),
            Way("parties", _("Parties"), "party", MAY_ADMIT, ("register-party",)),
        ),
    ),
    (
        _("Records"),
        (
            Way("refusals", _("Refusals"), "refusal"),
            Way("ledger:explorer", _("Ledger"), "ledger", pages=("ledger:block", "ledger:entry")),
        ),
    ),
    (
        _("Our party"),
        (
            Way("members", _("People and machines"), "party", pages=("member", "invite", "new-api-key")),
            Way("keys", _("Signing keys"), "key", pages=("revoke-key",)),
        ),
    ),
)
# The four ways in reach of the thumb on a phone. The first list that fits one of the party's roles is taken.
SHORTCUTS: tuple[tuple[Role, tuple[str, ...]], ...] = (
    (Role.PHARMACY, ("home", "dispense", "incoming", "hold")),
    (Role.WHOLESALER, ("home", "incoming", "hold", "ship")),
    (Role.MANUFACTURER, ("home", "batches", "pack", "ship")),
    (Role.REPACKAGER, ("home", "batches", "incoming", "ship")),
    (Role.REGULATOR, ("home", "parties", "refusals", "ledger:explorer")),
)


@dataclass(frozen=True, slots=True)
class Link:
    """A way as the page shows it."""

    name: str
    text: Text
    icon: str
    url: str
    is_here: bool


@dataclass(frozen=True, slots=True)
class Workplace:
    """For templates: `workplace.actor`, `.menu` as (heading, links), `.shortcuts` and more. False if nobody acts."""

    actor: Actor | None
    menu: list[tuple[Text, list[Link]]]
    shortcuts: list[Link]
    roles: list[Text]
    is_regulator: bool = False

    def __bool__(self) -> bool:
        return self.actor is not None


def workplace(request: HttpRequest) -> dict[str, Any]:
    """Lazy: answers without a page around them (JSON, files, images) never ask who is there."""
    return {"workplace": SimpleLazyObject(lambda: _workplace_of(request))}


def _workplace_of(request: HttpRequest) -> Workplace:
    actor = find_actor(request)
    if actor is None:
        return Workplace(None, [], [], [])
    here = request.resolver_match.view_name if request.resolver_match else ""
    links = {way.name: _link(way, here) for _heading, ways in MENU for way in ways if way.is_open_to(actor)}
    menu = [(heading, [links[way.name] for way in ways if way.name in links]) for heading, ways in MENU]
    names = next((names for role, names in SHORTCUTS if role in actor.roles), ("home",))
    return Workplace(
        actor,
        [(heading, ways) for heading, ways in menu if ways],
        [links[name] for name in names if name in links],
        [ROLES[role] for role in actor.roles],
        is_regulator(actor.party),
    )


def _link(way: Way, here: str) -> Link:
    return Link(way.name, way.text, way.icon, reverse(way.name), here == way.name or here in way.pages)
