// Opens a bundle as its readers do, in headless Chromium: the report from the disk, which must load, run and say nothing; and
// every page of its web archives in ReplayWeb.page, which must show the words that the archive lists it with.
//
//   node scripts/replay.mjs BUNDLE TOOLS
//
// TOOLS is a folder with the npm packages `playwright-core` and `replaywebpage`, unpacked under their names. CHROMIUM names the
// browser (`chromium` if not set). Nothing but this script's own loopback server is reached. Exit code 1 if anything is amiss.

import { execFileSync } from "node:child_process";
import { createReadStream, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [bundle, tools] = process.argv.slice(2).map((path) => resolve(path));
const { chromium } = createRequire(import.meta.url)(join(tools, "playwright-core"));
const profile = mkdtempSync(join(tmpdir(), "replay-"));
const browser = await chromium.launchPersistentContext(profile, {
  executablePath: execFileSync("which", [process.env.CHROMIUM ?? "chromium"]).toString().trim(),
  args: ["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"],
});
const faults = [];

// The report.
const report = pathToFileURL(join(bundle, "data/report.html")).href;
const asked = (request) => {
  const url = request.url();
  if (url !== report && !url.startsWith("data:")) faults.push(`the report asks for ${url}`);
};
let page = await browser.newPage();
page.on("request", asked);
page.on("console", (message) => faults.push(`the report says ${message.text()}`));
page.on("dialog", (dialog) => faults.push(`the report opens a dialog: ${dialog.message()}`));
await page.goto(report);
const seen = await page.evaluate(() => ({
  scripts: document.scripts.length,
  wide: document.documentElement.scrollWidth > innerWidth,
  marks: document.querySelectorAll("mark").length,
  // Letters with piled marks would be printed over the lines around them.
  open: [...document.querySelectorAll("p, dd, h2, h3, blockquote, figcaption, pre")].filter((e) => getComputedStyle(e).overflow !== "clip").length,
}));
if (seen.scripts > 0) faults.push("the report has scripts");
if (seen.wide) faults.push("the report is wider than the window");
if (seen.open > 0) faults.push("words of the report can be printed over lines beside them");
if (seen.marks === 0) faults.push("the report marks no sentence");
await page.close();

// The web archives, in the player, which must find its service worker awake.
const player = `<!doctype html><meta charset=utf-8><title>Replay</title><script src="/ui.js"></script><script type=module>
const { searchParams } = new URL(location);
await navigator.serviceWorker.register("/replay/sw.js?serveIndex=1", { scope: "/replay/" });
while ((await navigator.serviceWorker.getRegistration("/replay/"))?.active?.state !== "activated") await new Promise((go) => setTimeout(go, 20));
const show = document.createElement("replay-web-page");
for (const [name, value] of searchParams) show.setAttribute(name, value);
document.body.append(show);
</script>`;
const captures = join(bundle, "data/captures");
const server = createServer((request, response) => {
  const path = new URL(request.url, "http://127.0.0.1").pathname;
  const script = path.match(/^(?:\/replay)?\/((?:ui|sw)\.js)$/);
  const file = script ? join(tools, "replaywebpage", script[1]) : path.match(/^\/[\w-]+\.wacz$/) && join(captures, path.slice(1));
  if (path === "/") return response.writeHead(200, { "content-type": "text/html" }).end(player);
  if (!file) return response.writeHead(404).end();
  const { size } = statSync(file);
  const range = request.headers.range?.match(/^bytes=(\d*)-(\d*)$/);
  const from = range ? (range[1] === "" ? Math.max(size - Number(range[2]), 0) : Number(range[1])) : 0;
  if (from >= size) return response.writeHead(416, { "content-range": `bytes */${size}` }).end();
  const to = range && range[1] !== "" && range[2] !== "" ? Math.min(Number(range[2]), size - 1) : size - 1;
  response.writeHead(range ? 206 : 200, {
    "content-type": script ? "text/javascript" : "application/wacz",
    "content-length": to - from + 1,
    "accept-ranges": "bytes",
    ...(range && { "content-range": `bytes ${from}-${to}/${size}` }),
  });
  if (request.method === "HEAD") return response.end();
  createReadStream(file, { start: from, end: to }).pipe(response);
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const origin = `http://127.0.0.1:${server.address().port}`;
browser.on("request", (request) => {
  if (/^(https?|wss?):/.test(request.url()) && !request.url().startsWith(origin)) faults.push(`a replay asks for ${request.url()}`);
});

// Players tell the captures of an address apart by the second.
const second = (page) => page.ts.replace(/\D/g, "").slice(0, 14);
// Words that stand alike in a page and in an answer as JSON, whatever is escaped there.
const sample = (text) => text?.match(/[A-Za-z0-9]+( [A-Za-z0-9]+){3}/)?.[0] ?? "";

let opened = 0;
for (const wacz of readdirSync(captures).filter((name) => name.endsWith(".wacz"))) {
  const lines = execFileSync("unzip", ["-p", join(captures, wacz), "pages/pages.jsonl"]).toString().trim().split("\n");
  const pages = lines.slice(1).map((line) => JSON.parse(line));
  for (const listed of pages) {
    const { url } = listed;
    const words = pages.filter((other) => other.url === url && second(other) === second(listed)).map((other) => sample(other.text));
    const isThere = (shown) => shown && words.some((some) => shown.includes(some));
    page = await browser.newPage();
    const wanted = { source: `/${wacz}`, url, ts: second(listed), embed: "replayonly", replayBase: "/replay/" };
    await page.goto(`${origin}/?${new URLSearchParams(wanted)}`);
    let shown = "";
    for (let tries = 0; tries < 300 && !isThere(shown); tries += 1) {
      await new Promise((go) => setTimeout(go, 100));
      const frame = page.frames().find((frame) => /\/w\/[^?]*\/\d+mp_\//.test(frame.url()));
      const body = await frame?.evaluate(() => document.body?.innerText ?? "").catch(() => "");
      shown = body?.replace(/\s+/g, " ") ?? "";
    }
    if (!isThere(shown) || shown.includes("Archived Page Not Found")) {
      faults.push(`${wacz}: ${url} does not show “${words.join("” or “")}” but “${shown.slice(0, 80)}”`);
    }
    opened += 1;
    await page.close();
  }
}
if (opened === 0) faults.push("there is no page to open");

await browser.close();
server.close();
rmSync(profile, { recursive: true, force: true });
for (const fault of faults) console.log(fault);
console.log(`${opened} pages opened, ${faults.length} faults`);
process.exit(faults.length > 0 ? 1 : 0);
