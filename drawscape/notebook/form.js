/* What ipywidgets leaves out of a form's page: names for every input, spoken states, keys that stay inside.

One widget of a form loads this module; it mends the whole box that it stands in, again at each change. */

const ROOT = ".drawscape-form";

function set(element, name, value) {
  if (element && value && element.getAttribute(name) !== value) element.setAttribute(name, value);
}

function labelOf(row) {
  return row?.querySelector(".widget-label")?.textContent?.trim() || "";
}

function nameInputs(root) {
  for (const row of root.querySelectorAll(".drawscape-parameter")) {
    const label = labelOf(row);
    const number = row.querySelector(".drawscape-number input");
    const handle = row.querySelector(".noUi-handle");
    set(handle, "aria-label", label);
    set(handle, "aria-valuetext", number?.value);
    set(number, "aria-label", label);
    set(row.querySelector(".drawscape-switch input"), "aria-label", `${label}: choose it yourself`);
    set(row.querySelector(".drawscape-lock"), "aria-label", `Keep ${label} when shuffling`);
  }
  for (const input of root.querySelectorAll("select[title], input[title]")) {
    if (!labelOf(input.parentElement)) set(input, "aria-label", input.title);
  }
  for (const button of root.querySelectorAll("button")) {
    if (!button.textContent.trim()) set(button, "aria-label", button.title);
  }
  for (const lock of root.querySelectorAll(".drawscape-lock, .drawscape-keep, .drawscape-orientation button")) {
    set(lock, "aria-pressed", String(lock.classList.contains("mod-active")));
  }
  for (const head of root.querySelectorAll(".drawscape-fold")) {
    set(head, "aria-expanded", String(head.classList.contains("mod-active")));
  }
}

function nameTheRest(root) {
  for (const image of root.querySelectorAll("img.drawscape-picture")) {
    const caption = image.closest(".drawscape-frame")?.parentElement.querySelector(".drawscape-caption .widget-html-content");
    set(image, "alt", caption?.firstChild?.textContent?.trim() || "drawing");
  }
  for (const handle of root.querySelectorAll(".noUi-handle:not([aria-label])")) {
    set(handle, "aria-label", labelOf(handle.closest(".widget-slider")));
  }
  for (const bar of root.querySelectorAll(".drawscape-bar .progress")) {
    set(bar, "role", "progressbar");
    set(bar, "aria-label", "progress");
  }
  for (const words of root.querySelectorAll(".drawscape-status, .drawscape-note")) {
    set(words, "role", "status");
    set(words, "aria-live", "polite");
  }
  for (const element of root.querySelectorAll('[title="null"]')) element.removeAttribute("title");
}

/* Rows whose name or hint has the text of the filter are shown, in folded groups too. */
function filterRows(root) {
  const input = root.querySelector(".drawscape-filter input");
  if (!input) return;
  const text = input.value.trim().toLowerCase();
  root.classList.toggle("drawscape-filtering", text !== "");
  for (const row of root.querySelectorAll(".drawscape-parameters .drawscape-parameter")) {
    const hint = row.nextElementSibling;
    const words = `${labelOf(row)} ${hint?.textContent ?? ""}`.toLowerCase();
    for (const element of [row, hint]) element?.classList.toggle("drawscape-filtered", !words.includes(text));
  }
  for (const group of root.querySelectorAll(".drawscape-group")) {
    const shown = group.querySelector(".drawscape-parameter:not(.drawscape-filtered)");
    group.classList.toggle("drawscape-filtered", !shown);
  }
}

function mend(root) {
  /* JupyterLab looks for this at the element with the focus first: on the box alone it comes too late. */
  for (const element of root.querySelectorAll("button, input, select, textarea, a, summary, canvas, [tabindex]")) {
    set(element, "data-lm-suppress-shortcuts", "true");
  }
  root.classList.add("drawscape-scripted");
  nameInputs(root);
  nameTheRest(root);
  filterRows(root);
}

function download(name, type, data) {
  const anchor = document.createElement("a");
  anchor.href = URL.createObjectURL(new Blob([data], { type }));
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(anchor.href), 10_000);
}

async function openOrDownload(root, link) {
  const image = root.querySelector("img.drawscape-picture");
  if (!image?.src) return;
  const blob = await (await fetch(image.src)).blob();
  if (link.dataset.action === "download") return download(link.dataset.name, blob.type, blob);
  window.open(URL.createObjectURL(blob), "_blank");
}

function watch(root, signal, send) {
  mend(root);
  let due = false;
  const observer = new MutationObserver(() => {
    if (due) return;
    due = true;
    requestAnimationFrame(() => { due = false; mend(root); });
  });
  const attributeFilter = ["title", "class", "aria-valuetext", "disabled"];
  observer.observe(root, { childList: true, subtree: true, attributes: true, attributeFilter });
  signal.addEventListener("abort", () => observer.disconnect());
  root.addEventListener("input", event => {
    if (event.target.closest?.(".drawscape-filter")) filterRows(root);
  }, { signal });
  /* With Shift, Draw draws anew what stands. Of forms in a form only the innermost asks. */
  root.addEventListener("click", event => {
    if (!event.shiftKey || !event.target.closest?.(".drawscape-draw")) return;
    if (event.target.closest(ROOT) !== root) return;
    event.stopPropagation();
    send({ fresh: true });
  }, { signal, capture: true });
  root.addEventListener("click", event => {
    const act = event.target.closest?.("button[data-job]");
    if (act) return send({ job: act.dataset.job, act: act.dataset.act });
    const link = event.target.closest?.("a[data-action]");
    if (!link) return;
    event.preventDefault();
    openOrDownload(root, link);
  }, { signal });
}

function render({ model, el }) {
  const style = document.createElement("style");
  style.textContent = model.get("css");
  el.append(style);
  const abort = new AbortController();
  const begin = () => {
    if (abort.signal.aborted) return;
    const root = el.closest(ROOT);
    if (root) watch(root, abort.signal, message => model.send(message));
    else setTimeout(begin, 30);  // the box around it is put together after its children
  };
  begin();
  const onMessage = (message, buffers) => {
    if (message.copy) navigator.clipboard?.writeText(message.copy).catch(() => {});
    if (message.download) download(message.download, message.type, buffers[0]);
  };
  model.on("msg:custom", onMessage);
  return () => {
    abort.abort();
    model.off("msg:custom", onMessage);
  };
}

export default { render };
