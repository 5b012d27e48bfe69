/* A wall of pictures in one widget: hundreds of tiles, chosen by mouse and keys.

   Kernel to page, custom messages:  {tiles: [{id, caption, hint, stars, state, format, changed}]}, buffers: pictures
                                     {enlarged: {id, caption, format}}, buffer: the picture;  {reveal: CSS selector}
   Page to kernel:                   {event: "ready" | "open" | "enlarge" | "star" | "select" | "compare" | "key"}
   State:                            order (ids), selected (ids), tile_px, columns, note */

const STARS = 5;

function element(name, className, parent) {
  const made = document.createElement(name);
  made.className = className;
  parent?.append(made);
  return made;
}

function show_picture(image, picture, format) {
  const former = image.src;
  image.src = picture?.byteLength ? URL.createObjectURL(new Blob([picture], { type: `image/${format}` })) : "";
  image.hidden = !picture?.byteLength;
  if (former) URL.revokeObjectURL(former);
}

function show_stars(root, stars) {
  root.replaceChildren(...Array.from({ length: STARS }, (_, i) => {
    const star = element("span", i < stars ? "on" : "");
    star.dataset.star = i + 1;
    star.textContent = i < stars ? "★" : "☆";
    return star;
  }));
}

class Tile {
  constructor(id) {
    this.id = id;
    this.root = element("div", "drawscape-wall-tile");
    this.root.dataset.id = id;
    this.root.setAttribute("role", "option");
    this.root.tabIndex = -1;
    this.root.draggable = true;
    this.root.dataset.lmSuppressShortcuts = "true";  // JupyterLab looks at what has the focus
    this.frame = element("div", "drawscape-wall-frame", this.root);
    this.image = element("img", "", this.frame);
    this.image.draggable = false;
    this.image.alt = "";
    this.caption = element("div", "drawscape-wall-caption", this.root);
    this.stars = element("div", "drawscape-wall-stars", this.root);
    this.stars.setAttribute("aria-hidden", "true");  // keys 1 to 5 do the same, and the name says it
  }

  show({ caption, hint, stars, state, format, changed }, picture) {
    if (changed) show_picture(this.image, picture, format);
    this.caption.textContent = caption;
    this.root.title = hint;
    this.root.dataset.state = state;
    const rated = stars > 0 ? `, ${stars} ${stars === 1 ? "star" : "stars"}` : "";
    this.root.setAttribute("aria-label", caption + (state === "finished" ? "" : `, ${state}`) + rated);
    show_stars(this.stars, stars);
    this.rating = stars;
  }

  dispose() {
    if (this.image.src) URL.revokeObjectURL(this.image.src);
    this.root.remove();
  }
}

/* One tile as large as the window, on top of everything. */
class Enlarged {
  constructor(parent) {
    this.id = null;
    this.root = element("dialog", "drawscape-wall-enlarged", parent);
    this.root.tabIndex = -1;
    this.root.dataset.lmSuppressShortcuts = "true";
    this.image = element("img", "", this.root);
    this.image.addEventListener("load", () => this.fit());
    this.caption = element("div", "drawscape-wall-caption", this.root);
    this.stars = element("div", "drawscape-wall-stars", this.root);
    this.stars.setAttribute("aria-hidden", "true");
    this.look = element("button", "drawscape-wall-look", this.root);
    this.look.textContent = "Look closely";
    this.look.title = "Zoom, layers, the pen's way (v)";
    this.resized = () => this.fit();
    window.addEventListener("resize", this.resized);
  }

  /* Show the tile's small picture until the large one is here. */
  open(tile) {
    this.id = tile.id;
    this.image.src = tile.image.src;
    this.image.hidden = tile.image.hidden;
    this.caption.textContent = tile.caption.textContent;
    this.rate(tile);
    this.root.setAttribute("aria-label", tile.root.getAttribute("aria-label"));
    if (!this.root.open) this.root.showModal();
    this.root.focus();
  }

  receive({ id, caption, format }, picture) {
    if (id !== this.id || !this.root.open) return;
    const shown = new Image();  // decoded first: no blank between small and large
    show_picture(shown, picture, format);
    const former = this.large;
    this.large = shown.src;
    shown.decode().then(() => { if (id === this.id) this.image.src = shown.src; }, () => {});
    if (former) URL.revokeObjectURL(former);
    this.caption.textContent = caption;
  }

  rate(tile) { if (tile.id === this.id) show_stars(this.stars, tile.rating); }

  fit() {
    const { naturalWidth: width, naturalHeight: height } = this.image;
    const scale = Math.min(0.92 * window.innerWidth / width, (window.innerHeight - 130) / height);
    this.image.style.width = `${width * scale}px`;
    this.image.style.height = `${height * scale}px`;
  }

  dispose() {
    window.removeEventListener("resize", this.resized);
    if (this.large) URL.revokeObjectURL(this.large);
    this.root.remove();
  }
}

class Wall {
  constructor(model, el) {
    this.model = model;
    this.el = el;
    this.tiles = new Map();
    this.note = element("div", "drawscape-wall-note", el);
    this.note.setAttribute("role", "status");
    this.grid = element("div", "drawscape-wall", el);
    this.grid.setAttribute("role", "listbox");
    this.grid.setAttribute("aria-multiselectable", "true");
    this.grid.setAttribute("aria-label", model.get("label"));
    this.grid.tabIndex = 0;
    this.grid.dataset.lmSuppressShortcuts = "true";
    this.anchor = null;
    this.enlarged = new Enlarged(el);
  }

  tile(id) {
    if (!this.tiles.has(id)) this.tiles.set(id, new Tile(id));
    return this.tiles.get(id);
  }

  receive(message, buffers) {
    (message.tiles || []).forEach((content, i) => {
      this.tile(content.id).show(content, buffers[i]);
      this.enlarged.rate(this.tile(content.id));
    });
    if (message.enlarged) this.enlarged.receive(message.enlarged, buffers[0]);
    if (message.reveal) this.reveal(message.reveal);
  }

  /* Bring what the kernel shows beside the wall into view, once it is there. */
  reveal(selector) {
    const place = this.el.closest(".drawscape-form")?.querySelector(selector);
    if (!place) return;
    const seen = new ResizeObserver(() => {
      if (place.offsetHeight < 60) return;
      seen.disconnect();
      place.scrollIntoView({ block: "start", behavior: "smooth" });
    });
    seen.observe(place);
  }

  focused() {
    const { activeElement } = this.grid.getRootNode();  // which some hosts give us one of our own
    return this.grid.contains(activeElement) ? activeElement.dataset.id : undefined;
  }

  /* What was focused stays so and where it was in view; one that is gone leaves its place to the next. */
  arrange() {
    const order = this.model.get("order");
    const kept = new Set(order);
    const focused = this.focused();
    const before = [...this.grid.children].map(root => root.dataset.id);
    const first = before.find(id => this.tile(id).root.offsetTop - this.grid.offsetTop >= this.grid.scrollTop);
    const still = [focused, first].find(id => kept.has(id));
    const top = this.grid.scrollTop && still ? this.tile(still).root.offsetTop - this.grid.scrollTop : undefined;
    for (const [id, tile] of this.tiles) {
      if (!kept.has(id)) { tile.dispose(); this.tiles.delete(id); }
    }
    this.grid.replaceChildren(...order.map(id => this.tile(id).root));
    const columns = this.model.get("columns");
    const width = columns ? "minmax(0, 1fr)" : `minmax(min(${this.model.get("tile_px")}px, 100%), 1fr)`;
    this.grid.style.gridTemplateColumns = `repeat(${columns || "auto-fill"}, ${width})`;
    this.grid.style.setProperty("--tile-px", `${this.model.get("tile_px")}px`);
    this.grid.scrollTop = top === undefined ? 0 : this.tile(still).root.offsetTop - top;
    if (focused && order.length) {
      const next = kept.has(focused) ? focused : order[Math.min(before.indexOf(focused), order.length - 1)];
      this.tile(next).root.focus({ preventScroll: true });
      if (next !== focused && !this.model.get("selected").length) this.select([this.anchor = next]);
    }
    this.mark();
  }

  mark() {
    const selected = new Set(this.model.get("selected"));
    for (const [id, tile] of this.tiles) {
      tile.root.setAttribute("aria-selected", String(selected.has(id)));
    }
    this.note.textContent = this.model.get("note");
  }

  send(event, details) { this.model.send({ event, ...details }); }

  select(ids) {
    this.model.set("selected", ids);
    this.model.save_changes();
    this.mark();
    this.send("select", { ids });
  }

  click(event) {
    const root = event.target.closest(".drawscape-wall-tile");
    if (!root) return;
    const id = root.dataset.id;
    const star = event.target.dataset.star;
    if (star) return this.rate(id, Number(star));
    root.focus();
    const selected = this.model.get("selected");
    if (event.shiftKey && this.anchor) return this.select(this.between(this.anchor, id));
    this.anchor = id;
    if (event.ctrlKey || event.metaKey) {
      return this.select(selected.includes(id) ? selected.filter(x => x !== id) : [...selected, id]);
    }
    this.select([id]);
  }

  rate(id, stars) {
    const now = this.tile(id).rating;
    this.send("star", { id, stars: stars === now ? 0 : stars });  // the same star again takes it back
  }

  between(first, last) {
    const order = this.model.get("order");
    const [a, b] = [order.indexOf(first), order.indexOf(last)].sort((x, y) => x - y);
    return order.slice(a, b + 1);
  }

  key(event) {
    const order = this.model.get("order");
    if (!order.length || event.ctrlKey || event.metaKey || event.altKey) return;
    const large = this.enlarged.root.open;
    const focused = large ? this.enlarged.id : this.focused();
    const place = Math.max(order.indexOf(focused), 0);
    const across = getComputedStyle(this.grid).gridTemplateColumns.split(" ").length;
    const moves = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -across, ArrowDown: across,
                    Home: -place, End: order.length - 1 - place };
    event.stopPropagation();
    if (event.key in moves) {
      event.preventDefault();
      const next = focused ? Math.min(Math.max(place + moves[event.key], 0), order.length - 1) : 0;
      if (large) this.enlarge(order[next]);
      else this.tile(order[next]).root.focus();
      if (event.shiftKey) this.select(this.between(this.anchor ?? order[next], order[next]));
      else { this.anchor = order[next]; this.select([order[next]]); }
    } else if (focused && /^[0-5]$/.test(event.key)) {
      this.send("star", { id: focused, stars: Number(event.key) });
    } else if (focused && event.key === "Enter") {
      this.enlarged.root.close();
      this.send("open", { id: focused });
    } else if (focused && event.key === " ") {
      event.preventDefault();
      if (large) this.enlarged.root.close();
      else this.enlarge(focused);
    } else if (focused && event.key.length === 1) {
      this.key_of(focused, event.key);
    }
  }

  /* What the other keys ask for is shown below the wall: the large picture would hide it. */
  key_of(id, key) {
    if ("vco".includes(key)) this.enlarged.root.close();
    this.send("key", { id, key });
  }

  enlarge(id) {
    this.enlarged.open(this.tile(id));
    this.send("enlarge", { id });
  }

  /* After the large picture is put away the keys go on at its tile. */
  watch_enlarged() {
    const { root } = this.enlarged;
    root.addEventListener("keydown", event => this.key(event));
    root.addEventListener("close", () => this.tiles.get(this.enlarged.id)?.root.focus());
    root.addEventListener("click", event => {
      const star = event.target.dataset.star;
      if (star) this.rate(this.enlarged.id, Number(star));
      else if (event.target === this.enlarged.look) this.key_of(this.enlarged.id, "v");
      else root.close();
    });
  }

  drag() {
    this.grid.addEventListener("dragstart", event => {
      const id = event.target.closest?.(".drawscape-wall-tile")?.dataset.id;
      if (id) event.dataTransfer.setData("application/x-drawscape-tile", id);
    });
    this.grid.addEventListener("dragover", event => event.preventDefault());
    this.grid.addEventListener("drop", event => {
      const onto = event.target.closest(".drawscape-wall-tile")?.dataset.id;
      const id = event.dataTransfer.getData("application/x-drawscape-tile");
      event.preventDefault();
      if (onto && id && onto !== id) this.send("compare", { ids: [onto, id] });
    });
  }
}

function render({ model, el }) {
  const wall = new Wall(model, el);
  const receive = (message, buffers) => wall.receive(message, buffers);
  const arrange = () => wall.arrange();
  const mark = () => wall.mark();
  model.on("msg:custom", receive);
  model.on("change:order change:columns change:tile_px", arrange);
  model.on("change:selected change:note", mark);
  wall.grid.addEventListener("click", event => wall.click(event));
  wall.grid.addEventListener("dblclick", event => {
    const id = event.target.closest(".drawscape-wall-tile")?.dataset.id;
    if (id && !event.target.dataset.star) wall.send("open", { id });
  });
  wall.grid.addEventListener("keydown", event => wall.key(event));
  wall.drag();
  wall.watch_enlarged();
  wall.arrange();
  wall.send("ready", {});
  return () => {
    model.off("msg:custom", receive);
    model.off("change:order change:columns change:tile_px", arrange);
    model.off("change:selected change:note", mark);
    wall.tiles.forEach(tile => tile.dispose());
    wall.enlarged.dispose();
  };
}

export default { render };
