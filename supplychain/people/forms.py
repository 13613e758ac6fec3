"""What people fill in to let others in: members of their party, and its machines."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from supplychain.forms import RefusableForm
from supplychain.pages import words
from supplychain.people.duties import KINDS_OF_MACHINES, READ, Duty


class DutiesField(forms.MultipleChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            label=_("Duties"),
            choices=[(one.value, words.DUTIES[one]) for one in Duty],
            widget=forms.CheckboxSelectMultiple,
            help_text=_(
                "The operator does the daily work. The responsible person recalls goods and lets people in. The key "
                "holder signs with the party's own key. The auditor sees everything, does nothing, and is nothing else."
            ),
            **kwargs,
        )


class InviteForm(RefusableForm):
    name = forms.CharField(
        label=_("For whom"),
        max_length=80,
        help_text=_("So that you know the invitation again. It is shown to members of your party only."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    duties = DutiesField()


class DutiesForm(RefusableForm):
    duties = DutiesField()


class ApiKeyForm(RefusableForm):
    name = forms.CharField(
        label=_("What it is for"),
        max_length=80,
        help_text=_("For example: packaging line 2"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        choices=[(one, words.SCOPES[one]) for one in words.SCOPES if one in {READ, *KINDS_OF_MACHINES}],
        widget=forms.CheckboxSelectMultiple,
        initial=[READ],
    )


class JoinForm(RefusableForm):
    username = forms.CharField(
        label=_("Name to sign in with"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "off", "spellcheck": "false"}),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=4096,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 10 characters, and not one of those that everybody tries."),
    )
    again = forms.CharField(
        label=_("Password again"),
        max_length=4096,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("password") and cleaned.get("again") and cleaned["password"] != cleaned["again"]:
            self.add_error("again", _("The two passwords differ."))
        return cleaned
