"""The addresses under /api/v1/. Anti-counterfeit adds its own beside them."""

from django.urls import path

from supplychain.api.allocations import AllocationDetailView, AllocationFileView, AllocationsView, ReconciliationView
from supplychain.api.batches import BatchDetailView, BatchesView, CommissionView
from supplychain.api.disputes import ArrivalsView, DisputeAnswersView, DisputesView
from supplychain.api.drafts import DraftView
from supplychain.api.endings import EndingsView, UndosView, VoidsView
from supplychain.api.events import EventView
from supplychain.api.goods import ItemLookupView, StockView
from supplychain.api.handoffs import HandoffView, IncomingView, OutgoingView
from supplychain.api.holds import HoldsView, ReleasesView
from supplychain.api.imports import ImportsView
from supplychain.api.packing import PackingsView, SsccsView, UnpackingsView
from supplychain.api.parties import PartiesView, PartyDetailView
from supplychain.api.places import PlacesView
from supplychain.api.products import ProductsView
from supplychain.api.recalls import (
    ApprovalsView,
    LiftingsView,
    NarrowingsView,
    PolicyView,
    ProposalsView,
    ProposalView,
    RecallsView,
    RecallView,
    ReportsView,
)
from supplychain.api.remaking import CorrectionsView, RepackagingsView, ReturnChecksView, SensorReportsView
from supplychain.api.signing_keys import KeysView, RevocationsView, RotationsView
from supplychain.api.traces import BatchTraceView, BatchUnitsView, ItemTraceView
from supplychain.api.trade import DispensingsView, ReceiptsView, ShipmentsView

app_name = "api"

urlpatterns = [
    path("parties", PartiesView.as_view(), name="parties"),
    path("parties/<str:gln>", PartyDetailView.as_view(), name="party"),
    path("parties/<str:gln>/keys", KeysView.as_view(), name="party-keys"),
    path("imports/<str:kind>", ImportsView.as_view(), name="imports"),
    path("keys/rotations", RotationsView.as_view(), name="rotations"),
    path("keys/revocations", RevocationsView.as_view(), name="revocations"),
    path("places", PlacesView.as_view(), name="places"),
    path("products", ProductsView.as_view(), name="products"),
    path("batches", BatchesView.as_view(), name="batches"),
    path("batches/<int:pk>", BatchDetailView.as_view(), name="batch"),
    path("batches/<int:pk>/trace", BatchTraceView.as_view(), name="batch-trace"),
    path("batches/<int:pk>/units", BatchUnitsView.as_view(), name="batch-units"),
    path("items/trace", ItemTraceView.as_view(), name="item-trace"),
    path("batches/<int:pk>/commission", CommissionView.as_view(), name="commission"),
    path("allocations", AllocationsView.as_view(), name="allocations"),
    path("allocations/<int:pk>", AllocationDetailView.as_view(), name="allocation"),
    path("allocations/<int:pk>/serials.csv", AllocationFileView.as_view(), name="allocation-file"),
    path("allocations/<int:pk>/reconciliation", ReconciliationView.as_view(), name="reconciliation"),
    path("ssccs", SsccsView.as_view(), name="ssccs"),
    path("packings", PackingsView.as_view(), name="packings"),
    path("unpackings", UnpackingsView.as_view(), name="unpackings"),
    path("shipments", ShipmentsView.as_view(), name="shipments"),
    path("receipts", ReceiptsView.as_view(), name="receipts"),
    path("dispensings", DispensingsView.as_view(), name="dispensings"),
    path("endings", EndingsView.as_view(), name="endings"),
    path("undos", UndosView.as_view(), name="undos"),
    path("arrivals", ArrivalsView.as_view(), name="arrivals"),
    path("disputes", DisputesView.as_view(), name="disputes"),
    path("disputes/answers", DisputeAnswersView.as_view(), name="dispute-answers"),
    path("return-checks", ReturnChecksView.as_view(), name="return-checks"),
    path("repackagings", RepackagingsView.as_view(), name="repackagings"),
    path("sensor-reports", SensorReportsView.as_view(), name="sensor-reports"),
    path("corrections", CorrectionsView.as_view(), name="corrections"),
    path("voids", VoidsView.as_view(), name="voids"),
    path("holds", HoldsView.as_view(), name="holds"),
    path("releases", ReleasesView.as_view(), name="releases"),
    path("recalls", RecallsView.as_view(), name="recalls"),
    path("recalls/<int:pk>", RecallView.as_view(), name="recall"),
    path("recalls/<int:pk>/narrowings", NarrowingsView.as_view(), name="recall-narrowings"),
    path("recalls/<int:pk>/liftings", LiftingsView.as_view(), name="recall-liftings"),
    path("recalls/<int:pk>/reports", ReportsView.as_view(), name="recall-reports"),
    path("recall-policy", PolicyView.as_view(), name="recall-policy"),
    path("recall-proposals", ProposalsView.as_view(), name="recall-proposals"),
    path("recall-proposals/<int:pk>", ProposalView.as_view(), name="recall-proposal"),
    path("recall-proposals/<int:pk>/approvals", ApprovalsView.as_view(), name="recall-approvals"),
    path("drafts/<uuid:pk>", DraftView.as_view(), name="draft"),
    path("stock", StockView.as_view(), name="stock"),
    path("handoffs/incoming", IncomingView.as_view(), name="incoming"),
    path("handoffs/outgoing", OutgoingView.as_view(), name="outgoing"),
    path("handoffs/<int:pk>", HandoffView.as_view(), name="handoff"),
    path("items/lookup", ItemLookupView.as_view(), name="lookup"),
    path("events/<str:event_id>", EventView.as_view(), name="event"),
]
