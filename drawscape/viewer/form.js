/* The form of a sketch, for notebooks and web pages alike.

   `Fields` draws the fields of a schema and reports a user's changes:
     { title, summary, papers: { a4: [210, 297], ... },
       sheet: { width, height, margin, seed },
       parameters: { properties: { name: property } } }
   where a property is JSON Schema; `x-group` folds parameters together, and `format` may be `color` or
   `file`. What a field shows is its *input*: numbers are texts, so that they stay exact, choices are names,
   `null` is a value that the sketch chooses.

   `render` is the whole form as a widget: the kernel sets its traits, the page sends messages, each with a
   number from the clock, so that it grows over all pages. The kernel returns the largest that it has handled;
   until then it is busy, and the page says so. */

import { button, leaveByEscape, make, menu, penMenu, reveal, setPressed, showChild, showKernel, swatch } from "./elements.js";

const MANY = 16;             // from this many parameters, groups begin folded, with a filter above
const FEWEST_STOPS = 80;     // of a slider: with fewer, values between two stops are missed
const FINEST_DIGITS = 4;     // how far below the range's size a step may go to land on an odd default
const WIDEST_WHOLE = 5000;   // whole numbers with more stops than this are typed
const LONG_TEXT = 60;        // characters; longer texts get several lines
const BUSY_MS = 400;
const DICE_SIDES = 10_000;   // seeds short enough to note down

/* ---- elements ---- */

let count = 0;
const newId = () => `drawscape-${++count}-${Math.random().toString(36).slice(2, 8)}`;

export const readable = name => {
  const words = name.replace(/_mm$/, "").replace(/^_+|_+$/g, "").replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
};

/* ---- numbers ---- */

const types = property => [].concat(property.type ?? []);
const isOptional = property => types(property).includes("null") || (property.enum ?? []).includes(null)
  || property.default === null;
const kindOf = property => property.enum ? "enum" : types(property).find(type => type !== "null") ?? "any";
const round12 = number => Number(number.toPrecision(12));

function digitsOf(number) {
  const [, fraction = "", exponent = "0"] = String(number).match(/^-?\d+(?:\.(\d+))?(?:e([+-]\d+))?$/) ?? [];
  return Math.max(0, fraction.length - Number(exponent));
}

/* Where a slider begins and ends: at the bounds, or around the default. */
function ends(property) {
  let low = property.minimum ?? property.exclusiveMinimum, high = property.maximum ?? property.exclusiveMaximum;
  const start = property.default === null || property.default === undefined ? NaN : Number(property.default);
  if (!Number.isNaN(start)) {
    const far = round12(3 * Math.abs(start)) || (kindOf(property) === "integer" ? 10 : 1);
    low ??= start < 0 ? -far : 0;
    high ??= Math.max(low, 0) + far;
  }
  return low === undefined || high === undefined ? null : [low, high];
}

/* The coarsest of 1, 2, 5 x 10^k with enough stops that lands on the upper end and on the default. */
function roundStep(low, high, start) {
  const goals = [high - low, start - low].filter(goal => !Number.isNaN(goal));
  const widest = (high - low) / FEWEST_STOPS, largest = Math.floor(Math.log10(widest));
  let step = 1;
  for (let exponent = largest; exponent >= largest - FINEST_DIGITS; exponent--) {
    for (const digit of [5, 2, 1]) {
      const next = Number(`${digit}e${exponent}`);
      if (next > widest) continue;
      step = next;
      if (goals.every(goal => Math.abs(goal / step - Math.round(goal / step)) < 1e-7)) return step;
    }
  }
  return step;
}

/* The stops of a number's slider, null where a number is better typed. */
export function stopsOf(property) {
  const found = ends(property);
  if (!found) return null;
  let [low, high] = found;
  const whole = kindOf(property) === "integer";
  if (low >= high || (whole && high - low > WIDEST_WHOLE)) return null;
  const step = property.multipleOf ?? (whole ? 1 : roundStep(low, high, Number(property.default ?? NaN)));
  if (property.exclusiveMinimum !== undefined) low += step;
  if (property.exclusiveMaximum !== undefined) high -= step;
  if (property.multipleOf) {
    low = Math.ceil(round12(low / step)) * step;
    high = Math.floor(round12(high / step)) * step;
  }
  if (low >= high) return null;
  const digits = Math.min(20, Math.max(digitsOf(step), digitsOf(low)));
  const last = Math.max(1, Math.round((high - low) / step));
  return {
    last,
    text: stop => String(stop >= last ? round12(high) : Number((low + stop * step).toFixed(digits))),
    nearest: text => Math.min(Math.max(Math.round((Number(text) - low) / step), 0), last),
  };
}

/* The value of a property as JSON has it, for a server; `undefined` for a number that is not filled in. A
   whole number above 2^53 is an object with its `digits`. */
export function valueOf(property, input) {
  const kind = kindOf(property);
  const isNumber = kind === "integer" || kind === "number";
  const isBlank = input === "" || (isNumber && String(input ?? "").trim() === "");  // Number("  ") is 0
  if (input === null || (isBlank && kind !== "string")) return isOptional(property) ? null : undefined;
  if (kind === "string" && isBlank && isOptional(property)) return null;
  if (/^\s*[-+]?\d+\s*$/.test(input) && isNumber && !Number.isSafeInteger(Number(input)))
    return { digits: input.trim().replace("+", "") };  // a number would lose a digit
  if (isNumber) return Number.isNaN(Number(input)) ? input : Number(input);
  if (kind === "array") return input.map((one, i) => valueOf(property.items ?? property.prefixItems[i], one));
  return input;
}

/* What a field shows for a value. */
export function inputOf(property, value) {
  if (value === null || value === undefined) return null;
  if (Array.isArray(value)) return value.map((one, i) => inputOf(property.items ?? property.prefixItems[i], one));
  return typeof value === "number" ? String(value) : value;
}

/* The value of a list's first item. */
function firstOf(property) {
  const { enum: names, minimum = 0 } = property;
  return names ? names[0] : { integer: String(minimum), number: String(minimum), boolean: false, string: "" }[kindOf(property)] ?? null;
}

/* ---- one kind of field each: what to show, how to write an input; a change calls `changed(input, gesture)` ---- */

let gestures = 0;
const newGesture = () => ++gestures;

const makers = {
  enum(property, changed) {
    const names = isOptional(property) ? [null, ...property.enum.filter(name => name !== null)] : property.enum;
    const input = make("select", {}, ...names.map(name =>
      make("option", { value: name ?? "", textContent: name === null ? "automatic" : readable(name) })));
    input.addEventListener("change", () => changed(names[input.selectedIndex], newGesture()));
    return { input, write: shown => { input.selectedIndex = names.indexOf(shown); } };
  },

  boolean(property, changed) {
    const input = make("input", { type: "checkbox" });
    input.addEventListener("change", () => changed(input.checked, newGesture()));
    return { input, write: shown => { input.checked = Boolean(shown); } };
  },

  string(property, changed, { onFile } = {}) {
    if (property.format === "color") return makers.color(property, changed);
    if (property.examples) return makers.suggested(property, changed);
    const start = property.default ?? "";
    const isLong = Math.max(start.length, property.maxLength ?? 0) > LONG_TEXT || start.includes("\n");
    const made = makers.any(property, changed, { tag: isLong && property.format !== "file" ? "textarea" : "input" });
    if (property.format !== "file") return made;
    const preview = make("img", { className: "drawscape-preview", alt: "the chosen file", draggable: false });
    preview.hidden = true;
    const show = address => { preview.hidden = !address; if (address) preview.src = address; };
    const side = [];
    if (onFile) {
      const chooser = make("input", { type: "file", accept: "image/*", hidden: true, tabIndex: -1 });
      chooser.addEventListener("change", () => { if (chooser.files[0]) onFile(chooser.files[0]); chooser.value = ""; });
      side.push(button("Choose", "Choose a file", () => chooser.click()), chooser);
    }
    return { ...made, below: preview, side, preview: show };
  },

  /* A choice of texts, and a field for any other. */
  suggested(property, changed) {
    const text = makers.any(property, changed), other = "other …";
    text.input.setAttribute("aria-label", "other");
    const input = make("select", {}, ...[...property.examples, other].map(value =>
      make("option", { value, textContent: value })));
    input.addEventListener("change", () => {
      text.input.hidden = input.value !== other;
      if (text.input.hidden) changed(input.value, newGesture());
      else text.input.focus();
    });
    const write = shown => {
      text.input.hidden = property.examples.includes(shown);
      input.value = text.input.hidden ? shown : other;
      text.write(shown);
    };
    return { input, commit: text.commit, write, side: [text.input] };
  },

  color(property, changed) {
    const text = makers.any(property, changed);
    const input = make("input", { type: "color", title: "Pick a color", "aria-label": "pick a color" });
    let gesture = 0;
    input.addEventListener("focus", () => { gesture = newGesture(); });
    input.addEventListener("input", () => { text.write(input.value); changed(input.value, gesture ||= newGesture()); });
    const pick = shown => { if (/^#[\da-f]{6}$/i.test(shown ?? "")) input.value = shown; };
    text.input.addEventListener("change", () => pick(text.input.value));
    return { ...text, write: shown => { text.write(shown); pick(shown); }, side: [input] };
  },

  any(property, changed, { tag = "input" } = {}) {
    const input = make(tag, { placeholder: isOptional(property) ? "automatic" : "", disabled: Boolean(property.readOnly) });
    let written = null;
    const commit = () => {
      if (input.value !== written) changed(written = input.value, newGesture());
    };
    input.addEventListener("change", commit);
    return { input, commit, write: shown => { input.value = written = shown ?? ""; } };
  },

  number(property, changed, { onFilm } = {}) {
    const stops = property["x-typed"] ? null : stopsOf(property);
    const made = makers.any(property, text => changed(text, newGesture()));
    made.input.inputMode = kindOf(property) === "integer" ? "numeric" : "decimal";
    if (!stops) return made;
    const text = made.input, slider = make("input", { type: "range", min: 0, max: stops.last, step: 1 });
    text.classList.add("drawscape-number");
    text.tabIndex = -1;  // a digit typed on the slider moves here, which halves the tab stops
    slider.addEventListener("keydown", event => { if (/^[-.\d]$/.test(event.key)) text.select(); });
    let gesture = 0;
    const place = shown => {
      if (shown !== "" && !Number.isNaN(Number(shown))) slider.value = stops.nearest(shown);
      slider.setAttribute("aria-valuetext", shown);
      slider.style.setProperty("--part", `${100 * slider.value / stops.last}%`);
    };
    slider.addEventListener("pointerdown", () => { gesture = newGesture(); });
    slider.addEventListener("keydown", event => { if (!event.repeat) gesture = newGesture(); });
    slider.addEventListener("input", () => {
      made.write(stops.text(Number(slider.value)));
      place(text.value);
      changed(text.value, gesture ||= newGesture());
    });
    text.addEventListener("change", () => place(text.value));
    if (onFilm) {
      const take = shown => { made.write(shown); place(shown); changed(shown, newGesture()); };
      slider.addEventListener("keydown", event => { if (event.key === "Shift") onFilm(stops, take); });
      slider.addEventListener("pointermove", event => { if (event.shiftKey) onFilm(stops, take); });
    }
    if (!isOptional(property)) return { ...made, slider, write: shown => { made.write(shown); place(text.value); } };
    const own = make("input", { type: "checkbox", title: "Off: chosen for you" });
    const enable = () => { slider.disabled = text.disabled = !own.checked; };
    own.addEventListener("change", () => {
      enable();
      if (own.checked && text.value === "") { made.write(stops.text(stops.nearest(slider.value))); place(text.value); }
      changed(own.checked ? text.value : null, newGesture());
    });
    const write = shown => {
      own.checked = shown !== null && shown !== undefined;
      if (own.checked) { made.write(shown); place(text.value); }
      enable();
    };
    return { ...made, slider, own, write };
  },

  /* A tuple has a field for each place; a list has fewer or more of them. */
  array(property, changed) {
    const root = make("div", { className: "drawscape-items", role: "group" });
    const propertyAt = i => property.items ?? property.prefixItems[i];
    let shown = [], fields = [];
    const tell = gesture => changed([...shown], gesture);
    const build = () => {
      fields = shown.map((one, i) => {
        const kind = kindOf(propertyAt(i));
        const field = (kind === "integer" || kind === "number" ? makers.any : makers[kind])(propertyAt(i), (input, gesture) => {
          shown[i] = input;
          tell(gesture);
        });
        field.write(one);
        field.input.setAttribute("aria-label", `item ${i + 1}`);
        return field;
      });
      const more = button("+", "One more item", () => { shown = [...shown, shown.at(-1) ?? firstOf(property.items)]; build(); tell(newGesture()); });
      const fewer = button("−", "One item fewer", () => { shown = shown.slice(0, -1); build(); tell(newGesture()); });
      fewer.disabled = shown.length <= (property.minItems ?? 0);
      root.replaceChildren(...fields.map(field => field.input), ...(property.items ? [fewer, more] : []));
    };
    const write = input => {
      if (root.contains(document.activeElement) && JSON.stringify(input) === JSON.stringify(shown)) return;
      shown = [...(input ?? [])];
      build();
    };
    return { input: root, write, commit: () => fields.forEach(field => field.commit?.()) };
  },
};
makers.integer = makers.number;

/* A field with its label, hint, lock and what is wrong with it. */
class Field {
  constructor(name, property, { changed, onLock, onFile, onFilm, onDice, idOf }) {
    Object.assign(this, { name, property });
    const kind = kindOf(property);
    const made = makers[kind](property, changed, {
      onFile: onFile && (file => onFile(name, file)),
      onFilm: onFilm && ((stops, take) => onFilm(name, this.root, stops, take)),
    });
    Object.assign(this, { write: made.write, commit: made.commit, preview: made.preview });
    const { input } = made, id = idOf(name), words = property.title ?? readable(name);
    this.input = input;
    const label = make("label", { textContent: words, id: `${id}-label` });
    if (input.tagName === "DIV") input.setAttribute("aria-labelledby", label.id);
    else { input.id = id; label.htmlFor = id; }
    this.hint = make("p", { className: "drawscape-hint", id: `${id}-hint`, textContent: property.description ?? "" });
    input.setAttribute("aria-describedby", this.hint.id);
    if (made.slider) made.slider.setAttribute("aria-label", words);
    if (made.own) made.own.setAttribute("aria-label", `${words}: choose it yourself`);
    const side = made.side ?? [];
    if (onDice) side.push(button("", `Draw with another ${words.toLowerCase()}`, onDice, "is-icon", "dice"));
    if (onLock) {
      this.lock = button("", `Keep ${words.toLowerCase()} when shuffling`, () => onLock(name), "drawscape-lock");
      setPressed(this.lock, false);
    }
    const line = make("div", { className: "drawscape-line" }, label, ...(this.lock ? [this.lock] : []));
    const below = [];
    if (kind === "boolean") line.prepend(input);
    else if (made.slider) { line.append(...(made.own ? [made.own] : []), input); below.push(made.slider); }
    else below.push(make("div", { className: "drawscape-input" }, input, ...side));
    if (made.below) below.push(made.below);
    this.root = make("div", { className: `drawscape-field drawscape-field-${name.replace(/\W/g, "-")}` }, line, ...below, this.hint);
    this.words = `${words} ${property.description ?? ""}`.toLowerCase();
  }

  say(rule) {
    this.hint.textContent = rule || this.property.description || "";
    this.hint.classList.toggle("drawscape-wrong", Boolean(rule));
    if (rule) this.input.setAttribute("aria-invalid", "true");
    else this.input.removeAttribute("aria-invalid");
  }
}

/* The fields of a schema. `sheet` and `parameters` are elements to place anywhere.

   Handlers: `onChange(inputs, gesture)` with a user's changes; those of one gesture belong together.
   `onDice(name)`, `onLock(name)`, `onFile(name, file)`, and `onFilm(name, place, stops, take)` while Shift is held
   on a slider, may be left out; `idOf(name)` names the elements. */
export class Fields {
  constructor(schema, { onChange, onDice, onLock, onFile, onFilm, idOf = newId }) {
    this.schema = schema;
    this.inputs = {};
    this.fields = new Map();
    this.tell = (inputs, gesture) => { Object.assign(this.inputs, inputs); onChange(inputs, gesture); };
    const field = (name, property, more = {}) => {
      const changed = (input, gesture) => this.tell({ [name]: input }, gesture);
      const made = new Field(name, property, { changed, onFile, onFilm, idOf, ...more });
      this.fields.set(name, made);
      return made.root;
    };
    const dice = name => onDice && (() => onDice(name));
    const { sheet = {} } = schema;
    this.sheet = make("div", { className: "drawscape-section" });
    const typed = (name, more) => field(name, { ...sheet[name], "x-typed": true }, more);
    const small = make("div", { className: "drawscape-pair" });
    if (Object.keys(schema.papers ?? {}).length) this.sheet.append(this.paperFields(typed, idOf("paper")));
    if (sheet.seed) small.append(typed("seed", { onDice: dice("seed"), onLock }));
    if (sheet.margin) small.append(typed("margin"));
    if (small.childElementCount) this.sheet.append(small);
    this.parameters = make("div", { className: "drawscape-section drawscape-parameters" });
    this.fillParameters(schema.parameters?.properties ?? {}, field, onLock);
  }

  /* Paper and orientation are read from the size; a custom sheet has two fields for it. */
  paperFields(typed, id) {
    const { papers } = this.schema;
    const names = [...Object.keys(papers), "custom"];
    this.paper = make("select", { id }, ...names.map(name => make("option", { value: name, textContent: readable(name) })));
    this.sides = make("div", { className: "drawscape-pair" }, typed("width"), typed("height"));
    const choose = (width, height) => {
      this.tell({ width: String(width), height: String(height) }, newGesture());
      this.showPaper();
    };
    const turned = name => button(readable(name), name === "portrait" ? "Taller than wide" : "Wider than tall", () => {
      const { width, height } = this.inputs;
      if ((Number(width) <= Number(height)) !== (name === "portrait")) choose(height, width);
    });
    this.turns = ["portrait", "landscape"].map(turned);
    const ways = make("div", { className: "drawscape-turns", role: "group", "aria-label": "orientation" }, ...this.turns);
    this.paper.addEventListener("change", () => {
      this.custom = this.paper.value === "custom";
      const wide = Number(this.inputs.width) > Number(this.inputs.height);
      const [short, long] = papers[this.paper.value] ?? [];
      if (this.custom) this.showPaper();
      else choose(...(wide ? [long, short] : [short, long]));
    });
    const label = make("label", { textContent: "Paper", htmlFor: this.paper.id });
    return make("div", { className: "drawscape-page" },
      make("div", { className: "drawscape-line" }, label, ways), this.paper, this.sides);
  }

  fillParameters(properties, field, onLock) {
    const names = Object.keys(properties), many = names.length >= MANY;
    if (many) {
      const filter = make("input", { placeholder: "filter parameters", "aria-label": "Filter parameters", type: "search" });
      filter.addEventListener("input", () => this.filter(filter.value.trim().toLowerCase()));
      this.parameters.append(filter);
    }
    const groups = new Map();
    for (const [name, property] of Object.entries(properties)) {
      const locks = property.enum || ["integer", "number", "boolean"].includes(kindOf(property));
      const root = field(name, property, { onLock: locks && onLock });
      const group = property["x-group"];
      if (!group) { this.parameters.append(root); continue; }
      if (!groups.has(group)) {
        groups.set(group, make("details", { open: !many }, make("summary", { textContent: group })));
        this.parameters.append(groups.get(group));
      }
      groups.get(group).append(root);
    }
    this.groups = [...groups.values()];
  }

  filter(text) {
    for (const { name, root, words } of this.fields.values())
      if (name in this.schema.parameters.properties) root.hidden = !words.includes(text);
    for (const group of this.groups) {
      group.hidden = !group.querySelector(".drawscape-field:not([hidden])");
      if (text) { group.folded ??= !group.open; group.open = true; }
      else if (group.folded !== undefined) { group.open = !group.folded; delete group.folded; }
    }
  }

  /* Show these inputs, but not in `except`: a user is changing those. */
  show(inputs, except = new Set()) {
    for (const [name, shown] of Object.entries(inputs)) {
      if (except.has(name)) continue;
      const changed = JSON.stringify(this.inputs[name]) !== JSON.stringify(shown);
      this.inputs[name] = shown;
      if (changed || shown === null) this.fields.get(name)?.write(shown);
    }
    if (this.paper) this.showPaper();
  }

  showPaper() {
    const [width, height] = [Number(this.inputs.width), Number(this.inputs.height)];
    const named = Object.entries(this.schema.papers).find(([, [short, long]]) =>
      short === Math.min(width, height) && long === Math.max(width, height))?.[0];
    if (!named) this.custom = true;
    this.paper.value = this.custom ? "custom" : named;
    if (this.paper.value !== "custom") this.custom = false;
    this.sides.hidden = !this.custom;
    if (this.custom) for (const side of ["width", "height"]) this.fields.get(side).write(this.inputs[side]);
    this.turns.forEach((one, i) => setPressed(one, (width > height) === Boolean(i)));
  }

  showErrors(rules) { for (const [name, field] of this.fields) field.say(rules[name]); }

  showLocks(locked) {
    for (const [name, { lock }] of this.fields) if (lock) setPressed(lock, locked.includes(name));
  }

  /* Text in a field that still has the focus counts, too. */
  commit() { for (const field of this.fields.values()) field.commit?.(); }

  randomize(name) {
    this.tell({ [name]: String(Math.floor(Math.random() * DICE_SIDES)) }, newGesture());
    this.fields.get(name).write(this.inputs[name]);
  }
}

/* ---- the form of a notebook ---- */

const NO_PICTURE = new Uint8Array();
const FRAMES = 5;
const COPY_PX = 560;  // the longer side of a picture of the strip, as the kernel makes it

const addressOf = (bytes, kind) => URL.createObjectURL(new Blob([bytes], { type: `image/${kind}` }));

/* Pictures of several values of a slider, for as long as Shift is held; a click takes one of the values. */
class Filmstrip {
  constructor(send) {
    this.send = send;
    this.root = make("div", { className: "drawscape-film", role: "group", "aria-label": "pictures along the slider" });
    this.released = event => { if (event.key === "Shift") this.close(); };
  }

  open(name, place, stops, take) {
    if (this.root.isConnected) return;
    const parts = Array.from({ length: FRAMES }, (_, i) => Math.round(i * stops.last / (FRAMES - 1)));
    const inputs = [...new Set(parts)].map(stops.text);
    this.root.replaceChildren(...inputs.map(text => {
      const made = button(text, `Take ${text}`, () => { this.close(); take(text); }, "is-plain");
      made.prepend(make("img", { alt: "" }));
      return made;
    }));
    place.append(this.root);
    document.addEventListener("keyup", this.released);
    this.send({ event: "film", name, inputs });
  }

  show(place, address) {
    const image = this.root.children[place]?.firstChild;
    if (image) image.src = address;
  }

  close() {
    if (!this.root.isConnected) return;
    document.removeEventListener("keyup", this.released);
    for (const image of this.root.querySelectorAll("img")) URL.revokeObjectURL(image.src);
    this.root.remove();
    this.send({ event: "film", name: "", inputs: [] });
  }
}

class FormView {
  constructor(model, el, host) {
    Object.assign(this, { model, el, host, sent: 0, held: null, hands: new Map() });
    el.classList.add("ds", "drawscape-form");
    this.build();
    this.listen();
    this.showSchema();
    this.update();
    this.send({ event: "ready" });
  }

  /* Sending: while the kernel has not answered, changes wait here, the newest for each field. */

  send(message, buffers) {
    const isChange = message.event === "change";
    if (isChange && this.held?.gesture === message.gesture) {
      Object.assign(this.held.inputs, message.inputs);
      return;
    }
    this.flush();
    if (isChange && this.sent > (this.model.get("state").ack ?? 0)) this.held = { ...message, inputs: { ...message.inputs } };
    else this.post(message, buffers);
  }

  flush() {
    const { held } = this;
    this.held = null;
    if (held) this.post(held);
  }

  post(message, buffers) {
    const number = this.sent = Math.max(Date.now(), this.sent + 1);
    for (const name of Object.keys(message.inputs ?? {})) this.hands.set(name, number);
    try { this.model.send({ ...message, number }, undefined, buffers); }
    catch { return this.kernel.end(); }
    const words = message.event === "draw" ? "The kernel is busy. This is drawn next." : "The kernel is busy. Nothing is lost.";
    setTimeout(() => { if (!this.answered(number)) this.busy.textContent = words; }, BUSY_MS);
  }

  answered(number) { return (this.model.get("state").ack ?? 0) >= number; }

  draw(fresh) {
    this.fields.commit();
    this.send({ event: "draw", fresh });
  }

  /* A live form draws each change by itself. */
  drawUnlessLive() { if (!this.model.get("state").live) this.draw(false); }

  /* Building */

  build() {
    const act = event => () => this.send({ event });
    const quiet = (text, title, event) => button(text, title, act(event));
    this.title = make("div", { className: "drawscape-title", role: "heading", "aria-level": 3 });
    this.summary = make("p", { className: "drawscape-summary" });
    this.drawButton = button("Draw", "Draw; with Shift even an existing drawing", event => this.draw(event.shiftKey), "drawscape-draw is-primary");
    this.cancel = button("Cancel", "Cancel", act("cancel"), "drawscape-cancel");
    this.live = make("input", { type: "checkbox", role: "switch", className: "ds-switch" });
    this.live.addEventListener("change", () => this.send({ event: "live", live: this.live.checked }));
    const live = make("label", { className: "drawscape-live", title: "Draw at every change" }, this.live, "live");
    this.undo = button("", "Undo", act("undo"), "is-plain", "undo");
    this.redo = button("", "Redo", act("redo"), "is-plain", "redo");
    const shuffle = button("", "Shuffle", () => { this.send({ event: "shuffle" }); this.drawUnlessLive(); }, "is-plain", "shuffle");
    shuffle.title = "Draw with other values of every parameter that is not locked";
    this.film = new Filmstrip(message => this.send(message));
    this.bar = make("progress", { max: 1, "aria-label": "progress" });
    this.status = make("p", { className: "drawscape-status", role: "status", "aria-live": "polite" });
    this.busy = make("p", { className: "drawscape-busy", role: "status", "aria-live": "polite" });
    this.note = make("p", { className: "drawscape-note", role: "status" });
    this.changed = make("span");
    this.renewed = make("p", { className: "drawscape-busy", role: "status" }, this.changed, " ",
      button("Use the new parameters", "Use the new parameters", act("renew")));
    this.details = make("div", { className: "drawscape-details" });
    this.box = make("div", { className: "drawscape-fields" });
    this.pageWords = make("summary");
    this.page = make("details", { className: "drawscape-paper drawscape-fields" }, this.pageWords);
    this.pens = make("details", { className: "drawscape-fields drawscape-pens" });
    const row = (...children) => make("div", { className: "drawscape-buttons" }, ...children);
    const controls = make("div", { className: "drawscape-controls" }, this.title, this.summary,
      row(this.drawButton, this.cancel, live),
      row(this.undo, this.redo, shuffle, this.more()),
      this.bar, this.status, this.busy, this.note, this.renewed, this.details, this.box, this.page, this.pens);

    this.image = make("img", { className: "drawscape-picture", alt: "drawing" });
    this.stage = make("div", { className: "drawscape-stage" });
    this.caption = make("span");
    this.links = ["open", "download"].map(action => {
      const link = make("a", { href: "#", textContent: action });
      link.addEventListener("click", event => { event.preventDefault(); this.takeFile(action); });
      return link;
    });
    this.notice = make("p", { className: "drawscape-notice", role: "status" });
    this.stars = [1, 2, 3, 4, 5].map(n => button("☆", `${n} ${n === 1 ? "star" : "stars"}`, () =>
      this.send({ event: "star", stars: n === this.model.get("state").stars ? 0 : n }), "drawscape-star is-plain"));
    const inspect = quiet("Inspect", "Zoom, layers, the pen's way", "inspect");
    this.plot = button("Plot", "Draw this on the machine", () => this.send({ event: "plot" }));
    const machines = () => this.model.get("state").machines.map(name => [`on ${name}`, name]);
    this.plotOn = menu(button("Plot", "Draw this on a machine", () => {}), machines, on => this.send({ event: "plot", on }));
    this.seed = make("output", { "aria-label": "seed" });
    this.seeds = make("span", { className: "drawscape-seed", role: "group", "aria-label": "seed" },
      button("◀", "Draw with the seed before", () => this.stepSeed(-1)), this.seed,
      button("▶", "Draw with the next seed", () => this.stepSeed(1)));
    this.trouble = make("p", { className: "drawscape-trouble", role: "alert" });
    this.stale = button("settings changed · Draw", "Draw with these settings", () => this.draw(false), "drawscape-changed is-primary");
    this.putAway = quiet("Close", "Back to the picture", "close_below");
    this.exportButton = button("Export", "Put the lines in order and write the file", () => {});
    const exports = menu(this.exportButton, () => this.model.get("schema").exports, format => this.send({ event: "export", format }));
    this.tools = [inspect, make("span", { className: "drawscape-plotting" }, this.plot, this.plotOn), exports];
    this.rating = make("span", { role: "group", "aria-label": "stars" }, ...this.stars);
    this.figures = make("table", { className: "drawscape-figures" });
    this.strip = make("ul", { className: "drawscape-strip", "aria-label": "the last pictures" });
    const sheet = make("div", { className: "drawscape-sheet" }, make("div", { className: "drawscape-held" },
      make("div", { className: "drawscape-frame" }, this.image, this.stale), this.stage, this.putAway,
      row(this.seeds, this.rating, ...this.tools), this.trouble, this.notice,
      make("p", { className: "drawscape-caption" }, this.caption, ...this.links), this.strip));    this.root = make("div", { className: "drawscape-body" }, make("div", { className: "drawscape-columns" }, controls, sheet), this.figures);
    this.el.append(this.root);
  }

  /* What is needed less often: the first settings, and the call. */
  more() {
    const choices = () => [["Reset to the first settings", "reset"], ["Code of this drawing", "code"]];
    return menu(button("", "More", () => {}, "is-plain", "more"), choices, event => this.send({ event }));
  }

  listen() {
    let due = false;
    const soon = () => {
      if (due) return;
      due = true;
      queueMicrotask(() => { due = false; this.update(); });
    };
    const received = (message, buffers) => this.receive(message, buffers);
    const { model } = this;
    this.kernel = showKernel(model, this.root, this.stage);
    const renew = () => { this.showSchema(); soon(); };
    const pairs = [["change:schema", renew], ["change:inputs", soon], ["change:state", soon], ["change:picture", soon], ["change:previews", soon],
      ["change:strip", () => this.showStrip()], ["change:below", () => this.showBelow()], ["msg:custom", received]];
    for (const [event, handler] of pairs) model.on(event, handler);
    leaveByEscape(this.el);
    this.stop = () => {
      this.kernel.stop();
      for (const [event, handler] of pairs) model.off(event, handler);
    };
    this.root.addEventListener("keydown", event => {
      const { target } = event;
      if (event.key !== "Enter" || !this.box.contains(target) || !["INPUT", "SELECT"].includes(target.tagName)) return;
      if (target.type === "search") return;
      event.preventDefault();
      this.draw(event.shiftKey);
    });
  }

  /* Showing what the kernel says */

  showSchema() {
    const schema = this.model.get("schema");
    this.title.textContent = schema.title;
    this.summary.textContent = schema.summary;
    this.fields = new Fields(schema, {
      onChange: (inputs, gesture) => this.send({ event: "change", inputs: { ...inputs }, gesture }),
      onDice: name => { this.fields.randomize(name); this.drawUnlessLive(); },
      onLock: name => this.send({ event: "lock", name }),
      onFile: async (name, file) => this.send({ event: "file", name, file: file.name }, [await file.arrayBuffer()]),
      onFilm: (name, place, stops, take) => this.film.open(name, place, stops, text => { take(text); this.drawUnlessLive(); }),
    });
    this.box.replaceChildren(this.fields.parameters);
    this.page.replaceChildren(this.pageWords, this.fields.sheet);
    this.page.hidden = !this.fields.sheet.childElementCount;
    this.seeds.hidden = !schema.sheet?.seed;
  }

  update() {
    const { model } = this, state = model.get("state"), inputs = model.get("inputs");
    const ack = state.ack ?? 0;
    const inHand = new Set([...this.hands].filter(([, number]) => number > ack).map(([name]) => name));
    for (const name of Object.keys(this.held?.inputs ?? {})) inHand.add(name);
    this.fields.show(inputs, inHand);
    this.fields.showErrors(state.errors ?? {});
    this.fields.showLocks(state.locks ?? []);
    for (const [name, address] of Object.entries(model.get("previews") ?? {})) this.fields.fields.get(name)?.preview?.(address);
    if (this.answered(this.sent)) this.busy.textContent = "";
    this.el.dataset.status = state.status ?? "";
    this.status.textContent = state.words ?? "";
    this.bar.value = state.progress ?? 0;
    this.bar.hidden = !state.running;
    this.note.textContent = state.note ?? "";
    this.renewed.hidden = !state.renewed;
    this.changed.textContent = state.renewed ?? "";
    this.cancel.disabled = !state.running;
    this.undo.disabled = !state.undo;
    this.redo.disabled = !state.redo;
    this.live.checked = Boolean(state.live);
    this.showDetails(state.details ?? []);
    this.caption.textContent = state.caption ?? "";
    this.showPage(inputs);
    this.showPens(state);
    const count = state.machines?.length ?? 0;
    this.plot.hidden = count > 1;
    this.plotOn.hidden = count < 2;
    this.plot.title = count ? `Draw this on ${state.machines[0]}` : "Draw this on the machine";
    this.trouble.textContent = state.trouble ?? "";
    this.el.classList.toggle("drawscape-older", Boolean(state.older));
    this.el.classList.toggle("drawscape-stale", Boolean(state.stale));
    for (const part of [...this.links, this.rating]) part.hidden = !state.file;
    this.stars.forEach((star, i) => { star.textContent = i < state.stars ? "★" : "☆"; setPressed(star, i < state.stars); });
    this.notice.textContent = [state.plotting && `being plotted ${state.plotting}; Plot opens its panel`, state.notice].filter(Boolean).join(" · ");
    for (const part of this.tools) part.hidden = !state.readable;
    this.exportButton.disabled = Boolean(state.exporting);
    this.showFigures(state.figures ?? []);
    this.markStrip();
    this.showPicture(state);
    if (ack >= this.sent) this.flush();
  }

  /* The page and the seed in words: "A6, portrait, margin 5". */
  showPage({ width, height, margin, seed }) {
    const { paper } = this.fields, wide = Number(width) > Number(height);
    const size = !paper ? "" : paper.value === "custom" ? `${width} x ${height} mm` : `${readable(paper.value)}, ${wide ? "landscape" : "portrait"}`;
    const words = [size, margin !== undefined && `margin ${margin ?? "automatic"}`].filter(Boolean).join(", ");
    this.pageWords.textContent = words || "Seed";
    this.seed.textContent = `seed ${seed}`;
  }

  /* For each layer of the drawing a list of the home's pens. */
  showPens({ layers, stored = [] }) {
    const key = JSON.stringify([layers, stored]), focused = [...this.pens.children].findIndex(row => row.contains(document.activeElement));
    if (key === this.pensShown) return;
    this.pensShown = key;
    this.pens.hidden = !layers.length || !stored.length;
    const rows = layers.map(({ number, name, color, pen }) => make("div", { className: "drawscape-line" }, make("span", { textContent: name }),
      penMenu(name, { name: pen || "as drawn", color, none: { name: "as drawn" } }, stored, chosen => this.send({ event: "pen", place: number, name: chosen }))));
    this.pens.replaceChildren(make("summary", { textContent: `Pens: ${layers.map(one => one.pen || one.name).join(", ")}` }), ...rows);
    this.pens.children[focused]?.querySelector("button, summary")?.focus();
  }

  stepSeed(by) {
    const seed = Math.max(0, Math.floor(Number(this.model.get("inputs").seed) || 0) + by);
    this.send({ event: "change", inputs: { seed: String(seed) }, gesture: newGesture() });
    this.drawUnlessLive();
  }

  showDetails(details) {
    const key = JSON.stringify(details);
    if (key === this.detailsShown) return;
    this.detailsShown = key;
    this.details.replaceChildren(...details.map(({ head, text, open }) =>
      make("details", { open: Boolean(open) }, make("summary", { textContent: head }), make("pre", { textContent: text, tabIndex: 0 }))));
  }

  showPicture(state) {
    const bytes = this.model.get("picture") ?? NO_PICTURE;
    if (bytes !== this.bytes) {
      const former = this.address;
      this.bytes = bytes;
      this.address = bytes.byteLength ? addressOf(bytes, state.kind) : "";
      if (this.address) this.image.src = this.address;
      if (former) setTimeout(() => URL.revokeObjectURL(former), 1000);
    }
    this.image.alt = state.caption || "drawing";
    this.putAway.hidden = !this.model.get("below");
    this.image.hidden = !this.address || !this.putAway.hidden;
    this.stale.hidden = this.image.hidden || !state.older || state.running;
  }

  showFigures(rows) {
    const key = JSON.stringify(rows);
    if (key === this.rowsShown) return;
    this.rowsShown = key;
    const cells = row => {
      const pen = make("td", { className: "drawscape-figures-pen" });
      if (row.color) pen.append(swatch(row.color));
      pen.append(row.pen);
      return make("tr", {}, pen, ...[row.time, row.ink, row.lifts].map(text => make("td", { textContent: text })));
    };
    const heads = ["pen", "time", "ink", "lifts"].map(text => make("th", { textContent: text, scope: "col" }));
    this.figures.replaceChildren(...(rows.length ? [make("tr", {}, ...heads), ...rows.map(cells)] : []));
  }

  /* The strip: a click brings a picture back, 0 to 5 give stars, c compares what is chosen with Ctrl or Shift. While the
     space bar is held, the picture of the strip stands in the place of the large one: A and B. */

  showStrip() {
    const focused = [...this.strip.children].findIndex(item => item.contains(document.activeElement));
    const former = new Map([...this.strip.querySelectorAll("img")].map(image => [image.dataset.key, image]));
    const missing = [];
    this.strip.replaceChildren(...this.model.get("strip").map(({ id, caption, stars, drawn_at }) => {
      const key = `${id} ${drawn_at}`, image = former.get(key) ?? make("img", { alt: "" });
      const isNew = !former.delete(key);  // a picture that is there is not sent again
      if (isNew && this.isShown(id)) this.copyPicture(image);
      else if (isNew) missing.push(id);
      Object.assign(image.dataset, { key, id });
      const words = make("span", {}, stars ? `${"★".repeat(stars)} ` : "", caption);
      const tile = make("button", { type: "button", title: caption, "aria-pressed": "false" }, image, words);
      tile.dataset.id = id;
      tile.addEventListener("click", event => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) tile.setAttribute("aria-pressed", String(tile.ariaPressed !== "true"));
        else this.send({ event: "choose", path: id });
      });
      return make("li", {}, tile);
    }));
    for (const image of former.values()) URL.revokeObjectURL(image.src);
    if (missing.length) this.post({ event: "thumbnails", ids: missing });
    this.markStrip();
    this.strip.onkeydown ??= event => this.stripKey(event);
    this.strip.onkeyup ??= event => { if (event.key === " ") this.showOther(event, this.address); };
    if (focused >= 0) this.strip.children[Math.min(focused, this.strip.children.length - 1)]?.firstChild.focus();
  }

  isShown(id) {
    const { file } = this.model.get("state");
    return Boolean(file) && id.endsWith(file);
  }

  /* Outline the picture that is shown large. */
  markStrip() {
    for (const tile of this.strip.querySelectorAll("button"))
      tile.toggleAttribute("aria-current", this.isShown(tile.dataset.id));
  }

  /* A picture of the strip from the large one, which is on the page already. */
  async copyPicture(image) {
    const source = make("img", { src: this.address });
    await source.decode();
    const scale = COPY_PX / Math.max(source.naturalWidth, source.naturalHeight);
    const canvas = make("canvas", { width: scale * source.naturalWidth, height: scale * source.naturalHeight });
    canvas.getContext("2d").drawImage(source, 0, 0, canvas.width, canvas.height);
    canvas.toBlob(blob => { image.src = URL.createObjectURL(blob); });
  }

  showOther(event, address) {
    event.preventDefault();
    if (this.image.src !== address) this.image.src = address;
    this.el.classList.toggle("drawscape-other", address !== this.address);
  }

  stripKey(event) {
    const tile = event.target.closest("button"), tiles = [...this.strip.querySelectorAll("button")];
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!tile || event.ctrlKey || event.metaKey) return;
    if (event.key === " ") return this.showOther(event, tile.querySelector("img").src);
    if (step) {
      const next = tiles[tiles.indexOf(tile) + step];
      next?.focus();
      if (next && event.shiftKey) for (const one of [tile, next]) setPressed(one, true);
      else if (next) this.send({ event: "choose", path: next.dataset.id });
    } else if (/^[0-5]$/.test(event.key)) this.send({ event: "star", id: tile.dataset.id, stars: Number(event.key) });
    else if (event.key === "c") {
      const chosen = tiles.filter(one => one.ariaPressed === "true" || one === tile);
      this.send({ event: "compare", ids: chosen.map(one => one.dataset.id) });
    } else return;
    event.preventDefault();
  }

  /* What the kernel sends once */

  receive(message, buffers = []) {
    if (message.copy) navigator.clipboard?.writeText(message.copy).catch(() => {});
    message.thumbnails?.forEach(([id, kind], i) => {
      const image = this.strip.querySelector(`img[data-id="${CSS.escape(id)}"]`);
      if (image && !image.src) image.src = addressOf(buffers[i], kind);
    });
    if (message.film) this.film.show(message.film.place, addressOf(buffers[0], message.film.kind));
    if (message.download) this.download(message.download, new Blob([buffers[0]], { type: message.type }));
  }

  async takeFile(action) {
    const blob = await (await fetch(this.address)).blob();
    if (action === "download") this.download(this.model.get("state").file, blob);
    else window.open(URL.createObjectURL(blob), "_blank");
  }

  download(name, blob) {
    const anchor = make("a", { href: URL.createObjectURL(blob), download: name });
    anchor.click();
    setTimeout(() => URL.revokeObjectURL(anchor.href), 10_000);
  }

  showBelow() {
    const id = this.model.get("below");
    showChild(this.host, id, this.stage);
    if (id) reveal(this.stage);  // it may be taller than the picture
    this.update();
  }

  dispose() {
    this.stop();
    showChild(this.host, "", this.stage);
    if (this.address) URL.revokeObjectURL(this.address);
    this.el.replaceChildren();  // the host keeps the element of a widget that is gone
  }
}

function render({ model, el, host }) {
  const view = new FormView(model, el, host);
  view.showStrip();
  view.showBelow();
  return () => view.dispose();
}

export default { render };
