// A half-filled form is kept without checking it. Files are not part of a draft.

const PAUSE = 3000; // ms after the last keystroke
const wired = new WeakSet();

function body(form) {
  const data = new FormData(form);
  const kept = new URLSearchParams();
  for (const [name, value] of data) if (typeof value === "string") kept.append(name, value);
  return kept;
}

function clockOf(moment) {
  return moment.toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit", hour12: false });
}

function watch(form) {
  const word = form.querySelector("[data-draft]") || document.querySelector("[data-draft]");
  let timer = 0;
  let saved = body(form).toString();
  let sending = false;
  let over = false;

  const say = (text) => { if (word) word.textContent = text; };

  async function save(leaving) {
    clearTimeout(timer);
    const now = body(form);
    if (over || sending || now.toString() === saved) return;
    sending = true;
    try {
      const answer = await fetch(form.dataset.draftUrl, {
        method: "POST",
        body: now,
        credentials: "same-origin",
        keepalive: leaving && now.toString().length < 60000,
        redirect: "manual",
        headers: { "X-Requested-With": "fetch", Accept: "application/json" },
      });
      if (answer.ok) {
        saved = now.toString();
        say(`已存草稿 ${clockOf(new Date())}`);
      } else if (answer.status === 409) {
        over = true;
        say("这一件已有变化，请刷新后再填");
      } else if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) {
        over = true;
        say("登录已过期，草稿没有存上；请在新窗口登录后再存");
      } else {
        say("草稿没有存上，稍后再试");
      }
    } catch (_) {
      say("网络不通，草稿没有存上");
    } finally {
      sending = false;
    }
  }

  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => save(false), PAUSE);
  });
  form.addEventListener("submit", () => {
    over = true;
    clearTimeout(timer);
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") save(true);
  });
}

export function drafts(root) {
  for (const form of root.querySelectorAll("form[data-draft-url]")) {
    if (wired.has(form)) continue;
    wired.add(form);
    watch(form);
  }
}
