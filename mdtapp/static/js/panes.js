// Panes of the workbench: widths by drag or arrow keys, a drawer, tabs on narrow windows, F6 between them.
import { keep, recall } from "./storage.js";

const STEP = 16;
const LEAST = 160;

/** The panes start at the width this person last gave them on this computer. */
function startWidths(panes) {
  const name = `panes.${panes.dataset.panes}`;
  const widths = recall(name) ?? {};
  const most = () => panes.clientWidth * 0.6;
  const apply = (pane, width) => {
    widths[pane] = Math.round(Math.min(most(), Math.max(LEAST, width)));
    panes.style.setProperty(`--pane-${pane}`, `${widths[pane]}px`);
    const handle = panes.querySelector(`[data-pane-handle="${pane}"]`);
    handle?.setAttribute("aria-valuenow", String(Math.round((100 * widths[pane]) / Math.max(1, panes.clientWidth))));
  };
  for (const [pane, width] of Object.entries(widths)) if (Number.isFinite(width)) apply(pane, width);
  for (const handle of panes.querySelectorAll("[data-pane-handle]")) startHandle(panes, handle, apply, () => keep(name, widths));
}

function startHandle(panes, handle, apply, remember) {
  const name = handle.dataset.paneHandle;
  const pane = panes.querySelector(`[data-pane="${name}"]`);
  const towards = handle.dataset.side === "end" ? -1 : 1;
  handle.addEventListener("pointerdown", (event) => {
    const [from, width] = [event.clientX, pane.offsetWidth];
    handle.setPointerCapture(event.pointerId);
    const drag = (move) => apply(name, width + towards * (move.clientX - from));
    handle.addEventListener("pointermove", drag);
    handle.addEventListener("lostpointercapture", () => { handle.removeEventListener("pointermove", drag); remember(); }, { once: true });
    event.preventDefault();
  });
  handle.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -STEP, ArrowRight: STEP }[event.key];
    if (!step) return;
    apply(name, pane.offsetWidth + towards * step);
    remember();
    event.preventDefault();
  });
}

function startDrawer(panes) {
  const toggle = (open) => {
    panes.classList.toggle("drawer-open", open);
    for (const button of document.querySelectorAll("[data-drawer]")) button.setAttribute("aria-expanded", String(open));
  };
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-drawer]")) toggle(!panes.classList.contains("drawer-open"));
    else if (!event.target.closest('[data-pane="materials"]')) toggle(false);
  });
  panes.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && panes.classList.contains("drawer-open")) {
      toggle(false);
      document.querySelector("[data-drawer]")?.focus();
    }
  });
}

function startSwitch(panes) {
  const bar = panes.previousElementSibling?.matches("[data-pane-switch]") ? panes.previousElementSibling : null;
  const buttons = [...(bar?.querySelectorAll("[data-pane-show]") ?? [])];
  const show = (name) => {
    panes.dataset.shown = name;
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.paneShow === name));
  };
  for (const button of buttons) button.addEventListener("click", () => show(button.dataset.paneShow));
  if (buttons.length) show(buttons.at(-1).dataset.paneShow);
  return show;
}

export function start(panes) {
  startWidths(panes);
  startDrawer(panes);
  const show = startSwitch(panes);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "F6") return;
    const all = [...panes.querySelectorAll("[data-pane]")];
    const focused = all.findIndex((pane) => pane.contains(document.activeElement));
    const here = focused < 0 ? all.findIndex((pane) => pane.dataset.pane === panes.dataset.shown) : focused;
    const next = all[(here + (event.shiftKey ? -1 : 1) + all.length) % all.length];
    if (panes.dataset.shown) show(next.dataset.pane);
    next.focus();
    event.preventDefault();
  });
}
