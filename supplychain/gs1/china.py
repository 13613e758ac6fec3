"""China's drug traceability code (药品追溯码): 20 digits, a scheme of its own beside GS1's.

The first seven digits are the drug identification code (药品标识码): holder, drug, form, strength and package; the
thirteen behind them number the pack. Codes given out under this scheme begin with an 8. There is no check digit that an
outsider could verify: whether a code exists, only the platform that gave it out knows.

>>> code = DrugTraceabilityCode("81234567890123456789")
>>> code.identification_code, code.production_code
('8123456', '7890123456789')

Source: NMPAB/T 1002-2019, sections 4 and 5 (药品追溯码编码要求).
"""

from dataclasses import dataclass

from supplychain.gs1.characters import is_digits
from supplychain.gs1.errors import GS1Error, show

LENGTH = 20
IDENTIFICATION_LENGTH = 7


@dataclass(frozen=True, slots=True, order=True)
class DrugTraceabilityCode:
    """The code of one pack. It is not a GTIN, an SSCC or anything else of GS1, and is never turned into one."""

    digits: str  # 20 ASCII digits

    def __post_init__(self) -> None:
        if len(self.digits) != LENGTH:
            raise GS1Error(
                f"药品追溯码 {show(self.digits)}: expected {LENGTH} digits, got {len(self.digits)} characters",
                code="LENGTH",
            )
        if not is_digits(self.digits):
            raise GS1Error(f"药品追溯码 {show(self.digits)}: expected nothing but the digits 0 to 9", code="CHARACTER")
        if not self.digits.startswith("8"):
            raise GS1Error(f"药品追溯码 {show(self.digits)}: expected to begin with 8", code="PREFIX")

    @property
    def identification_code(self) -> str:
        """The drug and its package: 药品标识码, 7 digits."""
        return self.digits[:IDENTIFICATION_LENGTH]

    @property
    def production_code(self) -> str:
        """The pack among those of its kind: 13 digits."""
        return self.digits[IDENTIFICATION_LENGTH:]

    def __str__(self) -> str:
        return self.digits
