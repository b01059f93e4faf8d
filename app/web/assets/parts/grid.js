// A list as a grid: arrows and Enter move between households, rows copied from a spreadsheet fill the cells, and at a
// meeting what is left over are abstentions; sums that cannot be are said in the row.

const wired = new WeakSet();

function rowsOf(form) {
  return Array.from(form.querySelectorAll("[data-grid-row]"));
}

function cellsOf(row) {
  return Array.from(row.querySelectorAll("[data-cell]"));
}

function move(form, cell, by) {
  const rows = rowsOf(form);
  const row = cell.closest("[data-grid-row]");
  const column = cellsOf(row).indexOf(cell);
  const next = rows[rows.indexOf(row) + by];
  const target = next && cellsOf(next)[column];
  if (target) { target.focus(); if (target.select) target.select(); }
  return Boolean(target);
}

function sideways(cell, by) {
  const cells = cellsOf(cell.closest("[data-grid-row]"));
  const target = cells[cells.indexOf(cell) + by];
  if (target) { target.focus(); if (target.select) target.select(); }
  return Boolean(target);
}

function atEdge(cell, by) {
  if (cell.selectionStart === null || cell.selectionStart === undefined) return false;
  const whole = cell.selectionStart === 0 && cell.selectionEnd === cell.value.length;
  return whole || (by < 0 ? cell.selectionEnd === 0 : cell.selectionStart === cell.value.length);
}

function set(cell, text) {
  if (cell.tagName === "SELECT") {
    const option = Array.from(cell.options).find((one) => one.text.trim() === text || one.value === text);
    if (option) cell.value = option.value;
  } else cell.value = text;
}

function paste(form, cell, text) {
  const lines = text.replace(/\r/g, "").replace(/\n$/, "").split("\n").map((line) => line.split("\t"));
  if (lines.length === 1 && lines[0].length === 1) return false;
  const rows = rowsOf(form);
  const start = rows.indexOf(cell.closest("[data-grid-row]"));
  const column = cellsOf(rows[start]).indexOf(cell);
  lines.forEach((line, down) => {
    const row = rows[start + down];
    if (row) line.forEach((one, right) => { const target = cellsOf(row)[column + right]; if (target) set(target, one.trim()); });
  });
  return true;
}

function whole(field) {
  return field && /^\d+$/.test(field.value.trim()) ? Number(field.value) : null;
}

/** The part of those present that carries a review: data-majority="1/2" with ">" before it for more than. */
function carried(form, agree, attended) {
  const text = form.dataset.majority;
  const [part, of] = text.replace(">", "").split("/").map(Number);
  return text.startsWith(">") ? agree * of > attended * part : agree * of >= attended * part;
}

function count(form) {
  const attended = whole(form.elements.attended);
  for (const row of rowsOf(form)) {
    const named = (name) => cellsOf(row).find((cell) => cell.dataset.name === name);
    const output = row.querySelector("[data-result]");
    const [agree, against, abstained] = ["for", "against", "abstained"].map(named);
    const recused = (named("recusals")?.value || "").split(/[、,，;；\s]+/).filter(Boolean).length;
    output.textContent = "";
    output.classList.remove("over");
    if (attended === null || whole(agree) === null) continue;
    const left = attended - recused - whole(agree) - (whole(against) || 0);
    if (!abstained.value) abstained.placeholder = String(Math.max(left, 0));
    const wrong = left < 0 || (whole(abstained) !== null && whole(abstained) !== left);
    output.textContent = wrong ? `票数合计不是 ${attended - recused}` : carried(form, whole(agree), attended) ? "同意" : "不同意";
    output.classList.toggle("over", wrong);
  }
}

export function grids(root) {
  const forms = root.matches && root.matches("form[data-grid]") ? [root] : root.querySelectorAll("form[data-grid]");
  for (const form of forms) {
    if (wired.has(form)) continue;
    wired.add(form);
    const meeting = "meeting" in form.dataset;
    form.addEventListener("keydown", (event) => {
      const cell = event.target.closest("[data-cell]");
      if (!cell || event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
      const select = cell.tagName === "SELECT";
      let moved = false;
      if (event.key === "Enter" || (event.key === "ArrowDown" && !select)) moved = move(form, cell, 1) || event.key === "Enter";
      else if (event.key === "ArrowUp" && !select) moved = move(form, cell, -1);
      else if (event.key === "ArrowRight" && (select || atEdge(cell, 1))) moved = sideways(cell, 1);
      else if (event.key === "ArrowLeft" && (select || atEdge(cell, -1))) moved = sideways(cell, -1);
      if (moved) event.preventDefault();
    });
    form.addEventListener("paste", (event) => {
      const cell = event.target.closest("[data-cell]");
      if (cell && paste(form, cell, event.clipboardData.getData("text/plain"))) {
        event.preventDefault();
        if (meeting) count(form);
      }
    });
    const none = form.querySelector("[data-none]");
    if (none) {
      none.hidden = false;
      none.addEventListener("click", () => {
        for (const box of form.querySelectorAll('input[name="_in"]')) box.checked = false;
        form.dispatchEvent(new Event("input", { bubbles: true }));
      });
    }
    if (meeting) {
      count(form);
      form.addEventListener("input", () => count(form));
    }
  }
}
