"""Our own cases; GS1's stand in tests/conformance/test_gs1_digital_link.py."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supplychain.gs1.characters import CHARSET_82
from supplychain.gs1.check_digit import check_digit
from supplychain.gs1.errors import GS1Error
from supplychain.gs1.uri import check_stem, escape, format_uri, parse_uri

PACK = "/01/09506000134352"


@pytest.mark.parametrize(
    ("uri", "code"),
    [
        # Who is asked? A name in front of the host, a scheme that only looks like one, characters that are no URI.
        (f"https://id.gs1.org@evil.example{PACK}", "URI"),
        (f"https://user:pass@example.com{PACK}", "URI"),
        (f"HTTPs://example.com{PACK}", "URI"),
        (f"ftp://example.com{PACK}", "URI"),
        (f"javascript://example.com{PACK}", "URI"),
        (f"//example.com{PACK}", "URI"),
        (f" https://example.com{PACK}", "URI"),
        (f"https://example.com{PACK}\n", "URI"),
        (f"https://ex\u0430mple.com{PACK}", "URI"),
        (f"https://{PACK}", "URI"),
        ("https://example.com", "URI"),
        (f"https://example.com#{PACK}", "URI"),
        (f"https://example.com?x{PACK}", "URI"),
        # What does it name?
        ("https://example.com/", "NO_KEY"),
        ("https://example.com/01", "NO_KEY"),
        (f"https://example.com{PACK}/", "NO_KEY"),
        (f"https://example.com{PACK}/about/us", "NO_KEY"),
        ("https://example.com/10/L1/21/B7", "NO_KEY"),
        ("https://example.com/gtin/09506000134352", "NO_KEY"),
        ("https://example.com/?01=09506000134352", "NO_KEY"),
        ("https://example.com/%30%31/09506000134352", "NO_KEY"),
        # Two serials, two GTINs, qualifiers out of order: two readers would see two packs.
        (f"https://example.com{PACK}/21/A/21/B", "DUPLICATE_AI"),
        (f"https://example.com{PACK}/21/A?21=B", "DUPLICATE_AI"),
        (f"https://example.com{PACK}?01=09506000134352", "DUPLICATE_AI"),
        (f"https://example.com{PACK}?17=280131&17=280131", "DUPLICATE_AI"),
        (f"https://example.com{PACK}/21/B7/10/L1", "MISPLACED_AI"),
        (f"https://example.com{PACK}/10/L1/22/V", "MISPLACED_AI"),
        (f"https://example.com{PACK}/235/T/21/B7", "MISPLACED_AI"),
        (f"https://example.com{PACK}/17/280131", "MISPLACED_AI"),
        ("https://example.com/00/095060000000000015/10/L1", "MISPLACED_AI"),
        (f"https://example.com{PACK}?10=L1", "MISPLACED_AI"),
        (f"https://example.com{PACK}?21=B7", "MISPLACED_AI"),
        (f"https://example.com{PACK}?254=X", "MISPLACED_AI"),
        (f"https://example.com{PACK}?89=X", "UNKNOWN_AI"),
        (f"https://example.com{PACK}?017=280131", "UNKNOWN_AI"),
        (f"https://example.com{PACK}?=280131", "UNKNOWN_AI"),
        # Values.
        ("https://example.com/01/9506000134352", "LENGTH"),
        ("https://example.com/01/09506000134353", "CHECK_DIGIT"),
        ("https://example.com/01//21/B7", "LENGTH"),
        (f"https://example.com{PACK}/10/", "LENGTH"),
        (f"https://example.com{PACK}/21/{'x' * 21}", "LENGTH"),
        (f"https://example.com{PACK}?17=", "LENGTH"),
        (f"https://example.com{PACK}?17=281301", "DATE"),
        (f"https://example.com{PACK}?17=28%31331", "DATE"),
        (f"https://example.com{PACK}/21/B%007", "CHARACTER"),
        (f"https://example.com{PACK}/21/B%1d7", "CHARACTER"),
        (f"https://example.com{PACK}/21/B%207", "CHARACTER"),
        (f"https://example.com{PACK}/21/%C3%A9", "CHARACTER"),
        (f"https://example.com{PACK}/21/B%5E7", "CHARACTER"),
        (f"https://example.com{PACK}/21/B~7", "CHARACTER"),
        (f"https://example.com{PACK}?99=A+B", "CHARACTER"),
        # Work is bounded before it starts.
        (f"https://example.com/{'x/' * 5000}{PACK}", "LENGTH"),
        (f"https://example.com{PACK}?{'a=b&' * 65}", "LENGTH"),
    ],
)
def test_a_uri_that_could_be_read_in_two_ways_or_not_at_all_is_refused(uri: str, code: str) -> None:
    with pytest.raises(GS1Error) as caught:
        parse_uri(uri)
    assert caught.value.code == code
    assert len(str(caught.value)) < 250


@pytest.mark.parametrize(
    ("uri", "elements"),
    [
        (f"HTTP://EXAMPLE.COM:8080/any/where{PACK}", {"01": "09506000134352"}),
        (f"https://example.com/00/01{PACK}", {"01": "09506000134352"}),
        (f"https://example.com{PACK}/21/a+b%2Bc", {"01": "09506000134352", "21": "a+b+c"}),
        (f"https://example.com{PACK}/21/A%2fB%2FC", {"01": "09506000134352", "21": "A/B/C"}),
        (f"https://example.com{PACK}/21/5%", {"01": "09506000134352", "21": "5%"}),
        (f"https://example.com{PACK}/21/5%4", {"01": "09506000134352", "21": "5%4"}),
        (f"https://example.com{PACK}?17=280131#?17=291231", {"01": "09506000134352", "17": "280131"}),
        (f"https://example.com{PACK}?x=1&17=280131&flag&x=2", {"01": "09506000134352", "17": "280131"}),
        (f"https://example.com{PACK}?99=a=b", {"01": "09506000134352", "99": "a=b"}),
        ("https://example.com/414/9506000140445/254/7", {"414": "9506000140445", "254": "7"}),
    ],
)
def test_a_valid_uri_gives_its_values_in_order(uri: str, elements: dict[str, str]) -> None:
    assert list(parse_uri(uri).items()) == list(elements.items())


def test_a_uri_may_be_as_long_as_the_engine_takes_and_no_longer() -> None:
    longest = "https://example.com/" + "x" * (8191 - 20 - len(PACK)) + PACK
    assert parse_uri(longest) == {"01": "09506000134352"}
    with pytest.raises(GS1Error, match="URI of 8192 characters: expected at most 8191"):
        parse_uri(longest.replace("/x", "/xx"))


def test_a_query_may_have_64_parameters() -> None:
    assert parse_uri(f"https://example.com{PACK}?{'a=b&' * 63}17=280131") == {"01": "09506000134352", "17": "280131"}
    with pytest.raises(GS1Error, match="Query of 65 parameters: expected at most 64"):
        parse_uri(f"https://example.com{PACK}?{'a=b&' * 64}17=280131")


def test_the_message_tells_the_right_order_of_qualifiers() -> None:
    with pytest.raises(GS1Error, match=r"^Path with \(01\)\(21\)\(10\): .* in the order 22 10 21 or 235$"):
        parse_uri(f"https://example.com{PACK}/21/B7/10/L1")
    with pytest.raises(GS1Error, match=r"expected the qualifiers of \(00\) in the order none$"):
        parse_uri("https://example.com/00/095060000000000015/21/B7")


@pytest.mark.parametrize(
    ("elements", "code"),
    [
        ({}, "NO_KEY"),
        ({"10": "L1", "21": "B7"}, "NO_KEY"),
        ({"01": "09506000134353"}, "CHECK_DIGIT"),
        ({"01": "09506000134352", "89": "X"}, "UNKNOWN_AI"),
        ({"01": "09506000134352", "235": "X", "10": "L1"}, "MISPLACED_AI"),
        ({"01": "09506000134352", "254": "X"}, "MISPLACED_AI"),
    ],
)
def test_values_that_make_no_digital_link_are_refused(elements: dict[str, str], code: str) -> None:
    with pytest.raises(GS1Error) as caught:
        format_uri(elements)
    assert caught.value.code == code


def test_the_uri_has_one_order_whatever_the_order_of_the_values() -> None:
    elements = {"99": "+", "17": "280131", "21": "B7", "10": "a/b", "01": "09506000134352"}
    expected = "https://example.com/x/01/09506000134352/10/a%2Fb/21/B7?17=280131&99=%2B"
    assert format_uri(elements, "https://example.com/x") == expected


@pytest.mark.parametrize(
    "stem",
    [
        "",
        "example.com",
        "ftp://example.com",
        "https://",
        "https://example.com/",
        "https://example.com/?a",
        "https://example.com#a",
    ],
)
def test_a_stem_to_which_no_path_can_be_added_is_refused(stem: str) -> None:
    with pytest.raises(GS1Error) as caught:
        check_stem(stem)
    assert caught.value.code == "URI"


@pytest.mark.parametrize("stem", ["https://example.com", "http://127.0.0.1:8000", "https://example.com/a/b"])
def test_host_port_and_path_make_a_stem(stem: str) -> None:
    check_stem(stem)


TEXTS = st.text(sorted(CHARSET_82), min_size=1, max_size=20)
GTINS = st.text("0123456789", min_size=13, max_size=13).map(lambda body: body + check_digit(body))
ELEMENTS = st.fixed_dictionaries(
    {"01": GTINS},
    optional={"22": TEXTS, "10": TEXTS, "21": TEXTS, "17": st.just("280200"), "3103": st.just("000195"), "240": TEXTS},
)


@given(elements=ELEMENTS, stem=st.sampled_from(["https://id.gs1.org", "http://a:80/01/x", "HTTPS://EXAMPLE.COM"]))
def test_values_to_uri_to_values_loses_nothing(elements: dict[str, str], stem: str) -> None:
    assert parse_uri(format_uri(elements, stem)) == elements


@given(elements=ELEMENTS)
def test_the_canonical_uri_is_a_fixed_point(elements: dict[str, str]) -> None:
    uri = format_uri(elements)
    assert format_uri(parse_uri(uri)) == uri


@given(text=st.text(max_size=60))
def test_no_text_makes_the_parser_fail_in_another_way(text: str) -> None:
    for uri in (text, f"https://example.com/{text}", f"https://example.com{PACK}{text}", f"https://a{PACK}?{text}"):
        with suppress(GS1Error):
            assert parse_uri(uri)


@given(value=st.text(sorted(CHARSET_82)))
def test_an_escaped_value_has_none_but_unreserved_characters(value: str) -> None:
    assert set(escape(value)) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~%")
    assert not any(c in escape(value) for c in "abcdef") or any(c in value for c in "abcdef")
