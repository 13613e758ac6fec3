"""Makes the EPCIS index of events that have none: those that were recorded before there was one."""

import json
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from supplychain.models import Event
from supplychain.openings import statement_of
from supplychain.repository.index import index_event
from supplychain.statement import moves_goods

RUN = 500


class Command(BaseCommand):
    help = "Index events for EPCIS queries that are not indexed yet. Can be stopped and started again at any time."

    def handle(self, *args: Any, **options: Any) -> None:
        last = count = 0
        while run := self._next(last):
            with transaction.atomic():
                for event in run:
                    body = json.loads(event.body)
                    index_event(event, body, None, moves_goods=moves_goods(statement_of(event)))
            last, count = run[-1].pk, count + len(run)
        self.stdout.write(f"{count} events indexed")

    @staticmethod
    def _next(last: int) -> list[Event]:
        rows = Event.objects.filter(pk__gt=last, epcis_index=None).select_related("entry")
        return list(rows.order_by("pk")[:RUN])
