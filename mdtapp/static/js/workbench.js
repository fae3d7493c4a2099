// The workbench: materials open without leaving the form, sections open one after another, places are cited, and
// what is left is told after each save. Every step also works as a link or a button of the form.
import { icon } from "./icons.js";

// Parts of a place: how they read, and as the address of a material asks for them (mdtapp/opinions/inputs/places.py).
const MARKS = [["page", "p. "], ["series", "s"], ["instance", "i"], ["frame", "f"], ["region", "r"]];
const ASKED_BY = { page: "page", region: "region", series: "at_series", instance: "at_instance", frame: "at_frame" };

const show = (element, shown) => { if (element) element.hidden = !shown; };

class Workbench {
  constructor(form) {
    this.form = form;
    this.viewer = document.querySelector("[data-viewer]");
    this.parts = [...form.querySelectorAll("[data-part-block]")];
    this.target = null;
    this.ownWindow = null;
    this.cited = form.querySelector("[data-cited]");
    this.listen();
    this.toldViewer();
    this.openTarget();
  }

  listen() {
    document.addEventListener("click", (event) => this.onClick(event));
    addEventListener("hashchange", () => this.openTarget());
    for (const part of this.parts) part.addEventListener("toggle", () => { if (part.open) this.stand(part); });
    this.form.addEventListener("focusin", (event) => {
      this.aim(event.target.closest("[data-claim], [data-asked]"));
      const part = event.target.closest("[data-part-block]");
      if (part) this.stand(part);
    });
    this.form.addEventListener("autosaved", (event) => this.told(event.detail));
    this.form.addEventListener("pointerdown", (event) => this.aboutToChoose(event));
    this.form.addEventListener("keydown", (event) => this.onKey(event));
    this.viewer?.addEventListener("load", () => this.seen());
    document.addEventListener("cite", () => this.cite(this.target));
    this.form.addEventListener("restored", () => this.drawAll());
    document.querySelector("[data-page]")?.addEventListener("change", (event) => this.turnTo(event.target));
  }

  onClick(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    const material = event.target.closest("a[data-material]");
    const jump = event.target.closest("[data-step] a, a[data-left-part]");
    const next = event.target.closest("[data-next-part]");
    const cite = event.target.closest("button[data-cite]");
    const here = event.target.closest("button[data-cite-here]");
    const own = event.target.closest("a[data-viewer-window]");
    const place = event.target.closest("[data-places] a");
    const dropped = event.target.closest("button[name=remove_citation]");
    if (material && this.viewer) this.look(material);
    else if (jump) this.open(this.part(jump.dataset.leftPart ?? jump.closest("[data-step]").dataset.step));
    else if (next) this.next();
    else if (cite) this.cite(cite.closest("[data-claim]"));
    else if (here) this.cite(this.target);
    else if (own) this.openOwnWindow(own);
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

  /** Shows a material in the viewer; the form stays as it is. */
  look(link, inside = new URLSearchParams()) {
    const title = link.querySelector(".material-title").textContent;
    for (const other of document.querySelectorAll("a[data-material]")) other.removeAttribute("aria-current");
    link.setAttribute("aria-current", "true");
    this.form.elements.view_material.value = link.dataset.number;
    this.viewer.title = title;
    document.querySelector("[data-viewer-title]").textContent = `M${link.dataset.number} · ${title}`;
    document.querySelector("[data-viewer-window]").href = link.dataset.ownWindow;
    document.querySelector("[data-page]").value = inside.get("page") ?? "";
    this.toldViewer();
    this.show(inside);
  }

  current() {
    return document.querySelector('a[data-material][aria-current="true"]');
  }

  /** The viewer is the window of its own while that is open, else the middle pane. */
  show(inside) {
    const link = this.current();
    const own = this.ownWindow && !this.ownWindow.closed;
    const address = new URL(own ? link.dataset.ownWindow : link.dataset.material, location.href);
    for (const [name, value] of inside) address.searchParams.set(name, value);
    if (own) {
      this.ownWindow.location.href = address.href;
      this.seen();
    } else {
      this.viewer.src = address.href;
    }
  }

  openOwnWindow(link) {
    this.ownWindow = open(link.href, link.target);
    if (!this.ownWindow) location.assign(link.href);
  }

  /** Shows a cited place. */
  lookAt(place) {
    const address = new URL(place.href);
    const number = /\/(\d+)$/.exec(address.pathname)?.[1];
    const link = document.querySelector(`a[data-material][data-number="${number}"]`);
    if (link) this.look(link, address.searchParams);
    else location.assign(place.href);
  }

  /** A page of a document: the browser's own reader does not say which one it shows, so it is asked for here. */
  turnTo(box) {
    if (box.value && box.validity.valid) this.show(new URLSearchParams({ page: box.value }));
  }

  toldViewer() {
    const link = this.current();
    show(document.querySelector("[data-page-of]"), Boolean(link?.dataset.paged));
    const cite = document.querySelector("[data-cite-here]");
    show(cite, Boolean(link));
    if (!link) return;
    const words = cite.querySelector("[data-words]");
    words.textContent = words.dataset.words.replace("{material}", `M${link.dataset.number}`);
    for (const other of document.querySelectorAll("button[data-cite] span")) {
      other.textContent = other.textContent.replace(/M\d+/, `M${link.dataset.number}`);
    }
  }

  /** What the viewer has shown counts as opened. */
  seen() {
    const inside = this.viewer.contentDocument;
    inside?.addEventListener("keydown", (event) => {
      if (!event.altKey || event.ctrlKey || event.metaKey || event.code !== "KeyC") return;
      event.preventDefault();
      this.cite(this.target);
    });
    const link = this.current();
    const tick = link?.querySelector("[data-seen]");
    if (!tick?.hidden) return;
    tick.hidden = false;
    const count = document.querySelector("[data-seen-count]");
    count.textContent = String(Number(count.textContent) + 1);
  }

  /** The place the viewer shows: the material, and the page or picture where the page in it says one. */
  place() {
    const link = this.current();
    if (!link) return null;
    const own = this.ownWindow && !this.ownWindow.closed;
    let said = {};
    let number = link.dataset.number;
    try {
      const shown = own ? this.ownWindow.document : this.viewer.contentDocument;
      said = JSON.parse(shown.querySelector("[data-place]")?.dataset.place ?? "{}");
      number = /\/materials\/(\d+)/.exec(shown.location.pathname)?.[1] ?? number;
    } catch {
      // A document in a sandbox of its own says nothing; the material alone is cited.
    }
    const page = link.dataset.paged && number === link.dataset.number ? document.querySelector("[data-page]") : null;
    if (page?.value && page.validity.valid) said.page = Number(page.value);
    return { material: `M${number}`, ...said };
  }

  /** The question or claim that the next citation goes to. */
  aim(row) {
    if (!row || row === this.target) return;
    this.target?.classList.remove("is-cited-next");
    row.classList.add("is-cited-next");
    this.target = row;
  }

  cite(row) {
    const place = row ? this.place() : null;
    if (!place) {
      this.announce((words) => words.nowhere);
      return;
    }
    this.aim(row);
    const places = this.placesOf(row);
    if (!places.some((one) => JSON.stringify(one) === JSON.stringify(place))) this.keep(row, [...places, place]);
    const what = row.querySelector(".field-label, th, legend")?.textContent.trim() ?? "";
    this.announce((words) => words.citedWords.replace("{place}", this.words(place)).replace("{what}", what));
  }

  announce(words) {
    const status = document.querySelector("[data-cite-said]");
    if (status) status.textContent = words(status.dataset);
  }

  drop(button) {
    const row = button.closest("[data-claim], [data-asked]");
    const at = Number(button.value.split(".").at(-1));
    this.keep(row, this.placesOf(row).filter((_, index) => index !== at));
    const rest = row.querySelectorAll("[data-places] button");
    (rest[Math.min(at, rest.length - 1)] ?? row.querySelector("input:not([type=hidden]), select, textarea"))?.focus();
  }

  /** Places beside answers are kept together; those of a claim in its own row. */
  placesOf(row) {
    if (row.dataset.asked) return JSON.parse(this.cited.value || "{}")[row.dataset.asked] ?? [];
    return JSON.parse(row.querySelector('input[name$="-anchors"]').value || "[]");
  }

  keep(row, places) {
    if (row.dataset.asked) {
      const { [row.dataset.asked]: _, ...others } = JSON.parse(this.cited.value || "{}");
      const all = places.length ? { ...others, [row.dataset.asked]: places } : others;
      this.cited.value = Object.keys(all).length ? JSON.stringify(all) : "";
    } else {
      row.querySelector('input[name$="-anchors"]').value = places.length ? JSON.stringify(places) : "";
    }
    this.draw(row);
    this.form.dispatchEvent(new Event("input", { bubbles: true }));
  }

  draw(row) {
    const places = this.placesOf(row);
    const name = row.dataset.asked ? `cited.${row.dataset.asked}` : row.querySelector('input[name$="-anchors"]').name;
    const box = row.querySelector("[data-places]");
    for (const chip of box.querySelectorAll(".chip")) chip.remove();
    box.prepend(...places.map((place, index) => this.chip(place, `${name}.${index}`)));
    if (row.dataset.asked) box.hidden = places.length === 0;
  }

  drawAll() {
    for (const row of this.form.querySelectorAll("[data-claim], [data-asked]")) this.draw(row);
  }

  address({ material, ...place }) {
    const asked = Object.entries(ASKED_BY).filter(([part]) => place[part] !== undefined);
    const query = new URLSearchParams(asked.map(([part, name]) => [name, place[part]])).toString();
    return `${this.form.dataset.materials}/${material.slice(1)}${query ? `?${query}` : ""}`;
  }

  words(place) {
    const said = MARKS.filter(([key]) => place[key] !== undefined).map(([key, mark]) => mark + place[key]);
    return [place.material, ...said, place.note].filter(Boolean).join(" ");
  }

  chip(place, value) {
    const words = this.words(place);
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
