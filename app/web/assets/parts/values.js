// Reading fields by name, the way the form will send them.

/** Names look like `income-0-amount` or `votes-for`; a star stands for any row number. */
function pattern(name) {
  const escaped = name.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replace(/\*/g, "\\d+");
  return new RegExp(`^${escaped}$`);
}

export function fieldsNamed(scope, name) {
  const wanted = pattern(name);
  return Array.from(scope.querySelectorAll("[name]")).filter((field) => wanted.test(field.name));
}

/** All values the named field would send now (a list: radio, checks, select). */
export function valuesOf(scope, name) {
  return fieldsNamed(scope, name)
    .filter((field) => (field.type === "radio" || field.type === "checkbox" ? field.checked : true))
    .map((field) => field.value);
}

/** "１,２００.５ 元" → 1200.5; NaN when there is text that is no number; 0 when empty. */
export function numberIn(text) {
  const plain = String(text)
    .replace(/[\uff10-\uff19]/g, (digit) => String.fromCharCode(digit.charCodeAt(0) - 0xfee0))
    .replace(/\uff0e/g, ".")
    .replace(/[\s,\uff0c\u5143]/g, "");
  return plain === "" ? 0 : Number(plain);
}
