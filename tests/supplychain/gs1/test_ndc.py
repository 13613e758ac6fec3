import pytest

from supplychain.gs1.errors import GS1Error
from supplychain.gs1.identifiers import Gtin
from supplychain.gs1.ndc import gtin_from_ndc


@pytest.mark.parametrize(
    "ndc",
    [
        "",
        "5768724207",  # no hyphens: the split is unknown
        "57687-0242-07",  # 5-4-2, the 11-digit billing form
        "5768-724-207",
        "57687-242-7",
        "57687-242-07-1",
        "57687-24A-07",
        "57687–242–07",  # dashes, not hyphens
        "٥٧٦٨٧-242-07",
        " 57687-242-07",
        "-57687-242-07",
    ],
)
def test_what_is_no_hyphenated_ten_digit_ndc_is_refused(ndc: str) -> None:
    with pytest.raises(GS1Error, match="expected 10 digits with hyphens as 4-4-2, 5-3-2 or 5-4-1") as caught:
        gtin_from_ndc(ndc)
    assert caught.value.code == "NDC"


@pytest.mark.parametrize("indicator", ["9", "", "10", "x", "٣"])
def test_an_indicator_is_one_digit_from_0_to_8(indicator: str) -> None:
    with pytest.raises(GS1Error) as caught:
        gtin_from_ndc("57687-242-07", indicator=indicator)
    assert caught.value.code == "PREFIX"


@pytest.mark.parametrize("ndc", ["57687-242-07", "5768-7242-07", "57687-2420-7"])
def test_the_three_spellings_of_ten_digits_give_one_gtin(ndc: str) -> None:
    assert gtin_from_ndc(ndc) == Gtin("00357687242071")


def test_an_outer_package_has_another_indicator_and_check_digit() -> None:
    assert gtin_from_ndc("57687-242-07", indicator="5") == Gtin("50357687242076")
