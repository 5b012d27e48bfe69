// The page: from the form to the picture.

import { makeFields } from './form.js';
import * as server from './server.js';
import { mount, unpack } from './viewer.js';

const $ = (id) => document.getElementById(id);

const PAPERS = {
  A6: [105, 148], A5: [148, 210], A4: [210, 297], A3: [297, 420], A2: [420, 594],
  Letter: [215.9, 279.4], Tabloid: [279.4, 431.8], 'Square 200': [200, 200],
};
const KEPT = 8;
const PREVIEW_MS = 400;
const MADE = `drawscape-made:${document.documentElement.dataset.root}`;
const DRAWING = `drawscape-drawing:${document.documentElement.dataset.root}`;

let catalogue = new Map();
let parameters;
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
  showPattern();
};

const showPattern = () => {
  const sketch = catalogue.get($('pattern').value);
  $('pattern-summary').textContent = sketch.summary;
  parameters = makeFields($('parameters'), sketch.parameters);
};

const sheetSize = () => {
  const chosen = PAPERS[$('paper').value];
  if (!chosen) return [Number($('width').value), Number($('height').value)];
  return $('orientation').value === 'landscape' ? [...chosen].reverse() : chosen;
};

const shapeSheet = ({ width, height }) => {
  if (width > 0 && height > 0) $('sheet').style.setProperty('--ratio', width / height);
};

const showSheet = () => {
  const custom = $('paper').value === 'Custom';
  $('custom-size').hidden = !custom;
  $('orientation').disabled = custom;
  const [width, height] = sheetSize();
  if ($('sheet').childElementCount === 0) shapeSheet({ width, height });
};

const readOrder = () => {
  const [width, height] = sheetSize();
  return {
    width,
    height,
    complexity: 'complex',
    pattern: $('pattern').value,
    seed: Number($('seed').value),
    params: parameters.values(),
  };
};

// Errors

const clearErrors = () => {
  $('errors').hidden = true;
  document.querySelectorAll('[aria-invalid]').forEach((field) => field.removeAttribute('aria-invalid'));
};

const showErrors = (error) => {
  const list = document.createElement('ul');
  for (const { field, rule } of error.errors ?? []) {
    const input = $(field);
    const item = document.createElement('li');
    const name = field.replace(/^params\./, '').replaceAll('_', ' ');
    if (input) {
      input.setAttribute('aria-invalid', 'true');
      const link = Object.assign(document.createElement('a'), { href: `#${field}`, textContent: name });
      link.addEventListener('click', (event) => { event.preventDefault(); input.focus(); });
      item.append(link, `: ${rule}`);
    } else {
      item.textContent = `${name}: ${rule}`;
    }
    list.append(item);
  }
  const content = list.childElementCount ? ['Not drawn:', list] : [`Not drawn: ${error.message}`];
  $('errors').replaceChildren(...content);
  $('errors').hidden = false;
  $('errors').focus();
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

// A closer look, in a dialog that fills the window

const look = async () => {
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

// The drawing so far. Previews are asked for one at a time, and no more once the job has ended.
const showPreviews = async (id, order) => {
  let shown = null;
  while (running === id) {
    const blob = await server.preview(id).catch(() => null);
    if (running !== id) break;
    if (blob) {
      const picture = Object.assign(new Image(), { src: URL.createObjectURL(blob), alt: 'The drawing so far' });
      await picture.decode().catch(() => {});
      if (running !== id) break;
      shapeSheet(order);
      $('sheet').replaceChildren(picture);
      $('caption').hidden = true;
      if (shown) URL.revokeObjectURL(shown.src);
      shown = picture;
    }
    await new Promise((done) => { setTimeout(done, PREVIEW_MS); });
  }
};

const keep = (sheet) => {
  const picture = Object.assign(new Image(), { src: sheet.url, alt: describe(sheet.order) });
  const button = Object.assign(document.createElement('button'), { type: 'button' });
  button.append(picture);
  button.addEventListener('click', () => showPicture(sheet));
  const item = document.createElement('li');
  item.append(button);
  const list = $('earlier-list');
  list.prepend(item);
  while (list.childElementCount > KEPT) {
    URL.revokeObjectURL(list.lastElementChild.querySelector('img').src);
    list.lastElementChild.remove();
  }
  $('earlier').hidden = list.childElementCount < 2;
};

// What was made here, so that a reload shows it again: ids and orders, the files stay on the server.
const made = () => {
  try {
    return JSON.parse(localStorage.getItem(MADE)) ?? [];
  } catch {
    return [];
  }
};
const remember = (sheets) => localStorage.setItem(MADE, JSON.stringify(sheets.slice(-KEPT)));

const show = async ({ id, order, name }) => {
  const sheet = { id, url: URL.createObjectURL(await server.drawing(id)), order, name };
  showPicture(sheet);
  keep(sheet);
};

const ENDINGS = {
  failed: (job) => `Failed: ${job.error ?? job.reason ?? 'no reason given'}`,
  stopped: () => 'Stopped.',
  canceled: () => 'Canceled before it began.',
  not_found: () => 'The server no longer knows this drawing.',
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
  const sheet = { id: job.id, order, name: job.result };
  await show(sheet);
  remember([...made(), sheet]);
  setStatus('Finished.');
};

const busy = (id) => {
  running = id;
  $('draw').disabled = id !== null;
  $('cancel').disabled = !id;
  $('picture').setAttribute('aria-busy', String(id !== null));
  if (id === null) $('progress').hidden = true;
};

const bringIntoView = () => {
  if ($('sheet').getBoundingClientRect().top > window.innerHeight * 0.8) {
    document.querySelector('.desk').scrollIntoView();
  }
};

const follow = async (id, order) => {
  busy(id);
  sessionStorage.setItem(DRAWING, JSON.stringify({ id, order }));
  let last;
  let previews;
  for await (const job of server.watch(id)) {
    last = job;
    if (!job.ended) showJob(job);
    if (job.status === 'started') previews ??= showPreviews(id, order);
  }
  busy('');
  await finish(last, order);
};

// Runs `work`, of which there is one at a time, and shows what goes wrong in it.
const alone = async (work) => {
  clearErrors();
  busy('');
  try {
    await work();
  } catch (error) {
    setStatus('');
    showErrors(error);
  } finally {
    sessionStorage.removeItem(DRAWING);
    busy(null);
  }
};

const draw = () => alone(async () => {
  const order = readOrder();
  const { job_id: id } = await server.create(order);
  bringIntoView();
  await follow(id, order);
});

// After a reload: what was made, and what is still being drawn.
const restore = async () => {
  const left = [];
  for (const sheet of made()) {
    try {
      await show(sheet);
      left.push(sheet);
    } catch (error) {
      if (![404, 409, 410].includes(error.status)) left.push(sheet);
    }
  }
  remember(left);
  const drawing = JSON.parse(sessionStorage.getItem(DRAWING));
  if (drawing) await alone(() => follow(drawing.id, drawing.order));
};

// Wiring

server.askByDialog();

for (const name of [...Object.keys(PAPERS), 'Custom']) $('paper').append(new Option(name, name));
$('paper').value = 'A4';
for (const id of ['paper', 'orientation', 'width', 'height']) $(id).addEventListener('change', showSheet);
$('pattern').addEventListener('change', showPattern);
$('dice').addEventListener('click', () => { $('seed').value = Math.floor(Math.random() * 1e6); });
$('defaults').addEventListener('click', () => parameters.defaults());
$('look').addEventListener('click', look);
$('viewer-close').addEventListener('click', () => $('viewer').close());
$('cancel').addEventListener('click', () => {
  if (running) server.cancel(running).catch(showErrors);
});
$('order').addEventListener('submit', (event) => {
  event.preventDefault();
  if (running === null) draw();
});

server.sketches().then(fillPatterns).then(restore).catch(showErrors);
