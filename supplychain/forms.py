"""What people fill in. A form parses and says what is wrong in the person's words; whether an act is allowed, the use
case decides, and `attempt` turns its refusal into something that the page can show beside the values."""

import re
import secrets
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from supplychain.acts import Actor, Refused, Request
from supplychain.disputes.rules import FINDINGS, MOST_NOTE
from supplychain.gs1.errors import GS1Error
from supplychain.gs1.identifiers import Gln, Gtin, LotNumber
from supplychain.lifecycle import Role
from supplychain.models import Batch, Party, Product
from supplychain.pages import words
from supplychain.queries import receivers_for
from supplychain.scan import epc_of_code, epcs_of_codes
from supplychain.serials.queries import note_used
from supplychain.serials.serial_csv import SerialList, parse_serials
from supplychain.usecases.commission import MOST_SERIALS
from supplychain.usecases.pack import MOST_CHILDREN

T = TypeVar("T")
SHOWN_CODE_ERRORS = 20
# Not str.splitlines(), which would also break at the separator inside an element string (GS, 0x1D).
_LINES = re.compile(r"[\r\n]+")


class RefusableForm(forms.Form):
    """A form behind which a use case stands. After `attempt` gave None, `refusal` says why nothing was done."""

    refusal: Refused | None = None

    def attempt(self, do: Callable[[], T]) -> T | None:
        try:
            return do()
        except Refused as refusal:
            self.refusal = refusal
            return None


class ActForm(RefusableForm):
    """The form of an act. It carries the request's id from when the page was opened: sent twice, it acts once."""

    request_id = forms.RegexField(
        r"^[0-9a-f]{32}$",
        widget=forms.HiddenInput,
        error_messages={
            "required": _("This form came without its number. Send it again."),
            "invalid": _("This form came with a damaged number. Send it again."),
        },
    )

    @property
    def request(self) -> Request:
        return Request(self.cleaned_data["request_id"])

    @property
    def request_number(self) -> str:
        """The id for the page to carry: the one that was sent, unless that one is damaged or used up."""
        is_spent = self.refusal is not None and self.refusal.code == "REQUEST_REUSED"
        if self.is_bound and not is_spent and "request_id" in getattr(self, "cleaned_data", {}):
            return str(self.cleaned_data["request_id"])
        given = None if self.is_bound else self.initial.get("request_id")
        return str(given or secrets.token_hex(16))


# --- Codes ------------------------------------------------------------------------------------------------------------


class CodesInput(forms.Textarea):
    """One code a line. A page may also send the field several times."""

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> str:
        values = data.getlist(name) if hasattr(data, "getlist") else [data.get(name, "")]
        return "\n".join(str(one) for one in values)


class CodesField(forms.Field):
    """Scanned codes, cleaned to canonical EPCs in their order, each once however often it was scanned."""

    widget = CodesInput

    def to_python(self, value: str | None) -> list[str]:
        lines = [line for line in _LINES.split(value or "") if line.strip(" \t")]
        if len(lines) > MOST_CHILDREN:
            raise forms.ValidationError(
                gettext("%(count)d codes: at most %(most)d go into one list.")
                % {"count": len(lines), "most": MOST_CHILDREN}
            )
        try:
            epcs = epcs_of_codes(lines, timezone.localdate())
        except Refused as refusal:
            raise forms.ValidationError([one.text for one in refusal.breaches[:SHOWN_CODE_ERRORS]]) from refusal
        return list(dict.fromkeys(epcs))


class CodeField(forms.Field):
    """One scanned code, cleaned to a canonical EPC. No CharField: that would strip a separator off the end."""

    def to_python(self, value: str | None) -> str:
        if not value:
            return ""
        try:
            return epc_of_code(value, timezone.localdate())
        except Refused as refusal:
            raise forms.ValidationError(str(refusal)) from refusal


def scanned(text: Any, **attributes: Any) -> dict[str, Any]:
    """Keyword arguments of a field that a scanner types into."""
    quiet = {"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false", "class": "mono"}
    return {"label": text, "widget": forms.TextInput(attrs=quiet | attributes)}


class PackForm(ActForm):
    parent = CodeField(
        **scanned(_("Case or pallet (SSCC)"), autofocus=True),
        help_text=_("Scan the label of the unit, or take a new number."),
        error_messages={"required": _("Which unit do they go into? Scan its label or take a new number.")},
    )
    codes = CodesField(
        label=_("Codes, one on each line"), error_messages={"required": _("Scan what goes into the unit.")}
    )


class UnpackForm(ActForm):
    parent = CodeField(**scanned(_("Case or pallet (SSCC)")))
    codes = CodesField(label=_("Codes, one on each line"), required=False)
    everything = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not cleaned.get("everything") and not cleaned.get("codes") and "codes" not in self.errors:
            self.add_error("codes", _("Scan what comes out, or take everything out."))
        return cleaned


class ShipForm(ActForm):
    receiver = forms.ModelChoiceField(Party.objects.none(), label=_("Receiver"), empty_label=_("Choose a party"))
    purpose = forms.ChoiceField(label=_("Purpose"), choices=list(words.PURPOSES.items()), initial="sale")
    codes = CodesField(label=_("Codes, one on each line"), error_messages={"required": _("Scan what is to leave.")})

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        receivers = self.fields["receiver"]
        assert isinstance(receivers, forms.ModelChoiceField)
        receivers.queryset = receivers_for(actor.party)


class ReceiveForm(ActForm):
    """`step`: look (compare what was scanned with what was announced), confirm, or all (as announced, unopened)."""

    codes = CodesField(label=_("Codes, one on each line"), required=False)
    finding = forms.ChoiceField(
        label=_("What is wrong"),
        choices=[("", "–"), *((code, words.DIFFERENCES[code]) for code in sorted(FINDINGS))],
        required=False,
    )
    finding_codes = CodesField(label=_("Of these codes, one on each line"), required=False)
    finding_note = forms.CharField(label=_("What you see"), max_length=MOST_NOTE, required=False)
    step = forms.ChoiceField(choices=[("look", "look"), ("confirm", "confirm"), ("all", "all")])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if bool(cleaned.get("finding")) != bool(cleaned.get("finding_codes")) and "finding_codes" not in self.errors:
            self.add_error("finding_codes", _("Say what is wrong, and scan the items of which it is so."))
        if cleaned.get("step") != "all" and not cleaned.get("codes") and "codes" not in self.errors:
            self.add_error("codes", _("Scan what arrived, or take everything in as announced."))
        return cleaned


def findings_of(form: ReceiveForm) -> list[list[str]]:
    """What the receiver states of single items, as the use case takes it."""
    cleaned = form.cleaned_data
    return [[cleaned["finding"], epc, cleaned["finding_note"]] for epc in cleaned["finding_codes"]]


class DispenseForm(ActForm):
    code = CodeField(
        **scanned(_("Scan the pack"), autofocus=True, enterkeyhint="done"),
        error_messages={"required": _("Scan the code on the pack.")},
    )


class ScanForm(forms.Form):
    """One scan on its way into a list, with what the list is for."""

    purpose = forms.ChoiceField(choices=[(one, one) for one in ("pack", "unpack", "ship", "receive", "arrive", "end")])
    code = forms.Field(required=False)
    handoff = forms.IntegerField(required=False)
    shipping_for = forms.ChoiceField(required=False, choices=list(words.PURPOSES.items()))
    unit = CodeField(required=False)


# --- Master data ------------------------------------------------------------------------------------------------------


def split_list(text: str) -> list[str]:
    return [one for one in re.split(r"[\s,;]+", text) if one]


class ProductForm(RefusableForm):
    gtin = forms.CharField(
        label=_("GTIN"),
        max_length=14,
        help_text=_("8, 12, 13 or 14 digits, under your GS1 company prefix."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "mono", "autocomplete": "off"}),
    )
    name = forms.CharField(label=_("Name"), max_length=300)
    generic_name = forms.CharField(label=_("Active substance"), max_length=500, required=False)
    strength = forms.CharField(label=_("Strength"), max_length=100, required=False)
    form = forms.CharField(
        label=_("Form and size"), max_length=100, required=False, help_text=_("For example: capsule, 16 pieces")
    )
    markets = forms.CharField(
        label=_("Markets"), required=False, help_text=_("Country codes, for example CH DE FR. Empty: not limited.")
    )
    national_codes = forms.CharField(
        label=_("National codes"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "class": "mono"}),
        help_text=_("One on each line: scheme and value, for example PZN 01234567"),
    )

    def clean_gtin(self) -> str:
        return _checked(Gtin.parse, self.cleaned_data["gtin"])

    def clean_markets(self) -> list[str]:
        markets = split_list(self.cleaned_data["markets"])
        if wrong := [one for one in markets if not re.fullmatch(r"[A-Za-z]{2}", one)]:
            raise forms.ValidationError(
                gettext("%(value)s: expected country codes of two letters") % {"value": ", ".join(wrong)}
            )
        return list(dict.fromkeys(one.upper() for one in markets))

    def clean_national_codes(self) -> dict[str, str]:
        codes: dict[str, str] = {}
        for line in self.cleaned_data["national_codes"].splitlines():
            scheme, _space, value = line.strip().partition(" ")
            if scheme and not value:
                raise forms.ValidationError(
                    gettext("%(line)s: expected the scheme, a space and the value") % {"line": scheme}
                )
            if scheme:
                codes[scheme.upper()] = value.strip()
        return codes


class BatchForm(ActForm):
    """A batch and its packs. Serials are minted here, or come from the maker's line as a CSV file or pasted text."""

    MINT, OWN = "mint", "own"

    product = forms.ModelChoiceField(Product.objects.none(), label=_("Product"), empty_label=_("Choose a product"))
    lot_number = forms.CharField(
        label=_("Lot number"),
        max_length=20,
        widget=forms.TextInput(attrs={"class": "mono", "autocomplete": "off"}),
        help_text=_("As printed on the pack, up to 20 characters."),
    )
    expiry = forms.DateField(
        label=_("Expiry"), widget=forms.DateInput(attrs={"type": "date"}), help_text=_("The last good day.")
    )
    source = forms.ChoiceField(
        label=_("Serial numbers"),
        choices=[(MINT, _("Make them here, random and hard to guess")), (OWN, _("I bring my own"))],
        widget=forms.RadioSelect,
        initial=MINT,
    )
    count = forms.IntegerField(label=_("How many packs"), required=False, min_value=1, max_value=MOST_SERIALS)
    serials_file = forms.FileField(
        label=_("CSV file with serial numbers"),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,text/csv,text/plain"}),
        help_text=_("One pack on each line; a column called serial_number, or the first one."),
    )
    serials_text = forms.CharField(
        label=_("Or paste them"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 4, "class": "mono", "spellcheck": "false"}),
    )
    serials: SerialList | None = None  # what came in, with the errors of its lines

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        products = self.fields["product"]
        assert isinstance(products, forms.ModelChoiceField)
        products.queryset = Product.objects.filter(brand_owner=actor.party)

    def clean_lot_number(self) -> str:
        return _checked(LotNumber, self.cleaned_data["lot_number"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("source") == self.MINT:
            if not cleaned.get("count") and "count" not in self.errors:
                self.add_error("count", _("How many packs does the batch have?"))
            return cleaned
        file, text = cleaned.get("serials_file"), cleaned.get("serials_text") or ""
        if file is None and not text.strip():
            self.add_error("serials_file", _("Choose a file, or paste the serial numbers below."))
            return cleaned
        self.serials = parse_serials(file.read() if file is not None else text.encode())
        if self.serials.errors:
            self.add_error("serials_file", _("Put the lines listed above right first, then choose the file again."))
        return cleaned

    def wish(self) -> dict[str, Any]:
        """The parameters of the use case."""
        cleaned = self.cleaned_data
        own = self.serials.serial_numbers if self.serials is not None else None
        return {name: cleaned[name] for name in ("product", "lot_number", "expiry")} | {
            "serial_numbers": own,
            "count": None if own is not None else cleaned["count"],
        }

    def note_used(self, *, may_be_dark: bool) -> None:
        """After a refusal because of serials in use: on which lines of the person's own list they stand."""
        if self.serials is not None and self.refusal is not None and self.refusal.code == "SERIAL_REUSED":
            note_used(self.serials, self.cleaned_data["product"], may_be_dark=may_be_dark)

    @staticmethod
    def more_of(batch: Batch) -> dict[str, Any]:
        """What stands in the form when further packs of a batch are to be made."""
        return {"product": batch.product_id, "lot_number": batch.lot_number, "expiry": batch.expiry}


class PartyForm(RefusableForm):
    gln = forms.CharField(
        label=_("GLN"),
        max_length=13,
        help_text=_("13 digits; it names the party on the ledger for ever."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "mono", "autocomplete": "off"}),
    )
    name = forms.CharField(label=_("Name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    roles = forms.MultipleChoiceField(
        label=_("Licensed as"),
        choices=[(one.value, words.ROLES[one]) for one in Role],
        widget=forms.CheckboxSelectMultiple,
    )
    country = forms.CharField(label=_("Country"), max_length=2, help_text=_("Two letters, for example CH"))
    city = forms.CharField(label=_("City"), max_length=100, required=False)
    licence_number = forms.CharField(label=_("Licence number"), max_length=80, required=False)
    licence_expiry = forms.DateField(
        label=_("Licence valid until"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    company_prefixes = forms.CharField(
        label=_("GS1 company prefixes"),
        required=False,
        help_text=_("Under which it numbers products, cases and pallets. Several: with a space between them."),
    )

    def clean_gln(self) -> str:
        return _checked(Gln, self.cleaned_data["gln"])

    def clean_country(self) -> str:
        return str(self.cleaned_data["country"]).upper()

    def clean_company_prefixes(self) -> list[str]:
        return split_list(self.cleaned_data["company_prefixes"])


def _checked(parse: Callable[[str], Any], text: str) -> str:
    """The text itself if it parses; what GS1 has against it, at the field where it stands, if not."""
    try:
        parse(text)
    except GS1Error as error:
        raise forms.ValidationError(str(error)) from error
    return text
