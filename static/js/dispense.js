// Scan after scan: each pack is sent at once, the answer replaces the last one, and the field is never locked.
"use strict";

document.querySelectorAll("[data-dispense]").forEach((form) => {
  const { capture, take, queue, signal, offerSilence } = window.medtrail;
  const input = form.elements.code;
  const answer = document.getElementById("answer");
  const codes = queue(dispense);

  async function dispense(code) {
    let isAnswered = false;
    const note = (event) => { isAnswered = event.detail.successful; };
    document.addEventListener("htmx:afterRequest", note, { once: true });
    const values = {
      code,
      request_id: document.getElementById("request-id").value,
      csrfmiddlewaretoken: form.elements.csrfmiddlewaretoken.value,
    };
    try {
      await htmx.ajax("POST", form.action, { target: answer, swap: "innerHTML", values });
    } catch { /* told below */ }
    if (!isAnswered) fail(code);
    const shown = answer.querySelector("[data-signal]");
    if (shown) signal(shown.dataset.signal, form);
  }

  function fail(code) {
    const notice = document.createElement("p");
    notice.className = "notice notice-bad";
    notice.dataset.signal = "bad";
    notice.textContent = `${form.dataset.textOffline} ${code}`;
    answer.replaceChildren(notice);
    // The lost request may have arrived. The next scan must be a wish of its own, whatever became of this one.
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    document.getElementById("request-id").value = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    take(input, codes.push);
  });
  offerSilence(form);
  capture(input, codes.push);
});
