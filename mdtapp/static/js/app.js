// Starts what a page asks for by its data attributes. Every page works without it.
import * as autosave from "./autosave.js";
import * as conditions from "./conditions.js";
import * as copy from "./copy.js";
import * as many from "./many.js";
import * as panes from "./panes.js";
import { startSession } from "./session.js";
import { startShortcuts } from "./shortcuts.js";
import * as tableRows from "./tables-rows.js";
import * as units from "./units.js";
import * as workbench from "./workbench.js";

// In this order: rows and conditions settle the form before its content is taken as saved.
const PARTS = [
  ["[data-rows]", tableRows],
  ["form[data-conditions]", conditions],
  ["form[data-conditions]", units],
  ["[data-many]", many],
  ["form[data-autosave-url]", autosave],
  ["[data-panes]", panes],
  ["[data-copy], [data-copy-text]", copy],
  ["form[data-workbench]", workbench],
].map(([selector, part]) => ({ selector, part, started: new WeakSet() }));

/** Starts each part for elements below `root` that were not started yet. */
function boot(root) {
  for (const { selector, part, started } of PARTS) {
    for (const element of root.querySelectorAll(selector)) {
      if (started.has(element)) continue;
      started.add(element);
      part.start(element);
    }
  }
}

/** The header's clock goes on from the server's time, whatever this computer's clock says. */
function startClock(element) {
  const ahead = Date.parse(element.dateTime) - Date.now();
  const words = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: element.dataset.clock });
  setInterval(() => {
    const moment = new Date(Date.now() + ahead);
    element.textContent = words.format(moment);
    element.dateTime = moment.toISOString();
  }, 5000);
}

function startMenus() {
  const close = (except) => {
    for (const menu of document.querySelectorAll("details[data-menu][open]")) if (menu !== except) menu.open = false;
  };
  document.addEventListener("click", (event) => close(event.target.closest("details[data-menu]")));
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && document.activeElement?.closest("details[data-menu][open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}

document.querySelector("[data-focus]")?.focus();
for (const element of document.querySelectorAll("time[data-clock]")) startClock(element);
startMenus();
startShortcuts();
startSession();
boot(document);
document.addEventListener("htmx:after:swap", () => boot(document));
document.addEventListener("rows-changed", (event) => boot(event.target));
