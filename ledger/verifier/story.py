"""Whether the statements of a pedigree are one story of one pack.

Custody stands on the outermost unit: what happens to a pack is mostly stated about the pallet that it rides on. So the
story keeps the row of units that the pack is in, from the pack outwards, as the statements themselves show it: packing
puts a unit around the outermost one, unpacking takes away the unit and everything around it, and every statement must
be about something in that row. A statement about another pack, or about the pallet after the pack has left it, does not
belong.

>>> row = Row("urn:pack")
>>> row.put("urn:pack", "urn:case"), row.put("urn:case", "urn:pallet"), row.take("urn:pack", "urn:case"), row.units
(None, None, None, ['urn:pack'])
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ledger.envelope import canonical, parse_json
from ledger.errors import MalformedError, VerificationError
from ledger.verifier.bundle import Entry

EVENT = "event"
ADD, DELETE = "ADD", "DELETE"


@dataclass
class Row:
    """The pack and the units around it, from the pack outwards."""

    pack: str
    units: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.units = [self.pack]

    def put(self, child: str, parent: str) -> None:
        """`child` goes into `parent`. Raises VerificationError (STORY) unless it is the outermost and `parent` new."""
        if child != self.units[-1]:
            raise _no(f"packs {child}, which stands inside {self.units[self.units.index(child) + 1]}")
        if parent in self.units:
            raise _no(f"packs {child} into {parent}, which is itself or inside it")
        self.units.append(parent)

    def take(self, child: str, parent: str) -> None:
        """`child` comes out of `parent`. Raises VerificationError (STORY) if it is not directly inside."""
        at = self.units.index(child)
        if self.units[at + 1 : at + 2] != [parent]:
            raise _no(f"unpacks {child} out of {parent}, in which it is not")
        del self.units[at + 1 :]


def verify_story(items: Sequence[Entry]) -> str:
    """Check that `items`, whose openings have been verified, are one pack's story; return the pack.

    Steps: (1) the items stand in the log's order, and build on nothing later; (2) the first one brings exactly one EPC
    into being, and that is the pack; (3) each event shows an EPC of the pack, or of a unit that it is in by then. Left
    to the reader: that nothing was left out, and whether a statement that is no event, such as a recall, concerns the
    pack; it shows no EPC.

    Raises:
        VerificationError: ORDER or STORY, with the item's label.
    """
    _check_order(items)
    row = Row(_pack(items[0]))
    for item in items:
        if item.frame.kind != EVENT:
            continue
        try:
            _follow(item, row)
        except VerificationError as error:
            raise VerificationError(f"{item.label} {error}", code=error.code) from error
    return row.pack


def _check_order(items: Sequence[Entry]) -> None:
    index_of = {item.entry_id: item.index for item in items}
    previous = -1
    for item in items:
        if item.index <= previous:
            raise _no(f"{item.label} is leaf {item.index}, after leaf {previous}: expected the log's order", "ORDER")
        previous = item.index
        if any(index_of.get(parent, -1) >= item.index for parent in item.frame.after):
            raise _no(f"{item.label} builds on a later item", "ORDER")


def _pack(item: Entry) -> str:
    openings = item.lists.get("epcList", ())
    if len(openings) != 1 or item.action != ADD:
        raise _no(f"{item.label} does not begin a story: expected an event of action ADD with one EPC shown")
    return openings[0].member


def _follow(item: Entry, row: Row) -> None:
    shown = {opening.member for openings in item.lists.values() for opening in openings}
    if shown.isdisjoint(row.units):
        raise _no("shows nothing that concerns this pack at that time")
    inside = {opening.member for opening in item.lists.get("childEPCs", ())}
    children = [unit for unit in row.units if unit in inside]
    if not children:
        return
    if len(children) > 1:
        raise _no(f"packs or unpacks {children[0]} and what it stands in at once")
    if item.action == ADD:
        row.put(children[0], _parent(item))
    elif item.action == DELETE:
        row.take(children[0], _parent(item))


def _parent(item: Entry) -> str:
    """The unit that a packing or unpacking is about, out of the sealed field that shows it."""
    shown = item.sealed.get("parentID")
    if shown is None:
        raise _no("does not show the unit (parentID) that it packs or unpacks")
    try:
        parent = parse_json(f'{{"id":{shown.value}}}'.encode()).get("id")
    except MalformedError:
        parent = None
    # Only the canonical spelling was hashed; that also keeps a second member from being smuggled in with the value.
    if not isinstance(parent, str) or canonical(parent).decode() != shown.value:
        raise _no("shows a parentID that is no text")
    return parent


def _no(message: str, code: str = "STORY") -> VerificationError:
    return VerificationError(message, code=code)
