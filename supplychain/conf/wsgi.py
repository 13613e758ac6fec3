"""The WSGI application that granian serves in production."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "supplychain.conf.settings")

application = get_wsgi_application()

from ledger.startup import check_at_start  # noqa: E402 - needs the apps that the line above has loaded

check_at_start()
