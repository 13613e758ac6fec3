"""What people fill in to end a signing key."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from supplychain.forms import RefusableForm
from supplychain.key_queries import index_at


class RevokeKeyForm(RefusableForm):
    reason = forms.CharField(
        label=_("Why does it end?"),
        max_length=200,
        help_text=_("It stands in the log for everybody, for ever."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    stolen_since = forms.DateTimeField(
        label=_("In strange hands since"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_(
            "In UTC. Only if somebody else may have used the key: whatever it signed from then on becomes suspect."
        ),
    )

    def clean_stolen_since(self) -> Any:
        moment = self.cleaned_data["stolen_since"]
        if moment is not None and moment > timezone.now():
            raise forms.ValidationError(_("This lies in the future."))
        return moment

    def wish(self) -> dict[str, Any]:
        """The parameters of the use case: the log counts by index, people count by the clock."""
        since = self.cleaned_data["stolen_since"]
        return {"reason": self.cleaned_data["reason"], "invalid_from": index_at(since) if since else None}
