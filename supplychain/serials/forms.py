"""Forms about serial numbers before there are packs."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from supplychain.forms import ActForm, BatchForm
from supplychain.serials.serial_csv import SerialList, parse_serials
from supplychain.usecases.commission import MOST_SERIALS


class AllocationForm(BatchForm):
    """Serials for a line: minted here, or the maker's own list. No batch yet: that is printed with them later."""

    lot_number = None  # type: ignore[assignment]
    expiry = None  # type: ignore[assignment]
    count = forms.IntegerField(label=_("How many"), required=False, min_value=1, max_value=MOST_SERIALS)

    def wish(self) -> dict[str, Any]:
        own = self.serials.serial_numbers if self.serials is not None else None
        count = None if own is not None else self.cleaned_data["count"]
        return {"product": self.cleaned_data["product"], "serial_numbers": own, "count": count}


class ReconcileForm(ActForm):
    """What the line reports about the serials that were issued to it."""

    applied = forms.IntegerField(
        label=_("Codes applied, as the line counted them"), required=False, min_value=0, max_value=MOST_SERIALS
    )
    destroyed = forms.CharField(
        label=_("Spoilt or scrapped codes"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "class": "mono", "spellcheck": "false"}),
        help_text=_("Serial numbers, one on each line."),
    )
    unused = forms.CharField(
        label=_("Codes that came back unused"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "class": "mono", "spellcheck": "false"}),
        help_text=_("Serial numbers, one on each line. Empty: everything that is left was never printed."),
    )

    def clean_destroyed(self) -> list[str]:
        return self._serials("destroyed")

    def clean_unused(self) -> list[str] | None:
        return self._serials("unused") or None

    def _serials(self, field: str) -> list[str]:
        text = self.cleaned_data[field]
        found = parse_serials(text.encode()) if text.strip() else SerialList()
        if found.errors:
            raise forms.ValidationError([f"{one.line}: {one.value} {one.reason}" for one in found.errors[:20]])
        return found.serial_numbers
