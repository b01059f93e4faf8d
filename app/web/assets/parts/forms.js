/** Bring the first mistake into view and put the cursor there. */
export function firstError(root) {
  const field = root.querySelector("form [aria-invalid=true], form .is-invalid");
  const said = root.querySelector("[data-errors], #form-errors");
  const target = field || said;
  if (!target) return;
  for (let parent = target.closest("details"); parent; parent = parent.parentElement.closest("details")) parent.open = true;
  const block = target.closest(".field, fieldset") || target;
  block.scrollIntoView({ block: "center" });
  if (!field && document.activeElement !== document.body) return; // the page has put the cursor somewhere already
  const input = target.matches("input, select, textarea") ? target : target.querySelector("input, select, textarea");
  (input || target).focus({ preventScroll: true });
}

/** A large file takes a while to arrive and to be read: say so, and that it goes on. */
function sayBusy(form) {
  const line = document.createElement("div");
  line.className = "busy quiet small";
  line.setAttribute("role", "status");
  line.append("正在上传、逐行检查，请不要关掉这一页。", document.createElement("progress"));
  (form.querySelector(".actions") || form).append(line);
}

/** A second click sends nothing; after 15 s without a new page one may try again. */
export function onceOnly(root) {
  root.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (event.submitter && event.submitter.hasAttribute("data-download")) return; // a file comes, the page stays
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    const file = [...form.querySelectorAll("input[type=file]")].some((input) => input.files.length);
    const buttons = form.querySelectorAll("button:not([type=button])");
    buttons.forEach((button) => button.setAttribute("aria-busy", "true"));
    const free = () => {
      delete form.dataset.sent;
      form.querySelectorAll(".busy").forEach((line) => line.remove());
      buttons.forEach((button) => button.removeAttribute("aria-busy"));
    };
    if (file) sayBusy(form);
    setTimeout(free, file ? 180000 : 15000);
    window.addEventListener("pageshow", (shown) => { if (shown.persisted) free(); }, { once: true });
  });
  // A form htmx sends is not followed by a new page.
  root.addEventListener("htmx:afterRequest", (event) => {
    const form = event.target.closest && event.target.closest("form");
    if (form) delete form.dataset.sent;
  });
}
