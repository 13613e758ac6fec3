"""Every address of the site: the one place that knows every app's doors."""

from csp.decorators import csp_update
from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.urls import include, path, re_path
from django.views.decorators.cache import cache_page
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from ledger.limits import limited
from supplychain.api.problems import unknown_address
from supplychain.conf import health
from supplychain.pages.sign_in import ChangePassword, SignIn, admin_sign_in

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("admin/login/", admin_sign_in, name="admin-sign-in"),
    path("admin/", admin.site.urls),
    path("sign-in", SignIn.as_view(), name="sign-in"),
    path("password", ChangePassword.as_view(), name="change-password"),
    path("sign-out", LogoutView.as_view(), name="sign-out"),
    # It takes a second to write, and changes with a release only.
    path("api/schema/", limited(cache_page(600)(SpectacularAPIView.as_view())), name="schema"),
    # The "split" view serves its script as a file: our Content-Security-Policy allows none inside a page. Styles it
    # writes in place, and they reach no other page of ours.
    path(
        "api/docs/",
        csp_update({"style-src": ["'unsafe-inline'"]})(SpectacularSwaggerSplitView.as_view(url_name="schema")),
        name="api-docs",
    ),
    path("api/v1/", include("supplychain.api.urls")),
    path("api/v1/", include("anticounterfeit.api.urls")),
    # Whoever speaks JSON is answered in JSON, also where there is nothing.
    re_path(r"^api/", unknown_address),
    path("epcis/", include("supplychain.epcis_rest.urls")),
    path("ledger/", include("ledger.urls")),
    path("verify/", include("anticounterfeit.vrs.urls")),
    path("", include("supplychain.pages.urls")),
    path("", include("anticounterfeit.pages.urls")),
]

handler404 = "supplychain.pages.errors.not_found"
handler403 = "supplychain.pages.errors.forbidden"
handler500 = "supplychain.pages.errors.server_error"
