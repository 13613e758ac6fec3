"""A verification as JSON: the same for the API and for a pack's own address."""

from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.urls import reverse

from anticounterfeit.code import Claim, pedigree_path
from anticounterfeit.queries import ShownParty, ShownStep
from anticounterfeit.usecases.verify_pack import Verification
from anticounterfeit.words import tell, tell_step
from supplychain.models import Recall
from supplychain.recalls.recall import Depth

STATUSES = {
    "UNREADABLE": HTTPStatus.BAD_REQUEST,
    "UNKNOWN_PRODUCT": HTTPStatus.NOT_FOUND,
    "UNKNOWN_UNIT": HTTPStatus.NOT_FOUND,
}


def status_of(verification: Verification) -> HTTPStatus:
    """200 for every verdict about a known product: that a serial is unknown is an answer, not an error."""
    return STATUSES.get(verification.verdict.code, HTTPStatus.OK)


def answer_of(verification: Verification) -> dict[str, Any]:
    verdict, told = verification.verdict, tell(verification.verdict)
    pedigree = pedigree_address(verification)
    return {
        "verdict": {
            "code": verdict.code,
            "severity": verdict.severity.value,
            "alert": verdict.alert,
            "title": told.title,
            "sentence": told.sentence,
            "action": told.action,
            "reason": verification.reason or None,
        },
        "claim": _claim(verification),
        "product": _product(verification),
        "batch": _batch(verification),
        "recalls": [_recall(recall) for recall in verification.recalls],
        "steps": [_step(step) for step in verification.steps],
        "checkpoint": _checkpoint(verification),
        "pedigree": settings.PUBLIC_URL + pedigree if pedigree else None,
    }


def pedigree_address(verification: Verification) -> str | None:
    """The path at which the pack's pedigree can be had, or None while there is nothing to prove."""
    claim = verification.claim
    if not isinstance(claim, Claim) or claim.serial_number is None or not verification.has_proof:
        return None
    return pedigree_path(claim.gtin.digits, claim.serial_number.text)


def _claim(verification: Verification) -> dict[str, str | None] | None:
    claim = verification.claim
    if claim is None:
        return None
    if not isinstance(claim, Claim):
        return {"sscc": claim.digits}
    return {
        "gtin": claim.gtin.digits,
        "lot_number": claim.lot_number.text if claim.lot_number else None,
        "serial_number": claim.serial_number.text if claim.serial_number else None,
        "expiry": claim.expiry.isoformat() if claim.expiry else None,
    }


def _product(verification: Verification) -> dict[str, str] | None:
    product = verification.found.product
    if product is None:
        return None
    return {
        "gtin": product.gtin,
        "name": product.name,
        "generic_name": product.generic_name,
        "strength": product.strength,
        "form": product.form,
        "manufacturer": product.brand_owner.name,
    }


def _batch(verification: Verification) -> dict[str, str] | None:
    batch = verification.found.batch
    if batch is None:
        return None
    return {"lot_number": batch.lot_number, "expiry": batch.expiry.isoformat(), "state": batch.state}


def _recall(recall: Recall) -> dict[str, Any]:
    return {
        "action": recall.action,
        "severity": recall.severity,
        "depth": Depth(recall.depth).name.lower(),
        "reason": recall.reason,
        "text": recall.text,
        "in_force_at": recall.in_force_at.isoformat(),
        "entry": settings.PUBLIC_URL + reverse("ledger:entry", args=[bytes(recall.entry.entry_id)]),
    }


def _step(step: ShownStep) -> dict[str, Any]:
    return {
        "biz_step": step.biz_step,
        "text": tell_step(step),
        "day": step.time.date().isoformat(),
        "concerns": step.concerns.value,
        "by": _party(step.actor),
        "to": _party(step.receiver) if step.receiver else None,
        "is_answered": step.is_answered,
        "proof": {
            "state": step.proof.state,
            "block": step.proof.block,
            "entry": settings.PUBLIC_URL + reverse("ledger:entry", args=[step.entry_id]),
        },
    }


def _party(party: ShownParty) -> dict[str, str]:
    shown = {"role": str(party.role), "country": party.country}
    return shown | {"name": party.name} if party.name else shown


def _checkpoint(verification: Verification) -> dict[str, Any] | None:
    checkpoint = verification.checkpoint
    if checkpoint is None:
        return None
    witnessing = verification.witnessing
    return {
        "size": checkpoint.tree_size,
        "signed_at": checkpoint.signed_at.isoformat(),
        "cosigners": sorted(witnessing.cosigners),
        "witnessed": witnessing.is_witnessed,
        "quorum": witnessing.quorum,
        "cosigned_at": witnessing.newest.isoformat() if witnessing.newest else None,
    }
