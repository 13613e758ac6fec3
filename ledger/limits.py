"""So many requests a minute from one address: whoever tries out serial numbers should not get far."""

import functools
from collections.abc import Callable
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django_ratelimit.core import is_ratelimited
from django_ratelimit.exceptions import Ratelimited

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def limited(view: View[P]) -> View[P]:
    """Refuse above `settings.PAGE_RATE`; the site answers 429. All pages that anybody may open share one count."""

    @functools.wraps(view)
    def run(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if is_ratelimited(request, group="public pages", key="ip", rate=settings.PAGE_RATE, increment=True):
            raise Ratelimited
        return view(request, *args, **kwargs)

    return run
