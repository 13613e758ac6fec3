"""The parties, places and products of a file of deliveries, made on first sight through the use cases that people use.

Their numbers follow from their names, so that a second run finds those of the first: a company prefix of nine digits
under 9529, a part of the range that GS1 keeps for examples, and numbers below it in the order of the file.
"""

import hashlib
from dataclasses import dataclass, field, replace

from supplychain.acts import Actor, Refused
from supplychain.gs1.check_digit import check_digit
from supplychain.imports.shipment_csv import Shipment
from supplychain.models import Party, Place, Product
from supplychain.usecases.register_party import register_party
from supplychain.usecases.register_place import register_place
from supplychain.usecases.register_product import register_product

SOMEWHERE = "ZZ"  # ISO 3166-1 leaves it to users: the file does not say in which country a company is
MOST_NUMBERS = 999
MAKER, VENDOR, CLIENT = "manufacturer", "wholesaler", "pharmacy"


@dataclass
class TradeCast:
    """Whom and what the rows of one file name. `regulator` admits the parties."""

    regulator: Actor
    prefixes: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, dict[str, int]] = field(default_factory=dict)
    actors: dict[str, Actor] = field(default_factory=dict)
    products: dict[tuple[str, str], Product] = field(default_factory=dict)
    places: dict[tuple[str, str], Place] = field(default_factory=dict)

    def name(self, shipment: Shipment) -> None:
        """Give numbers to all that a row names. Called for every row of the file, in order, before any is replayed."""
        for one in {shipment.maker: 0, shipment.vendor: 0, client_of(shipment): 0}:
            self._prefix(one)
        self._number(shipment.maker, f"item {shipment.item}")
        self._number(client_of(shipment), f"place {shipment.project}")

    def maker(self, shipment: Shipment) -> Actor:
        return self._actor(shipment.maker, SOMEWHERE, [MAKER, VENDOR])

    def vendor(self, shipment: Shipment) -> Actor:
        return self._actor(shipment.vendor, SOMEWHERE, [MAKER, VENDOR])

    def client(self, shipment: Shipment) -> Actor:
        """The country's programme, at the site of the row's project."""
        name = client_of(shipment)
        actor = self._actor(name, shipment.country, [CLIENT])
        if (name, shipment.project) not in self.places:
            gln = self._gln(name, self._number(name, f"place {shipment.project}"))
            self.places[name, shipment.project] = register_place(
                actor=actor, gln=gln, name=shipment.project, country=shipment.country
            )
        return replace(actor, at=self.places[name, shipment.project])

    def product(self, shipment: Shipment) -> Product:
        key = (shipment.maker, shipment.item)
        if key not in self.products:
            number = self._number(shipment.maker, f"item {shipment.item}")
            body = f"0{self._prefix(shipment.maker)}{number:03d}"
            self.products[key] = register_product(
                actor=self.maker(shipment),
                gtin=body + check_digit(body),
                name=shipment.item,
                generic_name=shipment.substance,
                strength=shipment.strength,
                form=shipment.form,
            )
        return self.products[key]

    def prefix(self, name: str) -> str:
        """The company prefix of a party, nine digits."""
        return self._prefix(name)

    def _actor(self, name: str, country: str, roles: list[str]) -> Actor:
        if name not in self.actors:
            gln = self._gln(name, 0)
            known = Party.objects.filter(gln=gln).first()
            if known is not None and known.keyid and known.name != name:
                raise Refused.because("GLN_TAKEN", f"GLN {gln}, which follows from {name!r}, belongs to {known.name!r}")
            if known is None or not known.keyid:
                prefixes = [self._prefix(name)]
                known = register_party(
                    actor=self.regulator, gln=gln, name=name, roles=roles, country=country, company_prefixes=prefixes
                )
            self.actors[name] = Actor(known)
        return self.actors[name]

    def _prefix(self, name: str) -> str:
        if name not in self.prefixes:
            taken = set(self.prefixes.values())
            start = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
            # Two names may lead to one number: the later one in the file takes the next that is free.
            candidates = (f"9529{(start + step) % 100_000:05d}" for step in range(100_000))
            self.prefixes[name] = next(one for one in candidates if one not in taken)
        return self.prefixes[name]

    def _number(self, owner: str, thing: str) -> int:
        numbers = self.numbers.setdefault(owner, {})
        number = numbers.setdefault(thing, len(numbers) + 1)
        if number > MOST_NUMBERS:
            raise Refused.because("TOO_MANY_NUMBERS", f"{owner!r} has more than {MOST_NUMBERS} products and places")
        return number

    def _gln(self, name: str, number: int) -> str:
        body = f"{self._prefix(name)}{number:03d}"
        return body + check_digit(body)


def client_of(shipment: Shipment) -> str:
    """Who receives: the file names countries and projects, no consignee."""
    return f"HIV programme, {shipment.country_name}"
