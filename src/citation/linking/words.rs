//! What single words and short lines say: words for posts, words that point, and lines that are no sentences of a story.

use unicode_segmentation::UnicodeSegmentation;

use crate::article::BlockKind;

/// Longest label or button, in characters.
const LABEL: usize = 40;

/// Lower-case words of a text, `@` and `#` dropped.
pub fn of(text: &str) -> Vec<String> {
    text.unicode_words().map(str::to_lowercase).collect()
}

/// Words for a post, in the languages of the corpus of the world's newsrooms; stems, compared from the beginning.
const POST_WORDS: &[&str] = &[
    "tweet",
    "retweet",
    "twitter",
    "tuit",
    "tuíte",
    "твит",
    "твіт",
    "تغريدة",
    "غرد",
    "تويتر",
    "توییت",
    "ट्वीट",
    "টুইট",
    "ট্যুইট",
    "ツイート",
    "트윗",
    "推文",
    "推特",
    "ทวีต",
    "ट्विटर",
    "ציוץ",
    "צייץ",
    "posted",
    "posts",
    "posting",
    "beitrag",
    "gepostet",
    "publicó",
    "publicación",
    "publicou",
    "публикац",
    "beitrags",
    "wrote",
    "écrit",
    "escribió",
    "escreveu",
    "schrieb",
    "schreibt",
    "scritto",
    "napisał",
    "napsal",
    "написал",
    "написав",
    "skrev",
];

/// Words that point at what stands above or below.
const POINTING: &[&str] = &[
    "below",
    "above",
    "ci-dessous",
    "dessous",
    "unten",
    "oben",
    "abajo",
    "abaixo",
    "sotto",
    "hieronder",
    "nedan",
    "nedenfor",
    "poniżej",
    "níže",
    "ниже",
    "нижче",
    "aşağıda",
    "أدناه",
    "下記",
    "以下",
    "아래",
];

/// Whether a word is one for a post.
pub fn is_post_word(word: &str) -> bool {
    POST_WORDS.iter().any(|stem| word.starts_with(stem))
}

/// Whether a word points up or down.
pub fn points(word: &str) -> bool {
    POINTING.contains(&word)
}

/// Words with which teasers, credits, advertisements and buttons begin.
const NOISE: &[&str] = &[
    "advertisement",
    "anzeige",
    "werbung",
    "publicité",
    "publicidad",
    "publicidade",
    "pubblicità",
    "reklama",
    "reklam",
    "advertentie",
    "реклама",
    "read more",
    "read also",
    "also read",
    "see also",
    "lire aussi",
    "à lire aussi",
    "lire la suite",
    "lesen sie auch",
    "mehr zum thema",
    "lea también",
    "leia também",
    "leer más",
    "leggi anche",
    "lees ook",
    "läs också",
    "läs mer",
    "czytaj też",
    "czytaj także",
    "czytaj więcej",
    "čtěte také",
    "читайте также",
    "اقرأ أيضا",
    "related:",
    "related story",
    "more:",
    "photo:",
    "photo by",
    "photo credit",
    "credit:",
    "image:",
    "image credit",
    "foto:",
    "bild:",
    "fotos:",
    "photos:",
    "crédito",
    "crédit",
    "article content",
    "story continues",
    "continue reading",
    "sign up",
    "subscribe",
    "follow us",
    "share this",
    "getty images",
    "ap photo",
    "reuters/",
    "watch:",
    "video:",
    "listen:",
    "loading",
    "updated:",
    "published:",
    "merken",
    "to be continued",
    "this story has been",
    "click here",
];

/// Whether a line is none of the story's sentences: a caption, a label, a credit, a button, a number.
pub fn is_noise(text: &str, words: &[String], kind: BlockKind) -> bool {
    if kind == BlockKind::Caption {
        return true;
    }
    let lower = text.trim_start_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    if NOISE.iter().any(|start| lower.starts_with(start)) && text.chars().count() < 200 {
        return true;
    }
    if text.trim_end().ends_with([':', '：']) && words.len() >= 2 {
        return false;
    }
    // Mostly digits: a rule, a number, a time stamp. With a picture link: what is left of a flattened post.
    let (letters, digits) = text.chars().fold((0, 0), |(l, d), c| {
        (l + usize::from(c.is_alphabetic()), d + usize::from(c.is_numeric()))
    });
    if digits * 2 >= letters || text.contains("pic.twitter.com/") || text.contains("pic.x.com/") {
        return true;
    }
    let has_end = text
        .trim_end()
        .ends_with(['.', '!', '?', '…', '"', '”', '»', '。', '！', '？', '؟', '।', '」']);
    let is_scripted_without_spaces = text
        .chars()
        .any(|c| matches!(c, '\u{3040}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}' | '\u{0e00}'..='\u{0e7f}'));
    !has_end
        && text.chars().count() <= LABEL
        && words.len() <= 4
        && !is_scripted_without_spaces
        && kind != BlockKind::Heading
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captions_labels_and_teasers_are_noise_and_sentences_are_not() {
        for (text, noise) in [
            ("Advertisement", true),
            ("Read more: the bridge in pictures", true),
            ("12:40", true),
            ("Story Highlights", true),
            ("He wrote:", false),
            ("The bridge is open.", false),
            ("Nobody was hurt when the old barrage above the village gave way", false),
        ] {
            assert_eq!(is_noise(text, &of(text), BlockKind::Paragraph), noise, "{text}");
        }
    }
}
