// Builds app/web/static/ from app/web/assets/ and the locked packages: `npm run build`.
// Plain file names; manifest.json maps each to its name with ?v=<content hash>, which the pages link to.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import * as esbuild from "esbuild";
import * as sass from "sass";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..", "..", "..");
const packages = join(root, "node_modules");
const templates = join(here, "..", "templates");
const out = join(here, "..", "static");
const target = ["chrome86"];

// What the templates draw plus what navigation entries name from Python.
const ICONS = [
  "arrow-left", "arrow-left-right", "arrow-return-left", "box-arrow-right", "calendar-event", "chat-left-text",
  "check-circle", "check2", "chevron-right", "clock", "diagram-3", "download", "exclamation-triangle", "eye",
  "card-checklist", "file-earmark-text", "flag", "graph-up", "house-door", "inbox", "info-circle", "journal-text", "key", "lock", "megaphone",
  "pencil", "people", "person-circle", "plus-lg", "printer", "search", "shield-check", "three-dots", "x-lg",
];

// What a first visit to the inbox fetches besides its HTML.
const INBOX_FILES = ["app.css", "app.js", "htmx.js", "icons.svg", "favicon.svg"];

const bundled = new Set();
const files = new Map();

function keep(name, content) {
  files.set(name, Buffer.from(content));
}

async function style(entry, name) {
  const compiled = sass.compile(join(here, entry), {
    loadPaths: [packages],
    quietDeps: true,
    silenceDeprecations: ["import", "global-builtin", "color-functions", "if-function"],
  });
  const small = await esbuild.transform(compiled.css, { loader: "css", minify: true, target });
  keep(name, small.code);
}

/** Bundle a script or a plain style sheet and remember whose code went in. */
async function bundle(entry, name) {
  const built = await esbuild.build({
    entryPoints: [join(here, entry)],
    bundle: true,
    write: false,
    minify: true,
    format: "iife",
    target,
    charset: "utf8",
    legalComments: "none", // every licence is in licences.txt
    metafile: true,
    nodePaths: [packages],
    logLevel: "warning",
  });
  for (const path of Object.keys(built.metafile.inputs)) {
    const match = path.match(/node_modules\/((?:@[^/]+\/)?[^/]+)/);
    if (match) bundled.add(match[1]);
  }
  keep(name, built.outputFiles[0].contents);
}

function sprite() {
  const used = new Set();
  for (const file of readdirSync(templates, { recursive: true }).filter((name) => name.endsWith(".html"))) {
    const text = readFileSync(join(templates, file), "utf8");
    for (const match of text.matchAll(/\bicon\(\s*['"]([a-z0-9-]+)['"]/g)) used.add(match[1]);
  }
  const missing = [...used].filter((name) => !ICONS.includes(name));
  if (missing.length) throw new Error(`icons used in a template but not listed in build.mjs: ${missing.join(", ")}`);
  const symbols = ICONS.map((name) => {
    const svg = readFileSync(join(packages, "bootstrap-icons", "icons", `${name}.svg`), "utf8");
    const inner = svg.replace(/^[\s\S]*?<svg[^>]*>/, "").replace(/<\/svg>\s*$/, "").replace(/\s*\n\s*/g, "");
    return `<symbol id="${name}" viewBox="0 0 16 16">${inner}</symbol>`;
  });
  keep("icons.svg", `<svg xmlns="http://www.w3.org/2000/svg" fill="currentColor">${symbols.join("")}</svg>`);
}

function licences() {
  const parts = [...bundled, "bootstrap", "bootstrap-icons", "htmx.org"].sort().map((name) => {
    const folder = join(packages, name);
    const info = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e(\.|$)/i.test(entry));
    const text = file ? readFileSync(join(folder, file), "utf8").trim() : `Licence: ${info.license}`;
    return `${name} ${info.version}\n\n${text}\n`;
  });
  keep("licences.txt", [...new Set(parts)].join(`\n${"-".repeat(72)}\n\n`));
}

await style("app.scss", "app.css");
await bundle("app.js", "app.js");
await bundle("apply.js", "apply.js");
await bundle("charts.js", "charts.js");
await bundle("diagram.js", "diagram.js");
await bundle("diagram.css", "diagram.css");
keep("htmx.js", readFileSync(join(packages, "htmx.org", "dist", "htmx.min.js")));
keep("favicon.svg", readFileSync(join(here, "favicon.svg")));
sprite();
licences();

if (existsSync(out)) rmSync(out, { recursive: true });
mkdirSync(out, { recursive: true });
const manifest = {};
for (const [name, content] of files) {
  writeFileSync(join(out, name), content);
  manifest[name] = `${name}?v=${createHash("sha256").update(content).digest("hex").slice(0, 12)}`;
}
writeFileSync(join(out, "manifest.json"), `${JSON.stringify(manifest, null, 1)}\n`);

let inbox = 0;
for (const [name, content] of files) {
  const wire = gzipSync(content, { level: 6 }).length;
  if (INBOX_FILES.includes(name)) inbox += wire;
  console.log(`${relative(root, join(out, name)).padEnd(30)} ${String(content.length).padStart(8)} B ${String(wire).padStart(7)} B gzip`);
}
console.log(`inbox, first visit, without its HTML: ${(inbox / 1024).toFixed(1)} KB gzip (limit 100 KB with HTML)`);
if (inbox > 90 * 1024) throw new Error("the inbox would weigh more than 100 KB over the wire");
