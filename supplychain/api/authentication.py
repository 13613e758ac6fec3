"""Machines sign in with `Authorization: Bearer mt_<prefix>_<secret>`; a key acts for one party, within its scopes."""

import hmac
import re
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django_ratelimit.core import is_ratelimited
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.request import Request

from supplychain.models import ApiKey, Party
from supplychain.people.duties import Grants, machine
from supplychain.usecases.issue_api_key import digest_of

TOKEN = re.compile(r"mt_([0-9a-f]{12})_([A-Za-z0-9_-]{43})", re.ASCII)
USED_RESOLUTION = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class ApiClient:
    """Who calls, where a person would be Django's user."""

    prefix: str
    name: str
    party: Party
    grants: Grants

    is_authenticated = True
    is_anonymous = False
    is_active = True

    @property
    def pk(self) -> str:
        """What throttles count by and logs name."""
        return f"key-{self.prefix}"

    def __str__(self) -> str:
        return f"{self.name} of {self.party}"


class ApiKeyAuthentication(BaseAuthentication):
    """One query; a second one, at most once a minute, notes that the key is in use."""

    def authenticate(self, request: Request) -> tuple[ApiClient, ApiKey] | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        # A secret cannot be guessed, but each guess costs a query: so many from one address, and then none.
        if _is_limited(request, increment=False):
            raise Throttled(wait=60)
        try:
            key = self.find_key(token.strip())
        except AuthenticationFailed:
            _is_limited(request, increment=True)
            raise
        note_use(key)
        return ApiClient(key.prefix, key.name, key.party, machine(key.scopes)), key

    def find_key(self, token: str) -> ApiKey:
        match = TOKEN.fullmatch(token)
        if match is None:
            raise AuthenticationFailed("This is no API key: expected mt_<prefix>_<secret>", code="BAD_API_KEY")
        prefix, secret = match.groups()
        key = ApiKey.objects.select_related("party").filter(prefix=prefix).first()
        # Compared even when there is no such key: the time that it takes must not tell which prefixes exist.
        kept = key.secret_sha256 if key else digest_of("")
        if not hmac.compare_digest(digest_of(secret), kept) or key is None:
            raise AuthenticationFailed("This API key is unknown or its secret is wrong", code="BAD_API_KEY")
        if key.revoked_at is not None:
            raise AuthenticationFailed(f"This API key was revoked on {key.revoked_at:%Y-%m-%d}", code="API_KEY_REVOKED")
        return key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="medtrail"'


def _is_limited(request: Request, *, increment: bool) -> bool:
    rate = settings.API_KEY_RATE
    plain = request._request
    return bool(is_ratelimited(plain, group="api keys", key="ip", rate=rate, increment=increment))


def note_use(key: ApiKey) -> None:
    now = timezone.now()
    if key.last_used_at is not None and key.last_used_at > now - USED_RESOLUTION:
        return
    # The condition again in the database: of a hundred calls that arrive at once, one writes.
    stale = Q(last_used_at=None) | Q(last_used_at__lte=now - USED_RESOLUTION)
    ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)
