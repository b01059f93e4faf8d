import { fieldsNamed, valuesOf } from "./values.js";

const wired = new WeakSet();

/** The column of this row goes before a field of the form with the same name. */
function placeOf(name, row) {
  const own = row && row.querySelector("[name]:not([name^=_])");
  const prefix = own && own.name.match(/^.*?-(\d+|__i__)-/);
  return prefix && fieldsNamed(row, prefix[0] + name).length ? prefix[0] + name : name;
}

/** One rule, `name=a|b` or `name!=a|b`. */
function holds(form, row, rule) {
  const [, name, operator, codes] = rule.match(/^\s*([^=!]+?)\s*(!?=)\s*(.*?)\s*$/) || [];
  if (name === undefined) return true;
  const wanted = codes.split("|");
  const hit = valuesOf(form, placeOf(name, row)).some((value) => wanted.includes(value));
  return operator === "=" ? hit : !hit;
}

function refresh(form) {
  for (const part of form.querySelectorAll("[data-when]")) {
    const row = part.closest("[data-row]");
    const shown = part.dataset.when.split(",").some((rule) => holds(form, row, rule)); // one of them is enough
    part.hidden = !shown;
    // What is not shown is not sent and not required.
    for (const field of part.querySelectorAll("input, select, textarea, button")) {
      if (shown && field.dataset.offByRule) {
        field.disabled = false;
        delete field.dataset.offByRule;
      } else if (!shown && !field.disabled) {
        field.disabled = true;
        field.dataset.offByRule = "1";
      }
    }
  }
}

export function conditions(root) {
  const forms = root.matches && root.matches("form") ? [root] : root.querySelectorAll("form");
  for (const form of forms) {
    if (!form.querySelector("[data-when]")) continue;
    refresh(form);
    if (wired.has(form)) continue;
    wired.add(form);
    form.addEventListener("input", () => refresh(form));
    form.addEventListener("change", () => refresh(form));
  }
}
