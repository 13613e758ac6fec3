"""The form of a site."""

from django import forms
from django.utils.translation import gettext_lazy as _

from supplychain.forms import RefusableForm


class PlaceForm(RefusableForm):
    gln = forms.CharField(
        label=_("GLN"),
        max_length=13,
        help_text=_("13 digits, of this site alone. It names the site on the ledger for ever."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "mono", "autocomplete": "off"}),
    )
    name = forms.CharField(label=_("Name"), max_length=200)
    city = forms.CharField(label=_("City"), max_length=100, required=False)
    country = forms.CharField(label=_("Country"), max_length=2, help_text=_("Two letters, for example CH"))

    def clean_country(self) -> str:
        return str(self.cleaned_data["country"]).upper()
