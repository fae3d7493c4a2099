// Starts what a page asks for by its data attributes. Every page works without it.
import { startShortcuts } from "./shortcuts.js";

const PARTS = {
  "form[data-autosave-url]": () => import("./autosave.js"),
  "[data-rows]": () => import("./tables-rows.js"),
  "form[data-conditions]": () => import("./conditions.js"),
  "[data-panes]": () => import("./panes.js"),
  "[data-copy]": () => import("./copy.js"),
};

const started = Object.fromEntries(Object.keys(PARTS).map((selector) => [selector, new WeakSet()]));

/** Starts each part for elements below `root` that were not started yet. */
async function boot(root) {
  for (const [selector, load] of Object.entries(PARTS)) {
    const found = [...root.querySelectorAll(selector)].filter((element) => !started[selector].has(element));
    if (!found.length) continue;
    for (const element of found) started[selector].add(element);
    const part = await load();
    for (const element of found) part.start(element);
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
boot(document);
document.addEventListener("htmx:after:swap", () => boot(document));
