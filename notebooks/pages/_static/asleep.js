
/* ---- on the site: a form without a kernel, whose values move while its picture stays ---- */

for (const el of document.querySelectorAll(".live-form")) {
  const data = JSON.parse(el.querySelector("script").textContent), handlers = {};
  data.picture = Uint8Array.from(atob(data.picture), character => character.charCodeAt(0));
  const change = (name, value) => {
    data[name] = value;
    for (const handler of handlers[`change:${name}`] ?? []) handler();
  };
  const model = {
    get: name => data[name] ?? "",
    on: (event, handler) => (handlers[event] ??= []).push(handler),
    off() {},
    send({ event, inputs, number }) {
      if (event === "change") change("inputs", { ...data.inputs, ...inputs });
      const note = event === "ready" ? "" : "No kernel draws on this page: values move, the picture stays.";
      change("state", { ...data.state, ack: number, note });
    },
  };
  render({ model, el });
  el.querySelector(".drawscape-title").ariaLevel = 2; // a page of the site has no heading between
}
