"""`/capture`: documents come in, and what became of them can be asked for."""

from typing import Any
from uuid import UUID

from django.urls import reverse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from supplychain.epcis_rest import headers
from supplychain.epcis_rest.base import EITHER_FORM, EpcisView, is_xml
from supplychain.epcis_rest.pages import paged, read_cut
from supplychain.epcis_rest.problems import Problem
from supplychain.epcis_rest.schema import CAPTURE_HEADERS, DOCUMENT, PAGE, CaptureJobSerializer
from supplychain.models import CaptureJob
from supplychain.repository.lists import job_page
from supplychain.repository.results import format_moment
from supplychain.usecases.accept_document import accept_document


class CaptureView(EpcisView):
    parser_classes = EITHER_FORM
    announces_capture = True

    @extend_schema(
        operation_id="epcis_capture",
        summary="Capture a document of events",
        request=DOCUMENT,
        parameters=CAPTURE_HEADERS,
        responses={202: OpenApiResponse(description="Taken; `Location` is the capture job.")},
        tags=["epcis"],
    )
    def post(self, request: Request) -> Response:
        """An EPCISDocument or EPCISQueryDocument, in JSON-LD or XML. It is read and checked at once, and captured by a
        worker: `Location` tells how far it is."""
        job = accept_document(
            actor=self.actor,
            data=self.body,
            is_xml=is_xml(request),
            behaviour=headers.error_behaviour(request).value,
        )
        return Response(status=status.HTTP_202_ACCEPTED, headers={"Location": job_path(job)})

    @extend_schema(
        operation_id="epcis_capture_jobs",
        summary="Capture jobs, newest first",
        parameters=PAGE,
        responses=CaptureJobSerializer(many=True),
        tags=["epcis"],
    )
    def get(self, request: Request) -> Response:
        """The party's own."""
        cut = read_cut(request, ["capture", self.actor.party.pk])
        page = job_page(self.actor.party, as_of=cut.as_of, key=cut.key, size=cut.size)
        return paged(request, cut, [job_body(job) for job in page.rows], page.next)


class CaptureJobView(EpcisView):
    announces_capture = True

    @extend_schema(
        operation_id="epcis_capture_job",
        summary="How far a capture job is",
        responses=CaptureJobSerializer,
        tags=["epcis"],
    )
    def get(self, request: Request, job_id: str) -> Response:
        """`running` and `success` as the standard's table has them; `errors` name the place in the document."""
        return Response(job_body(job_of(self.actor.party.pk, job_id)))


def job_of(party: int, text: str) -> CaptureJob:
    try:
        job = CaptureJob.objects.filter(party=party, pk=UUID(text)).defer("document").first()
    except ValueError:
        job = None
    if job is None:
        raise Problem.of("NoSuchResource", f"There is no capture job {text[:80]!r} of yours")
    return job


def job_path(job: CaptureJob) -> str:
    return reverse("epcis:capture-job", args=[str(job.pk)])


def job_body(job: CaptureJob) -> dict[str, Any]:
    body: dict[str, Any] = {
        "captureID": str(job.pk),
        "createdAt": format_moment(job.created_at),
        "running": job.running,
        "success": job.success,
        "captureErrorBehaviour": job.behaviour,
        "errors": job.errors,
    }
    if job.finished_at is not None:
        body["finishedAt"] = format_moment(job.finished_at)
    return body
