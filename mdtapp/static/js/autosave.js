// Saves a form by itself: two seconds after the last change and when a field is left. Text that the server has not
// acknowledged is kept on this computer. Nothing is ever overwritten: a newer version is shown beside one's own.
//
// The form carries data-autosave-url and data-autosave-key; its hidden field row_version (or data-row-version) goes with
// every save. Answers: 200 {version, saved_at}; 409 {version, theirs, ours}; 401; 422 {error}.
import { icon } from "./icons.js";
import { forget, keep, recall } from "./storage.js";
import { ensureRow } from "./tables-rows.js";

const WAIT = 2000;
const AGAIN = 15000;
const ICONS = { saved: "cloud-check", saving: "loader", offline: "cloud-off", conflict: "arrows-diff", refused: "alert-triangle", "signed-out": "login", restore: "history", unsaved: "pencil" };

const clock = (moment) => {
  const zone = document.querySelector("time[data-clock]")?.dataset.clock;
  return new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone: zone }).format(moment);
};
const fill = (words, values) => (words ?? "").replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
const LEFT_OUT = new Set(["csrf_token", "row_version", "password"]);

class Autosave {
  constructor(form) {
    this.form = form;
    this.status = form.querySelector("[data-autosave-status]") ?? document.querySelector("[data-autosave-status]");
    this.words = this.status?.dataset ?? {};
    this.copy = `text.${form.dataset.autosaveKey ?? form.dataset.autosaveUrl}`;
    this.versionField = form.elements.row_version ?? null;
    this.version = Number(this.versionField?.value ?? form.dataset.rowVersion ?? 0);
    this.acknowledged = this.content();
    this.savedAt = null;
    this.running = false;
    this.blocked = form.dataset.autosaveWaits !== undefined;  // until it is chosen which of two texts counts
    this.timer = null;
    this.listen();
    this.offerCopy();
  }

  listen() {
    this.form.addEventListener("input", () => this.changed());
    this.form.addEventListener("change", () => this.changed());
    this.form.addEventListener("focusout", () => this.save());
    this.form.addEventListener("save-now", () => this.save(true));
    this.form.addEventListener("submit", (event) => this.submitted(event));
    addEventListener("online", () => this.save());
    document.addEventListener("visibilitychange", () => { if (document.hidden) this.save(); });
    addEventListener("pagehide", () => this.save(false, true));
  }

  /** Everything the form would send, without files, passwords, tokens and what the page shows (view_…), as [name, value] pairs. */
  content() {
    const kept = ([name, value]) => typeof value === "string" && !LEFT_OUT.has(name) && !name.startsWith("view_");
    return [...new FormData(this.form)].filter(kept);
  }

  isChanged() {
    return JSON.stringify(this.content()) !== JSON.stringify(this.acknowledged);
  }

  changed() {
    if (!this.isChanged()) return;
    this.keepCopy();
    if (!this.running && !this.blocked) this.say("unsaved");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), WAIT);
  }

  keepCopy(more = {}) {
    if (this.isChanged()) keep(this.copy, { at: Date.now(), version: this.version, fields: this.content(), ...more });
  }

  async save(asked = false, leaving = false) {
    clearTimeout(this.timer);
    if (this.running || this.blocked || (!asked && !this.isChanged())) return;
    const sent = this.content();
    this.running = true;
    this.say("saving");
    let answer = null;
    let body = {};
    try {
      answer = await this.send(sent, leaving);
      body = await answer.json().catch(() => ({}));
    } catch {
      // No line: the text stays on this computer and goes again.
    }
    // Not before the new version is known: a save that starts earlier would clash with this one.
    this.running = false;
    this.take(answer, body, sent);
    const waiting = this.waiting;
    this.waiting = undefined;
    if (waiting !== undefined && answer?.ok) this.form.requestSubmit(waiting);
  }

  /** A form sent while it saves itself waits for the new version: it would clash with its own save. */
  submitted(event) {
    if (this.running) {
      event.preventDefault();
      this.waiting = event.submitter;
      return;
    }
    this.blocked = true;
    this.keepCopy({ submitted: true });
  }

  send(sent, keepalive) {
    const body = new URLSearchParams(sent);
    body.set("row_version", String(this.version));
    const token = this.form.elements.csrf_token?.value ?? "";
    body.set("csrf_token", token);
    return fetch(this.form.dataset.autosaveUrl, {
      method: "POST",
      body,
      keepalive,
      redirect: "manual",
      headers: { Accept: "application/json", "X-CSRFToken": token },
    });
  }

  take(answer, body, sent) {
    if (answer?.ok) this.saved(body, sent);
    else if (answer?.status === 401 || answer?.type === "opaqueredirect") this.signedOut();
    else if (answer?.status === 409 && body.version !== undefined) this.conflict(body);
    else if (answer && answer.status >= 400 && answer.status < 500) this.say("refused", { reason: body.error ?? answer.status });
    else this.offline();
  }

  saved(body, sent) {
    this.acknowledged = sent;
    this.savedAt = new Date(body.saved_at ?? Date.now());
    this.setVersion(body.version ?? this.version + 1);
    forget(this.copy);
    this.say("saved", { time: clock(this.savedAt), version: this.version });
    this.form.dispatchEvent(new CustomEvent("autosaved", { bubbles: true, detail: body }));
    if (this.isChanged()) this.changed();
  }

  setVersion(version) {
    this.version = Number(version);
    if (this.versionField) this.versionField.value = String(this.version);
  }

  offline() {
    this.say("offline", { time: this.savedAt ? clock(this.savedAt) : clock(new Date(performance.timeOrigin)) });
    this.timer = setTimeout(() => this.save(), AGAIN);
  }

  signedOut() {
    this.say("signed-out");
    const link = document.createElement("a");
    link.href = `/sign-in?next=${encodeURIComponent(location.pathname)}`;
    link.target = "_blank";
    link.textContent = this.words.signIn;
    this.status?.append(" ", link);
  }

  /** Both texts side by side; the person decides, and nothing is sent until then. */
  conflict(body) {
    this.blocked = true;
    this.say("conflict", { version: body.version });
    const compare = document.createElement("div");
    compare.className = "compare";
    compare.append(this.side(this.words.theirs, body.theirs, body.ours), this.side(this.words.ours, body.ours, body.theirs));
    const row = document.createElement("div");
    row.className = "button-row";
    row.append(
      this.choice(this.words.keepOurs, () => { compare.remove(); row.remove(); this.blocked = false; this.setVersion(body.version); this.save(true); }),
      ...(this.words.choose ? [this.choice(this.words.choose, () => this.form.requestSubmit())] : []),
      this.choice(this.words.takeTheirs, () => { forget(this.copy); location.reload(); }),
    );
    this.status?.after(compare, row);
  }

  /** One side of the comparison: only what differs, named by the labels of the form. */
  side(title, text, other) {
    const box = document.createElement("div");
    const head = document.createElement("h3");
    head.textContent = title;
    box.append(head);
    const list = document.createElement("dl");
    const content = text !== null && typeof text === "object" ? text : { "": text };
    const against = other !== null && typeof other === "object" ? other : { "": other };
    for (const name of Object.keys({ ...content, ...against })) {
      if (JSON.stringify(content[name]) === JSON.stringify(against[name])) continue;
      const [term, value] = [document.createElement("dt"), document.createElement("dd")];
      term.textContent = this.labelOf(name);
      value.textContent = readable(content[name]);
      list.append(term, value);
    }
    box.append(list);
    return box;
  }

  labelOf(name) {
    const field = name && this.form.querySelector(`[data-question="${CSS.escape(name)}"]`);
    return field?.querySelector(".field-label, th")?.textContent.trim() ?? name;
  }

  choice(words, act) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button-secondary button-sm";
    button.textContent = words;
    button.addEventListener("click", act);
    return button;
  }

  /** Text of an earlier visit that was never acknowledged is offered, not forced. */
  offerCopy() {
    const copy = recall(this.copy);
    const settled = !copy || (copy.submitted && copy.version < this.version);
    if (settled || JSON.stringify(copy.fields) === JSON.stringify(this.content())) {
      forget(this.copy);
      return;
    }
    this.say("restore", { time: clock(new Date(copy.at)) });
    const use = this.choice(this.words.restoreUse, () => { done(); this.putBack(copy.fields); });
    const drop = this.choice(this.words.restoreDrop, () => { done(); forget(this.copy); this.say("saved", { time: clock(new Date()), version: this.version }); });
    const done = () => { use.remove(); drop.remove(); };
    this.status?.append(" ", use, " ", drop);
  }

  putBack(fields) {
    for (const [name] of fields) ensureRow(this.form, name);
    const values = new Map();
    for (const [name, value] of fields) values.set(name, [...(values.get(name) ?? []), value]);
    for (const control of this.form.elements) {
      if (!control.name || LEFT_OUT.has(control.name) || ["file", "submit", "button"].includes(control.type)) continue;
      const wanted = values.get(control.name) ?? [];
      if (control.type === "checkbox" || control.type === "radio") control.checked = wanted.includes(control.value);
      else if (control.multiple) for (const option of control.options) option.selected = wanted.includes(option.value);
      else if (control.type !== "hidden" || control.name === "cited" || control.name.endsWith("-anchors")) control.value = wanted[0] ?? "";
    }
    this.form.dispatchEvent(new CustomEvent("restored"));
    this.form.dispatchEvent(new Event("input", { bubbles: true }));
  }

  say(state, values = {}) {
    if (!this.status) return;
    const key = state === "signed-out" ? "signedOut" : state;
    const words = document.createElement("span");
    words.textContent = fill(this.words[key], values);
    this.status.dataset.state = state;
    this.status.replaceChildren(icon(ICONS[state]), " ", words);
  }
}

function readable(value) {
  if (value === null || value === undefined || value === "") return "–";
  if (typeof value === "object") return Object.values(value).map(readable).join(" · ");
  return String(value);
}

export function start(form) {
  new Autosave(form);
}
