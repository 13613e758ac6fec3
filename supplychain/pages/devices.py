"""Devices from which a person has signed in before: a limit that strangers fill must not shut that person out.

After a sign-in the browser keeps a signed cookie with a number of its own and the user's key. It opens nothing: it only
has its tries counted apart from everybody else's, at the one name that it was made for.
"""

import secrets

from django.conf import settings
from django.contrib.auth.models import User
from django.core import signing
from django.http import HttpRequest, HttpResponse

COOKIE = "medtrail-device"
SALT = "supplychain.pages.devices"
AGE = 365 * 24 * 3600


def remember_device(response: HttpResponse, user: User) -> None:
    response.set_cookie(
        COOKIE,
        signing.dumps([user.pk, secrets.token_hex(8)], salt=SALT),
        max_age=AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def find_device(request: HttpRequest, username: str) -> str | None:
    """The number of this device, if somebody has signed in from it under `username`."""
    try:
        user, device = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=AGE)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return str(device) if User.objects.filter(pk=user, username=username).exists() else None
