//! Manifests of Dynamic Adaptive Streaming over HTTP (ISO/IEC 23009-1): the files that make up the best picture and the best sound
//! of each of its periods. What goes on for an unknown time, as a broadcast does, is named as far as its manifest lists it.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use url::Url;

use super::Piece;

/// Most events of XML that are read.
const EVENTS: usize = 500_000;

/// Most pieces of one manifest.
const MOST: usize = 20_000;

/// How deep elements may nest.
const DEPTH: usize = 32;

/// Most periods, sets and representations.
const LEVELS: usize = 1_000;

/// Longest address or pattern of addresses, in bytes.
const LONGEST: usize = 2_048;

/// Longest name of a representation, in bytes.
const LONGEST_ID: usize = 200;

/// How the segments of a representation are addressed; what is not said is what holds for all around it.
#[derive(Debug, Clone, Default)]
struct Template {
    initialization: Option<String>,
    media: Option<String>,
    start: Option<u64>,
    timescale: Option<u64>,
    duration: Option<u64>,
    /// Start and length of segments that follow one another, and how often that length is repeated.
    timeline: Vec<(Option<u64>, u64, i64)>,
}

/// What holds at one element: of the manifest, a period, a set of representations, or a representation.
#[derive(Debug, Clone)]
struct Level {
    base: Url,
    has_base: bool,
    /// Seconds of the period.
    seconds: Option<f64>,
    /// `video` or `audio`.
    kind: Option<&'static str>,
    id: String,
    bandwidth: u64,
    template: Template,
    /// Segments that are listed one by one.
    list: Vec<String>,
}

/// The files that a manifest names, each period's picture before its sound.
pub(super) fn named_by(text: &str, base: &Url) -> Vec<Piece> {
    let mut reader = Reader::from_str(text);
    let mut path: Vec<String> = Vec::new();
    let mut levels = vec![Level {
        base: base.clone(),
        has_base: false,
        seconds: None,
        kind: None,
        id: String::new(),
        bandwidth: 0,
        template: Template::default(),
        list: Vec::new(),
    }];
    let mut best: Vec<Level> = Vec::new();
    let mut pieces = Vec::new();
    let mut words = String::new();
    let mut opened = 0;
    for _ in 0..EVENTS {
        match reader.read_event() {
            Ok(Event::Start(element)) if path.len() < DEPTH && opened < LEVELS => {
                path.push(element.local_name().as_ref().to_owned());
                words.clear();
                opened += usize::from(is_level(element.local_name().as_ref()));
                open(&element, &mut levels);
            }
            Ok(Event::Empty(element)) if opened < LEVELS => {
                opened += usize::from(is_level(element.local_name().as_ref()));
                open(&element, &mut levels);
                close(element.local_name().as_ref(), "", &mut levels, &mut best, &mut pieces);
            }
            Ok(Event::End(_)) => {
                let Some(name) = path.pop() else { break };
                close(&name, words.trim(), &mut levels, &mut best, &mut pieces);
            }
            Ok(Event::Text(text)) => words.push_str(&text),
            Ok(Event::CData(text)) => words.push_str(&text),
            Ok(Event::GeneralRef(name)) if name.as_ref() == "amp" => words.push('&'),
            Ok(Event::Eof) | Err(_) => break,
            Ok(Event::Start(_) | Event::Empty(_)) => break,
            Ok(_) => {}
        }
    }
    pieces.truncate(MOST);
    pieces
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let mut attributes = element.attributes().flatten();
    let found = attributes.find(|attribute| attribute.key.as_ref() == name)?;
    Some(found.value.replace("&amp;", "&")).filter(|value| value.len() <= LONGEST)
}

fn number(element: &BytesStart<'_>, name: &str) -> Option<u64> {
    attribute(element, name)?.parse().ok()
}

fn is_level(name: &str) -> bool {
    matches!(name, "MPD" | "Period" | "AdaptationSet" | "Representation")
}

fn open(element: &BytesStart<'_>, levels: &mut Vec<Level>) {
    let name = element.local_name();
    let name = name.as_ref();
    let Some(above) = levels.last_mut() else { return };
    if is_level(name) {
        let mut level = above.clone();
        level.has_base = false;
        let told = [attribute(element, "contentType"), attribute(element, "mimeType")];
        let is = |kind: &str| told.iter().flatten().any(|told| told.starts_with(kind));
        level.kind = match () {
            () if is("video") => Some("video"),
            () if is("audio") => Some("audio"),
            // Words and pictures beside it are neither.
            () if told.iter().any(Option::is_some) => None,
            () => level.kind,
        };
        let seconds = ["duration", "mediaPresentationDuration"]
            .into_iter()
            .find_map(|name| attribute(element, name));
        level.seconds = seconds.as_deref().and_then(seconds_of).or(level.seconds);
        level.id = attribute(element, "id")
            .filter(|id| id.len() <= LONGEST_ID)
            .unwrap_or_default();
        level.bandwidth = number(element, "bandwidth").unwrap_or(0);
        levels.push(level);
        return;
    }
    match name {
        "SegmentTemplate" | "SegmentList" | "SegmentBase" => {
            let template = &mut above.template;
            template.initialization = attribute(element, "initialization").or(template.initialization.take());
            template.media = attribute(element, "media").or(template.media.take());
            template.start = number(element, "startNumber").or(template.start);
            template.timescale = number(element, "timescale").or(template.timescale);
            template.duration = number(element, "duration").or(template.duration);
            if name == "SegmentList" {
                above.list.clear();
            }
        }
        "SegmentTimeline" => above.template.timeline.clear(),
        "S" if above.template.timeline.len() < MOST => {
            let repeats = attribute(element, "r").and_then(|r| r.parse().ok()).unwrap_or(0);
            if let Some(length) = number(element, "d") {
                above.template.timeline.push((number(element, "t"), length, repeats));
            }
        }
        "Initialization" => above.template.initialization = attribute(element, "sourceURL"),
        "SegmentURL" if above.list.len() < MOST => above.list.extend(attribute(element, "media")),
        _ => {}
    }
}

fn close(name: &str, words: &str, levels: &mut Vec<Level>, best: &mut Vec<Level>, pieces: &mut Vec<Piece>) {
    if name == "BaseURL" {
        // Of several, the others are other places of the same.
        if let Some(level) = levels
            .last_mut()
            .filter(|level| !level.has_base && words.len() <= LONGEST)
            && let Ok(base) = level.base.join(words)
        {
            level.base = base;
            level.has_base = true;
        }
        return;
    }
    if !is_level(name) || levels.len() < 2 {
        return;
    }
    let Some(level) = levels.pop() else { return };
    match name {
        "Representation" => match best.iter_mut().find(|known| known.kind == level.kind) {
            _ if level.kind.is_none() => {}
            Some(known) if known.bandwidth >= level.bandwidth => {}
            Some(known) => *known = level,
            None => best.push(level),
        },
        "Period" => {
            best.sort_by_key(|level| level.kind != Some("video"));
            for level in best.drain(..) {
                level.pieces(pieces);
            }
        }
        _ => {}
    }
}

impl Level {
    /// Adds the files of this representation.
    fn pieces(&self, pieces: &mut Vec<Piece>) {
        let mut add = |address: &str| {
            let url = self.base.join(address).ok().filter(|_| address.len() <= LONGEST);
            let url = url.filter(|url| matches!(url.scheme(), "http" | "https"));
            pieces.extend(url.map(|url| Piece { kind: "segment", url }));
        };
        let template = &self.template;
        let filled = |pattern: &str, number: u64, time: u64| self.filled(pattern, number, time);
        if let Some(first) = &template.initialization {
            add(&filled(first, 0, 0));
        }
        let first = template.start.unwrap_or(1);
        match &template.media {
            Some(media) if !template.timeline.is_empty() => {
                for (place, time) in (0..).zip(self.times().take(MOST)) {
                    add(&filled(media, first.saturating_add(place), time));
                }
            }
            Some(media) => {
                let length = template.duration.unwrap_or(0);
                for place in 0..self.count(length) {
                    add(&filled(
                        media,
                        first.saturating_add(place),
                        place.saturating_mul(length),
                    ));
                }
            }
            None if !self.list.is_empty() => self.list.iter().for_each(|address| add(address)),
            // The representation is one file.
            None => add(""),
        }
    }

    /// How many segments of this length there are.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss
    )]
    fn count(&self, length: u64) -> u64 {
        match (self.seconds, length) {
            (Some(seconds), 1..) => {
                let units = seconds * self.template.timescale.unwrap_or(1).max(1) as f64;
                ((units / length as f64).ceil() as u64).min(MOST as u64)
            }
            _ => 0,
        }
    }

    /// When each segment of the timeline begins, in units of its scale.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss
    )]
    fn times(&self) -> impl Iterator<Item = u64> {
        let end = self
            .seconds
            .map(|seconds| (seconds * self.template.timescale.unwrap_or(1) as f64) as u64);
        let mut at = 0_u64;
        let mut times = Vec::new();
        for (start, length, repeats) in &self.template.timeline {
            at = start.unwrap_or(at);
            // A negative number: to the end.
            let times_more = match u64::try_from(*repeats) {
                Ok(repeats) => repeats,
                Err(_) => end
                    .unwrap_or(at)
                    .saturating_sub(at)
                    .div_ceil((*length).max(1))
                    .saturating_sub(1),
            };
            for _ in 0..=times_more {
                if times.len() >= MOST {
                    return times.into_iter();
                }
                times.push(at);
                at = at.saturating_add(*length);
            }
        }
        times.into_iter()
    }

    /// An address with its variables filled in: `$RepresentationID$`, `$Bandwidth$`, `$Number$`, `$Time$`, with widths as `%05d`.
    fn filled(&self, pattern: &str, number: u64, time: u64) -> String {
        const LONGEST_NUMBER: usize = 20;
        let mut out = String::new();
        for (place, part) in pattern.split('$').enumerate() {
            let (name, width) = part.split_once('%').unwrap_or((part, ""));
            let width = width
                .trim_start_matches('0')
                .trim_end_matches('d')
                .parse()
                .unwrap_or(0_usize);
            let mut put = |number: u64| out.push_str(&format!("{number:0width$}", width = width.min(LONGEST_NUMBER)));
            match name {
                _ if place % 2 == 0 => out.push_str(part),
                "" => out.push('$'),
                "RepresentationID" => out.push_str(&self.id),
                "Bandwidth" => put(self.bandwidth),
                "Number" => put(number),
                "Time" => put(time),
                _ => out.push_str(part),
            }
        }
        out
    }
}

/// Seconds of a duration such as `PT1M30.5S` (XML Schema).
fn seconds_of(text: &str) -> Option<f64> {
    let mut sum = 0.0;
    let mut digits = String::new();
    for c in text.trim().strip_prefix('P')?.chars() {
        let unit = match c {
            '0'..='9' | '.' => {
                digits.push(c);
                continue;
            }
            'T' => continue,
            'D' => 86_400.0,
            'H' => 3_600.0,
            'M' => 60.0,
            'S' => 1.0,
            _ => return None,
        };
        sum += std::mem::take(&mut digits).parse::<f64>().ok()? * unit;
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(manifest: &str) -> Vec<String> {
        let base = Url::parse("https://films.example/a/manifest.mpd").unwrap();
        named_by(manifest, &base)
            .iter()
            .map(|piece| piece.url[url::Position::BeforePath..].to_owned())
            .collect()
    }

    #[test]
    fn the_best_picture_and_sound_are_named_where_each_is_one_file() {
        let manifest = r#"<?xml version="1.0"?><MPD mediaPresentationDuration="PT12S" type="static" xmlns="urn:mpeg:dash:schema:mpd:2011"><Period duration="PT12S">
            <AdaptationSet contentType="video"><Representation bandwidth="300" id="1" mimeType="video/mp4"><BaseURL>DASH_240.mp4?a=1&amp;b=2</BaseURL><SegmentBase indexRange="1-2"><Initialization range="0-1"/></SegmentBase></Representation>
            <Representation bandwidth="900" id="2" mimeType="video/mp4"><BaseURL>DASH_720.mp4?a=1&amp;b=2</BaseURL></Representation></AdaptationSet>
            <AdaptationSet contentType="audio"><Representation bandwidth="64" id="3" mimeType="audio/mp4"><BaseURL>DASH_AUDIO_64.mp4</BaseURL></Representation></AdaptationSet>
            <AdaptationSet mimeType="application/ttml+xml"><Representation bandwidth="1"><BaseURL>words.xml</BaseURL></Representation></AdaptationSet></Period></MPD>"#;
        assert_eq!(named(manifest), ["/a/DASH_720.mp4?a=1&b=2", "/a/DASH_AUDIO_64.mp4"]);
    }

    #[test]
    fn segments_are_counted_listed_or_told_by_a_timeline() {
        let counted = r#"<MPD mediaPresentationDuration="PT10.5S"><BaseURL>/f/</BaseURL><Period><AdaptationSet mimeType="video/mp4">
            <SegmentTemplate initialization="$RepresentationID$/i.mp4" media="$RepresentationID$/$Number%03d$.m4s" startNumber="7" timescale="1000" duration="4000"/>
            <Representation id="v" bandwidth="9"/></AdaptationSet></Period></MPD>"#;
        assert_eq!(
            named(counted),
            ["/f/v/i.mp4", "/f/v/007.m4s", "/f/v/008.m4s", "/f/v/009.m4s"]
        );
        let timeline = r#"<MPD><Period><AdaptationSet contentType="audio"><Representation id="s" bandwidth="9">
            <SegmentTemplate media="$Time$-$Bandwidth$.m4s" timescale="10"><SegmentTimeline><S t="5" d="20" r="1"/><S d="10"/></SegmentTimeline></SegmentTemplate>
            </Representation></AdaptationSet></Period></MPD>"#;
        assert_eq!(named(timeline), ["/a/5-9.m4s", "/a/25-9.m4s", "/a/45-9.m4s"]);
        let listed = r#"<MPD><Period><AdaptationSet contentType="video"><Representation bandwidth="9"><SegmentList><Initialization sourceURL="i.mp4"/>
            <SegmentURL media="1.m4s"/><SegmentURL media="2.m4s"/></SegmentList></Representation></AdaptationSet></Period></MPD>"#;
        assert_eq!(named(listed), ["/a/i.mp4", "/a/1.m4s", "/a/2.m4s"]);
    }

    #[test]
    fn a_manifest_that_lies_names_a_bounded_number_of_addresses_of_the_web() {
        let endless = r#"<MPD mediaPresentationDuration="PT999999999999H"><Period><AdaptationSet mimeType="video/mp4">
            <SegmentTemplate media="$Number%099999999d$.m4s" duration="1" startNumber="18446744073709551615"/><Representation id="v"/></AdaptationSet></Period></MPD>"#;
        assert_eq!(named(endless).len(), MOST);
        let repeated = r#"<MPD><Period><AdaptationSet mimeType="video/mp4"><SegmentTemplate media="$Time$"><SegmentTimeline><S d="0" r="9223372036854775807"/></SegmentTimeline>
            </SegmentTemplate><Representation id="v"/></AdaptationSet></Period></MPD>"#;
        assert_eq!(named(repeated).len(), MOST);
        let elsewhere = r#"<MPD><Period><AdaptationSet mimeType="video/mp4"><Representation><BaseURL>file:///etc/passwd</BaseURL></Representation></AdaptationSet></Period></MPD>"#;
        assert_eq!(named(elsewhere), [""; 0]);
        assert_eq!(named("<MPD><Period><AdaptationSet><Representation"), [""; 0]);
    }
}
