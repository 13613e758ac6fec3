"""The addresses of verification messaging, under /verify/. The page for people is /verify itself."""

from django.urls import path, re_path

from anticounterfeit.vrs.views import ConnectivityView, VerificationView

urlpatterns = [
    path("checkConnectivity", ConnectivityView.as_view(), name="vrs-connectivity"),
    # A lot or serial number may contain slashes; the first "/ser/" behind "/lot/" parts the two.
    re_path(
        r"^gtin/(?P<gtin>[^/]+)/lot/(?P<lot>.+?)/ser/(?P<serial>.+)$",
        VerificationView.as_view(),
        name="vrs-verification",
    ),
]
