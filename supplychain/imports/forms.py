"""The form of an upload."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from supplychain.acts import Actor
from supplychain.imports.master_csv import LAYOUTS, PARTIES, PLACES, PRODUCTS
from supplychain.imports.table_csv import Layout
from supplychain.lifecycle import MAY_ADMIT, MAY_COMMISSION, MAY_TRADE

KINDS = (
    (PRODUCTS, _("Products"), MAY_COMMISSION),
    (PLACES, _("Places"), MAY_TRADE),
    (PARTIES, _("Parties"), MAY_ADMIT),
)


class ImportForm(forms.Form):
    kind = forms.ChoiceField(label=_("What is in it"))
    file = forms.FileField(
        label=_("CSV file"),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,text/csv,text/plain"}),
        help_text=_("From a spreadsheet: save as CSV UTF-8. The first line names the columns."),
    )
    dry_run = forms.BooleanField(label=_("Only check it, store nothing"), required=False)

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [(kind, text) for kind, text, allowed in KINDS if allowed.intersection(actor.roles)]
        field = self.fields["kind"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = kinds
        self.layouts: list[tuple[Any, Layout]] = [(text, LAYOUTS[kind]) for kind, text in kinds]
