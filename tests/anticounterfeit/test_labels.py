"""QR codes, read back by a decoder that we did not write."""

import io
import re
from datetime import date
from xml.etree import ElementTree as ET

import pytest
import zxingcpp
from PIL import Image

from anticounterfeit import labels
from anticounterfeit.code import PackCode
from supplychain.gs1.identifiers import Gtin, LotNumber, SerialNumber

CODE = PackCode(Gtin("09520001000010"), LotNumber("L2611A"), SerialNumber("B0000001"), date(2028, 10, 31))
URL = CODE.url("https://ledger.example")


def picture(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png))


def modules_of_svg(svg: bytes) -> list[list[bool]]:
    """The modules that the dark path covers, drawn square by square."""
    root = ET.fromstring(svg)  # noqa: S314  (our own file)
    side = int(root.attrib["viewBox"].split()[2])
    matrix = [[False] * side for _ in range(side)]
    dark = [path for path in root if "fill" not in path.attrib]
    assert len(dark) == 1
    drawn = re.findall(r"M(\d+) (\d+)h(\d+)v1h-(\d+)z", dark[0].attrib["d"])
    assert "".join(f"M{x} {y}h{width}v1h-{back}z" for x, y, width, back in drawn) == dark[0].attrib["d"]
    for x, y, width, _ in drawn:
        for column in range(int(x), int(x) + int(width)):
            matrix[int(y)][column] = True
    return matrix


@pytest.mark.parametrize("serial", ["B0000001", "A/B", "%2F", "+", "\"<&>'", "a?b=c;d", "!%&()*,-.:_", "Z" * 20])
def test_the_png_is_read_as_the_url_of_the_pack(serial):
    url = PackCode(CODE.gtin, CODE.lot_number, SerialNumber(serial), CODE.expiry).url("https://ledger.example")
    found = zxingcpp.read_barcodes(picture(labels.qr_png(url)))
    assert [one.text for one in found] == [url]


def test_the_code_has_error_correction_m_and_a_quiet_zone_of_four_modules():
    found = zxingcpp.read_barcodes(picture(labels.qr_png(URL)))
    assert [one.ec_level for one in found] == ["M"]
    matrix = labels.qr_matrix(URL)
    side = len(matrix)
    border = [row for y, row in enumerate(matrix) if y < 4 or y >= side - 4]
    border += [[row[x] for x in (0, 1, 2, 3, -4, -3, -2, -1)] for row in matrix]
    assert not any(module for row in border for module in row)
    assert matrix[4][4:11] == [True] * 7, "the finder pattern begins right behind the quiet zone"


def test_a_code_with_lot_serial_and_expiry_stays_small_enough_for_a_box():
    assert len(labels.qr_matrix(URL)) <= 37 + 2 * 4


def test_every_pixel_of_the_png_belongs_to_one_module():
    matrix, image = labels.qr_matrix(URL), picture(labels.qr_png(URL))
    scale = labels.PIXELS_PER_MODULE
    assert image.mode == "1"
    assert image.size == (len(matrix) * scale,) * 2
    pixels = image.load()
    assert pixels is not None
    for y in range(image.height):
        for x in range(image.width):
            assert (pixels[x, y] == 0) == matrix[y // scale][x // scale]


def test_the_svg_draws_the_same_modules_as_the_png():
    assert modules_of_svg(labels.qr_svg(URL)) == [list(row) for row in labels.qr_matrix(URL)]


def test_the_svg_is_a_whole_number_of_units_on_white_ground_and_has_nothing_active_in_it():
    svg = labels.qr_svg(URL).decode()
    side = len(labels.qr_matrix(URL))
    assert f'viewBox="0 0 {side} {side}"' in svg
    assert 'shape-rendering="crispEdges"' in svg
    assert f'<path fill="#fff" d="M0 0h{side}v{side}H0z"/>' in svg
    assert not re.search(r"style=|<script|<style|href|on\w+=", svg)


def test_the_same_text_gives_the_same_bytes():
    assert labels.qr_png(URL) == labels.qr_png(URL)
    assert labels.qr_svg(URL) == labels.qr_svg(URL)
    assert labels.qr_png(URL) != labels.qr_png(URL + "1")
