"""The `GS1-*` headers: what a client asks for with them, and what every answer announces.

Source: EPCIS 2.0 section 12; GS1's OpenAPI description of the REST binding.
"""

from enum import StrEnum

from django.conf import settings
from rest_framework.request import Request

from supplychain.epcis.formats import EpcFormat, WordFormat
from supplychain.epcis.vocabulary import NAMESPACE
from supplychain.epcis_rest.problems import Problem

EPCIS_MIN, EPCIS_MAX = "2.0", "2.0"
CBV_MIN, CBV_MAX = "2.0", "2.0"
VERSIONS = frozenset({"2.0", "2.0.0", "2.0.1"})
CONTEXT_URL = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"


class Behaviour(StrEnum):
    """What becomes of a document in which one event is wrong."""

    ROLLBACK = "rollback"
    PROCEED = "proceed"


def announced() -> dict[str, str]:
    """On every answer."""
    return {
        "GS1-EPCIS-Version": EPCIS_MAX,
        "GS1-EPCIS-Min": EPCIS_MIN,
        "GS1-EPCIS-Max": EPCIS_MAX,
        "GS1-CBV-Version": CBV_MAX,
        "GS1-CBV-Min": CBV_MIN,
        "GS1-CBV-Max": CBV_MAX,
        "GS1-Vendor-Version": "medtrail/1",
        "GS1-Extensions": f"medtrail={NAMESPACE}",
    }


def announced_by_capture() -> dict[str, str]:
    """On what takes events in: how much of them."""
    return {
        "GS1-EPCIS-Capture-Limit": str(settings.EPCIS_CAPTURE_LIMIT),
        "GS1-EPCIS-Capture-File-Size-Limit": str(settings.EPCIS_CAPTURE_FILE_SIZE_LIMIT),
        "GS1-Capture-Error-Behaviour": "all",
        # What the standard has no header for.
        "Medtrail-EPCs-Per-Event-Limit": str(settings.EPCIS_EPCS_PER_EVENT_LIMIT),
        "Medtrail-Depth-Limit": str(settings.EPCIS_DEPTH_LIMIT),
    }


def check_versions(request: Request) -> None:
    """The versions that a client speaks or insists on have one in common with ours.

    Raises:
        Problem: 406, names the header.
    """
    for name in ("GS1-EPCIS-Version", "GS1-CBV-Version"):
        value = request.headers.get(name)
        if value is not None and value.strip() not in VERSIONS:
            raise Problem.of("NotAcceptable", f"{name} {value[:40]!r}: expected 2.0")
    for standard in ("EPCIS", "CBV"):
        low, high = (_version(request, f"GS1-{standard}-{end}") for end in ("Min", "Max"))
        if (low is not None and low > (2, 0, 1)) or (high is not None and high < (2, 0)):
            raise Problem.of("NotAcceptable", f"GS1-{standard}-Min and -Max leave out 2.0, the one version spoken here")


def _version(request: Request, name: str) -> tuple[int, ...] | None:
    value = request.headers.get(name)
    if value is None:
        return None
    parts = value.strip().split(".")
    if not 1 <= len(parts) <= 3 or not all(one.isascii() and one.isdigit() and len(one) < 4 for one in parts):
        raise Problem.of("Validation", f"{name} {value[:40]!r}: expected a version such as 2.0")
    return tuple(int(one) for one in parts)


def epc_format(request: Request) -> EpcFormat:
    return EpcFormat(_choice(request, "GS1-EPC-Format", EpcFormat, EpcFormat.DIGITAL_LINK))


def word_format(request: Request) -> WordFormat:
    return WordFormat(_choice(request, "GS1-CBV-XML-Format", WordFormat, WordFormat.NO_PREFERENCE))


def error_behaviour(request: Request) -> Behaviour:
    return Behaviour(_choice(request, "GS1-Capture-Error-Behaviour", Behaviour, Behaviour.ROLLBACK))


def _choice(request: Request, name: str, allowed: type[StrEnum], default: str) -> str:
    value = request.headers.get(name, default).strip()
    if value not in set(allowed):
        raise Problem.of("Validation", f"{name} {value[:40]!r}: expected one of {', '.join(allowed)}")
    return value
