"""Fields that REST framework lacks: codes and serial numbers by the thousand, and times with an offset."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from supplychain.scan import epc_of_code, epcs_of_codes

MOST_CODES = 20_000
MOST_SERIALS = 1_000_000
CODE_HELP = "A canonical EPC, a Digital Link of any host, an element string, or a bare SSCC"

_CODE_SCHEMA = {"type": "string", "minLength": 1, "maxLength": 8191, "description": CODE_HELP}


class StringsField(serializers.Field[list[str], Any, list[str], Any]):
    """A JSON list of strings, checked as a whole: a ListField would run a hundred thousand little fields."""

    default_error_messages = {
        "not_a_list": "Expected a list of strings, got {kind}.",
        "not_strings": "Item {index} of the list: expected a string, got {kind}.",
        "empty": "The list is empty; leave the field out or name at least one.",
        "too_many": "{count} items: expected at most {most}.",
    }

    def __init__(self, *, most: int, allow_empty: bool = False, **options: Any) -> None:
        self.most, self.allow_empty = most, allow_empty
        super().__init__(**options)

    def to_internal_value(self, data: Any) -> list[str]:
        if not isinstance(data, list):
            self.fail("not_a_list", kind=kind_of(data))
        if not data and not self.allow_empty:
            self.fail("empty")
        if len(data) > self.most:
            self.fail("too_many", count=len(data), most=self.most)
        if set(map(type, data)) - {str}:
            index = next(at for at, one in enumerate(data) if type(one) is not str)
            self.fail("not_strings", index=index, kind=kind_of(data[index]))
        return data

    def to_representation(self, value: Sequence[str]) -> list[str]:
        return list(value)


@extend_schema_field({"type": "array", "minItems": 1, "maxItems": MOST_CODES, "items": _CODE_SCHEMA})
class CodesField(StringsField):
    """Codes of packs and logistic units, as canonical EPCs. Bad ones are refused all at once, each with its reason."""

    def __init__(self, **options: Any) -> None:
        super().__init__(most=MOST_CODES, **options)

    def to_internal_value(self, data: Any) -> list[str]:
        return epcs_of_codes(super().to_internal_value(data), timezone.localdate())


@extend_schema_field(_CODE_SCHEMA)
class CodeField(serializers.Field[str, Any, str, Any]):
    """One code, as a canonical EPC."""

    default_error_messages = {"not_a_string": "Expected a string, got {kind}."}

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("not_a_string", kind=kind_of(data))
        return epc_of_code(data, timezone.localdate())

    def to_representation(self, value: str) -> str:
        return value


@extend_schema_field(
    {
        "type": "array",
        "minItems": 1,
        "maxItems": MOST_SERIALS,
        "items": {"type": "string", "minLength": 1, "maxLength": 20},
        "description": "Your own serial numbers: 1 to 20 characters of GS1 character set 82, each once",
    }
)
class SerialNumbersField(StringsField):
    """Serial numbers as they came: what one may be, and that none comes twice, is the use case's to say."""

    def __init__(self, **options: Any) -> None:
        super().__init__(most=MOST_SERIALS, **options)


class OffsetDateTimeField(serializers.DateTimeField):
    """A time that says its offset. Without one it would mean another moment in each country."""

    default_error_messages = {"no_offset": "Expected a time with an offset, such as 2026-11-23T08:30:00+01:00."}

    def enforce_timezone(self, value: datetime) -> datetime:
        if timezone.is_naive(value):
            self.fail("no_offset")
        return super().enforce_timezone(value)


def kind_of(value: Any) -> str:
    """What JSON calls the type of a value."""
    names = {dict: "an object", list: "a list", str: "a string", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
