// The page of plots: a panel for each of the newest, kept up to date.

import * as server from './server.js';
import { mount } from './plot_panel.js';

const POLL_MS = 500;
const panels = new Map();
const place = document.getElementById('plots');
let wanted = location.hash.slice(1); // the plot that a link leads to

const open = (id) => {
  const section = Object.assign(document.createElement('section'), { id, tabIndex: -1 });
  place.prepend(section);
  const panel = mount(section, {
    send: async (action, values) => panel.state(await server.actOnPlot(id, action, values)),
    examine: (file, corners, sheet) => server.examine(id, file, corners, sheet),
  });
  panels.set(id, { panel, section, seen: '' });
  server.plotLines(id).then((buffer) => panel.lines(buffer), (error) => panel.trouble(error.message));
};

const refresh = async () => {
  const plots = await server.plots();
  document.getElementById('empty').hidden = plots.length > 0;
  for (const plot of plots.reverse()) { // newest first
    if (!panels.has(plot.id)) open(plot.id);
    const row = panels.get(plot.id);
    const seen = JSON.stringify(plot);
    if (seen !== row.seen) row.panel.state(plot);
    row.seen = seen;
  }
  if (wanted) (panels.get(wanted)?.section.querySelector('.is-stop') ?? panels.get(wanted)?.section)?.focus();
  wanted = '';
};

const follow = async () => {
  const errors = document.getElementById('errors');
  try {
    await refresh();
    errors.hidden = true;
  } catch (error) {
    errors.textContent = error.message;
    errors.hidden = false;
  }
  setTimeout(follow, POLL_MS);
};

server.askByDialog();
follow();
