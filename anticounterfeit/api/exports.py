"""A batch's archive over the API."""

from django.http import StreamingHttpResponse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request

from anticounterfeit.pages.exports import archive_response
from anticounterfeit.usecases.export_batch import export_batch
from supplychain.api.base import PartyView
from supplychain.api.batches import batch_of
from supplychain.models import Batch


class BatchExportView(PartyView):
    @extend_schema(
        operation_id="batches_export",
        summary="All that is known of a batch, to be checked offline (brand owner, regulator)",
        responses={(200, "application/zip"): OpenApiResponse(bytes, "Check it with medtrail-verify")},
    )
    def get(self, request: Request, pk: int) -> StreamingHttpResponse:
        """Every published statement with its proof, the packs and their state as CSV, and some pedigrees; streamed."""
        batch = batch_of(pk, Batch.objects.all())
        return archive_response(batch, export_batch(reader=self.actor.party, batch=batch))
