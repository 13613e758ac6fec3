"""Verification messaging: a trading partner asks a maker about one pack, machine to machine.

Open to whoever names a trading partner that is known here, as the pack's public page is open to everybody; whoever
signs in with a key may ask in the name of its own party only.
"""

import uuid
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from urllib.parse import unquote

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from anticounterfeit.pages.addresses import raw_path
from anticounterfeit.queries import find_pack, root_of
from anticounterfeit.verification_message import LINK_TYPE, SALEABLE_RETURN, Known, Printed, answer
from anticounterfeit.vrs.serializers import ConnectivitySerializer, VerificationMessageSerializer
from supplychain.api.permissions import find_actor
from supplychain.api.problems import MEDIA_TYPE, problem
from supplychain.gs1.errors import GS1Error
from supplychain.gs1.identifiers import Gln, Gtin, LotNumber, SerialNumber, parse_yymmdd
from supplychain.lifecycle import MAY_ADMIT, MAY_TRADE, BatchState
from supplychain.models import Party, Product
from supplychain.stock import effective_life

CONTEXTS = frozenset({SALEABLE_RETURN})
HEADERS = {"GS1US-Version": "1.3.0", "Cache-Control": "no-store"}


class Unanswered(Exception):
    """The request gets no verification: `status` says why, as the standard has it."""

    def __init__(self, status: HTTPStatus, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status, self.code = status, code


@dataclass(frozen=True, slots=True)
class Asked:
    """The numbers of the pack that is asked about."""

    gtin: str
    serial_number: str
    printed: Printed


class MessageView(APIView):
    permission_classes = [AllowAny]

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, Unanswered):
            body = problem(exc.status, exc.code, str(exc))
            return Response(body, status=exc.status, headers=HEADERS, content_type=MEDIA_TYPE)
        return super().handle_exception(exc)


def _query(name: str, description: str, *, required: bool = True) -> OpenApiParameter:
    return OpenApiParameter(name, OpenApiTypes.STR, required=required, description=description)


REQUESTER = _query("reqGLN", "GLN-13 of the trading partner that asks")
CONTEXT = _query("context", f"`{SALEABLE_RETURN}`")


class VerificationView(MessageView):
    @extend_schema(
        operation_id="vrs_verify",
        summary="Do a pack's numbers match, and may it be sold again?",
        parameters=[
            OpenApiParameter("gtin", OpenApiTypes.STR, OpenApiParameter.PATH, description="GTIN-14"),
            OpenApiParameter("lot", OpenApiTypes.STR, OpenApiParameter.PATH),
            OpenApiParameter("serial", OpenApiTypes.STR, OpenApiParameter.PATH),
            _query("exp", "Expiry as YYMMDD; day 00 is the month's last"),
            _query("linkType", f"`{LINK_TYPE}`"),
            CONTEXT,
            REQUESTER,
            _query("corrUUID", "UUID of the request; comes back in the answer"),
        ],
        responses=VerificationMessageSerializer,
        tags=["verification messaging"],
    )
    def get(self, request: Request, **numbers: str) -> Response:
        """GS1 Lightweight Messaging: `verified` says that the numbers match, `additionalInfo` what speaks against a
        sale. 400 for what cannot be read, 401 for an unknown and 403 for a barred requester, 404 for an unknown GTIN.
        """
        asked, correlation = read_asked(request, numbers), read_correlation(request)
        check_intent(request)
        check_requester(request)
        product = find_product(asked.gtin)
        found = answer(asked.printed, known_of(asked), today=timezone.localdate())
        body = {
            "verificationTimestamp": timezone.now().isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "responderGLN": product.brand_owner.gln,
            "data": found.as_json(),
            "corrUUID": correlation,
        }
        return Response(body, headers=HEADERS)


class ConnectivityView(MessageView):
    @extend_schema(
        operation_id="vrs_check_connectivity",
        summary="Would a verification be answered?",
        parameters=[_query("gtin", "GTIN-14"), REQUESTER, CONTEXT],
        responses=ConnectivitySerializer,
        tags=["verification messaging"],
    )
    def get(self, request: Request) -> Response:
        """Who would answer for a GTIN: the GLN of its brand owner."""
        gtin = read_gtin(request.query_params.get("gtin", ""))
        check_context(request)
        check_requester(request)
        return Response({"responderGLN": find_product(gtin).brand_owner.gln}, headers=HEADERS)


# --- What was asked ---------------------------------------------------------------------------------------------------


def bad_request(detail: str) -> Unanswered:
    return Unanswered(HTTPStatus.BAD_REQUEST, "BAD_REQUEST", detail)


def read_gtin(text: str) -> str:
    if len(text) != 14:
        raise bad_request(f"gtin {text[:40]!r}: expected 14 digits")
    try:
        return Gtin(text).digits
    except GS1Error as error:
        raise bad_request(str(error)) from None


def read_asked(request: Request, decoded: dict[str, str]) -> Asked:
    # A web server that keeps the request line tells a slash inside a lot from one between two values.
    parts = (raw_path(request._request) or "").split("/")
    gtin, lot, serial = _raw_numbers(parts) or (decoded["gtin"], decoded["lot"], decoded["serial"])
    try:
        expiry = parse_yymmdd(request.query_params.get("exp", ""), today=timezone.localdate())
        printed = Printed(LotNumber(lot).text, expiry)
        return Asked(read_gtin(gtin), SerialNumber(serial).text, printed)
    except GS1Error as error:
        raise bad_request(str(error)) from None


def _raw_numbers(parts: list[str]) -> tuple[str, str, str] | None:
    if len(parts) != 8 or parts[2::2] != ["gtin", "lot", "ser"]:
        return None
    return unquote(parts[3]), unquote(parts[5]), unquote(parts[7])


def read_correlation(request: Request) -> str:
    text = request.query_params.get("corrUUID", "")
    try:
        uuid.UUID(text)
    except ValueError:
        raise bad_request(f"corrUUID {text[:40]!r}: expected a UUID") from None
    return text


def check_intent(request: Request) -> None:
    link_type = request.query_params.get("linkType", "")
    if link_type.removeprefix("gs1:") != LINK_TYPE:
        raise bad_request(f"linkType {link_type[:40]!r}: expected {LINK_TYPE}")
    check_context(request)


def check_context(request: Request) -> None:
    context = request.query_params.get("context", "")
    if context not in CONTEXTS:
        raise bad_request(f"context {context[:40]!r}: expected {SALEABLE_RETURN}")


# --- Who asks, and about what -----------------------------------------------------------------------------------------


def check_requester(request: Request) -> None:
    """The requester is a trading partner known here, licensed now, and nobody who signed in as somebody else."""
    text = request.query_params.get("reqGLN", "")
    try:
        gln = Gln(text).digits
    except GS1Error as error:
        raise bad_request(f"reqGLN: {error}") from None
    party = Party.objects.filter(gln=gln).first()
    if party is None:
        raise Unanswered(HTTPStatus.UNAUTHORIZED, "UNKNOWN_REQUESTER", f"reqGLN {gln} is no trading partner known here")
    actor = find_actor(request)
    if actor is not None and actor.party.pk != party.pk:
        raise Unanswered(HTTPStatus.FORBIDDEN, "OTHER_REQUESTER", f"You signed in for {actor.party.gln}, not for {gln}")
    if is_barred(party, timezone.localdate()):
        raise Unanswered(HTTPStatus.FORBIDDEN, "BARRED_REQUESTER", f"{gln} is not licensed to trade")


def is_barred(party: Party, today: date) -> bool:
    expired = party.licence_expiry is not None and today > party.licence_expiry
    return expired or not (MAY_TRADE | MAY_ADMIT).intersection(party.roles)


def find_product(gtin: str) -> Product:
    product = Product.objects.select_related("brand_owner").filter(gtin=gtin).first()
    if product is None:
        raise Unanswered(HTTPStatus.NOT_FOUND, "UNKNOWN_GTIN", f"GTIN {gtin} is not registered here")
    return product


def known_of(asked: Asked) -> Known | None:
    """What is registered under the product and serial number; None for a pack that nobody made."""
    item = find_pack(asked.gtin, asked.serial_number)
    if item is None or item.batch is None:
        return None
    printed = Printed(item.batch.lot_number, item.batch.expiry)
    return Known(printed, effective_life(item, root_of(item)), item.batch.state != BatchState.RELEASED)
