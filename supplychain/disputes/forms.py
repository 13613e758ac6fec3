"""The forms of pages on which two parties settle differences, and of the acts that end or return goods."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from supplychain.acts import Actor
from supplychain.disputes.rules import MOST_NOTE, Answer, Resolution
from supplychain.endings import ENDINGS
from supplychain.forms import ActForm, CodeField, CodesField, scanned
from supplychain.models import Party
from supplychain.pages import words
from supplychain.queries import receivers_for


class CallOffForm(ActForm):
    codes = CodesField(
        label=_("Only these codes, one on each line"),
        required=False,
        help_text=_("Empty: everything that nobody has received yet."),
    )


class AnswerForm(ActForm):
    discrepancies = forms.TypedMultipleChoiceField(coerce=int, required=True)
    answer = forms.ChoiceField(choices=[(one.value, one.value) for one in Answer])
    resolution = forms.ChoiceField(choices=[("", ""), *((one.value, one.value) for one in Resolution)], required=False)
    note = forms.CharField(max_length=MOST_NOTE, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = self.data.getlist("discrepancies") if hasattr(self.data, "getlist") else []
        keys = [one for one in named if one.isascii() and one.isdigit() and len(one) < 19]
        field = self.fields["discrepancies"]
        assert isinstance(field, forms.TypedMultipleChoiceField)
        field.choices = [(key, key) for key in keys]

    def wish(self) -> dict[str, Any]:
        """The parameters of the use case."""
        cleaned = self.cleaned_data
        resolution = cleaned["resolution"] if cleaned["answer"] == Answer.CONFIRM else ""
        return {name: cleaned[name] for name in ("discrepancies", "answer", "note")} | {"resolution": resolution}


class ArrivalForm(ActForm):
    sender = forms.ModelChoiceField(Party.objects.none(), label=_("From"), empty_label=_("Choose a party"))
    codes = CodesField(label=_("Codes, one on each line"), error_messages={"required": _("Scan what has come.")})

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        senders = self.fields["sender"]
        assert isinstance(senders, forms.ModelChoiceField)
        senders.queryset = receivers_for(actor.party)


class EndingForm(ActForm):
    """Goods leave trade, or are locked. What cannot be undone has to be ticked."""

    act = forms.ChoiceField(label=_("What happens to them"), choices=[], widget=forms.RadioSelect)
    codes = CodesField(label=_("Codes, one on each line"), error_messages={"required": _("Scan what it is about.")})
    is_sure = forms.BooleanField(label=_("I know that this cannot be undone"), required=False)

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        act = self.fields["act"]
        assert isinstance(act, forms.ChoiceField)
        act.choices = [(name, words.ENDINGS[name]) for name in acts_of(actor)]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        ending = ENDINGS.get(cleaned.get("act", ""))
        if ending is not None and not ending.is_reversible and not cleaned.get("is_sure"):
            self.add_error("is_sure", _("Tick this: it cannot be taken back."))
        return cleaned


def acts_of(actor: Actor) -> list[str]:
    """The endings that a party with these roles may do, and taking a lock off. Dispensing has a page of its own."""
    roles = set(actor.roles)
    names = [name for name, one in ENDINGS.items() if name != "dispense" and one.roles & roles]
    return [*names, "unlock"] if "lock" in names else names


class UndoForm(ActForm):
    code = CodeField(**scanned(_("Scan the pack"), autofocus=True), error_messages={"required": _("Scan the pack.")})
    was_supplied = forms.ChoiceField(
        label=_("Was the pack out of your hands?"),
        choices=[("no", _("No, it never left us")), ("yes", _("Yes, somebody had it"))],
        widget=forms.RadioSelect,
    )


class VerifyReturnForm(ActForm):
    """One returned pack. Whatever lot and expiry the scanned code carries are read from it."""

    code = forms.Field(label=_("Scan the code on the pack"), widget=forms.TextInput(attrs={"autofocus": True}))
    lot_number = forms.CharField(label=_("Lot, as printed"), max_length=20, required=False)
    expiry = forms.DateField(
        label=_("Expiry, as printed"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
