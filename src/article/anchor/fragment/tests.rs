//! Directives of real-looking and of random texts, judged by a matcher written after the specification's own steps.

use percent::decode;
use proptest::prelude::*;

use super::super::tests::reading;
use super::*;

mod percent {
    pub fn decode(text: &str) -> String {
        let mut bytes = Vec::new();
        let mut rest = text.as_bytes();
        while let [first, tail @ ..] = rest {
            if *first == b'%' {
                bytes.push(u8::from_str_radix(std::str::from_utf8(&tail[..2]).unwrap(), 16).unwrap());
                rest = &tail[2..];
            } else {
                bytes.push(*first);
                rest = tail;
            }
        }
        String::from_utf8(bytes).unwrap()
    }
}

/// Reads a directive as a browser does.
fn parse(directive: &str) -> [Option<String>; 4] {
    let mut parts: Vec<&str> = directive.strip_prefix(":~:text=").unwrap().split(',').collect();
    assert!(directive.is_ascii() && !directive.contains('&'), "{directive}");
    let prefix = parts[0].strip_suffix('-').map(decode);
    if prefix.is_some() {
        parts.remove(0);
    }
    let suffix = parts.last().unwrap().strip_prefix('-').map(decode);
    if suffix.is_some() {
        parts.pop();
    }
    assert!(matches!(parts.len(), 1 | 2), "{directive}");
    [prefix, Some(decode(parts[0])), parts.get(1).map(|p| decode(p)), suffix]
}

/// What a plain browser would take for the range: parts to the letter but for case, each within one block, edges at
/// word edges where the specification wants them. Written after the specification's steps, without the fold.
fn matched(text: &str, directive: &str) -> Option<(usize, usize)> {
    let [prefix, start, end, suffix] = parse(directive);
    let start = start?;
    // Lower case that keeps offsets.
    let text: String = text
        .chars()
        .map(|c| {
            c.to_lowercase()
                .next()
                .filter(|l| l.len_utf8() == c.len_utf8())
                .unwrap_or(c)
        })
        .collect();
    let low = |part: String| -> String {
        part.chars()
            .map(|c| {
                c.to_lowercase()
                    .next()
                    .filter(|l| l.len_utf8() == c.len_utf8())
                    .unwrap_or(c)
            })
            .collect()
    };
    let (prefix, start, end, suffix) = (prefix.map(low), low(start), end.map(low), suffix.map(low));
    let edge = |at: usize| is_word_edge(&text, at);
    let find = |needle: &str, from: usize, starts: bool, ends: bool| {
        assert!(!needle.contains('\n'));
        (from..text.len())
            .filter(|at| text.is_char_boundary(*at))
            .find(|at| text[*at..].starts_with(needle) && (!starts || edge(*at)) && (!ends || edge(at + needle.len())))
            .map(|at| (at, at + needle.len()))
    };
    let skip = |at: usize| at + (text[at..].len() - text[at..].trim_start().len());
    let mut from = 0;
    loop {
        let must_end = end.is_some() || suffix.is_none();
        let (first, last) = match &prefix {
            Some(prefix) => {
                let (at, after) = find(prefix, from, true, false)?;
                from = at + text[at..].chars().next()?.len_utf8();
                let after = skip(after);
                let found = find(&start, after, false, must_end)?;
                if found.0 != after {
                    continue;
                }
                found
            }
            None => {
                let found = find(&start, from, true, must_end)?;
                from = found.0 + text[found.0..].chars().next()?.len_utf8();
                found
            }
        };
        let mut search = last;
        loop {
            let last = match &end {
                Some(end) => find(end, search, true, suffix.is_none())?.1,
                None => last,
            };
            let Some(suffix) = &suffix else {
                return Some((first, last));
            };
            let after = skip(last);
            if find(suffix, after, false, true)?.0 == after {
                return Some((first, last));
            }
            if end.is_none() {
                break;
            }
            search = last;
        }
    }
}

fn check(reading: &Reading, span: Span) -> Option<String> {
    let directive = text_fragment(reading, span)?;
    let found = matched(&reading.text, &directive);
    assert_eq!(found, Some((span.start_byte, span.end_byte)), "{directive}");
    Some(directive)
}

#[test]
fn short_sentences_are_given_whole_and_escaped() {
    for (language, blocks, sentence, expected) in [
        (
            "en",
            &["It rained. The bridge stands."][..],
            1,
            "The%20bridge%20stands.",
        ),
        (
            "en",
            &["Well-known, they say; 100% of A & B = C."],
            0,
            "Well%2Dknown%2C%20they%20say%3B%20100%25%20of%20A%20%26%20B%20%3D%20C.",
        ),
        ("de", &["Die Brücke steht."], 0, "Die%20Br%C3%BCcke%20steht."),
        (
            "ja",
            &["雨。", "橋は無事。"],
            1,
            "%E6%A9%8B%E3%81%AF%E7%84%A1%E4%BA%8B%E3%80%82",
        ),
        (
            "ar",
            &["الجسر قائم، نعم."],
            0,
            "%D8%A7%D9%84%D8%AC%D8%B3%D8%B1%20%D9%82%D8%A7%D8%A6%D9%85%D8%8C%20%D9%86%D8%B9%D9%85.",
        ),
    ] {
        let reading = reading(language, blocks);
        let directive = check(&reading, reading.sentences[sentence].span).unwrap();
        assert_eq!(directive, format!(":~:text={expected}"));
    }
}

#[test]
fn a_sentence_that_stands_twice_is_told_by_its_surroundings() {
    let blocks = [
        "The gate broke. Nobody was hurt. Rain went on.",
        "Trains run again. Nobody was hurt. Schools stay closed.",
        "Nobody was hurt.",
        "NOBODY was hurt! And so it ends.",
    ];
    let reading = reading("en", &blocks);
    let given: Vec<_> = reading
        .sentences
        .iter()
        .filter(|s| reading.slice(s.span).to_lowercase().starts_with("nobody"))
        .map(|s| check(&reading, s.span).unwrap())
        .collect();
    assert_eq!(
        given,
        [
            ":~:text=Nobody%20was%20hurt.",
            ":~:text=Trains%20run%20again.-,Nobody%20was%20hurt.",
            ":~:text=Schools%20stay%20closed.-,Nobody%20was%20hurt.",
            ":~:text=NOBODY%20was%20hurt%21,-And%20so%20it",
        ]
    );
}

#[test]
fn a_narrow_space_parts_no_words_in_a_prefix() {
    let reading = reading(
        "fr",
        &["Vrai. On dit à «\u{202f}la\u{202f}Veyle\u{202f}» oui. Vrai. Bien sûr."],
    );
    let directive = check(&reading, reading.sentences[2].span).unwrap();
    assert_eq!(
        parse(&directive)[0].as_deref(),
        Some("à «\u{202f}la\u{202f}Veyle\u{202f}» oui.")
    );
}

#[test]
fn long_sentences_are_given_by_their_ends() {
    let long = |last: &str| {
        format!(
            "The river authority had warned, again and again, {}that {last}.",
            "for years and for years, ".repeat(20)
        )
    };
    let (first, second) = (
        long("the north gate was beyond repair"),
        long("the south gate was beyond repair"),
    );
    let reading = reading("en", &[&format!("It broke. {first} So it went."), &second]);
    let directive = check(&reading, reading.sentences[1].span).unwrap();
    assert_eq!(
        directive,
        ":~:text=The%20river%20authority%20had%20warned%2C,north%20gate%20was%20beyond%20repair."
    );
    // The same first words: the other one needs more, here the words before it.
    let directive = check(&reading, reading.sentences[3].span).unwrap();
    assert!(directive.contains("-,The%20river"), "{directive}");
    let ja = "洪水のあと、町の人びとは、".repeat(30) + "橋へ向かった。";
    let reading = super::super::tests::reading("ja", &[&ja, "橋は無事だった。"]);
    assert!(check(&reading, reading.sentences[0].span).unwrap().contains(','));
}

#[test]
fn a_span_over_several_blocks_is_given_by_its_ends() {
    let reading = reading("en", &["It rained.", "The gate broke.", "The bridge stands. Good."]);
    let (first, last) = (reading.sentences[1].span, reading.sentences[2].span);
    let span = Span {
        end_byte: last.end_byte,
        end: last.end,
        ..first
    };
    assert_eq!(
        check(&reading, span).unwrap(),
        ":~:text=The%20gate%20broke.,The%20bridge%20stands."
    );
}

#[test]
fn an_edge_inside_a_word_gets_its_neighbours() {
    let reading = reading("en", &["It broke.Then the rain came"]);
    let span = Span {
        start_byte: 9,
        end_byte: 27,
        start: 9,
        end: 27,
    };
    // A full stop between letters parts no words for a browser.
    assert_eq!(
        text_fragment(&reading, span).unwrap(),
        ":~:text=It%20broke.-,Then%20the%20rain%20came"
    );
}

#[test]
fn what_cannot_be_told_apart_gets_no_directive() {
    let same = vec!["Rain."; 100];
    let same = reading("en", &same);
    assert_eq!(text_fragment(&same, same.sentences[50].span), None);
    let dots = reading("en", &["It rained.", "…", "🌊"]);
    assert_eq!(text_fragment(&dots, dots.blocks[1].span), None);
    assert_eq!(text_fragment(&dots, dots.blocks[2].span), None);
    assert_eq!(text_fragment(&dots, Span::default()), None);
    let endless = "x".repeat(10_000);
    let endless = reading("en", &[&endless]);
    assert_eq!(text_fragment(&endless, endless.blocks[0].span), None);
}

#[test]
fn an_address_keeps_its_own_fragment_and_loses_an_old_directive() {
    for (url, expected) in [
        (
            "https://news.example/a?b=1",
            "https://news.example/a?b=1#:~:text=It%2Dis",
        ),
        (
            "https://news.example/a#part",
            "https://news.example/a#part:~:text=It%2Dis",
        ),
        ("https://news.example/a#", "https://news.example/a#:~:text=It%2Dis"),
        (
            "https://news.example/a#:~:text=old",
            "https://news.example/a#:~:text=It%2Dis",
        ),
        (
            "https://news.example/a#p:~:text=old",
            "https://news.example/a#p:~:text=It%2Dis",
        ),
    ] {
        let url = Url::parse(url).unwrap();
        assert_eq!(fragment_url(&url, ":~:text=It%2Dis").as_str(), expected);
    }
}

proptest! {
    #[test]
    fn any_directive_leads_a_browser_to_the_span(
        blocks in prop::collection::vec("([A-Ca-cäß橋はع1١]{1,4}[ ,.&%“”–-]{1,2}){1,30}", 1..6),
        from in any::<prop::sample::Index>(),
        to in any::<prop::sample::Index>(),
    ) {
        let blocks: Vec<&str> = blocks.iter().map(|b| b.trim()).collect();
        let reading = reading("en", &blocks);
        let mut fragments = Fragments::of(&reading);
        for sentence in &reading.sentences {
            if let Some(directive) = fragments.directive(sentence.span) {
                let span = sentence.span;
                prop_assert_eq!(matched(&reading.text, &directive), Some((span.start_byte, span.end_byte)), "{}", directive);
                let url = fragment_url(&Url::parse("https://news.example/").unwrap(), &directive);
                prop_assert_eq!(url.fragment(), Some(&*directive));
            }
        }
        // Any span of sentences.
        let (a, b) = (from.get(&reading.sentences).span, to.get(&reading.sentences).span);
        if a <= b {
            let span = Span { end_byte: b.end_byte, end: b.end, ..a };
            if let Some(directive) = fragments.directive(span) {
                prop_assert_eq!(matched(&reading.text, &directive), Some((span.start_byte, span.end_byte)), "{}", directive);
            }
        }
    }
}
