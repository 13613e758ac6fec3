"""The table of doors: who gets in where. Whoever adds a door adds its line; a test fails until it is there.

One line for each address and method, by one of three words, according to how the door turns people away:

    page("GET", "ship", to=TRADERS)                     a stranger is led to the sign-in, others get a 403
    api("POST", "api:shipments", to=…, ok=201)          a stranger gets a 401, others a 403
    public("GET", "pack-page")                          everybody gets in

`to` are the callers that get in and are answered with `ok`; all others are refused. `but` names those who are refused
in another way: `but="forger=404"`. `at` fills in the address, `query` and `body` what is sent; `{name}` there is a
thing of the scene (`callers.py`). A method without a line must be answered 405.
"""

from tests.doors.door import MEMBERS, Door, api, page, public

TRADERS = "maker.operator maker.responsible maker.key_holder maker.auditor wholesaler pharmacy forger"
WHO_TRADE = "maker.operator maker.responsible wholesaler pharmacy forger"  # and may act
MAKERS = "maker.operator maker.responsible maker.key_holder maker.auditor"
MAKE = "maker.operator maker.responsible"
OVERSEERS = "regulator regulator.auditor"
BATCHES = f"{MAKERS} forger {OVERSEERS}"  # licensed for batches of their own
ANSWER_FOR = "maker.responsible wholesaler pharmacy forger regulator"  # responsible persons
KEY_PEOPLE = "maker.responsible maker.key_holder"
OTHERS_302 = "wholesaler=302 pharmacy=302 forger=302 regulator=302"  # back to their own list, with the reason
OTHERS_404 = "wholesaler=404 pharmacy=404 forger=404 regulator=404"
OWN_BATCH = f"{MAKERS} {OVERSEERS} maker:read regulator:all"
OTHER_BATCH = "wholesaler=404 pharmacy=404 forger=404 wholesaler:all=404 forger:all=404"
# Callers of the API: people by session as well as machines.
ACTING = "maker.operator maker.responsible maker:trade"
ANSWER_FOR_BATCHES = "maker.responsible forger regulator"
RECALL = "maker.responsible regulator regulator:all"
MAY_ACT_SOMEHOW = [
    *(one for one in MEMBERS if "auditor" not in one),
    *("maker:trade", "maker:sign", "wholesaler:all", "forger:all", "regulator:all"),
]
NOT_THEIRS = "wholesaler=409 pharmacy=409 forger=409 wholesaler:all=409 forger:all=409"

# Who may state events for a party.
STATE = "maker.operator maker.responsible wholesaler pharmacy forger regulator maker:trade wholesaler:all forger:all "
STATE += "regulator:all"
SEEN = {
    "eventTypes": "ObjectEvent",
    "epcs": "{arrived}",
    "bizSteps": "shipping",
    "bizLocations": "https://id.gs1.org/414/9520002000002",
    "readPoints": "https://id.gs1.org/414/9520001000003",
    "dispositions": "in_transit",
}

# fmt: off
TABLE: list[Door] = [
    # --- For everybody ------------------------------------------------------------------------------------------------
    public("GET", "healthz"),
    public("GET", "readyz"),
    public("GET", "metrics"),
    public("GET", "schema"),
    public("GET", "api-docs"),
    public("GET", "check", ok=400, query={"code": "no code"}),
    public("GET", "pack-page", path="/01/{gtin}/10/{lot}/21/{serial}"),
    public("GET", "verify-code"),
    public("GET", "gs1-resolver"),
    public("GET", "pack-pedigree", path="/pedigree/{gtin}/{serial}.json"),
    public("GET", "pack-qr", path="/codes/{gtin}/{serial}.svg"),
    public("GET", "ledger:explorer"),
    public("GET", "ledger:block", at={"height": "{height}"}),
    public("GET", "ledger:entry", at={"entry_id": "{entry}"}),
    public("GET", "ledger:proof", at={"entry_id": "{entry}"}),
    public("GET", "ledger:checkpoint"),
    public("GET", "ledger:policy"),
    public("GET", "ledger:tile", at={"rest": "0/000.p/1"}, ok=404),
    public("GET", "join", at={"secret": "{secret}"}),
    public("POST", "join", at={"secret": "{secret}"}, ok=422, body={"username": "eve"}),
    # --- Signing in ---------------------------------------------------------------------------------------------------
    page("GET", "sign-in", "stranger", " ".join(f"{one}=302" for one in ["lost", "superuser", *MEMBERS])),
    page("POST", "sign-in", "stranger", " ".join(f"{one}=302" for one in ["lost", "superuser", *MEMBERS]), ok=422),
    public("POST", "sign-out", ok=302),
    page("GET", "change-password", ["lost", "superuser", *MEMBERS]),
    page("POST", "change-password", ["lost", "superuser", *MEMBERS], ok=422, body={"old_password": "x"}),
    page("GET", "admin-sign-in", "stranger superuser", ok=302),  # to the sign-in above, or on to the admin
    page("POST", "admin-sign-in", "stranger superuser", ok=302),
    # --- Pages of a party: to look at ---------------------------------------------------------------------------------
    page("GET", "home", but="stranger=200"),
    page("GET", "find", ok=302, query={"code": "{pack}"}),
    page("GET", "hold", TRADERS),
    page("GET", "item", at={"kind": "pack", "code": "{gtin}-{serial}"}),
    page("GET", "item", at={"kind": "unit", "code": "{sscc}"}),
    page("GET", "event", f"{MAKERS} wholesaler {OVERSEERS}", "pharmacy=404 forger=404", at={"pk": "{event}"}),
    page("GET", "incoming", TRADERS),
    page("GET", "receive", "wholesaler",
        "maker.operator=404 maker.responsible=404 maker.key_holder=404 maker.auditor=404 pharmacy=404 forger=404",
        at={"pk": "{handoff}"}),
    page("GET", "sent", TRADERS),
    page("GET", "handoff", f"{MAKERS} wholesaler {OVERSEERS}", "pharmacy=404 forger=404", at={"pk": "{handoff}"}),
    page("GET", "disputes"),
    page("GET", "returns", TRADERS),
    page("GET", "products", BATCHES),
    page("GET", "batches", BATCHES),
    page("GET", "batch", f"{MAKERS} {OVERSEERS}", at={"pk": "{batch}"}),
    page("GET", "batch-units", f"{MAKERS} {OVERSEERS}", at={"pk": "{batch}"}),
    page("GET", "label-sheet", f"{MAKERS} {OVERSEERS}",
        "lost=404 superuser=404 wholesaler=404 pharmacy=404 forger=404", at={"pk": "{batch}"}),
    page("GET", "serials", BATCHES),
    page("GET", "allocation", f"{MAKERS} {OVERSEERS}", "forger=404", at={"pk": "{allocation}"}),
    page("GET", "line-file", MAKE, "forger=404", at={"pk": "{allocation}"}),  # who has it can print codes
    page("GET", "batch-export", f"{MAKERS} {OVERSEERS}", "forger=302", at={"pk": "{batch}"}),
    page("GET", "parties", OVERSEERS),
    page("GET", "refusals"),
    page("GET", "recalls"),
    page("GET", "holds"),
    page("GET", "recall", at={"pk": "{recall}"}),
    page("GET", "recall-proposal", f"{MAKERS} {OVERSEERS}", "forger=404", at={"pk": "{proposal}"}),
    # --- Pages of a party: to act -------------------------------------------------------------------------------------
    page("GET", "ship", WHO_TRADE),
    page("POST", "ship", MAKE, "wholesaler=422 pharmacy=422 forger=422", ok=302, body={"request_id": "{request}",
        "receiver": "{pharmacy_pk}", "purpose": "sale", "codes": "{pack}"}),
    page("POST", "receive", "wholesaler",
        "maker.operator=404 maker.responsible=404 maker.key_holder=404 maker.auditor=403 pharmacy=404 forger=404",
        at={"pk": "{handoff}"}, ok=302, body={"request_id": "{request}", "step": "all"}),
    page("GET", "pack", WHO_TRADE),
    page("POST", "pack", MAKE, "wholesaler=422 pharmacy=422 forger=422", ok=302, body={"request_id": "{request}",
        "parent": "{new_unit}", "codes": "{pack}"}),
    page("POST", "new-number", WHO_TRADE),
    page("GET", "unpack", WHO_TRADE),
    page("POST", "unpack", MAKE, "wholesaler=422 pharmacy=422 forger=422", ok=302, body={"request_id": "{request}",
        "parent": "{case}", "everything": "1"}),
    page("GET", "dispense", "pharmacy forger"),
    page("POST", "dispense", "", "pharmacy=200 forger=200", body={"request_id": "{request}", "code": "{pack}"}),
    page("POST", "call-off", MAKE,
        "maker.key_holder=422 wholesaler=422 pharmacy=404 forger=404", at={"pk": "{handoff}"}, ok=302,
        body={"request_id": "{request}"}),
    page("POST", "answer-dispute", "maker.operator maker.responsible maker.key_holder wholesaler pharmacy forger "
        "regulator", ok=302, body={"request_id": "{request}", "discrepancies": "404", "answer": "withdraw"}),
    page("GET", "arrive", TRADERS),
    page("POST", "arrive", "wholesaler pharmacy forger", "maker.operator=422 maker.responsible=422 "
        "maker.key_holder=422", ok=302, body={"request_id": "{request}", "sender": "{maker_pk}", "codes": "{pack}"}),
    page("GET", "end", f"{WHO_TRADE} regulator"),
    page("POST", "end", MAKE, "wholesaler=422 pharmacy=422 forger=422 regulator=422", ok=302,
        body={"request_id": "{request}", "act": "destroy", "codes": "{pack}", "is_sure": "on"}),
    page("GET", "undo", WHO_TRADE),
    page("POST", "undo", "", "maker.operator=422 maker.responsible=422 wholesaler=422 pharmacy=422 forger=422",
        body={"request_id": "{request}", "code": "{pack}", "was_supplied": "no"}),
    page("GET", "verify-return", WHO_TRADE),
    page("POST", "verify-return", "", "maker.operator=422 maker.responsible=422 wholesaler=422 pharmacy=422 "
        "forger=422", body={"request_id": "{request}", "code": "{pack}"}),
    page("POST", "scan-line", "maker.operator maker.responsible maker.key_holder wholesaler pharmacy forger",
        body={"purpose": "ship", "code": "{pack}"}),
    page("GET", "register-product", f"{MAKE} forger"),
    page("POST", "register-product", MAKE, "forger=422", ok=302, body={"gtin": "09520001000027", "name": "New"}),
    page("GET", "register-batch", f"{MAKE} forger", ok=302),
    page("POST", "register-batch", MAKE, "forger=422", ok=302, body={ "request_id": "{request}",
        "product": "{product}", "lot_number": "L2", "expiry": "{expiry}", "source": "mint", "count": "2", }),
    page("GET", "issue-serials", f"{MAKE} forger", ok=302),
    page("POST", "issue-serials", MAKE, "forger=422", ok=302,
         body={"request_id": "{request}", "product": "{product}", "source": "mint", "count": "2", "length": "12"}),
    page("POST", "allocation", MAKE, "maker.key_holder=422 forger=404 regulator=422", at={"pk": "{allocation}"}, ok=302,
         body={"request_id": "{request}"}),
    page("POST", "holds", f"{MAKE} regulator", "maker.key_holder=422 wholesaler=422 pharmacy=422 forger=422",
        ok=302, body={"request_id": "{request}", "codes": "{pack}", "reason": "damage"}),
    page("POST", "release-hold", f"{MAKE} regulator", "maker.key_holder=422 wholesaler=404 pharmacy=404 forger=404",
        at={"pk": "{hold}"}, ok=302, body={"request_id": "{request}"}),
    page("GET", "propose-recall", ANSWER_FOR_BATCHES),
    page("POST", "propose-recall", "maker.responsible regulator", "forger=422", ok=302, body={"request_id": "{request}",
        "product": "{gtin}", "lots": "R1", "action": "recall", "severity": "2", "depth": "pharmacy",
        "reason": "potency", "text": "Too weak.", "respond_by": "{expiry}"}),
    page("POST", "recall", MAKE, "maker.key_holder=422 wholesaler=422 pharmacy=422 forger=422 regulator=422",
        at={"pk": "{recall}"}, ok=302, body={"request_id": "{request}", "knows": "1"}),
    page("GET", "narrow-recall", ANSWER_FOR_BATCHES, at={"pk": "{recall}"}),
    page("POST", "narrow-recall", "maker.responsible regulator", "forger=422", at={"pk": "{recall}"}, ok=302,
        body={"request_id": "{request}", "lots": "R1", "text": "One."}),
    page("GET", "lift-recall", ANSWER_FOR_BATCHES, at={"pk": "{recall}"}),
    page("POST", "lift-recall", "maker.responsible regulator", "forger=422", at={"pk": "{recall}"}, ok=302,
        body={"request_id": "{request}", "text": "All is well."}),
    page("POST", "recall-proposal", "regulator", "maker.operator=422 maker.responsible=422 maker.key_holder=422 "
        "forger=404", at={"pk": "{proposal}"}, ok=302, body={"request_id": "{request}"}),
    page("POST", "drop-proposal", "maker.responsible regulator", "forger=404", at={"pk": "{proposal}"}, ok=302),
    page("GET", "register-party", "regulator"),
    page("POST", "register-party", "regulator", ok=302, body={"gln": "9520008000006", "name": "New",
        "roles": "pharmacy", "country": "CH"}),
    # --- Pages of a party: its people and machines --------------------------------------------------------------------
    page("GET", "members"),
    page("GET", "invite", ANSWER_FOR),
    page("POST", "invite", ANSWER_FOR, body={"name": "Eve", "duties": "operator"}),
    page("GET", "member", "maker.responsible", OTHERS_404, at={"pk": "{member}"}),
    page("POST", "member", "maker.responsible", OTHERS_404, at={"pk": "{member}"}, ok=302, body={"duties": "operator"}),
    page("POST", "remove-member", "maker.responsible", OTHERS_302, at={"pk": "{member}"}, ok=302),
    page("POST", "withdraw-invitation", "maker.responsible", OTHERS_302, at={"pk": "{invitation}"}, ok=302),
    page("GET", "new-api-key", ANSWER_FOR),
    page("POST", "new-api-key", ANSWER_FOR, body={"name": "line 3", "scopes": "read"}),
    page("POST", "revoke-api-key", "maker.responsible", OTHERS_302, at={"pk": "{api_key}"}, ok=302),
    page("GET", "keys"),
    page("GET", "keys-of-party", OVERSEERS, at={"gln": "{maker}"}),
    page("POST", "rotate-key", KEY_PEOPLE, OTHERS_302, at={"keyid": "{keyid}"}, ok=302),
    page("GET", "revoke-key", f"{KEY_PEOPLE} regulator", "wholesaler=404 pharmacy=404 forger=404",
         at={"keyid": "{keyid}"}),
    page("POST", "revoke-key", f"{KEY_PEOPLE} regulator", "wholesaler=404 pharmacy=404 forger=404",
         at={"keyid": "{keyid}"}, ok=302, body={"reason": "lost"}),
    page("GET", "import"),
    page("POST", "import", [one for one in MEMBERS if "auditor" not in one], ok=422, body={"kind": "nothing"}),
    page("GET", "places", TRADERS),
    page("POST", "places", WHO_TRADE, "maker.key_holder=422", ok=302,
         body={"gln": "9520008000006", "name": "Depot", "country": "CH"}),
    page("POST", "choose-place", MAKE, "wholesaler=404 pharmacy=404 forger=404", at={"pk": "{place}"}, ok=302),
    # --- The API: to look ---------------------------------------------------------------------------------------------
    public("GET", "api-verify", query={"code": "{pack}"}),
    public("GET", "api-pedigree", query={"code": "{pack}"}),
    api("GET", "api:parties"),
    api("GET", "api:party", at={"gln": "{pharmacy}"}),
    api("GET", "api:party-keys", at={"gln": "{maker}"}),
    api("GET", "api:places"),
    api("GET", "api:products"),
    api("GET", "api:batches"),
    api("GET", "api:batch", f"{MAKERS} wholesaler {OVERSEERS} maker:read wholesaler:all regulator:all",
        "pharmacy=404 forger=404 forger:all=404", at={"pk": "{batch}"}),
    api("GET", "api:draft", f"{MAKERS} maker:read",
        "wholesaler=404 pharmacy=404 forger=404 regulator=404 "
        "regulator.auditor=404 wholesaler:all=404 forger:all=404 regulator:all=404",
        at={"pk": "{draft}"}),
    api("GET", "api:allocations"),
    api("GET", "api:batch-trace", OWN_BATCH, OTHER_BATCH, at={"pk": "{batch}"}),
    api("GET", "api:batch-units", OWN_BATCH, OTHER_BATCH, at={"pk": "{batch}"}),
    api("GET", "api:item-trace", query={"code": "{pack}"}),
    api("GET", "api:allocation", f"{MAKERS} {OVERSEERS} maker:read regulator:all",
        "wholesaler=404 pharmacy=404 forger=404 wholesaler:all=404 forger:all=404", at={"pk": "{allocation}"}),
    api("GET", "api:allocation-file", MAKE,
        "wholesaler=404 pharmacy=404 forger=404 regulator=404 regulator.auditor=404 "
        "wholesaler:all=404 forger:all=404 regulator:all=404", at={"pk": "{allocation}"}),
    api("GET", "api-batch-export", f"{MAKERS} {OVERSEERS} maker:read regulator:all",
        "wholesaler=404 pharmacy=404 forger=404 wholesaler:all=404 forger:all=404", at={"pk": "{batch}"}),
    api("GET", "api:holds"),
    api("GET", "api:recalls"),
    api("GET", "api:recall", at={"pk": "{recall}"}),
    api("GET", "api:recall-policy"),
    api("GET", "api:recall-proposals"),
    api("GET", "api:recall-proposal", f"{MAKERS} {OVERSEERS} maker:read regulator:all",
        "wholesaler=404 pharmacy=404 forger=404 wholesaler:all=404 forger:all=404", at={"pk": "{proposal}"}),
    api("GET", "api:stock"),
    api("GET", "api:incoming"),
    api("GET", "api:outgoing"),
    api("GET", "api:handoff", f"{MAKERS} wholesaler {OVERSEERS} maker:read wholesaler:all regulator:all",
        "pharmacy=404 forger=404 forger:all=404", at={"pk": "{handoff}"}),
    api("GET", "api:lookup", query={"code": "{pack}"}),
    api("GET", "api:event", at={"event_id": "{event_id}"}),  # whole only to some: test_visibility.py
    # --- EPCIS: what a party may see of it, its queries answer --------------------------------------------------------
    *(api("GET", f"epcis:{name}") for name in ("top", "capture", "events", "queries", "eventTypes", "epcs", "bizSteps",
        "bizLocations", "readPoints", "dispositions")),
    *(api("GET", f"epcis:{name}-events", at={"member": member}) for name, member in SEEN.items()),
    *(api("GET", f"epcis:{name}-member", f"{MAKERS} wholesaler {OVERSEERS} maker:read wholesaler:all regulator:all",
        f"pharmacy={status} forger={status} forger:all={status}", at={"member": member})
        for name, member, status in ((one, SEEN[one], 404) for one in SEEN)),
    api("GET", "epcis:event", f"{MAKERS} wholesaler {OVERSEERS} maker:read wholesaler:all regulator:all",
        "pharmacy=404 forger=404 forger:all=404", at={"event_id": "{event_id}"}),
    api("GET", "epcis:capture-job", ok=404, at={"job_id": "x"}),
    *(api("GET", f"epcis:{name}", ok=404, at={"query_name": "x"})
        for name in ("query", "query-events", "subscriptions")),
    api("GET", "epcis:subscription", ok=404, at={"query_name": "x", "subscription_id": "x"}),
    api("POST", "epcis:capture", STATE, ok=400, body={}),
    api("POST", "epcis:events", STATE, ok=400, body={}),
    api("POST", "epcis:queries", STATE, ok=400, body={}),
    api("POST", "epcis:subscriptions", STATE, ok=404, at={"query_name": "x"}, body={}),
    api("DELETE", "epcis:query", STATE, ok=404, at={"query_name": "x"}),
    api("DELETE", "epcis:subscription", STATE, ok=404, at={"query_name": "x", "subscription_id": "x"}),
    api("DELETE", "epcis:token", f"{STATE} maker.key_holder maker:sign", ok=501, at={"token": "x"}),
    # --- Verification messages: for whoever names a trading partner that is known here --------------------------------
    public("GET", "vrs-connectivity", ok=400),
    public("GET", "vrs-verification", ok=400, path="/verify/gtin/{gtin}/lot/{lot}/ser/{serial}"),
    # --- The API: to act ----------------------------------------------------------------------------------------------
    api("POST", "api:parties", "regulator regulator:all", ok=201, body={"gln": "9520008000006", "name": "New",
        "roles": ["pharmacy"], "country": "CH"}),
    api("POST", "api:party-keys", "", "regulator=422 regulator:all=422", at={"gln": "{maker}"},
        body={"payload": "e30=", "keyid": "{keyid}", "sig": "MAYCAQECAQE="}),
    api("POST", "api:rotations", KEY_PEOPLE, f"{NOT_THEIRS.replace('409', '404')} regulator=404 regulator:all=404",
        ok=201, body={"keyid": "{keyid}"}),
    api("POST", "api:revocations", f"{KEY_PEOPLE} regulator regulator:all", NOT_THEIRS.replace("409", "404"),
        ok=201, body={"keyid": "{keyid}", "reason": "lost"}),
    api("POST", "api:imports", "", " ".join(f"{one}=415" for one in MAY_ACT_SOMEHOW), at={"kind": "places"}, body={}),
    api("POST", "api:places", f"{ACTING} wholesaler pharmacy forger wholesaler:all forger:all", ok=201,
        body={"gln": "9520008000006", "name": "Depot", "country": "CH"}),
    api("POST", "api:products", ACTING, ok=201, body={"gtin": "09520001000027", "name": "New"}),
    api("POST", "api:batches", ACTING, ok=201, body={"gtin": "{gtin}", "lot_number": "L2", "expiry": "{expiry}"}),
    api("POST", "api:commission", ACTING, at={"pk": "{batch}"}, ok=201, body={"count": 2}),
    api("POST", "api:allocations", ACTING, ok=201, body={"gtin": "{gtin}", "count": 2}),
    api("POST", "api:reconciliation", ACTING, at={"pk": "{allocation}"}, ok=201, body={}),
    api("POST", "api:holds", f"{ACTING} regulator regulator:all", NOT_THEIRS, ok=201, body={"epcs": ["{pack}"]}),
    api("POST", "api:releases", "", f"maker.operator=409 maker.responsible=409 maker:trade=409 {NOT_THEIRS} "
        "regulator=409 regulator:all=409", body={"epcs": ["{pack}"]}),
    api("POST", "api:recalls", RECALL, ok=201, body={"gtin": "{gtin}", "lots": ["R1"], "severity": 2,
        "depth": "pharmacy", "reason": "potency", "text": "Too weak.", "respond_by": "{expiry}"}),
    api("POST", "api:recall-policy", "regulator regulator:all", ok=201, body={"k": 1, "parties": ["{maker}"]}),
    api("POST", "api:recall-narrowings", RECALL, at={"pk": "{recall}"}, ok=201, body={"lots": ["R1"], "text": "One."}),
    api("POST", "api:recall-liftings", RECALL, at={"pk": "{recall}"}, ok=201, body={"text": "All is well."}),
    api("POST", "api:recall-reports", ACTING, at={"pk": "{recall}"}, ok=201, body={}),
    api("POST", "api:recall-approvals", "regulator regulator:all", "maker.responsible=409", at={"pk": "{proposal}"},
        ok=201, body={}),
    api("DELETE", "api:recall-proposal", "maker.responsible", at={"pk": "{proposal}"}),
    api("POST", "api:ssccs", f"{ACTING} wholesaler pharmacy forger wholesaler:all forger:all", ok=201, body={}),
    api("POST", "api:packings", ACTING, NOT_THEIRS, ok=201, body={"parent": "{new_unit}", "children": ["{pack}"]}),
    api("POST", "api:unpackings", ACTING, NOT_THEIRS, ok=201, body={"parent": "{case}"}),
    api("POST", "api:shipments", ACTING, NOT_THEIRS.replace("pharmacy=409", "pharmacy=422"), ok=201,
        body={"epcs": ["{pack}"], "receiver": "{pharmacy}"}),
    api("POST", "api:receipts", "wholesaler wholesaler:all", ok=201, body={"handoff": "{handoff}", "epcs": None}),
    api("POST", "api:dispensings", "", "pharmacy=409 forger=409 forger:all=409", body={"epc": "{pack}"}),
    api("POST", "api:endings", ACTING, NOT_THEIRS, ok=201, body={"act": "destroy", "epcs": ["{pack}"]}),
    api("POST", "api:undos", "", "maker.operator=409 maker.responsible=409 maker:trade=409 " + NOT_THEIRS,
        body={"epc": "{pack}", "was_supplied": False}),
    api("POST", "api:arrivals", "wholesaler pharmacy forger wholesaler:all forger:all", "maker.operator=422 "
        "maker.responsible=422 maker:trade=422", ok=201, body={"sender": "{maker}", "epcs": ["{pack}"]}),
    api("GET", "api:disputes"),
    api("POST", "api:dispute-answers", "", "maker.operator=404 maker.responsible=404 maker:trade=404 "
        f"{NOT_THEIRS.replace('409', '404')} regulator=404 regulator:all=404",
        body={"discrepancies": [404], "answer": "withdraw"}),
    api("POST", "api:return-checks", "", f"maker.operator=409 maker.responsible=409 maker:trade=409 {NOT_THEIRS}",
        body={"epcs": ["{pack}"]}),
    api("POST", "api:repackagings", "", body={"inputs": ["{pack}"], "batch": "{batch}", "count": 2}),
    api("POST", "api:sensor-reports", f"{ACTING} regulator regulator:all", NOT_THEIRS, ok=201,
        body={"epcs": ["{pack}"],
              "sensorElementList": [{"sensorReport": [{"type": "Temperature", "value": 5, "uom": "CEL"}]}]}),
    api("POST", "api:corrections", ACTING, ok=201,
        body={"event_id": "{event_id}", "reason": "did_not_occur"}),
    api("POST", "api:voids", ACTING, ok=201, body={"handoff": "{handoff}"}),
    api("POST", "api:draft", "",
        "maker.key_holder=422 maker:sign=422 wholesaler=404 pharmacy=404 forger=404 "
        "regulator=404 wholesaler:all=404 forger:all=404 regulator:all=404",
        at={"pk": "{draft}"}, body={"signatures": [{"keyid": "{keyid}", "sig": "MAYCAQECAQE="}]}),
]
# fmt: on

# Patterns that lead to no door of their own, and where they are looked after instead.
ELSEWHERE = {
    "^api/": "404 for every method: test_errors.py",
    "epcis:epcis/": "404 for every method, as a problem: test_discovery.py",
}
# Commands are run by whoever can log in to the machine, with its files and its database: the operator. Each either
# acts for the party that it names, through the use case that pages and API call, or it only looks.
COMMANDS = {
    "create_api_key": "issue_api_key, for any party",
    "create_member": "makes a person who acts for any party",
    "demo": "tells the story over HTTP, as the parties of its own folder",
    "export_batch": "looks",
    "found_log": "found_log, once",
    "import_csv": "import_table, for any party",
    "import_products": "import_products: products and parties without keys",
    "index_events": "makes an index of what is there",
    "ledger_audit": "looks",
    "ledger_envelopes": "looks",
    "ledger_recover": "rebuilds the log's tables from published files",
    "ledger_unfreeze": "unfreezes the log, after a fork was looked into",
    "log_init": "open_log, once",
    "print_codes": "looks",
    "rebuild_state": "computes the projection anew, in memory with --check",
    "recover_key": "recover_key, under the signatures of the parties that the policy names",
    "serve": "starts the system",
    "simulate_trade": "replay_shipment, for the parties of a file, admitted by this log's regulator",
    "witness": "runs a witness of its own; acts for no party of this log",
    "write_pedigree": "looks",
}
