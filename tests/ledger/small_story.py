"""One pack's way from the maker to the patient in a `SmallLog`, for the verifier's tests."""

from dataclasses import dataclass, field
from typing import Any

from tests.ledger.small_log import MAKER, PHARMACY, REGULATOR, WHOLESALER, Person, SmallLog

PACKS = [f"https://id.gs1.org/01/09520001000010/21/{number}" for number in ("B1", "B2", "B3", "B4", "B5")]
PACK, OTHER = PACKS[0], PACKS[1]
CASE = "https://id.gs1.org/00/095200010000000014"
PALLET = "https://id.gs1.org/00/095200010000000021"


@dataclass
class Story:
    """The log, and of each act its leaf and what the pack's pedigree shows of it."""

    log: SmallLog
    acts: dict[str, int] = field(default_factory=dict)
    shown: dict[str, dict[str, Any]] = field(default_factory=dict)

    def act(
        self, name: str, one: Person, action: str, lists: dict[str, list[str]], show: dict[str, str], **more: Any
    ) -> int:
        event = {
            "type": "AggregationEvent" if "childEPCs" in lists else "ObjectEvent",
            "action": action,
            "bizStep": name,
            "eventTime": f"2026-11-23T{8 + len(self.acts):02d}:00:00.000Z",
            "eventTimeZoneOffset": "+00:00",
        }
        after = [list(self.acts.values())[-1]] if self.acts else []
        index = self.log.say(one, event, lists=lists, sealed=more, after=after)
        self.acts[name] = index
        self.shown[name] = self.log.show(index, show, [one for one in more if one == "parentID"])
        return index

    def pedigree(self, *names: str) -> dict[str, Any]:
        """Of the acts named, or of all."""
        return self.log.pedigree(*((self.acts[name], self.shown[name]) for name in names or self.acts))


def tell(log: SmallLog | None = None) -> Story:
    """Everybody is admitted; then the pack is made, packed twice, handed on, unpacked twice, handed on, dispensed."""
    story = Story(log or SmallLog())
    story.log.found(REGULATOR)
    for one in (MAKER, WHOLESALER, PHARMACY):
        story.log.register(one, REGULATOR)
    story.log.seal()
    of_pack, of_case, of_pallet = {"epcList": PACK}, {"epcList": CASE}, {"epcList": PALLET}
    place = {"id": "https://id.gs1.org/414/9520001000003"}
    story.act("commissioning", MAKER, "ADD", {"epcList": PACKS}, of_pack, readPoint=place)
    story.act("packing", MAKER, "ADD", {"childEPCs": PACKS}, {"childEPCs": PACK}, parentID=CASE)
    story.act("loading", MAKER, "ADD", {"childEPCs": [CASE]}, {"childEPCs": CASE}, parentID=PALLET)
    story.log.seal()
    story.act("shipping", MAKER, "OBSERVE", {"epcList": [PALLET]}, of_pallet, bizLocation=place)
    story.act("receiving", WHOLESALER, "OBSERVE", {"epcList": [PALLET]}, of_pallet)
    story.log.seal()
    story.act("unloading", WHOLESALER, "DELETE", {"childEPCs": [CASE]}, {"childEPCs": CASE}, parentID=PALLET)
    story.act("forwarding", WHOLESALER, "OBSERVE", {"epcList": [CASE]}, of_case)
    story.act("accepting", PHARMACY, "OBSERVE", {"epcList": [CASE]}, of_case)
    story.act("unpacking", PHARMACY, "DELETE", {"childEPCs": PACKS}, {"childEPCs": PACK}, parentID=CASE)
    story.act("dispensing", PHARMACY, "OBSERVE", {"epcList": [PACK]}, of_pack)
    story.log.seal()
    return story
