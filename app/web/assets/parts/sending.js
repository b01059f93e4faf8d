// A form is not sent into nothing: where the connection may be gone it is tried first, and the page stays, with a sentence.

const FRESH = 10000; // ms for which an answer tells that the connection holds
const PATIENCE = 10000; // ms that a try may take; then the form goes all the same
let proved = Date.now(); // the page itself came
let doubted = false;

export function reached(did) {
  if (did) proved = Date.now();
  doubted = !did;
}

/** Whether one had better try before sending. */
export function doubtful() {
  return doubted || navigator.onLine === false || Date.now() - proved > FRESH;
}

export async function reachable() {
  const icon = document.querySelector("link[rel=icon]");
  const control = new AbortController();
  let slow = false;
  const timer = setTimeout(() => { slow = true; control.abort(); }, PATIENCE);
  try {
    const answer = await fetch(icon ? icon.href : "/", { method: "HEAD", cache: "no-store", signal: control.signal });
    reached(answer.status < 502 || answer.status > 504);
  } catch (_) {
    if (slow) return true;
    reached(false);
  } finally {
    clearTimeout(timer);
  }
  return !doubted;
}

export function say(form, wrong) {
  const old = form.querySelector("[data-not-sent]");
  if (old) old.remove();
  if (!wrong) return;
  const line = document.createElement("p");
  line.className = "note bad";
  line.dataset.notSent = "";
  line.setAttribute("role", "alert");
  line.textContent = "没有网络，没有发出去。写的都在这一页，等有了网再点一次；先不要关掉这一页。";
  const actions = form.querySelector(".actions");
  if (actions) actions.before(line);
  else form.append(line);
  line.scrollIntoView({ block: "center" });
}
