/* A plot on its machine: its question, progress and buttons, and its strokes as they are drawn.

   `mount(el, link)` shows it anywhere: `link.send(action, values)` requests an action, and `link.examine`
   examines a photograph, as in photograph.js. It returns a handle with `state(values)` and `lines(buffer)`.
   `render` is the same as a widget of a notebook. */

import { button, leaveByEscape, make, penMenu, swatch, watchKernel } from "./elements.js";
import { nearestStroke, photographOf } from "./photograph.js";

const BUTTONS = {  // [action, words, look] by the state's first word; Stop is always the leftmost
  "waiting": [["stop", "Stop", "is-stop"]],
  "plotting": [["stop", "Stop", "is-stop"], ["pause", "Pause at pen-up"], ["pause_now", "Pause now"]],
  "paused": [["stop", "Stop", "is-stop"], ["resume", "Resume", "is-primary"]],
  "interrupted": [["stop", "Give up"], ["resume", "Resume", "is-primary"]],
  "abandoned": [["resume", "Resume"]],
  "ready": [["stop", "Cancel"]],
  "done": [],
  "damaged": [],
};

const TONES = { waiting: "active", plotting: "active", interrupted: "bad", damaged: "bad" };

const ARROWS = [["back", -1, 0, "left"], ["up", 0, -1, "up"], ["down", 0, 1, "down"], ["next", 1, 0, "right"]];

const PAPER = "#fefcf7";

/* Whether a paper is darker than the middle grey. */
function isDark(paper) {
  const context = new OffscreenCanvas(1, 1).getContext("2d");
  context.fillStyle = paper;
  context.fillRect(0, 0, 1, 1);
  const [red, green, blue] = context.getImageData(0, 0, 1, 1).data;
  return 0.3 * red + 0.6 * green + 0.1 * blue < 128;
}

const minutes = (value) => value >= 1 ? `${Math.round(value)} min` : `${Math.round(value * 60)} s`;

/* The header's length, the header, then points and where each stroke begins. */
export function unpack(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
  const xy = new Float64Array(buffer, 8 + length, 2 * header.points);
  const offsets = new Float64Array(buffer, 8 + length + 16 * header.points, header.strokes + 1);
  return { ...header, xy, offsets };
}

export function mount(el, link) {
  const chip = make("span", { className: "ds-chip" }), title = make("span"), where = make("span", { className: "drawscape-plot-where" });
  const head = make("p", { className: "drawscape-plot-state", role: "status" }, chip, title, where);
  const left = make("p", { className: "drawscape-plot-left" });
  const bar = make("progress", { "aria-label": "how much is drawn" });
  const detail = make("p", { className: "drawscape-plot-detail" });
  const trouble = make("p", { className: "drawscape-plot-trouble", role: "alert" });
  const found = make("p", { className: "drawscape-plot-found",
    textContent: "This drawing's plot on this machine was not finished. Here it is; no other was queued." });
  const buttons = make("div", { className: "drawscape-plot-buttons" });
  const lost = make("p", { className: "ds-gone", role: "alert", hidden: true });
  const canvas = make("canvas", { className: "drawscape-plot-sheet", role: "img", "aria-label": "the strokes that are drawn, and those to come" });
  const note = make("p", { className: "drawscape-plot-note",
    textContent: "Buttons here are a convenience and not a safety device: stay near the machine's switch." });

  let now = null, plan = null, painted = -1, chosen = 0, shown = "", asked = "", pen = "";

  const send = (action, values = {}) => {
    trouble.textContent = "";
    Promise.resolve(link.send(action, values)).catch((error) => { trouble.textContent = error.message; });
  };

  /* What the machine asks, with the pen that it asks for, and the ways to move the pen meanwhile. */
  const ink = make("i", { className: "ds-swatch" }), words = make("p"), pens = make("div", { className: "drawscape-plot-pens" });
  const move = (motion, values) => send("move", { motion, ...values });
  const step = make("select", { "aria-label": "Step of the arrows" },
    ...[0.1, 1, 10, 100].map(mm => make("option", { value: mm, textContent: `${mm} mm`, selected: mm === 1 })));
  const arrows = ARROWS.map(([picture, x, y, way]) =>
    button("", `Jog ${way}`, () => move("jog", { x: x * step.value, y: y * step.value }), "", picture));
  const card = make("section", { className: "drawscape-plot-card", "aria-label": "question", hidden: true }, make("div", {}, ink, words), pens,
    button("Yes, go on", "Answer the question", () => send("answer", { to: now.question, pen }), "is-primary"),
    make("div", { className: "drawscape-plot-moves", role: "group", "aria-label": "move the pen" },
      button("Pen up", "Raise the pen", () => move("pen", { where: "up" })),
      button("Pen down", "Lower the pen", () => move("pen", { where: "down" })),
      make("span", {}, ...arrows), step, button("Frame", "Follow the edge of the drawing with the pen up", () => move("frame"))));

  const keep = make("input", { type: "checkbox" });
  const number = (name, label) => {
    const input = make("input", { type: "number", min: 0, max: 400, placeholder: "as set" });
    input.addEventListener("change", () => {
      if (input.value) send("set", { values: { [name]: Number(input.value) }, keep: keep.checked });
    });
    return make("label", {}, label, input);
  };
  const tuning = make("details", { className: "drawscape-plot-tuning" }, make("summary", { textContent: "Speed and pen heights" }),
    number("speed", "Speed % "), number("down_percent", "Pen down % "), number("up_percent", "Pen up % "),
    make("label", {}, keep, "Keep for this machine"));
  const photograph = photographOf({ examine: link.examine, plan: () => plan, heal: values => send("heal", values) });
  const root = make("div", { className: "ds drawscape-plot", tabIndex: -1 }, found, head, left, bar, lost, detail, card, trouble, buttons, photograph.root, tuning, canvas, note);
  el.append(root);

  const showButtons = () => {
    const kind = now.state.split(" ")[0];
    const ended = ["interrupted", "abandoned", "done"].includes(kind);
    const key = `${now.id} ${now.state} ${chosen}`;
    tuning.hidden = !["plotting", "paused"].includes(kind);
    if (key === shown) return;
    shown = key;
    const offered = BUTTONS[kind].map(([action, label, look]) => [label, action, {}, look]);
    if (chosen && ended) offered.push([`Start at stroke ${chosen}`, "resume", { from_stroke: chosen }]);
    if (ended) offered.push(["Plot once more", "again", {}]);
    buttons.replaceChildren(...offered.map(([label, action, values, look]) =>
      button(label, label, () => send(action, values), look)));
  };

  /* The home's pens, if the answer may name the pen in the machine. */
  const showPens = name => {
    pen = name;
    const { color } = now.pens.find(one => one.name === pen) ?? now, none = { name: "as asked for", color: now.color };
    pens.replaceChildren("Pen in the machine: ", penMenu("Pen in the machine", { name: pen || now.pen_name, color, none }, now.pens, choose));
  };
  const choose = name => { showPens(name); pens.querySelector("button").focus(); };

  const paint = (from, to, color, width) => {
    const context = canvas.getContext("2d"), k = canvas.width / plan.width;
    Object.assign(context, { strokeStyle: color, lineWidth: width, lineCap: "round" });
    context.beginPath();
    for (let index = from; index < to; index += 1) {
      const first = plan.offsets[index], last = plan.offsets[index + 1];
      context.moveTo(plan.xy[2 * first] * k, plan.xy[2 * first + 1] * k);
      for (let i = Math.min(first + 1, last - 1); i < last; i += 1) {
        context.lineTo(plan.xy[2 * i] * k, plan.xy[2 * i + 1] * k);
      }
    }
    context.stroke();
  };

  const draw = () => {
    if (!plan || !now) return;
    if (painted < 0 || now.stroke < painted) {
      canvas.width = 1000;
      canvas.height = Math.round(1000 * plan.height / plan.width);
      const context = canvas.getContext("2d"), paper = now.paper || PAPER;
      context.fillStyle = paper;
      context.fillRect(0, 0, canvas.width, canvas.height);
      paint(0, plan.strokes, isDark(paper) ? "#6d675b" : "#b5afa3", 1);
      painted = 0;
    }
    for (const [place, section] of plan.sections.entries()) {
      const from = Math.max(section.first, painted), to = Math.min(section.last, now.stroke);
      if (from < to) paint(from, to, now.colors?.[place] ?? section.color, 2);
    }
    painted = now.stroke;
    if (chosen) paint(chosen - 1, chosen, "#d50000", 4);
  };

  canvas.addEventListener("click", (event) => {
    if (!plan) return;
    chosen = nearestStroke(plan, canvas, event, plan.sections);
    painted = -1;
    draw();
    showButtons();
  });

  return {
    state(values) {
      now = values;
      const hadFocus = root.contains(document.activeElement);
      const kind = now.state.split(" ")[0], percent = Math.floor(100 * now.stroke / now.strokes);
      const file = now.drawing.split("/").pop();
      chip.textContent = now.state;
      chip.dataset.tone = TONES[kind] ?? "";
      title.textContent = file ? `${file} on ${now.machine}` : now.machine;
      where.replaceChildren();
      if (!["done", "ready", "damaged"].includes(kind)) {
        const name = now.pen_name === `pen ${now.pen}` ? "" : ` ${now.pen_name}`;
        where.append(swatch(now.color), `pen ${now.pen}${name}, stroke ${now.stroke} of ${now.strokes} (${percent} %)`);
      }
      left.textContent = kind === "plotting" ? `${minutes(now.left_minutes)} left` : "";
      bar.max = now.strokes;
      bar.value = now.stroke;
      const why = kind === "ready" ? now.waits_for || "begins as soon as a worker is free" : now.reason;
      const height = now.height && `The pen is ${now.height}.`;
      detail.textContent = now.question ? "" : why || height || "";
      found.hidden = !now.found || now.state === "done";
      card.hidden = !now.question;
      photograph.root.hidden = Boolean(now.heals) || !["done", "interrupted", "abandoned"].includes(kind);
      words.textContent = now.question;
      ink.style.background = now.color;
      pens.hidden = !now.pens?.length;
      if (!pens.hidden && asked !== now.question) showPens("");
      asked = now.question;
      root.dataset.state = kind;
      showButtons();
      draw();
      const { activeElement } = document;  // a button that is removed loses the focus
      if (hadFocus && !(root.contains(activeElement) && activeElement.checkVisibility())) root.focus();
    },
    lines(buffer) {
      plan = unpack(buffer);
      painted = -1;
      photograph.sheets(plan);
      draw();
    },
    photographed: photograph.show,  // found before the page was loaded, or on another page
    trouble(text) { trouble.textContent = text; },
    /* Without a kernel, buttons do nothing: say where the plot can be stopped. */
    gone(isGone) {
      for (const part of [card, buttons, tuning, photograph.root]) part.inert = isGone;
      lost.hidden = !isGone;
      if (!isGone) return;
      const page = now.page && new URL(`plots#${now.id}`, now.page);
      if (page && ["0.0.0.0", "[::]"].includes(page.hostname)) page.hostname = location.hostname;
      const link = page ? [make("a", { href: page.href, target: "_blank", textContent: "on its web page" }), ", or "] : [];
      lost.replaceChildren("The kernel is gone, and buttons here do nothing. If the machine still draws, stop it ", ...link, "in a terminal: ",
        make("code", { textContent: `drawscape plots stop ${now.id}` }), ". Run the cell again to go on.");
    },
  };
}

export default {
  render({ model, el }) {
    const asked = new Map();  // photographs being examined, by number
    const post = (message, buffers) => {
      try { model.send(message, undefined, buffers); } catch { kernel.end(); }
    };
    const panel = mount(el, {
      send: (action, values) => post({ event: "act", arguments: [action], ...values }),
      examine: async (file, corners, sheet) => {
        const data = await file.arrayBuffer(), number = Date.now();
        post({ event: "photograph", asked: number, file: file.name, corners, sheet }, [data]);
        return new Promise((done, fail) => asked.set(number, { done, fail }));
      },
    });
    const kernel = watchKernel(model, panel.gone);
    const show = () => panel.state(model.get("state"));
    const received = (message, buffers) => {
      if (message.lines) {
        const { buffer, byteOffset, byteLength } = buffers[0];
        panel.lines(buffer.slice(byteOffset, byteOffset + byteLength));
      }
      const waiting = asked.get(message.asked);
      const found = message.told && { ...message.told, picture: new Blob([buffers[0]], { type: "image/jpeg" }) };
      if (found) (waiting?.done ?? panel.photographed)(found);
      else if (waiting) waiting.fail(new Error(message.trouble));
      else if (message.trouble) panel.trouble(message.trouble);
    };
    model.on("change:state", show);
    model.on("msg:custom", received);
    show();
    leaveByEscape(el);
    model.send({ event: "ready" });
    return () => { model.off("change:state", show); model.off("msg:custom", received); kernel.stop(); el.replaceChildren(); };
  },
};
