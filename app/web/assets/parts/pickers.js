// A search box above a long select: 174 villages are found by two characters or their pinyin.

const LONG = 20;
const wired = new WeakSet();

export function pickers(root) {
  for (const select of root.querySelectorAll("select")) {
    // In a table row there is no room; typing in the open list finds an entry as well.
    if (wired.has(select) || select.closest("[data-row], .finder") || select.matches("[data-found]") || !(select.matches("[data-picker]") || select.options.length > LONG)) continue;
    wired.add(select);
    const all = Array.from(select.children).map((node) => node.cloneNode(true));
    const box = document.createElement("input");
    box.type = "search";
    box.className = "form-control picker-search";
    box.placeholder = select.dataset.picker || "输入几个字查找";
    box.autocomplete = "off";
    box.setAttribute("aria-label", box.placeholder);
    const word = document.createElement("div");
    word.className = "form-text";
    word.setAttribute("role", "status");
    select.before(box);
    select.after(word);

    const fits = (option, text) =>
      option.textContent.toLowerCase().includes(text) || (option.dataset.pinyin || "").toLowerCase().startsWith(text);

    const filter = () => {
      const text = box.value.trim().toLowerCase();
      const chosen = select.value;
      const nodes = [];
      let count = 0;
      let only = null;
      for (const node of all) {
        const copy = node.cloneNode(true);
        const options = copy.tagName === "OPTGROUP" ? Array.from(copy.children) : [copy];
        // A match of the group's own label (the town) keeps the whole group.
        const whole = copy.tagName === "OPTGROUP" && copy.label.toLowerCase().includes(text);
        for (const option of options) {
          const blank = option.value === "";
          if (!text || whole || blank || fits(option, text)) {
            if (!blank) { count += 1; only = option; }
          } else {
            option.remove();
          }
        }
        if (copy.tagName !== "OPTGROUP" ? !text || copy.value === "" || fits(copy, text) : copy.children.length) nodes.push(copy);
      }
      select.replaceChildren ? select.replaceChildren(...nodes) : (select.innerHTML = "", nodes.forEach((node) => select.append(node)));
      select.value = text && count === 1 ? only.value : chosen;
      if (select.selectedIndex < 0) select.selectedIndex = 0;
      word.textContent = text ? (count ? `找到 ${count} 个${count === 1 ? "，已选上" : ""}` : "没有找到，请换几个字") : "";
      select.dispatchEvent(new Event("change", { bubbles: true }));
    };
    box.addEventListener("input", (event) => { event.stopPropagation(); filter(); });
    box.addEventListener("keydown", (event) => {
      if (event.key === "Enter") { event.preventDefault(); select.focus(); }
    });
  }
}
