from django.urls import path

from anticounterfeit.api.exports import BatchExportView
from anticounterfeit.api.views import PedigreeView, VerifyView

urlpatterns = [
    path("batches/<int:pk>/export.zip", BatchExportView.as_view(), name="api-batch-export"),
    path("verify", VerifyView.as_view(), name="api-verify"),
    path("pedigree", PedigreeView.as_view(), name="api-pedigree"),
]
