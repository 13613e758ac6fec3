"""Wherever a page shows a proof it says who but the operator stands behind it, and since when."""

from typing import Any

from django import template
from django.utils import timezone

from ledger.models import Checkpoint
from ledger.witnesses import witnessing_of

register = template.Library()


@register.inclusion_tag("ledger/_witnessing.html")
def witnessing(checkpoint: Checkpoint | None) -> dict[str, Any]:
    found = witnessing_of(checkpoint)
    return {"witnessing": found, "names": ", ".join(found.cosigners), "now": timezone.now()}
