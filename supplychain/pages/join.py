"""The door for whoever was invited: a link that works once, and makes a person who acts for a party."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from ledger.limits import limited
from supplychain.pages.answers import show
from supplychain.people.forms import JoinForm
from supplychain.usecases.accept_invitation import accept_invitation, find_invitation


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@sensitive_post_parameters("password", "again")
@limited
def join(request: HttpRequest, secret: str) -> HttpResponse:
    invitation = find_invitation(secret)
    if invitation is None:
        return render(request, "supplychain/join.html", status=404)
    form = JoinForm(request.POST or None)
    if form.is_valid():
        username, password = form.cleaned_data["username"], form.cleaned_data["password"]
        made = form.attempt(lambda: accept_invitation(secret=secret, username=username, password=password))
        if made is not None:
            messages.success(request, _("You can sign in now, as %(name)s.") % {"name": made.user})
            return redirect("sign-in")
    return show(request, "supplychain/join.html", form, invitation=invitation)
