"""JSON bodies within bounds: REST framework's own parser reads whatever comes, however long and however deep."""

import json
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from django.conf import settings
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser


class BodyTooLarge(APIException):
    status_code = 413
    default_code = "BODY_TOO_LARGE"


class BoundedJSONParser(BaseParser):
    """At most DATA_UPLOAD_MAX_MEMORY_SIZE bytes of UTF-8; no NaN, no key twice in one object."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(most + 1)
        if len(body) > most:
            raise BodyTooLarge(f"The body is longer than {most:,} bytes: send it in parts")
        try:
            return json.loads(body.decode(), object_pairs_hook=refuse_repeated, parse_constant=refuse_constant)
        except RecursionError:
            raise ParseError("The body is nested too deeply") from None
        except ValueError as error:
            # UnicodeDecodeError and JSONDecodeError both; their messages name the place.
            raise ParseError(f"The body is not JSON in UTF-8: {error}") from None


def refuse_repeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Two parsers may each keep another one of two equal keys: what was asked for would depend on who reads it."""
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        repeated = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {repeated!r} stands in one object twice")
    return found


def refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
