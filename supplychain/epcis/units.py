"""Units of measure, so far that two values of one kind can be compared whatever unit each was told in.

A value goes to the base unit of its dimension: 25 CEL and 298.15 KEL are both 298.15 kelvin. Codes are those of UN/ECE
Recommendation 20. A code that is not in the table is a dimension of its own: such values compare among themselves.

>>> to_base(25, "CEL"), to_base(77, "FAH"), to_base(3, "XYZ")
(('temperature', 298.15), ('temperature', 298.15), ('XYZ', 3.0))

Results are rounded to twelve significant digits, more than any sensor has: `GE_value_KEL=298.15` is to find 25 CEL, and
without rounding the last bit of a double would decide.

Source: UN/ECE Recommendation 20, annex I (codes and conversion factors); GS1 EPCIS 2.0 conformance, TCR-53.
"""

from collections.abc import Mapping
from decimal import Context, Decimal
from fractions import Fraction

_DIGITS = Context(prec=12)
_PRECISE = Context(prec=34)

# Dimension: code, factor to the base unit, and what is added before multiplying (only temperatures have that).
_TABLE = """
temperature     KEL 1 | CEL 1 273.15 | FAH 5/9 459.67 | A48 5/9
pressure        PAL 1 | A97 100 | KPA 1000 | MPA 1000000 | BAR 100000 | MBR 100 | ATM 101325
pressure        HN 133.322 | PS 6894.757
length          MTR 1 | MMT 0.001 | CMT 0.01 | DMT 0.1 | KMT 1000 | 4H 0.000001 | C45 0.000000001 | INH 0.0254
length          FOT 0.3048 | YRD 0.9144 | SMI 1609.344 | NMI 1852
mass            KGM 1 | GRM 0.001 | MGM 0.000001 | MC 0.000000001 | TNE 1000 | LBR 0.45359237 | ONZ 0.028349523125
mass            STI 6.35029318 | CGM 0.00001 | HGM 0.1 | KTN 1000000 | LTN 1016.0469088 | STN 907.18474
volume          MTQ 1 | LTR 0.001 | MLT 0.000001 | CLT 0.00001 | DLT 0.0001 | HLT 0.1 | CMQ 0.000001 | DMQ 0.001
volume          MMQ 0.000000001 | 4G 0.000000001 | GLL 0.003785411784 | GLI 0.00454609 | OZA 0.0000295735295625
volume          OZI 0.0000284130625 | FTQ 0.028316846592 | INQ 0.000016387064 | PT 0.000473176473 | QT 0.000946352946
time            SEC 1 | MIN 60 | HUR 3600 | DAY 86400 | WEE 604800 | C26 0.001 | B98 0.000001
area            MTK 1 | CMK 0.0001 | MMK 0.000001 | KMK 1000000 | HAR 10000 | FTK 0.09290304 | INK 0.00064516
speed           MTS 1 | KMH 0.277777777777777777778 | HM 0.44704 | KNT 0.514444444444444444444 | 2M 0.01
acceleration    MSK 1 | A76 0.01 | K40 9.80665
ratio           C62 1 | P1 0.01 | 59 0.000001 | 61 0.000000001 | NX 0.001
energy          JOU 1 | KJO 1000 | 3B 1000000 | WHR 3600 | KWH 3600000 | D70 4.1868 | E14 4186.8
power           WTT 1 | KWT 1000 | MAW 1000000 | C31 0.001 | BHP 745.69987158227022
force           NEW 1 | B47 1000 | C20 0.001
frequency       HTZ 1 | KHZ 1000 | MHZ 1000000 | A86 1000000000
voltage         VLT 1 | 2Z 0.001 | KVT 1000 | D82 0.000001
current         AMP 1 | 4K 0.001 | B84 0.000001
resistance      OHM 1 | B49 1000 | B75 1000000
charge          COU 1 | D86 0.001 | B86 0.000001 | AMH 3600
illuminance     LUX 1 | KLX 1000
angle           C81 1 | DD 0.0174532925199432957692
density         KMQ 1 | 23 1000 | GL 1 | A93 0.001 | GP 0.000001 | D41 1000
amount          C34 1 | C18 0.001 | FH 0.000001 | B45 1000
dose            A95 1 | C13 0.001
equivalent      D13 1 | C28 0.001
activity        BQL 1 | 2Q 1000 | 4N 1000000 | CUR 37000000000
memory          A99 1 | AD 8 | 2P 8000 | 4L 8000000 | E34 8000000000
"""


# What a measurement type measures, where the table above has units of it.
_MEASURED = """
Temperature=temperature Pressure=pressure Length=length Altitude=length Mass=mass Volume=volume Time=time Area=area
Speed=speed Acceleration=acceleration Energy=energy Power=power Force=force Frequency=frequency Voltage=voltage
ElectricCurrent=current Resistance=resistance ElectricCharge=charge Illuminance=illuminance Angle=angle Density=density
AbsoluteHumidity=density AmountOfSubstance=amount AbsorbedDose=dose DoseEquivalent=equivalent Radioactivity=activity
MemoryCapacity=memory
"""
MEASURED: Mapping[str, str] = dict(entry.split("=") for entry in _MEASURED.split())


def _parse_table(text: str) -> dict[str, tuple[str, Decimal, Decimal]]:
    """Dimension, factor and offset by code."""
    units = {}
    for line in text.strip().splitlines():
        dimension, entries = line.split(maxsplit=1)
        for entry in entries.split("|"):
            code, factor, *offset = entry.split()
            part = Fraction(factor)
            exact = _PRECISE.divide(Decimal(part.numerator), Decimal(part.denominator))
            units[code] = (dimension, exact, Decimal(offset[0] if offset else 0))
    return units


UNITS: Mapping[str, tuple[str, Decimal, Decimal]] = _parse_table(_TABLE)


def to_base(value: float, uom: str, *, is_difference: bool = False) -> tuple[str, float]:
    """The dimension of a unit and the value in the dimension's base unit.

    `is_difference` is for what tells how far two values are apart, as a standard deviation: 5 CEL are then 5 KEL.
    """
    unit = UNITS.get(uom)
    if unit is None:
        return uom, float(value)
    dimension, factor, offset = unit
    exact = Decimal(repr(value))
    if not is_difference:
        exact = _PRECISE.add(exact, offset)
    return dimension, float(_DIGITS.multiply(exact, factor))


def find_wrong_unit(measurement: str, uom: str | None) -> str | None:
    """What is expected instead of the unit, if values of this measurement type cannot have it; None if they can.

    `measurement` is the bare word. Types and units that are not in the tables are anybody's.

    >>> find_wrong_unit("Temperature", "KGM"), find_wrong_unit("Temperature", None), find_wrong_unit("Count", None)
    ('a unit of temperature', 'a unit of temperature', None)
    """
    wanted = MEASURED.get(measurement)
    if wanted is None or (uom is not None and UNITS.get(uom, (wanted,))[0] == wanted):
        return None
    return f"a unit of {wanted}"
