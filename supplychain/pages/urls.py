"""The addresses of the pages for parties."""

from urllib.parse import quote, unquote

from django.urls import path, register_converter

from supplychain.pages import (
    dispense,
    disputes,
    endings,
    handoffs,
    holds,
    home,
    imports,
    join,
    keys,
    oversight,
    people,
    places,
    products,
    recalls,
    scan,
    serials,
    stock,
    units,
)


class CodeConverter:
    """A code in one path segment. A serial may have a slash, which Django would leave as it is: spelled out twice."""

    regex = "[^/]+"

    def to_python(self, value: str) -> str:
        return unquote(value)

    def to_url(self, value: str) -> str:
        return quote(value, safe="")


class KindConverter:
    regex = "pack|unit"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class KeyidConverter:
    """The name of a signing key. Nothing else gets as far as the database: that refuses some characters by an error."""

    regex = "[0-9a-f]{64}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class GlnConverter(KeyidConverter):
    regex = "[0-9]{13}"


register_converter(CodeConverter, "code")
register_converter(KeyidConverter, "keyid")
register_converter(GlnConverter, "gln")
register_converter(KindConverter, "kind")

urlpatterns = [
    path("", home.home, name="home"),
    path("check", home.check, name="check"),
    path("find", stock.find, name="find"),
    path("hold", stock.hold, name="hold"),
    path("items/<kind:kind>/<code:code>", stock.item, name="item"),
    path("events/<int:pk>.json", stock.event, name="event"),
    path("incoming", handoffs.incoming, name="incoming"),
    path("incoming/unannounced", disputes.arrive, name="arrive"),
    path("handoffs/<int:pk>", disputes.handoff, name="handoff"),
    path("handoffs/<int:pk>/call-off", disputes.call_off, name="call-off"),
    path("differences", disputes.disputes, name="disputes"),
    path("differences/answer", disputes.answer, name="answer-dispute"),
    path("end", endings.end, name="end"),
    path("undo", endings.undo, name="undo"),
    path("returns", endings.returns, name="returns"),
    path("returns/verify", endings.verify_return, name="verify-return"),
    path("incoming/<int:pk>", handoffs.receive, name="receive"),
    path("ship", handoffs.ship, name="ship"),
    path("sent", handoffs.sent, name="sent"),
    path("pack", units.pack, name="pack"),
    path("pack/new-number", units.new_number, name="new-number"),
    path("unpack", units.unpack, name="unpack"),
    path("dispense", dispense.dispense, name="dispense"),
    path("scan-line", scan.scan_line, name="scan-line"),
    path("products", products.products, name="products"),
    path("products/new", products.register_product, name="register-product"),
    path("batches", products.batches, name="batches"),
    path("batches/new", products.register_batch, name="register-batch"),
    path("batches/<int:pk>", products.batch, name="batch"),
    path("batches/<int:pk>/units", products.batch_units, name="batch-units"),
    path("serials", serials.serials, name="serials"),
    path("serials/new", serials.issue_serials, name="issue-serials"),
    path("serials/<int:pk>", serials.allocation, name="allocation"),
    path("serials/<int:pk>.csv", serials.line_file, name="line-file"),
    path("parties", oversight.parties, name="parties"),
    path("parties/new", oversight.register_party, name="register-party"),
    path("import", imports.import_file, name="import"),
    path("places", places.places, name="places"),
    path("places/<int:pk>/choose", places.choose_place, name="choose-place"),
    path("holds", holds.holds, name="holds"),
    path("holds/<int:pk>/release", holds.release, name="release-hold"),
    path("recalls", recalls.recalls, name="recalls"),
    path("recalls/new", recalls.propose, name="propose-recall"),
    path("recalls/<int:pk>", recalls.recall, name="recall"),
    path("recalls/<int:pk>/narrow", recalls.narrow, name="narrow-recall"),
    path("recalls/<int:pk>/lift", recalls.lift, name="lift-recall"),
    path("recall-proposals/<int:pk>", recalls.proposal, name="recall-proposal"),
    path("recall-proposals/<int:pk>/drop", recalls.drop, name="drop-proposal"),
    path("refusals", oversight.refusals, name="refusals"),
    path("members", people.members, name="members"),
    path("members/invite", people.invite, name="invite"),
    path("members/<int:pk>", people.member, name="member"),
    path("members/<int:pk>/remove", people.remove, name="remove-member"),
    path("members/invitations/<int:pk>/withdraw", people.withdraw, name="withdraw-invitation"),
    path("members/api-keys/new", people.new_api_key, name="new-api-key"),
    path("members/api-keys/<int:pk>/revoke", people.revoke_key, name="revoke-api-key"),
    path("keys", keys.keys, name="keys"),
    path("keys/<keyid:keyid>/rotate", keys.rotate_key, name="rotate-key"),
    path("keys/<keyid:keyid>/revoke", keys.revoke_key, name="revoke-key"),
    path("parties/<gln:gln>/keys", keys.keys_of_party, name="keys-of-party"),
    path("join/<str:secret>", join.join, name="join"),
]
