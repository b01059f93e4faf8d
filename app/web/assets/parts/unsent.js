// What was typed and has not reached the server yet stays in this tab: through a lost signal, a browser's error page, a reload.
// It is bound to the person who is signed in, goes as soon as the server has it, and with the sign-out in every tab.

const BEFORE = "unsent ";
const DONE = "sw_done_"; // a cookie of this name and the form's mark: the server has answered that form (web/keeping/forms.py)
const MARK_END = 24;
const LONGEST = 12 * 3600 * 1000; // ms that it waits for the same person
const channel = window.BroadcastChannel ? new BroadcastChannel("shouwang") : null;

function all() {
  try {
    return Object.keys(sessionStorage).filter((key) => key.startsWith(BEFORE));
  } catch (_) {
    return [];
  }
}

function keyOf(form) {
  const mark = form.querySelector("input[name=_from]");
  return mark && mark.value ? BEFORE + mark.value.slice(-MARK_END) : null;
}

/** Keep what stands in a form now; `url`: where it is saved, `sent`: what is sent there. */
export function hold(form, url, sent) {
  const mark = form.querySelector("input[name=_from]");
  const key = keyOf(form);
  const { me } = document.body.dataset;
  if (!key || !me) return;
  const body = new URLSearchParams(sent);
  body.delete("csrf_token");
  const action = form.getAttribute("action");
  try {
    const one = { me, url, action, page: location.pathname, tab: mark.dataset.tab, body: body.toString(), at: Date.now() };
    sessionStorage.setItem(key, JSON.stringify(one));
  } catch (_) {
    // no room, or the browser keeps nothing: the page works without
  }
}

/** The server has it. */
export function drop(form) {
  const key = keyOf(form);
  if (key) sessionStorage.removeItem(key);
}

function dropPage() {
  for (const key of all()) if (JSON.parse(sessionStorage.getItem(key)).page === location.pathname) sessionStorage.removeItem(key);
}

function clear() {
  for (const key of all()) sessionStorage.removeItem(key);
}

function answered(key) {
  const name = DONE + key.slice(BEFORE.length);
  if (!document.cookie.split("; ").some((one) => one.startsWith(`${name}=`))) return false;
  document.cookie = `${name}=; Max-Age=0; Path=/; SameSite=Lax`;
  return true;
}

async function push(one, token) {
  const body = new URLSearchParams(one.body);
  body.set("csrf_token", token);
  const send = (url) => fetch(url, { method: "POST", body, redirect: "manual", credentials: "same-origin",
    headers: { "X-Requested-With": "fetch", Accept: "application/json" } });
  const answer = await send(one.url);
  if (answer.ok || one.url === "/kept") return answer.ok;
  body.set("_action", one.action); // a draft that its task does not take any more is kept to be copied
  return (await send("/kept")).ok;
}

/** On every page: what an earlier page of this tab could not send is saved now, and shown where it belongs. */
async function settle() {
  const { me } = document.body.dataset;
  const token = document.querySelector("input[name=csrf_token]");
  let shows = null;
  for (const key of all()) {
    const one = JSON.parse(sessionStorage.getItem(key));
    if (answered(key) || (me && me !== one.me) || Date.now() - one.at > LONGEST) {
      sessionStorage.removeItem(key);
    } else if (me && token) {
      const saved = await push(one, token.value).catch(() => false);
      if (saved) sessionStorage.removeItem(key);
      if (saved && one.page === location.pathname) shows = one;
    }
  }
  if (!shows) return;
  const address = new URL(location.href);
  address.hash = "";
  if (shows.tab && shows.url === "/kept") address.searchParams.set("_tab", shows.tab);
  location.replace(address);
}

export function unsent(root) {
  root.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    const action = event.target.getAttribute("action");
    if (action === "/kept/drop") dropPage();
    if (action === "/logout") {
      clear();
      if (channel) channel.postMessage("signed out");
    }
  });
  if (channel) channel.addEventListener("message", clear);
  settle();
}
