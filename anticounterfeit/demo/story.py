"""The story that `manage.py demo` tells: 240 packs from the line to the hand, all of it over HTTP, all of it for real.

Every act carries an idempotency key and every drawn number is remembered, so the story may be cut off anywhere, by a
Ctrl-C, a crash or a kill -9, and goes on where it stopped when it is told again.
"""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.utils import timezone

from anticounterfeit.demo.client import ApiError, Client
from anticounterfeit.demo.memory import Memory
from supplychain.gs1.digital_link import canonical_epc, pack_url
from supplychain.gs1.identifiers import Gtin, LotNumber, SerialNumber, Sgtin, Sscc
from supplychain.gs1.serial import mint_serials
from supplychain.models import Membership, Party
from supplychain.people.duties import Duty
from supplychain.usecases.found_log import found_log
from supplychain.usecases.issue_api_key import issue_api_key

# Numbers of the GS1 prefix 952, which is set aside for examples.
REGULATOR = ("9520009000005", "Swiss Medicines Agency (demo)")
GTIN = "09520001000010"
DUTIES = [Duty.OPERATOR, Duty.RESPONSIBLE, Duty.KEY_HOLDER]  # one person is all that each party has
CASES, PACKS_PER_CASE = 10, 24


@dataclass(frozen=True, slots=True)
class Player:
    name: str  # also the name to sign in with
    gln: str
    company: str
    role: str
    city: str


PLAYERS = (
    Player("maker", "9520001000003", "Helvetia Pharma (demo)", "manufacturer", "Basel"),
    Player("wholesaler", "9520002000002", "Alpine Wholesale (demo)", "wholesaler", "Bern"),
    Player("pharmacy", "9520003000001", "Corner Pharmacy (demo)", "pharmacy", "Zürich"),
)


class Story:
    """Told step by step against a running server: `steps()` yields what is about to happen, and what does it."""

    def __init__(self, base_url: str, memory: Memory, codes_folder: Path) -> None:
        """`codes_folder` takes the printed codes; files that are there already are not made again."""
        self.codes_folder = codes_folder
        self.base_url = base_url
        self.memory = memory
        self.clients: dict[str, Client] = {}

    # --- What everybody brings along --------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Before the first HTTP call somebody must be able to sign in: the log, its authority and that one's key."""
        gln, name = REGULATOR
        self._remember("password", lambda: secrets.token_urlsafe(12))
        authority = found_log(gln=gln, name=name, country="CH")
        self._equip("regulator", authority)

    def _equip(self, name: str, party: Party) -> None:
        """A user to sign in with, and an API key. A key is shown once only, so it is remembered at once."""
        user, new = get_user_model().objects.get_or_create(username=name)
        if new:
            user.set_password(self.memory["password"])
            user.save(update_fields=["password"])
            Membership.objects.create(user=user, party=party, duties=DUTIES)
        key = self._remember(f"key/{name}", lambda: issue_api_key(party=party, name="demo")[1])
        self.clients[name] = Client(self.base_url, key)

    def _remember(self, name: str, draw: Callable[[], Any]) -> Any:
        if name not in self.memory:
            self.memory[name] = draw()
        return self.memory[name]

    # --- The numbers ------------------------------------------------------------------------------------------------

    @property
    def lot_number(self) -> str:
        return str(self._remember("lot", lambda: f"D{timezone.localdate():%y%m%d}"))

    @property
    def expiry(self) -> date:
        two_years = timezone.localdate() + timedelta(days=730)
        return date.fromisoformat(self._remember("expiry", two_years.isoformat))

    @property
    def serial_numbers(self) -> list[str]:
        return list(self._remember("serials", lambda: mint_serials(CASES * PACKS_PER_CASE, secrets.token_bytes)))

    @property
    def packs(self) -> list[str]:
        return [canonical_epc(Sgtin(Gtin(GTIN), SerialNumber(one))) for one in self.serial_numbers]

    @property
    def cases(self) -> list[str]:
        return [canonical_epc(Sscc(one)) for one in self.memory["ssccs"][:CASES]]

    @property
    def pallet(self) -> str:
        return canonical_epc(Sscc(self.memory["ssccs"][CASES]))

    @property
    def pack_url(self) -> str:
        """The public page of the pack that is dispensed: what its QR code says."""
        serial = SerialNumber(self.serial_numbers[0])
        return pack_url(self.base_url, Gtin(GTIN), LotNumber(self.lot_number), serial, self.expiry)

    # --- The steps --------------------------------------------------------------------------------------------------

    def steps(self) -> Iterator[tuple[str, Callable[[], None]]]:
        for player in PLAYERS:
            yield f"The regulator admits {player.company}", lambda player=player: self._admit(player)  # type: ignore[misc]
        yield "The maker registers a product and a batch", self._register
        yield f"The maker commissions {len(self.serial_numbers)} packs under one signature", self._commission
        yield f"… and prints their {len(self.serial_numbers)} codes", self._print_codes
        yield "The maker numbers its cases and its pallet", self._number_units
        for number in range(CASES):
            yield f"Case {number + 1} of {CASES} is packed", lambda number=number: self._pack_case(number)  # type: ignore[misc]
        yield "The cases go onto a pallet", self._pack_pallet
        yield "The maker ships the pallet to the wholesaler", lambda: self._ship("maker", "wholesaler", self.pallet)
        yield "The wholesaler receives it", lambda: self._receive("wholesaler", self.pallet)
        yield "The wholesaler takes a case off the pallet", self._unpack
        yield "… and ships it to the pharmacy", lambda: self._ship("wholesaler", "pharmacy", self.cases[0])
        yield "The pharmacy receives the case", lambda: self._receive("pharmacy", self.cases[0])
        yield "The pharmacy dispenses one pack", self._dispense

    def _act(self, who: str, path: str, body: dict[str, Any], name: str) -> Any:
        return self.clients[who].post(f"/api/v1/{path}", body, once=f"demo/{self.lot_number}/{name}")

    def _admit(self, player: Player) -> None:
        body = {
            "gln": player.gln,
            "name": player.company,
            "roles": [player.role],
            "country": "CH",
            "city": player.city,
            "licence_number": f"CH-{player.gln[3:7]}",
            "company_prefixes": [player.gln[:7]],
        }
        try:
            self.clients["regulator"].post("/api/v1/parties", body)
        except ApiError as error:
            if error.code != "DUPLICATE_PARTY":
                raise
        self._equip(player.name, Party.objects.get(gln=player.gln))

    def _register(self) -> None:
        product = {"gtin": GTIN, "name": "Amoxicillin Helvetia 500 mg", "generic_name": "Amoxicillin"}
        product |= {"strength": "500 mg", "form": "capsule, 16 pieces"}
        self.clients["maker"].post("/api/v1/products", product | {"markets": ["CH"]})
        batch = {"gtin": GTIN, "lot_number": self.lot_number, "expiry": self.expiry.isoformat()}
        self.memory["batch"] = self.clients["maker"].post("/api/v1/batches", batch)["id"]

    def _commission(self) -> None:
        path = f"batches/{self.memory['batch']}/commission"
        self._act("maker", path, {"serial_numbers": self.serial_numbers}, "commission")

    def _print_codes(self) -> None:
        call_command("print_codes", GTIN, self.lot_number, self.codes_folder, format="svg", stdout=StringIO())

    def _number_units(self) -> None:
        self._remember("ssccs", lambda: self.clients["maker"].post("/api/v1/ssccs", {"count": CASES + 1})["ssccs"])

    def _pack_case(self, number: int) -> None:
        first = number * PACKS_PER_CASE
        body = {"parent": self.cases[number], "children": self.packs[first : first + PACKS_PER_CASE]}
        self._act("maker", "packings", body, f"case-{number}")

    def _pack_pallet(self) -> None:
        self._act("maker", "packings", {"parent": self.pallet, "children": self.cases}, "pallet")

    def _ship(self, sender: str, receiver: str, epc: str) -> None:
        gln = next(player.gln for player in PLAYERS if player.name == receiver)
        answer = self._act(sender, "shipments", {"receiver": gln, "epcs": [epc]}, f"ship-to-{receiver}")
        self.memory[f"handoff/{receiver}"] = answer["handoff"]["id"]

    def _receive(self, who: str, epc: str) -> None:
        body = {"handoff": self.memory[f"handoff/{who}"], "epcs": [epc]}
        self._act(who, "receipts", body, f"receive-{who}")

    def _unpack(self) -> None:
        body = {"parent": self.pallet, "children": self.cases[:1]}
        self._act("wholesaler", "unpackings", body, "unpack")

    def _dispense(self) -> None:
        answer = self._act("pharmacy", "dispensings", {"epc": self.packs[0]}, "dispense")
        self.memory["last_entry"] = answer["event"]["entry_id"]
        self.memory["pack_url"] = self.pack_url

    def path_of_code(self, extension: str) -> str:
        return f"/codes/{GTIN}/{quote(self.serial_numbers[0], safe='')}.{extension}"
