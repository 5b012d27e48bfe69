/* A board: drawings in a grid (or jobs in rows), chosen by mouse and keys, with a toolbar for the chosen.

   Kernel to page, custom messages:  {tiles: [{id, number, caption, hint, stars, state, progress, url, ...}]}
                                     {enlarged: {id, caption, url}}
                                     {trace: id, header}, with the lines as drawing_data.py packs them
   Pictures are data URLs: the page asks nobody for them, and four hundred are there at once.
   Page to kernel:                   {event, arguments}
   State:                            head {title, name, status, progress}, controls, exports, order, selected, columns, tile_px, kind, note,
                                     empty, below (a widget's id), details,
                                     tree [{number, parent, stars, current, url}] of an evolution
   Of two messages about a tile the one with the larger number stands. */

import { trace } from "./drawing_lines.js";
import { button, leaveByEscape, make, menu, reveal, setPressed, showChild, showKernel, textMenu } from "./elements.js";

const HOVER_MS = 350;  // a pointer that only passes a tile starts nothing
const STARS = 5, LARGEST_TILE = 280, SMALLEST_TILE = 56;

const ACTIONS = [
  { act: "inspect", name: "Inspect", tip: "Zoom, layers, the pen's way (v)" },
  { act: "open_form", name: "Open", tip: "Open as a form (Enter)", isRest: true },
  { act: "compare", name: "Compare", tip: "Two to six side by side (c)", least: 2 },
  { act: "breed", name: "Breed", tip: "Begin an evolution with these (b)" },
  { act: "plot", name: "Plot", tip: "Draw this on the machine", isFor: machines => machines.length < 2 },
  { act: "plot_on", name: "Plot", tip: "Draw this on a machine", isFor: machines => machines.length > 1,
    choices: model => model.get("machines").map(name => [`on ${name}`, name]) },
  { act: "export", name: "Export", tip: "Write files for other programs, the lines in order", choices: model => model.get("exports") },
  { act: "tag", name: "Tag", tip: "Give these a tag", isRest: true, text: "tag" },
  { act: "annotate", name: "Note", tip: "Write a note on these", isRest: true, text: "note" },
  { act: "reject", name: "Reject", tip: "Reject, or take that back (x)", isRest: true },
];

function showStars(root, stars) {
  root.replaceChildren(...Array.from({ length: STARS }, (_, i) =>
    make("span", { className: i < stars ? "on" : "", textContent: i < stars ? "★" : "☆", "data-star": i + 1 })));
}

class Tile {
  constructor(id) {
    this.number = 0;
    this.root = make("div", { className: "board-tile", role: "option", tabIndex: -1, "aria-label": "drawing",
                              "data-id": id, "data-lm-suppress-shortcuts": "true" });
    this.image = make("img", { alt: "", draggable: false, hidden: true });
    this.bar = make("div", { className: "board-bar", hidden: true });
    this.caption = make("div", { className: "board-caption" });
    this.note = make("div", { className: "board-remark" });
    this.stars = make("div", { className: "board-stars", "aria-hidden": "true" });  // keys do the same
    this.root.append(make("div", { className: "board-paper" }, this.image), this.bar, this.caption, this.note, this.stars);
  }

  /* An older state never replaces a newer one, no matter which arrives first. */
  show({ number, caption, hint, stars, note = "", state, progress, url }) {
    if (number < this.number) return;
    this.image.hidden = !url;
    if (this.image.src !== url) this.image.src = url;
    Object.assign(this, { number, rating: stars });
    this.caption.textContent = caption;
    this.note.textContent = note;
    this.root.title = hint;
    this.root.dataset.state = state;
    this.bar.hidden = state !== "started";
    this.bar.style.setProperty("--done", progress);
    const rated = stars > 0 ? `, ${stars} ${stars === 1 ? "star" : "stars"}` : "";
    this.root.setAttribute("aria-label", caption + (state === "finished" ? "" : `, ${state}`) + rated);
    showStars(this.stars, stars);
  }

  /* Draw the lines in place of the picture, as the pen does. */
  drawItself(header, buffers) {
    this.stand();
    const { clientWidth: width, clientHeight: height } = this.image, ratio = globalThis.devicePixelRatio || 1;
    this.traced = make("canvas", { className: "board-trace", width: width * ratio, height: height * ratio, "aria-hidden": "true" });
    this.image.parentElement.append(this.traced);
    this.stop = trace(this.traced, header, buffers);
  }

  stand() {
    this.stop?.();
    this.traced?.remove();
  }

  dispose() {
    this.stand();
    this.root.remove();
  }
}

/* A job as a row of the queue's table. */
class Row {
  constructor(id, act) {
    this.number = 0;
    this.act = act;
    this.root = make("tr", { "data-id": id });
  }

  show({ number, caption, hint, state, words, progress, took, actions }) {
    if (number < this.number) return;
    this.number = number;
    this.root.dataset.state = state;
    this.root.title = hint;
    const bar = make("div", { className: "board-bar", role: "progressbar", "aria-label": `progress of ${caption}`, "aria-valuenow": Math.round(100 * progress) });
    bar.style.setProperty("--done", progress);
    bar.hidden = state !== "started";
    const id = this.root.dataset.id, focused = this.root.contains(document.activeElement) && document.activeElement.dataset.act;
    const buttons = actions.map(name => {
      const made = button(name, "", () => this.act("job", id, name));
      made.dataset.act = name;
      made.setAttribute("aria-label", `${name} ${caption} ${id.slice(-8)}`);
      return made;
    });
    this.root.replaceChildren(
      make("th", { scope: "row", textContent: id.slice(-8) }), make("td", { textContent: caption }),
      make("td", { className: "state", textContent: words }), make("td", {}, bar), make("td", { textContent: took }), make("td", {}, ...buttons));
    buttons.find(one => one.dataset.act === focused)?.focus();
  }

  dispose() { this.root.remove(); }
}

/* One tile as large as the window, on top of everything. */
class Enlarged {
  constructor(parent, { inspect, step }) {
    this.id = null;
    this.image = make("img", { alt: "" });
    this.image.addEventListener("load", () => this.fit());
    this.caption = make("div", { className: "board-caption" });
    this.stars = make("div", { className: "board-stars", "aria-hidden": "true" });
    this.inspect = button("Inspect", "Zoom, layers, the pen's way (v)", () => inspect(this.id), "", "inspect");
    this.root = make("dialog", { className: "board-enlarged", tabIndex: -1, "data-lm-suppress-shortcuts": "true" },
      button("", "Close", () => this.root.close(), "is-plain board-enlarged-close", "close"),
      make("div", { className: "board-enlarged-row" }, button("", "Previous", () => step(-1), "is-plain", "back"), this.image,
        button("", "Next", () => step(1), "is-plain", "next")), this.caption, this.stars, this.inspect);
    parent.append(this.root);
    this.resized = () => this.fit();
    window.addEventListener("resize", this.resized);
  }

  /* Show the tile's small picture until the large one is here. */
  open(id, tile) {
    this.id = id;
    this.image.src = tile.image.src;
    this.caption.textContent = tile.caption.textContent;
    showStars(this.stars, tile.rating);
    this.root.setAttribute("aria-label", tile.root.getAttribute("aria-label"));
    if (!this.root.open) this.root.showModal();
    this.root.focus();
  }

  receive({ id, caption, url }) {
    if (id !== this.id || !this.root.open) return;
    const shown = new Image();  // decoded first: no blank between small and large
    shown.src = url;
    shown.decode().then(() => { if (id === this.id) this.image.src = url; }, () => {});
    this.caption.textContent = caption;
  }

  fit() {
    const { naturalWidth: width, naturalHeight: height } = this.image;
    const scale = Math.min((0.92 * window.innerWidth - 120) / width, (window.innerHeight - 150) / height);
    this.image.style.width = `${width * scale}px`;
    this.image.style.height = `${height * scale}px`;
  }

  dispose() {
    window.removeEventListener("resize", this.resized);
    this.root.remove();
  }
}

/* The elements of a control, by its kind; `show` sets the kernel's value. */
function control(spec, send) {
  const tell = value => send(spec.id, value);
  const common = { title: spec.tooltip ?? "", "data-lm-suppress-shortcuts": "true" };
  if (spec.kind === "button") {
    const made = button(spec.label, spec.tooltip ?? "", () => send(spec.id), spec.primary ? "is-primary" : "", spec.icon ?? "");
    const words = made.querySelector("span");
    return { root: made, show: now => {
      made.disabled = Boolean(now.disabled);
      words.textContent = now.label;
    } };
  }
  if (spec.kind === "toggles") {
    const root = make("span", { className: "group", role: "group", "aria-label": spec.label }, spec.label);
    return { root, show: now => {
      while (root.children.length < now.options.length) {
        const name = now.options[root.children.length][0];
        root.append(button(name.replaceAll("_", " "), `Keep ${name.replaceAll("_", " ")} as it is`, () => tell(name)));
      }
      now.options.forEach(([, on], i) => setPressed(root.children[i], on));
    } };
  }
  let input;
  if (spec.kind === "select") {
    input = make("select", { ...common, onchange: () => tell(JSON.parse(input.value)) });
  } else if (spec.kind === "slider") {
    input = make("input", { type: "range", min: spec.low, max: spec.high, step: "any", ...common, onchange: () => tell(Number(input.value)) });
  } else if (spec.kind === "check") {
    input = make("input", { type: "checkbox", ...common, onchange: () => tell(input.checked) });
  } else {
    let due;
    input = make("input", { type: "text", placeholder: spec.label, ...common });
    input.addEventListener("input", () => { clearTimeout(due); due = setTimeout(() => tell(input.value), 250); });
  }
  input.addEventListener("keydown", event => event.stopPropagation());
  input.setAttribute("aria-label", spec.label);
  const root = spec.kind === "check" ? make("label", {}, input, spec.label)
    : spec.kind === "slider" ? make("label", {}, spec.label, input, spec.end ?? "") : input;
  let options = "";
  return { root, show: now => {
    if (now.options && JSON.stringify(now.options) !== options) {
      options = JSON.stringify(now.options);
      input.replaceChildren(...now.options.map(([label, value]) => make("option", { textContent: label, value: JSON.stringify(value) })));
    }
    if (spec.kind === "check") input.checked = now.value;
    else if (spec.kind === "select") input.value = JSON.stringify(now.value);
    else if (document.activeElement !== input) input.value = now.value;
  } };
}

class Board {
  constructor(model, el, host) {
    Object.assign(this, { model, host, tiles: new Map(), controls: new Map(), anchor: null });
    const rows = model.get("kind") === "rows", one = model.get("kind") === "one";
    this.title = make("h3");
    this.status = make("span", { className: "board-status", role: "status" });
    this.size = make("input", { type: "range", min: 70, max: LARGEST_TILE, "aria-label": "size of the tiles", "data-lm-suppress-shortcuts": "true" });
    this.size.addEventListener("keydown", event => event.stopPropagation());
    this.size.addEventListener("input", () => this.set("tile_px", Number(this.size.value)));
    const size = make("label", { className: "board-size", hidden: rows || one, title: "Size of the tiles" }, "size", this.size);
    this.bar = make("div", { className: "board-bar", role: "progressbar", "aria-label": "progress" });
    this.note = make("div", { className: "board-note", role: "status" });
    this.empty = make("div", { className: "board-empty" });
    this.details = make("details", { className: "board-details", hidden: true }, make("summary", { textContent: "details" }), make("pre", { tabIndex: 0 }));
    this.filters = make("div", { className: "board-controls" });
    this.tree = make("nav", { className: "board-tree", hidden: true, "aria-label": "generations" });
    this.child = make("div");
    const close = button("Close", "Put this away", () => this.send("close_below"), "", "close");
    this.below = make("div", { className: "board-below", hidden: true }, make("div", {}, close), this.child);
    this.root = make("section", { className: "ds drawscape-board", "data-kind": model.get("kind") },
      make("header", {}, this.title, this.status, size), this.filters, this.tree, this.bar);
    if (rows) {
      this.list = make("tbody");
      const heads = ["job", "name", "state", "progress", "took", "actions"].map(name => make("th", { scope: "col", textContent: name }));
      this.place = make("div", { className: "board-table", tabIndex: 0, role: "region", "aria-label": "jobs" },
        make("table", {}, make("thead", {}, make("tr", {}, ...heads)), this.list));
    } else {
      this.list = this.place = make("div", { className: "board-tiles", role: "listbox", tabIndex: 0,
        "aria-multiselectable": "true", "aria-label": "drawings", "data-lm-suppress-shortcuts": "true" });
      this.root.append(this.toolbar());
    }
    this.root.append(this.note, this.place, this.empty, this.details, this.below);
    el.append(this.root);
    this.kernel = showKernel(model, this.root, this.child);
    this.enlarged = new Enlarged(this.root, { inspect: id => this.key(id, "v"), step: by => this.step(by) });
    if (!rows) this.listen();
    leaveByEscape(el);
  }

  send(event, ...values) {
    try { this.model.send({ event, arguments: values }); }
    catch { this.kernel.end(); }
  }

  set(name, value) {
    this.model.set(name, value);
    this.model.save_changes();
  }

  toolbar() {
    this.chosen = make("span", { className: "board-chosen" });
    this.actions = ACTIONS.map(action => ({ ...action, root: this.action(action) }));
    this.hint = make("p", { className: "board-hint", textContent: "click to choose, space enlarges, 1 to 5 stars" });
    const none = button("", "Choose none", () => this.select([]), "is-plain", "close");
    const more = button("more ▾", "More actions", () => bar.classList.toggle("is-more"), "board-more");
    const bar = make("div", { className: "board-actions", role: "toolbar", "aria-label": "actions for the chosen" },
      this.chosen, ...this.actions.map(each => each.root), more, none, this.hint);
    return bar;
  }

  action({ act, name, tip, choices, text, isRest }) {
    const send = value => this.send(act, value), look = isRest ? "board-rest" : "";
    const head = button(name, tip, choices || text ? () => {} : () => this.send(act), look, act.split("_on")[0]);
    if (!choices && !text) return head;
    const root = choices ? menu(head, () => choices(this.model), send) : textMenu(head, text, () => this.noteOf(text), send);
    root.classList.toggle("board-rest", Boolean(isRest));
    return root;
  }

  /* The note to edit: that of the first chosen drawing. */
  noteOf(text) { return text === "note" ? this.tiles.get(this.model.get("selected")[0])?.note.textContent ?? "" : ""; }

  tile(id) {
    if (!this.tiles.has(id)) {
      this.tiles.set(id, this.model.get("kind") === "rows" ? new Row(id, (...asked) => this.send(...asked)) : new Tile(id));
    }
    return this.tiles.get(id);
  }

  receive(message, buffers) {
    for (const content of message.tiles ?? []) {
      this.tile(content.id).show(content);
      if (content.id === this.enlarged.id) showStars(this.enlarged.stars, content.stars);
    }
    if (message.enlarged) this.enlarged.receive(message.enlarged);
    if (message.trace === this.hovered) this.tiles.get(this.hovered)?.drawItself(message.header, buffers);
  }

  /* A tile draws itself while the pointer rests on it. */
  hover(id) {
    if (id === this.hovered) return;
    this.tiles.get(this.hovered)?.stand();
    clearTimeout(this.hovering);
    this.hovered = id;
    const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (id && !isCalm) this.hovering = setTimeout(() => this.send("trace", id), HOVER_MS);
  }

  showHead() {
    const { title = "", name = "", status = "", progress = null } = this.model.get("head");
    this.title.textContent = title;
    this.status.textContent = [status, name && `sheet("${name}")`].filter(Boolean).join(" · ");
    this.bar.hidden = progress === null;
    this.bar.style.setProperty("--done", progress ?? 0);
    this.bar.setAttribute("aria-valuenow", Math.round(100 * (progress ?? 0)));
    this.note.textContent = this.model.get("note");
    const details = this.model.get("details");
    this.details.hidden = !details;
    this.details.lastChild.textContent = details;
  }

  showControls() {
    const specs = this.model.get("controls");
    for (const spec of specs) {
      if (!this.controls.has(spec.id)) this.controls.set(spec.id, control(spec, (...asked) => this.send(...asked)));
      const { root, show } = this.controls.get(spec.id);
      show(spec);
      root.hidden = Boolean(spec.hidden);
      if (!root.isConnected) this.filters.append(root);
    }
    this.filters.hidden = !specs.length;
  }

  showTree() {
    const generations = this.model.get("tree") ?? [];
    const branch = parent => {
      const items = generations.filter(one => one.parent === parent).map(one => {
        const words = `generation ${one.number}${one.stars ? `, ${one.stars} with stars` : ""}`;
        const made = button(`${one.number}${one.stars ? " ★" : ""}`, `Show ${words}`, () => this.send("go_to", one.number));
        made.setAttribute("aria-label", words);
        made.dataset.number = one.number;
        if (one.current) made.setAttribute("aria-current", "true");
        if (one.url) made.prepend(make("img", { alt: "", src: one.url }));
        return make("li", {}, made, ...branch(one.number));
      });
      return items.length ? [make("ul", {}, ...items)] : [];
    };
    const focused = this.tree.querySelector(":focus")?.dataset.number;
    this.tree.replaceChildren(...branch(0));
    this.tree.hidden = !generations.length;
    const [strip] = this.tree.children, current = this.tree.querySelector("[aria-current]");
    if (current) strip.scrollLeft = current.getBoundingClientRect().right - strip.getBoundingClientRect().right + 4;
    this.tree.querySelector(`[data-number="${focused}"]`)?.focus({ preventScroll: true });
  }

  showBelow() {
    const id = this.model.get("below");
    this.below.hidden = !id;
    showChild(this.host, id, this.child);
    if (id) reveal(this.below);
  }

  focused() {
    const { activeElement } = this.list.getRootNode();  // some hosts use a shadow root
    return this.list.contains(activeElement) ? activeElement.closest("[data-id]")?.dataset.id : undefined;
  }

  /* The focused tile keeps the focus and its place in view; if it is gone, the next tile gets both. */
  arrange() {
    const order = this.model.get("order"), kept = new Set(order), focused = this.focused();
    const before = [...this.list.children].map(root => root.dataset.id);
    const first = before.find(id => this.tile(id).root.offsetTop - this.place.offsetTop >= this.place.scrollTop);
    const still = [focused, first].find(id => kept.has(id));
    const top = this.place.scrollTop && still ? this.tile(still).root.offsetTop - this.place.scrollTop : undefined;
    for (const [id, tile] of this.tiles) {
      if (!kept.has(id)) { tile.dispose(); this.tiles.delete(id); }
    }
    const roots = order.map(id => this.tile(id).root);
    if (roots.length !== this.list.children.length || roots.some((root, i) => root !== this.list.children[i])) this.list.replaceChildren(...roots);
    this.place.hidden = !order.length;
    this.empty.textContent = order.length ? "" : this.model.get("empty");
    this.fit();
    this.place.scrollTop = top === undefined ? this.place.scrollTop : this.tile(still).root.offsetTop - top;
    const after = id => before.slice(before.indexOf(id)).find(one => kept.has(one)) ?? order.at(-1);
    if (focused && order.length && this.actions) {
      const next = after(focused);
      this.tile(next).root.focus({ preventScroll: true });
      if (next !== focused && !this.model.get("selected").length) this.select([this.anchor = next]);
    }
    const { id, root } = this.enlarged;
    if (root.open && !kept.has(id)) order.length ? this.enlarge(after(id)) : root.close();
    this.mark();
  }

  fit() {
    if (!this.actions) return;
    const columns = this.model.get("columns"), px = this.model.get("tile_px");
    /* As many columns as requested, fewer if tiles became too small; by default as many as fit. */
    const share = columns ? `max(${SMALLEST_TILE}px, (100% - ${columns - 1} * min(14px, 1%)) / ${columns} - 0.1px)` : "min(180px, max(45%, 100px))";
    this.list.style.maxWidth = columns && !px ? `${columns * (LARGEST_TILE + 14)}px` : "";
    this.list.style.gridTemplateColumns = columns && px ? `repeat(${columns}, ${px}px)`
      : `repeat(auto-fill, minmax(min(${px ? `${px}px` : share}, 100%), ${px ? `${px}px` : "1fr"}))`;
    if (!px && document.activeElement !== this.size) this.size.value = this.list.firstChild?.offsetWidth || 180;
  }

  mark() {
    if (!this.actions) return;
    const selected = new Set(this.model.get("selected")), machines = this.model.get("machines") ?? [];
    for (const [id, tile] of this.tiles) tile.root.setAttribute("aria-selected", String(selected.has(id)));
    this.chosen.textContent = `${selected.size} chosen`;
    const bar = this.chosen.parentElement, isHistory = [...this.controls.keys()].some(id => id.startsWith("find "));
    for (const part of bar.children) part.hidden = (part === this.hint) === (selected.size > 0);
    if (isHistory) this.filters.hidden = selected.size > 0;
    for (const { root, least = 1, isFor } of this.actions) {
      if (isFor && !isFor(machines)) root.hidden = true;
      if (least > 1) root.disabled = selected.size < least;
    }
  }

  select(ids) {
    this.set("selected", ids);
    this.mark();
  }

  click(event) {
    const id = event.target.closest(".board-tile")?.dataset.id;
    if (!id) return;
    if (event.target.dataset.star) return this.rate(id, Number(event.target.dataset.star));
    this.tile(id).root.focus();
    const selected = this.model.get("selected");
    if (event.shiftKey && this.anchor) return this.select(this.between(this.anchor, id));
    this.anchor = id;
    if (event.ctrlKey || event.metaKey) {
      return this.select(selected.includes(id) ? selected.filter(x => x !== id) : [...selected, id]);
    }
    this.select([id]);
  }

  rate(id, stars) {
    this.send("star", id, stars === this.tile(id).rating ? 0 : stars);  // the same star again takes it back
  }

  between(first, last) {
    const order = this.model.get("order");
    const [a, b] = [order.indexOf(first), order.indexOf(last)].sort((x, y) => x - y);
    return order.slice(a, b + 1);
  }

  keydown(event) {
    const order = this.model.get("order");
    if (!order.length || event.ctrlKey || event.metaKey || event.altKey) return;
    const large = this.enlarged.root.open, focused = large ? this.enlarged.id : this.focused();
    const place = Math.max(order.indexOf(focused), 0);
    const across = getComputedStyle(this.list).gridTemplateColumns.split(" ").length;
    const moves = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -across, ArrowDown: across, Home: -place, End: order.length - 1 - place };
    if (event.key === "Tab" || (/^( |Enter)$/.test(event.key) && event.target.closest("button"))) return;
    event.stopPropagation();
    if (event.key in moves) {
      event.preventDefault();
      const next = order[focused ? Math.min(Math.max(place + moves[event.key], 0), order.length - 1) : 0];
      if (large) this.enlarge(next);
      else this.tile(next).root.focus();
      if (event.shiftKey) return this.select(this.between(this.anchor ?? next, next));
      this.anchor = next;
      this.select([next]);
    } else if (focused) {
      this.key(focused, event.key, event);
    }
  }

  key(id, key, event) {
    const large = this.enlarged.root, selected = this.model.get("selected");
    const ids = !large.open && selected.includes(id) ? selected : [id];  // what is rated or rejected
    if (/^[0-5]$/.test(key)) return this.send("star", ids, Number(key));
    if (key === " ") {
      event.preventDefault();
      return large.open ? large.close() : this.enlarge(id);
    }
    const verdict = { g: "good", s: "spoiled" }[key];
    if (this.controls.has(verdict)) return this.send(verdict, ...ids);
    const act = { Enter: "open_form", v: "inspect", x: "reject", c: "compare", b: "breed" }[key];
    if (!act) return;
    if (act === "reject") return this.send(act, ...ids);
    large.close();  // their results appear below the tiles
    this.send(act, ...(act === "compare" || act === "breed" ? [] : [id]));
  }

  /* Enlarge the tile before or after the large one. */
  step(by) {
    const order = this.model.get("order"), place = order.indexOf(this.enlarged.id) + by;
    if (!(place in order)) return;
    this.enlarge(this.anchor = order[place]);
    this.select([this.anchor]);
  }

  /* If there is nothing to enlarge yet, the kernel says so; no empty box opens. */
  enlarge(id) {
    if (!this.tile(id).image.hidden) this.enlarged.open(id, this.tile(id));
    this.send("enlarge", id);
  }

  listen() {
    const { list, enlarged } = this;
    list.addEventListener("click", event => this.click(event));
    list.addEventListener("dblclick", event => {
      const id = event.target.closest(".board-tile")?.dataset.id;
      if (id && !event.target.dataset.star) this.send("open_form", id);
    });
    list.addEventListener("keydown", event => this.keydown(event));
    list.addEventListener("pointerover", event => this.hover(event.target.closest(".board-paper")?.parentElement.dataset.id));
    list.addEventListener("pointerleave", () => this.hover(undefined));
    enlarged.root.addEventListener("keydown", event => this.keydown(event));
    enlarged.root.addEventListener("close", () => this.tiles.get(enlarged.id)?.root.focus());
    enlarged.root.addEventListener("click", event => {
      const star = event.target.dataset.star;
      if (star) this.rate(enlarged.id, Number(star));
      else if (!event.target.closest("button")) enlarged.root.close();
    });
  }
}

function render({ model, el, host }) {
  const board = new Board(model, el, host);
  const arrange = () => board.arrange(), fit = () => board.fit(), showHead = () => board.showHead();
  const handlers = {  // one event each: not every host supports several
    "msg:custom": (message, buffers) => board.receive(message, buffers),
    "change:order": arrange, "change:empty": arrange,
    "change:columns": fit, "change:tile_px": fit,
    "change:selected": () => board.mark(),
    "change:machines": () => board.mark(),
    "change:head": showHead, "change:note": showHead, "change:details": showHead,
    "change:controls": () => board.showControls(),
    "change:below": () => board.showBelow(),
    "change:tree": () => board.showTree(),
  };
  for (const [event, handler] of Object.entries(handlers)) model.on(event, handler);
  board.showHead();
  board.showControls();
  board.showTree();
  board.arrange();
  board.showBelow();
  board.send("ready");
  return () => {
    for (const [event, handler] of Object.entries(handlers)) model.off(event, handler);
    board.enlarged.dispose();
    board.kernel.stop();
    showChild(host, "", board.child);
    el.replaceChildren();  // the host keeps `el` of a widget that is gone
  };
}

export default { render };
