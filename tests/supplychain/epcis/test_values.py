"""What a sensor element may say twice."""

import pytest

from supplychain.epcis.errors import EPCISError
from supplychain.epcis.read import read_event
from supplychain.epcis.values import SensorElement, SensorMetadata, SensorReport, find_field_in_both
from supplychain.epcis.write import write_event
from tests.supplychain.epcis.samples import sensor_event


def test_a_sensor_field_may_stand_in_both_places_and_say_the_same() -> None:
    event = sensor_event({"deviceID": "urn:x:1"}, {"deviceID": "urn:x:1"})
    assert write_event(read_event(event)) == event
    with pytest.raises(EPCISError, match="sensorMetadata"):
        read_event(event, sensor_fields_once=True)


def test_a_report_has_a_time_of_its_own() -> None:
    event = sensor_event({"time": "2026-11-01T10:00:00Z"}, {"time": "2026-11-01T10:05:00Z"})
    assert write_event(read_event(event)) == event


@pytest.mark.parametrize("field", ["deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules"])
def test_a_report_does_not_contradict_its_metadata(field: str) -> None:
    with pytest.raises(EPCISError, match="'urn:x:1', as there") as refusal:
        read_event(sensor_event({field: "urn:x:1"}, {field: "urn:x:2"}))
    assert (refusal.value.code, refusal.value.path) == ("RULE", f"sensorElementList[0].sensorReport[0].{field}")


def test_no_metadata_shares_no_field() -> None:
    reports = (SensorReport("Temperature"), SensorReport("Speed", device_id="urn:x:1"))
    assert find_field_in_both(SensorElement(reports)) is None
    assert find_field_in_both(SensorElement(reports, SensorMetadata(raw_data="urn:x:2"))) is None
