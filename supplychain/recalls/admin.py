"""The operator's view of recalls: to read, all of it."""

from django.contrib import admin

from ledger.admin import ReadOnlyAdmin
from supplychain.models import (
    Approval,
    Declaration,
    Hold,
    Proposal,
    Recall,
    RecalledBatch,
    RecallNotice,
    RecallReport,
)


@admin.register(Hold)
class HoldAdmin(ReadOnlyAdmin):
    list_display = ["pk", "item", "batch", "party", "authority", "reason", "event_id", "lifted_by_id"]
    list_filter = ["authority", "reason"]
    list_select_related = ["item", "batch__product", "party"]
    search_fields = ["item__serial_number__exact", "batch__lot_number__exact", "party__gln__exact"]


@admin.register(Declaration)
class DeclarationAdmin(ReadOnlyAdmin):
    list_display = ["record_time", "kind", "party", "entry_id"]
    list_filter = ["kind"]
    list_select_related = ["party"]
    search_fields = ["party__gln__exact", "nonce__exact"]


@admin.register(Proposal)
class ProposalAdmin(ReadOnlyAdmin):
    list_display = ["proposed_at", "op", "party", "product", "entry_id", "dropped_at"]
    list_filter = ["op"]
    list_select_related = ["party", "product"]
    search_fields = ["party__gln__exact", "product__gtin__exact"]


@admin.register(Approval)
class ApprovalAdmin(ReadOnlyAdmin):
    list_display = ["at", "proposal_id", "party", "user", "keyid"]
    list_select_related = ["party", "user"]
    search_fields = ["party__gln__exact", "keyid__exact"]


@admin.register(Recall)
class RecallAdmin(ReadOnlyAdmin):
    list_display = ["in_force_at", "action", "product", "severity", "respond_by", "lifted_at"]
    list_filter = ["action", "severity", "reason"]
    list_select_related = ["product"]
    search_fields = ["product__gtin__exact", "product__name"]


@admin.register(RecalledBatch)
class RecalledBatchAdmin(ReadOnlyAdmin):
    list_display = ["recall_id", "batch"]
    list_select_related = ["batch__product"]
    search_fields = ["batch__lot_number__exact"]


@admin.register(RecallNotice)
class RecallNoticeAdmin(ReadOnlyAdmin):
    list_display = ["recall_id", "party", "packs", "dispensed", "is_addressed"]
    list_select_related = ["party"]
    search_fields = ["party__gln__exact", "party__name"]


@admin.register(RecallReport)
class RecallReportAdmin(ReadOnlyAdmin):
    list_display = ["at", "recall_id", "party", "quantities"]
    list_select_related = ["party"]
    search_fields = ["party__gln__exact", "party__name"]
