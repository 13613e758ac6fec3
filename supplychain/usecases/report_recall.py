"""A party answers a recall: it knows of it, and then, how many packs it has set apart, sent back, destroyed …"""

from collections.abc import Sequence

from supplychain.acts import Actor, Refused, Request
from supplychain.declaring import Declared, declaration, prepare
from supplychain.models import Recall, RecallNotice, RecallReport
from supplychain.recalls.counting import count_scanned
from supplychain.recalls.gathering import read_recall, report_entry
from supplychain.recalls.projection import project_declaration
from supplychain.recalls.recall import QUANTITIES
from supplychain.recalls.statement import REPORT, Answer, parse_quantities


@declaration("report_recall")
def report_recall(
    *,
    actor: Actor,
    request: Request,
    recall: Recall,
    quantities: Sequence[int] | None = None,
    scanned: Sequence[str] = (),
) -> Declared:
    """Answer `recall`: without `quantities` that the party knows of it, else packs in the order of `QUANTITIES`.

    Each report takes the place of the one before. `scanned` are packs and units (EPCs) that were set apart and scanned
    one by one; they are counted here and added to what is quarantined. A licence that has run out excuses nobody.
    """
    found = read_recall(recall.pk)
    # A party's own answers come one after the other.
    notice = RecallNotice.objects.select_for_update().filter(recall=found, party=actor.party).first()
    if notice is None or not notice.is_addressed:
        raise Refused.because("NOT_ADDRESSED", "This recall found none of its goods with you")
    counted = _counted(actor, found, quantities, scanned)
    _check_no_more_than_held(counted, notice)
    before = (
        RecallReport.objects.filter(recall=found, party=actor.party).select_related("entry").order_by("-pk").first()
    )
    answer = Answer(bytes(found.entry.entry_id).hex(), request.time, counted)
    after = [found.entry, before.entry] if before else [found.entry]
    prepared = prepare(actor, request, kind=REPORT, body=answer.as_json(), after=after)
    entry = report_entry(actor, request, prepared)
    if not entry.envelope:  # only tried out
        return Declared(recall=found)
    report = project_declaration(entry)
    assert isinstance(report, RecallReport)
    return Declared(recall=found, report=report)


def _counted(
    actor: Actor, recall: Recall, quantities: Sequence[int] | None, scanned: Sequence[str]
) -> dict[str, int] | None:
    if quantities is None and not scanned:
        return None
    given = list(quantities) if quantities is not None else [0] * len(QUANTITIES)
    if len(given) != len(QUANTITIES):
        raise Refused.because("BAD_COUNT", f"{len(given)} numbers: expected {len(QUANTITIES)}, {', '.join(QUANTITIES)}")
    counted = parse_quantities(dict(zip(QUANTITIES, given, strict=True)))
    counted["quarantined"] += count_scanned(actor.party, recall, scanned)
    return counted


def _check_no_more_than_held(counted: dict[str, int] | None, notice: RecallNotice) -> None:
    had, said = notice.packs + notice.dispensed, sum((counted or {}).values())
    if said > had:
        raise Refused.because(
            "MORE_THAN_HELD", f"{said} packs are reported, but the recall found {had} with you, given out ones included"
        )
