// Writes src/citation/months.tsv: month names of many languages, from CLDR.
//
//   npm pack cldr-dates-full && tar xzf cldr-dates-full-*.tgz
//   node scripts/make-months.mjs package > src/citation/months.tsv
//
// One row a name: the name in lower case, the month's number, the languages that use it so. Months of the Persian solar
// calendar are `p1` …, those of the Islamic one `h1` …; their names are those of the CLDR that node carries. Without a
// folder it writes src/citation/hijri.tsv: when each year of the Umm al-Qura calendar begins, and its months of 30 days.
//
//   node scripts/make-months.mjs > src/citation/hijri.tsv

import { readFileSync } from "node:fs";
import { join } from "node:path";

const DAY = 86_400_000;
const folder = process.argv[2];
if (!folder) {
  const format = new Intl.DateTimeFormat("en-u-ca-islamic-umalqura-nu-latn", { timeZone: "UTC", year: "numeric", month: "numeric", day: "numeric" });
  const at = (time) => Object.fromEntries(format.formatToParts(time).map(({ type, value }) => [type, Number(value)]));
  console.log("# Umm al-Qura: year, its first day, its months of 30 days (the first is bit 0). Made by scripts/make-months.mjs.");
  let year, begins, long;
  for (let time = Date.UTC(2006, 0, 1); ; time += DAY) {
    const { year: of, month, day } = at(time);
    if (day === 1 && month === 1) {
      if (year) console.log(`${year}\t${begins}\t${long}`);
      if (of > 1500) break;
      [year, begins, long] = [of, new Date(time).toISOString().slice(0, 10), 0];
    }
    if (day === 30 && year) long |= 1 << (month - 1);
  }
  process.exit(0);
}

// Language code and the locales whose names count for it.
const locales = {
  af: ["af"], am: ["am"], ar: ["ar", "ar-LB", "ar-IQ", "ar-DZ", "ar-MA", "ar-TN"], az: ["az"], be: ["be"], bg: ["bg"],
  bn: ["bn", "bn-IN"], bs: ["bs"], ca: ["ca"], ckb: ["ckb"], cs: ["cs"], cy: ["cy"], da: ["da"], de: ["de", "de-AT"],
  el: ["el"], en: ["en", "en-GB", "en-AU"], es: ["es", "es-MX", "es-PE"], et: ["et"], eu: ["eu"], fa: ["fa", "fa-AF"],
  fi: ["fi"], fil: ["fil"], fr: ["fr", "fr-CA"], ga: ["ga"], gl: ["gl"], gu: ["gu"], ha: ["ha"], he: ["he"], hi: ["hi"],
  hr: ["hr"], hu: ["hu"], hy: ["hy"], id: ["id"], is: ["is"], it: ["it"], ka: ["ka"], kk: ["kk"], km: ["km"], kn: ["kn"],
  ku: ["ku"], ky: ["ky"], lo: ["lo"], lt: ["lt"], lv: ["lv"], mk: ["mk"], ml: ["ml"], mn: ["mn"], mr: ["mr"],
  ms: ["ms"], my: ["my"], nb: ["nb"], ne: ["ne"], nl: ["nl"], pa: ["pa"], pl: ["pl"], ps: ["ps"],
  pt: ["pt", "pt-PT"], ro: ["ro"], ru: ["ru"], si: ["si"], sk: ["sk"], sl: ["sl"], so: ["so"], sq: ["sq"],
  sr: ["sr", "sr-Latn"], sv: ["sv"], sw: ["sw"], ta: ["ta"], te: ["te"], th: ["th"], tr: ["tr"], uk: ["uk"], ur: ["ur"],
  uz: ["uz"], vi: ["vi"], mt: ["mt"], zu: ["zu"], tk: ["tk"], or: ["or"], as: ["as"], yo: ["yo"], lb: ["lb"],
  fo: ["fo"], gd: ["gd"], br: ["br"], fy: ["fy"], tg: ["tg"], tt: ["tt"], sd: ["sd"], ti: ["ti"], rw: ["rw"],
};

// Languages whose texts print dates of other calendars.
const calendars = {
  p: ["persian", ["fa", "ps", "ckb", "en", "tg"]],
  h: ["islamic-umalqura", ["ar", "fa", "ps", "ur", "ckb", "tr", "id", "ms", "en", "fr", "de", "bn"]],
};

// What CLDR does not have: older, colloquial and inflected forms.
const extra = {
  ar: ["فبرائر=2", "ماي=5", "جويلية=7", "اغسطس=8"],
  de: ["mrz=3", "sept=9"],
  en: ["sept=9"],
  es: ["sept=9", "setiembre=9", "set=9"],
  eu: ["urtarrilaren=1", "otsailaren=2", "martxoaren=3", "apirilaren=4", "maiatzaren=5", "ekainaren=6", "uztailaren=7",
    "abuztuaren=8", "irailaren=9", "urriaren=10", "azaroaren=11", "abenduaren=12"],
  fa: ["می=5", "مه=5", "جون=6", "جولای=7", "آگوست=8", "اگست=8", "ژانویه=1", "فوریه=2", "ژوئیه=7"],
  ckb: ["کانوونی دووەمی=1", "شوباتی=2", "ئازاری=3", "نیسانی=4", "ئایاری=5", "حوزەیرانی=6", "تەمووزی=7", "ئابی=8",
    "ئەیلوولی=9", "تشرینی یەکەمی=10", "تشرینی دووەمی=11", "کانوونی یەکەمی=12"],
  fil: ["enero=1"],
  he: ["מרס=3"],
  hi: ["सितम्बर=9", "नवम्बर=11", "दिसम्बर=12"],
  it: ["sett=9"],
  pt: ["março=3"],
  vi: ["tháng giêng=1", "tháng một=1", "tháng hai=2", "tháng ba=3", "tháng tư=4", "tháng năm=5", "tháng sáu=6",
    "tháng bảy=7", "tháng tám=8", "tháng chín=9", "tháng mười=10", "tháng mười một=11", "tháng mười hai=12"],
};

const rows = new Map();
function add(language, name, month) {
  const folded = name.normalize("NFKC").toLowerCase().replace(/[\u200c-\u200f\u061c]/g, "").replace(/[.…]+$/, "").trim();
  // A bare number or a single letter names nothing.
  if (!/\p{L}\.?[\p{L}\p{M}]/u.test(folded)) return;
  // Mongolian dates have the genitive.
  if (language === "mn" && folded.endsWith(" сар")) add(language, `${folded}ын`, month);
  const key = `${folded}\t${month}`;
  if (!rows.has(key)) rows.set(key, new Set());
  rows.get(key).add(language);
}

for (const [language, names] of Object.entries(locales)) {
  for (const locale of names) {
    const file = join(folder, "main", locale, "ca-gregorian.json");
    const { months } = JSON.parse(readFileSync(file, "utf8")).main[locale].dates.calendars.gregorian;
    for (const context of ["format", "stand-alone"]) {
      for (const width of ["wide", "abbreviated"]) {
        for (const [month, name] of Object.entries(months[context][width])) add(language, name, Number(month));
      }
    }
  }
}
for (const [letter, [calendar, languages]] of Object.entries(calendars)) {
  for (const language of languages) {
    const tag = `${language}-u-ca-${calendar}-nu-latn`;
    const names = new Intl.DateTimeFormat(tag, { timeZone: "UTC", day: "numeric", month: "long", year: "numeric" });
    const numbers = new Intl.DateTimeFormat(`en-u-ca-${calendar}-nu-latn`, { timeZone: "UTC", month: "numeric" });
    for (let time = Date.UTC(2021, 0, 1); time < Date.UTC(2022, 0, 1); time += 5 * DAY) {
      const name = names.formatToParts(time).find(({ type }) => type === "month").value;
      add(language, name, `${letter}${numbers.format(time)}`);
    }
  }
}
for (const [language, names] of Object.entries(extra)) {
  for (const pair of names) add(language, pair.split("=")[0], Number(pair.split("=")[1]));
}

console.log("# Month names: name, month, languages. Made by scripts/make-months.mjs from CLDR (Unicode-3.0).");
const sorted = [...rows.keys()].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
for (const key of sorted) console.log(`${key}\t${[...rows.get(key)].sort().join(" ")}`);
