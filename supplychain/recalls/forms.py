"""What people fill in about recalls: propose, narrow, lift, sign, answer."""

import re
from datetime import date, timedelta
from typing import Any, cast

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from supplychain.acts import Actor
from supplychain.forms import ActForm, CodesField, split_list
from supplychain.models import Product, Recall
from supplychain.recalls.lot_text import read_lots
from supplychain.recalls.recall import QUANTITIES, Depth
from supplychain.recalls.statement import MOST_LOTS, MOST_RANGES, MOST_TEXT
from supplychain.recalls.words import ACTIONS, DEPTHS, HOLD_REASONS, REASONS, SEVERITIES
from supplychain.recalls.words import QUANTITIES as QUANTITY_WORDS
from supplychain.visibility import visible_products

DAYS_TO_ANSWER = 10
# Signs of running text; none of them is likely in a list of lot numbers.
_WORDS = re.compile(r"(?i)\b(?:lots?|units?|exp)\b|[#:]")


class ProductByGtin(forms.Field):
    """A product by its GTIN: a regulator has too many for a list."""

    def to_python(self, value: str | None) -> Product | None:
        text = (value or "").strip()[:20]
        if not text:
            return None
        product = Product.objects.filter(gtin=text.zfill(14)).first()
        if product is None:
            raise forms.ValidationError(gettext("%(gtin)s: no such product is registered") % {"gtin": text})
        return product


def _text(label: Any, help_text: Any) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=MOST_TEXT, widget=forms.Textarea(attrs={"rows": 4}), help_text=help_text
    )


def _number(name: str) -> forms.IntegerField:
    return forms.IntegerField(
        label=cast(Any, QUANTITY_WORDS[name]),
        min_value=0,
        required=False,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )


class ScopeForm(ActForm):
    lots = forms.CharField(
        label=_("Lot numbers"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "class": "mono", "spellcheck": "false"}),
        help_text=_("Several: with a space between them, or on lines of their own."),
    )
    whole_product = forms.BooleanField(label=_("The whole product: every batch, also those to come"), required=False)
    serials = forms.CharField(
        label=_("Only serial numbers"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "class": "mono", "spellcheck": "false"}),
        help_text=_("First and last of a range with a space between them, one range on each line."),
    )
    markets = forms.CharField(
        label=_("Only in countries"), required=False, help_text=_("Country codes, for example CH DE FR")
    )

    def clean_serials(self) -> list[list[str]]:
        ranges = [line.split() for line in self.cleaned_data["serials"].splitlines() if line.strip()]
        if len(ranges) > MOST_RANGES or any(len(one) not in (1, 2) for one in ranges):
            raise forms.ValidationError(
                gettext("Expected one or two serial numbers on each line, at most %(most)d lines.")
                % {"most": MOST_RANGES}
            )
        return ranges

    def clean_markets(self) -> list[str]:
        return [one.upper() for one in split_list(self.cleaned_data["markets"])]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        named = self._named(cleaned.get("lots") or "")
        if cleaned.get("whole_product"):
            if named:
                self.add_error("whole_product", _("Name lots, or take the whole product; not both."))
            cleaned["lots"] = None
            return cleaned
        if not named:
            self.add_error("lots", _("Which lots? Or is it the whole product?"))
        elif len(named) > MOST_LOTS:
            self.add_error("lots", gettext("At most %(most)d lots.") % {"most": MOST_LOTS})
        cleaned["lots"] = list(dict.fromkeys(named))
        return cleaned

    def _named(self, text: str) -> list[str]:
        """Lot numbers in a row, or the words of a notice that was sent: "Lot #: A1, Exp 09/13"."""
        if not _WORDS.search(text):
            return split_list(text)
        found = read_lots(text)
        if found.left_over:
            left = ", ".join(found.left_over[:20])
            self.add_error("lots", gettext("Not read as lot numbers: %(words)s") % {"words": left})
        return list(found.lots)

    @property
    def scope(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("lots", "serials", "markets")}


class ProposeForm(ScopeForm):
    product = ProductByGtin(
        label=_("Product (GTIN)"),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "mono", "list": "products"}),
    )
    action = forms.ChoiceField(label=_("What it is"), choices=list(ACTIONS.items()), initial="recall")
    severity = forms.TypedChoiceField(label=_("How serious"), choices=list(SEVERITIES.items()), coerce=int)
    depth = forms.ChoiceField(
        label=_("How far"),
        choices=[(one.name.lower(), DEPTHS[one]) for one in Depth],
        initial="consumer",
        help_text=_("Trade in these goods stops everywhere. This says who has to answer, and what patients are told."),
    )
    reason = forms.ChoiceField(label=_("Reason"), choices=list(REASONS.items()))
    text = _text(_("Text for the public"), _("What happened, and what to do. It is shown on the page of every pack."))
    respond_by = forms.DateField(label=_("Answers by"), widget=forms.DateInput(attrs={"type": "date"}))

    field_order = ["product", "lots", "whole_product", "action", "severity", "depth", "reason", "text", "respond_by"]

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.products = list(visible_products(actor.party).order_by("name")[:200])

    @property
    def wish(self) -> dict[str, Any]:
        """The parameters of the use case."""
        names = ("product", "action", "severity", "depth", "reason", "text")
        respond_by: date = self.cleaned_data["respond_by"]
        return {name: self.cleaned_data[name] for name in names} | self.scope | {"respond_by": respond_by.isoformat()}

    @staticmethod
    def fresh(gtin: str, lot: str) -> dict[str, Any]:
        """What stands in the form when it is opened from a batch."""
        return {
            "product": gtin,
            "lots": lot,
            "respond_by": timezone.localdate() + timedelta(days=DAYS_TO_ANSWER),
        }


class NarrowForm(ScopeForm):
    text = _text(_("Text for the public"), _("Why less comes back than was feared."))

    @staticmethod
    def of(recall: Recall) -> dict[str, Any]:
        """The present scope, to take away from."""
        scope = recall.scope
        return {
            "lots": " ".join(scope.get("lots", ())),
            "whole_product": "lots" not in scope,
            "serials": "\n".join(f"{one['from']} {one['to']}" for one in scope.get("serials", ())),
            "markets": " ".join(scope.get("markets", ())),
        }


class LiftForm(ActForm):
    text = _text(_("Text for the public"), _("Why these goods may be sold again."))


class SignForm(ActForm):
    """Nothing to fill in: what is signed stands above it."""


class AnswerForm(ActForm):
    """How many packs, or the codes of those that were set apart; `knows` alone says that the recall was read."""

    quarantined = _number("quarantined")
    returned = _number("returned")
    destroyed = _number("destroyed")
    dispensed = _number("dispensed")
    not_found = _number("not_found")
    codes = CodesField(
        label=_("Or scan what you set apart, one code on each line"),
        required=False,
        help_text=_("Packs, cases and pallets. They are counted, and added to what is set apart."),
    )
    knows = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        is_empty = all(cleaned.get(name) is None for name in QUANTITIES) and not cleaned.get("codes")
        if is_empty and not cleaned.get("knows") and not self.errors:
            self.add_error("quarantined", _("How many packs? Write 0 where there are none."))
        return cleaned

    @property
    def numbers(self) -> list[int] | None:
        """In the order of `QUANTITIES`; None for a mere "we know of it"."""
        if self.cleaned_data["knows"]:
            return None
        return [self.cleaned_data[name] or 0 for name in QUANTITIES]

    @property
    def count_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in QUANTITIES]


class HoldForm(ActForm):
    """Goods to set apart, and why."""

    codes = CodesField(
        label=_("Packs, cases or pallets, one code on each line"),
        error_messages={"required": _("Scan what is to be set apart.")},
    )
    reason = forms.ChoiceField(label=_("Reason"), choices=list(HOLD_REASONS.items()), initial="inspection")


class ReleaseForm(ActForm):
    """One hold to lift; it stands in the address."""
