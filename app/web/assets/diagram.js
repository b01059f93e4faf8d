// Shows one diagram: <div class="diagram" data-xml-url="…" data-state-url="…"> with a child .canvas.
// The state is JSON {done: [element ids], current: [ids], taken: [flow ids]}; without data-state-url nothing is tinted.
// Names, lists and dates stand in the page as text as well, so the picture is hidden from screen readers.

import NavigatedViewer from "bpmn-js/lib/NavigatedViewer";

const FONT = '"PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Source Han Sans SC", sans-serif';

function tint(viewer, state) {
  const canvas = viewer.get("canvas");
  const done = new Set(state.done || []);
  const current = new Set(state.current || []);
  const taken = new Set(state.taken || []);
  for (const element of viewer.get("elementRegistry").getAll()) {
    const kind = element.type;
    if (kind === "bpmn:SequenceFlow" && !element.labelTarget) {
      canvas.addMarker(element, taken.has(element.id) ? "sw-taken" : "sw-untaken");
    } else if (/Task$|Event$|Gateway$|SubProcess$|CallActivity$/.test(kind) && !element.labelTarget) {
      canvas.addMarker(element, current.has(element.id) ? "sw-current" : done.has(element.id) ? "sw-done" : "sw-future");
    }
  }
}

/** The whole picture where it stays readable, else the part around "you are here". */
function fit(viewer, state) {
  const canvas = viewer.get("canvas");
  canvas.zoom("fit-viewport", "auto");
  const here = state && (state.current || []).map((id) => viewer.get("elementRegistry").get(id)).find(Boolean);
  if (here && canvas.zoom() < 0.45) {
    canvas.zoom(0.75);
    const box = canvas.viewbox();
    canvas.viewbox({
      x: here.x + here.width / 2 - box.width / 2,
      y: here.y + here.height / 2 - box.height / 2,
      width: box.width,
      height: box.height,
    });
  } else if (!state && canvas.zoom() < 0.35) {
    // A long diagram in a narrow window: its full height, from the beginning.
    const whole = canvas.viewbox();
    canvas.zoom(Math.min(1, whole.outer.height / (whole.inner.height + 40)));
    const box = canvas.viewbox();
    canvas.viewbox({ x: whole.inner.x - 20, y: whole.inner.y - 20, width: box.width, height: box.height });
  }
}

function zoomBy(canvas, factor, point) {
  const scale = Math.min(4, Math.max(0.1, canvas.zoom() * factor));
  canvas.zoom(scale, point);
}

/** One finger moves, two fingers zoom. The mouse is bpmn-js's own business. */
function touches(surface, canvas) {
  const points = new Map();
  const place = (event) => {
    const box = surface.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const spread = () => {
    const [a, b] = [...points.values()];
    return { gap: Math.hypot(a.x - b.x, a.y - b.y), x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
  };
  surface.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "touch") points.set(event.pointerId, place(event));
  });
  surface.addEventListener("pointermove", (event) => {
    const before = points.get(event.pointerId);
    if (!before) return;
    event.preventDefault();
    const now = place(event);
    if (points.size === 1) {
      canvas.scroll({ dx: now.x - before.x, dy: now.y - before.y });
      points.set(event.pointerId, now);
    } else if (points.size === 2) {
      const old = spread();
      points.set(event.pointerId, now);
      const fresh = spread();
      canvas.scroll({ dx: fresh.x - old.x, dy: fresh.y - old.y });
      if (old.gap > 0) zoomBy(canvas, fresh.gap / old.gap, { x: fresh.x, y: fresh.y });
    }
  });
  for (const name of ["pointerup", "pointercancel", "pointerleave"]) {
    surface.addEventListener(name, (event) => points.delete(event.pointerId));
  }
}

async function text(url) {
  const answer = await fetch(url, { credentials: "same-origin" });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.text();
}

async function show(block) {
  if (block.dataset.shown) return;
  block.dataset.shown = "1";
  const surface = block.querySelector(".canvas");
  surface.textContent = "";
  try {
    const [xml, state] = await Promise.all([
      text(block.dataset.xmlUrl),
      block.dataset.stateUrl ? text(block.dataset.stateUrl).then(JSON.parse) : null,
    ]);
    const viewer = new NavigatedViewer({
      container: surface,
      textRenderer: { defaultStyle: { fontFamily: FONT, fontSize: 13 }, externalStyle: { fontFamily: FONT, fontSize: 12 } },
      zoomScroll: { enabled: false }, // the page keeps its wheel; Ctrl + wheel zooms
    });
    await viewer.importXML(xml);
    const canvas = viewer.get("canvas");
    if (state) tint(viewer, state);
    fit(viewer, state);
    touches(surface, canvas);
    surface.addEventListener("wheel", (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      const box = surface.getBoundingClientRect();
      zoomBy(canvas, event.deltaY < 0 ? 1.15 : 1 / 1.15, { x: event.clientX - box.left, y: event.clientY - box.top });
    }, { passive: false });
    for (const button of block.querySelectorAll("[data-zoom]")) {
      button.hidden = false;
      button.addEventListener("click", () => {
        if (button.dataset.zoom === "fit") canvas.zoom("fit-viewport", "auto");
        else if (button.dataset.zoom === "here") fit(viewer, state);
        else zoomBy(canvas, button.dataset.zoom === "in" ? 1.25 : 0.8);
      });
    }
  } catch (_) {
    surface.classList.add("failed");
    surface.textContent = "流程图没有取到，请看下面的文字说明，或稍后刷新。";
  }
}

/** Draw every diagram in `root` that can be seen. */
function showAll(root) {
  for (const block of root.querySelectorAll(".diagram[data-xml-url]")) {
    const folded = block.closest("details:not([open])");
    if (!folded) show(block);
  }
}

window.shouwangDiagrams = showAll;
showAll(document);
for (const part of document.querySelectorAll("details[data-diagram]")) {
  part.addEventListener("toggle", () => { if (part.open) showAll(part); });
}
