// Proves the `sentence_url`s of `citekeep find --json` in a real browser: each is opened in headless Chromium, and the
// pixels that the browser highlights must be those of the wanted sentence, on screen, and no others.
//
//   cargo build && node scripts/prove-text-fragments.mjs [PAGE.html …]
//
// Without arguments: examples/barrage.html and the pages below, in which every sentence has a link, so that each has
// an address. CHROMIUM and CITEKEEP name the programs (`chromium` on the PATH and target/debug/citekeep if not set).
// Pages are served on loopback, and the browser reaches nothing else. Exit code 1 if any sentence is missed.

import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

const chromium = process.env.CHROMIUM ?? "chromium";
const citekeep = process.env.CITEKEEP ?? "target/debug/citekeep";
const folder = mkdtempSync(join(tmpdir(), "text-fragments-"));

// Blocks of sentences; [words] become a link. The same sentences come again, in other cases and surroundings.
const stories = {
  en: [
    "The old barrage [gave way] on Wednesday. Nobody was hurt, the [district] says.",
    "The well-known engineers (Oyelaran & Sons, 100% local) [warned]: “don't wait, act!” Nobody was hurt, the [district] says.",
    "Nobody was hurt, the [district] says. Schools stay [closed] until Monday.",
    "NOBODY was hurt – the [district] says. A [café] reopened at 5.30 p.m., near C#/C++ Street no. 7.",
    `The river authority had [warned], again and again, ${"in letters, in meetings and in its yearly reports, ".repeat(9)}that the gate was beyond repair.`,
    `The river authority had [warned], again and again, ${"in letters, in meetings and in its yearly reports, ".repeat(9)}that the road was beyond repair.`,
  ],
  de: [
    "Die Brücke über die Veyle [steht] noch. Verletzt wurde [niemand].",
    "Die Brucke uber die Veyle [steht] noch. „Wir warten ab“, [sagte] die Bürgermeisterin am 1. Mai, „bis Donnerstag“.",
    "In der Hauptstraße 12–14 lief der Keller [voll]. VERLETZT WURDE [NIEMAND].",
    "Die Donau-Auen-Straße ist zu 50 % [gesperrt], Züge fahren, so heißt es, ab Freitag.",
  ],
  fr: [
    "Le barrage a [cédé] mercredi matin. Il n’y a pas de [blessés] !",
    "« Le pont tient », a [écrit] la maire ; l’eau baisse. Il n’y a pas de [blessés] !",
    "Les trains [roulent] dès jeudi : c’est-à-dire demain.",
  ],
  ja: [
    "町長は水曜日、[橋]はまだ無事だと書いた。けが人は[いなかった]。",
    "列車は木曜日から[再び]走る。けが人は[いなかった]。学校は月曜日まで[休み]になる。",
    "「橋には近づかないで」と町長は[呼びかけた]。ダムは５０年前に[造られた]。",
  ],
  zh: ["市长周三[写道]，桥梁依然完好。没有人员[受伤]。", "火车从周四起[恢复]运行。没有人员[受伤]。学校[停课]到周一。"],
  ar: [
    "كتبت رئيسة البلدية أن الجسر [ما زال] قائما. لم يصب أحد [بأذى]، كما قالت الشرطة.",
    "ستعود القطارات [يوم] الخميس. لم يصب أحد [بأذى]، كما قالت الشرطة. تبقى المدارس [مغلقة] حتى يوم ٦ مايو.",
  ],
  he: ["ראש העיר [כתבה] כי הגשר עדיין עומד. איש לא [נפגע].", "הרכבות [יחזרו] לפעול ביום חמישי. איש לא [נפגע]. בתי הספר [סגורים]."],
  ru: [
    "Старая плотина [прорвалась] в среду утром. Никто не [пострадал], сообщили в районе.",
    "Поезда [пойдут] с четверга. Никто не [пострадал], сообщили в районе. Мост ещё [стоит].",
  ],
  hi: ["महापौर ने [लिखा] कि पुल अभी भी खड़ा है। कोई [घायल] नहीं हुआ।", "रेलगाड़ियाँ गुरुवार से [चलेंगी]। कोई [घायल] नहीं हुआ। विद्यालय [बंद] हैं।"],
  ko: ["시장은 수요일에 다리가 아직 [무사하다고] 썼다. 다친 사람은 [없었다].", "열차는 목요일부터 다시 [달린다]. 다친 사람은 [없었다]. 학교는 [쉰다]."],
  th: ["นายกเทศมนตรี[เขียน]ว่าสะพานยังคงตั้งอยู่", "ไม่มีผู้ได้รับ[บาดเจ็บ] รถไฟจะ[วิ่ง]อีกครั้งในวันพฤหัสบดี"],
};

// Blocks with markup of their own: what pages do inside and between sentences.
const markup = [
  "The <em>old</em> bar<b>rage</b>&nbsp;[gave way]<sup>1</sup> on Wed&shy;nes&shy;day. Nobody<wbr> was <span>hurt</span>, they [say].",
  "Line one has [words].<br>Nobody was hurt, they [say].<br><i>Line three</i> [ends].",
  "Prices rose by 3&thinsp;% in “the&#8239;valley”&hellip; [he] wrote&mdash;twice. <strong>Nobody was hurt, they [say].</strong> Then: nothing&#8203;more was [said].",
  "<img alt='' src='data:,'>A sentence [begins] after a picture. A so-called <code>e&#x301;cluse</code> (lock) [was] open.",
  "“It’s <cite>over</cite>,” she [said]; <a href='https://other.example/'>others</a> didn't [agree], e.g. Dr. Oyelaran.",
];

// Sentences of few words, so that most of them share their beginnings, ends and neighbours.
function mixed(words, space, stop) {
  let seed = 7;
  const next = (below) => (seed = (seed * 48271) % 2147483647) % below;
  const sentence = () => {
    const chosen = Array.from({ length: 1 + next(2) }, () => words[next(words.length)]);
    chosen[next(chosen.length)] += `${space}[${words[next(words.length)]}]`;
    return chosen.join(space).replace(/^./u, (c) => c.toUpperCase()) + stop;
  };
  return Array.from({ length: 16 }, () => Array.from({ length: 1 + next(3) }, sentence).join(space));
}
stories.mixed = mixed(["the gate", "broke", "up", "well-known"], " ", ".");
stories["mixed-ja"] = mixed(["橋", "は", "カタカナ", "無事、"], "", "。");

function page(language, blocks) {
  let links = 0;
  const escape = (text) => (blocks === markup ? text : text.replaceAll("&", "&amp;").replaceAll("<", "&lt;"));
  const body = blocks.map((block) => {
    const html = escape(block).replace(/\[([^\]]*)\]/g, (_, words) => `<a href="https://source.example/${language}/${++links}">${words}</a>`);
    return `<p>${html}</p>`;
  });
  return `<!DOCTYPE html><html lang="${language}"${["ar", "he"].includes(language) ? ' dir="rtl"' : ""}><head><meta charset="utf-8">
<title>${language}</title><link rel="canonical" href="https://courier.example/${language}"></head>
<body><article><h1>${language}</h1>${body.join("\n")}</article></body></html>`;
}

/** Chromium over its debugging pipe: fd 3 in, fd 4 out, one JSON text and a zero byte a message. */
class Browser {
  constructor() {
    const flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", "--window-size=1000,900"];
    const only = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1";
    this.process = spawn(chromium, [...flags, only, `--user-data-dir=${join(folder, "profile")}`, "about:blank"], {
      stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
    });
    this.last = 0;
    this.waiting = new Map();
    let rest = Buffer.alloc(0);
    this.process.stdio[4].on("data", (data) => {
      rest = Buffer.concat([rest, data]);
      for (let end = rest.indexOf(0); end >= 0; end = rest.indexOf(0)) {
        const message = JSON.parse(rest.subarray(0, end));
        rest = rest.subarray(end + 1);
        const answer = this.waiting.get(message.id);
        this.waiting.delete(message.id);
        if (message.error) answer?.reject(new Error(message.error.message));
        else answer?.resolve(message.result);
      }
    });
    this.process.on("error", (error) => {
      console.error(`cannot start ${chromium}: ${error.message}`);
      process.exit(69);
    });
  }

  ask(method, params = {}) {
    const id = ++this.last;
    this.process.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId: this.session })}\0`);
    return new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }));
  }

  async evaluate(expression) {
    const { result, exceptionDetails } = await this.ask("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  /** Opens an address in a new tab, as if typed, and waits until it is loaded and has stopped scrolling. */
  async open(url) {
    this.session = undefined;
    const { targetId } = await this.ask("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await this.ask("Target.attachToTarget", { targetId, flatten: true });
    this.session = sessionId;
    await this.ask("Page.navigate", { url });
    let [last, same] = [undefined, 0];
    for (let tries = 0; tries < 100 && same < 4; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      const now = await this.evaluate("document.readyState + scrollY").catch(() => undefined);
      same = now === last && now?.startsWith("complete") ? same + 1 : 0;
      last = now;
    }
    return targetId;
  }

  async close(targetId) {
    this.session = undefined;
    await this.ask("Target.closeTarget", { targetId });
  }
}

/** Runs in the page: the boxes of the sentence that holds the link, or of the only place where the sentence stands. */
function boxes({ sentence, href }) {
  const places = [];
  const link = href && [...document.querySelectorAll("a")].find((a) => a.getAttribute("href") === href);
  for (const block of document.querySelectorAll("p, h1, h2, h3, li, td, figcaption, blockquote, div")) {
    const walk = document.createTreeWalker(block, NodeFilter.SHOW_TEXT);
    const letters = [];
    let text = "";
    while (walk.nextNode()) {
      for (let at = 0; at < walk.currentNode.length; at++) {
        if (/[\u00ad\u200b\ufeff]/.test(walk.currentNode.data[at])) continue;
        const white = /[ \n\r\t\f]/.test(walk.currentNode.data[at]);
        if (white && (text === "" || text.endsWith(" "))) continue;
        text += white ? " " : walk.currentNode.data[at];
        letters.push([walk.currentNode, at]);
      }
    }
    for (let at = text.indexOf(sentence); at >= 0; at = text.indexOf(sentence, at + 1)) {
      const range = document.createRange();
      range.setStart(...letters[at]);
      const [node, last] = letters[at + sentence.length - 1];
      range.setEnd(node, last + 1);
      places.push(range);
    }
  }
  const wanted = places.find((range) => link && range.intersectsNode(link)) ?? (places.length === 1 ? places[0] : undefined);
  return wanted && [...wanted.getClientRects()].map(({ left, right, top, bottom }) => ({ left, right, top, bottom }));
}

/** Runs in the page: how much of the boxes is highlighted in the picture, and how many highlighted dots lie outside. */
async function compare({ picture, boxes }) {
  const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${picture}`)).blob());
  const context = new OffscreenCanvas(image.width, image.height).getContext("2d");
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, image.width, image.height);
  let [inside, covered, outside] = [0, 0, 0];
  for (let y = 0; y < image.height; y++) {
    for (let x = 0; x < image.width; x++) {
      const dot = (y * image.width + x) * 4;
      const marked = data[dot] > 200 && data[dot + 1] < 60 && data[dot + 2] > 200;
      // A dot's width of each edge is left to rounding; lines of other scripts stand higher than their boxes.
      const within = (by, over) => boxes.some((b) => x >= b.left - by && x + 1 <= b.right + by && y >= b.top - over && y + 1 <= b.bottom + over);
      if (within(-1, -2)) [inside, covered] = [inside + 1, covered + marked];
      else if (marked && !within(2, 12)) outside++;
    }
  }
  return { covered: inside ? covered / inside : 0, outside, height: image.height };
}

const style = `<style>
  h1, p, li, blockquote { margin: 1400px 0 !important } body { font: 20px/2 sans-serif; width: 900px }
  ::target-text { background: #f0f; color: #f0f } a { text-decoration: none }
</style>`;
const served = new Map();
const server = createServer((request, response) => {
  const html = served.get(new URL(request.url, "http://127.0.0.1").pathname);
  response.writeHead(html ? 200 : 404, { "content-type": "text/html; charset=utf-8" });
  response.end(html);
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));

const inputs = process.argv.slice(2);
if (inputs.length === 0) {
  inputs.push("examples/barrage.html");
  for (const [language, blocks] of Object.entries({ ...stories, markup })) {
    const path = join(folder, `${language}.html`);
    writeFileSync(path, page(language, blocks));
    inputs.push(path);
  }
}

const browser = new Browser();
const total = { right: 0, wrong: 0, without: 0 };
for (const [number, input] of inputs.entries()) {
  const html = readFileSync(input, "utf8");
  const bare = html.replace(/<script\b[^]*?<\/script>/gi, "");
  served.set(`/${number}`, bare.replace("</head>", `${style}</head>`));
  const address = `http://127.0.0.1:${server.address().port}/${number}`;
  const found = JSON.parse(execFileSync(citekeep, ["find", "--json", "--url", address, input], { maxBuffer: 1 << 28 }));
  const count = { right: 0, wrong: 0, without: 0 };
  for (const { sentence, sentence_url, cited_as } of [...found.citations, ...found.links]) {
    if (!sentence) continue;
    if (!sentence_url) {
      count.without++;
      console.log(`  no address: ${sentence}`);
      continue;
    }
    const tab = await browser.open(address + sentence_url.slice(sentence_url.indexOf("#")));
    const wanted = await browser.evaluate(`(${boxes})(${JSON.stringify({ sentence, href: cited_as })})`);
    let seen = { covered: 0, outside: 0 };
    if (wanted) {
      const { data: picture } = await browser.ask("Page.captureScreenshot", { format: "png" });
      seen = await browser.evaluate(`(${compare})(${JSON.stringify({ picture, boxes: wanted })})`);
    }
    await browser.close(tab);
    const right = seen.covered > 0.99 && seen.outside === 0;
    count[right ? "right" : "wrong"]++;
    if (!right) console.log(`  WRONG (${JSON.stringify({ ...seen, wanted })}): ${sentence}\n    ${sentence_url}`);
  }
  console.log(`${input.split("/").pop()}: ${count.right} right, ${count.wrong} wrong, ${count.without} without an address`);
  for (const key of Object.keys(total)) total[key] += count[key];
}
console.log(`all: ${total.right} right, ${total.wrong} wrong, ${total.without} without an address`);
browser.process.kill();
await new Promise((resolve) => browser.process.once("exit", resolve));
server.close();
rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
process.exitCode = total.wrong ? 1 : 0;
