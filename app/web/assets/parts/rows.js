// Tables of a form: "add a row" without asking the server, and rows struck out at once.
// The markup is fields.html's: [data-rows] > [data-row-list] > [data-row], a <template> whose row is numbered __i__.

const wired = new WeakSet();

function add(table, afterAdd) {
  const list = table.querySelector("[data-row-list]");
  const used = Array.from(list.querySelectorAll("[data-row]")).map((row) => Number(row.dataset.row));
  const number = used.length ? Math.max(...used) + 1 : 0;
  const holder = document.createElement("template");
  holder.innerHTML = table.querySelector("template[data-row-template]").innerHTML.replace(/__i__/g, String(number));
  const row = holder.content.firstElementChild;
  list.append(row);
  afterAdd(row);
  const first = row.querySelector("input:not([type=hidden]), select, textarea");
  if (first) first.focus();
}

function refresh(table) {
  const rows = Array.from(table.querySelectorAll("[data-row-list] > [data-row]"));
  for (const row of rows) {
    const gone = row.querySelector("input[name^='_remove-']");
    row.classList.toggle("struck", Boolean(gone && gone.checked));
  }
  const most = Number(table.dataset.max || 0);
  const button = table.querySelector("[data-add-row]");
  if (button && most) button.disabled = rows.length >= most;
}

export function rows(root, afterAdd) {
  for (const table of root.querySelectorAll("[data-rows]")) {
    if (wired.has(table)) continue;
    wired.add(table);
    refresh(table);
    table.addEventListener("change", () => refresh(table));
    table.addEventListener("click", (event) => {
      const removing = event.target.closest("[data-remove-row]");
      if (!removing && !event.target.closest("[data-add-row]")) return;
      event.preventDefault();
      if (removing) {
        removing.closest("[data-row]").remove();
        table.querySelector("[data-add-row]").focus();
      } else {
        add(table, afterAdd);
      }
      refresh(table);
      table.dispatchEvent(new Event("input", { bubbles: true }));
    });
  }
}

/** At most so many ticks in one list: the rest wait until one is taken off. */
export function ticks(root) {
  for (const list of root.querySelectorAll("fieldset[data-max]:not([data-rows])")) {
    if (wired.has(list)) continue;
    wired.add(list);
    const limit = () => {
      const boxes = Array.from(list.querySelectorAll("input[type=checkbox]"));
      const full = boxes.filter((box) => box.checked).length >= Number(list.dataset.max);
      for (const box of boxes) box.disabled = full && !box.checked;
    };
    limit();
    list.addEventListener("change", limit);
  }
}
