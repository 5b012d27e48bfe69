// Everything that is asked of the server: orders, jobs, and the news of a job as it is drawn.

const root = document.documentElement.dataset.root.replace(/\/$/, '');
const TOKEN = 'drawscape-token';
const POLL_MS = 700;

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

export const create = (order) => json('/artboard/create', {
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(order),
});

const address = (id) => `/jobs/${encodeURIComponent(id)}`;

export const cancel = (id) => json(`${address(id)}/cancel`, { method: 'POST' });

export const queue = () => json('/queue');

export const act = (id, action) => json(`${address(id)}/actions/${action}`, { method: 'POST' });

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

// The drawing so far, or null while there is none.
export const preview = async (id) => {
  const response = await request(`${address(id)}/preview`);
  return response.status === 200 ? response.blob() : null;
};

const pause = (ms) => new Promise((done) => { setTimeout(done, ms); });

// The blocks of a text/event-stream, each as the text of its data lines.
const blocks = async function* blocks(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const parts = (rest + value).split('\n\n');
      rest = parts.pop();
      for (const part of parts) {
        const data = part.split('\n').filter((line) => line.startsWith('data:'));
        if (data.length) yield data.map((line) => line.slice(5).trim()).join('\n');
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
};

// Every change of a job until it has ended. Fetched and not an EventSource, which sends no token; where
// no stream is to be had, or it breaks, the job is asked for now and then.
export const watch = async function* watch(id) {
  for (;;) {
    try {
      const response = await request(`${address(id)}/events`);
      for await (const data of blocks(response.body)) {
        const job = JSON.parse(data);
        yield job;
        if (job.ended) return;
      }
    } catch (error) {
      if (error instanceof Refusal && error.status !== 503) throw error;
    }
    await pause(POLL_MS);
    const job = await json(address(id));
    yield job;
    if (job.ended) return;
  }
};
