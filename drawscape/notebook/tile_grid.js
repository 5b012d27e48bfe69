/* A wall of pictures in one widget: hundreds of tiles, chosen by mouse and keys.

   Kernel to page, custom messages:  {tiles: [{id, caption, stars, state, format, changed}]}, buffers: pictures
   Page to kernel:                   {event: "ready" | "open" | "enlarge" | "star" | "select" | "compare" | "key"}
   State:                            order (ids), selected (ids), tile_px, columns, note */

const STARS = 5;

function element(name, className, parent) {
  const made = document.createElement(name);
  made.className = className;
  parent?.append(made);
  return made;
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

  show({ caption, stars, state, format, changed }, picture) {
    if (changed) {
      const former = this.image.src;
      this.image.src = picture?.byteLength
        ? URL.createObjectURL(new Blob([picture], { type: `image/${format}` })) : "";
      this.image.hidden = !picture?.byteLength;
      if (former) URL.revokeObjectURL(former);
    }
    this.caption.textContent = caption;
    this.root.dataset.state = state;
    const rated = stars > 0 ? `, ${stars} ${stars === 1 ? "star" : "stars"}` : "";
    this.root.setAttribute("aria-label", caption + (state === "finished" ? "" : `, ${state}`) + rated);
    this.stars.replaceChildren(...Array.from({ length: STARS }, (_, i) => {
      const star = element("span", i < stars ? "on" : "");
      star.dataset.star = i + 1;
      star.textContent = i < stars ? "★" : "☆";
      return star;
    }));
    this.rating = stars;
  }

  dispose() {
    if (this.image.src) URL.revokeObjectURL(this.image.src);
    this.root.remove();
  }
}

class Wall {
  constructor(model, el) {
    this.model = model;
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
  }

  tile(id) {
    if (!this.tiles.has(id)) this.tiles.set(id, new Tile(id));
    return this.tiles.get(id);
  }

  receive(message, buffers) {
    (message.tiles || []).forEach((content, i) => this.tile(content.id).show(content, buffers[i]));
  }

  arrange() {
    const order = this.model.get("order");
    const kept = new Set(order);
    for (const [id, tile] of this.tiles) {
      if (!kept.has(id)) { tile.dispose(); this.tiles.delete(id); }
    }
    this.grid.replaceChildren(...order.map(id => this.tile(id).root));
    const columns = this.model.get("columns");
    const width = columns ? "minmax(0, 1fr)" : `minmax(min(${this.model.get("tile_px")}px, 100%), 1fr)`;
    this.grid.style.gridTemplateColumns = `repeat(${columns || "auto-fill"}, ${width})`;
    this.grid.style.setProperty("--tile-px", `${this.model.get("tile_px")}px`);
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
    const focused = document.activeElement?.closest?.(".drawscape-wall-tile")?.dataset.id;
    const place = Math.max(order.indexOf(focused), 0);
    const across = getComputedStyle(this.grid).gridTemplateColumns.split(" ").length;
    const moves = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -across, ArrowDown: across,
                    Home: -place, End: order.length - 1 - place };
    event.stopPropagation();
    if (event.key in moves) {
      event.preventDefault();
      const next = focused ? Math.min(Math.max(place + moves[event.key], 0), order.length - 1) : 0;
      this.tile(order[next]).root.focus();
      if (event.shiftKey) this.select(this.between(this.anchor ?? order[next], order[next]));
      else { this.anchor = order[next]; this.select([order[next]]); }
    } else if (focused && /^[0-5]$/.test(event.key)) {
      this.send("star", { id: focused, stars: Number(event.key) });
    } else if (focused && event.key === "Enter") {
      this.send("open", { id: focused });
    } else if (focused && event.key === " ") {
      event.preventDefault();
      this.send("enlarge", { id: focused });
    } else if (focused && event.key.length === 1) {
      this.send("key", { id: focused, key: event.key });
    }
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
  wall.arrange();
  wall.send("ready", {});
  return () => {
    model.off("msg:custom", receive);
    model.off("change:order change:columns change:tile_px", arrange);
    model.off("change:selected change:note", mark);
    wall.tiles.forEach(tile => tile.dispose());
  };
}

export default { render };
