"""Steps that many tests start from, and what they count in the end."""

from datetime import timedelta

from django.utils import timezone

from supplychain.models import Event
from tests.browser.people import Person
from tests.factories import Cast, commissioned, handed_over


def acts(step: str) -> int:
    return Event.objects.filter(biz_step=step).count()


def at_the_pharmacy(cast: Cast, count: int = 1) -> list[str]:
    """The EPCs of new packs in the pharmacy's hands."""
    packs = commissioned(cast.maker, count)
    handed_over(cast.maker, cast.wholesaler, packs)
    handed_over(cast.wholesaler, cast.pharmacy, packs)
    return packs


def open_batch_form(maker: Person, *, lot_number: str = "L1", days: int = 600) -> None:
    maker.open("/batches/new")
    fill_batch_form(maker, lot_number=lot_number, days=days)


def fill_batch_form(maker: Person, *, lot_number: str = "L1", days: int = 600) -> None:
    maker.choose("Product", "Amoxil 500 mg")
    maker.fill(lot_number=lot_number, expiry=(timezone.localdate() + timedelta(days=days)).isoformat())
