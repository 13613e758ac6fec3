"""Which link a client gets, by type and by what it reads."""

import pytest

from anticounterfeit.linkset import Link, choose, header_of_context, header_of_linkset, linkset

PAGE = Link("traceability", "https://a.example/page", "Page", "text/html")
EVENTS = Link("traceability", "https://a.example/events", "Events", "application/json")
PIP = Link("pip", "https://a.example/pip", "Product", "text/html")
LINKS = [PAGE, EVENTS, PIP]


@pytest.mark.parametrize("asked", ["smpc", "gs1:smpc", "", "traceability ", "https://evil.example/pip"])
def test_a_type_that_there_is_not_has_no_link(asked):
    assert choose(LINKS, asked, accepted=[]) == []


@pytest.mark.parametrize("asked", ["pip", "gs1:pip", "https://gs1.org/voc/pip", "https://ref.gs1.org/voc/pip"])
def test_a_type_is_known_in_each_of_its_spellings(asked):
    assert choose(LINKS, asked, accepted=[]) == [PIP]


@pytest.mark.parametrize(
    ("accepted", "found"),
    [([], [PAGE, EVENTS]), (["*/*"], [PAGE, EVENTS]), (["application/json"], [EVENTS]), (["text/html", "x/y"], [PAGE])],
)
def test_of_several_those_remain_that_the_client_can_read(accepted, found):
    assert choose(LINKS, "gs1:traceability", accepted=accepted) == found


def test_a_linkset_has_every_link_once_under_its_type():
    (context,) = linkset("https://a.example/01/1", "Amoxil", LINKS)["linkset"]
    assert [len(context[f"https://gs1.org/voc/{one}"]) for one in ("traceability", "pip")] == [2, 1]
    assert header_of_linkset("https://a.example/x").startswith("<https://a.example/x>; rel=")
    assert "json-ld#context" in header_of_context()
