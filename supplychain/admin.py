"""The operator's view. What came through a signed act is there to read; master data can be put right, within the rules.

Parties, products and batches are not made here: they come through their use cases, which check numbers and rights.
"""

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ledger.admin import PlainAdmin, ReadOnlyAdmin
from supplychain.acts import Refused
from supplychain.gs1.errors import GS1Error
from supplychain.gs1.identifiers import Gln
from supplychain.models import (
    Allocation,
    ApiKey,
    Batch,
    Containment,
    Content,
    Draft,
    Event,
    EventItem,
    Handoff,
    Invitation,
    Item,
    ListTile,
    Membership,
    NationalCode,
    Party,
    Place,
    Product,
    Receipt,
    Refusal,
)
from supplychain.pages.words import DUTIES
from supplychain.people.duties import guard_duties
from supplychain.stock import epc_of
from supplychain.usecases.register_party import check_master_data

if TYPE_CHECKING:
    PartyModelForm = forms.ModelForm[Party]
    PlaceModelForm = forms.ModelForm[Place]
    MembershipModelForm = forms.ModelForm[Membership]
    ProductInline = admin.TabularInline[NationalCode, Product]
else:  # generic for the type checker only
    PartyModelForm = PlaceModelForm = MembershipModelForm = forms.ModelForm
    ProductInline = admin.TabularInline


class MadeElsewhereAdmin(PlainAdmin):
    """Rows that a use case or a command makes; here some of their fields may be corrected, and none may be deleted."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


# --- Master data ------------------------------------------------------------------------------------------------------


class PartyForm(PartyModelForm):
    """The same checks as at admission."""

    def clean_company_prefixes(self) -> list[str]:
        prefixes = self.cleaned_data["company_prefixes"] or []
        if not isinstance(prefixes, list) or not all(isinstance(one, str) for one in prefixes):
            raise ValidationError(_('Expected a list of texts, such as ["9520001"]'))
        return prefixes

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        party = self.instance
        try:
            check_master_data(
                gln=party.gln,
                name=cleaned.get("name", ""),
                # A party that was imported has no role until it is admitted: nothing to check.
                roles=party.roles or ["regulator"],
                country=cleaned.get("country", ""),
                company_prefixes=cleaned.get("company_prefixes", []),
            )
        except Refused as error:
            raise ValidationError(str(error)) from error
        return cleaned


@admin.register(Party)
class PartyAdmin(MadeElsewhereAdmin):
    form = PartyForm
    list_display = ["name", "gln", "country", "roles", "is_admitted", "licence_expiry"]
    list_filter = ["country", ("keyid", admin.EmptyFieldListFilter)]
    search_fields = ["name", "gln", "licence_number"]
    # The regulator gives roles and keys, at admission; a GLN is signed into every statement.
    readonly_fields = ["gln", "roles", "keyid", "next_sscc_reference", "created_at"]

    @admin.display(boolean=True, description=_("admitted"))
    def is_admitted(self, party: Party) -> bool:
        return bool(party.keyid)


class GlnForm(PlaceModelForm):
    def clean_gln(self) -> str:
        try:
            return Gln(self.cleaned_data["gln"]).digits
        except GS1Error as error:
            raise ValidationError(str(error), code=error.code) from error


@admin.register(Place)
class PlaceAdmin(PlainAdmin):
    form = GlnForm
    list_display = ["name", "gln", "city", "country", "party"]
    list_filter = ["country"]
    list_select_related = ["party"]
    search_fields = ["name", "gln", "city", "party__name"]
    raw_id_fields = ["party"]


class MembershipForm(MembershipModelForm):
    duties = forms.MultipleChoiceField(choices=list(DUTIES.items()), widget=forms.CheckboxSelectMultiple)

    def clean_duties(self) -> list[str]:
        duties: list[str] = self.cleaned_data["duties"]
        if breaches := guard_duties(duties):
            raise ValidationError(breaches[0].text, code=breaches[0].code)
        return duties


@admin.register(Membership)
class MembershipAdmin(PlainAdmin):
    """For the first member of a party, and for a party that locked itself out; it lets the others in itself."""

    form = MembershipForm
    list_display = ["user", "party", "duties"]
    list_select_related = ["user", "party"]
    search_fields = ["user__username", "party__name", "party__gln"]
    raw_id_fields = ["user", "party"]


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    list_display = ["name", "party", "duties", "invited_by", "created_at", "expires_at"]
    list_select_related = ["party", "invited_by"]
    exclude = ["secret_sha256"]


@admin.register(ApiKey)
class ApiKeyAdmin(MadeElsewhereAdmin):
    """Keys are made by `manage.py create_api_key`, which shows the text once. What is kept of it stands on no page."""

    list_display = ["name", "prefix", "party", "scopes", "created_at", "last_used_at", "revoked_at"]
    list_filter = [("revoked_at", admin.EmptyFieldListFilter)]
    list_select_related = ["party"]
    search_fields = ["name", "prefix", "party__name", "party__gln"]
    fields = ["name", "prefix", "party", "scopes", "created_at", "last_used_at", "revoked_at"]
    readonly_fields = ["prefix", "party", "scopes", "created_at", "last_used_at", "revoked_at"]
    actions = ["revoke"]

    @admin.action(description=_("Revoke selected keys, for good"), permissions=["change"])
    def revoke(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> None:
        revoked = keys.filter(revoked_at=None).update(revoked_at=timezone.now())
        self.message_user(request, _("%(count)d keys revoked.") % {"count": revoked}, messages.SUCCESS)


class NationalCodeInline(ProductInline):
    model = NationalCode
    extra = 0


@admin.register(Product)
class ProductAdmin(MadeElsewhereAdmin):
    list_display = ["name", "gtin", "strength", "form", "brand_owner"]
    list_select_related = ["brand_owner"]
    search_fields = ["name", "generic_name", "gtin", "national_codes__value"]
    readonly_fields = ["gtin", "brand_owner", "serials_issued", "created_at"]
    inlines = [NationalCodeInline]


@admin.register(Batch)
class BatchAdmin(ReadOnlyAdmin):
    """Lot and expiry are under the maker's signature; the state changes by recall."""

    list_display = ["lot_number", "product", "expiry", "state", "created_at"]
    list_filter = ["state", "expiry"]
    list_select_related = ["product"]
    search_fields = ["lot_number", "product__gtin", "product__name"]


# --- What the acts made -----------------------------------------------------------------------------------------------


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    """Without the secret: whoever has it can open what the statement keeps closed."""

    list_display = ["pk", "biz_step", "party", "counterparty", "event_time", "record_time"]
    list_filter = ["biz_step", "record_time"]
    list_select_related = ["party", "counterparty"]
    search_fields = ["event_id", "party__gln", "party__name"]
    exclude = ["secret"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        # A body of a hundred thousand EPCs has megabytes: read for one event, not for a list of them.
        return cast(QuerySet[Event], super().get_queryset(request).defer("body", "secret"))


@admin.register(ListTile)
class ListTileAdmin(ReadOnlyAdmin):
    list_display = ["event_id", "field", "level", "index"]
    exclude = ["hashes"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ListTile]:
        return cast(QuerySet[ListTile], super().get_queryset(request).defer("hashes"))


@admin.register(Item)
class ItemAdmin(ReadOnlyAdmin):
    list_display = ["serial_number", "gtin", "kind", "life", "holder", "handoff_id", "parent_id"]
    list_filter = ["kind", "life"]
    list_select_related = ["holder"]
    # Whole numbers only: a search for a part of one would read every pack there is.
    search_fields = ["serial_number__exact", "gtin__exact"]
    readonly_fields = ["epc"]

    @admin.display(description="EPC")
    def epc(self, item: Item) -> str:
        return epc_of(item)


@admin.register(Allocation)
class AllocationAdmin(ReadOnlyAdmin):
    list_display = ["pk", "product", "quantity", "is_minted", "reconciled_by_id"]
    list_select_related = ["product"]
    search_fields = ["product__gtin__exact"]


@admin.register(EventItem)
class EventItemAdmin(ReadOnlyAdmin):
    list_display = ["event_id", "field", "position", "item"]
    list_select_related = ["item"]
    search_fields = ["item__serial_number__exact", "event__event_id__exact"]


@admin.register(Containment)
class ContainmentAdmin(ReadOnlyAdmin):
    list_display = ["child", "parent", "from_event_id", "to_event_id"]
    list_select_related = ["child", "parent"]
    search_fields = ["child__serial_number__exact", "parent__serial_number__exact"]


@admin.register(Content)
class ContentAdmin(ReadOnlyAdmin):
    list_display = ["unit", "batch", "packs"]
    list_select_related = ["unit", "batch__product"]
    search_fields = ["unit__serial_number__exact", "batch__lot_number__exact"]


@admin.register(Handoff)
class HandoffAdmin(ReadOnlyAdmin):
    list_display = ["pk", "sender", "receiver", "purpose", "state"]
    list_filter = ["state", "purpose"]
    list_select_related = ["sender", "receiver"]
    search_fields = ["sender__gln__exact", "receiver__gln__exact", "sender__name", "receiver__name"]


@admin.register(Receipt)
class ReceiptAdmin(ReadOnlyAdmin):
    list_display = ["event_id", "handoff_id"]


@admin.register(Refusal)
class RefusalAdmin(ReadOnlyAdmin):
    list_display = ["at", "act", "code", "party", "user"]
    list_filter = ["act", "code", "at"]
    list_select_related = ["party", "user"]
    search_fields = ["code", "party__gln", "party__name"]


@admin.register(Draft)
class DraftAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "act", "party", "user", "expires_at"]
    list_filter = ["act", "created_at"]
    list_select_related = ["party", "user"]
    search_fields = ["party__gln", "nonce"]
    # Seed and statements open the commitments of events that do not exist yet.
    exclude = ["seed", "statements"]


# Of files of their own; Django looks here.
from supplychain.disputes import admin as disputes_admin  # noqa: E402, F401  (registers its pages)
from supplychain.recalls import admin as recalls_admin  # noqa: E402, F401
from supplychain.repository import admin as repository_admin  # noqa: E402, F401
