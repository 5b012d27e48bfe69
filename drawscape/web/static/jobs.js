// The page of jobs: a table that keeps itself up to date, and the actions for each of them.

import { button, make } from './elements.js';
import * as server from './server.js';

const $ = (id) => document.getElementById(id);
const POLL_MS = 1000;

const rows = new Map();
let paused = false;
let manages = false; // whether this browser has the site's token

const showError = (error) => {
  $('errors').textContent = error.message;
  $('errors').hidden = false;
};

const setText = (element, text) => { if (element.textContent !== text) element.textContent = text; };

// Runs `work`, shows its error, and refreshes the table.
const runAndRefresh = async (work) => {
  $('errors').hidden = true;
  try {
    await work();
    await refresh();
  } catch (error) {
    showError(error);
  }
};

const showLog = (job, text) => {
  setText($('log-title'), `Log of ${job.name}, ${job.id.slice(-8)}`);
  setText($('log-text'), text);
  $('log').hidden = false;
  $('log-title').focus();
};

const act = (job, action) => runAndRefresh(async () => {
  const { details } = await server.act(job.id, action);
  if (details !== null) showLog(job, details);
});

const stateOf = ({ status, progress, message, error }) => {
  const percent = status === 'started' && progress ? ` ${Math.round(progress * 100)} %` : '';
  const more = error ?? message;
  return `${status}${percent}${more ? `: ${more}` : ''}`;
};

const makeRow = (id) => {
  const cells = Array.from({ length: 5 }, () => make('td'));
  const name = make('span');
  cells[1].title = id;
  cells[1].append(name, make('small', { textContent: id.slice(-8) }));
  const root = make('tr', {}, ...cells);
  return { root, cells, texts: [name, cells[2], cells[3]], actions: '', pictured: false };
};

const save = async ({ id, name }) => {
  const url = URL.createObjectURL(await server.drawing(id));
  Object.assign(document.createElement('a'), { href: url, download: `${name}.svg` }).click();
  setTimeout(() => URL.revokeObjectURL(url), POLL_MS);
};

// Thumbnails come one after another, so that fifty of them do not hold up the server; a row whose
// drawing has none goes without.
let pictures = Promise.resolve();

const showThumbnail = async (row, job) => {
  const url = URL.createObjectURL(await server.thumbnail(job.id));
  const picture = Object.assign(new Image(), { src: url, alt: '' });
  await picture.decode().finally(() => URL.revokeObjectURL(url));
  const saving = button('', `Save ${job.name}`, () => runAndRefresh(() => save(job)));
  saving.append(picture);
  row.cells[0].replaceChildren(saving);
};

// Unchanged buttons keep their elements: one of them may have the focus.
const showRow = (row, job) => {
  row.root.className = `is-${job.status}`;
  row.cells[4].hidden = !manages;
  const took = job.seconds === null ? '' : `${job.seconds.toFixed(1)} s`;
  [job.name, stateOf(job), took].forEach((text, i) => setText(row.texts[i], text));
  if (job.svg && !row.pictured) {
    row.pictured = true;
    pictures = pictures.then(() => showThumbnail(row, job)).catch(() => {});
  }
  if (row.actions === job.actions.join()) return;
  row.actions = job.actions.join();
  const hadFocus = row.cells[4].contains(document.activeElement);
  row.cells[4].replaceChildren(...job.actions.map((action) => {
    const made = button(action, '', () => act(job, action));
    made.setAttribute('aria-label', `${action} ${job.name} ${job.id.slice(-8)}`);
    return made;
  }));
  if (hadFocus) row.cells[4].querySelector('button')?.focus();
};

const show = (queue) => {
  setText($('summary'), queue.summary);
  paused = queue.paused;
  setText($('pause'), paused ? 'Resume' : 'Pause');
  manages = queue.manages;
  for (const id of ['pause', 'actions']) $(id).hidden = !manages;
  const ids = new Set(queue.jobs.map((job) => job.id));
  for (const id of rows.keys()) {
    if (ids.has(id)) continue;
    rows.get(id).root.remove();
    rows.delete(id);
  }
  const body = $('jobs');
  if (!queue.jobs.length) body.innerHTML = '<tr><td colspan="5">no drawings in the queue yet</td></tr>';
  else if (!rows.size) body.replaceChildren();
  queue.jobs.forEach((job, place) => {
    if (!rows.has(job.id)) rows.set(job.id, makeRow(job.id));
    const row = rows.get(job.id);
    showRow(row, job);
    if (body.children[place] !== row.root) body.insertBefore(row.root, body.children[place] ?? null);
  });
};

const refresh = async () => show(await server.queue());

const keepFresh = async () => {
  for (;;) {
    if (!document.hidden) await refresh().catch(showError);
    await new Promise((done) => { setTimeout(done, POLL_MS); });
  }
};

server.askByDialog();
$('pause').addEventListener('click', () => runAndRefresh(() => server.switchQueue(paused ? 'resume' : 'pause')));
$('log-close').addEventListener('click', () => { $('log').hidden = true; });
keepFresh();
