"""What the interface says of itself, how it turns away what it does not speak, and how its lists are paged."""

import json
import re
from typing import Any

import pytest

from ledger.models import ManagedKey
from supplychain.models import CaptureJob, Event
from supplychain.usecases.accept_document import accept_document
from supplychain.usecases.run_capture_jobs import run_capture_jobs
from tests.factories import commissioned, packed
from tests.supplychain.epcis_rest.documents import CONTEXT, an_event, bare, document

pytestmark = pytest.mark.django_db

ADDRESSES = [
    "",
    "capture",
    "events",
    "queries",
    "eventTypes",
    "epcs",
    "bizSteps",
    "bizLocations",
    "readPoints",
    "dispositions",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_address_tells_what_it_speaks(epcis, address):
    answer = epcis.maker.get(address, method="OPTIONS")
    assert (answer.status, answer.body) == (204, "")
    for name in (
        "GS1-EPCIS-Version",
        "GS1-EPCIS-Min",
        "GS1-EPCIS-Max",
        "GS1-CBV-Version",
        "GS1-CBV-Min",
        "GS1-CBV-Max",
    ):
        assert answer.headers[name] == "2.0"
    assert answer.headers["GS1-Extensions"].startswith("medtrail=")
    assert "GET" in answer.headers["Allow"]
    if address in ("", "capture", "events"):
        assert answer.headers["GS1-EPCIS-Capture-Limit"] == "10000"
        assert answer.headers["GS1-Capture-Error-Behaviour"] == "all"
        assert int(answer.headers["GS1-EPCIS-Capture-File-Size-Limit"]) > 1_000_000


def test_whoever_is_nobody_learns_nothing(epcis):
    for address in ADDRESSES:
        answer = epcis.nobody.get(address)
        assert (answer.status, answer.body["type"]) == (401, "epcisException:SecurityException")
        assert answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize(
    ("headers", "status", "kind"),
    [
        ({"Accept": "text/csv"}, 406, "NotAcceptable"),
        ({"GS1-EPCIS-Version": "1.2"}, 406, "NotAcceptable"),
        ({"GS1-CBV-Version": "3.0"}, 406, "NotAcceptable"),
        ({"GS1-EPCIS-Min": "2.1"}, 406, "NotAcceptable"),
        ({"GS1-EPCIS-Max": "1.2"}, 406, "NotAcceptable"),
        ({"GS1-CBV-Max": "x"}, 400, "Validation"),
        ({"GS1-EPC-Format": "urn"}, 400, "Validation"),
        ({"GS1-Extensions": "nonsense"}, 400, "Validation"),
    ],
)
def test_what_is_not_spoken_here_is_said_so(epcis, headers, status, kind):
    answer = epcis.maker.get("events", **headers)
    assert (answer.status, answer.body["type"]) == (status, f"epcisException:{kind}Exception")
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_methods_media_types_and_addresses_that_there_are_not(epcis):
    wrong = epcis.maker.get("events", method="PUT")
    assert (wrong.status, wrong.body["type"]) == (405, "epcisException:MethodNotAllowedException")
    for kind in ("text/csv", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        answer = epcis.maker.post("capture", b"a,b", content_type=kind)
        assert (answer.status, answer.body["type"]) == (415, "epcisException:UnsupportedMediaTypeException")
    for path in (
        "nothing",
        "events/",
        "capture/x/y",
        "capture/x",
        "events/urn:uuid:1",
        "epcs/urn:x:1",
        "bizSteps/packing",
    ):
        assert epcis.maker.get(path).status == 404, path
    assert epcis.nobody.get("nothing/here").body["type"] == "epcisException:NoSuchResourceException"
    assert epcis.maker.get("nextPageToken/x", method="DELETE").status == 501
    assert epcis.maker.get("events", EQ_readPoint="x:" + "y" * 20_000).status == 414


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "SYNTAX"),
        (b"{", "SYNTAX"),
        (b"\xff", "SYNTAX"),
        (b"[]", "TYPE"),
        (b'{"type": "EPCISDocument", "type": "EPCISDocument"}', "DUPLICATE_KEY"),
        (b'{"type": "EPCISDocument", "a:b": 1e999}', "NUMBER"),
        (b'{"type": "EPCISDocument", "a:b": 123456789012345678901234567890}', "NUMBER"),
        (b'{"a:b": ' * 50_000, "DEPTH"),
        (json.dumps(bare(an_event())).encode(), "WORD"),
        (json.dumps(document([an_event(bizStep="transforming")])).encode(), "WORD"),
        (json.dumps(document([an_event(**{"example:x": "\u0000"})])).encode(), "CHARACTER"),
        (json.dumps(document([an_event(readPoint={"id": "javascript:alert(1)"})])).encode(), "URI"),
    ],
)
def test_what_is_no_document_is_refused_at_once_and_nothing_is_kept(epcis, data, code):
    answer = epcis.maker.post("capture", data)
    assert (answer.status, answer.body["type"]) == (400, "epcisException:ValidationException")
    assert answer.body["errors"][0]["code"] == code
    assert not CaptureJob.objects.exists()


def test_a_party_that_keeps_its_own_key_is_told_so_and_bad_master_data_has_its_place(epcis, cast):
    header = {"epcisMasterData": {"vocabularyList": [{"type": "urn:x:v", "vocabularyElementList": [{"id": 7}]}]}}
    answer = epcis.maker.post("capture", document([an_event()], epcisHeader=header))
    assert (answer.status, answer.body["errors"][0]["path"].startswith("epcisHeader.")) == (400, True)
    ManagedKey.objects.filter(keyid=cast.maker.party.keyid).delete()
    for path, body in (("capture", document([an_event()])), ("events", bare(an_event()))):
        answer = epcis.maker.post(path, body)
        assert (answer.status, answer.body["code"]) == (403, "KEY_NOT_MANAGED")
    assert not CaptureJob.objects.exists()


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><x>&b;</x>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'


@pytest.mark.parametrize("xml", [BOMB, OUTSIDE, "<x", "", "<x/>"])
def test_xml_is_read_without_entities(epcis, xml):
    answer = epcis.maker.post("capture", xml, content_type="application/xml")
    assert answer.status == 400
    assert "root:" not in json.dumps(answer.body)


def test_limits_are_told_and_kept(epcis, settings):
    settings.EPCIS_CAPTURE_LIMIT = 2
    assert epcis.maker.post("capture", document([an_event()] * 3)).status == 413
    settings.EPCIS_CAPTURE_FILE_SIZE_LIMIT = 2000
    answer = epcis.maker.post("capture", document([an_event(), an_event(**{"example:x": "y" * 2000})]))
    assert (answer.status, answer.body["type"]) == (413, "epcisException:CaptureLimitExceededException")
    settings.EPCIS_CAPTURE_FILE_SIZE_LIMIT = 10**7
    settings.EPCIS_EPCS_PER_EVENT_LIMIT = 3
    assert epcis.maker.post("capture", document([an_event(epcList=[f"urn:x:{n}" for n in range(4)])])).status == 413
    assert not CaptureJob.objects.exists()


def test_a_list_of_100_000_strangers_is_taken_in_and_found(epcis):
    epcs = [f"https://id.gs1.org/01/04012345111118/21/{number}" for number in range(100_000)]
    answer = epcis.maker.post("capture", document([an_event(epcList=epcs)]))
    assert answer.status == 202
    run_capture_jobs()
    assert CaptureJob.objects.get().errors == []
    found = epcis.maker.get("events", MATCH_epc=epcs[77_777])
    assert len(found.body["epcisBody"]["queryResults"]["resultsBody"]["eventList"]) == 1


# --- Jobs -------------------------------------------------------------------------------------------------------------


def test_a_job_runs_until_a_worker_has_done_it(epcis, cast):
    place = epcis.maker.post("capture", document([an_event()])).headers["Location"]
    waiting = epcis.maker.get(place).body
    assert (waiting["running"], waiting["success"], waiting["errors"]) == (True, True, [])
    assert waiting["captureErrorBehaviour"] == "rollback"
    assert "finishedAt" not in waiting
    run_capture_jobs()
    done = epcis.maker.get(place).body
    assert (done["running"], done["success"], "finishedAt" in done) == (False, True, True)
    assert epcis.forger.get(place).status == 404
    assert epcis.forger.get("capture").body == []
    assert [one["captureID"] for one in epcis.maker.get("capture").body] == [done["captureID"]]


def test_a_job_that_never_ends_is_given_up(epcis):
    epcis.maker.post("capture", document([an_event()]))
    CaptureJob.objects.update(attempts=10)
    run_capture_jobs()
    job = CaptureJob.objects.get()
    assert (job.success, job.running, job.errors[0]["code"]) == (False, False, "GIVEN_UP")
    assert not Event.objects.exists()


def test_the_same_document_twice_is_captured_once(epcis):
    with_name, without = an_event(), an_event(eventID=None, bizStep="storing")
    for _ in range(2):
        assert epcis.maker.post("capture", document([with_name, without])).status == 202
    run_capture_jobs()
    assert [job.success for job in CaptureJob.objects.all()] == [True, True]
    assert Event.objects.count() == 2


def test_another_event_under_a_known_name_is_refused(epcis):
    first = an_event()
    for event in (first, {**first, "bizStep": "storing"}):
        epcis.maker.post("capture", document([event]))
        run_capture_jobs()
    errors = CaptureJob.objects.get(success=False).errors
    assert (errors[0]["type"], errors[0]["code"]) == ("epcisException:ResourceAlreadyExistsException", "EVENT_EXISTS")
    # Another party's event of that name is another event.
    assert epcis.forger.post("events", bare({**first, "bizStep": "storing"})).status == 201


def test_an_error_declaration_stands_beside_its_event_and_is_its_authors(epcis):
    event = an_event()
    declared = {**event, "errorDeclaration": {"declarationTime": "2026-03-05T11:00:30Z", "reason": "did_not_occur"}}
    assert epcis.maker.post("events", bare(event)).status == 201
    assert epcis.forger.post("events", bare(declared)).body["code"] == "NOT_AUTHOR"
    made = epcis.maker.post("events", bare(declared))
    assert made.status == 201
    both = epcis.maker.get(made.headers["Location"]).body["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    assert ["errorDeclaration" in one for one in both] == [False, True]
    found = epcis.maker.get("events", EXISTS_errorDeclaration="true", EQ_errorReason="did_not_occur")
    assert len(found.body["epcisBody"]["queryResults"]["resultsBody"]["eventList"]) == 1


# --- Pages ------------------------------------------------------------------------------------------------------------


def pages(client, path: str, **query: str) -> list[Any]:
    """Every page of a list, by its links."""
    found, answer = [], client.get(path, **query)
    while True:
        assert answer.status == 200, answer.body
        found.append(answer.body)
        link = answer.headers.get("Link")
        if link is None:
            return found
        assert answer.headers["GS1-Next-Page-Token-Expires"].endswith("Z")
        match = re.fullmatch(r'<http://testserver(.*)>; rel="next"', link)
        assert match is not None
        answer = client.get(match[1])


def event_ids(page: Any) -> list[str]:
    return [one["eventID"] for one in page["epcisBody"]["queryResults"]["resultsBody"]["eventList"]]


@pytest.fixture
def twelve(cast):
    events = [an_event(eventTime=f"2026-03-04T11:00:{second:02d}+01:00") for second in range(12)]
    accept_document(actor=cast.maker, data=json.dumps(document(events)).encode(), is_xml=False, behaviour="rollback")
    run_capture_jobs()
    return [event["eventID"] for event in events]


def test_pages_bring_each_event_once_newest_first(epcis, twelve):
    found = [event_ids(page) for page in pages(epcis.maker, "events", perPage="5")]
    assert [len(page) for page in found] == [5, 5, 2]
    assert [one for page in found for one in page] == twelve[::-1]
    rising = pages(epcis.maker, "events", perPage="5", orderBy="eventTime", orderDirection="ASC")
    assert [one for page in rising for one in event_ids(page)] == twelve
    assert [len(event_ids(page)) for page in pages(epcis.maker, "events", perPage="6")] == [6, 6]


def test_events_that_arrive_while_somebody_reads_move_nothing(epcis, twelve):
    first = epcis.maker.get("events", perPage="5")
    assert epcis.maker.post("events", bare(an_event(eventTime="2026-03-04T11:00:03.5+01:00"))).status == 201
    rest = pages(epcis.maker, first.headers["Link"][1:].partition(">")[0].partition("testserver")[2])
    assert event_ids(first.body) + [one for page in rest for one in event_ids(page)] == twelve[::-1]


def test_a_token_is_good_for_its_own_list_and_reader_only(epcis, twelve):
    link = epcis.maker.get("events", perPage="5").headers["Link"][1:].partition(">")[0]
    token = link.partition("nextPageToken=")[2].partition("&")[0]
    for client, path, query in (
        (epcis.maker, "events", {"EQ_bizStep": "shipping"}),
        (epcis.forger, "events", {}),
        (epcis.maker, "capture", {}),
        (epcis.maker, "eventTypes/ObjectEvent/events", {}),
    ):
        answer = client.get(path, nextPageToken=token.replace("%3A", ":"), **query)
        assert (answer.status, answer.body["type"]) == (400, "epcisException:QueryParameterException")
    for text in ("x", "a" * 2000, token[:-2] + "xx"):
        assert epcis.maker.get("events", nextPageToken=text).status == 400


@pytest.mark.parametrize("size", ["0", "-1", "x", "1.5", "9" * 20, "٣"])
def test_a_page_has_a_size(epcis, size):
    assert epcis.maker.get("events", perPage=size).status == 400


def test_limits_of_a_query_hold_across_pages(epcis, twelve):
    limited = pages(epcis.maker, "events", perPage="3", eventCountLimit="7", orderBy="eventTime")
    assert [len(event_ids(page)) for page in limited] == [3, 3, 1]
    large = epcis.maker.get("events", maxEventCount="11")
    assert (large.status, large.body["type"]) == (413, "epcisException:QueryTooLargeException")
    assert epcis.maker.get("events", maxEventCount="12").status == 200
    assert epcis.maker.get("events", eventCountLimit="7").status == 400
    assert epcis.maker.get("events", GE_eventDate="2026").body["type"] == "epcisException:QueryParameterException"


def test_collections_list_what_occurs_and_lead_to_its_events(epcis, cast, twelve):
    case = packed(cast.maker, commissioned(cast.maker, 2))
    own = [one for page in pages(epcis.maker, "epcs", perPage="2") for one in page["member"]]
    assert len(own) == len(set(own)) == 4
    assert case in own
    steps = [one for page in pages(epcis.maker, "bizSteps", perPage="30") for one in page["member"]]
    assert steps == sorted(steps)
    assert len(steps) == 41
    assert "ObjectEvent" in epcis.maker.get("eventTypes").body["member"]
    assert epcis.maker.get("bizLocations").body["member"] == ["https://id.gs1.org/414/9520001000003"]
    assert epcis.forger.get("bizLocations").body["member"] == []
    quoted = case.replace(":", "%3A").replace("/", "%2F")
    assert epcis.maker.get(f"epcs/{quoted}").body["member"] == ["events"]
    assert len(event_ids(epcis.maker.get(f"epcs/{quoted}/events").body)) == 1
    assert len(event_ids(epcis.maker.get("bizSteps/shipping/events", EQ_action="OBSERVE").body)) == 12
    assert epcis.maker.get("bizSteps/transforming").status == 400
    assert epcis.maker.get("").body["member"][0] == "queries"


def test_contexts_that_contradict_each_other_stay_with_their_events(epcis):
    for namespace in ("https://one.example/", "https://two.example/"):
        event = {"@context": [CONTEXT, {"ex": namespace}], **an_event(**{"ex:grade": "A"})}
        assert epcis.maker.post("events", event).status == 201
    body = epcis.maker.get("events").body
    events = body["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    assert [one.get("@context", body["@context"])[-1]["ex"] for one in events] in (
        ["https://one.example/", "https://two.example/"],
        ["https://two.example/", "https://one.example/"],
    )
    extension = {"GS1-Extensions": "ex=https://two.example/"}
    assert len(event_ids(epcis.maker.get("events", **{"EQ_ex:grade": "A"}, **extension).body)) == 1
