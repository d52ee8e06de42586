//! One article: its facts, its text with the citing sentences marked and numbered, and beside each part of the text what is
//! cited there.

use std::collections::{BTreeMap, HashMap};

use super::card::Cited;
use super::markup::{Attribute, Name, Text, Time, direction, language};
use super::{Report, address, name, title, words};
use crate::bundle::offsets::Offsets;
use crate::error::Result;
use crate::store::export::story::{Claim, Part, Place, Story};

impl Report<'_> {
    /// Every text of an article that the selection has.
    pub(super) fn article(&mut self, number: usize, article: i64) -> Result<()> {
        let extract = self.extract;
        let mut first = true;
        extract.stories(article, |story| {
            if first {
                self.put(format_args!("<section class=article id=a{article}>\n"))?;
            }
            self.facts(number, &story, first)?;
            first = false;
            match &story.text {
                Some(text) => self.text(&story, text),
                None => self.without_text(&story),
            }
        })?;
        if first {
            return Ok(());
        }
        self.records()?;
        self.put("</section>\n")
    }

    fn facts(&mut self, number: usize, story: &Story, first: bool) -> Result<()> {
        let title = title(story.title.as_deref(), story.given_name.as_deref(), &story.key);
        if first {
            self.put(format_args!(
                "<h2><span class=count>Article {number}</span> <bdi {}>{}</bdi></h2>\n",
                language(story.language.as_deref()),
                Text(title)
            ))?;
        } else {
            self.put(format_args!(
                "<h3>The same article as read {}: <bdi {}>{}</bdi></h3>\n<p class=note>Its text or what it cites differs \
                 from the reading before.</p>\n",
                Time(&story.read_at),
                language(story.language.as_deref()),
                Text(title)
            ))?;
        }
        self.put("<dl class=facts>\n")?;
        self.fact("By", name(story.byline.as_deref()))?;
        self.fact("Published", story.published.as_deref().map(Time))?;
        self.fact("Address", address(story.url.as_deref()))?;
        match story.origin.as_str() {
            "given" if story.taken_from.is_some() => {
                let file = name(story.taken_from.as_deref());
                let from = file.map(|file| format!("{}, from the web archive {file}", Time(&story.read_at)));
                self.fact("Read", from)?;
                self.fact("Recorded by others at", address(story.claimed_url.as_deref()))?;
                self.fact("Recorded by others", story.claimed_retrieved.as_deref().map(Time))?;
            }
            "given" => {
                let file = story.given_name.as_deref().filter(|name| *name != "-");
                self.fact(
                    "Read",
                    Some(format!(
                        "{}, from {}",
                        Time(&story.read_at),
                        file.map_or_else(
                            || "standard input".to_owned(),
                            |file| format!("the file {}", Name(file))
                        )
                    )),
                )?;
                self.fact("Said to be from", address(story.claimed_url.as_deref()))?;
                self.fact("Said to be retrieved", story.claimed_retrieved.as_deref().map(Time))?;
            }
            _ => self.fact("Read", Some(format!("{}, fetched by us", Time(&story.read_at))))?,
        }
        if let (1.., Some(last)) = (story.again, &story.again_last) {
            let times = words::count(story.again, "later reading", "later readings");
            let again = format!("{times} found the same text and citations, the last {}", Time(last));
            self.fact("Read again", Some(again))?;
        }
        self.fact("Language", name(story.language.as_deref()))?;
        self.put(format_args!(
            "<dt>Bytes</dt><dd>{}, SHA-256 <code>{}</code></dd>\n<dt>Text</dt><dd>SHA-256 <code>{}</code></dd>\n\
             <dt>Ledger entry</dt><dd>{}, read by {}</dd>\n</dl>\n",
            words::size(story.body_length),
            Text(&story.body_sha256),
            Text(&story.text_sha256),
            story.reading,
            Text(&story.reader)
        ))?;
        let remarks = self.extract.notes_about_article(story.reading)?;
        self.remarks(&remarks)
    }

    /// The text in rows: a block that cites something, what follows it up to the next such block, and beside them the cards.
    fn text(&mut self, story: &Story, text: &str) -> Result<()> {
        let mentions = story.places.iter().flat_map(|place| &place.mentions);
        let offsets = Offsets::of(
            text,
            story
                .blocks
                .iter()
                .flat_map(|block| [block.start, block.stop])
                .chain(mentions.flat_map(|mention| [mention.start, mention.stop])),
        );
        let marks = Marks::of(story);
        let said = language(story.language.as_deref());
        let beside = places_by_block(story);
        let ends = beside.keys().skip(1).copied().chain([story.blocks.len()]);
        for ((start, places), end) in beside.iter().zip(ends) {
            self.put("<div class=row>\n")?;
            // On a narrow screen the cards stand between the citing block and what follows it.
            let (citing, after) = story
                .blocks
                .get(*start..end)
                .unwrap_or_default()
                .split_at(usize::from(*start < end));
            self.put(format_args!("<div class=said {said}>\n"))?;
            for block in citing {
                self.block(story, block, &offsets, &marks)?;
            }
            self.put("</div>\n")?;
            self.cards(story, places)?;
            if !after.is_empty() {
                self.put(format_args!("<div class=\"said after\" {said}>\n"))?;
                for block in after {
                    self.block(story, block, &offsets, &marks)?;
                }
                self.put("</div>\n")?;
            }
            self.put("</div>\n")?;
        }
        Ok(())
    }

    fn block(&mut self, story: &Story, block: &Part, offsets: &Offsets<'_>, marks: &Marks) -> Result<()> {
        let (element, class) = match block.kind.as_str() {
            "heading" => ("h3", ""),
            "list_item" => ("p", " class=item"),
            "quote" => ("blockquote", ""),
            "caption" => ("p", " class=caption"),
            "cell" => ("p", " class=cell"),
            "preformatted" => ("pre", ""),
            _ => ("p", ""),
        };
        // The title of the article stands above already, but the text is shown whole.
        let way = if direction(story.language.as_deref()) == "auto" {
            " dir=auto"
        } else {
            ""
        };
        let mut markup = format!("<{element}{class}{way}>");
        let mut at = block.start;
        for (start, mark) in marks.within(block) {
            markup += &Text(offsets.slice(at, start)).to_string();
            let weight = if mark.main { "" } else { " class=also" };
            markup += &format!(
                "<mark id=r{}s{start}{weight}>{}",
                story.reading,
                Text(offsets.slice(start, mark.stop))
            );
            markup += "<sup dir=ltr>";
            for ordinal in &mark.ordinals {
                markup += &format!("<a href=\"#r{}c{ordinal}\">{}</a> ", story.reading, ordinal + 1);
            }
            markup.truncate(markup.trim_end().len());
            markup += "</sup></mark>";
            at = mark.stop;
        }
        self.put(format_args!(
            "{markup}{}</{element}>\n",
            Text(offsets.slice(at, block.stop))
        ))
    }

    /// The cards of these places, one for each target.
    fn cards(&mut self, story: &Story, places: &[&Place]) -> Result<()> {
        if places.is_empty() {
            return Ok(());
        }
        let mut targets = Vec::new();
        let mut groups: HashMap<i64, Vec<&Place>> = HashMap::new();
        for place in places {
            let group = groups.entry(place.means).or_default();
            if group.is_empty() {
                targets.push(place.means);
            }
            group.push(place);
        }
        self.put("<div class=kept>\n")?;
        for means in targets {
            let places = groups.remove(&means).unwrap_or_default();
            let mut claims: Vec<i64> = places
                .iter()
                .map(|place| place.target)
                .filter(|target| *target != means)
                .collect();
            claims.sort_unstable();
            claims.dedup();
            let mut claimed = places
                .iter()
                .map(|place| &place.claim)
                .filter(|claim| **claim != Claim::default());
            let claim = claimed.next().cloned().unwrap_or_default();
            let places = places.iter().map(|place| place_line(story, place)).collect();
            self.card(Cited {
                means,
                claims,
                places,
                claim,
                is_context: false,
            })?;
        }
        self.put("</div>\n")
    }

    fn without_text(&mut self, story: &Story) -> Result<()> {
        self.put("<p class=note>The text of this reading was taken out of the archive by a redaction; its digest stays.</p>\n<div class=alone>\n")?;
        let places: Vec<&Place> = story.places.iter().collect();
        self.cards(story, &places)?;
        self.put("</div>\n")
    }
}

/// The line of a card for a place: how the place cites, and how the sentence refers to it; and its address as it stood.
fn place_line(story: &Story, place: &Place) -> (String, Option<String>) {
    let number = place.ordinal + 1;
    let mut line = format!("<p class=place id=r{}c{}>", story.reading, place.ordinal);
    match place.mentions.first() {
        Some(mention) => {
            line += &format!(
                "<a class=number href=\"#r{}s{}\" title=\"{}\">{number}</a> {}; {}",
                story.reading,
                mention.start,
                Attribute(&format!(
                    "confidence {} of 1000, {}",
                    mention.confidence, mention.reason
                )),
                Text(words::form(&place.form)),
                Text(words::refers(&mention.relation))
            );
        }
        None => {
            line += &format!(
                "<b class=number>{number}</b> {}; no sentence refers to it",
                Text(words::form(&place.form))
            );
        }
    }
    (line, place.raw_url.clone())
}

/// The sentences that refer to something.
struct Marks(BTreeMap<usize, Mark>);

struct Mark {
    stop: usize,
    main: bool,
    ordinals: Vec<i64>,
}

impl Marks {
    fn of(story: &Story) -> Marks {
        let mut marks: BTreeMap<usize, Mark> = BTreeMap::new();
        for place in &story.places {
            for (rank, mention) in place.mentions.iter().enumerate() {
                let mark = marks.entry(mention.start).or_insert(Mark {
                    stop: mention.stop,
                    main: false,
                    ordinals: Vec::new(),
                });
                mark.main |= rank == 0;
                mark.ordinals.push(place.ordinal);
            }
        }
        Marks(marks)
    }

    /// Those of a block, in order.
    fn within(&self, block: &Part) -> impl Iterator<Item = (usize, &Mark)> {
        self.0
            .range(block.start..block.stop.max(block.start))
            .filter(|(_, mark)| mark.stop <= block.stop)
            .map(|(start, mark)| (*start, mark))
    }
}

/// The places of each block, by where their main sentence begins, or they themselves stand; the first block always has a
/// list.
fn places_by_block(story: &Story) -> BTreeMap<usize, Vec<&Place>> {
    let mut found: BTreeMap<usize, Vec<&Place>> = BTreeMap::from([(0, Vec::new())]);
    for place in &story.places {
        let at = place.mentions.first().map_or(place.start, |mention| mention.start);
        let block = story
            .blocks
            .partition_point(|block| block.start <= at)
            .saturating_sub(1);
        found.entry(block).or_default().push(place);
    }
    found
}
