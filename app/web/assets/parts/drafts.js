// A half-filled form is kept without checking it: in the draft of its own that a page names, else as a kept form (web/keeping/script.py).
// Files are not part of it; photos.js sends them by themselves.

import { doubtful, reachable, reached, say as sayUnsent } from "./sending.js";
import { drop, hold } from "./unsent.js";

const PAUSE = 3000; // ms after the last keystroke
const MOMENT = 200; // ms until it is kept on the device
const LONGEST = 2000; // ms that sending one form waits for what stands in the others
const wired = new WeakSet();
const watched = new Set();

function body(form) {
  const data = new FormData(form);
  const kept = new URLSearchParams();
  for (const [name, value] of data) if (typeof value === "string") kept.append(name, value);
  return kept;
}

/** Names of the fields that stand other than the page drew them. */
function changed(form) {
  const names = new Set();
  for (const field of form.elements) {
    if (!field.name || field.type === "hidden" || !("value" in field) || field.tagName === "BUTTON") continue;
    if (field.options) {
      const drawn = [...field.options].filter((option) => option.defaultSelected);
      const first = field.multiple ? [] : [...field.options].filter((option) => !option.disabled).slice(0, 1);
      const was = new Set(drawn.length ? drawn : first);
      if ([...field.options].some((option) => option.selected !== was.has(option))) names.add(field.name);
    } else if (/^(checkbox|radio)$/.test(field.type) ? field.checked !== field.defaultChecked : field.value !== field.defaultValue) {
      names.add(field.name);
    }
  }
  return names;
}

/** The address names the tab from now on: a reload shows what was typed here, not in another tab. */
function nameTab(form) {
  const address = new URL(location.href);
  const tab = form.querySelector("input[name=_from]")?.dataset.tab;
  if (!tab || address.searchParams.get("_tab") === tab) return;
  address.searchParams.set("_tab", tab);
  history.replaceState(history.state, "", address);
}

function clockOf(moment) {
  return moment.toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit", hour12: false });
}

function watch(form) {
  const own = form.dataset.draftUrl;
  let word = form.querySelector("[data-draft]") || (own && document.querySelector("[data-draft]"));
  form.addEventListener("formdata", (event) => event.formData.set("_changed", [...changed(form)].join(" ")));
  let timer = 0;
  let held = 0;
  let saved = body(form).toString();
  let sending = false;
  let over = false;
  let failed = false;

  function say(text) {
    if (!word && failed) {
      word = document.createElement("p");
      word.className = "quiet small";
      word.setAttribute("role", "status");
      form.append(word);
    }
    if (word) word.textContent = text;
  }

  const url = own || "/kept";

  function whole(now) {
    const sent = new URLSearchParams(now);
    if (!own) sent.append("_action", form.getAttribute("action"));
    return sent;
  }

  /** On the device, until the server has it. */
  function keepHere() {
    const now = body(form);
    if (changed(form).size && now.toString() !== saved) hold(form, url, whole(now));
    else drop(form);
  }

  async function save(leaving) {
    clearTimeout(timer);
    const now = body(form);
    if (over || (sending && !leaving) || now.toString() === saved) return;
    sending = true;
    const sent = whole(now);
    try {
      const answer = await fetch(url, {
        method: "POST",
        body: sent,
        credentials: "same-origin",
        keepalive: leaving && now.toString().length < 60000,
        redirect: "manual",
        headers: { "X-Requested-With": "fetch", Accept: "application/json" },
      });
      reached(true);
      if (answer.ok) {
        saved = now.toString();
        if (!over && body(form).toString() === saved) drop(form);
        failed = false;
        if (!own) nameTab(form);
        say(`已存草稿 ${clockOf(new Date())}`);
      } else if (answer.status === 403) {
        over = true; // who only reads keeps nothing
      } else if (answer.status === 409) {
        over = true;
        say("这一件已有变化，请刷新后再填");
      } else if (answer.type === "opaqueredirect" || answer.status === 401) {
        failed = true;
        say("登录已过期，填的先留在这一页；交的时候会请您登录，填的不会丢");
      } else {
        failed = true;
        say("草稿没有存上，稍后再试");
      }
    } catch (_) {
      reached(false);
      failed = true;
      say("网络不通，草稿没有存上");
    } finally {
      sending = false;
    }
  }

  watched.add({ form, save, open: () => !over && body(form).toString() !== saved });
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => save(false), PAUSE);
  });
  for (const kind of ["input", "change"]) {
    form.addEventListener(kind, () => {
      clearTimeout(held);
      held = setTimeout(keepHere, MOMENT);
    });
  }
  form.addEventListener("submit", (event) => {
    if (event.submitter && event.submitter.hasAttribute("data-download")) return; // a file comes, the page stays
    over = true;
    clearTimeout(timer);
    clearTimeout(held);
    if (changed(form).size) hold(form, url, whole(body(form)));
  });
  window.addEventListener("pageshow", (event) => { if (event.persisted) over = false; });
  window.addEventListener("pagehide", () => { if (!over) keepHere(); });
  window.addEventListener("beforeunload", (event) => {
    if (failed && !over && body(form).toString() !== saved) event.preventDefault(); // the browser asks whether to leave
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") save(true);
  });
}

// What stands in the other forms of a page is put away before one of them is sent, so that the next page shows it again; and
// nothing is sent while the server cannot be reached.
let letGo = null;
const trying = new WeakSet();
document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    for (const one of watched) if (!one.form.isConnected) watched.delete(one);
    const others = [...watched].filter((one) => one.form !== form && one.open());
    const unsure = doubtful();
    if (form === letGo || (!others.length && !unsure)) {
      letGo = null;
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    if (trying.has(form)) return;
    trying.add(form);
    sayUnsent(form, false);
    const { submitter } = event;
    const waited = new Promise((resolve) => setTimeout(resolve, LONGEST));
    const saved = Promise.race([Promise.all(others.map((one) => one.save(true))), waited]);
    saved.then(() => !doubtful() || reachable()).then((goes) => {
      trying.delete(form);
      if (!goes) return sayUnsent(form, true);
      letGo = form;
      form.requestSubmit(submitter);
      letGo = null;
    });
  },
  true,
);

export function drafts(root) {
  for (const form of root.querySelectorAll("form[method=post]")) {
    const keeps = form.dataset.draftUrl || (form.querySelector("input[name=_from]") && form.getAttribute("role") !== "search");
    if (wired.has(form) || !keeps || "here" in form.dataset || form.querySelector("input[type=password]")) continue;
    wired.add(form);
    watch(form);
  }
}
