// A place among thousands: what fits is asked for while one types, and taken by Enter, arrow keys or a tap.
// Without a script the button beside the box sends the form to look; here the box alone does it.

const PAUSE = 200; // ms after the last keystroke
const wired = new WeakSet();
let serial = 0;

function option(place, id) {
  const line = document.createElement("li");
  line.setAttribute("role", "option");
  line.id = id;
  line.append(place.name);
  if (place.group) {
    const town = document.createElement("small");
    town.append(place.group);
    line.append(town);
  }
  return line;
}

function wire(box) {
  const input = box.querySelector("input[type=search]");
  const group = box.querySelector("select");
  const button = box.querySelector("button");
  const before = box.querySelector("input[type=hidden]");
  const said = box.querySelector("[data-said]");
  const select = box.dataset.for && !("many" in box.dataset) ? document.getElementById(box.dataset.for) : null;
  const list = document.createElement("ul");
  list.className = "finder-list";
  list.id = `finder-${(serial += 1)}`;
  list.setAttribute("role", "listbox");
  list.hidden = true;
  input.closest(".input-group").after(list);
  for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-controls", list.id], ["aria-expanded", "false"]]) {
    input.setAttribute(name, value);
  }
  let places = [];
  let active = -1;
  let timer = 0;
  let asked = 0;

  if (select) {
    // The box takes the place of the list: label, mistakes and their links lead to it.
    const id = select.id;
    select.id = `${id}-value`;
    select.classList.add("visually-hidden");
    select.tabIndex = -1;
    select.setAttribute("aria-hidden", "true");
    input.id = id;
    input.removeAttribute("aria-label");
    if (select.matches(".is-invalid")) input.classList.add("is-invalid");
    for (const name of ["aria-describedby", "aria-invalid", "aria-required"]) {
      if (select.hasAttribute(name)) input.setAttribute(name, select.getAttribute(name));
      select.removeAttribute(name);
    }
    select.classList.remove("is-invalid");
    if (select.autofocus) input.focus();
    const chosen = select.value && select.selectedOptions[0];
    if (chosen) settle(chosen.textContent.trim());
  }
  // One that was looked for without a script stays as it is; else the box says what it does.
  if (button) button.hidden = true;
  const left = box.querySelector("ul.plain");
  if (left) left.hidden = false;

  function settle(words) {
    input.value = words;
    if (before) before.value = `${group ? group.value : ""}|${words}`;
  }

  function close() {
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function mark(n) {
    active = n;
    [...list.children].forEach((line, at) => line.setAttribute("aria-selected", String(at === n)));
    const line = list.children[n];
    if (line) {
      input.setAttribute("aria-activedescendant", line.id);
      line.scrollIntoView({ block: "nearest" });
    }
  }

  function take(place) {
    close();
    if (box.dataset.go) {
      location.href = box.dataset.go + encodeURIComponent(place.code);
      return;
    }
    if ("many" in box.dataset) {
      tick(place);
      settle("");
      if (before) before.value = "|";
      if (group) group.value = "";
      said.textContent = `已选上${place.name}`;
      return;
    }
    select.replaceChildren(select.options[0], new Option(place.name, place.code, true, true));
    settle(place.name);
    said.textContent = place.group ? `已选：${place.group} ${place.name}` : `已选：${place.name}`;
    input.classList.remove("is-invalid");
    select.dispatchEvent(new Event("input", { bubbles: true }));
    select.dispatchEvent(new Event("change", { bubbles: true }));
  }

  function tick(place) {
    const form = box.closest("fieldset");
    let tickbox = [...form.querySelectorAll("input[type=checkbox]")].find((one) => one.value === place.code);
    if (!tickbox) {
      tickbox = Object.assign(document.createElement("input"), {
        type: "checkbox", className: "form-check-input", name: box.dataset.name, value: place.code, id: `${list.id}-${place.code}`,
      });
      const label = Object.assign(document.createElement("label"), { className: "form-check-label", htmlFor: tickbox.id, textContent: place.name });
      const line = Object.assign(document.createElement("div"), { className: "form-check" });
      line.append(tickbox, label);
      box.after(line);
    }
    tickbox.checked = true;
    tickbox.dispatchEvent(new Event("input", { bubbles: true }));
    tickbox.dispatchEvent(new Event("change", { bubbles: true }));
  }

  async function ask() {
    const text = input.value.trim();
    const town = group ? group.value : "";
    const mine = (asked += 1);
    if (!text && !town) {
      close();
      return;
    }
    const url = new URL(box.dataset.places, location.origin);
    url.searchParams.set("q", text);
    url.searchParams.set("group", town);
    let found;
    try {
      const answer = await fetch(url, { credentials: "same-origin", headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      found = await answer.json();
    } catch (_) {
      said.textContent = "没有查到，请检查网络，或者点“找”。";
      if (button) button.hidden = false;
      return;
    }
    if (mine !== asked) return; // typed on meanwhile
    places = found.places;
    list.replaceChildren(...places.map((place, n) => option(place, `${list.id}-${n}`)));
    list.hidden = !places.length;
    input.setAttribute("aria-expanded", String(places.length > 0));
    mark(places.length === 1 ? 0 : -1);
    said.textContent = !found.found ? "没有找到，请换几个字" : found.found > places.length
      ? `有 ${found.found} 个，列出前 ${places.length} 个；再输几个字会更少` : `找到 ${found.found} 个，请选一个`;
  }

  function soon() {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  }

  input.addEventListener("input", (event) => {
    if (!box.dataset.go) event.stopPropagation();
    if (select && select.value) {
      select.value = ""; // what was chosen is not what is being typed
      select.dispatchEvent(new Event("change", { bubbles: true }));
    }
    if (!event.isComposing) soon();
  });
  input.addEventListener("compositionend", soon);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (list.hidden) { ask(); return; }
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      mark((active + step + places.length) % places.length);
    } else if (event.key === "Enter") {
      if (!list.hidden && active >= 0) { event.preventDefault(); take(places[active]); }
      else if (select && !select.value && input.value.trim()) { event.preventDefault(); ask(); }
      else if (select || "many" in box.dataset) event.preventDefault();
    } else if (event.key === "Escape") close();
  });
  input.addEventListener("blur", () => setTimeout(() => {
    if (!list.hidden && places.length === 1 && !box.dataset.go && !("many" in box.dataset)) take(places[0]);
    close();
  }, 150));
  list.addEventListener("pointerdown", (event) => event.preventDefault()); // the box keeps the cursor
  list.addEventListener("click", (event) => {
    const line = event.target.closest("[role=option]");
    if (line) take(places[[...list.children].indexOf(line)]);
  });
  if (group) group.addEventListener("change", (event) => { event.stopPropagation(); input.focus(); ask(); });
}

export function finders(root) {
  for (const box of root.querySelectorAll("[data-places]")) {
    if (wired.has(box) || box.closest("template")) continue;
    wired.add(box);
    wire(box);
  }
}
