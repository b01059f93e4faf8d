// Makes pages better where scripts run; nothing here is needed to work. Each part looks for its own attribute,
// so that any page (and any fragment htmx brings) may use it:
//
//   form (method post)          what is typed is kept a few seconds later (at data-draft-url where there is one); [data-draft]
//                               says when; photographs are made small and sent one by one
//   body[data-me]               who is signed in: what is typed stays in this tab until the server has it (unsent.js); a form
//                               that cannot be sent stays, with a sentence (sending.js)
//   form[data-here]             of a person without an account: what is typed stays in this tab until it was taken (here.js)
//   [data-when="field=a|b"]     shown (and sent) only while `field` has one of these values; != turns it round;
//                               rules joined by commas: one is enough. In a row, the row's own column goes first
//   [data-rows]                 rows [data-row] of [data-row-list] are added from <template data-row-template>, numbered
//                               __i__, by [data-add-row] and taken away by [data-remove-row]; data-max of them
//   output[data-sum="a b -c rows-*-d"]   - subtracts, * is any row number; data-divide="field", data-digits (2)
//   fieldset[data-max]          at most so many ticks
//   select[data-picker]         a search box above it (text and data-pinyin), also above any select of more than 20
//   [data-places="/places?of=…"]  choices asked for while one types (finder.js), where the list is too long to be in the page
//   form[data-grid]             cells move by arrows and Enter, take rows pasted from a spreadsheet, count votes
//   [data-list]                 inbox: j / k move, Enter opens, / searches
//   body[data-live]             counts in the frame are asked for by an event stream; nothing typed is touched
//   form (method post)          cannot be sent twice
//   details[data-diagram]       loads the diagram script on opening (see diagram.js)

import { here } from "./parts/here.js";
import { drafts } from "./parts/drafts.js";
import { unsent } from "./parts/unsent.js";
import { photos } from "./parts/photos.js";
import { conditions } from "./parts/conditions.js";
import { rows, ticks } from "./parts/rows.js";
import { sums } from "./parts/sums.js";
import { pickers } from "./parts/pickers.js";
import { finders } from "./parts/finder.js";
import { firstError, onceOnly } from "./parts/forms.js";
import { grids } from "./parts/grid.js";
import { keys } from "./parts/keys.js";
import { menus, lazyDiagrams, centrePath, folds, buttons } from "./parts/page.js";
import { live } from "./parts/live.js";

function enhance(root) {
  here(root);
  pickers(root);
  finders(root);
  rows(root, enhanceRow);
  ticks(root);
  conditions(root);
  sums(root);
  grids(root);
  drafts(root);
  photos(root);
  lazyDiagrams(root);
  centrePath(root);
  folds(root);
}

/** A new row holds fields, conditions and sums, but no form of its own. */
function enhanceRow(row) {
  pickers(row);
  finders(row);
  const form = row.closest("form");
  if (form) {
    conditions(form);
    sums(form);
  }
}

document.documentElement.classList.add("js");
enhance(document);
firstError(document);
onceOnly(document);
unsent(document);
keys(document);
menus(document);
buttons(document);
live(document);
document.addEventListener("htmx:load", (event) => {
  if (event.detail.elt !== document.body) enhance(event.detail.elt);
});
