"""A list of serials is counted after the line has run: issued = applied + destroyed + unused."""

from collections.abc import Sequence

from supplychain.acts import Actor, Done, Refused, Request, act, check
from supplychain.epcis import event as epcis
from supplychain.lifecycle import MAY_COMMISSION, Life, guard_role
from supplychain.models import Allocation, Product
from supplychain.recording import enact, scene_of
from supplychain.serials.reconciliation import count_serials, guard_reconcile
from supplychain.stock import epcs_of


@act("reconcile")
def reconcile(
    *,
    actor: Actor,
    request: Request,
    allocation: Allocation,
    destroyed: Sequence[str] = (),
    unused: Sequence[str] | None = None,
    applied: int | None = None,
) -> Done:
    """Close `allocation`: what was not commissioned by now never can be.

    `destroyed` are serials whose codes were spoilt, `unused` those that came back unprinted (None: all that are left);
    `applied` is what the line counted. What does not add up is accepted and named: the codes are where they are.
    """
    check(guard_role(actor.roles, MAY_COMMISSION, "reconcile serial numbers"))
    product = allocation.product
    if product.brand_owner_id != actor.party.pk:
        raise Refused.because("NOT_BRAND_OWNER", f"GTIN {product.gtin} belongs to another party")
    # The same lock as commissioning takes: a pack that is being made now comes wholly before or after the count.
    Product.objects.select_for_update().get(pk=product.pk)
    allocation = Allocation.objects.select_for_update(of=("self",)).select_related("event__entry").get(pk=allocation.pk)
    if allocation.reconciled_by_id is not None:
        raise Refused.because("ALREADY_RECONCILED", "These serials were counted before; a count is never changed")
    issued = list(allocation.items.order_by("pk").values_list("serial_number", "life"))
    spoilt = epcs_of(product.gtin, destroyed)
    left = None if unused is None else epcs_of(product.gtin, unused)
    check(
        guard_reconcile(
            of_allocation=epcs_of(product.gtin, [serial for serial, _ in issued]), destroyed=spoilt, unused=left
        )
    )
    dark = epcs_of(product.gtin, [serial for serial, life in issued if life == Life.ALLOCATED])
    tally = count_serials(issued=len(issued), dark=dark, destroyed=spoilt, unused=left, counted=applied)
    body = epcis.reconciling(
        scene_of(actor, request), gtin=product.gtin, tally=tally, allocation=allocation.event.event_id
    )
    return enact(body, actor=actor, request=request, after=[allocation.event])
