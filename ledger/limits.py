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
    return _limited("public pages", "PAGE_RATE", view)


def limited_files(view: View[P]) -> View[P]:
    """The same for the log's published files, which a mirror reads by the thousand: above `settings.LOG_FILE_RATE`."""
    return _limited("log files", "LOG_FILE_RATE", view)


def _limited(group: str, rate: str, view: View[P]) -> View[P]:
    @functools.wraps(view)
    def run(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if is_ratelimited(request, group=group, key="ip", rate=getattr(settings, rate), increment=True):
            raise Ratelimited
        return view(request, *args, **kwargs)

    return run
