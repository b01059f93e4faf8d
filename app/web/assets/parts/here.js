// form[data-here]: of a person without an account. What is typed stays in this tab, and nowhere else, until it was taken
// ([data-taken] names the form's address); the page left, reloaded or come back to shows it again.

const OWN = new Set(["csrf_token", "_from", "_puzzle"]);
const key = (action) => `typed ${action}`;

function kept(action) {
  try {
    return JSON.parse(sessionStorage.getItem(key(action)) || "[]");
  } catch (_) {
    return [];
  }
}

function keep(form) {
  const typed = [];
  for (const field of form.elements) {
    if (!field.name || OWN.has(field.name) || /^(file|password|submit|button)$/.test(field.type)) continue;
    if (/^(checkbox|radio)$/.test(field.type) ? !field.checked : !field.value) continue;
    const chosen = field.selectedOptions && field.selectedOptions[0];
    typed.push([field.name, field.value, chosen ? chosen.textContent.trim() : ""]);
  }
  try {
    sessionStorage.setItem(key(form.getAttribute("action")), JSON.stringify(typed));
  } catch (_) {
    // no room, or the browser keeps nothing: the page works without
  }
}

function put(form, name, value, words) {
  for (const field of form.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
    if (/^(checkbox|radio)$/.test(field.type)) {
      if (field.value === value) field.checked = true;
    } else if (field.value === "") {
      const known = !field.options || [...field.options].some((option) => option.value === value);
      if (!known) field.add(new Option(words, value)); // found by typing
      field.value = value;
    }
  }
}

export function here(root) {
  for (const done of root.querySelectorAll("[data-taken]")) sessionStorage.removeItem(key(done.dataset.taken));
  for (const form of root.querySelectorAll("form[data-here]")) {
    for (const one of kept(form.getAttribute("action"))) put(form, ...one);
    for (const event of ["input", "change"]) form.addEventListener(event, () => keep(form));
  }
}
