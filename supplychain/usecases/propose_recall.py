"""Goods are to be called back: the maker or an authority proposes it, and it is in force when enough have signed."""

from collections.abc import Sequence
from datetime import date

from django.utils import timezone

from supplychain.acts import Actor, Refused, Request, check
from supplychain.declaring import Declared, declaration
from supplychain.lifecycle import guard_licence
from supplychain.models import Batch, Product
from supplychain.recalls.gathering import guard_proposer, propose
from supplychain.recalls.recall import Action, Depth, Scope
from supplychain.recalls.statement import REASONS, Body, Op


@declaration("propose_recall")
def propose_recall(
    *,
    actor: Actor,
    request: Request,
    product: Product,
    lots: Sequence[str] | None,
    severity: int,
    depth: str,
    reason: str,
    text: str,
    respond_by: str,
    action: str = Action.RECALL.value,
    serials: Sequence[Sequence[str]] = (),
    markets: Sequence[str] = (),
) -> Declared:
    """Propose to call back batches `lots` of `product`, or with None the whole product, and sign it first.

    `serials` are pairs of first and last serial number, `markets` country codes: both limit it further. `text` is for
    the public, in the words of whoever proposes; `respond_by` a day by which those who hold the goods answer. What the
    words mean: `recalls.statement`.
    """
    check(guard_proposer(actor, product))
    check(guard_licence(actor.party.licence_expiry, today=timezone.localdate(), who=actor.party.name))
    _check_words(action, depth, reason)
    scope = make_scope(product, lots, serials, markets)
    check_batches(product, scope)
    body = Body(
        Op.RECALL,
        text.replace("\r\n", "\n").strip(),
        request.time,
        scope=scope,
        action=Action(action),
        severity=severity,
        depth=Depth[depth.upper()],
        reason=reason,
        respond_by=_parse_day(respond_by),
    )
    return propose(actor, request, body, product=product)


def make_scope(
    product: Product, lots: Sequence[str] | None, serials: Sequence[Sequence[str]], markets: Sequence[str]
) -> Scope:
    """What was asked for, in the order that a statement has it. Whether it is valid, the statement's reader says."""
    pairs = sorted({(one[0], one[-1]) for one in serials})
    named = None if lots is None else tuple(sorted(set(lots)))
    if named == ():
        raise Refused.because("NOTHING_TO_DO", "No batch was named: expected at least one, or the whole product")
    return Scope(product.gtin, named, tuple(pairs), tuple(sorted(set(markets))))


def check_batches(product: Product, scope: Scope) -> None:
    """Every lot is one of the product's: a mistyped number would call back nothing, and nobody would notice."""
    if scope.lots is None:
        return
    known = set(
        Batch.objects.filter(product=product, lot_number__among=scope.lots).values_list("lot_number", flat=True)
    )
    if unknown := [one for one in scope.lots if one not in known]:
        shown = ", ".join(unknown[:20])
        raise Refused.because("UNKNOWN_BATCH", f"GTIN {product.gtin} has no lot {shown}")


def _check_words(action: str, depth: str, reason: str) -> None:
    for value, known in (
        (action, [one.value for one in Action]),
        (depth, [one.name.lower() for one in Depth]),
        (reason, REASONS),
    ):
        if value not in known:
            raise Refused.because("BAD_RECALL", f"{value!r}: expected one of {', '.join(known)}")


def _parse_day(text: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise Refused.because("BAD_RECALL", f"Day {text!r}: expected YYYY-MM-DD") from None
    if found < timezone.localdate():
        raise Refused.because("BAD_RECALL", f"Answers by {found}: expected today or a day to come")
    return found
