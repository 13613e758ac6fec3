"""What the address of a pack answers to whoever asks for links instead of the page."""

import re
from http import HTTPStatus
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from anticounterfeit.code import Claim, read_code
from anticounterfeit.linkset import (
    ALL,
    GS1_VOC,
    LINKSET_TYPE,
    Link,
    choose,
    header_of_context,
    header_of_linkset,
    linkset,
)
from anticounterfeit.queries import find_claimed, find_unit
from supplychain.api.problems import MEDIA_TYPE, problem
from supplychain.gs1.digital_link import canonical_epc
from supplychain.gs1.errors import GS1Error
from supplychain.gs1.identifiers import Sgtin, Sscc
from supplychain.gs1.uri import escape

PAGE_TYPE, JSON_TYPE = "text/html", "application/json"


def wants_links(request: HttpRequest) -> bool:
    """A link type in the query, or a client that reads linksets."""
    return "linkType" in request.GET or LINKSET_TYPE in request.headers.get("Accept", "")


def linkset_address(code: str) -> str:
    """Where the linkset of the thing at `code` (its Digital Link as asked) is."""
    return f"{code.partition('?')[0]}?linkType=linkset"


def answer_links(request: HttpRequest, code: str) -> HttpResponse:
    """The linkset, a redirect to the one link of the type asked for, or the several that there are."""
    try:
        claim = read_code(code, today=timezone.localdate())
    except GS1Error as error:
        return _problem(HTTPStatus.BAD_REQUEST, error.code, str(error))
    description = _describe(claim)
    if description is None:
        return _problem(HTTPStatus.NOT_FOUND, "NOT_FOUND", _("Nothing is registered here under these numbers."))
    anchor = code.partition("?")[0]
    links = links_of(claim, anchor, code)
    wanted = request.GET.get("linkType", "linkset")
    if wanted in ALL:
        response: HttpResponse = JsonResponse(linkset(anchor, description, links), content_type=LINKSET_TYPE)
        response["Link"] = header_of_context()
        return response
    accepted = [one.partition(";")[0].strip() for one in request.headers.get("Accept", "").split(",")]
    found = choose(links, wanted, accepted=accepted)
    if not found:
        text = _("There is no link of type %(kind)s for this.") % {"kind": wanted[:60]}
        return _problem(HTTPStatus.NOT_FOUND, "NO_SUCH_LINK", text)
    if len(found) > 1:
        response = JsonResponse(linkset(anchor, description, found), status=300, content_type=LINKSET_TYPE)
    else:
        response = HttpResponse(status=HTTPStatus.TEMPORARY_REDIRECT, headers={"Location": found[0].href})
    response["Link"] = header_of_linkset(linkset_address(code))
    return response


def _problem(status: HTTPStatus, code: str, detail: str) -> HttpResponse:
    return JsonResponse(problem(status, code, detail), status=status, content_type=MEDIA_TYPE)


def _describe(claim: Claim | Sscc) -> str | None:
    """What the thing is, in a few words; None for what nobody has registered."""
    if isinstance(claim, Sscc):
        return _("Logistic unit") if find_unit(claim) is not None else None
    found = find_claimed(claim)
    return found.product.name if found.product is not None else None


# --- Which links there are --------------------------------------------------------------------------------------------


def links_of(claim: Claim | Sscc, anchor: str, code: str) -> list[Link]:
    """Our own links about a product, a batch, a pack or a unit."""
    page = [
        Link("defaultLink", anchor, _("What is known of it"), PAGE_TYPE),
        Link("pip", anchor, _("What is known of it"), PAGE_TYPE),
        Link("traceability", anchor, _("Its way so far"), PAGE_TYPE),
    ]
    events = f"{settings.PUBLIC_URL}/epcis/epcs/{quote(_epc_of(claim), safe='')}/events"
    trade = [
        Link("traceability", events, _("Its events, for parties"), JSON_TYPE),
        Link("epcis", events, _("Its events, for parties"), JSON_TYPE),
    ]
    verdict = f"{settings.PUBLIC_URL}/api/v1/verify?{urlencode({'code': anchor})}"
    if isinstance(claim, Sscc):
        return page + trade
    return [
        *page,
        Link("recallStatus", verdict, _("Whether its batch is recalled"), JSON_TYPE),
        *trade,
        Link("verificationService", _verification(claim, code), _("Verification messages"), JSON_TYPE),
    ]


def _epc_of(claim: Claim | Sscc) -> str:
    if isinstance(claim, Sscc):
        return canonical_epc(claim)
    if claim.serial_number is not None:
        return canonical_epc(Sgtin(claim.gtin, claim.serial_number))
    return f"https://id.gs1.org/01/{claim.gtin.digits}"


def _verification(claim: Claim, code: str) -> str:
    """The verification service of one pack, with the query that came along; of a product, where it begins."""
    if claim.serial_number is None or claim.lot_number is None:
        return f"{settings.PUBLIC_URL}/verify/checkConnectivity?gtin={claim.gtin.digits}"
    sent = [pair for pair in parse_qsl(urlsplit(code).query) if not re.fullmatch(r"[0-9]+|linkType", pair[0])]
    if claim.expiry is not None and "exp" not in dict(sent):
        sent.insert(0, ("exp", f"{claim.expiry:%y%m%d}"))
    query = urlencode([*sent, ("linkType", "verificationService")])
    numbers = (claim.gtin.digits, escape(claim.lot_number.text), escape(claim.serial_number.text))
    return f"{settings.PUBLIC_URL}/verify/gtin/{numbers[0]}/lot/{numbers[1]}/ser/{numbers[2]}?{query}"


@require_safe
def description_file(request: HttpRequest) -> HttpResponse:
    """`/.well-known/gs1resolver`: what this resolver can do."""
    response = JsonResponse(
        {
            "name": "Medtrail",
            "resolverRoot": settings.PUBLIC_URL,
            "supportedPrimaryKeys": ["01", "00"],
            "supportedLinkType": [{"namespace": GS1_VOC, "prefix": "gs1:"}],
            "supportedContextValuesEnumerated": ["dscsaSaleableReturn"],
            "linkTypeDefaultCanBeLinkset": False,
            "linkTypeDefaultCanBeAll": False,
            "supportsLanguageVariants": False,
            "supportsSemanticInterpretation": True,
            "validatesAIcombinations": True,
        }
    )
    response["Access-Control-Allow-Origin"] = "*"
    return response
