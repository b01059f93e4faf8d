// The counts of waiting tasks and unread notifications, while the page is looked at. The stream sends one event and ends;
// the browser opens it again after the pause that the server asked for, also when the network was away.

function count(place, n) {
  let shown = place.querySelector(":scope > .n");
  if (!n) {
    if (shown) shown.remove();
    return;
  }
  if (!shown) {
    shown = document.createElement("span");
    shown.className = "n";
    place.append(shown);
  }
  shown.textContent = n > 999 ? "999+" : String(n);
}

export function live(root) {
  const url = root.body.dataset.live;
  if (!url || !window.EventSource) return;
  let stream = null;
  const stop = () => {
    if (stream) stream.close();
    stream = null;
  };
  const start = () => {
    stop();
    if (root.visibilityState === "hidden") return;
    stream = new EventSource(url);
    stream.addEventListener("counts", (event) => {
      const { waiting, told } = JSON.parse(event.data);
      for (const place of root.querySelectorAll(".rail a[href='/']:not(.brand)")) count(place, waiting);
      for (const place of root.querySelectorAll("[data-told]")) count(place, told);
    });
  };
  root.addEventListener("visibilitychange", start);
  window.addEventListener("pagehide", stop);
  // The page has the counts of its own moment.
  setTimeout(start, 15000);
}
