"""The operator's view of what went wrong in trade: differences, returns, corrections."""

from django.contrib import admin

from ledger.admin import ReadOnlyAdmin
from supplychain.models import Correction, Discrepancy, ReturnCheck


@admin.register(Discrepancy)
class DiscrepancyAdmin(ReadOnlyAdmin):
    list_display = ["code", "epc", "claimant", "respondent", "standing", "resolution"]
    list_filter = ["standing", "code"]
    list_select_related = ["claimant", "respondent"]
    search_fields = ["epc", "claimant__gln", "respondent__gln"]
    raw_id_fields = ["item", "handoff"]


@admin.register(ReturnCheck)
class ReturnCheckAdmin(ReadOnlyAdmin):
    list_display = ["epc", "outcome", "event"]
    list_filter = ["outcome"]
    list_select_related = ["event"]
    search_fields = ["epc"]
    raw_id_fields = ["item"]


@admin.register(Correction)
class CorrectionAdmin(ReadOnlyAdmin):
    list_display = ["event", "declared_by", "reason"]
    list_filter = ["reason"]
    list_select_related = ["event", "declared_by"]
    search_fields = ["event__event_id"]
