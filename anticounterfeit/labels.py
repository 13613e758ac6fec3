"""QR codes as PNG and SVG, and what is printed beside them. The same text gives the same bytes, always.

Error correction M and a quiet zone of four modules, as GS1 asks of Digital Link codes. A module is a whole number of
pixels in the PNG and one unit in the SVG, so no edge is ever blurred.
"""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from django.conf import settings
from PIL import Image
from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

from anticounterfeit.code import PackCode
from supplychain.gs1.identifiers import Gtin, LotNumber, SerialNumber
from supplychain.models import Item

QUIET_ZONE = 4  # modules on each side
PIXELS_PER_MODULE = 10
MODULE_MM = 0.5  # inside the 0.396 to 0.99 mm that GS1 asks for, and what an office printer can do

Matrix = Sequence[Sequence[bool]]


@dataclass(frozen=True, slots=True)
class Label:
    """What is printed on one pack: the QR code as an SVG element, and the lines beside it."""

    svg: str
    lines: list[tuple[str, str]]


def label_of(item: Item) -> Label:
    """The label of a pack. Its batch is read: select it beforehand."""
    code = code_of(item)
    return Label(svg_element(qr_matrix(code.url(settings.PUBLIC_URL))), code.printed_lines())


def code_of(item: Item) -> PackCode:
    """The code of a pack. Its batch is read: select it beforehand."""
    assert item.batch is not None, f"{item} is no pack: it has no batch"
    return PackCode(
        Gtin(item.gtin), LotNumber(item.batch.lot_number), SerialNumber(item.serial_number), item.batch.expiry
    )


def qr_matrix(text: str) -> Matrix:
    """The modules of the QR code of `text`, row by row, quiet zone included; True is dark."""
    code = QRCode(error_correction=ERROR_CORRECT_M, border=QUIET_ZONE)
    code.add_data(text)
    code.make(fit=True)
    return [[bool(module) for module in row] for row in code.get_matrix()]


def qr_png(text: str) -> bytes:
    """The QR code of `text` as a PNG of one bit per pixel."""
    matrix = qr_matrix(text)
    side = len(matrix)
    pixels = bytes(0 if is_dark else 255 for row in matrix for is_dark in row)
    small = Image.frombytes("L", (side, side), pixels).convert("1")
    file = io.BytesIO()
    width = side * PIXELS_PER_MODULE
    small.resize((width, width), Image.Resampling.NEAREST).save(file, format="PNG", optimize=True)
    return file.getvalue()


def qr_svg(text: str) -> bytes:
    """The QR code of `text` as an SVG file."""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{svg_element(qr_matrix(text))}\n'.encode("ascii")


def svg_element(matrix: Matrix) -> str:
    """One path, each run of dark modules one rectangle, on a white ground that a dark page does not shine through."""
    side = len(matrix)
    size = f"{side * MODULE_MM:g}mm"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size}" height="{size}" viewBox="0 0 {side} {side}" '
        f'shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{side}v{side}H0z"/>'
        f'<path d="{"".join(_runs(matrix))}"/></svg>'
    )


def _runs(matrix: Matrix) -> list[str]:
    runs = []
    for y, row in enumerate(matrix):
        x = 0
        for is_dark, modules in groupby(row):
            length = len(list(modules))
            if is_dark:
                runs.append(f"M{x} {y}h{length}v1h-{length}z")
            x += length
    return runs


FORMATS: Mapping[str, tuple[str, Callable[[str], bytes]]] = {
    "png": ("image/png", qr_png),
    "svg": ("image/svg+xml", qr_svg),
}
