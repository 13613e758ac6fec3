"""A place in a list as an opaque text that only we can write: the `nextPageToken` of the EPCIS interface.

A token names the query that it belongs to, the moment at which its first page was cut, the last row seen and until when
it is good. It is signed, not stored: any server of the installation can go on from it, and none has to clean up.

What was recorded after the first page is left out of the later ones, so that a list does not change while it is read.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.core import signing

VALID = timedelta(hours=1)
SALT = "medtrail.page-token.v1"
LONGEST = 1000


class BadToken(Exception):
    """The text is no token of ours, is another query's, or its time is over."""


@dataclass(frozen=True, slots=True)
class Place:
    """`query`: 64 hex digits that name the list; `as_of`: when its first page was cut; `key`: of the last row seen."""

    query: str
    as_of: datetime
    key: tuple[int | str | float, ...]
    expires: datetime

    def encode(self) -> str:
        return signing.dumps(
            [self.query, _micros(self.as_of), list(self.key), _micros(self.expires)], salt=SALT, compress=True
        )


def read_token(text: str, *, query: str, now: datetime) -> Place:
    """The place that `text` names in the list `query`.

    Raises:
        BadToken: says which of its rules it breaks.
    """
    if len(text) > LONGEST:
        raise BadToken("it is longer than any token of ours")
    try:
        named, as_of, key, expires = signing.loads(text, salt=SALT)
        place = Place(named, _moment(as_of), tuple(key), _moment(expires))
    except (signing.BadSignature, ValueError, TypeError):
        raise BadToken("it was not given out here") from None
    if place.query != query:
        raise BadToken("it belongs to another query: expected the same parameters as on the first page")
    if place.expires <= now:
        raise BadToken(f"it expired at {place.expires:%Y-%m-%dT%H:%M:%SZ}")
    return place


def _micros(moment: datetime) -> int:
    return round((moment - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1))


def _moment(micros: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
