"""The log's addresses. Below this prefix lie the C2SP files, so the prefix is the log's monitoring address."""

from django.urls import path, register_converter

from ledger import views


class HashConverter:
    """32 bytes as 64 lower-case hex digits."""

    regex = "[0-9a-f]{64}"

    def to_python(self, value: str) -> bytes:
        return bytes.fromhex(value)

    def to_url(self, value: bytes) -> str:
        return bytes(value).hex()


register_converter(HashConverter, "hash")

app_name = "ledger"
urlpatterns = [
    path("", views.explorer, name="explorer"),
    path("block/<int:height>", views.block, name="block"),
    path("entry/<hash:entry_id>", views.entry, name="entry"),
    path("proof/<hash:entry_id>", views.proof, name="proof"),
    path("checkpoint", views.checkpoint, name="checkpoint"),
    path("policy", views.policy, name="policy"),
    path("tile/<path:rest>", views.tile, name="tile"),
]
