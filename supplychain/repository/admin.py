"""The operator's view of the EPCIS interface: what clients have sent, and where their subscriptions stand."""

from django.contrib import admin

from ledger.admin import ReadOnlyAdmin
from supplychain.models import CaptureJob, NamedQuery, Subscription


@admin.register(CaptureJob)
class CaptureJobAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "party", "behaviour", "total", "done", "success", "finished_at", "attempts"]
    list_filter = ["success", "behaviour", "created_at"]
    list_select_related = ["party"]
    search_fields = ["party__gln", "party__name"]
    exclude = ["document"]  # megabytes


@admin.register(NamedQuery)
class NamedQueryAdmin(ReadOnlyAdmin):
    list_display = ["name", "party", "created_at"]
    list_select_related = ["party"]
    search_fields = ["name", "party__gln"]


@admin.register(Subscription)
class SubscriptionAdmin(ReadOnlyAdmin):
    list_display = ["query", "dest", "last_notified_at", "failures", "last_error", "due_at"]
    list_select_related = ["query"]
    search_fields = ["query__name", "dest"]
    exclude = ["wrapped_secret"]
