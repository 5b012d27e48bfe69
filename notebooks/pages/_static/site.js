// What the theme leaves out for keyboards and screen readers.
document.addEventListener("DOMContentLoaded", () => {
  for (const caption of document.querySelectorAll("p.caption[role=heading]")) caption.setAttribute("aria-level", "2");
  for (const box of document.querySelectorAll("pre, .table-wrapper")) box.tabIndex = 0; // scrolled by arrow keys
  for (const output of document.querySelectorAll(".cell_output .text_plain")) // of a widget, which says nothing by itself
    if (!output.textContent.trim()) output.remove();
  document.querySelector(".sidebar-drawer")?.setAttribute("aria-label", "Pages");
  document.querySelector(".toc-drawer")?.setAttribute("aria-label", "On this page");
  if (!document.querySelector("h1")) {
    const title = document.createElement("h1");
    title.textContent = document.title.split(" - ")[0];
    document.querySelector("article")?.prepend(title);
  }
  for (const code of document.querySelectorAll(".highlight-python pre, .highlight-console pre")) {
    const button = Object.assign(document.createElement("button"), { className: "copy", textContent: "Copy" });
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(code.innerText.replace(/^\$ /gm, ""));
      button.textContent = "Copied";
    });
    code.parentElement.append(button);
  }
  gallery();
});

/** Show three seeds of a sketch in turn while the pointer or the focus is on it, and filter by pens, time and lifts. */
function gallery() {
  const cards = [...document.querySelectorAll(".card-of-sketch")];
  for (const card of cards) {
    const image = card.querySelector("img");
    const first = image.src;
    let timer = 0;
    const stop = () => (clearInterval(timer), (image.src = first));
    const start = () => {
      let shown = 0;
      clearInterval(timer);
      timer = setInterval(() => (image.src = first.replace("-1.webp", `-${(++shown % 3) + 1}.webp`)), 900);
    };
    card.addEventListener("pointerenter", start);
    card.addEventListener("focusin", start);
    card.addEventListener("pointerleave", stop);
    card.addEventListener("focusout", stop);
    card.querySelector("button").addEventListener("click", async (event) => {
      await navigator.clipboard.writeText(event.target.dataset.code);
      event.target.textContent = "Copied";
    });
  }
  const filters = [...document.querySelectorAll(".gallery-filters select")];
  const apply = () => {
    const fits = (card) => filters.every((one) => !one.value || Number(card.dataset[one.name]) <= Number(one.value));
    for (const card of cards) card.hidden = !fits(card);
    const left = cards.filter((card) => !card.hidden).length;
    const words = document.querySelector(".gallery-filters output");
    if (words) words.textContent = `${left} sketches`;
  };
  for (const filter of filters) filter.addEventListener("change", apply);
}
