// The slide page: OpenSeadragon shows the tiles; this adds magnification, scale, regions, and two slides moving together.
import { icon } from "./icons.js";

const { OpenSeadragon } = globalThis;
const SVG = "http://www.w3.org/2000/svg";
const PAN = 0.15; // of what is seen, for each arrow key
const ZOOM = 1.5;
const TURN = 15; // degrees
const NUDGE = 12; // pixels of the screen by which arrow keys move or size a frame
const CROSS = 9; // half the length of the mark's arms, in pixels of the screen
const SCALE_BAR = 150; // pixels at most
const JSON_ANSWER = { Accept: "application/json" };

const point = (x, y) => new OpenSeadragon.Point(x, y);
const filled = (template, values) => template.replace(/\{(\w+)\}/g, (_, name) => values[name]);

/** Levels of any size with tiles of any size, from small to large. */
function tileSource({ width, height, levels, tiles }) {
  const source = new OpenSeadragon.TileSource({
    width, height, tileWidth: levels.at(-1).tile_width, tileHeight: levels.at(-1).tile_height, minLevel: 0, maxLevel: levels.length - 1,
  });
  return Object.assign(source, {
    getLevelScale: (level) => levels[level].scale,
    getTileWidth: (level) => levels[level].tile_width,
    getTileHeight: (level) => levels[level].tile_height,
    getNumTiles: (level) => point(levels[level].columns, levels[level].rows),
    getTileUrl: (level, column, row) => filled(tiles, { level, column, row }),
  });
}

/** 1, 2 or 5 times a power of ten: the longest that fits. */
function roundLength(most) {
  const power = 10 ** Math.floor(Math.log10(most));
  return [5, 2, 1].find((step) => step * power <= most) * power;
}

const lengthWords = (micrometres) => (micrometres >= 1000 ? `${micrometres / 1000} mm` : `${micrometres} µm`);
const times = (power) => `${power < 1 ? power.toFixed(2) : power < 9.95 ? Number(power.toFixed(1)) : Math.round(power)}×`;

/** One slide: its viewer, and the outlines above it. */
class Slide {
  constructor(element, page, index) {
    this.element = element;
    this.page = page;
    this.index = index;
    this.stage = element.querySelector("[data-stage]");
    this.list = document.querySelector(`[data-region-list="${index}"]`);
    this.regions = [];
    this.selected = null;
    this.draft = null;
    this.viewer = null;
  }

  async start() {
    const answer = await fetch(this.element.dataset.description, { headers: JSON_ANSWER });
    if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).error ?? this.page.words.unreachable);
    this.about = await answer.json();
    this.regions = this.about.regions;
    this.viewer = OpenSeadragon({
      element: this.stage, tileSources: tileSource(this.about), drawer: "canvas", crossOriginPolicy: false,
      showNavigationControl: false, showNavigator: true, navigatorPosition: "TOP_RIGHT", navigatorSizeRatio: 0.18, navigatorAutoFade: false,
      gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: true }, animationTime: this.page.still ? 0 : 0.4,
      maxZoomPixelRatio: 4, visibilityRatio: 0.3, minZoomImageRatio: 0.5, tabIndex: -1,
    });
    this.svg = document.createElementNS(SVG, "svg");
    this.svg.setAttribute("class", "slide-outlines");
    this.svg.setAttribute("aria-hidden", "true");
    this.stage.append(this.svg);
    await new Promise((opened, failed) => {
      this.viewer.addOnceHandler("open", opened);
      this.viewer.addOnceHandler("open-failed", () => failed(new Error(this.page.words.unreachable)));
    });
    this.listen();
    this.draw();
    this.measure();
    this.element.dataset.ready = "";
  }

  listen() {
    for (const event of ["update-viewport", "resize"]) this.viewer.addHandler(event, () => { this.draw(); this.measure(); });
    for (const event of ["pan", "zoom", "rotate"]) this.viewer.addHandler(event, () => this.page.moved(this));
    this.viewer.addHandler("canvas-key", (event) => { event.preventDefaultAction = true; });
    this.viewer.addHandler("tile-load-failed", () => this.page.say(this.page.words.damaged));
    this.stage.addEventListener("keydown", (event) => this.onKey(event));
    this.element.addEventListener("focusin", () => this.page.use(this));
    this.element.addEventListener("pointerdown", () => this.page.use(this), true);
    this.svg.addEventListener("pointerdown", (event) => this.onDown(event));
    this.svg.addEventListener("pointermove", (event) => this.onMove(event));
    this.svg.addEventListener("pointerup", (event) => this.onUp(event));
    this.svg.addEventListener("dblclick", () => this.close());
  }

  get viewport() {
    return this.viewer.viewport;
  }

  /** Of the picture's pixels to those of the screen. */
  get zoom() {
    return this.viewport.viewportToImageZoom(this.viewport.getZoom(true));
  }

  /** What the eye-piece would say at one to one: the scanner's objective, or what its spacing amounts to. */
  get power() {
    return this.about.objective ?? (this.about.mpp_x ? 10 / this.about.mpp_x : null);
  }

  measure() {
    const { mpp_x: mpp } = this.about;
    const { words } = this.page;
    const shown = [this.power ? times(this.power * this.zoom) : "", mpp ? filled(words.pixel, { spacing: (mpp / this.zoom).toPrecision(2) }) : ""];
    if (!mpp) shown[1] = this.power ? words.noScale : words.unknown;
    this.element.querySelector("[data-magnification]").textContent = shown.filter(Boolean).join(" · ");
    const box = this.element.querySelector("[data-scale]");
    box.hidden = !mpp;
    if (mpp) {
      const length = roundLength((SCALE_BAR * mpp) / this.zoom);
      box.querySelector("[data-bar]").style.width = `${(length / mpp) * this.zoom}px`;
      box.querySelector("[data-length]").textContent = lengthWords(length);
    }
    this.page.tools(this);
  }

  act(name, power) {
    const { viewport } = this;
    if (name === "zoom-in") viewport.zoomBy(ZOOM);
    else if (name === "zoom-out") viewport.zoomBy(1 / ZOOM);
    else if (name === "fit") viewport.goHome();
    else if (name === "left") viewport.rotateBy(-TURN);
    else if (name === "right") viewport.rotateBy(TURN);
    else if (name === "power" && this.power) viewport.zoomTo(viewport.imageToViewportZoom(power / this.power));
    viewport.applyConstraints();
  }

  onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (event.key === "Escape" && this.draft) this.leave();
    else if (event.key === "Enter" && this.draft) this.close();
    else if (step && this.draft?.kind === "rectangle") this.nudge(step, event.shiftKey);
    else if (step && this.draft) this.moveMark(step, event.shiftKey);
    else if (event.key === " " && this.draft?.kind === "polygon") this.setCorner();
    else if (event.key === "Backspace" && this.draft?.kind === "polygon") this.unsetCorner();
    else if (step) {
      const size = this.viewport.getBoundsNoRotate(true);
      this.viewport.panBy(point(step[0] * size.width * PAN, step[1] * size.height * PAN).rotate(-this.viewport.getRotation()));
      this.viewport.applyConstraints();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  // Outlines

  toScreen([x, y]) {
    return this.viewport.imageToViewerElementCoordinates(point(x, y));
  }

  /** A place on the screen as a whole pixel of the slide, never outside it. */
  toPixel({ x, y }) {
    const at = this.viewport.viewerElementToImageCoordinates(point(x, y));
    const within = (value, most) => Math.round(Math.min(most, Math.max(0, value)));
    return [within(at.x, this.about.width), within(at.y, this.about.height)];
  }

  draw() {
    this.svg.replaceChildren(...this.regions.map((region) => this.shape(region.outline, region === this.selected ? "is-selected" : "", `r${region.number} · ${region.name}`)));
    const corners = this.draft?.corners ?? [];
    if (corners.length) this.svg.append(this.shape(corners, "is-draft", ""));
    if (this.draft?.mark && !this.draft.done) this.svg.append(this.cross(this.draft.mark));
  }

  shape(outline, look, words) {
    const corners = outline.map((corner) => this.toScreen(corner));
    const group = document.createElementNS(SVG, "g");
    group.setAttribute("class", look);
    for (const edge of ["slide-edge-under", "slide-edge"]) {
      const line = document.createElementNS(SVG, "polygon");
      line.setAttribute("class", edge);
      line.setAttribute("points", corners.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" "));
      group.append(line);
    }
    if (words) {
      const label = document.createElementNS(SVG, "text");
      const top = corners.reduce((best, corner) => (corner.y < best.y ? corner : best));
      label.setAttribute("x", Math.min(...corners.map(({ x }) => x)).toFixed(1));
      label.setAttribute("y", (top.y - 6).toFixed(1));
      label.textContent = words;
      group.append(label);
    }
    return group;
  }

  cross({ x, y }) {
    const group = document.createElementNS(SVG, "g");
    group.setAttribute("class", "is-draft");
    for (const look of ["slide-edge-under", "slide-edge"]) {
      const line = document.createElementNS(SVG, "path");
      line.setAttribute("class", look);
      line.setAttribute("d", `M${x - CROSS} ${y}H${x + CROSS}M${x} ${y - CROSS}V${y + CROSS}`);
      group.append(line);
    }
    return group;
  }

  begin(kind) {
    this.leave();
    this.draft = { kind, corners: [], from: null, done: false };
    this.svg.classList.add("is-drawing");
    this.stage.focus();
    this.page.say(this.page.words[kind]);
    this.page.tools(this);
  }

  leave() {
    this.draft = null;
    this.svg?.classList.remove("is-drawing");
    this.page.ask(this, null);
    this.page.say("");
    this.draw();
    this.page.tools(this);
  }

  onDown(event) {
    if (!this.draft || this.draft.done || event.button) return;
    const at = this.place(event);
    this.svg.setPointerCapture(event.pointerId);
    if (this.draft.kind === "rectangle") this.draft.from = at;
    else this.draft.corners.push(this.toPixel(at));
    this.draw();
    event.preventDefault();
    event.stopPropagation();
  }

  onMove(event) {
    if (this.draft?.kind !== "rectangle" || !this.draft.from) return;
    this.frame(this.draft.from, this.place(event));
  }

  onUp(event) {
    if (this.draft?.kind !== "rectangle" || !this.draft.from) return;
    const { from } = this.draft;
    const to = this.place(event);
    this.draft.from = null;
    if (Math.abs(to.x - from.x) > 3 && Math.abs(to.y - from.y) > 3) this.close();
    else this.draft.corners = [];
    this.draw();
  }

  place(event) {
    const box = this.svg.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  /** A rectangle of the screen; on a turned slide its corners still lie where they were drawn. */
  frame(from, to) {
    this.draft.box = [from, to];
    this.draft.corners = [from, { x: to.x, y: from.y }, to, { x: from.x, y: to.y }].map((corner) => this.toPixel(corner));
    this.draw();
  }

  /** The keys' way to an outline: a mark that arrows move (Shift: pixel by pixel); at the edge the slide follows. */
  moveMark([x, y], fine) {
    if (this.draft.done) return;
    const { clientWidth: width, clientHeight: height } = this.stage;
    const from = this.draft.mark ?? { x: width / 2, y: height / 2 };
    const step = fine ? 1 : NUDGE;
    const wanted = { x: from.x + x * step, y: from.y + y * step };
    const mark = { x: Math.min(width, Math.max(0, wanted.x)), y: Math.min(height, Math.max(0, wanted.y)) };
    if (wanted.x !== mark.x || wanted.y !== mark.y) {
      this.viewport.panBy(this.viewport.deltaPointsFromPixels(point(wanted.x - mark.x, wanted.y - mark.y)).rotate(-this.viewport.getRotation()), true);
      this.viewport.applyConstraints(true);
    }
    this.draft.mark = mark;
    this.draw();
  }

  setCorner() {
    if (this.draft.done) return;
    if (!this.draft.mark) this.moveMark([0, 0], false);
    this.draft.corners.push(this.toPixel(this.draft.mark));
    this.page.say(filled(this.page.words.corners, { count: this.draft.corners.length }));
    this.draw();
  }

  unsetCorner() {
    if (this.draft.done || !this.draft.corners.length) return;
    this.draft.corners.pop();
    this.page.say(filled(this.page.words.corners, { count: this.draft.corners.length }));
    this.draw();
  }

  nudge([x, y], sizing) {
    if (this.draft.done) return;
    const { clientWidth: width, clientHeight: height } = this.stage;
    const [from, to] = this.draft.corners.length ? this.draft.box : [{ x: width * 0.35, y: height * 0.35 }, { x: width * 0.65, y: height * 0.65 }];
    const moved = (corner) => ({ x: corner.x + x * NUDGE, y: corner.y + y * NUDGE });
    const started = this.draft.corners.length > 0;
    this.frame(started && !sizing ? moved(from) : from, started ? moved(to) : to);
  }

  /** The outline is taken; now it needs a name. */
  close() {
    if (!this.draft || this.draft.done) return;
    if (this.draft.kind === "rectangle" && !this.draft.corners.length) this.nudge([0, 0], false);
    const corners = this.draft.corners.filter((corner, at, all) => !at || corner.join() !== all[at - 1].join());
    if (corners.length < 3) return;
    Object.assign(this.draft, { corners, done: true });
    this.svg.classList.remove("is-drawing");
    this.page.say(this.page.words.named);
    this.page.ask(this, corners);
    this.draw();
  }

  kept(region) {
    this.draft = null;
    this.regions.push(region);
    this.listed();
    this.go(region.number, false);
  }

  gone(number) {
    this.regions = this.regions.filter((region) => region.number !== number);
    if (this.selected?.number === number) this.select(null);
    this.listed();
    this.draw();
  }

  listed() {
    this.list.replaceChildren(...this.regions.filter((region) => !region.withdrawn).map((region) => this.row(region)));
    document.querySelector(`[data-no-regions="${this.index}"]`).hidden = this.list.children.length > 0;
    this.marked();
  }

  row(region) {
    const row = Object.assign(document.createElement("li"), { className: "" });
    row.dataset.regionRow = region.number;
    const link = Object.assign(document.createElement("a"), { href: this.page.address(this, region.number) });
    link.dataset.go = region.number;
    link.append(
      Object.assign(document.createElement("span"), { className: "slide-region-no", textContent: `r${region.number}` }), " ",
      Object.assign(document.createElement("strong"), { textContent: region.name }),
      Object.assign(document.createElement("small"), { textContent: filled(this.page.words.by, { name: region.author }) }),
    );
    row.append(link);
    if (region.own) {
      const form = Object.assign(document.createElement("form"), { method: "post", action: `${this.element.dataset.regions}/${region.number}/withdraw` });
      form.dataset.withdraw = "";
      const remove = Object.assign(document.createElement("button"), { className: "button button-quiet button-icon" });
      remove.setAttribute("aria-label", filled(this.page.words.takeAway, { number: region.number }));
      remove.append(icon("x"));
      form.append(remove);
      row.append(form);
    }
    return row;
  }

  marked() {
    for (const link of this.list.querySelectorAll("[data-go]")) {
      if (Number(link.dataset.go) === this.selected?.number) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  }

  select(region) {
    this.selected = region;
    this.marked();
    this.page.use(this);
  }

  /** Shows a region; the view leaves a margin around it. */
  go(number, move = true) {
    const region = this.regions.find((one) => one.number === number);
    if (!region) return;
    this.select(region);
    if (move) {
      const [xs, ys] = [0, 1].map((axis) => region.outline.map((corner) => corner[axis]));
      const [x, y] = [Math.min(...xs), Math.min(...ys)];
      const [width, height] = [Math.max(...xs) - x, Math.max(...ys) - y];
      const margin = 0.4 * Math.max(width, height);
      this.viewport.fitBounds(this.viewport.imageToViewportRectangle(x - margin / 2, y - margin / 2, width + margin, height + margin));
    }
    this.draw();
  }
}

/** The page around one slide or two. */
class Page {
  constructor(root) {
    this.root = root;
    this.words = Object.fromEntries(Object.entries(root.dataset).filter(([name]) => name.startsWith("words")).map(([name, text]) => [name[5].toLowerCase() + name.slice(6), text]));
    this.still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.bar = root.querySelector("[data-tools]");
    this.form = root.querySelector("[data-region-form]");
    this.slides = [...root.querySelectorAll("[data-slide]")].filter((element) => element.querySelector("[data-stage]")).map((element, at) => new Slide(element, this, at));
    [this.active] = this.slides;
    this.link = null;
    this.following = false;
  }

  async start() {
    this.root.addEventListener("click", (event) => this.onClick(event));
    this.root.addEventListener("submit", (event) => this.onSubmit(event));
    for (const slide of this.slides) {
      try {
        await slide.start();
      } catch (fault) {
        this.say(fault.message);
      }
    }
    this.slides = this.slides.filter((slide) => slide.element.dataset.ready !== undefined);
    [this.active] = this.slides;
    if (!this.active) return;
    const region = Number(this.root.dataset.region);
    if (region) this.active.go(region);
    this.use(this.active);
    if (this.slides.length > 1) this.together(true);
  }

  say(words) {
    this.root.querySelector("[data-status]").textContent = words;
  }

  /** The slide that the tools and a citation are about. */
  use(slide) {
    this.active = slide;
    for (const one of this.slides) one.element.classList.toggle("is-active", this.slides.length > 1 && one === slide);
    const { material, series } = slide.element.dataset;
    const region = slide.selected ? { region: slide.selected.number, note: slide.selected.name } : {};
    this.root.dataset.place = JSON.stringify({ material, ...(series ? { series: Number(series) } : {}), ...region });
    if (slide.viewer) this.tools(slide);
  }

  tools(slide) {
    if (slide !== this.active) return;
    for (const button of this.bar.querySelectorAll('[data-act="rectangle"], [data-act="polygon"]'))
      button.setAttribute("aria-pressed", String(slide.draft?.kind === button.dataset.act));
    this.bar.querySelector("[data-powers]").hidden = !slide.power;
    for (const button of this.bar.querySelectorAll('[data-act="power"]')) {
      const power = Number(button.dataset.power);
      button.hidden = power > 2 * (slide.power ?? 0);
      button.setAttribute("aria-pressed", String(Math.abs(slide.power * slide.zoom - power) < 0.02 * power));
    }
  }

  onClick(event) {
    const button = event.target.closest("[data-act]");
    const link = event.target.closest("a[data-go]");
    if (button) this.act(button);
    else if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      const slide = this.slides.find((one) => one.list.contains(link));
      slide?.go(Number(link.dataset.go));
    } else if (event.target.closest("[data-region-cancel]")) {
      this.active.leave();
      this.active.stage.focus();
    }
  }

  act(button) {
    const { act } = button.dataset;
    if (act === "link") this.together(!this.link);
    else if (act === "rectangle" || act === "polygon") {
      if (this.active.draft?.kind === act) this.active.leave();
      else this.active.begin(act);
    } else this.active.act(act, Number(button.dataset.power));
  }

  /** Opens the form for an outline, or closes it. */
  ask(slide, outline) {
    if (!this.form) return;
    this.form.hidden = !outline;
    this.fault("");
    if (!outline) return;
    this.use(slide);
    this.form.action = slide.element.dataset.regions;
    this.form.elements.outline.value = JSON.stringify(outline);
    this.form.elements.name.value = "";
    this.form.elements.name.focus();
  }

  fault(words) {
    const box = this.form.querySelector("[data-region-error]");
    box.hidden = !words;
    box.querySelector("span").textContent = words;
    if (words) box.focus();
  }

  async onSubmit(event) {
    const form = event.target;
    if (form !== this.form && form.dataset.withdraw === undefined) return;
    event.preventDefault();
    const slide = form === this.form ? this.active : this.slides.find((one) => one.list.contains(form));
    const button = form.querySelector("button");
    if (button.disabled) return;
    button.disabled = true;
    const answer = await this.post(form);
    button.disabled = false;
    if (answer.error) {
      if (form === this.form) this.fault(Object.values(answer.fields ?? {})[0] ?? answer.error);
      else this.say(answer.error);
    } else if (form === this.form) {
      form.hidden = true;
      slide.kept(answer);
      this.say(this.words.kept);
      slide.stage.focus();
    } else {
      slide.gone(answer.number);
      this.say(this.words.gone);
      slide.stage.focus();
    }
  }

  async post(form) {
    try {
      const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { ...JSON_ANSWER, "X-CSRFToken": this.root.dataset.csrf } });
      const said = await answer.json();
      return answer.ok ? said : { error: this.words.failed, ...said };
    } catch {
      return { error: this.words.failed };
    }
  }

  address(slide, number) {
    const own = slide.element.dataset.regions.replace(/\/regions$/, "");
    return `${own}?region=${number}${this.root.classList.contains("slides-bare") ? "&bare=1" : ""}`;
  }

  // Two slides moving together

  /** Keeps how both lie to each other now; from here each follows the other. */
  together(on) {
    this.link = on ? this.slides.map(({ viewport }) => ({ centre: viewport.getCenter(false), zoom: viewport.getZoom(false), turn: viewport.getRotation() })) : null;
    this.bar.querySelector('[data-act="link"]')?.setAttribute("aria-pressed", String(on));
  }

  moved(slide) {
    if (!this.link || this.following) return;
    this.following = true;
    const [mine, theirs] = slide.index ? [1, 0] : [0, 1];
    const [from, to] = [this.link[mine], this.link[theirs]];
    const other = this.slides[theirs];
    const span = ({ about }) => about.width * (this.slides.every((one) => one.about.mpp_x) ? about.mpp_x : 1);
    const turned = slide.viewport.getRotation() - from.turn;
    const way = slide.viewport.getCenter(false).minus(from.centre).times(span(slide) / span(other));
    other.viewport.setRotation(to.turn + turned);
    other.viewport.zoomTo((to.zoom * slide.viewport.getZoom(false)) / from.zoom, null, this.still);
    other.viewport.panTo(to.centre.plus(way.rotate(from.turn - to.turn)), this.still);
    this.following = false;
  }
}

/** OpenSeadragon would add a style of its own, which the page's policy forbids; finding one, it does not. */
function withoutOwnStyle() {
  const none = document.createElementNS(null, "style"); // only called so: it is no style sheet
  none.setAttribute("data-openseadragon-mobile-css", "true");
  document.head.append(none);
}

const root = document.querySelector("[data-slides]");
if (root && OpenSeadragon) {
  withoutOwnStyle();
  new Page(root).start();
}
