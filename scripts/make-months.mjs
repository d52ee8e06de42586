// Writes src/citation/months.tsv: month names of many languages, from CLDR.
//
//   npm pack cldr-dates-full && tar xzf cldr-dates-full-*.tgz
//   node scripts/make-months.mjs package > src/citation/months.tsv
//
// One row a name: the name in lower case, the month's number, the languages that use it so.

import { readFileSync } from "node:fs";
import { join } from "node:path";

const folder = process.argv[2];
if (!folder) {
  console.error("usage: node make-months.mjs FOLDER_OF_CLDR_DATES_FULL");
  process.exit(64);
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
  uz: ["uz"], vi: ["vi"],
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
  if (!/\p{L}{2}/u.test(folded)) return;
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
for (const [language, names] of Object.entries(extra)) {
  for (const pair of names) add(language, pair.split("=")[0], Number(pair.split("=")[1]));
}

console.log("# Month names: name, month, languages. Made by scripts/make-months.mjs from CLDR (Unicode-3.0).");
const sorted = [...rows.keys()].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
for (const key of sorted) console.log(`${key}\t${[...rows.get(key)].sort().join(" ")}`);
