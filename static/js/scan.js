// A list of scanned codes. The textarea stays what the form sends; this script shows it as lines and keeps it in step.
"use strict";

document.querySelectorAll("[data-scan]").forEach((box) => {
  const { capture, take, queue, signal, offerSilence } = window.medtrail;
  const find = (name) => box.querySelector(`[data-scan-${name}]`);
  const [entry, input, plain, list, count, undo, last, error] =
    ["entry", "input", "plain", "list", "count", "undo", "last", "error"].map(find);
  const textarea = plain.querySelector("textarea");
  const form = box.closest("form");
  const codes = queue(check);
  let answered = false;

  const rows = () => [...list.children];
  const rowOf = (epc) => rows().find((row) => row.dataset.epc === epc);
  const nameOf = (row) => row.querySelector(".line-name").firstChild.textContent.trim();

  // Ask the server about one code; htmx puts the line it answers with at the top of the list.
  async function check(code) {
    answered = false;
    try {
      await htmx.ajax("POST", box.dataset.url, { target: list, swap: "afterbegin", values: valuesFor(code) });
    } catch { /* told below */ }
    if (!answered) refuse(`${box.dataset.textOffline} ${code}`);
  }

  function valuesFor(code) {
    const values = { code, purpose: box.dataset.purpose, handoff: box.dataset.handoff };
    values.csrfmiddlewaretoken = form.elements.csrfmiddlewaretoken.value;
    for (const pair of box.dataset.include.split(" ").filter(Boolean)) {
      const [id, name] = pair.split(":");
      values[name] = document.getElementById(id).value;
    }
    return values;
  }

  box.addEventListener("htmx:beforeSwap", (event) => {
    const epc = event.detail.xhr.getResponseHeader("X-Scan");
    if (!epc) return;
    answered = true;
    if (epc === "refused") {
      last.textContent = "";
      signal("bad", box);
    } else if (rowOf(epc)) {
      event.detail.shouldSwap = false;
      repeat(rowOf(epc));
    } else {
      error.replaceChildren();
      signal("ok", box);
    }
  });

  box.addEventListener("htmx:afterSwap", () => {
    const row = list.firstElementChild;
    if (row && !row.dataset.ready) last.textContent = `${box.dataset.textLast}: ${nameOf(row)}`;
    refresh();
  });

  function repeat(row) {
    const times = Number(row.dataset.times || 1) + 1;
    const note = row.querySelector("[data-again]");
    row.dataset.times = times;
    row.classList.add("is-again");
    note.textContent = box.dataset.textAgain.replace("%n", times);
    note.hidden = false;
    last.textContent = `${nameOf(row)}: ${note.textContent}`;
    signal("again", box);
  }

  function refuse(text) {
    const notice = document.createElement("p");
    notice.className = "notice notice-bad";
    notice.textContent = text;
    last.textContent = "";
    error.replaceChildren(notice);
    signal("bad", box);
  }

  function remove(row) {
    last.textContent = `${box.dataset.textRemoved}: ${nameOf(row)}`;
    row.remove();
    refresh();
    input.focus();
  }

  function refresh() {
    rows().forEach(dress);
    textarea.value = rows().map((row) => row.dataset.epc).reverse().join("\n");
    count.textContent = list.children.length;
    undo.disabled = !list.children.length;
    document.querySelectorAll("[data-expects]").forEach((row) => {
      row.querySelector("[data-there]").hidden = !rowOf(row.dataset.expects);
    });
  }

  function dress(row) {
    if (row.dataset.ready) return;
    row.dataset.ready = "yes";
    const button = row.querySelector("[data-remove]");
    button.hidden = false;
    button.addEventListener("click", () => remove(row));
  }

  function start() {
    const lines = textarea.value.split(/[\r\n]+/).filter((line) => line.trim());
    list.append(...rows().reverse());
    lines.filter((line) => !rowOf(line)).forEach(codes.push);
    textarea.required = false;
    plain.hidden = true;
    entry.hidden = false;
    offerSilence(box);
    refresh();
    capture(input, codes.push);
    // What the page says at its top, such as what was wrong, must not scroll out of sight.
    if (!document.querySelector("[autofocus]")) input.focus({ preventScroll: true });
  }

  find("add").addEventListener("click", () => take(input, codes.push));
  undo.addEventListener("click", () => remove(list.firstElementChild));

  // A scanner's Enter in another field of the form, such as the unit's number, means: now the goods.
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target === input || !event.target.matches("input, select")) return;
    event.preventDefault();
    input.focus();
  });

  // What was typed but not added, or not answered yet, goes along as it is: the server looks at every line anyway.
  form.addEventListener("submit", () => {
    textarea.value = [textarea.value, ...codes.waiting, input.value].filter((line) => line.trim()).join("\n");
  });

  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target.id === "unit-field") input.focus();
  });

  start();
});
