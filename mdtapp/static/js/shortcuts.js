// Keys. Single letters work only while no field has the focus, and can be turned off per person and computer.
import { keep, recall } from "./storage.js";

const OFF = "keys-off";

const typing = (element) =>
  element?.closest("input:not([type=checkbox]):not([type=radio]):not([type=button]), textarea, select, [contenteditable=true]");
const visible = (element) => element.getClientRects().length > 0;

function move(step) {
  const items = [...document.querySelectorAll("[data-list-item]")].filter(visible);
  if (!items.length) return;
  const at = items.findIndex((item) => item.classList.contains("is-current"));
  const next = items[Math.min(items.length - 1, Math.max(0, at < 0 ? (step > 0 ? 0 : items.length - 1) : at + step))];
  for (const item of items) item.classList.toggle("is-current", item === next);
  if (!next.hasAttribute("tabindex")) next.tabIndex = -1;
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

function open() {
  const item = document.querySelector("[data-list-item].is-current");
  if (!item || document.activeElement !== item) return false;
  item.querySelector("a[href], button:not([disabled])")?.click();
  return true;
}

function toggleKeys() {
  const dialog = document.querySelector("dialog[data-shortcuts]");
  if (dialog) dialog.open ? dialog.close() : dialog.showModal();
}

function saveNow() {
  const form = document.activeElement?.closest("form[data-autosave-url]") ?? document.querySelector("form[data-autosave-url]");
  if (form) form.dispatchEvent(new CustomEvent("save-now"));
  else document.querySelector("[data-save]")?.click();
}

function section(step) {
  const sections = [...document.querySelectorAll("[data-section]")].filter(visible);
  const here = document.activeElement?.closest("[data-section]");
  const next = sections[Math.min(sections.length - 1, Math.max(0, sections.indexOf(here) + step))];
  if (!next) return;
  if (next.tagName === "DETAILS") next.open = true;
  next.tabIndex = -1;
  next.focus();
  next.scrollIntoView({ block: "start" });
}

/** Alt 1-4 choose in the agreement row that has the focus. */
function judge(number) {
  const row = document.activeElement?.closest(".agreement");
  const choice = row?.querySelectorAll("input[type=radio]")[number - 1];
  choice?.click();
  choice?.focus();
}

const LETTERS = {
  "/": () => document.querySelector('[data-shortcut="/"]')?.focus(),
  "?": toggleKeys,
  j: () => move(1),
  k: () => move(-1),
};

function onKey(event) {
  const held = event.ctrlKey || event.metaKey;
  if (held && event.key.toLowerCase() === "s" && document.querySelector("form[data-autosave-url], [data-save]")) {
    event.preventDefault();
    saveNow();
  } else if (event.altKey && !held) {
    onAlt(event);
  } else if (!held && !typing(event.target) && !document.querySelector("dialog[open]") && !recall(OFF)) {
    onLetter(event);
  }
}

function onAlt(event) {
  const digit = /^Digit([1-4])$/.exec(event.code)?.[1];
  if (digit && document.activeElement?.closest(".agreement")) judge(Number(digit));
  else if (event.key === "PageDown" || event.key === "PageUp") section(event.key === "PageDown" ? 1 : -1);
  else if (event.code === "KeyC") document.dispatchEvent(new CustomEvent("cite", { detail: { field: document.activeElement } }));
  else return;
  event.preventDefault();
}

function onLetter(event) {
  if (event.key === "Enter") {
    if (open()) event.preventDefault();
    return;
  }
  const act = LETTERS[event.key] ?? LETTERS[event.key.toLowerCase()];
  const marked = act ? null : document.querySelector(`[data-shortcut="${CSS.escape(event.key.toLowerCase())}"]`);
  if (!act && !marked) return;
  event.preventDefault();
  if (act) act();
  else marked.click();
}

export function startShortcuts() {
  document.addEventListener("keydown", onKey);
  for (const button of document.querySelectorAll("[data-shortcuts-open]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const menu = button.closest("details");
      if (menu) menu.open = false;
      toggleKeys();
    });
  }
  const off = document.querySelector("[data-shortcuts-off]");
  if (!off) return;
  off.checked = Boolean(recall(OFF));
  off.addEventListener("change", () => keep(OFF, off.checked));
}
