"""What effects do to goods that came back. Called by `projection` only.

That goods came back stands on roots, as custody does: it goes up to the unit that they are packed into, and comes down
to what is taken out of it.
"""

from collections.abc import Sequence

from supplychain.effects import CheckReturn
from supplychain.lifecycle import Breach
from supplychain.models import Event, Item, ReturnCheck
from supplychain.projecting import change
from supplychain.returns.rules import SALEABLE
from supplychain.stock import epc_of


def carry_return_in(unit: Item, children: Sequence[Item]) -> None:
    returned = [item for item in children if item.returned_by_id is not None]
    if returned:
        change([unit], returned_by=returned[0].returned_by_id)
        change(returned, returned_by=None)


def note_return_check(event: Event, effect: CheckReturn, goods: Sequence[Item]) -> tuple[Breach, ...]:
    outcomes = dict(effect.failed)
    ReturnCheck.objects.bulk_create(
        [
            ReturnCheck(item=item, event=event, epc=epc_of(item), outcome=outcomes.get(epc_of(item), SALEABLE))
            for item in goods
        ],
        batch_size=2000,
    )
    change([item for item in goods if epc_of(item) not in outcomes], returned_by=None, last_event=event)
    change([item for item in goods if epc_of(item) in outcomes], last_event=event)
    return tuple(Breach("NOT_SALEABLE", epc, outcome) for epc, outcome in effect.failed)
