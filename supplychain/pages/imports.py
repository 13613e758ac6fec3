"""A table from a spreadsheet comes in by page, and every line that did not is named."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from supplychain.acts import Actor
from supplychain.imports.books import Books
from supplychain.imports.forms import ImportForm
from supplychain.imports.master_csv import LAYOUTS
from supplychain.imports.table_csv import UnreadableFileError, read_table
from supplychain.pages.access import for_members
from supplychain.pages.answers import show
from supplychain.streams import check_rows
from supplychain.usecases.import_table import import_table


@for_members()
def import_file(request: HttpRequest, actor: Actor) -> HttpResponse:
    form = ImportForm(request.POST or None, request.FILES or None, actor=actor)
    books: Books | None = None
    if form.is_valid():
        kind, file = form.cleaned_data["kind"], form.cleaned_data["file"]
        entered = Books()
        try:
            check_rows(file.chunks())
            rows = read_table(file.chunks(), LAYOUTS[kind])
            for accounts in import_table(actor=actor, kind=kind, rows=rows, dry_run=form.cleaned_data["dry_run"]):
                entered.enter(accounts)
            books = entered
        except UnreadableFileError as error:
            form.add_error("file", _("%(reason)s (%(code)s)") % {"reason": error, "code": error.code})
    if books is None:
        return show(request, "supplychain/import.html", form, layouts=form.layouts)
    context = {"form": form, "books": books, "layouts": form.layouts, "fates": books.fates}
    return render(request, "supplychain/import.html", context, status=422 if books.refused else 200)
