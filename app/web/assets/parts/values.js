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
    .replace(/[\s,\uff0c\u3000]/g, "")
    .replace(/^(?:[\u00a5\uffe5$]|RMB|CNY|\u4eba\u6c11\u5e01)+[:\uff1a]?/i, "")
    .replace(/(?:[\u5143\u5706\u5713\u5757][\u6574\u6b63\u94b1]?|RMB|CNY)$/i, "");
  const thousands = /[\u4e07\u842c]$/.test(plain);
  return plain === "" ? 0 : Number(thousands ? plain.slice(0, -1) || NaN : plain) * (thousands ? 10_000 : 1);
}
