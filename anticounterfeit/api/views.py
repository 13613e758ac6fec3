"""Verification for programs. Open to everybody: whoever holds a pack may ask about it."""

from http import HTTPStatus

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from anticounterfeit.answers import answer_of, status_of
from anticounterfeit.api.serializers import VerificationSerializer
from anticounterfeit.code import Claim, read_code
from anticounterfeit.queries import find_pack
from anticounterfeit.usecases.build_pedigree import NotYetProven, build_pedigree
from anticounterfeit.usecases.verify_pack import verify_pack
from supplychain.api.permissions import find_reader
from supplychain.visibility import reader_of

CODE = OpenApiParameter(
    "code",
    required=True,
    description="What the scanner read, as it is: a Digital Link, an element string with or without separators, "
    "(01)…(21)…, an SSCC or a GTIN. Percent-encode it as a query value.",
)


class VerifyView(APIView):
    """Is this pack the one it claims to be?"""

    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="verify",
        parameters=[CODE],
        responses={
            HTTPStatus.OK: VerificationSerializer,
            HTTPStatus.BAD_REQUEST: VerificationSerializer,
            HTTPStatus.NOT_FOUND: VerificationSerializer,
        },
        tags=["verify"],
    )
    def get(self, request: Request) -> Response:
        """The verdict on a code, with product, batch and story: what the pack's public page shows.

        400 if the code cannot be read, 404 if nobody registered its product; both carry a verdict like the others.
        """
        actor = find_reader(request)
        verification = verify_pack(code=request.query_params.get("code", ""), viewer=actor.party if actor else None)
        return Response(answer_of(verification), status=status_of(verification), headers={"Cache-Control": "no-store"})


class PedigreeView(APIView):
    """The proofs behind a pack's story."""

    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="pedigree", parameters=[CODE], responses={HTTPStatus.OK: OpenApiTypes.OBJECT}, tags=["verify"]
    )
    def get(self, request: Request) -> Response:
        """A pack's pedigree, to check with medtrail-verify: published statements about it, each with its proof.

        All of them, or, where the operator has set PUBLIC_PEDIGREE=maker: for the public the maker's, for a party the
        pack's way up to its own last part in it, for a regulator all.
        """
        actor = find_reader(request)
        claim = read_code(request.query_params.get("code", ""), today=timezone.localdate())
        if not isinstance(claim, Claim) or claim.serial_number is None:
            raise NotFound("This code names no single pack: expected a product number and a serial number")
        item = find_pack(claim.gtin.digits, claim.serial_number.text)
        if item is None:
            raise NotFound(f"No pack {claim.serial_number} of GTIN {claim.gtin} is registered here")
        try:
            pedigree = build_pedigree(item, reader=reader_of(actor.party if actor else None))
        except NotYetProven as error:
            raise NotFound(str(error), code="NOT_YET_PROVEN") from error
        return Response(pedigree.document, headers={"Cache-Control": "no-store"})
