"""The log begins: its first entry names the authority that may admit parties."""

from django.conf import settings
from django.db import transaction

from ledger import custody
from ledger.queries import find_log
from ledger.usecases.open_log import open_log
from supplychain.acts import Refused
from supplychain.gs1.identifiers import Gln
from supplychain.lifecycle import Role
from supplychain.models import Party, Place
from supplychain.usecases.register_party import check_master_data


@transaction.atomic
def found_log(*, gln: str, name: str, country: str) -> Party:
    """Open the log of `settings.LOG_ORIGIN` under the authority `gln`, and register that authority as the regulator.

    The same again gives the party that is there; another authority for an open log is refused.
    """
    Gln(gln)
    check_master_data(gln=gln, name=name, roles=[Role.REGULATOR.value], country=country, company_prefixes=[])
    party = Party.objects.filter(gln=gln).exclude(keyid="").first()
    if find_log() is not None:
        if party is None:
            raise Refused.because("LOG_EXISTS", f"The log {settings.LOG_ORIGIN} was opened by another authority")
        return party
    key = custody.create_managed_key()
    open_log(origin=settings.LOG_ORIGIN, authorities=[(gln, key.keyid)])
    party = Party.objects.create(gln=gln, name=name, country=country, roles=[Role.REGULATOR.value], keyid=key.keyid)
    Place.objects.create(gln=gln, party=party, name=name, country=country)
    return party
