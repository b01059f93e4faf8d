// Inbox: j / k (or the arrow keys once a line is marked) move, x ticks, Enter opens, / goes to the search box.

function typing(target) {
  return target.closest("input, select, textarea, [contenteditable]") !== null;
}

export function keys(root) {
  root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target)) return;
    const list = root.querySelector("[data-list]");
    if (!list) return;
    if (event.key === "/") {
      const box = root.querySelector("[data-find]");
      if (box) { event.preventDefault(); box.focus(); }
      return;
    }
    const lines = Array.from(list.querySelectorAll(":scope > li"));
    const at = lines.findIndex((line) => line.classList.contains("here"));
    const arrows = at >= 0;
    if (event.key === "x" && at >= 0) {
      const pick = lines[at].querySelector(".pick");
      if (pick) pick.click();
      return;
    }
    let next = -1;
    if (event.key === "j" || (arrows && event.key === "ArrowDown")) next = Math.min(at + 1, lines.length - 1);
    else if (event.key === "k" || (arrows && event.key === "ArrowUp")) next = Math.max(at - 1, 0);
    else return;
    if (!lines.length) return;
    event.preventDefault();
    lines.forEach((line, index) => line.classList.toggle("here", index === next));
    const link = lines[next].querySelector("[data-open]");
    if (link) link.focus({ preventScroll: true }); // Enter then follows the link by itself
    lines[next].scrollIntoView({ block: "nearest" });
  });
}
