// What every page with a scan field shares: keys find their way into the field, and each scan is heard and seen.
"use strict";

window.medtrail = (() => {
  const SEPARATOR = "\x1d";
  const SOUND_KEY = "medtrail.sound";
  let audio = null;

  const isEditable = (element) => element.matches("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");

  // A keyboard-wedge scanner types wherever the focus is. Printing keys that no field wants go to the scan field.
  function capture(input, onCode) {
    document.addEventListener("keydown", (event) => {
      const isPrinting = event.key.length === 1 && !event.ctrlKey && !event.altKey && !event.metaKey;
      const isPress = event.key === " " && event.target.matches("button, a, summary, label, [type=checkbox], [type=radio]");
      if (isPrinting && !isPress && !isEditable(event.target)) input.focus();
    });
    input.addEventListener("keydown", (event) => {
      if (event.ctrlKey && event.key === "]") {
        // The separator of GS1 element strings: scanners send it as Ctrl+], which browsers would drop.
        event.preventDefault();
        input.setRangeText(SEPARATOR, input.selectionStart, input.selectionEnd, "end");
      } else if (event.key === "Enter" || (event.key === "Tab" && !event.shiftKey && input.value)) {
        // Scanners end a code with either key, as they are set up.
        event.preventDefault();
        take(input, onCode);
      }
    });
    input.addEventListener("paste", (event) => {
      const lines = event.clipboardData.getData("text").split(/[\r\n]+/).filter((line) => line.trim());
      if (lines.length < 2) return;
      event.preventDefault();
      lines.forEach(onCode);
    });
  }

  function take(input, onCode) {
    const code = input.value;
    input.value = "";
    input.focus();
    if (code.trim()) onCode(code);
  }

  // One code after the other, in the order of scanning, however fast they come.
  function queue(handle) {
    const waiting = [];
    let isBusy = false;
    async function work() {
      if (isBusy) return;
      isBusy = true;
      while (waiting.length) await handle(waiting.shift());
      isBusy = false;
    }
    return { push(code) { waiting.push(code); work(); }, waiting, get isBusy() { return isBusy; } };
  }

  function tone(frequency, start, length, shape) {
    const oscillator = audio.createOscillator();
    const volume = audio.createGain();
    oscillator.type = shape;
    oscillator.frequency.value = frequency;
    volume.gain.setValueAtTime(0.12, audio.currentTime + start);
    volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + start + length);
    oscillator.connect(volume).connect(audio.destination);
    oscillator.start(audio.currentTime + start);
    oscillator.stop(audio.currentTime + start + length);
  }

  const SOUNDS = {
    ok: () => tone(1320, 0, 0.12, "sine"),
    again: () => { tone(880, 0, 0.1, "sine"); tone(880, 0.15, 0.1, "sine"); },
    bad: () => { tone(220, 0, 0.25, "square"); tone(165, 0.28, 0.4, "square"); },
  };

  function isSilent() {
    try { return localStorage.getItem(SOUND_KEY) === "off"; } catch { return false; }
  }

  // A sound that can be told from the others with the eyes on the shelf, and a frame for those who cannot hear it.
  function signal(kind, frame) {
    if (frame) {
      const name = kind === "ok" ? "is-ok" : "is-bad";
      frame.classList.remove("is-ok", "is-bad");
      frame.classList.add(name);
      setTimeout(() => frame.classList.remove(name), 600);
    }
    if (isSilent()) return;
    try {
      audio = audio || new AudioContext();
      SOUNDS[kind]();
    } catch { /* no sound device: the page shows it all the same */ }
  }

  function offerSilence(box) {
    const bar = box.querySelector("[data-scan-bar]");
    const choice = box.querySelector("[data-scan-sound]");
    bar.hidden = false;
    choice.checked = !isSilent();
    choice.addEventListener("change", () => {
      try { localStorage.setItem(SOUND_KEY, choice.checked ? "on" : "off"); } catch { /* private mode */ }
    });
  }

  return { capture, take, queue, signal, offerSilence };
})();
