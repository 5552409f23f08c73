"use strict";
// Nothing here is needed to read the page: it opens cells in a panel, fills in their details, copies commands and picks the theme.
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const stored = (() => { try { return localStorage.getItem("ctxstress-theme"); } catch { return null; } })();
  if (stored) root.dataset.theme = stored;

  let details;
  async function fragments() {
    const packed = Uint8Array.from(atob(document.getElementById("details").textContent), (c) => c.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
    return JSON.parse(await new Response(stream).text());
  }

  // The details are made by the page's own writer, which escapes every value.
  async function fill(cell) {
    if (cell.dataset.filled) return;
    cell.dataset.filled = "yes";
    const place = document.createElement("div");
    cell.append(place);
    try {
      place.innerHTML = (await (details ??= fragments()))[cell.dataset.n];
    } catch (error) {
      place.textContent = `This browser cannot unpack the details (${error}); they are in run.json.`;
    }
  }

  function open(id) {
    const target = id && document.getElementById(id);
    const square = target && target.closest(".square");
    if (!square) return false;
    const panel = document.getElementById("panel");
    const list = square.querySelector("div").cloneNode(true);
    for (const cell of list.querySelectorAll(".cell")) {
      delete cell.dataset.filled;
      cell.querySelectorAll(":scope > div").forEach((old) => old.remove());
      cell.open = cell.id === id;
      cell.removeAttribute("id");
    }
    const cells = list.querySelectorAll(".cell");
    if (cells.length && !list.querySelector(".cell[open]")) cells[0].open = true;
    document.getElementById("panel-h").textContent = square.dataset.title;
    document.getElementById("panel-body").replaceChildren(list);
    if (!panel.open) panel.showModal();
    panel.scrollTop = 0;
    history.replaceState(null, "", `#${id}`);
    return true;
  }

  // From square to square by arrow, as in a grid.
  function step(link, key) {
    const cell = link.closest("td");
    const at = [...cell.parentElement.children].indexOf(cell);
    const rows = [...link.closest("table").querySelectorAll("tbody tr:not(.group)")];
    const [down, right] = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[key] ?? [0, 0];
    const row = rows[rows.indexOf(cell.parentElement) + down];
    const next = (down || right) && row?.children[at + right]?.querySelector("a");
    if (next) next.focus();
    return Boolean(next);
  }

  function copy(button) {
    const said = () => { button.textContent = "Copied"; setTimeout(() => { button.textContent = "Copy"; }, 1500); };
    const code = button.previousElementSibling;
    navigator.clipboard?.writeText(code.textContent).then(said, () => getSelection().selectAllChildren(code));
  }

  document.addEventListener("toggle", (event) => {
    if (event.target.matches?.(".cell") && event.target.open) fill(event.target);
  }, true);

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.('a[href^="#"]');
    if (link && !event.ctrlKey && !event.metaKey && open(link.hash.slice(1))) event.preventDefault();
    const button = event.target.closest?.(".copy");
    if (button) copy(button);
  });

  document.addEventListener("keydown", (event) => {
    const link = event.target.closest?.(".matrix td a");
    if (link && step(link, event.key)) event.preventDefault();
  });

  addEventListener("beforeprint", () => {
    document.querySelectorAll("#look details").forEach((each) => { each.open = true; });
  });

  document.addEventListener("DOMContentLoaded", () => {
    const panel = document.getElementById("panel");
    const theme = document.getElementById("theme");
    const dark = () => root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    const offer = () => { theme.textContent = dark() ? "Light" : "Dark"; };
    theme.addEventListener("click", () => {
      root.dataset.theme = dark() ? "light" : "dark";
      try { localStorage.setItem("ctxstress-theme", root.dataset.theme); } catch { /* a page without storage forgets it */ }
      offer();
    });
    offer();
    if (!panel) return;
    document.getElementById("close").addEventListener("click", () => panel.close());
    panel.addEventListener("click", (event) => { if (event.target === panel) panel.close(); });
    panel.addEventListener("close", () => history.replaceState(null, "", location.pathname + location.search));
    open(decodeURIComponent(location.hash.slice(1)));
  });
  addEventListener("hashchange", () => open(decodeURIComponent(location.hash.slice(1))));
})();
