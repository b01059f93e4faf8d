"""An official at work: takes what lies in the inbox, goes where a page sends, fills what it asks, and tries again when refused."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from random import Random

from . import filing, reading, sentences
from .browser import Browser, File
from .county import PASSWORD, Official, Place
from .filling import TRIES, Filler, Habits
from .questions import Sheet
from .reading import Button, Page, PageForm
from .report import Report, plain


@dataclass(frozen=True)
class Manner:
    """How people here work. `late`: a task lies until its day is over; `never`: until long after, while others go on."""

    late: float = 0.0
    never: float = 0.0
    beside: float = 1.0
    """How much is done that no task asks for: sending back, handing on, objections, notes."""
    lists: float = 0.3
    routine: float = 0.97
    """The same on pages that are gone through one after the other."""
    first: float = 0.76
    """How often a decision is the one that leads on."""
    reads: float = 0.2
    """How often one of a household's papers is opened."""
    rows: int = 3
    """At most so many people in a department's table."""
    curious: bool = False
    """Whether each kind of task is left lying at least once, so that what follows from it is seen."""


LONG = 40
"""Days over the limit after which even a forgotten task is done."""
CALM, CALM_FIRST = 0.4, 0.93
"""How often a form is about people who are well off, and how often each of its decisions then is the first."""
LOOKS_AGAIN = timedelta(days=3)
"""When a task that could not be done yet is opened again."""
OFTEN, SPREAD, SHARE = 25, 6, 0.01
"""An occasional act is done at least so often a quarter where it can be, once in so many chances, then in this share."""
BEGUN = 0.25
"""How often something is begun that a page offers openly and that asks nothing."""


@dataclass
class Worker:
    """Everybody's hands: one browser per official, one memory for all."""

    place: Place
    rng: Random
    report: Report
    manner: Manner
    habits: Habits = field(default_factory=Habits)
    _browsers: dict[int, Browser] = field(default_factory=dict)
    _seen: Counter[str] = field(default_factory=Counter)
    _lain: Counter[str] = field(default_factory=Counter)
    _lies: dict[str, str] = field(default_factory=dict)
    _not_mine: set[tuple[int, str]] = field(default_factory=set)
    _offered: Counter[str] = field(default_factory=Counter)
    _later: dict[str, date] = field(default_factory=dict)

    def browser(self, who: Official) -> Browser:
        if who.id not in self._browsers:
            self._browsers[who.id] = Browser(
                self.place.app, who.username, PASSWORD, self.rng, self.report.statuses, self.report.astray
            )
        return self._browsers[who.id]

    def filler(self, *, routine: bool = False) -> Filler:
        calm = self.rng.random() < CALM
        first = self.manner.routine if routine else max(self.manner.first, CALM_FIRST) if calm else self.manner.first
        return Filler(self.rng, self.habits, self.place.today, first, calm)

    # --- the inbox --------------------------------------------------------------------------------------------------------

    def day(self, who: Official, tabs: tuple[str, ...] = ("mine", "open")) -> int:
        """What lies on this desk today is worked off. Returns how many tasks were finished."""
        browser, done = self.browser(who), 0
        for tab in tabs:
            page = browser.get(f"/?tab={tab}")
            if tab == tabs[0] and any(a.href == "/lists" for a in page.nav) and self.rng.random() < self.manner.lists:
                done += self.lists(who)
                page = browser.get(f"/?tab={tab}")
            for row in page.content.xpath(".//ul[@data-list]/li"):
                done += self._job(who, browser, page, row)
        return done

    def _job(self, who: Official, browser: Browser, page: Page, row: reading.HtmlElement) -> bool:
        link = row.find(".//a[@data-open]")
        left = next((reading.words(e) for e in row.iter("span") if "left" in reading.classes(e)), "")
        path = link.get("href")
        if (who.id, path) in self._not_mine or (path in self._lies and self._waits(path, "", left)):
            return False
        if self._later.get(path, date.min) > self.place.today:
            return False
        claim = next((f for f in page.forms_in(row) if f.action == f"{path}/claim"), None)
        opened = browser.send(claim, {}, claim.buttons[0]) if claim is not None else browser.open(path)
        if isinstance(opened, Page) and self._waits(path, reading.kind_of_task(opened), left):
            return False
        return isinstance(opened, Page) and self.task(who, opened)

    def _waits(self, path: str, step: str, left: str) -> bool:
        """Whether this task is left lying today: decided once for each, when it is seen first."""
        if path not in self._lies:
            self._seen[step] += 1
            first = self.manner.curious and not self._lain[step]
            forgotten = self.manner.curious and self._seen[step] > 8 and not self._lain[f"{step} (never)"]
            how = ""
            if forgotten or self.rng.random() < self.manner.never:
                how = "never"
                self._lain[f"{step} (never)"] += 1
            elif first or self.rng.random() < self.manner.late:
                how = "late"
                self._lain[step] += 1
            self._lies[path] = how
        over = int(found[1]) if (found := re.search(r"超 ?(\d+)", left)) else 0
        return {"": False, "late": over == 0, "never": over < LONG}[self._lies[path]]

    def task(self, who: Official, page: Page) -> bool:
        """One task's page, from reading it to its end. Returns whether it is done."""
        browser = self.browser(who)
        if page.status != 200:
            self.report.notes[f"{page.status} instead of a task: {plain(' '.join(page.bad()))}"] += 1
            self._not_mine.add((who.id, page.path.removesuffix("/claim")))
            return False
        path = page.path
        if self._sent_elsewhere(who, page):
            page = browser.get(path)
        form = self._own(page, f"{path}/complete")
        if form is None:
            claim = self._own(page, f"{path}/claim")
            if claim is not None:
                again = browser.send(claim, {}, claim.buttons[0])
                return isinstance(again, Page) and self.task(who, again)
            if page.told() and page.forms:  # it is open, and not for this person
                self._not_mine.add((who.id, path))
            return not page.forms
        if self._does_otherwise(who, page):
            return False
        if form.main is None:
            return self._held(who, page)
        return self.send(who, page, form) is not None

    def _own(self, page: Page, action: str) -> PageForm | None:
        return next((f for f in page.forms if f.action == action), None)

    def _held(self, who: Official, page: Page) -> bool:
        """It cannot be finished now: what the page says to do instead is done, else it waits."""
        for told in page.told():
            if self._followed(who, page, told):
                return False
        for told in {t for t in page.told() if "暂时不能" in t}:
            self.report.held[told[:90]] += 1
            self._later[page.path] = self.place.today + LOOKS_AGAIN
        return False

    def _sent_elsewhere(self, who: Official, page: Page) -> bool:
        """A task may say that its work is done on another page, by the name this has in the menu."""
        asked = page.content.xpath(".//div[@class='asked']//section/p")
        said = sentences.quoted(reading.words(asked[0])) if asked else []
        there = next((link for word in said for link in page.nav if link.words.rstrip("0123456789+") == word), None)
        if there is None:
            return False
        self.work_off(who, there.href, [w for w in said if w != there.words])
        return True

    # --- forms --------------------------------------------------------------------------------------------------------------

    def send(
        self,
        who: Official,
        page: Page,
        form: PageForm,
        button: Button | None = None,
        keep: Callable[[Sheet], Sheet] = lambda sheet: sheet,
        *,
        routine: bool = False,
    ) -> Page | File | None:
        """Fill a form and press its button, three times at most after refusals. None: given up, and why is in the report."""
        browser, filler = self.browser(who), self.filler(routine=routine)
        button = button or form.main or (form.buttons[0] if form.buttons else None)
        form = self._found(who, form)
        sheet = keep(form.sheet)
        sent = filler.fill(sheet)
        said: list[str] = []
        for tried in range(TRIES + 1):
            answer = browser.send(form, sent, button)
            if isinstance(answer, File):
                self.filed(answer)
                return answer
            whole = answer.bad()
            shown = next((f for f in answer.forms if f.action == form.action), None)
            if answer.status == 200 and not whole and answer.posted and shown is not None:
                whole = [f"shown again without a word: {answer.title}"]
            if (answer.status == 200 and not whole) or answer.status in (409, 404):
                if answer.status == 200:
                    self.report.tries[sheet.key].append(tried + 1)
                    filler.habits.learn(sheet, sent)
                else:
                    self.report.notes[f"{answer.status} after {sheet.key}: {' '.join(answer.bad())[:80]}"] += 1
                return answer
            errors = shown.errors if shown is not None else {}
            rows = shown.rows_told if shown is not None else {}
            said = list(dict.fromkeys([*errors.values(), *rows.values()])) or whole
            for sentence in said:
                self.report.learns(sheet.key, sentence)
            if self._followed(who, answer, " ".join(whole)):
                return None
            if tried == TRIES:
                break
            if shown is None:  # back to where it was, as one would
                page = browser.get(page.path)
                shown = next((f for f in page.forms if f.action == form.action), None)
            if shown is None:
                break
            form, sheet = shown, keep(shown.sheet)
            button = next((b for b in form.buttons if button and b.words == button.words), button)
            sent = filler.mend(sheet, sent, errors, [] if errors or rows else whole, tried, rows)
            for pick in rows if tried >= 1 else ():  # who cannot be done with the others is left out
                sent["_in"] = [p for p in sent.get("_in", []) if p != pick]
            if rows and not sent.get("_in", True):
                for sentence in rows.values():
                    self.report.held[f"{sheet.key}: {plain(sentence)}"] += 1
                return None
        if not self._handed_on(who, page, " ".join(said)):
            self.report.gives_up(sheet.key, "；".join(said))
        return None

    def _found(self, who: Official, form: PageForm) -> PageForm:
        """What must be looked for before it can be chosen is looked for: in some group, or by a word that fits many."""
        for path, finder in form.finders.items():
            one = next((q for q in form.sheet.questions if q.path == path), None)
            if one is None or one.choices or not one.required:
                continue
            mine = {finder.group_name, finder.words_name}
            bare = replace(form, sheet=replace(form.sheet, fixed=tuple(f for f in form.sheet.fixed if f[0] not in mine)))
            look = {finder.group_name: [self.rng.choice(finder.groups)]} if finder.groups else {finder.words_name: ["村"]}
            page = self.browser(who).send(bare, look, finder.button)
            again = next((f for f in page.forms if f.action == form.action), None) if isinstance(page, Page) else None
            form = again or form
        return form

    def _handed_on(self, who: Official, page: Page, sentence: str) -> bool:
        """What this person may not do, as the page says, goes back for another of the same post."""
        back = next((f for f in page.forms if f.action.endswith("/release")), None)
        if back is None or ("请转给" not in sentence and "请换人" not in sentence):
            return False
        self.browser(who).send(back, {}, back.buttons[0])
        if who.name in sentence:
            self._not_mine.add((who.id, back.action.removesuffix("/release")))
        self.report.acts["put back: another should do it"] += 1
        return True

    def read(self, who: Official, path: str) -> None:
        """Open a link that leads to a file."""
        found = self.browser(who).open(path)
        if isinstance(found, File):
            self.filed(found)

    def filed(self, file: File) -> None:
        """A file that left, as whoever got it opens it."""
        try:
            self.report.files[f"{filing.opens(file)} {reading.shape(file.name)}"] += 1
        except Exception as error:
            self.report.broken_files.append(f"{reading.shape(file.name)}: {type(error).__name__} {error}")

    def _followed(self, who: Official, page: Page, sentence: str) -> bool:
        """A refusal may name what another form of the page offers ("send it back to …"): that is done."""
        for word in sentences.quoted(sentence):
            for form in page.forms:
                for one in form.sheet.questions:
                    code = next((c.code for c in one.choices if c.title.startswith(word)), None)
                    if one.kind == "one" and code is not None and form.main is None and "退回" in sentence:
                        self.send(who, page, form, keep=lambda s, at=one.path, c=code: _only(s, at, c))
                        self.report.acts[f"followed: {form.kind}"] += 1
                        return True
        return False

    def _does_otherwise(self, who: Official, page: Page) -> bool:
        """Now and then a task is not finished but sent back, handed on, put back, or others are asked."""
        beside = [f for f in page.forms if f.main is None and "/complete" not in f.action and "/tasks/" in f.action]
        return any(self._act(who, page, form) and not form.action.endswith("follow") for form in beside if self._rarely(form))

    def _rarely(self, form: PageForm) -> bool:
        key = act(form)
        self._offered[key] += 1
        done = self.report.acts[key]
        quarters = 1 + (self.place.today - self.place.opened).days // 90
        wanted = done < OFTEN * quarters * self.manner.beside or done < SHARE * self._offered[key]
        return wanted and self._offered[key] > SPREAD * done and self.rng.random() < 0.3

    def _act(self, who: Official, page: Page, form: PageForm, button: Button | None = None) -> bool:
        done = self.send(who, page, form, button)
        self.report.acts[act(form)] += 1
        return done is not None

    # --- pages that are no tasks --------------------------------------------------------------------------------------------

    def case(self, who: Official, path: str, about: str = "") -> None:
        """A household's page: what somebody came `about`, else what stands open on it; what is folded away only sometimes."""
        browser = self.browser(who)
        page = browser.get(path)
        if page.status != 200:
            self.report.notes[f"{page.status} at {reading.shape(path)}"] += 1
            return
        if page.path != path or any(f.action == f"{path}/reason" for f in page.forms):
            asks = next((f for f in page.forms if f.main), None)
            after = self.send(who, page, asks) if asks is not None else None
            if not isinstance(after, Page):
                return
            page = browser.get(path)
        papers = [a.href for a in page.links() if a.href.startswith("/papers/")]
        if papers and self.rng.random() < self.manner.reads:
            self.read(who, self.rng.choice(papers))
        wanted = next((f for f in page.forms if about and f.action == f"{path}/{about}"), None)
        if wanted is not None:
            self._act(who, page, wanted)
            return
        order = list(page.forms)
        self.rng.shuffle(order)
        for form in order:
            if not form.action.startswith(path) or not form.buttons:
                continue
            asked = not form.folded and (form.main is not None or bool(form.sheet.questions) or self.rng.random() < BEGUN)
            if asked or self._rarely(form):
                button = form.main or self.rng.choice(form.buttons)
                self._act(who, page, form, button)
                return

    def hand_in(self, who: Official, form: PageForm) -> None:
        """A table that is asked for: its template is filled, looked at, corrected by what is said of its rows, and kept."""
        browser = self.browser(who)
        template = browser.open(form.templates[0])
        assert isinstance(template, File)
        self.filed(template)
        table = filing.Table(template.content, self.place.persons, self.rng, self.place.today, self.manner.rows)
        sent, action, looks = self.filler().fill(form.sheet), form.action, form.main
        sent.pop("file", None)
        choose = True
        for tried in range(1, TRIES + 2):
            files = {"file": ("table.xlsx", table.content())} if choose else None
            page = browser.send(form, sent, form.main, files)
            assert isinstance(page, Page)
            wrong, bad = filing.wrong_cells(page), page.bad()
            if not wrong and not bad and form.main != looks:
                self.report.tries[f"{reading.shape(action)} (table)"].append(tried - 1)
                return
            shown = next((f for f in page.forms if f.action == action), None)
            if wrong:
                self.report.learns(reading.shape(action), next(iter(wrong.values())))
                table.mend(wrong)
                choose = True
            elif bad or shown is None or shown.main is None:
                self.report.learns(reading.shape(action), " ".join(bad))
                break
            else:
                form = shown
                choose = all(name != "_held" for name, _ in form.sheet.fixed)  # what was received is not chosen again
        self.report.gives_up(reading.shape(action), "(table)")

    def lists(self, who: Official) -> int:
        """Lists for many households at once, where the menu has them."""
        browser = self.browser(who)
        page = browser.get("/lists")
        if page.status != 200:
            return 0
        done = 0
        for link in [a for a in page.links() if re.fullmatch(r"/lists/[a-z_]+", a.href)]:
            opened = browser.get(link.href)
            form = next((f for f in opened.forms if f.action == link.href), None)
            if form is None or form.main is None or opened.status != 200:
                continue
            if isinstance(self.send(who, opened, form), Page):
                done += 1
        return done

    def work_off(self, who: Official, path: str, said: list[str], depth: int = 0, been: set[str] | None = None) -> None:
        """A page and the pages it lists: what each asks is filled in."""
        browser, been = self.browser(who), been if been is not None else set()
        been.add(path)
        page = browser.get(path)
        if page.status != 200:
            return
        for form in [f for f in page.forms if f.main is not None and f.method == "post"]:
            if form.templates and any(q.kind == "file" and q.path == "file" for q in form.sheet.questions):
                self.hand_in(who, form)
            else:
                self.send(who, page, form, routine=True)
        named = [a.href for a in page.links() if a.words in said]
        deeper = [
            a.href
            for a in page.links()
            if a.href.startswith(path.partition("?")[0] + "/") and "." not in a.href.rpartition("/")[2]
        ]
        for href in [h for h in (*named, *deeper) if h not in been] if depth < 3 else ():
            if href not in been:
                self.work_off(who, href, said, depth + 1, been)


def act(form: PageForm) -> str:
    return f"{form.kind} {form.buttons[0].value}".strip() if form.buttons else form.kind


def _only(sheet: Sheet, path: str, code: str) -> Sheet:
    """A form in which one question is answered already."""
    made = tuple(
        replace(q, choices=tuple(c for c in q.choices if c.code == code), given=(code,)) if q.path == path else q
        for q in sheet.questions
    )
    return replace(sheet, questions=made)
