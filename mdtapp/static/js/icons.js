// Icons made by scripts use the same sprite as the page.
const SVG = "http://www.w3.org/2000/svg";

function spriteAddress() {
  const used = document.querySelector('svg use[href*="icons.svg#"]');
  return used ? used.getAttribute("href").split("#")[0] : "/static/icons.svg";
}

/** A decorative icon, 14 px, beside a word. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon icon-sm");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${spriteAddress()}#${name}`);
  svg.append(use);
  return svg;
}
