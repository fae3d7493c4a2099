// Rows of table questions: add, remove with undo, move. Names stay numbered from 0 without gaps, as the server reads them.
//
// Keys in a row: Enter goes to the next field and from the last one to a new row, Alt+Enter adds a row below,
// Alt+Delete (or Alt+Backspace) removes it, Alt+Shift+arrow moves it. A control with data-new-row begins a new row with
// the "same" value as the row above, or with the "next" number.

const rowsOf = (table) => [...table.querySelector("[data-rows-list]").children].filter((child) => child.matches("[data-row]"));
const ATTRIBUTES = ["id", "name", "for", "value", "aria-describedby", "aria-labelledby", "data-question"];
const CONTROLS = "input:not([type=hidden]), select, textarea";

const usable = (control) => !control.disabled && control.checkVisibility(); // not what a closed "more" holds
const controlsOf = (row) => [...row.querySelectorAll(CONTROLS)].filter(usable);

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
  table.querySelector("[data-rows-add]").disabled = isFull(table);
  rows.forEach((row, index) => {
    row.querySelector("[data-row-up]").disabled = index === 0;
    row.querySelector("[data-row-down]").disabled = index === rows.length - 1;
  });
}

function isFull(table) {
  const most = Number(table.dataset.rowsMost ?? 0);
  return most > 0 && rowsOf(table).length >= most;
}

function announce(table, what) {
  table.querySelector("[data-rows-status]").textContent = table.querySelector("[data-rows-status]").dataset[what];
  table.dispatchEvent(new CustomEvent("rows-changed", { bubbles: true }));
  table.dispatchEvent(new Event("input", { bubbles: true }));
}

/** A new row behind `after`, else at the end; null without a template: then the server adds it. */
function add(table, after = null) {
  const blank = table.querySelector("template[data-rows-blank]");
  if (!blank) return null;
  const row = blank.content.firstElementChild.cloneNode(true);
  row.dataset.at = "__row__";
  if (after) after.after(row);
  else table.querySelector("[data-rows-list]").append(row);
  renumber(table);
  return row;
}

/** Adds a row as a person does: it begins with what follows from the row above, and its first empty field has the focus. */
function begin(table, after = null) {
  if (isFull(table)) return false;
  const row = add(table, after);
  if (!row) return false;
  forgetRemoved(table);
  follow(table, row);
  announce(table, "added");
  const controls = controlsOf(row);
  (controls.find((control) => control.type === "radio" || control.value === "") ?? controls[0])?.focus();
  return true;
}

function follow(table, row) {
  const above = row.previousElementSibling?.matches("[data-row]") ? row.previousElementSibling : null;
  for (const control of row.querySelectorAll("[data-new-row]")) {
    const column = control.name.split("-").at(-1);
    const same = above?.querySelector(`[data-new-row][name$="-${CSS.escape(column)}"]`);
    if (control.dataset.newRow === "same") control.value = same?.value ?? "";
    else control.value = next(table, control, column, same?.value);
  }
}

/** The number after the highest that begins with the same letters; the first one is 1 where only digits are expected. */
function next(table, control, column, before) {
  const [, letters, digits] = /^(\D*)(\d+)$/.exec(before ?? "") ?? [];
  if (digits === undefined) return control.inputMode === "numeric" && rowsOf(table).length === 1 ? "1" : "";
  const used = [...table.querySelectorAll(`[data-new-row][name$="-${CSS.escape(column)}"]`)]
    .map((other) => (other === control ? null : /^(\D*)(\d+)$/.exec(other.value)))
    .filter((found) => found?.[1] === letters)
    .map((found) => Number(found[2]));
  return `${letters}${Math.max(...used, 0) + 1}`;
}

function onClick(table, event) {
  const button = event.target.closest("button");
  if (!button || button.closest("[data-rows]") !== table) return;
  if (button.matches("[data-rows-add]")) {
    if (!begin(table)) return; // no template: the server adds the row
  } else if (button.matches("[data-row-remove]")) {
    remove(table, button.closest("[data-row]"));
  } else if (button.matches("[data-row-up], [data-row-down]")) {
    shift(table, button.closest("[data-row]"), button.matches("[data-row-up]"), button);
  } else {
    return;
  }
  event.preventDefault();
}

function onKey(table, event) {
  const row = event.target.closest("[data-row]");
  if (!row || row.closest("[data-rows]") !== table || event.ctrlKey || event.metaKey || event.isComposing) return;
  if (event.altKey && event.key === "Enter") begin(table, row);
  else if (event.altKey && ["Delete", "Backspace"].includes(event.key)) remove(table, row);
  else if (event.altKey && event.shiftKey && event.key === "ArrowUp") shift(table, row, true, event.target);
  else if (event.altKey && event.shiftKey && event.key === "ArrowDown") shift(table, row, false, event.target);
  else if (event.key === "Enter" && !event.altKey && event.target.matches("input, select")) goOn(table, row, event.target);
  else return;
  event.preventDefault();
}

/** To the next field of the row, from its last one to the next row, from the last row to a new one. */
function goOn(table, row, control) {
  const group = (one) => (one.type === "radio" ? one.name : one);
  const controls = controlsOf(row);
  const here = controls.indexOf(control);
  const beyond = controls.slice(here + 1).find((one) => group(one) !== group(control));
  if (beyond) {
    focusIn(beyond);
    return;
  }
  const following = row.nextElementSibling;
  if (following?.matches("[data-row]")) focusIn(controlsOf(following)[0]);
  else begin(table, row);
}

function focusIn(control) {
  if (!control) return;
  const chosen = control.type === "radio" ? control.closest("fieldset")?.querySelector("input:checked") : null;
  (chosen ?? control).focus();
  if (control.matches("input:not([type=radio]):not([type=checkbox]):not([type=date])")) control.select();
}

/** Takes the row away and offers it back at its place until something else is done with the table. */
function remove(table, row) {
  forgetRemoved(table);
  const words = table.querySelector("[data-rows-status]").dataset;
  const strip = document.createElement("p");
  strip.className = "row-removed";
  strip.dataset.rowRemoved = "";
  const undo = document.createElement("button");
  undo.type = "button";
  undo.className = "button button-secondary button-sm";
  undo.textContent = words.undo;
  undo.addEventListener("click", () => {
    strip.replaceWith(row);
    renumber(table);
    announce(table, "restored");
    focusIn(controlsOf(row)[0]);
  });
  strip.append(`${row.getAttribute("aria-label")}: ${words.removed} `, undo);
  row.replaceWith(strip);
  renumber(table);
  announce(table, "removed");
  undo.focus();
}

function forgetRemoved(table) {
  for (const strip of table.querySelectorAll("[data-row-removed]")) strip.remove();
}

function shift(table, row, up, control) {
  forgetRemoved(table);
  const other = up ? row.previousElementSibling : row.nextElementSibling;
  if (!other) return;
  if (up) other.before(row);
  else other.after(row);
  renumber(table);
  (control.disabled ? row.querySelector(up ? "[data-row-down]" : "[data-row-up]") : control).focus();
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
  table.addEventListener("keydown", (event) => onKey(table, event));
}
