//! What embeds of other platforms than X leave in plain text: a footer of fixed words in the embed's language, around
//! the author's name and often a date (`A post shared by Name (@handle) on …`, `Posted by Name on Monday, …`).

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::body::trimmed;
use super::{Flattened, date_first, media_of, raw, words_of};
use crate::citation::{Claim, Form};

/// Platform, words before the author, and whether a handle in parentheses must follow the name (else a date).
struct Footer {
    platform: &'static str,
    before: &'static str,
    handle: bool,
}

const fn footer(platform: &'static str, before: &'static str, handle: bool) -> Footer {
    Footer {
        platform,
        before,
        handle,
    }
}

/// The footers, as the platforms print them in the languages of their embeds.
const FOOTERS: &[Footer] = &[
    footer("instagram", "A post shared by ", true),
    footer("instagram", "A photo posted by ", true),
    footer("instagram", "A video posted by ", true),
    footer("instagram", "Ein Beitrag geteilt von ", true),
    footer("instagram", "Une publication partagée par ", true),
    footer("instagram", "Una publicación compartida por ", true),
    footer("instagram", "Una publicación compartida de ", true),
    footer("instagram", "Un post condiviso da ", true),
    footer("instagram", "Uma publicação compartilhada por ", true),
    footer("instagram", "Uma publicação partilhada por ", true),
    footer("instagram", "Een bericht gedeeld door ", true),
    footer("instagram", "Ett inlägg delat av ", true),
    footer("instagram", "Et innlegg delt av ", true),
    footer("instagram", "Et opslag delt af ", true),
    footer("instagram", "Post udostępniony przez ", true),
    footer("instagram", "Příspěvek sdílený ", true),
    footer("instagram", "Um post compartilhado por ", true),
    footer("instagram", "O postare distribuită de ", true),
    footer("instagram", "Príspevok, ktorý zdieľa ", true),
    footer("instagram", "Objavu dijeli ", true),
    footer("instagram", "Η δημοσίευση κοινοποιήθηκε από το χρήστη ", true),
    footer("instagram", "Публикация от ", true),
    footer("instagram", "Публикация, споделена от ", true),
    footer("instagram", "Допис, поширений ", true),
    footer("instagram", "تمت مشاركة منشور بواسطة ", true),
    footer("instagram", "פוסט משותף על ידי ", true),
    footer("instagram", "โพสต์ที่แชร์โดย ", true),
    footer("instagram", "Một bài viết do ", true),
    footer("instagram", "Sebuah kiriman dibagikan oleh ", true),
    footer("instagram", "Kiriman dikongsi oleh ", true),
    footer("facebook", "Posted by ", false),
    footer("facebook", "Gepostet von ", false),
    footer("facebook", "Publiée par ", false),
    footer("facebook", "Posté par ", false),
    footer("facebook", "Publicado por ", false),
    footer("facebook", "Publicada por ", false),
    footer("facebook", "Pubblicato da ", false),
    footer("facebook", "Geplaatst door ", false),
    footer("facebook", "Opublikowany przez ", false),
    footer("facebook", "Опубликовано ", false),
    footer("facebook", "Опубліковано ", false),
];

/// Platform, and words right after the author's handle, which stands in parentheses behind the name.
const AFTER: &[(&str, &str)] = &[
    ("instagram", "がシェアした投稿"),
    ("instagram", "님의 공유 게시물"),
    ("instagram", "分享的帖子"),
    ("instagram", "分享的貼文"),
    ("instagram", "'in paylaştığı bir gönderi"),
    ("instagram", "’in paylaştığı bir gönderi"),
    ("instagram", " द्वारा साझा की गई पोस्ट"),
    ("instagram", " által megosztott bejegyzés"),
    ("instagram", " jakama julkaisu"),
];

/// What stands between a Facebook author and the date.
const ON: &[&str] = &[
    " on ", " am ", " le ", " el ", " em ", " op ", " su ", " dnia ", " il ", ", ",
];

/// Days of the week that stand right behind the name.
const WEEKDAYS: &[&str] = &[
    "понедельник",
    "вторник",
    "среда",
    "четверг",
    "пятница",
    "суббота",
    "воскресенье",
    "понеділок",
    "вівторок",
    "середа",
    "четвер",
    "п’ятниця",
    "субота",
    "неділя",
];

/// First words of the line above an Instagram post that was not shown.
const VIEWS: &[&str] = &[
    "View this post on Instagram",
    "View this photo on Instagram",
    "Sieh dir diesen Beitrag auf Instagram an",
    "Voir cette publication sur Instagram",
    "Ver esta publicación en Instagram",
    "Ver essa foto no Instagram",
    "Ver esta publicação no Instagram",
    "Visualizza questo post su Instagram",
    "Dit bericht op Instagram bekijken",
    "Посмотреть эту публикацию в Instagram",
    "この投稿をInstagramで見る",
    "Instagram에서 이 게시물 보기",
    "在 Instagram 查看這則貼文",
    "在 Instagram 查看此帖子",
    "Bu gönderiyi Instagram'da gör",
    "عرض هذا المنشور على Instagram",
    "להצגת פוסט זה באינסטגרם",
    "ดูโพสต์นี้บน Instagram",
    "Xem bài viết này trên Instagram",
    "Lihat postingan ini di Instagram",
    "Δείτε αυτή τη δημοσίευση στο Instagram",
    "A bejegyzés megtekintése az Instagramon",
    "Näytä tämä julkaisu Instagramissa",
    "Visa det här inlägget på Instagram",
    "Se dette opslag på Instagram",
    "Vis dette innlegget på Instagram",
    "Wyświetl ten post na Instagramie",
    "Zobrazit příspěvek na Instagramu",
    "Vezi această postare pe Instagram",
    "Переглянути цей допис в Instagram",
    "Вижте тази публикация в Instagram",
    "इस पोस्ट को Instagram पर देखें",
];

/// Lines that a caption may have.
const CAPTION_LINES: usize = 12;

/// Longest name of an author, in characters.
const LONGEST_NAME: usize = 80;

static WORDS: LazyLock<Regex> = LazyLock::new(|| {
    let words: Vec<String> = FOOTERS.iter().map(|footer| regex::escape(footer.before)).collect();
    Regex::new(&words.join("|")).expect("a pattern of our own")
});

/// A handle in parentheses with what follows it.
static FOLLOWED: LazyLock<Regex> = LazyLock::new(|| {
    let words: Vec<String> = AFTER.iter().map(|(_, words)| regex::escape(words)).collect();
    let pattern = format!(r"\(@([A-Za-z0-9_.]{{1,30}})\)({})", words.join("|"));
    Regex::new(&pattern).expect("a pattern of our own")
});

/// Whether the words of any footer stand in `text`; those of Mastodon have a handle as well.
pub(super) fn may_be_in(text: &str) -> bool {
    WORDS.is_match(text)
}

/// The posts whose footers stand in block `index`; nothing before byte `taken` is looked at.
pub(super) fn all(
    text: &str,
    blocks: &[Range<usize>],
    index: usize,
    taken: usize,
    language: Option<&str>,
) -> Vec<Flattened> {
    let block = blocks[index].clone();
    let mut found: Vec<Flattened> = Vec::new();
    for words in WORDS.find_iter(&text[block.clone()]) {
        let start = block.start + words.start();
        // The words before a post may be its own, but not those of the post before it.
        let taken = found.last().map_or(taken, |other| other.place.end.max(taken));
        let free = start >= taken;
        let footer = FOOTERS.iter().find(|footer| footer.before == words.as_str());
        if let Some(footer) = footer.filter(|_| free)
            && let Some((claim, end)) = author(text, block.start + words.end(), block.end, footer, language)
        {
            found.push(post(text, blocks, index, taken, footer.platform, claim, start..end));
        }
    }
    if memchr::memmem::find(text[block.clone()].as_bytes(), b"(@").is_some() {
        for words in FOLLOWED.captures_iter(&text[block.clone()]) {
            let taken = found.last().map_or(taken, |other| other.place.end.max(taken));
            found.extend(followed(text, blocks, index, taken, &words));
        }
    }
    found.extend(by_handle(text, block, taken));
    found.sort_by_key(|post| post.place.start);
    found
}

/// The post whose footer begins with its author's name, which begins its line or stands right after the line that offers
/// to view the post.
fn followed(
    text: &str,
    blocks: &[Range<usize>],
    index: usize,
    taken: usize,
    words: &regex::Captures<'_>,
) -> Option<Flattened> {
    let block = blocks[index].start;
    let all = words.get(0)?;
    let (start, end) = (block + all.start(), block + all.end());
    let before = text.get(block.max(taken)..start)?;
    let viewed = after_view(before);
    // A caption may stand on the same line: the name is what stands behind its last sentence.
    let line = viewed.rsplit(['.', '!', '?', '。', '！', '？', '\n']).next()?.trim();
    // "Of the person": Finnish.
    let name = line.strip_prefix("Henkilön ").unwrap_or(line);
    if name.chars().count() > LONGEST_NAME {
        return None;
    }
    let claim = Claim {
        author_name: (!name.is_empty()).then(|| name.to_owned()),
        author_handle: Some(words.get(1)?.as_str().to_owned()),
        ..Claim::default()
    };
    let (platform, _) = AFTER
        .iter()
        .find(|(_, after)| words.get(2).is_some_and(|found| found.as_str() == *after))?;
    let lead = before.rfind(line).map_or(0, |at| before.len() - at);
    Some(post(text, blocks, index, taken, platform, claim, start - lead..end))
}

/// `text` after the line that offers to view the post, if it begins with one.
pub(in crate::citation) fn after_view(text: &str) -> &str {
    let line = text.trim_start();
    let view = VIEWS.iter().find_map(|view| line.strip_prefix(view));
    view.map_or(text, |after| after.trim_start_matches(['.', ' ']))
}

/// The author after a footer's words, and where the footer ends.
fn author(text: &str, from: usize, end: usize, footer: &Footer, language: Option<&str>) -> Option<(Claim, usize)> {
    let rest = &text[from..end];
    // What stands further away is not looked for: a line may have many such words, and be long.
    let near = &rest[..rest.floor_char_boundary(LONGEST_NAME * 4 + 16)];
    if footer.handle {
        let open = near
            .find("(@")
            .filter(|open| rest[..*open].chars().count() <= LONGEST_NAME)?;
        let handle = &rest[open + 2..];
        let length = handle
            .bytes()
            .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.'))
            .count();
        let close = open + 2 + length + 1;
        // What goes on with a comma or ends with a full stop is a sentence about a post.
        let is_sentence = rest
            .get(close..)
            .is_some_and(|after| after.starts_with(['.', ',', ';', ':', '!', '?']));
        if !(1..=30).contains(&length) || !handle[length..].starts_with(')') || is_sentence {
            return None;
        }
        let name = rest[..open].trim();
        let (date, after) = dated(rest, close, language);
        // What goes on with a comma or a verb, or ends with a full stop, is a sentence about a post.
        let next = rest[close..].trim_start_matches(' ');
        let is_sentence =
            next.starts_with(|c: char| matches!(c, '.' | ',' | ';' | ':' | '!' | '?') || c.is_lowercase());
        if date.date.is_none() && is_sentence {
            return None;
        }
        let claim = Claim {
            author_name: (!name.is_empty()).then(|| name.to_owned()),
            author_handle: Some(handle[..length].to_owned()),
            ..date
        };
        return Some((claim, from + after));
    }
    // Without a handle only a date makes the footer sure; it stands right behind the name, at the end of the block.
    let (at, on) = ON
        .iter()
        .filter_map(|on| Some((near.find(on)?, on)))
        .min_by_key(|(at, _)| *at)?;
    let name = rest[..at].trim();
    // Russian and Ukrainian have no word between the name and the day of the week.
    let (name, weekday) = match name.rsplit_once(' ') {
        Some((name, weekday)) if WEEKDAYS.contains(&weekday.to_lowercase().as_str()) => (name, weekday),
        _ => (name, ""),
    };
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.contains(['.', '!', '?', ':']) {
        return None;
    }
    let (claim, after) = dated(rest, at + on.len() - 1, language);
    // The platform prints the day of the week; bylines of blogs seldom do.
    let printed = claim.date_text.as_ref()?;
    let between = rest[at + on.len() - 1..after].strip_suffix(printed.as_str())?;
    if weekday
        .chars()
        .chain(between.chars())
        .filter(|c| c.is_alphabetic())
        .count()
        < 3
    {
        return None;
    }
    let alone = rest[after..].chars().filter(|c| c.is_alphanumeric()).nth(2).is_none();
    alone.then(|| {
        let claim = Claim {
            author_name: Some(name.to_owned()),
            ..claim
        };
        (claim, from + after)
    })
}

/// The date soon after byte `at`, as a claim, and where it ends; else where the footer ended.
fn dated(rest: &str, at: usize, language: Option<&str>) -> (Claim, usize) {
    // ` on `, ` am `, a weekday: a few words stand before the date.
    let window = &rest[at..];
    let starts = window.char_indices().take(40).map(|(start, _)| start);
    let found = starts
        .filter(|start| *start == 0 || window[..*start].ends_with([' ', ',']))
        .take(5)
        .find_map(|start| Some((start, date_first(&window[start..], language)?)));
    match found {
        Some((start, date)) => {
            let span = at + start + date.span.start..at + start + date.span.end;
            let claim = Claim {
                date_text: Some(rest[span.clone()].to_owned()),
                date: Some(date.date.to_string()),
                ..Claim::default()
            };
            (claim, span.end)
        }
        None => (Claim::default(), at),
    }
}

/// The post with its caption, if that can be told: after the line that offers to view it, or in the footer's own block.
fn post(
    text: &str,
    blocks: &[Range<usize>],
    index: usize,
    taken: usize,
    platform: &'static str,
    claim: Claim,
    signature: Range<usize>,
) -> Flattened {
    let own = trimmed(text, blocks[index].start.max(taken)..signature.start);
    let first = (index.saturating_sub(CAPTION_LINES)..=index).rev().find(|at| {
        let line = text[blocks[*at].clone()].trim_start();
        blocks[*at].start >= taken && VIEWS.iter().any(|view| line.starts_with(view))
    });
    let (start, body) = match first {
        Some(at) => {
            let line = &text[blocks[at].clone()];
            let lead = line.len() - line.trim_start().len();
            let view = VIEWS
                .iter()
                .find(|view| line.trim_start().starts_with(**view))
                .map_or(0, |view| view.len());
            let dot = usize::from(line[lead + view..].starts_with('.'));
            let after = (blocks[at].start + lead + view + dot).min(signature.start);
            (blocks[at].start, trimmed(text, after..signature.start))
        }
        None if own.is_empty() => (signature.start, signature.start..signature.start),
        None => (own.start, own),
    };
    let place = start..signature.end;
    Flattened {
        platform,
        form: Form::Flattened,
        claim: Claim {
            text: words_of(&text[body.clone()]),
            media: media_of(&text[body.clone()]),
            ..claim
        },
        post: None,
        raw: raw(text, place.clone()),
        place,
        body,
        signature: Some(signature),
    }
}

/// `Post by @user@host`, `View on Mastodon`; `Post by @user`, `View on Threads`: all that these embeds show without
/// scripts.
fn by_handle(text: &str, block: Range<usize>, taken: usize) -> Option<Flattened> {
    const BEFORE: &str = "Post by @";
    let start = block.start + text[block.clone()].find(BEFORE)?;
    let rest = &text[start + BEFORE.len()..block.end];
    let length = rest
        .bytes()
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-' | b'@'))
        .count();
    let handle = rest[..length].trim_end_matches(['.', '-']);
    let mut end = start + BEFORE.len() + handle.len();
    // The line to view the post may be the next one.
    let view = text[end..].trim_start();
    let platform = match handle.split_once('@') {
        Some((user, host)) if !user.is_empty() && host.contains('.') && !host.contains('@') => "mastodon",
        None if !handle.is_empty() && view.starts_with("View on Threads") => "threads",
        _ => return None,
    };
    if start < taken {
        return None;
    }
    let words = if platform == "threads" {
        "View on Threads"
    } else {
        "View on Mastodon"
    };
    if let Some(after) = view.strip_prefix(words) {
        end = text.len() - after.len();
    }
    let place = start..end;
    Some(Flattened {
        platform,
        form: Form::Flattened,
        claim: Claim {
            author_handle: Some(handle.to_owned()),
            ..Claim::default()
        },
        post: None,
        raw: raw(text, place.clone()),
        body: start..start,
        signature: Some(place.clone()),
        place,
    })
}

#[cfg(test)]
mod tests {
    use super::{AFTER, FOOTERS};
    use crate::platform::by_name;

    #[test]
    fn every_footer_is_of_a_platform_that_is_known() {
        for name in FOOTERS
            .iter()
            .map(|footer| footer.platform)
            .chain(AFTER.iter().map(|(platform, _)| *platform))
            .chain(["bluesky", "mastodon", "threads", "tiktok", "reddit", "telegram"])
        {
            assert!(by_name(name).is_some(), "{name}");
        }
    }
}
