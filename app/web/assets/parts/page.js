/** Menus made of <details> close on Escape and on a click elsewhere. */
export function menus(root) {
  const close = (except) => {
    for (const menu of root.querySelectorAll("details[data-menu][open]")) if (menu !== except) menu.open = false;
  };
  root.addEventListener("click", (event) => close(event.target.closest("details[data-menu]")));
  root.addEventListener("keydown", (event) => { if (event.key === "Escape") close(null); });
}

/** The diagram's script and sheet are fetched only when somebody asks for the picture. */
export function lazyDiagrams(root) {
  for (const part of root.querySelectorAll("details[data-diagram]")) {
    part.addEventListener("toggle", () => {
      if (!part.open) return;
      if (window.shouwangDiagrams) { window.shouwangDiagrams(part); return; }
      if (document.querySelector("script[data-diagram-script]")) return;
      const sheet = document.createElement("link");
      sheet.rel = "stylesheet";
      sheet.href = part.dataset.sheet;
      const script = document.createElement("script");
      script.src = part.dataset.script;
      script.dataset.diagramScript = "1";
      document.head.append(sheet, script);
    });
  }
}

/** What stands open beside the form on the desktop is folded above it on the phone. */
export function folds(root) {
  if (window.matchMedia("(min-width: 768px)").matches) return;
  for (const part of root.querySelectorAll("details[data-fold-narrow]")) part.open = false;
}

/** On the phone the path scrolls sideways: begin at "you are here". */
export function centrePath(root) {
  for (const path of root.querySelectorAll(".path")) {
    const here = path.querySelector(".current");
    if (here && path.scrollWidth > path.clientWidth) {
      path.scrollLeft = here.offsetLeft - path.clientWidth / 2 + here.offsetWidth / 2;
    }
  }
}

/** Buttons that only a script can serve are drawn only then. */
export function buttons(root) {
  for (const button of root.querySelectorAll("[data-print]")) button.hidden = false;
  root.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) window.print();
  });
}
