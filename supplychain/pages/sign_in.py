"""Signing in: Django's own view, behind limits that hold guessers up and shut nobody out."""

from ipaddress import ip_address, ip_network
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView, PasswordChangeView, redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, resolve_url
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods
from django_ratelimit.core import is_ratelimited
from django_ratelimit.exceptions import Ratelimited

from supplychain.pages.devices import find_device, remember_device

NETWORK_BITS = {4: 24, 6: 48}  # what one customer of a provider usually has


class SignInForm(AuthenticationForm):
    """Says what to do, and never which half was wrong: that would tell a stranger which names exist."""

    error_messages = {
        "invalid_login": _("Name and password do not belong together. Both tell capital letters from small ones."),
        "inactive": _("Name and password do not belong together. Both tell capital letters from small ones."),
    }


@method_decorator(sensitive_post_parameters("password"), name="dispatch")
class SignIn(LoginView):
    http_method_names = ["get", "head", "post", "options"]
    template_name = "sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        # Django's own leads whoever is signed in away before it looks at the method.
        if (request.method or "").lower() not in self.http_method_names:
            return self.http_method_not_allowed(request, *args, **kwargs)
        return super().dispatch(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if _is_limited(request):
            context = self.get_context_data(form=self.authentication_form(request), is_limited=True)
            response = self.render_to_response(context, status=429)
            response["Retry-After"] = "60"
            return response
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        response = super().form_valid(form)
        user = form.get_user()
        assert isinstance(user, User)
        remember_device(response, user)
        return response

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)


@method_decorator(sensitive_post_parameters(), name="dispatch")
class ChangePassword(PasswordChangeView):
    """For whoever is signed in. It ends the person's other sessions; this one goes on."""

    http_method_names = ["get", "head", "post", "options"]
    template_name = "change_password.html"
    success_url = reverse_lazy("home")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # Whoever found a screen unlocked must not get to guess the old password all night.
        if _count(request, "change", str(request.user.pk), settings.SIGN_IN_RATE):
            raise Ratelimited
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        response = super().form_valid(form)
        messages.success(self.request, _now("You have a new password. Wherever else you were signed in, you are not."))
        return response

    def form_invalid(self, form: PasswordChangeForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)


@require_http_methods(["GET", "HEAD", "POST"])
def admin_sign_in(request: HttpRequest) -> HttpResponse:
    """The admin's own sign-in has no limit: it leads here to ours. Whoever is signed in and no operator stays out."""
    if isinstance(request.user, User) and request.user.is_staff:
        return redirect("admin:index")
    if request.user.is_authenticated:
        raise PermissionDenied(_now("These pages are for the operator of this platform."))
    return redirect_to_login(request.GET.get("next", resolve_url("admin:index")), resolve_url("sign-in"))


def _is_limited(request: HttpRequest) -> bool:
    """Each try counts for its address, and for its name: there by device, by network, and in all.

    One address may try many names; that ends its own tries. Many addresses may try one name: that shuts the name for
    devices that it was never used from, and only when many networks take part. A stranger alone shuts nobody out, and
    a person's own devices stay open whatever strangers do.
    """
    username = request.POST.get("username", "")[:150]
    device = find_device(request, username)
    if device is not None:
        return _count(request, "device", device, settings.SIGN_IN_RATE)
    limits = [
        _count(request, "address", None, settings.SIGN_IN_RATE),
        _count(request, "name and network", f"{username}/{_network_of(request)}", settings.SIGN_IN_RATE),
        _count(request, "name", username, settings.SIGN_IN_NAME_RATE),
    ]
    return any(limits)


def _count(request: HttpRequest, group: str, value: str | None, rate: str) -> bool:
    key = "ip" if value is None else lambda _group, _request: value
    return bool(is_ratelimited(request, group=f"sign-in/{group}", key=key, rate=rate, increment=True))


def _network_of(request: HttpRequest) -> str:
    address = ip_address(request.META[getattr(settings, "RATELIMIT_IP_META_KEY", None) or "REMOTE_ADDR"])
    return str(ip_network(f"{address}/{NETWORK_BITS[address.version]}", strict=False))
