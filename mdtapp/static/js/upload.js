// Uploads: files, folders and drops go one by one, each with its own progress and its own outcome.

const PARALLEL = 2;
const SHOWN = 200;
const svg = "http://www.w3.org/2000/svg";

/** Everything below the page's upload form. */
class Upload {
  constructor(form) {
    this.form = form;
    this.list = document.querySelector("[data-upload-list]");
    this.words = this.list.dataset;
    this.template = document.querySelector("template[data-upload-row]");
    this.summary = document.querySelector("[data-upload-summary]");
    this.limit = Number(form.dataset.uploadLimit);
    this.token = form.querySelector("input[name=csrf_token]").value;
    this.icons = document.querySelector("svg use").getAttribute("href").split("#")[0];
    this.batch = crypto.randomUUID ? crypto.randomUUID() : String(Date.now());
    this.waiting = [];
    this.running = 0;
    this.all = 0;
    this.done = 0;
    this.listen();
  }

  listen() {
    for (const input of this.form.querySelectorAll("input[type=file]"))
      input.addEventListener("change", () => {
        this.add([...input.files].map((file) => ({ file, path: file.webkitRelativePath || file.name })));
        input.value = "";
      });
    const folder = this.form.querySelector("input[data-upload-folder]");
    if ("webkitdirectory" in folder) {
      for (const part of this.form.querySelectorAll("[data-upload-folder]")) part.hidden = false;
      folder.removeAttribute("aria-hidden");
      folder.removeAttribute("tabindex");
    }
    this.form.addEventListener("submit", (event) => event.preventDefault());
    for (const name of ["dragenter", "dragover"])
      this.form.addEventListener(name, (event) => {
        event.preventDefault();
        this.form.classList.add("is-over");
      });
    for (const name of ["dragleave", "drop"])
      this.form.addEventListener(name, () => this.form.classList.remove("is-over"));
    this.form.addEventListener("drop", async (event) => {
      event.preventDefault();
      this.add(await dropped(event.dataTransfer));
    });
    addEventListener("beforeunload", (event) => {
      if (this.running) event.preventDefault();
    });
  }

  add(entries) {
    // What heads a slide of several files is sent behind its pieces, so that they are there when it is opened.
    const heads = (entry) => Number(entry.path.toLowerCase().endsWith(".mrxs"));
    for (const entry of entries.toSorted((one, other) => heads(one) - heads(other))) {
      this.all += 1;
      entry.row = this.all <= SHOWN ? this.row(entry) : null;
      if (entry.file.size > this.limit) this.fail(entry, this.words.tooLarge, false);
      else this.waiting.push(entry);
    }
    this.count();
    this.next();
  }

  row(entry) {
    const row = this.template.content.firstElementChild.cloneNode(true);
    row.querySelector("[data-name]").textContent = entry.path;
    this.list.append(row);
    return row;
  }

  next() {
    while (this.running < PARALLEL && this.waiting.length) this.send(this.waiting.shift());
  }

  send(entry) {
    this.running += 1;
    const request = new XMLHttpRequest();
    request.open("POST", this.form.dataset.upload);
    request.responseType = "json";
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.setRequestHeader("X-CSRFToken", this.token);
    request.setRequestHeader("X-Batch", this.batch);
    request.setRequestHeader("X-File-Name", encodeURIComponent(entry.path.slice(-900)));
    request.upload.addEventListener("progress", (event) => this.progress(entry, event));
    request.addEventListener("loadend", () => {
      this.running -= 1;
      if (request.status === 201 || request.status === 202) this.show(entry, request.response);
      else this.fail(entry, this.refusal(request), true);
      this.next();
    });
    this.say(entry, this.words.sending);
    request.send(entry.file);
  }

  progress(entry, event) {
    if (!entry.row || !event.lengthComputable) return;
    const part = event.total ? (100 * event.loaded) / event.total : 100;
    entry.row.querySelector("[data-progress]").value = part;
    if (part >= 100) this.say(entry, this.words.checking);
  }

  refusal(request) {
    if (request.status === 401) return this.words.signedOut;
    return request.response?.error || this.words.failed;
  }

  say(entry, text) {
    if (entry.row) entry.row.querySelector("[data-pill]").textContent = text;
  }

  show(entry, answer) {
    this.done += 1;
    this.count();
    if (!entry.row) return;
    entry.row.querySelector("[data-progress]").remove();
    const meta = entry.row.querySelector("[data-meta]");
    const own = answer.files.length === 1 ? answer.files[0] : null;
    if (answer.waiting) this.pill(entry, { tone: "info", icon: "hourglass", word: answer.words });
    else if (own) {
      this.pill(entry, own);
      meta.textContent = own.reason;
    } else this.members(entry, answer, meta);
  }

  /** An archive: how many files had which outcome, and each that was not simply kept. */
  members(entry, answer, meta) {
    const looks = new Map(answer.files.map((file) => [file.outcome, file]));
    entry.row.querySelector("[data-pill]").remove();
    for (const [outcome, count] of Object.entries(answer.counts)) {
      const look = looks.get(outcome);
      if (count && look) meta.append(this.makePill({ ...look, word: `${look.word} ${count}` }), " ");
    }
    for (const file of answer.files.filter((one) => one.reason)) {
      const line = document.createElement("div");
      line.textContent = `${file.path}: ${file.reason}`;
      meta.append(line);
    }
    const more = Object.values(answer.counts).reduce((sum, count) => sum + count, 0) - answer.files.length;
    if (more > 0) meta.append(this.words.more.replace("{count}", String(more)));
  }

  fail(entry, words, again) {
    this.done += again ? 0 : 1;
    this.count();
    entry.row ??= this.row(entry);
    entry.row.querySelector("[data-progress]").hidden = true;
    this.pill(entry, { tone: "bad", icon: "alert-triangle", word: this.words.failed });
    const meta = entry.row.querySelector("[data-meta]");
    meta.textContent = words === this.words.failed ? "" : `${words} `;
    if (!again) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button-secondary button-sm";
    button.textContent = this.words.again;
    button.addEventListener("click", () => {
      meta.textContent = "";
      entry.row.querySelector("[data-progress]").hidden = false;
      this.pill(entry, { tone: "neutral", icon: "upload", word: this.words.sending });
      this.waiting.push(entry);
      this.next();
    });
    meta.append(button);
  }

  pill(entry, look) {
    const old = entry.row.querySelector("[data-pill]");
    const made = this.makePill(look);
    made.dataset.pill = "";
    old.replaceWith(made);
  }

  makePill({ tone, icon, word }) {
    const pill = document.createElement("span");
    pill.className = `pill pill-${tone}`;
    const picture = document.createElementNS(svg, "svg");
    picture.setAttribute("class", "icon icon-sm");
    picture.setAttribute("viewBox", "0 0 24 24");
    picture.setAttribute("aria-hidden", "true");
    const use = document.createElementNS(svg, "use");
    use.setAttribute("href", `${this.icons}#${icon}`);
    picture.append(use);
    const text = document.createElement("span");
    text.textContent = word;
    pill.append(picture, text);
    return pill;
  }

  count() {
    const words = this.summary.querySelector("[data-upload-words]");
    this.summary.hidden = false;
    words.textContent = words.dataset.counting.replace("{done}", String(this.done)).replace("{all}", String(this.all));
    this.summary.querySelector("[data-upload-reload]").hidden = this.done < this.all;
  }
}

/** Files of a drop, folders walked to their ends, with their paths. */
async function dropped(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...transfer.files].map((file) => ({ file, path: file.name }));
  const found = [];
  for (const entry of entries) await walk(entry, found);
  return found;
}

async function walk(entry, found) {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject)).catch(() => null);
    if (file) found.push({ file, path: entry.fullPath.replace(/^\//, "") });
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const part = await new Promise((resolve, reject) => reader.readEntries(resolve, reject)).catch(() => []);
    if (!part.length) return;
    for (const inner of part) await walk(inner, found);
  }
}

for (const form of document.querySelectorAll("form[data-upload]")) new Upload(form);
