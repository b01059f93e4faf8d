// Sums while one types: <output data-sum="a b -c rows-*-d" data-digits="2" data-divide="members">.

import { fieldsNamed, numberIn } from "./values.js";

const wired = new WeakSet();

function counted(field) {
  return !field.disabled && !field.closest("[hidden], .struck");
}

function total(form, list) {
  let sum = 0;
  for (const part of list.split(/\s+/).filter(Boolean)) {
    const sign = part.startsWith("-") ? -1 : 1;
    for (const field of fieldsNamed(form, part.replace(/^[-+]/, ""))) {
      if (counted(field)) sum += sign * numberIn(field.value);
    }
  }
  return sum;
}

function show(output, form) {
  const digits = Number(output.dataset.digits || 2);
  let sum = total(form, output.dataset.sum);
  if (output.dataset.divide) {
    const by = numberIn((fieldsNamed(form, output.dataset.divide)[0] || {}).value || "");
    sum = by > 0 ? sum / by : NaN;
  }
  output.textContent = Number.isFinite(sum)
    ? sum.toLocaleString("zh-CN", { minimumFractionDigits: digits, maximumFractionDigits: digits })
    : "—";
}

export function sums(root) {
  const forms = root.matches && root.matches("form") ? [root] : root.querySelectorAll("form");
  for (const form of forms) {
    if (!form.querySelector("[data-sum]")) continue;
    const refresh = () => form.querySelectorAll("[data-sum]").forEach((output) => show(output, form));
    refresh();
    if (wired.has(form)) continue;
    wired.add(form);
    form.addEventListener("input", refresh);
    form.addEventListener("change", refresh);
  }
}
