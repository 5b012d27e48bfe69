// All requests to the server.

const root = document.documentElement.dataset.root.replace(/\/$/, '');
const TOKEN = 'drawscape-token';
const POLL_MS = 250; // a person notices no delay

export class Refusal extends Error {
  constructor(status, problem) {
    super(problem.detail || problem.title || `the server answered ${status}`);
    this.status = status;
    this.errors = problem.errors ?? [];
  }
}

let askForToken = async () => { throw new Error('a token is needed'); };

// Asks for the token in the page's dialog, once for all requests that need it.
export const askByDialog = () => {
  const [dialog, token] = ['token-dialog', 'token'].map((id) => document.getElementById(id));
  askForToken = () => new Promise((done) => {
    token.value = '';
    dialog.showModal();
    dialog.addEventListener('close', () => done(token.value), { once: true });
  });
};

const headers = (more = {}) => {
  const token = sessionStorage.getItem(TOKEN);
  return token ? { ...more, Authorization: `Bearer ${token}` } : more;
};

const request = async (path, options = {}) => {
  for (;;) {
    const response = await fetch(root + path, { ...options, headers: headers(options.headers) });
    if (response.ok) return response;
    const problem = await response.json().catch(() => ({}));
    if (response.status !== 401) throw new Refusal(response.status, problem);
    sessionStorage.setItem(TOKEN, await askForToken());
  }
};

const json = async (path, options) => (await request(path, options)).json();

export const sketches = async () => (await json('/sketches')).sketches;

// JSON in which form.js's `digits` are numbers.
const withDigits = (order) => JSON
  .stringify(order, (_, value) => (value?.digits ? `\0${value.digits}` : value))
  .replace(/"\\u0000(-?\d+)"/g, '$1');

export const create = (order) => json('/artboard/create', {
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: withDigits(order),
});

const address = (id) => `/jobs/${encodeURIComponent(id)}`;

export const queue = () => json('/queue');

export const act = (id, action) => json(`${address(id)}/actions/${action}`, { method: 'POST' });

export const cancel = (id) => act(id, 'cancel');

export const switchQueue = (action) => json(`/queue/${action}`, { method: 'POST' });

export const drawing = async (id) => (await request(`${address(id)}/svg`)).blob();

export const thumbnail = async (id) => (await request(`${address(id)}/thumbnail`)).blob();

export const lines = async (id) => (await request(`${address(id)}/lines`)).arrayBuffer();

const plot = (id) => `/plots/${encodeURIComponent(id)}`;

export const plots = async () => (await json('/plots/list')).plots;

export const plotLines = async (id) => (await request(`${plot(id)}/lines`)).arrayBuffer();

export const actOnPlot = (id, action, values) => json(`${plot(id)}/actions/${action}`, {
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(values),
});

const EXAMINE_POLL_MS = 500;

// The findings in a photograph, and the sheet as a scan would show it, once the job has ended.
export const examine = async (id, file, corners, sheet) => {
  const query = new URLSearchParams({ file: file.name, corners: JSON.stringify(corners), sheet });
  const { job } = await json(`${plot(id)}/photograph?${query}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/octet-stream' },
    body: file,
  });
  for (;;) {
    const told = await json(`${plot(id)}/photograph/${encodeURIComponent(job)}`);
    if (told.ended) return { ...told, job, picture: await (await request(`${plot(id)}/sheet`)).blob() };
    await pause(EXAMINE_POLL_MS);
  }
};

const pause = (ms) => new Promise((done) => { setTimeout(done, ms); });

// Every change of a job until it has ended.
export const watch = async function* watch(id) {
  let seen = '';
  for (;;) {
    const job = await json(address(id));
    if (JSON.stringify(job) !== seen) yield job;
    if (job.ended) return;
    seen = JSON.stringify(job);
    await pause(POLL_MS);
  }
};
