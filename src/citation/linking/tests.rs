//! Linking over readings made by hand: a line is a block, `# ` a heading, `! ` a caption, `@handle|name|text` a post.

use proptest::prelude::*;

use super::*;
use crate::article::{Block, BlockKind, Format, Found, Sentence, split};
use crate::citation::Claim;

/// A span of `text` by its bytes.
fn span(text: &str, start: usize, end: usize) -> Span {
    Span {
        start_byte: start,
        end_byte: end,
        start: text[..start].chars().count(),
        end: text[..end].chars().count(),
    }
}

fn post(form: Form, claim: Claim, place: Span) -> Citation {
    Citation {
        cited: Cited::UnidentifiedPost { platform: "x" },
        form,
        raw_url: None,
        raw: String::new(),
        anchor: None,
        claim,
        place,
        references: Vec::new(),
    }
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn article(lines: &[&str]) -> (Reading, Vec<Citation>) {
    let mut text = String::new();
    let mut blocks = Vec::new();
    let mut sentences = Vec::new();
    let mut posts = Vec::new();
    for line in lines {
        if let Some(post) = line.strip_prefix('@') {
            let mut parts = post.splitn(3, '|').map(some);
            let (handle, name, said) = (parts.next(), parts.next(), parts.next());
            posts.push((
                text.len(),
                Claim {
                    author_handle: handle.flatten(),
                    author_name: name.flatten(),
                    text: said.flatten(),
                    ..Claim::default()
                },
            ));
            continue;
        }
        let (kind, line) = match (line.strip_prefix("# "), line.strip_prefix("! ")) {
            (Some(line), _) => (BlockKind::Heading, line),
            (_, Some(line)) => (BlockKind::Caption, line),
            _ => (BlockKind::Paragraph, *line),
        };
        let start = text.len();
        text.push_str(line);
        for range in split(line, None) {
            let span = span(&text, start + range.start, start + range.end);
            sentences.push(Sentence {
                block: blocks.len(),
                span,
            });
        }
        blocks.push(Block {
            kind,
            span: span(&text, start, text.len()),
        });
        text.push('\n');
    }
    let citations = posts
        .into_iter()
        .map(|(at, claim)| post(Form::Embed, claim, span(&text, at, at)))
        .collect::<Vec<_>>();
    (reading(text, blocks, sentences), citations)
}

fn reading(text: String, blocks: Vec<Block>, sentences: Vec<Sentence>) -> Reading {
    Reading {
        format: Format::Text,
        charset: Found {
            value: "UTF-8",
            source: "utf-8",
        },
        title: None,
        byline: None,
        published: None,
        url: None,
        language: None,
        text,
        blocks,
        sentences,
        notices: Vec::new(),
    }
}

/// For each post: relation and beginning of its first sentence, `-` for none.
fn linked(lines: &[&str]) -> Vec<String> {
    let (reading, mut citations) = article(lines);
    link(&reading, &mut citations);
    citations
        .iter()
        .map(|citation| match citation.references.first() {
            None => "-".to_owned(),
            Some(first) => {
                let words: Vec<&str> = reading
                    .slice(reading.sentences[first.sentence].span)
                    .split_whitespace()
                    .take(3)
                    .collect();
                format!("{}: {}", first.relation.word(), words.join(" "))
            }
        })
        .collect()
}

const LEAD: &str = "The mayor opened the bridge on Monday. Hundreds of people came to see it.";

#[test]
fn a_post_gets_the_sentence_that_refers_to_it() {
    type Case<'a> = (&'a str, &'a [&'a str], &'a [&'a str]);
    let cases: &[Case] = &[
        (
            "last sentence before",
            &[LEAD, "@a||", "Work goes on."],
            &["introduces: Hundreds of people"],
        ),
        ("first block", &["@a||", "It rained for most of the day."], &["-"]),
        ("last block", &[LEAD, "@a||"], &["introduces: Hundreds of people"]),
        ("no sentence at all", &["@a||"], &["-"]),
        (
            "a label without a verb",
            &[LEAD, "Warning:", "@a||"],
            &["introduces: Hundreds of people"],
        ),
        (
            "caption, byline, advertisement, time and button between",
            &[
                LEAD,
                "! A bridge in the rain",
                "By Ann Example",
                "Advertisement",
                "12:40, 3 May 2021",
                "Share",
                "@a||",
            ],
            &["introduces: Hundreds of people"],
        ),
        (
            "announced two blocks up behind a heading",
            &[
                "This is what the mayor wrote that night:",
                "# Open at last",
                "Advertisement",
                "@a||",
            ],
            &["introduces: This is what"],
        ),
        (
            "a list of posts each with a heading",
            &[
                LEAD,
                "# 1. The fastest car",
                "@a||",
                "# 2. Rain",
                "@b||",
                "# 3. The band",
                "@c||",
            ],
            &[
                "introduces: 1. The fastest",
                "introduces: 2. Rain",
                "introduces: 3. The band",
            ],
        ),
        (
            "posts in a row share one sentence",
            &[
                LEAD,
                "@a||",
                "! Photo of a crowd",
                "@b||",
                "Then the band played on.",
                "@c||",
            ],
            &[
                "introduces: Hundreds of people",
                "introduces: Hundreds of people",
                "introduces: Then the band",
            ],
        ),
        (
            "an earlier sentence plainly introduces",
            &[
                "Later Ann Example tweeted her thanks. Nobody knew about it at first.",
                "@annex|Ann Example|",
            ],
            &["introduces: Later Ann Example"],
        ),
        (
            "an earlier sentence names the handle and posting",
            &["Das schrieb @annex auf Twitter. Niemand wusste davon.", "@annex||"],
            &["introduces: Das schrieb @annex"],
        ),
        (
            "quoted words win over the neighbour",
            &[
                "He said the team “had never seen such heavy water” at the site. He had spoken before.",
                "@a||We had never seen such heavy water, 12 pumps failed",
            ],
            &["quotes: He said the"],
        ),
        (
            "a post in another language: numbers and names",
            &[
                "Au moins 120 maisons et 45 ponts sont tombés près de Valdoria. La nuit sera longue pour tous.",
                "@a||120 houses and 45 bridges are gone near Valdoria",
            ],
            &["quotes: Au moins 120"],
        ),
        (
            "a deleted post, footer only",
            &[LEAD, "@gone|Gone Person|"],
            &["introduces: Hundreds of people"],
        ),
        (
            "only the sentence after refers back",
            &["@annex|Ann Example|", "In the post above Ann Example thanks her team."],
            &["follows: In the post"],
        ),
        (
            "an article in quotation marks",
            &[
                "“We opened it on Monday. Everybody came.",
                "@a||",
                "Nobody left early.”",
            ],
            &["introduces: Everybody came."],
        ),
        (
            "Japanese",
            &["市長は月曜日に橋を開通させた。多くの人が集まった。", "@a||"],
            &["introduces: 多くの人が集まった。"],
        ),
    ];
    for (name, lines, expected) in cases {
        assert_eq!(linked(lines), *expected, "{name}");
    }
}

#[test]
fn a_link_belongs_to_the_sentences_it_stands_in() {
    let (reading, _) = article(&["First the rain came. She posted it and her friend answered. Then the sun came."]);
    let link_at = |words: &str| {
        let start = reading.text.find(words).unwrap();
        let mut citations = [post(
            Form::Link,
            Claim::default(),
            span(&reading.text, start, start + words.len()),
        )];
        link(&reading, &mut citations);
        citations[0]
            .references
            .iter()
            .map(|r| (r.sentence, r.relation, r.confidence))
            .collect::<Vec<_>>()
    };
    let inside = |at| (at, Relation::Contains, 980);
    assert_eq!(link_at("posted it"), [inside(1)]);
    assert_eq!(link_at("her friend"), [inside(1)], "a second post in the same sentence");
    assert_eq!(link_at("answered. Then"), [inside(1), inside(2)]);
}

#[test]
fn a_caption_that_links_a_post_contains_it_and_a_label_before_a_headline_is_passed_over() {
    let (reading, _) = article(&[
        LEAD,
        "! A picture that she posted on Monday",
        "Mehr dazu hier: Ten herons",
        "@a||",
    ]);
    let cited = |words: &str, cited: Cited, form| {
        let start = reading.text.find(words).unwrap_or(reading.text.len());
        let end = (start + words.len()).min(reading.text.len());
        Citation {
            cited,
            anchor: Some(words.to_owned()),
            ..post(form, Claim::default(), span(&reading.text, start, end))
        }
    };
    let mut citations = [
        cited("posted on", Cited::UnidentifiedPost { platform: "x" }, Form::Link),
        cited(
            "Ten herons",
            Cited::Link("https://a.example/herons".parse().unwrap()),
            Form::Link,
        ),
        cited("\u{0}", Cited::UnidentifiedPost { platform: "x" }, Form::Embed),
    ];
    link(&reading, &mut citations);
    let first = |at: usize| citations[at].references.first().map(|r| (r.sentence, r.relation));
    assert_eq!(first(0), Some((2, Relation::Contains)));
    assert_eq!(first(2), Some((1, Relation::Introduces)));
}

#[test]
fn a_post_whose_bare_address_is_printed_gets_the_sentence_before() {
    let address = "https://x.example/ann/status/1";
    let (reading, _) = article(&[LEAD, address, "Work goes on."]);
    let start = reading.text.find(address).unwrap();
    let mut citations = [post(
        Form::Link,
        Claim::default(),
        span(&reading.text, start, start + address.len()),
    )];
    link(&reading, &mut citations);
    assert_eq!(citations[0].references[0].sentence, 1);
    assert_eq!(citations[0].references[0].relation, Relation::Introduces);
}

#[test]
fn words_of_a_flattened_post_are_never_its_sentence() {
    let body = "We are so proud of all of you today. Thank you for coming! — Ann Example (@annex) 3 May 2021";
    let (reading, _) = article(&[LEAD, body, "Work goes on."]);
    let start = reading.text.find(body).unwrap();
    let claim = Claim {
        text: some("We are so proud of all of you today. Thank you for coming!"),
        ..Claim::default()
    };
    let mut citations = [post(
        Form::Flattened,
        claim,
        span(&reading.text, start, start + body.len()),
    )];
    link(&reading, &mut citations);
    let found: Vec<usize> = citations[0].references.iter().map(|r| r.sentence).collect();
    assert_eq!(found, [1]);
}

#[test]
fn reasons_tell_how_a_confidence_came_about() {
    let (reading, mut citations) = article(&[LEAD, "Watch:", "@a||", "@b||"]);
    link(&reading, &mut citations);
    let reasons = |at: usize| {
        citations[at]
            .references
            .iter()
            .map(|r| (r.reason.as_str(), r.confidence))
            .collect::<Vec<_>>()
    };
    assert_eq!(reasons(0), [("last_before", 450), ("label", 300)]);
    assert_eq!(reasons(1), [("last_before+shared_by_posts", 450), ("label", 300)]);
}

#[test]
fn every_post_of_a_long_live_blog_gets_its_own_sentence() {
    let lines: Vec<String> = (0..1_000)
        .flat_map(|at| {
            [
                format!("Person{at} said that {at} houses fell."),
                format!("@p{at}|Person{at}|Here {at} houses fell"),
            ]
        })
        .collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let (reading, mut citations) = article(&lines);
    link(&reading, &mut citations);
    assert!(
        citations
            .iter()
            .enumerate()
            .all(|(at, citation)| citation.references[0].sentence == at)
    );
}

proptest! {
    #[test]
    fn any_reading_gets_sorted_references_in_range_over_the_threshold(
        lines in prop::collection::vec("(# |! |@a\\|Bo Doe\\|)?[a-zäA-Z0-9 .:@“”\"«»日本م]{0,60}", 0..14),
        places in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..5_usize), 0..6),
    ) {
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let (reading, mut citations) = article(&lines);
        let ends: Vec<usize> = reading.text.char_indices().map(|(at, _)| at).chain([reading.text.len()]).collect();
        for (one, other, form) in places {
            let (one, other) = (*one.get(&ends), *other.get(&ends));
            let form = [Form::Embed, Form::Frame, Form::Link, Form::Flattened, Form::MediaLink][form];
            let claim = Claim { text: some(&reading.text), ..Claim::default() };
            citations.push(post(form, claim, span(&reading.text, one.min(other), one.max(other))));
        }
        link(&reading, &mut citations);
        for citation in &citations {
            let found = &citation.references;
            prop_assert!(found.iter().all(|r| r.sentence < reading.sentences.len() && r.confidence >= THRESHOLD));
            prop_assert!(found.iter().all(|r| r.confidence <= 1000 && !r.reason.is_empty()));
            prop_assert!(found.is_sorted_by(|a, b| a.confidence >= b.confidence));
        }
    }
}
