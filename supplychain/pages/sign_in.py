"""Signing in: Django's own view behind a limit for each address and each name."""

from typing import Any

from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django_ratelimit.core import is_ratelimited


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

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)


def _is_limited(request: HttpRequest) -> bool:
    """Both are counted each time: one address may try many names, and many addresses one name."""
    limits = [
        is_ratelimited(request, group=f"sign-in/{key}", key=key, rate=settings.SIGN_IN_RATE, increment=True)
        for key in ("ip", "post:username")
    ]
    return any(limits)
