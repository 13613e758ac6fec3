"""The explorer's pages, and the published files for installations that have no web server of their own for them."""

from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ledger import queries
from ledger.errors import MalformedError
from ledger.limits import limited, limited_files
from ledger.tlog.tile import parse_tile_path

BLOCKS_PER_PAGE = 50
ENTRIES_PER_PAGE = 100
BIGGEST = 2**63 - 1


@require_safe
@limited
def explorer(request: HttpRequest) -> HttpResponse:
    """Where the log stands, and its blocks, newest first."""
    before = position(request, "before")
    blocks = list(queries.blocks_page(before, BLOCKS_PER_PAGE + 1))
    older = blocks[BLOCKS_PER_PAGE - 1].height if len(blocks) > BLOCKS_PER_PAGE else None
    context = {
        "log": queries.find_log(),
        "checkpoint": queries.latest_checkpoint(),
        "blocks": blocks[:BLOCKS_PER_PAGE],
        "older": older,
        "is_first_page": before is None,
        "waiting": queries.count_pending(),
    }
    return render(request, "ledger/explorer.html", context)


@require_safe
@limited
def block(request: HttpRequest, height: int) -> HttpResponse:
    """One block: its header, and its entries a page at a time."""
    found = queries.find_block(height) if height <= BIGGEST else None
    if found is None:
        return not_found(request, _("There is no block %(height)s in this log.") % {"height": height})
    first = max(position(request, "from") or 0, found.first)
    leaves = list(queries.entries_of_block(found, first, ENTRIES_PER_PAGE + 1))
    checkpoint = queries.latest_checkpoint()
    context = {
        "sealed": found,  # not "block": inside a template's block that word is taken
        "header": bytes(found.header).decode(),
        "leaves": leaves[:ENTRIES_PER_PAGE],
        "next": leaves[ENTRIES_PER_PAGE].index if len(leaves) > ENTRIES_PER_PAGE else None,
        "is_published": found.tree_size <= (checkpoint.tree_size if checkpoint else 0),
        "checkpoint": checkpoint,
    }
    return render(request, "ledger/block.html", context)


@require_safe
@limited
def entry(request: HttpRequest, entry_id: bytes) -> HttpResponse:
    """What the log says about one entry: everything but what it says."""
    found = queries.find_entry(entry_id)
    if found is None:
        return not_found(
            request, _("No entry has this hash. A hash is 64 digits and letters; check that none is missing.")
        )
    leaf = queries.find_leaf(found)
    context = {
        "entry": found,
        "leaf": leaf,
        "suspects": queries.suspect_signers(found, leaf),
        "state": queries.proof_states([found.pk])[found.pk],
        "proof": queries.proof_of(found),
        "checkpoint": queries.latest_checkpoint(),
        "key": queries.find_key(found.keyid),
    }
    return render(request, "ledger/entry.html", context)


@require_safe
@limited
def proof(request: HttpRequest, entry_id: bytes) -> HttpResponse:
    """The C2SP .tlog-proof of one entry, without its envelope unless everybody needs that anyway."""
    found = queries.find_entry(entry_id)
    file = queries.proof_file(found, with_envelope=False) if found else None
    if found is None:
        return public_text(_("No entry has this hash."), status=404)
    if file is None:
        return public_text(
            _("This entry waits for its block or for the next checkpoint. Ask again in a few seconds."), status=404
        )
    response = public_text(file.decode())
    response["Content-Disposition"] = f'attachment; filename="{entry_id.hex()}.tlog-proof"'
    return response


@require_safe
@limited_files
def checkpoint(request: HttpRequest) -> HttpResponse:
    return published_text("checkpoint", _("Nothing is published yet: the log is empty, or its worker does not run."))


@require_safe
@limited_files
def policy(request: HttpRequest) -> HttpResponse:
    return published_text("policy", _("No policy is published yet: it comes with the first checkpoint."))


@require_safe
@limited_files
def tile(request: HttpRequest, rest: str) -> HttpResponse:
    """A tile or an entry bundle. Its path decides its bytes for all time."""
    path = f"tile/{rest}"
    try:
        parse_tile_path(path)  # also what keeps "..", and every file that is no tile, out of reach
    except MalformedError as error:
        return public_text(str(error), status=404)
    content = read_published(path)
    if content is None:
        return public_text(
            _("%(path)s is not published. The file `checkpoint` says how far the tree reaches.") % {"path": path},
            status=404,
        )
    response = HttpResponse(content, content_type="application/octet-stream")
    patch_cache_control(response, public=True, max_age=31_536_000, immutable=True)
    return for_everybody(response)


def position(request: HttpRequest, name: str) -> int | None:
    """A whole number from the query string; anything else counts as not given."""
    value = request.GET.get(name, "")
    return int(value) if len(value) < 19 and value.isascii() and value.isdigit() else None


def read_published(name: str) -> bytes | None:
    try:
        return (Path(settings.LOG_PUBLIC_DIR) / name).read_bytes()
    except FileNotFoundError:
        return None


def published_text(name: str, missing: str) -> HttpResponse:
    content = read_published(name)
    if content is None:
        return public_text(missing, status=404)
    return public_text(content.decode())


def public_text(text: str, *, status: int = 200) -> HttpResponse:
    response = HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    return for_everybody(response)


def for_everybody(response: HttpResponse) -> HttpResponse:
    """Verifiers run in other people's pages."""
    response["Access-Control-Allow-Origin"] = "*"
    return response


def not_found(request: HttpRequest, reason: str) -> HttpResponse:
    return render(request, "ledger/not_found.html", {"reason": reason, "home": reverse("ledger:explorer")}, status=404)
