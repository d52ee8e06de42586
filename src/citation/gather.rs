//! What a page cites, item by item: marks of embeds, links, printed addresses, flattened posts, data islands; and what is no
//! citation, refused with its reason.

use std::collections::HashSet;
use std::ops::Range;
use std::rc::Rc;

use foldhash::{HashMap, HashMapExt};
use url::Url;

use super::{Citation, Cited, Claim, Form, Refusal, boilerplate, flattened, markup};
use crate::article::page::{Item, Mark, Page, PageBlock};
use crate::article::{self, BlockKind, Source, Span};
use crate::platform::{Platform, PostRef, Recognised, Recogniser, link, x};

/// Most citations of one reading; a page with more is no article.
pub(super) const CITATIONS: usize = 20_000;

/// Posts of one data island that are looked at.
const IN_SCRIPT: usize = 200;

/// Most words of a link that alone makes a label.
const LABEL_WORDS: usize = 3;

/// Most that is kept of a place as it stood, in bytes.
const LONGEST_RAW: usize = 64 << 10;

/// Pictures in a row, each with a link to a post, that make a gallery.
const GALLERY: usize = 3;

/// Where each item of the page stands in the text.
pub(super) enum Place {
    /// A block of the story.
    Block {
        range: Range<usize>,
        kind: article::BlockKind,
    },
    /// A block that is not of the story.
    Chrome,
    /// A mark, before the byte given.
    Mark(usize),
}

/// Citations of a page with their places in bytes of its text, and what was refused, each in no order. `places` says where the
/// page's items stand in the text.
pub(super) fn gather(
    source: &Source,
    text: &str,
    places: &[Place],
    language: Option<&str>,
) -> (Vec<(Range<usize>, Citation)>, Vec<Refusal>) {
    let mut gathering = Gathering {
        text,
        base: source.base.as_ref(),
        language,
        citations: Vec::new(),
        reach: 0,
        refused: Vec::new(),
        seen: HashSet::new(),
        led: HashMap::new(),
        recogniser: Recogniser::new(),
    };
    gathering.gather(&source.page, places);
    (gathering.citations, gathering.refused)
}

/// Citations as they come in, with their places in bytes.
struct Gathering<'a> {
    text: &'a str,
    base: Option<&'a Url>,
    language: Option<&'a str>,
    citations: Vec<(Range<usize>, Citation)>,
    /// Where the last citation ends: a card is several links and pictures that lead to one post.
    reach: usize,
    refused: Vec<Refusal>,
    /// Posts embedded in the story, so that an element that names one again is no second citation.
    seen: HashSet<(&'static str, String)>,
    /// Where links lead, by their address as written: many stand on a page several times, and each is asked for often.
    led: HashMap<&'a str, Rc<Option<Lead>>>,
    recogniser: Recogniser,
}

/// Where an address leads.
struct Lead {
    url: Url,
    /// The address that its wrappers lead to, if it has any.
    opened: Option<Url>,
    /// What that is to its platform, if it is one's.
    meaning: Option<(&'static Platform, Recognised)>,
}

impl Lead {
    fn of(url: Url, recogniser: &mut Recogniser) -> Lead {
        let opened = link::opened(&url);
        Lead {
            meaning: recogniser.recognise(opened.as_ref().unwrap_or(&url)),
            opened,
            url,
        }
    }

    /// The post that it names, if it names one.
    fn post(&self) -> Option<&PostRef> {
        match &self.meaning {
            Some((_, Recognised::Post(post))) => Some(post),
            _ => None,
        }
    }
}

impl<'a> Gathering<'a> {
    fn gather(&mut self, page: &'a Page, places: &[Place]) {
        let blocks: Vec<Range<usize>> = places
            .iter()
            .filter_map(|p| match p {
                Place::Block { range, .. } => Some(range.clone()),
                _ => None,
            })
            .collect();
        let links = self.post_links(page, places);
        let flat = self.flattened(&blocks, &quotations(places), &links);
        let galleries = galleries(page);
        for ((item, place), in_gallery) in page.items.iter().zip(places).zip(galleries) {
            match (item, place) {
                (Item::Block(block), Place::Block { range, .. }) => self.block(block, range, &flat),
                (Item::Block(block), _) => self.chrome(block),
                (Item::Mark(mark), Place::Mark(_)) if in_gallery => self.refuse(&mark.attributes[0].1, "gallery"),
                (Item::Mark(mark), Place::Mark(at)) => self.mark(mark, *at),
                (Item::Mark(_), _) => {}
            }
        }
        // Data islands stand anywhere; what they embed is cited only if nothing in the markup shows it.
        for (item, place) in page.items.iter().zip(places) {
            if let (Item::Mark(mark), Place::Mark(at)) = (item, place)
                && mark.provenance == article::page::Provenance::Script
            {
                self.script(mark, *at);
            }
        }
    }

    fn push(
        &mut self,
        place: Range<usize>,
        cited: Cited,
        form: Form,
        raw_url: Option<String>,
        raw: String,
        claim: Claim,
    ) {
        self.reach = place.end;
        self.citations.push((
            place,
            Citation {
                cited,
                form,
                raw_url,
                raw,
                anchor: None,
                claim,
                place: Span::default(),
                references: Vec::new(),
            },
        ));
    }

    fn refuse(&mut self, url: &str, reason: &'static str) {
        if self.refused.len() < CITATIONS {
            self.refused.push(Refusal {
                url: url.to_owned(),
                reason,
            });
        }
    }

    /// Flattened posts, and where they stand. `links` are those of the story that name posts: one inside a post of the
    /// same platform is its address, kept as a link where the rest is only text.
    fn flattened(
        &mut self,
        blocks: &[Range<usize>],
        quotations: &[Range<usize>],
        links: &[(Range<usize>, PostRef)],
    ) -> Vec<Range<usize>> {
        let mut places = Vec::new();
        for found in flattened::find_within(self.text, blocks, quotations, self.language) {
            places.push(found.place.clone());
            let inside = links[links.partition_point(|(at, _)| at.start < found.place.start)..]
                .iter()
                .take_while(|(at, _)| at.start < found.place.end)
                .filter(|(_, post)| post.platform == found.platform)
                .last();
            let cited = match found.post.or_else(|| inside.map(|(_, post)| post.clone())) {
                Some(post) => Cited::Post(post),
                None => Cited::UnidentifiedPost {
                    platform: found.platform,
                },
            };
            self.push(found.place, cited, found.form, None, found.raw, found.claim);
        }
        places
    }

    /// Links of the story that name posts, and where they stand, in order.
    fn post_links(&mut self, page: &'a Page, places: &[Place]) -> Vec<(Range<usize>, PostRef)> {
        let mut found = Vec::new();
        for (item, place) in page.items.iter().zip(places) {
            if let (Item::Block(block), Place::Block { range, .. }) = (item, place) {
                for link in &block.links {
                    let lead = self.lead(&link.href);
                    let post = lead.as_ref().as_ref().and_then(|lead| lead.post().cloned());
                    let at = range.start + link.range.start..range.start + link.range.end;
                    found.extend(post.map(|post| (at, post)));
                }
            }
        }
        found
    }

    /// Links and printed addresses of a block of the story.
    fn block(&mut self, block: &'a PageBlock, range: &Range<usize>, flat: &[Range<usize>]) {
        let is_in_post = |place: &Range<usize>| {
            let after = flat.partition_point(|f| f.end <= place.start);
            flat.get(after).is_some_and(|f| f.start < place.end)
        };
        let boilerplate = boilerplate::of_block(block);
        for link in &block.links {
            let place = range.start + link.range.start..range.start + link.range.end;
            let words = &block.text[link.range.clone()];
            let whole = words.len() == block.text.len();
            if is_in_post(&place) || link.goes_on && self.is_last(&link.href) {
                continue;
            }
            let lead = self.lead(&link.href);
            let lead = lead.as_ref().as_ref();
            // A card is several links to one post, a line each.
            if whole
                && lead
                    .and_then(|lead| lead.post())
                    .is_some_and(|post| self.ends_here(post, range.start.saturating_sub(1)))
            {
                self.reach = range.end;
                continue;
            }
            let base = self.base;
            // Pictures that lead to anything else are buttons and advertisements.
            if words.is_empty() && lead.is_none_or(|lead| lead.post().is_none()) {
                continue;
            }
            let leads = |test: fn(&Url, Option<&Url>) -> bool| lead.is_some_and(|lead| test(&lead.url, base));
            // A block that is nothing but a short link is a button, a tag or a menu's entry; a post may stand so.
            let is_label = whole
                && block.kind != BlockKind::Heading
                && words.split_whitespace().count() <= LABEL_WORDS
                && !words.contains("://");
            // One that is nothing but a link to another page of the same site is a teaser.
            let is_teaser = whole && (block.kind == BlockKind::Heading || leads(boilerplate::is_same_site));
            let reason = link
                .chrome
                .or(is_label.then_some("label"))
                .or(is_teaser.then_some("teaser"))
                .or(boilerplate)
                .or_else(|| leads(boilerplate::is_listing).then_some("listing"))
                .or_else(|| boilerplate::is_call(&block.text, link.range.start).then_some("aside"));
            match (reason, lead) {
                (Some(reason), _) if lead.is_none_or(|lead| lead.post().is_none()) => self.refuse(&link.href, reason),
                (_, Some(lead)) => self.address(lead, &link.href, place, Some(words)),
                (_, None) => {}
            }
        }
        for (at, url) in link::addresses(&block.text) {
            let place = range.start + at.start..range.start + at.end;
            let is_linked = block
                .links
                .iter()
                .any(|l| l.range.start < at.end && at.start < l.range.end);
            if is_linked || is_in_post(&place) {
                continue;
            }
            let lead = Lead::of(url, &mut self.recogniser);
            // An address that is printed where its post is embedded names nothing more.
            let is_alone = at.start == 0 && at.end == block.text.len();
            let before = range.start.saturating_sub(1);
            if !(is_alone && lead.post().is_some_and(|post| self.ends_here(post, before))) {
                self.address(&lead, &block.text[at], place, None);
            }
        }
    }

    /// Whether the last citation is the link with this address, as written.
    fn is_last(&self, href: &str) -> bool {
        let last = self.citations.last();
        last.is_some_and(|(_, citation)| citation.form == Form::Link && citation.raw_url.as_deref() == Some(href))
    }

    /// Whether the last citation is of this post and reaches to byte `at`, the end of a block.
    fn ends_here(&self, post: &PostRef, at: usize) -> bool {
        self.citations.last().is_some_and(|(place, citation)| {
            self.reach == at
                && (place.is_empty() || is_whole_block(self.text, place))
                && matches!(&citation.cited, Cited::Post(last) if is_same(last, post))
        })
    }

    /// An address in the story's text.
    fn address(&mut self, lead: &Lead, as_written: &str, place: Range<usize>, words: Option<&str>) {
        let unwrapped = lead.opened.as_ref().unwrap_or(&lead.url);
        let cited = match &lead.meaning {
            Some((_, Recognised::Post(post))) => {
                self.see(post);
                Cited::Post(post.clone())
            }
            Some((_, Recognised::NotAPost(reason @ ("share" | "intent")))) => {
                return self.refuse(as_written, reason);
            }
            // X shares through its home page; the front pages of others are links like any.
            Some((platform, Recognised::NotAPost("home"))) if platform.name == x::PLATFORM.name => {
                return self.refuse(as_written, "home");
            }
            // The picture link of a post that is embedded or flattened here names nothing more.
            Some((platform, Recognised::Leads)) if words.is_none() && platform.name == x::PLATFORM.name => return,
            _ if is_share(unwrapped) => return self.refuse(as_written, "share"),
            _ => Cited::Link(link::clean(unwrapped)),
        };
        let raw = words.map_or_else(
            || as_written.to_owned(),
            |w| format!("<a href=\"{}\">{w}</a>", as_written.replace('"', "&quot;")),
        );
        self.push(
            place,
            cited,
            Form::Link,
            Some(as_written.to_owned()),
            cut(raw),
            Claim::default(),
        );
        if let Some((_, citation)) = self.citations.last_mut() {
            citation.anchor = words.filter(|words| !words.is_empty()).map(str::to_owned);
        }
    }

    /// Where a link leads; `None` if to no other page.
    fn lead(&mut self, href: &'a str) -> Rc<Option<Lead>> {
        if let Some(known) = self.led.get(href) {
            return Rc::clone(known);
        }
        let lead = Rc::new(self.resolve(href).map(|url| Lead::of(url, &mut self.recogniser)));
        self.led.insert(href, Rc::clone(&lead));
        lead
    }

    fn resolve(&self, href: &str) -> Option<Url> {
        if href.is_empty() || href.starts_with('#') {
            return None;
        }
        let mut url = match (Url::parse(href), self.base) {
            (Ok(url), _) => url,
            (Err(url::ParseError::RelativeUrlWithoutBase), Some(base)) => base.join(href).ok()?,
            (Err(url::ParseError::RelativeUrlWithoutBase), None) if href.starts_with("//") => {
                Url::parse(&format!("https:{href}")).ok()?
            }
            _ => return None,
        };
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return None;
        }
        // A place in this very page is no other page.
        if url.fragment().is_some_and(|f| !f.starts_with('!')) {
            let here = self
                .base
                .is_some_and(|base| base[..url::Position::AfterQuery] == url[..url::Position::AfterQuery]);
            if here {
                return None;
            }
            // A fragment that begins with a slash is the path of a program that runs in the browser.
            if !url.fragment().is_some_and(|f| f.starts_with('/')) {
                url.set_fragment(None);
            }
        }
        Some(url)
    }

    /// Posts that are linked outside the story are refused, with the reason why that is no citation.
    fn chrome(&mut self, block: &'a PageBlock) {
        let Some(reason) = block.chrome else { return };
        for link in &block.links {
            if self
                .lead(&link.href)
                .as_ref()
                .as_ref()
                .is_some_and(|lead| lead.post().is_some())
            {
                self.refuse(&link.href, reason);
            }
        }
    }

    fn mark(&mut self, mark: &Mark, at: usize) {
        for found in markup::read(mark, self.base, self.language) {
            let url = found.raw_url.clone().unwrap_or_else(|| found.post.url.to_string());
            if let Some(reason) = mark.chrome {
                self.refuse(&url, reason);
                continue;
            }
            // A wrapper and what it wraps name the same post at the same place.
            if !self.see(&found.post)
                && (self.is_here(&found.post, at) || mark.name == "a" && self.ends_here(&found.post, at))
            {
                continue;
            }
            let cited = Cited::Post(found.post);
            let place = self.point(at);
            self.push(place, cited, found.form, found.raw_url, mark.raw.clone(), found.claim);
        }
    }

    /// Notes a post of the story; false if it was noted before.
    fn see(&mut self, post: &PostRef) -> bool {
        self.seen.insert((post.platform, post.id.clone()))
    }

    /// Whether the post is embedded at this very place already; the richer claim stays.
    fn is_here(&self, post: &PostRef, at: usize) -> bool {
        let place = self.point(at);
        self.citations
            .iter()
            .rev()
            .take_while(|(p, c)| p.start >= place.start || c.form == Form::Link)
            .take_while(|(p, _)| p.end >= at)
            .any(|(p, c)| {
                let is_here = *p == place || p.end == at && is_whole_block(self.text, p);
                is_here && matches!(&c.cited, Cited::Post(other) if is_same(other, post))
            })
    }

    /// The place of an embed: the end of the block before it.
    fn point(&self, at: usize) -> Range<usize> {
        at..at
    }

    fn script(&mut self, mark: &Mark, at: usize) {
        if mark.chrome.is_some_and(|c| c != "chrome_outside_story") {
            return;
        }
        for found in markup::in_script(mark).into_iter().take(IN_SCRIPT) {
            if self.see(&found.post) {
                let after = found.after.and_then(|words| self.end_of(&words));
                let place = self.point(after.unwrap_or(at));
                self.push(
                    place,
                    Cited::Post(found.post),
                    Form::Embed,
                    None,
                    cut(found.raw),
                    Claim::default(),
                );
            }
        }
    }

    /// The end of the block in which these words stand, if they do.
    fn end_of(&self, words: &str) -> Option<usize> {
        let at = self.text.find(words)? + words.len();
        Some(self.text[at..].find('\n').map_or(self.text.len(), |end| at + end))
    }
}

/// Which items are of a gallery: pictures that lead to posts, one after another without a word between.
fn galleries(page: &Page) -> Vec<bool> {
    let is_picture = |item: &Item| matches!(item, Item::Mark(mark) if mark.name == "a");
    let runs = page.items.chunk_by(|a, b| is_picture(a) == is_picture(b));
    runs.flat_map(|run| std::iter::repeat_n(is_picture(&run[0]) && run.len() >= GALLERY, run.len()))
        .collect()
}

/// Runs of blocks of the story that are quotations.
fn quotations(places: &[Place]) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    let mut goes_on = false;
    for place in places {
        if let Place::Block { range, kind } = place {
            let is_quotation = *kind == BlockKind::Quote;
            match runs.last_mut().filter(|_| goes_on && is_quotation) {
                Some(run) => run.end = range.end,
                None if is_quotation => runs.push(range.clone()),
                None => {}
            }
            goes_on = is_quotation;
        }
    }
    runs
}

/// Whether nothing else stands in the blocks of `place`.
fn is_whole_block(text: &str, place: &Range<usize>) -> bool {
    (place.start == 0 || text[..place.start].ends_with('\n'))
        && (place.end == text.len() || text[place.end..].starts_with('\n'))
}

/// Whether two addresses name one post.
fn is_same(a: &PostRef, b: &PostRef) -> bool {
    (a.platform, &a.id) == (b.platform, &b.id)
}

/// Addresses that share the page instead of naming another.
fn is_share(url: &Url) -> bool {
    const SHARES: [&str; 12] = [
        "/sharer",
        "/sharer.php",
        "/sharer/sharer.php",
        "/dialog/share",
        "/share.php",
        "/shareArticle",
        "/share/url",
        "/submit",
        "/pin/create/button",
        "/pin/create/button/",
        "/share",
        "/intent/post",
    ];
    let names_a_page = url
        .query_pairs()
        .any(|(name, _)| matches!(&*name, "u" | "url" | "text" | "href" | "mini"));
    names_a_page && SHARES.contains(&url.path())
        || matches!(
            url.host_str(),
            Some("api.whatsapp.com" | "wa.me" | "addtoany.com" | "www.addtoany.com")
        )
}

fn cut(mut raw: String) -> String {
    raw.truncate(raw.floor_char_boundary(LONGEST_RAW));
    raw
}
