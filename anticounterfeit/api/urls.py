from django.urls import path

from anticounterfeit.api.views import PedigreeView, VerifyView

urlpatterns = [
    path("verify", VerifyView.as_view(), name="api-verify"),
    path("pedigree", PedigreeView.as_view(), name="api-pedigree"),
]
