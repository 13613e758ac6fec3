"""A code that somebody types: whole, or as the four lines that are printed beside it."""

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from supplychain.gs1.identifiers import format_yymmdd
from supplychain.gs1.uri import escape


class CodeForm(forms.Form):
    code = forms.CharField(label=_("Code"), max_length=8191, required=False, strip=False)
    gtin = forms.CharField(label=_("Product number (GTIN, PC)"), max_length=14, required=False)
    serial_number = forms.CharField(label=_("Serial number (SN)"), max_length=20, required=False)
    lot_number = forms.CharField(label=_("Lot (LOT)"), max_length=20, required=False)
    expiry = forms.DateField(label=_("Expiry (EXP)"), required=False)

    def typed_code(self) -> str:
        """The code in full, or the Digital Link that the four lines make; empty if nothing was typed."""
        lines = self.cleaned_data
        if lines["code"] or not lines["gtin"]:
            return str(lines["code"])
        gtin = lines["gtin"].replace(" ", "")
        path = f"/01/{escape(gtin.zfill(14) if len(gtin) in (8, 12, 13) else gtin)}"
        for ai, name in (("10", "lot_number"), ("21", "serial_number")):
            path += f"/{ai}/{escape(lines[name])}" if lines[name] else ""
        query = f"?17={format_yymmdd(lines['expiry'])}" if lines["expiry"] else ""
        return f"{settings.PUBLIC_URL}{path}{query}"
