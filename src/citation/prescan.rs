//! Whether a page can cite a post at all, told in one pass over its bytes, without reading it as a page: by the names of
//! platforms, by paths that only servers of the fediverse have, and by what flattened posts cannot be without. Whatever
//! could hide one of these (escapes, odd hosts, encodings that are not ASCII's) counts as one.

use std::sync::LazyLock;

use regex::bytes::Regex;

use crate::article::Hints;

/// What every address of a post on a known host has in its host, and marks of embeds that name a post by its id alone. Of
/// a platform known by its hosts each is to have one.
const NAMES: &str = "twit|twiiit|twimg|tweet|x\\.com|fixvx|xcancel|lightbrd|nitter|farside|bsky|bsyy|bluesky|threads|instagr\
    |facebook|fb\\.|tiktok|tiktxk|tnktok|youtu|yewtu|invidious|piped|ytid|eddit|redd\\.it|eddrit|rxddit|redlib|t\\.me|telegram\
    |truthsocial|vk\\.|vkontakte|vkvideo|vk_post|linkedin|lnkd|tumblr|tmblr|pinterest|pin\\.it|weibo|t\\.cn|vimeo|dailymotion\
    |dai\\.ly|twitch|substack|gab\\.com|gettr|rumble|odysee|lbry|bitchute|ok\\.ru|odnoklassniki|bili|b23\\.tv|livejournal\
    |streamable|soundcloud|snd\\.sc|imgur|lemm|feddit|beehaw|tchncs|hexbear|infosec\\.pub|mander\\.xyz|programming\\.dev\
    |itjust|slrpnk|sopuli|translate\\.goog|data-id|data-attrs|<base|threadr|rattibha|unrollthread|pingthread|amp-vk|plyr-embed|videolazy|wyl_";

/// Paths of the fediverse before ids, and what makes an address of a path that is written elsewhere.
const PATHS: &str = "(?:statuses|notice|objects|display|notes|w|s)(?:/|%2f|\\\\/)[0-9a-z-]{10}|p/[^/\\s]{1,99}/[0-9]{15}|i/web/post\
    |videos(?:/|%2f|\\\\/)(?:watch|embed)|authorize_interaction|users/\
    |<(?:link|meta)[^>]*/(?:statuses|notice|objects|display|notes|w|p|videos)/";

/// References, escapes and line ends that may stand for a character of a name, hosts that are not ASCII, scripts and
/// attributes whose text may be markup in base64, and sections that hide tags.
const ODD: &str = "&#(?:0*(?:33|3[5-7]|4[0-9]|5[0-9]|61|6[3-9]|[7-9][0-9]|1[01][0-9]|12[0-6])|x0*(?:2[134589a-f]|3[0-9abdf]|[4-7][0-9a-f]))(?:[^0-9a-f]|$)\
    |&(?:period|commat|sol|lpar|rpar|percnt|lowbar|hyphen|dash|colon|num|quest|equals|bsol|fjlig)|\\\\u00(?:2[134589a-f]|3[0-9abdf]|[4-7][0-9a-f])\
    |%(?:2[de]|4[0-9a-f]|5[0-9af]|6[0-9a-f]|7[0-9a])|(?:(?:\\\\?/|%2f){2}|https?:|www\\.)[^/\\s\"'<>?#)]*[&\\x80-\\xff]\
    |=\\s*[\"']\\s*[^\"'<>\\s]*[:/][^\"'<>\\s]*[\\t\\r\\n]+[^\"'<>\\s]|<script[^>]*(?:template|text/(?:plain|html))\
    |=\\s*[\"']?\\s*P[a-z0-9+/]{30}";

/// First words of flattened posts that have no handle with `@`, as they stand in bytes (of the commonest ones not before
/// another word than goes with them), and characters that nobody sees
/// within words.
const WORDS: &str = "Posted(?:$|[^\\t\\n\\x0c\\r ]|[\\t\\n\\x0c\\r ]+(?:$|[^\\t\\n\\x0c\\r A-Za-z]|b))|Publicad[oa](?:$|[^\\t\\n\\x0c\\r ]|[\\t\\n\\x0c\\r ]+(?:$|[^\\t\\n\\x0c\\r A-Za-z]|p))|Gepostet|Publi(?:\\xc3\\xa9|&)|Post(?:\\xc3\\xa9|&)|Pubblicato|Geplaatst|Opublikowany|(?:\\xd0\\x9e|&#1054;|&#[xX]0*41[eE];)\
    |(?:^|[^A-Za-z0-9/]|by)u/|[A-Za-z0-9./](?:&(?:shy|ZeroWidthSpace|#0*(?:173|8203|65279)|#[xX]0*(?:[aA][dD]|200[bB]|[fF][eE][fF]{2}));|\\xc2\\xad|\\xe2\\x80\\x8b|\\xef\\xbb\\xbf)";

/// Elements that part words: what stands before and after one of them is never one word.
const PARTING: &[&[u8]] = &[
    b"p",
    b"div",
    b"li",
    b"ul",
    b"ol",
    b"td",
    b"th",
    b"tr",
    b"table",
    b"tbody",
    b"thead",
    b"h1",
    b"h2",
    b"h3",
    b"h4",
    b"h5",
    b"h6",
    b"br",
    b"section",
    b"article",
    b"main",
    b"header",
    b"footer",
    b"nav",
    b"aside",
    b"figure",
    b"figcaption",
    b"blockquote",
    b"head",
    b"body",
    b"html",
    b"form",
    b"dd",
    b"dt",
    b"dl",
    b"pre",
    b"address",
];

static SIGNS: LazyLock<Regex> = LazyLock::new(|| pattern(&format!("(?i:{NAMES}|{PATHS}|{ODD})|{WORDS}")));

/// The beginning of a page up to the end of its title, whose text is none of the page's: nothing that is seen stands
/// before it, and nothing is odd.
static HEAD: LazyLock<Regex> = LazyLock::new(|| {
    const SPACE: &str = "[\\t\\n\\x0c\\r ]";
    let attribute = format!("{SPACE}+[a-z:_-]+(?:{SPACE}*={SPACE}*(?:\"[^\"]*\"|'[^']*'|[^\\s\"'=<>`]+))?");
    let tag = format!("<(?:html|head|meta|link)(?:{attribute})*{SPACE}*/?>");
    pattern(&format!(
        "(?i)^(?:{SPACE}|<!doctype[^>]*>|<!--(?:[^->]|-[^->])*-->|{tag})*<title>[^<]*</title>"
    ))
});

static CARD: LazyLock<Regex> = LazyLock::new(|| pattern("Follow|\\xe2\\x99\\xac|&#(?:0*9836|[xX]0*266[cC]);"));

/// Whether a page or text may cite a post: `false` is certain, [`find`](crate::find) would find none in it; `true` says no
/// more than that it has to be read. Several times as fast as reading the page; links to other pages are not looked for.
///
/// # Examples
/// ```
/// use citekeep::article::Hints;
///
/// assert!(!citekeep::may_cite_post(b"<p>The bridge <a href='/report'>stands</a>.</p>", &Hints::default()));
/// assert!(citekeep::may_cite_post(b"<p>She wrote: https://x.com/ada/status/20</p>", &Hints::default()));
/// ```
#[must_use]
pub fn may_cite_post(bytes: &[u8], hints: &Hints) -> bool {
    // Where the page lies, its relative links may lead.
    let from = hints.url.as_ref().map_or("", |url| url.as_str());
    let is_post_site = from.contains('@') || may_be_path(from) || SIGNS.is_match(from.as_bytes());
    is_post_site
        || std::str::from_utf8(bytes).is_err()
        || memchr::memchr2(0, 0x1b, bytes).is_some()
        // Marks of Markdown may stand within a word, as tags may.
        || memchr::memmem::find(bytes, b"](http").is_some()
        || SIGNS.is_match(bytes)
        || handles(bytes)
        || has_parted_word(bytes)
}

/// Whether a page's own address has parts that its relative links could complete.
fn may_be_path(address: &str) -> bool {
    const PARTS: [&str; 9] = [
        "statuses", "notice", "objects", "display", "notes", "p", "s", "videos", "w",
    ];
    address.split('/').skip(3).any(|part| PARTS.contains(&part))
}

/// Whether any `@` may be that of a handle: in an address, or in a signature, a card or a footer, where it is followed by
/// the end of its line, by white space or by a parenthesis. Those of style sheets, data and e-mail addresses are not.
fn handles(bytes: &[u8]) -> bool {
    let is_handle = |b: &&u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-');
    let mut in_words = false;
    for at in memchr::memchr_iter(b'@', bytes) {
        let before = bytes[..at].last().copied().unwrap_or(b'/');
        let length = bytes[at + 1..].iter().take_while(is_handle).count();
        let rest = &bytes[at + 1 + length..];
        let dot = bytes[at + 1..at + 1 + length]
            .windows(2)
            .any(|two| two[0] == b'.' && two[1].is_ascii_alphanumeric());
        let next = rest.first().copied();
        if matches!(before, b'/' | b'\\')
            || before.eq_ignore_ascii_case(&b'f') && bytes[..at].len() > 2 && bytes[at - 3] == b'%'
        {
            return true;
        }
        let is_mail = before.is_ascii_alphanumeric() && dot && next != Some(b'@');
        let ends_line = |next: Option<u8>| {
            next.is_none_or(|b| {
                matches!(
                    b,
                    b')' | b'<' | b'&' | b'@' | b'%' | b'\\' | b'\n' | b'\r' | 0x0c | 0x80..
                )
            })
        };
        if is_mail {
            continue;
        }
        if ends_line(next) {
            return true;
        }
        if matches!(next, Some(b' ' | b'\t')) {
            if ends_line(rest.iter().copied().find(|b| !matches!(b, b' ' | b'\t'))) {
                return true;
            }
            in_words = true;
        }
    }
    in_words && CARD.is_match(bytes)
}

/// Elements that part no words, and whose text is that of the page: what stands before and after one of them may be one
/// word.
const JOINING: &[&[u8]] = &[
    b"a", b"abbr", b"b", b"bdi", b"big", b"cite", b"code", b"data", b"del", b"dfn", b"em", b"font", b"i", b"img",
    b"ins", b"kbd", b"label", b"mark", b"q", b"s", b"samp", b"small", b"span", b"strike", b"strong", b"sub", b"sup",
    b"time", b"tt", b"u", b"var", b"wbr",
];

/// What a run of tags does to the text on both sides.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Tags {
    /// It goes on.
    Join,
    /// Perhaps not all of it is text.
    Unknown,
    /// Nobody knows where they end, but by reading the page.
    Odd,
}

/// Whether tags stand within a word or an address, so that its bytes are not the word's, and the word may be a sign.
fn has_parted_word(bytes: &[u8]) -> bool {
    let is_letter = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, 0xc3 | 0xd0 | 0xd1);
    // A mark that ends a sentence behind a link is no address's.
    let goes_on = |rest: &[u8]| match rest {
        [b'.' | b'/' | b':', next, ..] => is_letter(next) || *next == b'/',
        [b'&', next, ..] => matches!(next, b'e' | b'E' | b'#'),
        [first, ..] => is_letter(first),
        [] => false,
    };
    let may_go_on = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'/' | b':' | 0x80..);
    let mut word = Vec::new();
    let mut at = HEAD.find(bytes).map_or(0, |head| head.end());
    while let Some(found) = memchr::memchr(b'<', &bytes[at..]) {
        let before = &bytes[at..at + found];
        at += found;
        if !before.last().is_some_and(may_go_on) {
            at = past_tags(bytes, at).0;
            continue;
        }
        word.clear();
        let start = before
            .iter()
            .rposition(u8::is_ascii_whitespace)
            .map_or(0, |space| space + 1);
        word.extend_from_slice(&before[start..]);
        let whole = word.len();
        loop {
            let (end, tags) = past_tags(bytes, at);
            at = end;
            match tags {
                Some(Tags::Odd) => return true,
                Some(_) if !goes_on(&bytes[at..]) => break,
                Some(Tags::Unknown) => return true,
                Some(Tags::Join) => {}
                None => break,
            }
            let rest = &bytes[at..];
            let ends = |b: &u8| b.is_ascii_whitespace() || *b == b'<';
            let length = rest.iter().position(ends).unwrap_or(rest.len());
            word.extend_from_slice(&rest[..length]);
            at += length;
            if rest.get(length) != Some(&b'<') || !word.last().is_some_and(may_go_on) {
                break;
            }
        }
        if word.len() > whole && (word.contains(&b'@') || SIGNS.is_match(&word) || CARD.is_match(&word)) {
            return true;
        }
    }
    false
}

/// Where the tags end that begin at byte `at`, and what they do to the text around; `None` if they part it.
fn past_tags(bytes: &[u8], mut at: usize) -> (usize, Option<Tags>) {
    let mut parts = false;
    let mut most = Tags::Join;
    while bytes.get(at) == Some(&b'<') {
        let end = memchr::memchr(b'>', &bytes[at..]).map_or(bytes.len(), |end| at + end + 1);
        let tag = &bytes[at + 1..end];
        let tag = tag.strip_prefix(b"/").unwrap_or(tag);
        let length = tag.iter().take_while(|b| b.is_ascii_alphanumeric()).count();
        let is_one_of = |names: &[&[u8]]| names.iter().any(|name| tag[..length].eq_ignore_ascii_case(name));
        let (name_ends, in_attributes) = (tag.get(length), &tag[length..]);
        if !matches!(name_ends, Some(b'>' | b'/' | b' ' | b'\t' | b'\n' | b'\r' | 0x0c)) || !are_closed(in_attributes) {
            most = Tags::Odd;
        } else if is_one_of(PARTING) {
            parts = true;
        } else if !is_one_of(JOINING) {
            most = most.max(Tags::Unknown);
        }
        at = end;
    }
    // Where tags are odd, what parts may stand in one of them.
    (at, (!parts || most == Tags::Odd).then_some(most))
}

/// Whether all quotation marks of a tag's attributes stand around values, so that the tag ends where it seems to.
fn are_closed(attributes: &[u8]) -> bool {
    let mut rest = attributes;
    while let Some(open) = memchr::memchr2(b'"', b'\'', rest) {
        let before = rest[..open].trim_ascii_end();
        let is_value = before.ends_with(b"=") && before.iter().filter(|b| **b == b'=').count() == 1;
        let Some(close) = memchr::memchr(rest[open], &rest[open + 1..]).filter(|_| is_value) else {
            return false;
        };
        rest = &rest[open + close + 2..];
    }
    true
}

fn pattern(pattern: &str) -> Regex {
    Regex::new(&format!("(?-u:{pattern})")).expect("a pattern of our own")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::citation::{Cited, find};

    fn cites(page: &[u8], hints: &Hints) -> bool {
        let found = find(page, hints).map(|findings| findings.citations).unwrap_or_default();
        found.iter().any(|citation| !matches!(citation.cited, Cited::Link(_)))
    }

    #[test]
    fn pages_without_posts_are_told_whatever_their_styles_data_and_mail_addresses_hold() {
        for page in [
            "<style>@media (max-width:600px){a{color:red}} @font-face{x:y}</style><p>The weir <a href='/a/b?c=%20d'>stands</a>.",
            "<script type='application/ld+json'>{\"@context\":\"https:\\/\\/schema.org\",\"@type\":\"Article\"}</script><p>The weir stands.",
            "<p>Write to <a href='mailto:ada@office.example'>ada@office.example</a> &#8211; or don&#39;t.",
            "The weir stands. https://office.example/report?id=3",
            "<!DOCTYPE html>\n<html lang=en><head><meta charset=\"utf-8\"><title>The weir</title><meta name='a' content='b'><p>It stands.",
            "<p>Posted where everybody saw it. Publicado el lunes.",
            "<p>The <b>w</b>eir</p><nav><a href='/a'>Home</a><a href='/b'>News</a></nav><p>H<sub>2</sub>O, and <i>weir</i>s.",
        ] {
            assert!(!may_cite_post(page.as_bytes(), &Hints::default()), "{page}");
        }
    }

    #[test]
    fn whatever_could_hide_a_post_has_to_be_read() {
        for page in [
            "<a href='https://x&#46;com/ada/status/20'>",
            "<a href='https://tw\nitter.com/ada/status/20'>",
            "<a href='https://ｘ.com/ada/status/20'>",
            "<a href='https://%74witter.com/ada/status/20'>",
            "<script>{\"embed\":\"https://\\u0078.com/ada/status/20\"}</script>",
            "<a href='/notes/9abcdef123'>",
            "<iframe data-id=1785600110366674944>",
            "<script type='text/template'>PGI+</script>",
            "Pos<b>ted by Ada on Monday, May 1, 2020",
            "Posted<br>by Ada on Monday, May 1, 2020",
            "Posted\n <b>by</b> Ada on Monday, May 1, 2020",
            "Publicado\u{200b} por Ada el 1 de mayo de 2020",
            "The weir stands. — Ada (&commat;ada) May 1, 2020",
            "Fol<i>low Ada @ada the weir 10:30 AM - 5 May 2020",
            "# A\n[a](http://a.example/) https://x\\.com/ada/status/20",
            "tw<!-- > -->itter.com/ada/status/20",
            "tw<b title='> '>itter.com/ada/status/20",
            "tw<b title='\"' lang=\"> \">itter.com/ada/status/20",
            "tw<b title=a=\"b lang=\"> \">itter.com/ada/status/20",
            "t<b>w</b>i<i>t</i>ter.com/ada/status/20",
            "tw<script>a</script>itter.com/ada/status/20",
            "<title>tw</titlex>it</title>",
            "twit</title>ter.com/ada/status/20",
            "<meta content='><title>'>tw<b>it</b>ter.com/ada/status/20</title>",
            "<meta a==\"> tw<b>it</b>ter.com/ada/status/20 \"><title>a</title>",
            "\u{feff}caf\u{e9}\u{0}",
        ] {
            assert!(may_cite_post(page.as_bytes(), &Hints::default()), "{page}");
        }
        assert!(may_cite_post(b"caf\xe9", &Hints::default()));
        let on_server = Hints {
            url: url::Url::parse("https://storks.example/notes/").ok(),
            ..Hints::default()
        };
        assert!(may_cite_post(b"<a href='9abcdef123'>x</a>", &on_server));
    }

    /// Pieces of pages: names, escapes and parted words of which posts come together only sometimes.
    const PIECES: &[&str] = &[
        "<p>",
        "</p>",
        "<b>",
        "</b>",
        "<b title='>",
        "<span lang=\"en\">",
        "</span>",
        "<title>",
        "</title>",
        "<meta charset=utf-8>",
        "<meta content='>",
        "<br>",
        "<a href='",
        "'>",
        "</a>",
        "\"",
        "\n",
        " ",
        "<style>",
        "</style>",
        "<svg>",
        "</svg>",
        "<select>",
        "<script>",
        "</script>",
        "<noscript>",
        "</noscript>",
        "<!--",
        "-->",
        "<blockquote class='twitter-tweet'>",
        "</blockquote>",
        "<iframe src='",
        "<div data-tweet-id='",
        "1785600110366674944",
        "https://",
        "//",
        "www.",
        "https:",
        "x.com/a/status/20",
        "x&#46;com/a/status/20",
        "x&period;com/a/status/20",
        "x%2Ecom/a/status/20",
        "ｘ.com/a/status/20",
        "tw",
        "it",
        "ter.com/a/status/20",
        "\u{ad}",
        "\u{200b}",
        "herons.example",
        "/notes/9abcdef123456",
        "/@ada/109876543210987654",
        "/users/ada/statuses/109876543210987654",
        "/post/12",
        "lemmy.example",
        "— Ada ",
        "(@ada)",
        "(@media)",
        "(",
        "@ada",
        "@media ",
        ")",
        " May 1, 2020",
        "\"@type\"",
        "ada@office.example",
        "Fol",
        "Follow ",
        "low ",
        "10:30 AM - 5 May 2020",
        "Pos",
        "ted by ",
        "ted",
        "ted ",
        "by ",
        "Ada on Monday, May 1, 2020",
        "A post shared by ",
        "Post by @ada@storks.example",
        "pic.twitter.com/AbC123dEf0",
        "the weir ",
        "&#64;",
        "&commat;",
        "&lt;iframe src='https://t.me/ada/12'&gt;",
        "{\"embed\":\"",
        "\"}",
        "t.me/ada/12",
        "\u{2014}",
        "{",
        "youtu.be/a1B2c3D4-_e",
        "<base href='https://storks.example/notes/'>",
        "9abcdef123456",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3000))]

        #[test]
        fn where_it_says_that_there_is_no_post_none_is_found(pieces in prop::collection::vec(prop::sample::select(PIECES), 1..14)) {
            for page in [format!("<html><body>{}", pieces.concat()), pieces.concat()] {
                if !may_cite_post(page.as_bytes(), &Hints::default()) {
                    prop_assert!(!cites(page.as_bytes(), &Hints::default()), "{}", page);
                }
            }
        }
    }
}
