// Photographs are made small here and sent one by one, before the form: each with its progress, and again when the network
// broke off. What has arrived stands by name and goes along with the form (see web/keeping/script.py).

const LONGEST_SIDE = 2000; // as services.work.scans keeps them
const LARGEST = 1000000;
const PDF_LARGEST = 6000000;
const wired = new WeakSet();

async function small(file) {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  let scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
  try {
    for (const quality of [0.85, 0.7, 0.55, 0.4]) {
      const canvas = document.createElement("canvas");
      canvas.width = Math.max(1, Math.round(picture.width * scale));
      canvas.height = Math.max(1, Math.round(picture.height * scale));
      const pen = canvas.getContext("2d");
      pen.fillStyle = "#fff";
      pen.fillRect(0, 0, canvas.width, canvas.height);
      pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
      const made = await new Promise((done) => canvas.toBlob(done, "image/jpeg", quality));
      canvas.width = canvas.height = 0; // gives the memory back at once
      if (made && (made.size <= LARGEST || quality === 0.4)) return made;
      scale *= 0.8;
    }
  } finally {
    picture.close();
  }
  return null;
}

/** What is sent of a chosen file, or the sentence why nothing is. */
async function prepared(file) {
  if (file.type === "application/pdf" || /\.pdf$/i.test(file.name)) {
    return file.size > PDF_LARGEST ? { wrong: "这个 PDF 太大，最多 6 MB。请分成几份上传。" } : { body: file };
  }
  try {
    const body = await small(file);
    if (body) return { body };
  } catch (_) {
    // told below
  }
  const heic = /hei[cf]|avif/i.test(`${file.type} ${file.name}`);
  return { wrong: heic
    ? "这是 HEIC 格式的照片，打不开。请在手机相机的设置里把格式改成“兼容性最好”（JPEG）再拍，或者截一张图上传。"
    : "这张照片打不开，可能没有传完整，也可能不是照片。请重新拍一张。" };
}

function post(form, input, name, body, onProgress) {
  const data = new FormData();
  for (const field of ["csrf_token", "_from", "_kept", "_kept_of"]) {
    const found = form.querySelector(`input[name=${field}]`);
    if (found) data.append(field, found.value);
  }
  data.append("_action", form.getAttribute("action"));
  data.append("_field", input.name);
  data.append("file", body, name);
  return new Promise((done) => {
    const call = new XMLHttpRequest();
    call.open("POST", "/kept/file");
    call.setRequestHeader("X-Requested-With", "fetch");
    call.timeout = 180000;
    call.upload.onprogress = (event) => { if (event.lengthComputable) onProgress(event.loaded / event.total); };
    call.onload = () => done({ status: call.status, text: call.responseText });
    call.onerror = call.ontimeout = call.onabort = () => done({ status: 0, text: "" });
    call.send(data);
  });
}

function queueOf(form) {
  if (!form.photoQueue) form.photoQueue = { waiting: 0, failed: 0, last: Promise.resolve(), submitter: null };
  return form.photoQueue;
}

/** One line for one file: on its way, arrived, or why not. */
function line(form, input, file) {
  const queue = queueOf(form);
  const row = document.createElement("div");
  row.className = "photo-line small";
  row.setAttribute("role", "status");
  const word = document.createElement("span");
  const bar = document.createElement("progress");
  bar.max = 1;
  const again = document.createElement("button");
  again.type = "button";
  again.className = "btn btn-text";
  again.textContent = "再传一次";
  const away = again.cloneNode();
  away.textContent = "不要了";
  row.append(word, bar, again, away);
  input.before(row);
  let failed = false;

  function say(text, broken) {
    word.textContent = `${file.name}：${text}`;
    bar.hidden = Boolean(broken);
    again.hidden = away.hidden = !broken;
    if (Boolean(broken) !== failed) queue.failed += broken ? 1 : -1;
    failed = Boolean(broken);
  }

  async function send() {
    say("正在缩小", false);
    bar.removeAttribute("value");
    const made = await prepared(file);
    if (made.wrong) {
      say(made.wrong, true);
      again.hidden = true;
      return;
    }
    say("正在上传", false);
    const answer = await post(form, input, file.name, made.body, (part) => { bar.value = part; });
    if (answer.status === 200) {
      row.outerHTML = JSON.parse(answer.text).line;
      input.required = false;
    } else if (answer.status === 401) {
      say("登录已过期，请在新窗口登录后再传", true);
    } else {
      say(answer.status === 422 ? answer.text : "没有传上，网络可能断了", true);
    }
  }

  function start() {
    queue.waiting += 1;
    say("等着上传", false);
    queue.last = queue.last.then(send).catch(() => say("没有传上", true)).then(() => {
      queue.waiting -= 1;
      settled(form, queue);
    });
  }

  again.addEventListener("click", start);
  away.addEventListener("click", () => {
    say("", false);
    row.remove();
  });
  start();
}

/** The form was to be sent while pictures were on their way: it goes when they have arrived. */
function settled(form, queue) {
  if (queue.waiting || !queue.submitter) return;
  const by = queue.submitter;
  queue.submitter = null;
  if (queue.failed) tell(form, "有照片没有传上，请再传一次，或点“不要了”，然后再交。");
  else form.requestSubmit(by === form ? undefined : by);
}

function tell(form, text) {
  let said = form.querySelector("[data-photo-said]");
  if (!said) {
    said = document.createElement("p");
    said.dataset.photoSaid = "";
    said.className = "note warn";
    said.setAttribute("role", "status");
    (form.querySelector(".actions") || form).before(said);
  }
  said.textContent = text;
}

export function photos(root) {
  for (const input of root.querySelectorAll('form input[type=file][name^="_file-"]')) {
    const form = input.form;
    if (wired.has(input) || !form.querySelector("input[name=_from]") || !window.createImageBitmap) continue;
    wired.add(input);
    input.addEventListener("change", () => {
      const chosen = [...input.files];
      input.value = "";
      for (const file of chosen) line(form, input, file);
    });
    if (wired.has(form)) continue;
    wired.add(form);
    form.addEventListener("submit", (event) => {
      const queue = queueOf(form);
      if (!queue.waiting && !queue.failed) return;
      event.preventDefault();
      if (queue.waiting) {
        queue.submitter = event.submitter || form;
        tell(form, `还有 ${queue.waiting} 张照片在传，传完就交上。`);
      } else {
        tell(form, "有照片没有传上，请再传一次，或点“不要了”，然后再交。");
      }
    });
  }
}
