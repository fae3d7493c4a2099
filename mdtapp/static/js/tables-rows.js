// Rows of table questions: add, remove, move. Names stay numbered from 0 without gaps, as the server reads them.

const rowsOf = (table) => [...table.querySelector("[data-rows-list]").children];
const ATTRIBUTES = ["id", "name", "for", "value", "aria-describedby", "aria-labelledby", "data-question"];

/** Writes the number of a row into every attribute that carries it. `from` is the number it had, or "__row__". */
function number(row, table, from, to) {
  const old = `${table}-${from}`;
  const next = `${table}-${to}`;
  const change = (text) => text.split(" ").map((part) => (part === old || part.startsWith(`${old}-`) ? next + part.slice(old.length) : part)).join(" ");
  for (const element of [row, ...row.querySelectorAll("*")]) {
    for (const attribute of ATTRIBUTES) {
      const value = element.getAttribute(attribute);
      if (value === null || (attribute === "value" && element.tagName !== "BUTTON")) continue;
      const changed = change(value);
      if (changed !== value) element.setAttribute(attribute, changed);
    }
  }
  const shown = row.querySelector("[data-row-number]");
  if (shown) shown.textContent = String(to + 1);
  row.setAttribute("aria-label", row.getAttribute("aria-label").replace(/(__number__|\d+)$/, String(to + 1)));
  row.dataset.at = String(to);
}

function renumber(table) {
  const name = table.dataset.rows;
  const rows = rowsOf(table);
  // First to numbers nobody has, so that two rows never share radio buttons on the way.
  rows.forEach((row, index) => number(row, name, row.dataset.at, 10000 + index));
  rows.forEach((row, index) => number(row, name, 10000 + index, index));
  const most = Number(table.dataset.rowsMost ?? 0);
  table.querySelector("[data-rows-add]").disabled = most > 0 && rows.length >= most;
  rows.forEach((row, index) => {
    row.querySelector("[data-row-up]").disabled = index === 0;
    row.querySelector("[data-row-down]").disabled = index === rows.length - 1;
  });
}

function announce(table, what) {
  table.querySelector("[data-rows-status]").textContent = table.querySelector("[data-rows-status]").dataset[what];
  table.dispatchEvent(new CustomEvent("rows-changed", { bubbles: true }));
  table.dispatchEvent(new Event("input", { bubbles: true }));
}

function add(table) {
  const blank = table.querySelector("template[data-rows-blank]");
  if (!blank) return null;
  const row = blank.content.firstElementChild.cloneNode(true);
  row.dataset.at = "__row__";
  table.querySelector("[data-rows-list]").append(row);
  renumber(table);
  return row;
}

function onClick(table, event) {
  const button = event.target.closest("button");
  if (!button || button.closest("[data-rows]") !== table) return;
  if (button.matches("[data-rows-add]")) {
    const row = add(table);
    if (!row) return; // no template: the server adds the row
    row.querySelector("input, select, textarea")?.focus();
    announce(table, "added");
  } else if (button.matches("[data-row-remove]")) {
    remove(table, button.closest("[data-row]"));
  } else if (button.matches("[data-row-up], [data-row-down]")) {
    shift(table, button.closest("[data-row]"), button.matches("[data-row-up]"), button);
  } else {
    return;
  }
  event.preventDefault();
}

function remove(table, row) {
  const next = row.nextElementSibling ?? row.previousElementSibling;
  row.remove();
  renumber(table);
  (next?.querySelector("input, select, textarea") ?? table.querySelector("[data-rows-add]")).focus();
  announce(table, "removed");
}

function shift(table, row, up, button) {
  const other = up ? row.previousElementSibling : row.nextElementSibling;
  if (!other) return;
  if (up) other.before(row);
  else other.after(row);
  renumber(table);
  (button.disabled ? row.querySelector(up ? "[data-row-down]" : "[data-row-up]") : button).focus();
  announce(table, "moved");
}

/** Adds rows until a control of this name exists; used when kept text is put back. */
export function ensureRow(form, name) {
  for (const table of form.querySelectorAll("[data-rows]")) {
    const index = new RegExp(`^${table.dataset.rows}-(\\d+)-`).exec(name)?.[1];
    if (index === undefined) continue;
    while (rowsOf(table).length <= Number(index) && add(table));
  }
}

export function start(table) {
  rowsOf(table).forEach((row, index) => {
    const named = row.querySelector("[data-row-remove]")?.value;
    row.dataset.at = named?.match(/-(\d+)$/)?.[1] ?? String(index);
  });
  renumber(table);
  table.addEventListener("click", (event) => onClick(table, event));
}
