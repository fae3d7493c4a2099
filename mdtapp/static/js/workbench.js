// The workbench: materials open without leaving the form, sections open one after another, places are cited, and
// what is left is told after each save. Every step also works as a link or a button of the form.
import { icon } from "./icons.js";

const show = (element, shown) => { if (element) element.hidden = !shown; };

class Workbench {
  constructor(form) {
    this.form = form;
    this.viewer = document.querySelector("[data-viewer]");
    this.parts = [...form.querySelectorAll("[data-part-block]")];
    this.claim = null;
    this.listen();
    this.openTarget();
  }

  listen() {
    document.addEventListener("click", (event) => this.onClick(event));
    addEventListener("hashchange", () => this.openTarget());
    for (const part of this.parts) part.addEventListener("toggle", () => { if (part.open) this.stand(part); });
    this.form.addEventListener("focusin", (event) => {
      this.claim = event.target.closest("[data-claim]") ?? this.claim;
      const part = event.target.closest("[data-part-block]");
      if (part) this.stand(part);
    });
    this.form.addEventListener("autosaved", (event) => this.told(event.detail));
    this.form.addEventListener("pointerdown", (event) => this.aboutToChoose(event));
    this.form.addEventListener("keydown", (event) => this.onKey(event));
    this.viewer?.addEventListener("load", () => this.seen());
    document.addEventListener("cite", () => this.cite(this.claim));
  }

  onClick(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    const material = event.target.closest("a[data-material]");
    const jump = event.target.closest("[data-step] a, a[data-left-part]");
    const next = event.target.closest("[data-next-part]");
    const cite = event.target.closest("button[data-cite]");
    const place = event.target.closest("[data-places] a");
    const dropped = event.target.closest("button[name=remove_citation]");
    if (material && this.viewer) this.look(material);
    else if (jump) this.open(this.part(jump.dataset.leftPart ?? jump.closest("[data-step]").dataset.step));
    else if (next) this.next();
    else if (cite) this.cite(cite.closest("[data-claim]"));
    else if (dropped) this.drop(dropped);
    else if (place && this.viewer) this.lookAt(place);
    else return;
    event.preventDefault();
  }

  /** A mark that is chosen again, or deleted from the keyboard, is taken back: a slip must not stay. */
  aboutToChoose(event) {
    const mark = event.target.closest(".agreement .segment")?.querySelector("input");
    if (mark?.checked) mark.addEventListener("click", () => this.takeBack(mark), { once: true });
  }

  onKey(event) {
    const mark = event.target.closest(".agreement .segment input");
    if (!mark || !["Backspace", "Delete"].includes(event.key)) return;
    this.takeBack(mark.closest(".segmented").querySelector("input:checked") ?? mark);
    event.preventDefault();
  }

  takeBack(mark) {
    mark.checked = false;
    mark.dispatchEvent(new Event("input", { bubbles: true }));
  }

  part(key) {
    return this.parts.find((part) => part.dataset.partBlock === key);
  }

  /** Opens the section a link points into, and shows the question. */
  openTarget() {
    const target = location.hash.length > 1 ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null;
    if (!target || !this.form.contains(target)) return;
    for (let at = target; at && at !== this.form; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    target.scrollIntoView({ block: "start" });
    target.querySelector("input:not([type=hidden]), select, textarea")?.focus({ preventScroll: true });
  }

  open(part) {
    if (!part) return;
    part.open = true;
    part.scrollIntoView({ block: "start" });
    part.querySelector("summary").focus({ preventScroll: true });
  }

  next() {
    const at = this.parts.findIndex((part) => part.dataset.partBlock === this.form.elements.view_part.value);
    const next = this.parts[Math.min(at + 1, this.parts.length - 1)];
    if (at >= 0 && next !== this.parts[at]) this.parts[at].open = false;
    this.open(next);
    this.form.dispatchEvent(new CustomEvent("save-now"));
  }

  /** Marks where one is: in the steps above the form, and for a save without scripts. */
  stand(part) {
    this.form.elements.view_part.value = part.dataset.partBlock;
    for (const step of this.form.querySelectorAll("[data-step]")) {
      const here = step.dataset.step === part.dataset.partBlock;
      step.className = `section-step section-step-${here ? "current" : step.dataset.state}`;
      const link = step.querySelector("a");
      if (here) link.setAttribute("aria-current", "step");
      else link.removeAttribute("aria-current");
    }
  }

  /** What the server says after a save. */
  told({ left, parts = [], computed = {} }) {
    for (const each of parts) this.toldPart(each);
    const here = this.part(this.form.elements.view_part.value);
    if (here) this.stand(here);
    if (left !== undefined) {
      this.form.querySelector("[data-left-count]").textContent = String(left);
      show(this.form.querySelector("[data-left-some]"), left > 0);
      show(this.form.querySelector("[data-left-none]"), left === 0);
      const review = this.form.querySelector("[data-review]");
      review.classList.toggle("button-primary", left === 0);
      review.classList.toggle("button-secondary", left > 0);
    }
    for (const [key, value] of Object.entries(computed)) {
      for (const shown of this.form.querySelectorAll(`[data-computed="${CSS.escape(key)}"]`)) {
        shown.textContent = value;
        show(shown.parentElement, value !== "");
      }
    }
  }

  toldPart({ key, state, left, words, notes }) {
    const part = this.part(key);
    if (!part) return;
    part.dataset.state = state;
    const step = this.form.querySelector(`[data-step="${CSS.escape(key)}"]`);
    if (step) step.dataset.state = state;
    show(this.form.querySelector(`[data-left-part="${CSS.escape(key)}"]`), left > 0);
    if (words) part.querySelector("[data-part-words]").textContent = words;
    const items = notes.map((sentence) => Object.assign(document.createElement("li"), { textContent: sentence }));
    part.querySelector("[data-notes-list]").replaceChildren(...items);
    show(part.querySelector("[data-notes]"), items.length > 0);
  }

  /** Shows a material in the middle pane; the form stays as it is. */
  look(link) {
    this.viewer.src = link.dataset.material;
    this.viewer.title = link.querySelector(".material-title").textContent;
    for (const other of document.querySelectorAll("a[data-material]")) other.removeAttribute("aria-current");
    link.setAttribute("aria-current", "true");
    this.form.elements.view_material.value = link.dataset.number;
    document.querySelector("[data-viewer-title]").textContent = `M${link.dataset.number} · ${this.viewer.title}`;
    document.querySelector("[data-viewer-window]").href = link.dataset.ownWindow;
    for (const words of document.querySelectorAll("button[data-cite] span")) {
      words.textContent = words.textContent.replace(/M\d+/, `M${link.dataset.number}`);
    }
  }

  /** Shows a cited place in the middle pane. */
  lookAt(place) {
    const address = new URL(place.href);
    const number = /\/(\d+)$/.exec(address.pathname)?.[1];
    const link = document.querySelector(`a[data-material][data-number="${number}"]`);
    if (!link) {
      location.assign(place.href);
      return;
    }
    this.look(link);
    address.searchParams.set("bare", "1");
    const page = address.searchParams.get("page");
    this.viewer.src = page ? `${address.href}#page=${page}` : address.href;
  }

  /** What the viewer has shown counts as opened. */
  seen() {
    const link = document.querySelector('a[data-material][aria-current="true"]');
    const tick = link?.querySelector("[data-seen]");
    if (!tick?.hidden) return;
    tick.hidden = false;
    const count = document.querySelector("[data-seen-count]");
    count.textContent = String(Number(count.textContent) + 1);
  }

  /** The place the viewer shows: the material, and the page or picture where the page in it says one. */
  place() {
    const number = this.form.elements.view_material?.value;
    if (!number) return null;
    let said = {};
    try {
      said = JSON.parse(this.viewer?.contentDocument?.querySelector("[data-place]")?.dataset.place ?? "{}");
    } catch {
      // A document in a sandbox of its own says nothing; the material alone is cited.
    }
    return { material: `M${number}`, ...said };
  }

  cite(row) {
    const place = row ? this.place() : null;
    if (!place) return;
    const kept = row.querySelector('input[name$="-anchors"]');
    const places = JSON.parse(kept.value || "[]");
    if (places.some((one) => JSON.stringify(one) === JSON.stringify(place))) return;
    this.keep(row, kept, [...places, place]);
  }

  drop(button) {
    const row = button.closest("[data-claim]");
    const at = Number(button.value.split(".").at(-1));
    const kept = row.querySelector('input[name$="-anchors"]');
    this.keep(row, kept, JSON.parse(kept.value || "[]").filter((_, index) => index !== at));
  }

  keep(row, kept, places) {
    kept.value = places.length ? JSON.stringify(places) : "";
    const box = row.querySelector("[data-places]");
    for (const chip of box.querySelectorAll(".chip")) chip.remove();
    box.prepend(...places.map((place, index) => this.chip(place, `${kept.name}.${index}`)));
    this.form.dispatchEvent(new Event("input", { bubbles: true }));
  }

  address({ material, page, region }) {
    const inside = Object.entries({ page, region }).filter(([, value]) => value !== undefined);
    const query = new URLSearchParams(inside).toString();
    return `${this.form.dataset.materials}/${material.slice(1)}${query ? `?${query}` : ""}`;
  }

  chip(place, value) {
    const marks = [["page", "p. "], ["series", "s"], ["instance", "i"], ["frame", "f"], ["region", "r"]];
    const said = marks.filter(([key]) => place[key] !== undefined).map(([key, mark]) => mark + place[key]);
    const words = [place.material, ...said, place.note].filter(Boolean).join(" ");
    const chip = Object.assign(document.createElement("span"), { className: "chip" });
    const link = Object.assign(document.createElement("a"), { href: this.address(place) });
    link.append(icon("pin"), Object.assign(document.createElement("span"), { textContent: words }));
    const remove = Object.assign(document.createElement("button"), { type: "submit", name: "remove_citation", value });
    remove.setAttribute("aria-label", this.form.dataset.removeWords.replace("{name}", words));
    remove.append(icon("x"));
    chip.append(link, remove);
    return chip;
  }
}

export function start(form) {
  new Workbench(form);
}
