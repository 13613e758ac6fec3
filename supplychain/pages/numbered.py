"""Forms whose number stands in their address.

Most acts are guarded by the state of goods: what is shipped cannot be shipped again. A form that makes new packs has
no such guard. Going back to it must lead to the same number, even in a browser without JavaScript, or the same wish
sent again would make the packs a second time.
"""

import functools
import re
import secrets
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

NAME = "form"
_NUMBER = re.compile(r"[0-9a-f]{32}")

View = Callable[..., HttpResponseBase]


def numbered(view: View) -> View:
    """Give the page a number before it is shown. `form_number` tells the view which."""

    @functools.wraps(view)
    def run(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method != "POST" and form_number(request) is None:
            query = request.GET.copy()
            query[NAME] = secrets.token_hex(16)
            return redirect(f"{request.path}?{query.urlencode()}")
        return view(request, *args, **kwargs)

    return run


def form_number(request: HttpRequest) -> str | None:
    """The number in the address, 32 hex digits; None where there is none, or a damaged one."""
    number = request.GET.get(NAME, "")
    return number if _NUMBER.fullmatch(number) else None
