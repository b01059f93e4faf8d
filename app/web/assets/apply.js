// The public page's puzzle: solved beside the typing, so that a person hardly notices and a flood pays for each try.

import { pbkdf2, solveChallenge } from "altcha/lib";

const form = document.querySelector("form[data-puzzle]");

async function solve() {
  const challenge = JSON.parse(form.dataset.puzzle);
  const solution = await solveChallenge({ challenge, deriveKey: pbkdf2.deriveKey });
  return solution ? btoa(JSON.stringify({ challenge, solution })) : "";
}

if (form && crypto.subtle) {
  const answer = solve();
  const field = form.elements._puzzle;
  answer.then((text) => (field.value = text));
  form.addEventListener("submit", async (event) => {
    if (field.value) return;
    event.preventDefault();
    form.querySelector("[data-puzzle-said]").textContent = "正在准备，请稍等……";
    field.value = await answer;
    form.submit();
  });
}
