// The page: from the form to the picture.

import { Fields, inputOf, valueOf } from './form.js';
import * as server from './server.js';
import { mount, unpack } from './viewer.js';

const $ = (id) => document.getElementById(id);

const PAPERS = {
  a6: [105, 148], a5: [148, 210], a4: [210, 297], a3: [297, 420], a2: [420, 594],
  letter: [215.9, 279.4], tabloid: [279.4, 431.8], square_200: [200, 200],
};
const DRAWING = `drawscape-drawing:${document.documentElement.dataset.root}`;

let catalogue = new Map();
let fields; // of the pattern that is shown
let properties = {}; // the properties of the fields, by name
let running = null;
let current = null; // the finished drawing in the picture

const setStatus = (text) => { $('status').textContent = text; };

// The form

const fillPatterns = (sketches) => {
  catalogue = new Map(sketches.map((sketch) => [sketch.name, sketch]));
  const families = new Map();
  for (const { name, family } of sketches) {
    if (!families.has(family)) families.set(family, []);
    families.get(family).push(name);
  }
  for (const [family, names] of [...families].sort()) {
    const group = document.createElement('optgroup');
    group.label = family;
    group.append(...names.map((name) => new Option(name.replaceAll('_', ' '), name)));
    $('pattern').append(group);
  }
  if (catalogue.has('spiral')) $('pattern').value = 'spiral';
  readSettings();
};

const showPattern = () => {
  const sketch = catalogue.get($('pattern').value);
  $('pattern-summary').textContent = sketch.summary;
  const { minSize: minimum, maxSize: maximum } = document.documentElement.dataset;
  const side = { type: 'number', minimum: Number(minimum), maximum: Number(maximum) };
  const seed = { type: 'integer', minimum: 0, description: 'The same seed draws the same lines.' };
  properties = { width: side, height: side, seed, ...sketch.parameters.properties };
  fields = new Fields({ papers: PAPERS, sheet: { width: side, height: side, seed }, parameters: sketch.parameters }, {
    onChange: showSettings,
    onDice: (name) => fields.randomize(name),
    idOf: (name) => (name in sketch.parameters.properties ? `params.${name}` : name),
  });
  $('fields').replaceChildren(fields.sheet, fields.parameters);
  fields.show(defaults());
};

const defaults = () => ({
  ...Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, inputOf(one, one.default)])),
  width: '210',
  height: '297',
  seed: '0',
});

// The address has the settings that are not defaults: a reload keeps them, and a link carries them.
const showSettings = () => {
  const own = Object.entries(fields.inputs).filter(([name, input]) => (
    JSON.stringify(input) !== JSON.stringify(defaults()[name] ?? null)));
  const query = new URLSearchParams([['pattern', $('pattern').value], ...own.map(([name, input]) => (
    [name, typeof input === 'string' ? input : JSON.stringify(input)]))]);
  history.replaceState(null, '', `?${query}`);
  shapeEmptySheet();
};

const readSettings = () => {
  const query = new URLSearchParams(location.search);
  if (catalogue.has(query.get('pattern'))) $('pattern').value = query.get('pattern');
  showPattern();
  // Numbers stay texts: JSON.parse would round the long ones.
  const parsed = (text) => { try { return JSON.parse(text); } catch { return text; } };
  const asInput = (text) => (typeof parsed(text) === 'number' ? text : parsed(text));
  const isText = (name) => typeof defaults()[name] === 'string';
  const given = [...query].filter(([name]) => name in properties);
  fields.show(Object.fromEntries(given.map(([name, text]) => [name, isText(name) ? text : asInput(text)])));
  shapeEmptySheet();
};

const sheetSize = () => ['width', 'height'].map((side) => Number(fields.inputs[side]));

const shapeSheet = ({ width, height }) => {
  if (width > 0 && height > 0) $('sheet').style.setProperty('--ratio', width / height);
};

const shapeEmptySheet = () => {
  const [width, height] = sheetSize();
  if ($('sheet').childElementCount === 0) shapeSheet({ width, height });
};

const readOrder = () => {
  fields.commit();
  const { width, height, seed, ...params } = Object.fromEntries(Object.entries(fields.inputs)
    .map(([name, input]) => [name, valueOf(properties[name], input)])
    .filter(([, value]) => value !== undefined));
  return { width, height, complexity: 'complex', pattern: $('pattern').value, seed, params };
};

// Errors

const clearErrors = () => {
  $('errors').hidden = true;
  fields?.showErrors({});
};

const showErrors = (error) => {
  const rules = Object.fromEntries((error.errors ?? []).map(({ field, rule }) => [field.replace(/^params\./, ''), rule]));
  const words = Object.entries(rules).map(([name, rule]) => `${name.replaceAll('_', ' ')}: ${rule}`);
  fields?.showErrors(rules);
  $('errors').textContent = `Not drawn: ${words.join('; ') || error.message}`;
  $('errors').hidden = false;
  (fields?.fields.get(Object.keys(rules)[0])?.input ?? $('errors')).focus();
};

// The picture

const describe = ({ pattern, width, height, seed }) => (
  `${pattern.replaceAll('_', ' ')}, ${width} × ${height} mm, seed ${seed}`
);

const showPicture = ({ id, url, order, name }) => {
  const picture = Object.assign(new Image(), { src: url, alt: `Drawing: ${describe(order)}` });
  picture.id = 'drawing';
  shapeSheet(order);
  $('sheet').replaceChildren(picture);
  $('caption-text').textContent = describe(order);
  Object.assign($('download'), { href: url, download: name });
  current = { id, order };
  $('caption').hidden = false;
};

// The viewer, in a dialog that fills the window

const inspect = async () => {
  const { id, order } = current;
  const stage = document.createElement('div');
  $('viewer-title').textContent = describe(order);
  $('viewer-stage').replaceChildren(stage);
  $('viewer').showModal();
  clearErrors();
  try {
    const { header, buffers } = unpack(await server.lines(id));
    const viewer = mount(stage, header, buffers);
    stage.drawscapeViewer = viewer;
    viewer.canvas.focus();
    $('viewer').addEventListener('close', () => viewer.dispose(), { once: true });
  } catch (error) {
    $('viewer').close();
    showErrors(error);
  }
};

const ENDINGS = {
  failed: (job) => `Failed: ${job.error ?? job.reason ?? 'no reason given'}`,
  stopped: () => 'Stopped.',
  canceled: () => 'Canceled before it began.',
};

const WORDS = {
  queued: 'Waiting for a worker…', started: 'Drawing…', deferred: 'Waiting for another job…', scheduled: 'Scheduled…',
};

const showJob = (job) => {
  const percent = job.progress ? ` ${Math.round(job.progress * 100)} %` : '';
  setStatus(`${WORDS[job.status] ?? job.status}${job.status === 'started' ? percent : ''}${job.message ? ` · ${job.message}` : ''}`);
  $('progress').hidden = false;
  if (job.status === 'started' && job.progress) $('progress').value = job.progress;
  else $('progress').removeAttribute('value');
};

const finish = async (job, order) => {
  if (job.status !== 'finished') {
    setStatus((ENDINGS[job.status] ?? (() => job.status))(job));
    return;
  }
  showPicture({ id: job.id, url: URL.createObjectURL(await server.drawing(job.id)), order, name: job.result });
  setStatus('Finished.');
};

const busy = (id) => {
  running = id;
  $('draw').disabled = id !== null;
  $('cancel').disabled = !id;
  $('picture').setAttribute('aria-busy', String(id !== null));
  if (id === null) $('progress').hidden = true;
};

const follow = async (id, order) => {
  busy(id);
  sessionStorage.setItem(DRAWING, JSON.stringify({ id, order }));
  let last;
  for await (const job of server.watch(id)) {
    last = job;
    if (!job.ended) showJob(job);
  }
  busy('');
  await finish(last, order);
};

// Runs `work`, one at a time, and shows its errors.
const alone = async (work) => {
  clearErrors();
  busy('');
  try {
    await work();
  } catch (error) {
    sessionStorage.removeItem(DRAWING);
    setStatus('');
    showErrors(error);
  } finally {
    busy(null);
  }
};

const draw = () => alone(async () => {
  const order = readOrder();
  const { job_id: id } = await server.create(order);
  $('picture').scrollIntoView({ block: 'nearest' });
  await follow(id, order);
});

// After a reload: the last drawing, even if it is still being drawn.
const restore = async () => {
  const drawing = JSON.parse(sessionStorage.getItem(DRAWING));
  if (drawing) await alone(() => follow(drawing.id, drawing.order));
};

// Wiring

server.askByDialog();

$('pattern').addEventListener('change', () => {
  const { width, height, seed } = fields.inputs;
  showPattern();
  fields.show({ width, height, seed });
  showSettings();
});
$('defaults').addEventListener('click', () => {
  fields.show(defaults());
  showSettings();
});
$('inspect').addEventListener('click', inspect);
$('viewer-close').addEventListener('click', () => $('viewer').close());
$('cancel').addEventListener('click', () => {
  if (running) server.cancel(running).catch(showErrors);
});
$('order').addEventListener('submit', (event) => {
  event.preventDefault();
  if (running === null) draw();
});

server.sketches().then(fillPatterns).then(restore).catch(showErrors);
