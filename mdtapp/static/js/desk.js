// The merge desk: where a sentence comes from at the pointer, tools in place, moving by drag and keys, undo, who is there.
// Every act is a form or a link of the page and works without this file.
import { icon } from "./icons.js";

const LOOK_AFTER = 400;
const ASK_EVERY = 15000;
const PLACE = "desk.scroll";

const desk = document.querySelector("[data-desk]");
const typing = (element) => element?.closest("input, textarea, select, [contenteditable=true]");
const article = (element) => element?.closest(".statement");
const token = () => document.querySelector("#desk-move input[name=csrf_token]")?.value ?? "";

async function fetchPart(address) {
  const answer = await fetch(address, { headers: { Accept: "text/html" }, redirect: "error" });
  if (!answer.ok) throw new Error(String(answer.status));
  return new DOMParser().parseFromString(await answer.text(), "text/html").body;
}

/** The trail stands beside its sentence, stays while the pointer is on either, and leaves with Escape. */
class TrailPopover {
  constructor(box) {
    this.box = box;
    this.body = box.querySelector("[data-trail-body]");
    this.timer = null;
    this.origin = null;
    box.querySelector("[data-trail-close]").addEventListener("click", () => this.close());
    box.addEventListener("pointerleave", () => this.leave());
    box.addEventListener("pointerenter", () => clearTimeout(this.timer));
    document.addEventListener("keydown", (event) => { if (event.key === "Escape" && this.isOpen()) this.close(); });
    document.addEventListener("click", (event) => this.clicked(event));
    for (const text of document.querySelectorAll("[data-trail-text]")) {
      text.addEventListener("pointerenter", (event) => { if (event.pointerType === "mouse") this.later(() => this.open(text)); });
      text.addEventListener("pointerleave", () => this.leave());
    }
  }

  isOpen() { return this.box.matches(":popover-open"); }
  later(act) { clearTimeout(this.timer); this.timer = setTimeout(act, LOOK_AFTER); }
  leave() { if (!this.pinned) this.later(() => this.close()); }

  clicked(event) {
    const link = event.target.closest("a[data-trail]");
    const text = event.target.closest("[data-trail-text]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      this.open(link, true);
    } else if (text && !getSelection().toString()) this.open(text, true);
    else if (this.isOpen() && !this.box.contains(event.target)) this.close();
  }

  async open(element, pinned = false) {
    const link = article(element)?.querySelector("a[data-trail]");
    if (!link) return;
    this.pinned = pinned;
    this.origin = pinned ? link : null;
    this.body.textContent = this.box.dataset.waiting;
    if (!this.isOpen()) this.box.showPopover();
    this.place(element);
    const wanted = (this.wanted = link.href);
    try {
      const part = await fetchPart(`${link.href}?part=1`);
      if (this.wanted !== wanted) return;
      this.body.replaceChildren(...part.childNodes);
    } catch {
      this.body.textContent = this.box.dataset.failed;
    }
    this.place(element);
    if (pinned) this.box.querySelector("[data-trail-close]").focus({ preventScroll: true });
  }

  /** Below the sentence, or above it where there is no room. */
  place(element) {
    const at = element.getBoundingClientRect();
    const [width, height] = [this.box.offsetWidth, this.box.offsetHeight];
    const below = at.bottom + 6 + height < innerHeight || at.top < height;
    this.box.style.left = `${Math.max(8, Math.min(at.left, innerWidth - width - 8))}px`;
    this.box.style.top = `${Math.max(8, below ? Math.min(at.bottom + 6, innerHeight - height - 8) : at.top - height - 6)}px`;
  }

  close() {
    clearTimeout(this.timer);
    this.wanted = null;
    if (this.isOpen()) this.box.hidePopover();
    if (this.pinned) this.origin?.focus({ preventScroll: true });
    this.pinned = false;
  }
}

/** The tools of a sentence open below it, one sentence at a time; a text that was begun is not closed by another. */
async function openPart(link) {
  const place = article(link).querySelector("[data-part-place]");
  if (place.dataset.shown === link.dataset.part) return closePart(place);
  try {
    place.replaceChildren(...(await fetchPart(link.dataset.part)).childNodes);
  } catch {
    location.assign(link.href);
    return;
  }
  place.dataset.shown = link.dataset.part;
  place.querySelector("[data-first]")?.focus();
  for (const form of place.querySelectorAll("form[data-reword]")) form.addEventListener("submit", saveWords);
}

function closePart(place) {
  delete place.dataset.shown;
  place.replaceChildren();
  article(place).focus({ preventScroll: true });
}

/** A save that meets another one shows both texts and keeps what was typed. */
async function saveWords(event) {
  const form = event.target;
  event.preventDefault();
  const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { Accept: "application/json" }, redirect: "manual" })
    .catch(() => null);
  if (answer?.type === "opaqueredirect") return again(article(form));
  if (answer?.status !== 409) return form.submit();
  const clash = await answer.json();
  if (!clash.theirs) return form.submit();
  form.querySelector(".clash")?.remove();
  const box = Object.assign(document.createElement("div"), { className: "clash notice notice-warn" });
  box.setAttribute("role", "alert");
  const words = document.createElement("div");
  words.append(Object.assign(document.createElement("p"), { textContent: form.dataset.clash }), Object.assign(document.createElement("h4"), { textContent: form.dataset.theirs }));
  for (const [language, text] of Object.entries(clash.theirs)) {
    words.append(Object.assign(document.createElement("p"), { textContent: text, lang: language === "zh" ? "zh-Hans" : "en" }));
  }
  box.append(icon("arrows-diff"), words);
  form.prepend(box);
  form.elements.row_version.value = clash.version;
}

/** The page anew, at the same height, with the sentence in focus. */
function again(sentence) {
  sessionStorage.setItem(PLACE, JSON.stringify({ path: location.pathname, top: scrollY, id: sentence?.id ?? "" }));
  location.replace(location.pathname);
}

function returnToPlace() {
  const kept = JSON.parse(sessionStorage.getItem(PLACE) ?? "null");
  sessionStorage.removeItem(PLACE);
  if (kept?.path !== location.pathname) return;
  document.getElementById(kept.id)?.focus({ preventScroll: true });
  scrollTo({ top: kept.top, behavior: "instant" });
}

function keepPlace(event) {
  const sentence = article(event.target) ?? article(document.activeElement);
  sessionStorage.setItem(PLACE, JSON.stringify({ path: location.pathname, top: scrollY, id: sentence?.id ?? "" }));
}

/** Drag by the grip: the sentence is put before the one it is dropped on, or at the end of the section. */
function startDragging() {
  let dragged = null;
  let target = null;
  const mark = (element) => {
    target?.classList.remove("drop-before", "drop-end");
    target = element;
    target?.classList.add(target.matches(".statement") ? "drop-before" : "drop-end");
  };
  document.addEventListener("pointerdown", (event) => {
    const grip = event.target.closest("[data-grip]");
    if (!grip || event.button) return;
    event.preventDefault();
    dragged = article(grip);
    dragged.classList.add("is-dragged");
    grip.setPointerCapture(event.pointerId);
  });
  document.addEventListener("pointermove", (event) => {
    if (!dragged) return;
    const below = document.elementFromPoint(event.clientX, event.clientY);
    const over = below?.closest(".statement") ?? below?.closest("[data-section-key]");
    mark(over && over !== dragged ? over : null);
    if (event.clientY < 120) scrollBy(0, -12);
    else if (event.clientY > innerHeight - 40) scrollBy(0, 12);
  });
  document.addEventListener("pointerup", () => {
    if (!dragged) return;
    const [moved, place] = [dragged, target];
    moved.classList.remove("is-dragged");
    mark(null);
    dragged = null;
    if (place) put(moved, place);
  });
  document.addEventListener("pointercancel", () => { dragged?.classList.remove("is-dragged"); mark(null); dragged = null; });
}

function put(moved, place) {
  const section = place.dataset.sectionKey ?? place.dataset.section;
  const form = document.getElementById("desk-move");
  form.action = `${form.dataset.base}/${moved.dataset.statement}/move`;
  form.append(hidden("section", section));
  if (place.matches(".statement")) form.append(hidden("before", place.dataset.statement));
  form.requestSubmit();
}

const hidden = (name, value) => Object.assign(document.createElement("input"), { type: "hidden", name, value });

function onKey(event) {
  const held = event.ctrlKey || event.metaKey;
  if (held && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "z" && !typing(event.target)) {
    const form = document.querySelector("form[data-undo]");
    if (form?.querySelector("button[type=submit]")) {
      event.preventDefault();
      form.requestSubmit();
    }
    return;
  }
  if (held && event.key === "Enter" && event.target.closest("form[data-reword]")) {
    event.preventDefault();
    event.target.form.requestSubmit();
    return;
  }
  if (event.key === "Escape" && event.target.closest(".editor")) {
    closePart(event.target.closest("[data-part-place]"));
    return;
  }
  const sentence = article(document.activeElement);
  if (!sentence || typing(event.target)) return;
  const move = event.altKey && { ArrowUp: "up", ArrowDown: "down" }[event.key];
  const act = move ? `[data-move="${move}"]` : !held && !event.altKey && { e: "a[data-edit]", t: "a[data-trail]" }[event.key.toLowerCase()];
  const button = act && sentence.querySelector(act);
  if (!button) return;
  event.preventDefault();
  button.click();
}

/** Says that the page is open, and hears who else has it open and whether the text has changed. */
function startPresence() {
  const words = document.querySelector("[data-presence-words]");
  if (!desk.dataset.presence || !words) return;
  let shown = words.textContent.trim();
  const ask = async () => {
    if (document.hidden) return;
    const open = document.querySelector("[data-editor]")?.dataset.editor ?? "";
    const body = new URLSearchParams({ csrf_token: token(), statement: open });
    const answer = await fetch(desk.dataset.presence, { method: "POST", body, headers: { Accept: "application/json" }, redirect: "manual" }).catch(() => null);
    if (!answer?.ok) return;
    const { people, latest } = await answer.json();
    const changed = latest !== Number(desk.dataset.latest);
    for (const each of document.querySelectorAll(".statement.is-theirs")) each.classList.remove("is-theirs");
    for (const one of people) document.getElementById(`statement-${one.statement}`)?.classList.add("is-theirs");
    const said = people.length ? words.dataset.also.replace("{names}", people.map((one) => one.name).join(", ")) : "";
    if (`${said}${changed}` === shown) return;
    shown = `${said}${changed}`;
    words.replaceChildren();
    if (said) words.append(icon("users"), said);
    if (changed) {
      const link = Object.assign(document.createElement("a"), { href: location.pathname, textContent: words.dataset.reload });
      words.append(" ", words.dataset.changed, " ", link);
    }
  };
  ask();
  setInterval(ask, ASK_EVERY);
  document.addEventListener("visibilitychange", ask);
}

function openTarget() {
  const target = document.getElementById(location.hash.slice(1));
  for (let box = target?.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
  if (target?.closest("details")) target.scrollIntoView({ block: "nearest" });
}

const popover = document.querySelector("[data-trail-popover]");
if (popover) new TrailPopover(popover);
if (desk) {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-part]");
    const add = event.target.closest("a[data-add]");
    if (event.target.closest("[data-close]")) closePart(event.target.closest("[data-part-place]"));
    else if (link && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      openPart(link);
    } else if (add) {
      event.preventDefault();
      const form = document.getElementById("add");
      form.open = true;
      form.querySelector("select[name=section]").value = add.dataset.add;
      form.querySelector("textarea").focus();
    }
  });
  document.addEventListener("keydown", onKey);
  document.addEventListener("submit", keepPlace);
  addEventListener("hashchange", openTarget);
  startDragging();
  startPresence();
  returnToPlace();
  openTarget();
  for (const form of document.querySelectorAll("form[data-reword]")) form.addEventListener("submit", saveWords);
}
