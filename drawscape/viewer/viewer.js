/* The viewer of a drawing: pan, zoom, layers, the pen's way in plotting order, measuring, pre-flight.

   `mount(el, header, buffers)` shows a drawing anywhere; `unpack` makes both from a web server's answer.
   `render` is the same as a widget of a notebook. drawing_data.py describes their contents.

   A frame never draws the whole drawing. The page is painted into a canvas of its own, as many points a frame
   as the browser manages, from points thinned to half a pixel; meanwhile the last such canvas is moved and
   scaled to where the view is. Copies of it are kept along the way, so that the scrubber only has to draw
   from the nearest one on. */

import { decodeLayers } from "./drawing_lines.js";
import { button, make, setPressed, swatch } from "./elements.js";

const PX_PER_MM = 96 / 25.4;
const STRIP = 256;          // points in a row that are skipped together when out of sight
const COPIES = 40;
const COPY_BYTES = 96e6;    // of all copies together
const COPY_POINTS = 8192;   // painting fewer is faster than copying
const MOST_STEPS = 1_000_000;  // points a frame; a rough drawing's at once
const FRAME_MS = 27;        // of the 33 that a frame has at 30 a second
const STILL_FRAME_MS = 80;  // while nothing moves: longer frames paint more, and a press waits for one of them
const REST_MS = 90;         // a view that has moved within this time is not painted yet
const THINNEST_PX = 0.7;    // thinner pens are drawn this wide, but paler
const MOST_DOTS = 30_000;
const MARKS = { outside: "#d50000", wet: "#1565c0", dot: "#c2185b", repeated: "#ef6c00", long: "#6a1b9a", dry: "#6a1b9a" };
const SPEEDS = [1, 10, 60, 300, 1200];

/* ---- the lines, as they came and thinned ---- */

function decode(header, buffers) {
  const layers = decodeLayers(header, buffers);
  return { ...header, layers, ...schedule(layers, header.plotter) };
}

/* One entry a line: where its points are, and when and after how much ink it begins. */
function schedule(layers, plotter) {
  const total = layers.reduce((sum, layer) => sum + layer.counts.length, 0);
  const lines = { layer: new Uint16Array(total), first: new Uint32Array(total), count: new Uint32Array(total),
                  starts: new Float64Array(total + 1), ink: new Float64Array(total + 1), draw: new Float64Array(total) };
  let line = 0, seconds = 0, ink = 0;
  layers.forEach(({ xy, counts, seconds: estimate }, number) => {
    const { starts, draw, ink: lengths } = lines, began = line;
    let first = 0, x = 0, y = 0, plain = 0;
    for (const count of counts) {
      const at = 2 * first, end = 2 * (first + count) - 2;
      let length = 0;
      for (let k = at; k < end; k += 2) {  // Math.hypot takes ten times as long
        const dx = xy[k + 2] - xy[k], dy = xy[k + 3] - xy[k + 1];
        length += Math.sqrt(dx * dx + dy * dy);
      }
      const travel = Math.sqrt((xy[at] - x) ** 2 + (xy[at + 1] - y) ** 2);
      x = xy[end]; y = xy[end + 1];
      lines.layer[line] = number; lines.first[line] = first; lines.count[line] = count;
      starts[line] = travel / plotter.travel_mm_s + plotter.lift_s;
      draw[line] = length / plotter.draw_mm_s; lengths[line] = length;
      plain += starts[line] + draw[line];
      first += count; line++;
    }
    /* The estimate with accelerations was made in Python, per layer; the lines share it. */
    const factor = plain > 0 && estimate ? estimate / plain : 1;
    for (let i = began; i < line; i++) {
      seconds += starts[i] * factor; starts[i] = seconds;
      draw[i] *= factor; seconds += draw[i];
      const length = lengths[i];
      lengths[i] = ink; ink += length;
    }
  });
  lines.starts[total] = seconds; lines.ink[total] = ink;
  return { lines, seconds, ink_mm: ink };
}

/* The points of each line further than `step` from the one before, with boxes around each strip. */
function thin(drawing, step) {
  const { lines, layers } = drawing;
  const total = layers.reduce((sum, layer) => sum + layer.xy.length, 0);
  const xy = new Float32Array(total), begins = new Uint32Array(lines.count.length + 1);
  const square = step * step;
  let n = 0;
  for (let i = 0; i < lines.count.length; i++) {
    const points = layers[lines.layer[i]].xy;
    const at = 2 * lines.first[i], end = at + 2 * lines.count[i] - 2;
    let x = points[at], y = points[at + 1];
    xy[n++] = x; xy[n++] = y;
    for (let k = at + 2; k < end; k += 2) {
      const dx = points[k] - x, dy = points[k + 1] - y;
      if (dx * dx + dy * dy < square) continue;
      x = points[k]; y = points[k + 1];
      xy[n++] = x; xy[n++] = y;
    }
    if (end > at) { xy[n++] = points[end]; xy[n++] = points[end + 1]; }
    begins[i + 1] = n / 2;
  }
  const strips = Math.ceil(n / 2 / STRIP), boxes = new Float32Array(4 * strips);
  for (let s = 0; s < strips; s++) {
    let left = Infinity, top = Infinity, right = -Infinity, bottom = -Infinity;
    const to = Math.min(n, 2 * ((s + 1) * STRIP + 1));
    for (let k = 2 * s * STRIP; k < to; k += 2) {
      if (xy[k] < left) left = xy[k]; if (xy[k] > right) right = xy[k];
      if (xy[k + 1] < top) top = xy[k + 1]; if (xy[k + 1] > bottom) bottom = xy[k + 1];
    }
    boxes.set([left, top, right, bottom], 4 * s);
  }
  return { xy: xy.slice(0, n), begins, boxes, step };
}

/* ---- one view of the page, painted bit by bit ---- */

class Painting {
  constructor(drawing, level, view, width, height, options) {
    Object.assign(this, { drawing, level, view, width, height, options });
    this.canvas = new OffscreenCanvas(width, height);
    this.context = this.canvas.getContext("2d");  // transparent beside the page, to show the theme's desk
    this.most = drawing.rough ? 0 : Math.min(COPIES, Math.floor(COPY_BYTES / (4 * width * height)));
    this.every = Math.max(COPY_POINTS, Math.ceil(level.xy.length / 2 / Math.max(this.most, 1)));
    this.copies = [];
    this.clear();
  }

  clear() {
    const { context, view, drawing } = this;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.width, this.height);
    context.setTransform(view.scale, 0, 0, view.scale, view.x, view.y);
    context.fillStyle = this.options.paper;
    context.fillRect(0, 0, drawing.width_mm, drawing.height_mm);
    this.line = 0; this.point = 0;
  }

  get place() { return this.level.begins[this.line] + this.point; }

  /* Paint until the pen has come to `target` (line and part of it), `most` points at once; return whether it has. */
  advance(target, most) {
    const { begins } = this.level;
    const goal = target.line >= this.drawing.lines.count.length ? begins[begins.length - 1]
      : begins[target.line] + Math.round(target.part * (begins[target.line + 1] - begins[target.line] - 1));
    const copy = this.copies.findLast(c => c.place <= goal);
    if (goal < this.place || copy?.place > this.place) this.jump(copy);  // back or ahead
    for (const last = this.place + most; this.place < goal && this.place < last;) {
      this.stretch(goal);
      this.keepCopy();
    }
    return this.place >= goal;
  }

  /* Go to a copy, or without one to the beginning. */
  jump(copy) {
    if (!copy) return this.clear();
    this.context.setTransform(1, 0, 0, 1, 0, 0);
    this.context.clearRect(0, 0, this.width, this.height);
    this.context.drawImage(copy.canvas, 0, 0);
    this.context.setTransform(this.view.scale, 0, 0, this.view.scale, this.view.x, this.view.y);
    this.line = copy.line; this.point = copy.point;
  }

  keepCopy() {
    if (this.place < (this.copies.length + 1) * this.every || this.copies.length >= this.most) return;
    const canvas = new OffscreenCanvas(this.width, this.height);
    canvas.getContext("2d").drawImage(this.canvas, 0, 0);
    this.copies.push({ canvas, place: this.place, line: this.line, point: this.point });
  }

  /* Paint some thousand points of one layer. */
  stretch(goal) {
    const { lines, layers } = this.drawing, { xy, begins } = this.level, { context } = this;
    const layer = layers[lines.layer[this.line]];
    const last = Math.min(goal, this.place + 1024, (this.copies.length + 1) * this.every);
    const ink = new Path2D(), travel = new Path2D();
    let drawn = false;
    while (this.place < last && lines.layer[this.line] === lines.layer[Math.min(this.line, lines.layer.length - 1)]
           && layers[lines.layer[this.line]] === layer) {
      const from = begins[this.line] + this.point, end = begins[this.line + 1];
      const to = Math.min(end, Math.max(last, from + 1));
      if (this.point === 0 && this.options.travel && this.line > 0) {
        travel.moveTo(xy[2 * from - 2], xy[2 * from - 1]);
        travel.lineTo(xy[2 * from], xy[2 * from + 1]);
      }
      if (layer.visible) drawn = this.addSegments(ink, Math.max(from - (this.point ? 1 : 0), begins[this.line]), to, end - begins[this.line]) || drawn;
      if (to === end) { this.line++; this.point = 0; } else this.point += to - from;
      if (this.line >= lines.count.length) break;
    }
    if (drawn) this.strokeInk(ink, layer);
    if (this.options.travel && layer.visible) this.strokeTravel(travel);
  }

  addSegments(path, from, to, count) {
    const { xy, boxes } = this.level;
    if (count === 1) {  // a dot
      path.moveTo(xy[2 * from], xy[2 * from + 1]);
      path.lineTo(xy[2 * from] + 1e-3, xy[2 * from + 1]);
      return true;
    }
    let drawn = false, pen = -1;
    for (let s = Math.floor(from / STRIP); s * STRIP < to; s++) {
      if (this.outOfSight(boxes, s)) continue;
      const a = Math.max(from, s * STRIP), b = Math.min(to, (s + 1) * STRIP + 1);
      if (b - a < 2) continue;
      if (pen !== a) path.moveTo(xy[2 * a], xy[2 * a + 1]);
      for (let k = a + 1; k < b; k++) path.lineTo(xy[2 * k], xy[2 * k + 1]);
      pen = b - 1; drawn = true;
    }
    return drawn;
  }

  outOfSight(boxes, s) {
    const { scale, x, y } = this.view, edge = 20;
    return boxes[4 * s] * scale + x > this.width + edge || boxes[4 * s + 2] * scale + x < -edge
      || boxes[4 * s + 1] * scale + y > this.height + edge || boxes[4 * s + 3] * scale + y < -edge;
  }

  strokeInk(path, layer) {
    const { context, view } = this;
    const px = layer.width_mm * view.scale, width = Math.max(px, THINNEST_PX);
    context.globalAlpha = Math.max(0.25, Math.min(1, px / width));
    context.lineWidth = width / view.scale;
    context.strokeStyle = layer.color;
    context.lineJoin = px > 2 ? "round" : "bevel";
    context.lineCap = px > 2 ? "round" : "butt";
    context.stroke(path);
    context.globalAlpha = 1;
  }

  strokeTravel(path) {
    const { context, view } = this;
    context.lineWidth = 0.8 / view.scale;
    context.strokeStyle = "rgba(0, 110, 230, 0.55)";
    context.stroke(path);
  }
}

/* ---- the page's part: canvas, view, pointer, buttons ---- */

const NARROWEST_PANE = 230;  // px of one of several drawings side by side
const groups = globalThis.__drawscapeViewers ??= new Map();  // each widget has a copy of this module

export class Viewer {
  constructor(el, { group = "", askFindings = null } = {}) {
    this.el = el;
    el.classList.add("ds", "drawscape-viewer");
    this.askFindings = askFindings;  // returns a promise of what preflight finds
    this.steps = 150_000;  // points a frame; soon as many as this browser manages
    this.options = { travel: false, points: false, measure: false, paper: "#fefcf7" };
    this.view = null;
    this.levels = new Map();
    this.time = 1;        // part of the plot's time, 0 to 1
    this.playing = false;
    this.speed = 60;
    this.measured = [];
    this.followers = [];  // viewers that have no transport and no layers of their own
    this.canvas = make("canvas", { tabIndex: 0, role: "img" });
    this.context = this.canvas.getContext("2d");
    this.group = group;
    this.build();
    this.listen();
    if (group) groups.set(group, (groups.get(group) || new Set()).add(this));
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(this.stage);
  }

  dispose() {
    this.observer.disconnect();
    cancelAnimationFrame(this.request);
    groups.get(this.group)?.delete(this);
    this.el.replaceChildren();
  }

  /* Show a drawing, but not before the rough one is completely painted. */
  show(header, buffers) {
    const isFiner = this.drawing?.rough && !header.rough;
    this.finer = isFiner && !this.isWhole ? [header, buffers] : null;
    if (this.finer) return;
    this.drawing = decode(header, buffers);
    this.levels.clear();
    this.painting = null;
    if (!isFiner) this.shown = null;
    this.isWhole = this.busy = false;
    this.canvas.setAttribute("aria-label", header.title || "drawing");
    this.options.paper = header.paper || "#fefcf7";
    this.listLayers();
    this.findings = null;
    this.listFindings();
    this.resize();
    if (!this.view || this.fitted) this.fit();
    this.draw();
  }

  /* Show or hide the layers of that name. */
  setVisible(name, on) {
    for (const layer of this.drawing.layers) if (layer.name === name) layer.visible = on;
    this.painting = null;
    this.draw();
  }

  build() {
    this.stage = make("div", { className: "drawscape-viewer-stage" }, this.canvas);
    this.readout = make("output", { className: "drawscape-viewer-readout" });
    this.list = make("ul", { className: "drawscape-viewer-findings", hidden: true });
    this.checks = button("Check", "Check before plotting", () => this.check());
    setPressed(this.checks, false);
    this.play = button("Play", "Play the pen's way", () => this.setPlaying(!this.playing));
    this.scrubber = make("input", { type: "range", min: 0, max: 10000, value: 10000, step: 1, "aria-label": "the pen's way" });
    this.scrubber.addEventListener("input", () => { this.setPlaying(false); this.setTime(this.scrubber.value / 10000); });
    this.speeds = make("select", { "aria-label": "speed" }, ...SPEEDS.map(s => make("option", { value: s, textContent: `${s} ×`, selected: s === 60 })));
    this.speeds.addEventListener("change", () => { this.speed = Number(this.speeds.value); });
    this.layers = make("span", { className: "drawscape-viewer-layers" });
    this.transport = make("span", { className: "drawscape-viewer-bar drawscape-viewer-transport" }, this.play, this.scrubber, this.speeds);
    const top = make("div", { className: "drawscape-viewer-bar" },
      ...(this.group ? [] : tools([this])), button("Full screen", "Full screen", () => this.fullScreen()),
      ...(this.askFindings ? [this.checks] : []), this.layers);
    const bottom = make("div", { className: "drawscape-viewer-bar" }, this.transport, this.readout);
    this.el.append(top, this.stage, bottom, this.list);
  }

  dropTransport() { for (const part of [this.transport, this.layers]) part.remove(); }

  setOption(name, on) {
    this.options[name] = on;
    if (name === "travel") this.painting = null;
    this.measured = [];
    this.draw();
  }

  /* One checkbox for each name, for the followers too. */
  listLayers() {
    const viewers = [this, ...this.followers];
    const layers = viewers.flatMap(viewer => viewer.drawing?.layers ?? []);
    const named = new Map(layers.toReversed().map(layer => [layer.name, layer]));  // the first of each name
    const names = [...new Set(layers.map(layer => layer.name))];
    this.layers.replaceChildren(...names.map(name => {
      const { color, width_mm } = named.get(name), box = make("input", { type: "checkbox", checked: true, value: name });
      box.addEventListener("change", () => { for (const viewer of viewers) viewer.setVisible(name, box.checked); });
      return make("label", { title: `${width_mm} mm` }, box, swatch(color), name);
    }));
  }

  /* Show or hide the pre-flight findings. They are requested once a drawing, since a large one takes seconds. */
  async check() {
    const { drawing } = this;
    const shown = this.checks.getAttribute("aria-pressed") !== "true";
    setPressed(this.checks, shown);
    if (shown && !this.findings) {
      this.listNote("checking …");
      const found = await this.askFindings().catch(error => ({ trouble: error.message }));
      if (drawing !== this.drawing) return;
      if (found.trouble) return this.listNote(found.trouble);
      this.findings = found;
    }
    this.listFindings();
    this.draw();
  }

  get marked() { return this.checks.getAttribute("aria-pressed") === "true" ? this.findings || [] : []; }

  listNote(text) {
    this.list.replaceChildren(make("li", { textContent: text }));
    this.list.hidden = false;
  }

  listFindings() {
    if (!this.findings) setPressed(this.checks, false);
    this.list.hidden = this.checks.getAttribute("aria-pressed") !== "true";
    if (this.list.hidden) return;
    if (!this.findings.length) return this.listNote("nothing to fix before plotting");
    this.list.replaceChildren(...this.findings.map(finding => {
      let turn = 0;
      const item = button(finding.text, "Show the place", () => this.goTo(...finding.places[turn++ % finding.places.length]), "is-plain");
      return make("li", {}, swatch(MARKS[finding.concern]), item);
    }));
  }

  /* Bring a place of the page into the middle, near enough to see single strokes. */
  goTo(x, y) {
    const { width, height } = this.canvas, scale = Math.max(this.view.scale, 8 * this.ratio);
    this.setView({ scale, x: width / 2 - x * scale, y: height / 2 - y * scale });
  }

  listen() {
    const { canvas } = this, fingers = new Map();  // one pans, two pinch
    const place = event => [event.offsetX * this.ratio, event.offsetY * this.ratio];
    canvas.addEventListener("wheel", event => {
      event.preventDefault();
      const factor = Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0016));
      this.zoom(factor, ...place(event));
    }, { passive: false });
    canvas.addEventListener("pointerdown", event => {
      canvas.focus({ preventScroll: true });
      if (this.options.measure) return this.addMeasured(event);
      canvas.setPointerCapture(event.pointerId);
      fingers.set(event.pointerId, place(event));
    });
    canvas.addEventListener("pointermove", event => {
      const from = fingers.get(event.pointerId), to = place(event);
      if (!from) return;
      const [still] = [...fingers].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
      if (still) {
        const [was, now] = [from, to].map(([x, y]) => Math.hypot(x - still[0], y - still[1]));
        this.zoom(now / Math.max(was, 1), ...still);
      } else this.pan(to[0] - from[0], to[1] - from[1]);
      fingers.set(event.pointerId, to);
    });
    for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, event => fingers.delete(event.pointerId));
    canvas.addEventListener("dblclick", () => { if (!this.options.measure) this.fit(); });
    this.el.addEventListener("keydown", event => this.key(event));
  }

  key(event) {
    event.stopPropagation();  // letters are shortcuts in the notebook
    if (event.target !== this.canvas) return;
    const step = 60 * this.ratio, middle = [this.canvas.width / 2, this.canvas.height / 2];
    const actions = {
      "+": () => this.zoom(1.25, ...middle), "=": () => this.zoom(1.25, ...middle), "-": () => this.zoom(0.8, ...middle),
      0: () => this.fit(), 1: () => this.trueSize(), f: () => this.fullScreen(), " ": () => this.setPlaying(!this.playing),
      ArrowLeft: () => this.pan(step, 0), ArrowRight: () => this.pan(-step, 0),
      ArrowUp: () => this.pan(0, step), ArrowDown: () => this.pan(0, -step),
    };
    if (actions[event.key]) { event.preventDefault(); actions[event.key](); }
  }

  get ratio() { return globalThis.devicePixelRatio || 1; }

  resize() {
    const box = this.stage.getBoundingClientRect();
    if (!box.width || !box.height) return;
    const width = Math.round(box.width * this.ratio), height = Math.round(box.height * this.ratio);
    if (this.canvas.width === width && this.canvas.height === height) return;
    const center = this.view && this.center();
    this.canvas.width = width; this.canvas.height = height;
    this.painting = null;
    if (this.drawing && (!this.view || this.fitted)) this.fit();
    else if (this.view) this.setView(this.centered(this.view.scale, center), { shared: false });
    this.draw();
  }

  /* The place of the page in the middle of the canvas, in mm: canvases that move together may differ in size. */
  center({ scale, x, y } = this.view) { return [(this.canvas.width / 2 - x) / scale, (this.canvas.height / 2 - y) / scale]; }

  centered(scale, [x, y]) { return { scale, x: this.canvas.width / 2 - x * scale, y: this.canvas.height / 2 - y * scale }; }

  setView(view, { shared = true, fitted = false } = {}) {
    this.view = view; this.fitted = fitted; this.painting = null;
    this.movedAt = performance.now();
    this.draw();
    if (shared) for (const other of groups.get(this.group) || []) {
      if (other !== this) other.setView(other.centered(view.scale, this.center()), { shared: false, fitted });
    }
  }

  /* The largest of the sheets that move together fits. */
  fit() {
    if (!this.drawing || !this.canvas.width) return;
    const sheets = [...groups.get(this.group) ?? [this]].flatMap(one => one.drawing ?? []), { width, height } = this.canvas;
    const [width_mm, height_mm] = ["width_mm", "height_mm"].map(side => Math.max(...sheets.map(sheet => sheet[side])));
    const scale = 0.96 * Math.min(width / width_mm, height / height_mm);
    this.setView({ scale, x: (width - scale * width_mm) / 2, y: (height - scale * height_mm) / 2 }, { fitted: true });
  }

  trueSize() { this.zoom(PX_PER_MM * this.ratio / this.view.scale, this.canvas.width / 2, this.canvas.height / 2); }

  zoom(factor, x, y) {
    const scale = Math.min(Math.max(this.view.scale * factor, 0.05), 2000), by = scale / this.view.scale;
    this.setView({ scale, x: x - (x - this.view.x) * by, y: y - (y - this.view.y) * by });
  }

  pan(dx, dy) { this.setView({ ...this.view, x: this.view.x + dx, y: this.view.y + dy }); }

  fullScreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.el.requestFullscreen?.();
  }

  setPlaying(playing) {
    if (this.leader) return this.leader.setPlaying(!this.leader.playing);
    if (playing && this.time >= 1) this.time = 0;
    this.playing = playing;
    this.play.textContent = playing ? "Pause" : "Play";
    this.before = performance.now();
    this.draw();
  }

  setTime(time) {
    this.time = Math.min(Math.max(time, 0), 1);
    this.scrubber.value = Math.round(this.time * 10000);
    for (const other of this.followers) other.setTime(this.time);
    if (this.time >= 1 && this.playing) this.setPlaying(false);
    this.draw();
  }

  /* Where the pen is at that time: the line, the part of it that is drawn, and the ink so far. */
  pen(seconds) {
    const { starts, draw, ink } = this.drawing.lines;
    let low = 0, high = draw.length;
    while (low < high) { const m = (low + high) >> 1; if (starts[m] + draw[m] <= seconds) low = m + 1; else high = m; }
    if (low >= draw.length) return { line: draw.length, part: 0, ink: ink[draw.length] };
    const part = Math.min(Math.max((seconds - starts[low]) / (draw[low] || 1), 0), 1);
    return { line: low, part, ink: ink[low] + part * (ink[low + 1] - ink[low]) };
  }

  addMeasured(event) {
    const { scale, x, y } = this.view;
    const point = [(event.offsetX * this.ratio - x) / scale, (event.offsetY * this.ratio - y) / scale];
    this.measured = this.measured.length === 1 ? [this.measured[0], point] : [point];
    this.draw();
  }

  draw() { this.request ??= requestAnimationFrame(() => { this.request = null; this.frame(); }); }

  level() {
    const exponent = Math.round(Math.log2(0.45 / this.view.scale));
    if (!this.levels.has(exponent)) {
      if (this.levels.size > 3) this.levels.delete(this.levels.keys().next().value);
      this.levels.set(exponent, thin(this.drawing, 2 ** exponent));
    }
    return this.levels.get(exponent);
  }

  frame() {
    if (!this.drawing || !this.view || !this.canvas.width) return;
    const began = performance.now();
    const most = this.time < 1 ? FRAME_MS : STILL_FRAME_MS;
    if (this.busy) this.steps *= began - this.began > most ? 0.7 : 1.1;  // so, one frame in five is late
    this.steps = Math.min(Math.max(this.steps, 4_000), MOST_STEPS);
    this.began = began;
    if (this.playing) {
      const passed = (began - this.before) / 1000 * this.speed;
      this.before = began;
      this.setTime(this.time + passed / Math.max(this.drawing.seconds, 1e-9));
    }
    const target = this.time >= 1 ? { line: this.drawing.lines.count.length, part: 0, ink: this.drawing.ink_mm } : this.pen(this.time * this.drawing.seconds);
    const moving = this.shown && began - this.movedAt < REST_MS;
    this.isWhole = !moving && this.paint(target);
    this.busy = !moving && !this.isWhole;
    this.compose(target);
    this.describe(target);
    if (this.isWhole && this.finer) this.show(...this.finer);
    if (!this.isWhole || this.playing) this.draw();
  }

  paint(target) {
    const { width, height } = this.canvas;
    this.painting ??= new Painting(this.drawing, this.level(), { ...this.view }, width, height, { ...this.options });
    const whole = this.painting.advance(target, this.drawing.rough ? MOST_STEPS : this.steps);
    if (whole || this.time < 1 || !this.shown) this.shown = this.painting;
    return whole;
  }

  /* The last complete painting, moved to the current view, and what is drawn over it. */
  compose(target) {
    const { context, view } = this, { width, height } = this.canvas, from = this.shown.view;
    const by = view.scale / from.scale;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, width, height);
    context.fillStyle = this.options.paper;
    context.fillRect(view.x, view.y, view.scale * this.drawing.width_mm, view.scale * this.drawing.height_mm);
    context.setTransform(by, 0, 0, by, view.x - from.x * by, view.y - from.y * by);
    context.drawImage(this.shown.canvas, 0, 0);
    context.setTransform(view.scale, 0, 0, view.scale, view.x, view.y);
    this.drawDots();
    this.drawMarks();
    if (this.time < 1) this.drawPen(target);
    this.drawMeasure();
  }

  drawDots() {
    if (!this.options.points || !this.painting) return;
    const { xy, boxes } = this.painting.level, size = 3 / this.view.scale;
    this.context.fillStyle = "rgba(220, 0, 90, 0.8)";
    let dots = 0;
    for (let s = 0; 4 * s < boxes.length && dots < MOST_DOTS; s++) {
      if (this.painting.outOfSight(boxes, s)) continue;
      for (let k = 2 * s * STRIP; k < Math.min(xy.length, 2 * (s + 1) * STRIP); k += 2, dots++)
        this.context.fillRect(xy[k] - size / 2, xy[k + 1] - size / 2, size, size);
    }
  }

  drawMarks() {
    const { context, view } = this;
    context.lineWidth = 2 / view.scale;
    for (const { concern, places } of this.marked) {
      context.strokeStyle = MARKS[concern];
      context.beginPath();
      for (const [x, y] of places) {
        context.moveTo(x + 7 / view.scale, y);
        context.arc(x, y, 7 / view.scale, 0, 7);
      }
      context.stroke();
    }
  }

  drawPen({ line, part }) {
    const { lines, layers } = this.drawing;
    if (line >= lines.count.length) return;
    const k = 2 * (lines.first[line] + Math.round(part * (lines.count[line] - 1))), { xy } = layers[lines.layer[line]];
    this.context.fillStyle = "#d50000";
    this.context.beginPath();
    this.context.arc(xy[k], xy[k + 1], 4 / this.view.scale, 0, 7);
    this.context.fill();
  }

  drawMeasure() {
    const { context, measured, view } = this;
    context.strokeStyle = context.fillStyle = "#0067c0";
    context.lineWidth = 1.5 / view.scale;
    context.beginPath();
    measured.forEach(([x, y], i) => i ? context.lineTo(x, y) : context.moveTo(x, y));
    context.stroke();
    for (const [x, y] of measured) { context.beginPath(); context.arc(x, y, 3 / view.scale, 0, 7); context.fill(); }
  }

  describe({ ink }) {
    const [a, b] = this.measured;
    const time = this.time * this.drawing.seconds;
    this.readout.textContent = a && b
      ? `${Math.hypot(b[0] - a[0], b[1] - a[1]).toFixed(2)} mm (${Math.abs(b[0] - a[0]).toFixed(2)} across, ${Math.abs(b[1] - a[1]).toFixed(2)} down)`
      : `${clock(time)} of ${clock(this.drawing.seconds)} · ${(ink / 1000).toFixed(2)} m of ink`;
  }
}

function clock(seconds) {
  const s = Math.round(seconds), two = n => String(n).padStart(2, "0");
  return s < 3600 ? `${Math.floor(s / 60)}:${two(s % 60)}` : `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
}

/* The buttons that act on all of `viewers`: the others follow the first. */
function tools(viewers) {
  const toggle = (label, title, name) => {
    const made = button(label, title, () => {
      const on = made.getAttribute("aria-pressed") !== "true";
      setPressed(made, on);
      for (const viewer of viewers) viewer.setOption(name, on);
    });
    setPressed(made, false);
    return made;
  };
  return [
    button("Fit", "Fit the page", () => viewers[0].fit()), button("1:1", "True size", () => viewers[0].trueSize()),
    toggle("Travel", "Show the way with the pen up", "travel"), toggle("Points", "Show the points", "points"),
    toggle("Measure", "Measure between two points", "measure"),
  ];
}

/* The `header` and `buffers` that DrawingData.packed() joined. */
export function unpack(packed) {
  const begin = 4 + new DataView(packed).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(packed, 4, begin - 4)));
  let at = begin;
  return { header, buffers: header.bytes.map(length => packed.slice(at, at += length)) };
}

export function mount(el, header, buffers, options) {
  const viewer = new Viewer(el, options);
  viewer.show(header, buffers);
  return viewer;
}

/* The drawings of a widget: one fills it, several stand beside each other and move together. */
class Drawings {
  constructor(model, el) {
    Object.assign(this, { model, el, viewers: [], answers: [] });
    el.classList.add("ds", "drawscape-drawings");
    el.style.setProperty("--drawscape-viewer-height", model.get("height"));
    this.group = `${Math.random()}`;
    this.row = make("div", { className: "drawscape-viewer-row" });
    this.observer = new ResizeObserver(() => this.arrange());
    this.observer.observe(this.row);
    const differences = model.get("differences");
    if (!differences.length) return void el.append(this.row);
    this.tools = make("div", { className: "drawscape-viewer-bar", role: "group", "aria-label": "all drawings" });
    el.append(this.tools, this.row, this.table(differences));
  }

  table([heads, ...rows]) {
    if (!rows.length) return make("p", { textContent: "no difference in their settings" });
    const row = ([first, ...rest], scope) => make("tr", {}, make("th", { scope: "row", textContent: first }),
      ...rest.map(text => make(scope ? "th" : "td", { scope: scope ?? "", textContent: text })));
    return make("table", { className: "drawscape-viewer-differences" }, row(heads, "col"), ...rows.map(each => row(each)));
  }

  receive(message, buffers) {
    if (message.findings) this.answers[message.place]?.(message.findings);
    if (!message.drawings) return;
    if (message.drawings.length !== this.viewers.length) this.build(message.drawings.length);
    let at = 0;
    message.drawings.forEach((header, i) => {
      if (message.drawings.length > 1) this.viewers[i].el.previousSibling.textContent = header.title;
      this.viewers[i].show(header, buffers.slice(at, at += header.arrays));
    });
    this.viewers[0].listLayers();
  }

  build(count) {
    for (const viewer of this.viewers) viewer.dispose();
    const places = Array.from({ length: count }, () => make("div", {}));
    this.row.replaceChildren(...places.map(place => count > 1 ? make("div", {}, make("div", { className: "drawscape-viewer-name" }), place) : place));
    this.viewers = places.map((place, number) => new Viewer(place, { group: count > 1 ? this.group : "",
      askFindings: () => new Promise(done => { this.answers[number] = done; this.model.send({ event: "findings", place: number }); }) }));
    for (const viewer of this.viewers) viewer.el.drawscapeViewer = viewer;
    this.el.drawscapeViewer = this.viewers[0];
    const [first, ...others] = this.viewers;
    first.followers = others;
    for (const viewer of others) Object.assign(viewer, { leader: first }).dropTransport();
    this.tools?.replaceChildren(...(count > 1 ? [...tools(this.viewers), first.transport, first.layers] : []));
    this.arrange();
  }

  /* Rows are evenly filled: five as 3 and 2, four as 2 and 2. */
  arrange() {
    const count = this.viewers.length, fitting = Math.max(1, Math.floor(this.row.clientWidth / NARROWEST_PANE));
    const rows = Math.ceil(count / fitting);
    this.row.style.gridTemplateColumns = `repeat(${Math.ceil(count / rows) || 1}, minmax(0, 1fr))`;
  }

  dispose() {
    this.observer.disconnect();
    for (const viewer of this.viewers) viewer.dispose();
  }
}

function render({ model, el }) {
  const drawings = new Drawings(model, el);
  const receive = (message, buffers) => drawings.receive(message, buffers);
  model.on("msg:custom", receive);
  model.send({ event: "ready" });
  return () => { model.off("msg:custom", receive); drawings.dispose(); el.replaceChildren(); };
}

export default { render };
