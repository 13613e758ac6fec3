"""The addresses that anybody may open, and the sheets of labels. A pack's own address is its GS1 Digital Link."""

from django.urls import path, re_path

from anticounterfeit.pages import codes, exports, pack
from anticounterfeit.resolver.answers import description_file

urlpatterns = [
    # Parsed by our own GS1 room: a path converter cannot tell a slash inside a serial from one between two values.
    re_path(r"^(?:01|00)/.+", pack.pack_page, name="pack-page"),
    path(".well-known/gs1resolver", description_file, name="gs1-resolver"),
    path("verify", pack.verify_page, name="verify-code"),
    re_path(r"^pedigree/(?P<gtin>[0-9]{14})/(?P<serial>.+)\.json$", pack.pedigree_file, name="pack-pedigree"),
    re_path(r"^codes/(?P<gtin>[0-9]{14})/(?P<serial>.+)\.(?P<kind>png|svg)$", codes.qr_image, name="pack-qr"),
    path("batches/<int:pk>/export.zip", exports.batch_archive, name="batch-export"),
    path("batches/<int:pk>/labels", codes.label_sheet, name="label-sheet"),
]
