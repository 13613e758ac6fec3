"""Codes as files."""

from io import BytesIO, StringIO
from pathlib import Path

import pytest
import zxingcpp
from django.core.management import CommandError, call_command
from PIL import Image

from anticounterfeit.management.commands import print_codes
from supplychain.acts import Request
from supplychain.models import Item
from supplychain.usecases.commission import commission
from tests.factories import GTIN, LOT, commissioned, make_batch


def run(folder: Path, *options: str, lot: str = LOT, gtin: str = GTIN) -> str:
    output = StringIO()
    call_command("print_codes", gtin, lot, str(folder), *options, stdout=output)
    return output.getvalue()


@pytest.mark.parametrize(
    ("gtin", "lot", "words"), [("123", LOT, "expected 8, 12, 13 or 14"), (GTIN, "NONE", "No lot 'NONE'")]
)
def test_a_batch_that_is_not_there_is_named(cast, tmp_path, gtin, lot, words):
    with pytest.raises(CommandError, match=words):
        run(tmp_path / "out", lot=lot, gtin=gtin)
    assert not (tmp_path / "out").exists()


def test_serial_numbers_with_a_slash_or_in_another_case_have_files_of_their_own(cast, tmp_path):
    batch = make_batch(cast.maker)
    commission(actor=cast.maker, request=Request(), batch=batch, serial_numbers=["a/b", "A/B", "../../up"])
    run(tmp_path / "codes", "--format", "png")
    files = sorted(path.name for path in (tmp_path / "codes").iterdir())
    assert len({name.lower() for name in files}) == 3
    assert all("%2F" in name for name in files)


def test_every_pack_gets_a_png_and_an_svg_that_say_its_url(cast, tmp_path, settings):
    commissioned(cast.maker, 3)
    assert "6 new files for 3 packs" in run(tmp_path / "codes")
    pngs = sorted((tmp_path / "codes").glob("*.png"))
    assert len(pngs) == len(list((tmp_path / "codes").glob("*.svg"))) == 3
    texts = [found.text for path in pngs for found in zxingcpp.read_barcodes(Image.open(path))]
    assert [text.split("/21/")[1].partition("?")[0] for text in texts] == ["B0000000", "B0000001", "B0000002"]
    assert all(text.startswith(settings.PUBLIC_URL) for text in texts)


def test_a_run_that_was_cut_off_goes_on_where_it_stopped(cast, tmp_path):
    commissioned(cast.maker, 3)
    run(tmp_path / "codes", "--format", "png")
    files = sorted((tmp_path / "codes").iterdir())
    before = files[0].stat().st_mtime_ns
    files[1].unlink()
    (tmp_path / "codes" / files[2].with_suffix(".draft").name).write_bytes(b"half a file")
    files[2].unlink()
    assert "2 new files for 3 packs" in run(tmp_path / "codes", "--format", "png")
    assert sorted((tmp_path / "codes").iterdir()) == files
    assert files[0].stat().st_mtime_ns == before
    assert Image.open(BytesIO(files[2].read_bytes())).format == "PNG"


def test_files_sort_as_the_packs_were_made(cast):
    commissioned(cast.maker, 2)
    names = [print_codes.file_name(item, "png") for item in Item.objects.order_by("pk")]
    assert names == sorted(names)
