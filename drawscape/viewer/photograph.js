/* A photograph of a plotted sheet in a plot's panel: strokes without ink are marked; a person removes or adds some.

   `photographOf(link)`: `link.examine(file, corners, sheet)` promises { job, missing, unsure, picture }, a blob of
   the sheet as a scan would show it; `link.plan()` is the plot's plan, and `link.heal(values)` plots it. */

import { button, make, swatch } from "./elements.js";

const MISSING = "#e5202b", UNSURE = "#f0a000";
const CORNERS = ["top left", "top right", "bottom right", "bottom left"];
const STARTS = [[12, 12], [88, 12], [88, 88], [12, 88]];  // percent of the photograph
const NEAR_MM = 4, MOST_LISTED = 300;

/* The number of the stroke nearest to where a canvas was clicked, from 1; 0 for none within `near` mm. */
export function nearestStroke({ xy, offsets, width }, canvas, event, sections, near = Infinity) {
  const box = canvas.getBoundingClientRect(), k = width / box.width;
  const x = (event.clientX - box.left) * k, y = (event.clientY - box.top) * k;
  let best = near, nearest = 0;
  for (const { first, last } of sections) {
    for (let stroke = first; stroke < last; stroke += 1) {
      for (let i = offsets[stroke]; i < Math.max(offsets[stroke + 1] - 1, offsets[stroke] + 1); i += 1) {
        const next = Math.min(i + 1, offsets[stroke + 1] - 1), [ax, ay] = [xy[2 * i], xy[2 * i + 1]];
        const [dx, dy] = [xy[2 * next] - ax, xy[2 * next + 1] - ay], square = dx * dx + dy * dy;
        const along = square ? Math.min(Math.max(((x - ax) * dx + (y - ay) * dy) / square, 0), 1) : 0;
        const away = Math.hypot(ax + along * dx - x, ay + along * dy - y);
        if (away < best) { best = away; nearest = stroke + 1; }
      }
    }
  }
  return nearest;
}

/* Four corners on a photograph, to drag or to move by arrow keys. */
function cornersOn(file) {
  const image = make("img", { alt: "the photograph", draggable: false, src: URL.createObjectURL(file) });
  const places = STARTS.map(place => [...place]);
  const handles = CORNERS.map((name, i) => {
    const handle = make("button", { type: "button", className: "drawscape-corner", textContent: i + 1, "aria-label": `${name} corner of the sheet` });
    const move = (x, y) => {
      places[i] = [x, y].map(part => Math.min(Math.max(part, 0), 100));
      [handle.style.left, handle.style.top] = places[i].map(part => `${part}%`);
    };
    handle.addEventListener("pointerdown", event => { event.preventDefault(); handle.focus(); handle.setPointerCapture(event.pointerId); });
    handle.addEventListener("pointermove", event => {
      if (!handle.hasPointerCapture(event.pointerId)) return;
      const box = image.getBoundingClientRect();
      move(100 * (event.clientX - box.left) / box.width, 100 * (event.clientY - box.top) / box.height);
    });
    handle.addEventListener("keydown", event => {
      const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (!way) return;
      event.preventDefault();
      move(...places[i].map((part, k) => part + way[k] * (event.shiftKey ? 0.1 : 1)));
    });
    move(...places[i]);
    return handle;
  });
  const inPixels = () => places.map(([x, y]) => [x * image.naturalWidth / 100, y * image.naturalHeight / 100]);
  return { root: make("div", { className: "drawscape-corners" }, image, ...handles), inPixels };
}

export function photographOf(link) {
  let file = null, told = null, picture = null, corners = null, runs = 0, takenOut = new Set(), added = new Set();
  const chooser = make("input", { type: "file", accept: "image/*", hidden: true, tabIndex: -1, "aria-label": "photograph of the sheet" });
  chooser.setAttribute("capture", "environment");  // only phones support it
  const choose = button("Photograph", "Find what has no ink in a photograph of the sheet", () => chooser.click());
  const sheet = make("select", { "aria-label": "sheet" });
  const words = make("p", { role: "status" }), trouble = make("p", { className: "drawscape-plot-trouble", role: "alert" });
  const place = make("div");
  const canvas = make("canvas", { className: "drawscape-plot-sheet", role: "img", "aria-label": "the photographed sheet, with what has no ink" });
  const list = make("ul", { className: "drawscape-strokes", "aria-label": "strokes without ink" });
  const again = button("Look again", "Find the sheet between these corners", () => examine(corners.inPixels()), "is-primary");
  const plot = button("Plot what is missing", "Plot what is missing", () => link.heal({ photograph: told.job, take_out: [...takenOut], add: [...added] }), "is-primary");
  const root = make("section", { className: "drawscape-photograph", "aria-label": "photograph" },
    make("div", { className: "drawscape-plot-buttons" }, choose, sheet, chooser, again, plot), trouble, words, place, list);

  const strokesOf = rows => new Set(rows.map(row => row.stroke));
  const isPlotted = stroke => added.has(stroke) || (strokesOf(told.missing).has(stroke) && !takenOut.has(stroke));

  const toggle = stroke => {
    const [set, other] = strokesOf(told.missing).has(stroke) ? [takenOut, added] : [added, takenOut];
    other.delete(stroke);
    if (!set.delete(stroke)) set.add(stroke);
    show();
  };

  const row = (stroke, parts, color) => {
    const box = make("input", { type: "checkbox", checked: isPlotted(stroke) });
    box.addEventListener("change", () => toggle(stroke));
    const lengths = parts.map(part => `${part.from_mm.toFixed(1)} to ${part.to_mm.toFixed(1)} mm`);
    return make("li", {}, make("label", {}, box, swatch(color), `stroke ${stroke}${parts[0] ? `, ${parts[0].pen}, ${lengths.join(", ")}` : ""}`));
  };

  const paint = () => {
    const { width, xy, offsets } = link.plan(), context = canvas.getContext("2d"), k = canvas.width / width;
    const line = (points, color) => {
      Object.assign(context, { strokeStyle: color, lineWidth: canvas.width / 260, lineCap: "round", lineJoin: "round" });
      context.beginPath();
      for (const [x, y] of points) context.lineTo(x * k, y * k);
      context.stroke();
    };
    const whole = stroke => Array.from({ length: offsets[stroke] - offsets[stroke - 1] }, (_, i) => {
      const at = 2 * (offsets[stroke - 1] + i);
      return [xy[at], xy[at + 1]];
    });
    context.drawImage(picture, 0, 0, canvas.width, canvas.height);
    for (const { stroke, points } of told.unsure) line(points, isPlotted(stroke) ? MISSING : UNSURE);
    for (const { stroke, points } of told.missing) if (isPlotted(stroke)) line(points, MISSING);
    const known = strokesOf([...told.missing, ...told.unsure]);
    for (const stroke of added) if (!known.has(stroke)) line(whole(stroke), MISSING);
  };

  const show = () => {
    again.hidden = !corners;
    plot.hidden = !told;
    list.hidden = !told;
    sheet.hidden = sheet.options.length < 2;
    if (!told) return;
    const rows = [...told.missing, ...told.unsure], missing = strokesOf(told.missing);
    const strokes = [...new Set([...rows.map(one => one.stroke), ...added])];
    const count = strokes.filter(isPlotted).length;
    plot.disabled = !count;
    plot.lastChild.textContent = count ? `Plot what is missing: ${count} ${count === 1 ? "stroke" : "strokes"}` : "Nothing to plot";
    const unsure = told.unsure.length ? `, and ${strokesOf(told.unsure).size} are unsure (amber)` : "";
    words.textContent = `${missing.size} of ${told.strokes} strokes lack ink (red)${unsure}. Click a stroke to take it out or to add it.`;
    list.replaceChildren(...strokes.slice(0, MOST_LISTED).map(stroke =>
      row(stroke, rows.filter(one => one.stroke === stroke), missing.has(stroke) ? MISSING : UNSURE)));
    paint();
  };

  const take = async found => {
    picture = await createImageBitmap(found.picture);
    [told, corners, takenOut, added] = [found, null, new Set(), new Set()];
    Object.assign(canvas, { width: picture.width, height: picture.height });
    place.replaceChildren(canvas);
  };

  const examine = async at => {
    const run = ++runs;
    words.textContent = "Examining the photograph …";
    trouble.textContent = "";
    again.disabled = true;
    try {
      const found = await link.examine(file, at, Number(sheet.value || 1));
      if (run !== runs) return;  // another photograph was chosen meanwhile
      await take(found);
    } catch (error) {
      if (run !== runs) return;
      trouble.textContent = error.message;
      words.textContent = "Drag the corners 1 to 4 to the sheet's top left, top right, bottom right and bottom left, as it was drawn.";
      told = null;
      if (!corners) place.replaceChildren((corners = cornersOn(file)).root);
    }
    again.disabled = false;
    show();
  };

  chooser.addEventListener("change", () => {
    if (!chooser.files[0]) return;
    [file, corners] = [chooser.files[0], null];
    chooser.value = "";
    examine(null);
  });

  canvas.addEventListener("click", event => {
    const sections = link.plan().sections.filter(one => one.sheet === Number(sheet.value || 1));
    const stroke = nearestStroke(link.plan(), canvas, event, sections, NEAR_MM);
    if (stroke) toggle(stroke);
  });

  show();
  return {
    root,
    async show(found) {
      sheet.value = found.sheet;
      await take(found);
      show();
    },
    sheets(plan) {
      const numbers = [...new Set(plan.sections.map(section => section.sheet))];
      sheet.replaceChildren(...numbers.map(number => make("option", { value: number, textContent: `sheet ${number}` })));
      show();
    },
  };
}
