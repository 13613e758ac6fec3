"""The addresses of the EPCIS interface, under /epcis. An EPC or eventID in a path may contain slashes."""

from django.urls import path, re_path

from supplychain.epcis_rest.capture import CaptureJobView, CaptureView
from supplychain.epcis_rest.events import EventsView, EventView
from supplychain.epcis_rest.problems import unknown_address
from supplychain.epcis_rest.queries import (
    QueriesView,
    QueryEventsView,
    QueryView,
    SubscriptionsView,
    SubscriptionView,
)
from supplychain.epcis_rest.resources import KINDS, TokenView, TopView, views_of

app_name = "epcis"

urlpatterns = [
    path("", TopView.as_view(), name="top"),
    path("capture", CaptureView.as_view(), name="capture"),
    path("capture/<str:job_id>", CaptureJobView.as_view(), name="capture-job"),
    path("events", EventsView.as_view(), name="events"),
    path("events/<path:event_id>", EventView.as_view(), name="event"),
    path("queries", QueriesView.as_view(), name="queries"),
    path("queries/<str:query_name>", QueryView.as_view(), name="query"),
    path("queries/<str:query_name>/events", QueryEventsView.as_view(), name="query-events"),
    path("queries/<str:query_name>/subscriptions", SubscriptionsView.as_view(), name="subscriptions"),
    path(
        "queries/<str:query_name>/subscriptions/<str:subscription_id>", SubscriptionView.as_view(), name="subscription"
    ),
    path("nextPageToken/<str:token>", TokenView.as_view(), name="token"),
]
for kind in KINDS:
    all_of_them, one_of_them, its_events = views_of(kind)
    urlpatterns += [
        path(f"{kind}", all_of_them, name=kind),
        path(f"{kind}/<path:member>/events", its_events, name=f"{kind}-events"),
        path(f"{kind}/<path:member>", one_of_them, name=f"{kind}-member"),
    ]
# Whoever speaks EPCIS is answered in problems, also where there is nothing.
urlpatterns.append(re_path(r"", unknown_address))
