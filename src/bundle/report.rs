//! `report.html`: the selection for a reader without any software of ours. One file, no script, nothing loaded from
//! elsewhere; each article's text with its citing sentences marked, and beside them what was cited and what became of it.
//!
//! It is written as it is read from the archive, one reading and one target at a time.

mod card;
mod linked;
mod markup;
mod media;
mod record;
mod story;
mod words;

use std::collections::HashSet;
use std::fmt::Display;

use super::bag::{Bag, BagFile};
use super::{Options, Who, left_out};
use crate::error::Result;
use crate::store::export::Extract;
use crate::store::export::story::Claim;
use markup::{Address, Name, Text, Time, language};

const STYLE: &str = include_str!("report/report.css");

/// Its name in the bundle.
pub(super) const FILE: &str = "data/report.html";

/// For whoever never heard of this program: how the page is laid out, what its words mean, and what it does not show.
const GUIDE: &str = include_str!("report/guide.html");

/// Writes `report.html`, and as `media/…` the files that are too large to stand in it.
pub(super) fn write(bag: &mut Bag, extract: &Extract<'_>, options: &Options) -> Result<()> {
    let page = bag.payload("report.html")?;
    let mut report = Report {
        page,
        bag,
        extract,
        shown: HashSet::new(),
        to_tell: Vec::new(),
        inlined: 0,
        filed: HashSet::new(),
    };
    report.head(&options.who)?;
    let articles = report.contents()?;
    for (number, article) in (1..).zip(articles) {
        report.article(number, article)?;
    }
    report.uncited()?;
    report.foot()?;
    report.page.close()
}

/// The page while it is written.
struct Report<'a> {
    page: BagFile,
    bag: &'a mut Bag,
    extract: &'a Extract<'a>,
    /// Targets that have a card, and unidentified ones whose search was told.
    shown: HashSet<i64>,
    /// Those of them whose record is still to be written.
    to_tell: Vec<card::Told>,
    /// Bytes of media in it.
    inlined: u64,
    /// Media that stand beside it.
    filed: HashSet<[u8; 32]>,
}

impl Report<'_> {
    /// Writes markup; what is foreign in it went through `markup`.
    fn put(&mut self, markup: impl Display) -> Result<()> {
        self.page.write(markup.to_string().as_bytes())
    }

    fn head(&mut self, who: &Who) -> Result<()> {
        let extract = self.extract;
        let programs = extract.programs()?.join(", ");
        self.put(format_args!(
            "<!DOCTYPE html>\n<html lang=en>\n<head>\n<meta charset=utf-8>\n\
             <meta http-equiv=Content-Security-Policy content=\"default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline'; \
             base-uri 'none'; form-action 'none'\">\n\
             <meta name=referrer content=no-referrer>\n<meta name=viewport content=\"width=device-width, initial-scale=1\">\n\
             <title>Evidence report, ledger entry {seq}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
             <header class=page>\n<h1>Evidence report</h1>\n\
             <p>What articles cite, sentence by sentence, and what was kept of it: {readings} and {captures} as of {at}.</p>\n\
             <dl class=facts>\n{collected}<dt>Collected with</dt><dd>{programs}</dd>\n<dt>Report written by</dt><dd>citekeep {version}</dd>\n\
             <dt>Ledger entry</dt><dd>{seq}, made {at}</dd>\n<dt>Ledger head</dt><dd><code>{head}</code></dd>\n</dl>\n\
             {left_out}</header>\n{guide}",
            seq = extract.seq,
            at = Time(&extract.at),
            head = Text(&extract.head),
            readings = words::count(extract.readings, "reading", "readings"),
            captures = words::count(extract.captures, "capture", "captures"),
            collected = collected(who),
            programs = Text(&programs),
            version = env!("CARGO_PKG_VERSION"),
            guide = GUIDE.replace("{steps}", &self.link_to("../VERIFY.md", "VERIFY.md").to_string()),
            left_out = match extract.without.is_empty() {
                true => String::new(),
                false => format!(
                    "<p class=note>This is a redacted edition{}: what is left out is named by its SHA-256 in {list}.{pseudonyms}</p>\n",
                    left_out::told(extract),
                    list = self.link_to(left_out::NAME, left_out::NAME),
                    pseudonyms = match &extract.unnamed {
                        Some(_) => " Pseudonyms (person-1, post-1) stand in all texts for who is not named.",
                        None => "",
                    }
                ),
            },
        ))
    }

    /// A link to a file beside it. Where it is the page of the WACZ as well it has none: ReplayWeb.page shows nothing of a page with relative
    /// links under an address that is a URN.
    fn link_to(&self, path: &str, name: &str) -> String {
        match self.extract.received {
            true => format!("<a href=\"{path}\">{name}</a>"),
            false => name.to_owned(),
        }
    }

    /// The table of contents; gives the articles in its order.
    fn contents(&mut self) -> Result<Vec<i64>> {
        let mut articles = Vec::new();
        self.put("<nav>\n<h2>Contents</h2>\n<ol>\n")?;
        let extract = self.extract;
        extract.headings(|heading| {
            articles.push(heading.article);
            let title = title(heading.title.as_deref(), heading.given_name.as_deref(), &heading.key);
            let mut facts = Vec::new();
            if heading.posts > 0 {
                let posts = words::count(heading.posts, "post", "posts");
                facts.push(format!("{posts}, {} captured", heading.posts_captured));
            }
            if heading.links > 0 {
                let links = words::count(heading.links, "linked page", "linked pages");
                facts.push(format!("{links}, {} captured", heading.links_captured));
            }
            self.put(format_args!(
                "<li><a href=\"#a{}\"><bdi {}>{}</bdi></a> <span class=small>{}</span></li>\n",
                heading.article,
                language(heading.language.as_deref()),
                Text(title),
                facts.join("; ")
            ))
        })?;
        let mut uncited = 0;
        extract.uncited(|_| {
            uncited += 1;
            Ok(())
        })?;
        if uncited > 0 {
            let posts = words::count(uncited, "post or page", "posts and pages");
            self.put(format_args!(
                "<li><a href=\"#uncited\">Kept without an article</a> <span class=small>{posts}</span></li>\n"
            ))?;
        }
        self.put("</ol>\n</nav>\n<main>\n")?;
        Ok(articles)
    }

    /// What was captured although no article of the selection cites it.
    fn uncited(&mut self) -> Result<()> {
        let mut targets = Vec::new();
        self.extract.uncited(|target| {
            targets.push(target);
            Ok(())
        })?;
        if targets.is_empty() {
            return Ok(());
        }
        self.put("<section class=article id=uncited>\n<h2>Kept without an article</h2>\n<div class=alone>\n")?;
        for target in targets {
            self.card(card::Cited {
                means: target,
                claims: Vec::new(),
                places: Vec::new(),
                claim: Claim::default(),
                is_context: false,
            })?;
        }
        self.put("</div>\n")?;
        self.records()?;
        self.put("</section>\n")
    }

    fn foot(&mut self) -> Result<()> {
        let extract = self.extract;
        self.put(format_args!(
            "</main>\n<footer class=page>\n<p>Written by citekeep {} from the archive as of ledger entry {} (head <code>{}</code>). \
             SHA-256 digests are of the bytes as they were received. The tables beside this report hold every value, the web archive \
             file every exchange.</p>\n</footer>\n</body>\n</html>\n",
            env!("CARGO_PKG_VERSION"),
            extract.seq,
            Text(&extract.head)
        ))
    }

    /// One row of a list of facts, if there is anything to say.
    fn fact(&mut self, name: &str, value: Option<impl Display>) -> Result<()> {
        match value {
            Some(value) => self.put(format_args!("<dt>{name}</dt><dd>{value}</dd>\n")),
            None => Ok(()),
        }
    }
}

/// Who collected, as far as the settings name them.
fn collected(who: &Who) -> String {
    let known = [&who.collector, &who.organization, &who.email];
    let names: Vec<String> = known
        .into_iter()
        .filter(|name| !name.trim().is_empty())
        .map(|name| Name(name).to_string())
        .collect();
    match names.is_empty() {
        true => String::new(),
        false => format!("<dt>Collected by</dt><dd>{}</dd>\n", names.join(", ")),
    }
}

/// An address or name, if there is one.
fn address(value: Option<&str>) -> Option<Address<'_>> {
    value.filter(|value| !value.is_empty()).map(Address)
}

/// A name, if there is one.
fn name(value: Option<&str>) -> Option<Name<'_>> {
    value.filter(|value| !value.is_empty()).map(Name)
}

/// What an article is called: its title, else the name of the file that it was given as, else its key.
fn title<'a>(title: Option<&'a str>, given_name: Option<&'a str>, key: &'a str) -> &'a str {
    let file = given_name.map(|name| name.rsplit(['/', '\\']).next().unwrap_or(name));
    [title, file.filter(|name| *name != "-")]
        .into_iter()
        .flatten()
        .find(|words| !words.trim().is_empty())
        .unwrap_or(key)
}
