//! Puts a reading together from what was read: the story's text, its sentences, and every citation with its place.

use std::ops::Range;

use super::gather::{CITATIONS, Place, gather};
use super::{Citation, Cited, Findings, Form, Refusal, linking};
use crate::article::offsets::Offsets;
use crate::article::page::{Item, Page};
use crate::article::{self, Block, Found, Hints, Reading, Sentence, Source, Unreadable, language};

/// Bytes of one sentence that its links may repeat.
const SENTENCE_BYTES: usize = 256 << 10;

/// The same for posts.
const SENTENCE_BYTES_OF_POSTS: usize = 4 << 20;

/// So much of a text, in bytes, tells whether it is in the language that it is declared to be in.
const SAMPLE: usize = 800;

/// Where the sample ends, in bytes: beyond what a site's template may have put before the story in another language.
const SAMPLED: usize = 4_000;

/// Reads an article and finds what it cites. Pure: no network, no clock, no database.
///
/// # Errors
/// If the bytes are neither a page nor text.
///
/// # Examples
/// ```
/// use citekeep::article::Hints;
///
/// let page = r#"<p>The mayor says that the bridge stands:</p>
///     <blockquote class="twitter-tweet"><p>It stands.</p>&mdash; Ada (@ada)
///     <a href="https://twitter.com/ada/status/1785600110366674944">May 1, 2024</a></blockquote>"#;
/// let findings = citekeep::find(page.as_bytes(), &Hints::default()).unwrap();
/// let citation = &findings.citations[0];
/// assert_eq!(citation.label(), "https://x.com/ada/status/1785600110366674944");
/// assert_eq!(findings.sentence(citation), Some("The mayor says that the bridge stands:"));
/// ```
pub fn find(bytes: &[u8], hints: &Hints) -> Result<Findings, Unreadable> {
    let source = article::read(bytes, hints)?;
    let (text, places) = put_together(&source.page);
    let (language, notice) = language(&source, &text);
    let code = language.as_ref().map(|l| l.value.clone());
    let (mut citations, mut refused) = gather(&source, &text, &places, code.as_deref());
    citations.sort_by_key(|c| (c.0.start, c.0.end));
    citations.truncate(CITATIONS);
    let offsets = Offsets::new(&text);
    let flat: Vec<Range<usize>> = citations
        .iter()
        .filter(|(_, c)| is_flat(c.form) && c.raw_url.is_none())
        .map(|(place, _)| place.clone())
        .collect();
    let mut citations: Vec<Citation> = citations
        .into_iter()
        .map(|(place, citation)| Citation {
            place: offsets.span(&place),
            ..citation
        })
        .collect();
    let blocks: Vec<Block> = places
        .iter()
        .flat_map(|p| match p {
            Place::Block { range, kind, .. } => Some(Block {
                kind: *kind,
                span: offsets.span(range),
            }),
            _ => None,
        })
        .collect();
    let sentences = sentences(&text, &blocks, code.as_deref(), &flat, &offsets);
    let mut notices = source.page.notices;
    notices.extend(notice);
    let reading = Reading {
        format: source.format,
        charset: source.charset,
        title: source.title,
        byline: source.byline,
        published: source.published,
        url: source.url,
        language,
        text,
        blocks,
        sentences,
        notices,
    };
    linking::link(&reading, &mut citations);
    refuse_crowds(&reading, &mut citations, &mut refused);
    Ok(Findings {
        reading,
        citations,
        refused,
    })
}

/// Refuses links beyond what a sentence can bear: every one repeats it, and a page of a few hundred kilobytes could ask
/// for gigabytes. Posts stay.
fn refuse_crowds(reading: &Reading, citations: &mut Vec<Citation>, refused: &mut Vec<Refusal>) {
    let mut spent = vec![0; reading.sentences.len()];
    citations.retain_mut(|citation| {
        let Some(main) = citation.references.first().map(|reference| reference.sentence) else {
            return true;
        };
        let span = reading.sentences[main].span;
        spent[main] += span.end_byte - span.start_byte;
        let stays = spent[main] <= SENTENCE_BYTES || !matches!(citation.cited, Cited::Link(_));
        if spent[main] > SENTENCE_BYTES_OF_POSTS {
            citation.references.clear();
        }
        if !stays {
            refused.push(Refusal {
                url: citation.raw_url.clone().unwrap_or_default(),
                reason: "crowd",
            });
        }
        stays
    });
}

fn is_flat(form: Form) -> bool {
    matches!(form, Form::Flattened | Form::MediaLink)
}

/// The story's text, blocks joined by line feeds, and the place of each item of the page.
fn put_together(page: &Page) -> (String, Vec<Place>) {
    let mut text = String::new();
    let places = page
        .items
        .iter()
        .map(|item| match item {
            Item::Mark(_) => Place::Mark(text.len()),
            Item::Block(block) if block.chrome.is_some() => Place::Chrome,
            Item::Block(block) => {
                if !text.is_empty() {
                    text.push('\n');
                }
                let start = text.len();
                text.push_str(&block.text);
                Place::Block {
                    range: start..text.len(),
                    kind: block.kind,
                }
            }
        })
        .collect();
    (text, places)
}

/// The declared language, unless the text plainly is in another; and the notice if they disagree.
fn language(source: &Source, text: &str) -> (Option<Found<String>>, Option<String>) {
    // Where the midst of the text reads as declared, a longer look is not needed.
    let end = text.floor_char_boundary(SAMPLED);
    let sample = &text[text.ceil_char_boundary(end.saturating_sub(SAMPLE))..end];
    if let Some(declared) = &source.language
        && sample.len() < text.len()
        && language::is_in(sample, &declared.value)
    {
        return (Some(declared.clone()), None);
    }
    let detected = language::detect(text).map(|value| Found { value, source: "text" });
    match (&source.language, detected) {
        (Some(declared), Some(found)) if declared.value != found.value && !are_alike(&declared.value, &found.value) => {
            let notice = format!(
                "language_mismatch: declared {} ({}), text reads as {}",
                declared.value, declared.source, found.value
            );
            // Templates declare the theme's language; a long text does not lie.
            let chosen = if text.len() > 1000 { found } else { declared.clone() };
            (Some(chosen), Some(notice))
        }
        (Some(declared), _) => (Some(declared.clone()), None),
        (None, found) => (found, None),
    }
}

/// Languages that the detector mixes up, and that are cut into sentences alike.
fn are_alike(a: &str, b: &str) -> bool {
    const FAMILIES: [&[&str]; 6] = [
        &["da", "nb", "nn", "no", "sv"],
        &["hr", "sr", "bs", "sl", "mk", "bg"],
        &["id", "ms", "jv"],
        &["nl", "af"],
        &["es", "ca", "gl", "pt"],
        &["cs", "sk"],
    ];
    FAMILIES.iter().any(|family| family.contains(&a) && family.contains(&b))
}

/// The sentences of the blocks; text of flattened posts is not among them.
fn sentences(
    text: &str,
    blocks: &[Block],
    language: Option<&str>,
    flat: &[Range<usize>],
    offsets: &Offsets<'_>,
) -> Vec<Sentence> {
    let splitter = article::Splitter::of(language);
    let mut sentences = Vec::new();
    let mut next_flat = 0;
    for (block, Block { span, .. }) in blocks.iter().enumerate() {
        while flat.get(next_flat).is_some_and(|f| f.end <= span.start_byte) {
            next_flat += 1;
        }
        // What a flattened post leaves of a block is cut into sentences piece by piece.
        let mut at = span.start_byte;
        let mut pieces = Vec::new();
        for post in flat[next_flat..].iter().take_while(|f| f.start < span.end_byte) {
            pieces.push(at..post.start.clamp(at, span.end_byte));
            at = post.end.clamp(at, span.end_byte);
        }
        pieces.push(at..span.end_byte);
        for piece in pieces {
            for range in splitter.split(&text[piece.clone()]) {
                let span = offsets.span(&(piece.start + range.start..piece.start + range.end));
                sentences.push(Sentence { block, span });
            }
        }
    }
    sentences
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ID: &str = "1785600110366674944";

    fn found(html: &str) -> Findings {
        let page = format!(
            "<!DOCTYPE html><html lang='en'><body><article><h1>The bridge</h1><p>The mayor of Orsay wrote about the bridge after the flood:</p>{html}\
             <p>The trains run again from Thursday on, says the company that runs them.</p></article></body></html>"
        );
        find(page.as_bytes(), &Hints::default()).unwrap()
    }

    fn posts(findings: &Findings) -> Vec<(&str, Form)> {
        findings
            .citations
            .iter()
            .filter_map(|c| match &c.cited {
                Cited::Post(post) => Some((post.id.as_str(), c.form)),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn every_markup_that_embeds_a_post_is_one_citation_after_its_sentence() {
        let status = format!("https://twitter.com/ada_b/status/{ID}");
        let quote = format!(
            "<blockquote class='twitter-tweet'><p>It stands.</p>&mdash; Ada (@ada_b) <a href='{status}?ref_src=x'>May 1, 2024</a></blockquote>"
        );
        let escaped = quote.replace('<', "&lt;").replace('>', "&gt;");
        for (html, form) in [
            (quote.clone(), Form::Embed),
            (
                format!("<blockquote class='twitter-video' data-lang='de'><a href='{status}'></a></blockquote>"),
                Form::Embed,
            ),
            (
                format!("<figure class='wp-block-embed'><div class='wp-block-embed__wrapper'>{quote}</div></figure>"),
                Form::Embed,
            ),
            (
                format!(
                    "<div class='twitter-tweet twitter-tweet-rendered'><iframe data-tweet-id='{ID}' src='./files/Tweet.html'></iframe></div>"
                ),
                Form::Embed,
            ),
            (
                format!("<iframe src='https://platform.twitter.com/embed/Tweet.html?dnt=true&id={ID}'></iframe>"),
                Form::Frame,
            ),
            (
                format!(
                    "<iframe class='lazy' data-src='https://platform.twitter.com/embed/index.html?id={ID}'></iframe>"
                ),
                Form::Frame,
            ),
            (
                format!(
                    "<iframe src='/media/oembed?url=https%3A//twitter.com/ada_b/status/{ID}&max_width=0'></iframe>"
                ),
                Form::Frame,
            ),
            (format!("<amp-twitter data-tweetid='{ID}'></amp-twitter>"), Form::Embed),
            (
                format!("<twitterwidget class='twitter-tweet' data-tweet-id='{ID}'></twitterwidget>"),
                Form::Embed,
            ),
            (
                format!("<div class='consent' data-tweet-url='{status}'>Accept to see</div>"),
                Form::Embed,
            ),
            (
                format!("<div class='gate' data-embed=\"{escaped}\">Accept</div>"),
                Form::Embed,
            ),
            (format!("<noscript>{quote}</noscript>"), Form::Embed),
            (format!("<template>{quote}</template>"), Form::Embed),
            (format!("<script type='text/template'>{quote}</script>"), Form::Embed),
            (format!("<div>{escaped}</div>"), Form::Embed),
            (
                format!(
                    "<div class='tweet-embed' data-attrs='{{\"url\":\"{status}\",\"full_text\":\"It stands.\",\"username\":\"ada_b\"}}'></div>"
                ),
                Form::Embed,
            ),
            (
                format!(
                    "<script type='application/json'>{{\"content_elements\":[{{\"raw_oembed\":{{\"url\":\"{status}\"}}}}]}}</script>"
                ),
                Form::Embed,
            ),
        ] {
            let findings = found(&html);
            assert_eq!(posts(&findings), [(ID, form)], "{html}");
            let sentence = findings.sentence(&findings.citations[0]);
            assert_eq!(
                sentence,
                Some("The mayor of Orsay wrote about the bridge after the flood:"),
                "{html}"
            );
        }
    }

    #[test]
    fn the_last_status_link_of_an_embed_is_its_own_and_its_words_are_claims() {
        let findings = found(&format!(
            "<blockquote class='twitter-tweet'><p>See <a href='https://twitter.com/other/status/17'>this</a>, it stands. \
             <a href='https://t.co/x'>pic.twitter.com/AbC123dEf0</a></p>&mdash; Ada Bridgewater (@ada_b) \
             <a href='https://twitter.com/ada_b/status/{ID}'>1er mai 2024</a></blockquote>"
        ));
        assert_eq!(posts(&findings), [(ID, Form::Embed)]);
        let claim = &findings.citations[0].claim;
        assert_eq!(claim.author_name.as_deref(), Some("Ada Bridgewater"));
        assert_eq!(claim.author_handle.as_deref(), Some("ada_b"));
        assert_eq!(claim.date.as_deref(), Some("2024-05-01"));
        assert_eq!(claim.text.as_deref(), Some("See this, it stands."));
        assert_eq!(claim.media, ["https://pic.twitter.com/AbC123dEf0"]);
    }

    #[test]
    fn words_of_the_template_before_a_story_do_not_hide_its_language() {
        let english = "This page uses small files to remember what you have chosen, and nobody else is told of it. ";
        let french = "Le maire du village a dit que le pont tiendra encore, même si la rivière monte demain matin. ";
        let language = |text: String| {
            let findings = found(&format!(
                "<html lang='en'><body><article><p>{text}</p></article></body></html>"
            ));
            findings
                .reading
                .language
                .map(|language| (language.value, language.source))
        };
        let mixed = language(english.repeat(10) + &french.repeat(60));
        assert_eq!(mixed, Some(("fr".to_owned(), "text")));
        let whole = language(english.repeat(60));
        assert_eq!(whole, Some(("en".to_owned(), "html-lang")));
    }

    #[test]
    fn a_post_that_only_data_hold_stands_after_the_paragraph_before_it() {
        let findings = found(&format!(
            "<p>The mayor wrote about the bridge of Orsay and the flood on that same evening.</p><p>The road is closed.</p>\
             <script type='application/json'>{{\"body\":[{{\"text\":\"The mayor wrote about the bridge of Orsay and the flood on that same evening.\"}},\
             {{\"type\":\"embed\",\"url\":\"https://x.com/ada_b/status/{ID}\"}},{{\"text\":\"The road is closed.\"}}]}}</script>"
        ));
        assert_eq!(posts(&findings), [(ID, Form::Embed)]);
        assert_eq!(
            findings.sentence(&findings.citations[0]),
            Some("The mayor wrote about the bridge of Orsay and the flood on that same evening.")
        );
    }

    #[test]
    fn a_storys_own_tags_among_its_classes_do_not_make_it_chrome() {
        let post = format!(
            "<blockquote class='twitter-tweet'><a href='https://x.com/ada_b/status/{ID}'>May 1</a></blockquote>"
        );
        let story = |classes: &str| {
            found(&format!(
                "<section class='{classes}'><p>The mayor of Orsay wrote about it.</p>{post}</section>"
            ))
        };
        assert_eq!(
            posts(&story("post-1 post type-post hentry category-news area-comments")).len(),
            1
        );
        assert_eq!(posts(&story("comments post-1 hentry category-news")).len(), 0);
    }

    #[test]
    fn a_sentence_bears_only_so_many_links() {
        let links: String = (0..2000)
            .map(|n| format!("<a href='https://a.example/{n}'>page number {n} of it</a> "))
            .collect();
        let findings = found(&format!("<p>They told {links} at once</p>"));
        let sentence = findings.reading.sentences[0].span;
        let kept = findings.citations.len();
        assert!((2..2000).contains(&kept) && kept * (sentence.end_byte - sentence.start_byte) <= SENTENCE_BYTES);
        assert!(findings.refused.iter().any(|refusal| refusal.reason == "crowd"));
    }

    #[test]
    fn posts_beyond_what_a_sentence_can_bear_stay_without_it() {
        let posts: String = (0..3_000)
            .map(|n| format!("x.com/a/status/1785600110366{n:06} "))
            .collect();
        let findings = find(format!("Ada told {posts}").as_bytes(), &Hints::default()).unwrap();
        assert_eq!(findings.citations.len(), 3_000);
        let repeated = findings.citations.iter().filter_map(|c| findings.sentence(c));
        let repeated: usize = repeated.map(str::len).sum();
        assert!(
            repeated <= findings.reading.sentences.len() * SENTENCE_BYTES_OF_POSTS,
            "{repeated}"
        );
        assert!(findings.citations.iter().any(|citation| citation.references.is_empty()));
    }

    #[test]
    fn the_link_inside_a_flattened_post_is_its_address() {
        for (element, form) in [("div", Form::Flattened), ("blockquote", Form::Embed)] {
            let findings = found(&format!(
                "<p>She showed the weir on the next morning.</p><{element}><p>View this post on Instagram</p><p>It is open.</p>\
                 <p><a href='https://www.instagram.com/p/BvJh2aLh3Zq/'>A post shared by Ada Low (@ada.low)</a> on Jun 5, 2019</p></{element}>",
            ));
            assert_eq!(posts(&findings), [("BvJh2aLh3Zq", form)]);
            let claim = &findings.citations[0].claim;
            assert_eq!(claim.author_handle.as_deref(), Some("ada.low"));
            assert_eq!(claim.text.as_deref(), Some("It is open."));
        }
    }

    #[test]
    fn line_ends_in_the_source_of_an_embed_are_white_space() {
        let findings = found(&format!(
            "<blockquote class='twitter-tweet'><p lang='en'>The bridge is standing. Please\nstay away from it.</p>&mdash;\n\
             Ada Bridgewater\n(@ada_b) <a href='https://twitter.com/ada_b/status/{ID}'>May 1,\n2024</a></blockquote>"
        ));
        let claim = &findings.citations[0].claim;
        assert_eq!(claim.author_name.as_deref(), Some("Ada Bridgewater"));
        assert_eq!(claim.date.as_deref(), Some("2024-05-01"));
        assert_eq!(
            claim.text.as_deref(),
            Some("The bridge is standing. Please stay away from it.")
        );
    }

    #[test]
    fn links_are_tied_to_their_sentence_and_shares_profiles_and_teasers_are_no_posts() {
        let findings = found(&format!(
            "<p>He <a href='https://x.com/ada_b/status/{ID}?s=20'>said at noon</a> that it was old. He is <a href='https://x.com/ada_b'>on X</a> too, \
             and <a href='https://l.facebook.com/l.php?u=https%3A%2F%2Friver.example%2Freport%3Futm_source%3Dx'>the report</a> is old.</p>\
             <p>Readers may <a href='https://x.com/intent/tweet?url=x'>tell others on X</a> what they think of it.</p>"
        ));
        assert_eq!(posts(&findings), [(ID, Form::Link)]);
        assert_eq!(
            findings.sentence(&findings.citations[0]),
            Some("He said at noon that it was old.")
        );
        let links: Vec<String> = findings.citations[1..].iter().map(Citation::label).collect();
        assert_eq!(links, ["https://x.com/ada_b", "https://river.example/report"]);
        assert!(
            findings.refused.iter().any(|r| r.reason == "intent"),
            "{:?}",
            findings.refused
        );
    }

    #[test]
    fn what_stands_around_the_story_is_refused_with_its_reason() {
        let quote = format!(
            "<blockquote class='twitter-tweet'><a href='https://twitter.com/ada_b/status/{ID}'>x</a></blockquote>"
        );
        for (html, reason) in [
            (format!("<nav>{quote}</nav>"), "chrome_navigation"),
            (format!("<div class='sidebar'>{quote}</div>"), "chrome_sidebar"),
            (
                format!("<section class='related-posts'>{quote}</section>"),
                "chrome_related",
            ),
            (format!("<div id='comments'>{quote}</div>"), "chrome_comments"),
            (
                format!("<ul class='webmentions'><li>{quote}</li></ul>"),
                "chrome_reactions",
            ),
            (format!("<form>{quote}</form>"), "chrome_form"),
        ] {
            let findings = found(&html);
            assert_eq!(posts(&findings), [], "{html}");
            assert!(
                findings.refused.iter().any(|r| r.reason == reason),
                "{html}: {:?}",
                findings.refused
            );
        }
        assert_eq!(
            posts(&found(&format!("<aside>{quote}</aside>"))).len(),
            1,
            "an aside inside the story is the story's"
        );
    }

    /// Pieces from which soup is made.
    const PIECES: &[&str] = &[
        "<p>",
        "</p>",
        "<div class='sidebar'>",
        "</div>",
        "<blockquote class=twitter-tweet>",
        "</blockquote>",
        "<a href='https://twitter.com/a/status/20'>",
        "</a>",
        "<iframe src='https://platform.twitter.com/embed/Tweet.html?id=20'>",
        "<script>",
        "</script>",
        "<noscript>",
        "<template>",
        "<table><td>",
        "&lt;blockquote class='twitter-tweet'&gt;",
        "— Ada (@ada_b) May 1, 2024",
        "pic.twitter.com/AbC123dEf0",
        "Une phrase é. ",
        "日本語の文。",
        "🌉",
        "\u{202e}",
        "<base href='javascript:x'>",
        "<h1>",
        "<br>",
        "\n",
        "{\"url\":\"https://x.com/a/status/21\"}",
        "\u{0}",
        "<!--",
        "-->",
        "<svg><title>",
    ];

    proptest! {
        #[test]
        fn soup_never_panics_and_every_span_lies_on_characters(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..60)) {
            let html = format!("<html>{}", pieces.concat());
            if let Ok(findings) = find(html.as_bytes(), &Hints::default()) {
                let reading = &findings.reading;
                let spans = reading.blocks.iter().map(|b| b.span).chain(reading.sentences.iter().map(|s| s.span)).chain(findings.citations.iter().map(|c| c.place));
                for span in spans {
                    prop_assert!(reading.text.is_char_boundary(span.start_byte) && reading.text.is_char_boundary(span.end_byte));
                    prop_assert_eq!(reading.text[..span.start_byte].chars().count(), span.start);
                    prop_assert_eq!(reading.text[..span.end_byte].chars().count(), span.end);
                }
                for reference in findings.citations.iter().flat_map(|c| &c.references) {
                    prop_assert!(reference.sentence < reading.sentences.len());
                }
            }
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
            let _ = find(&bytes, &Hints::default());
        }
    }

    #[test]
    fn markdown_is_read_as_the_page_it_was() {
        let text = "---\ntitle: Weir\n---\n# The *old* weir\n\nThe keeper of the [weir](https://weir.example/) has \
                    shown it on [Monday](https://weir.example/m) below:\n\n> Here it stands.\\n> And \
                    [#here](https://twitter.com/hashtag/here) too.\n>\n> — Ada Low (@ada\\_l) [1\\. May \
                    2024](https://twitter.com/ada_l/status/1785600110366674944?ref_src=twsrc%5Etfw)\n\nIt was closed.";
        let findings = find(text.as_bytes(), &Hints::default()).unwrap();
        assert_eq!(posts(&findings), [("1785600110366674944", Form::Embed)]);
        let labels: Vec<String> = findings.citations.iter().map(Citation::label).collect();
        assert_eq!(labels[..2], ["https://weir.example/", "https://weir.example/m"]);
        assert_eq!(
            findings.sentence(&findings.citations[2]),
            Some("The keeper of the weir has shown it on Monday below:")
        );
        assert!(
            !findings.reading.text.contains("title: Weir"),
            "{}",
            findings.reading.text
        );
    }

    #[test]
    fn a_picture_that_leads_to_a_post_is_a_citation_and_a_gallery_of_them_is_not() {
        let picture =
            |id: &str| format!("<a href='https://x.com/ada_b/status/{id}'><img src='/{id}.png' alt='post'></a>");
        let findings = found(&format!(
            "<p>She has shown it on Monday:</p><figure>{}<figcaption>The post, as it stood</figcaption></figure>\
             <p>He answered {} at noon. It was late.</p><blockquote><a href='https://x.com/ada_b/status/22'></a></blockquote>\
             <p>This is <a href='https://x.com/ada_b'><img src='/x.svg'></a> and <a href='https://shop.example/'><img src='/y.png'></a>.</p>\
             <div>{}{}{}</div><p>The end.</p>",
            picture("20"),
            picture("21"),
            picture("31"),
            picture("32"),
            picture("33"),
        ));
        assert_eq!(
            posts(&findings),
            [("20", Form::Link), ("21", Form::Link), ("22", Form::Link)]
        );
        let sentences: Vec<_> = findings.citations.iter().map(|c| findings.sentence(c)).collect();
        assert_eq!(
            sentences[..2],
            [Some("She has shown it on Monday:"), Some("He answered at noon.")]
        );
        assert_eq!(findings.refused.iter().filter(|r| r.reason == "gallery").count(), 3);
        assert!(findings.citations.iter().all(|c| c.anchor.as_deref() != Some("")));
    }
}
