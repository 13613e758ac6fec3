"""How pages answer: a form shown again with status 422, an act told in one sentence after a redirect."""

from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from supplychain.acts import Actor, Done
from supplychain.queries import Line, lines_of


def show(request: HttpRequest, template: str, form: Form | None = None, **context: Any) -> HttpResponse:
    """The page; with 422 if its form was sent and something in it was refused."""
    failed = form is not None and form.is_bound and (bool(form.errors) or getattr(form, "refusal", None) is not None)
    return render(request, template, {"form": form, **context}, status=422 if failed else 200)


def tell(request: HttpRequest, done: Done, sentence: str) -> None:
    """Say at the top of the next page what was done, or that it had been done before."""
    if done.replayed:
        messages.info(
            request, _("This was done already; nothing was done twice. %(sentence)s") % {"sentence": sentence}
        )
    elif done.exceptions:
        messages.warning(request, sentence)
    else:
        messages.success(request, sentence)


def cursor(request: HttpRequest) -> int | None:
    """The key after which the page of a list starts. A damaged one starts from the top."""
    text = request.GET.get("after", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def search_text(request: HttpRequest) -> str:
    return request.GET.get("q", "").strip()[:200].replace("\0", "")


def listed(form: Form, actor: Actor) -> list[Line]:
    """The lines of a list of codes that comes back to the person, drawn as they were."""
    return lines_of(getattr(form, "cleaned_data", {}).get("codes") or [], actor.party)
