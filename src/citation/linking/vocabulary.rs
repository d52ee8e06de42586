//! Small tables of words in many languages: what speaks of a post, what points at it, and what stands between
//! paragraphs without belonging to the text. Folded (lower case); longer stems match as the beginning of a word.

/// Stems of words for a post, for posting and for saying something in public. Sorted.
const POST_STEMS: &[&str] = &[
    "comment",
    "compart",
    "condivi",
    "delade",
    "escrev",
    "escrib",
    "gepostet",
    "geteilt",
    "jakoi",
    "kirjoit",
    "kommentier",
    "megoszt",
    "napisa",
    "napsal",
    "opubliko",
    "partag",
    "paylaş",
    "postade",
    "postar",
    "postato",
    "posted",
    "postete",
    "posting",
    "postou",
    "pubbli",
    "publica",
    "publicou",
    "publicó",
    "publish",
    "publié",
    "retweet",
    "schreef",
    "schreib",
    "schrieb",
    "scritto",
    "scrive",
    "sdíle",
    "shared",
    "skrev",
    "teilte",
    "tuite",
    "tweet",
    "udostępni",
    "veröffentlich",
    "written",
    "wrote",
    "yazdı",
    "écri",
    "написа",
    "опублико",
    "поделил",
    "твит",
    "تغريد",
    "غرد",
    "كتب",
    "نشر",
    "ツイート",
    "投稿",
    "推文",
    "書き込",
    "트윗",
];

/// Short words of the same kind; they must match whole. Sorted.
const POST_WORDS: &[&str] = &[
    "post",
    "posts",
    "tuit",
    "tuits",
    "twitterte",
    "writes",
    "írta",
    "ツイッター",
];

/// Words that point up or down the page. Sorted.
const POINTERS: &[&str] = &[
    "abaixo",
    "abajo",
    "above",
    "acima",
    "arriba",
    "aşağıda",
    "below",
    "ci-dessous",
    "dessous",
    "dessus",
    "folgende",
    "folgenden",
    "following",
    "hierboven",
    "hieronder",
    "nedan",
    "níže",
    "oben",
    "ovan",
    "poniżej",
    "powyżej",
    "seguente",
    "seguinte",
    "siguiente",
    "sopra",
    "sotto",
    "suivant",
    "unten",
    "yukarıda",
    "выше",
    "ниже",
    "أدناه",
    "上記",
    "以下",
];

/// Beginnings of lines that belong to the page and not to the article.
const ASIDE_BEGINNINGS: &[&str] = &[
    "advertisement",
    "advertising",
    "article content",
    "story continues",
    "continue reading",
    "read more",
    "read also",
    "also read",
    "see also",
    "related",
    "recommended",
    "watch more",
    "more on",
    "sign up",
    "subscribe",
    "share this",
    "share on",
    "photo by",
    "photo:",
    "photos:",
    "image:",
    "image credit",
    "image copyright",
    "picture copyright",
    "picture:",
    "credit:",
    "via ",
    "source:",
    "updated",
    "published",
    "last modified",
    "follow us",
    "click here",
    "embed from",
    "view this post",
    "view this photo",
    "view on",
    "sieh dir diesen beitrag",
    "voir cette publication",
    "ver esta publicación",
    "ver essa foto",
    "visualizza questo post",
    "bekijk dit bericht",
    "посмотреть эту публикацию",
    "この投稿を",
    "loading",
    "anzeige",
    "werbung",
    "lesen sie",
    "lies auch",
    "mehr zum thema",
    "mehr dazu",
    "auch interessant",
    "foto:",
    "fotos:",
    "bild:",
    "quelle:",
    "empfohlener",
    "externer inhalt",
    "publicité",
    "lire aussi",
    "à lire",
    "a lire",
    "voir aussi",
    "crédit",
    "photo ",
    "© ",
    "(c) ",
    "publicidad",
    "lea también",
    "lee también",
    "te puede interesar",
    "leia também",
    "leia mais",
    "publicidade",
    "pubblicità",
    "leggi anche",
    "reklama",
    "czytaj",
    "zobacz",
    "fot.",
    "čtěte",
    "foto ",
    "läs också",
    "läs mer",
    "annons",
    "lees ook",
    "advertentie",
    "читайте также",
    "реклама",
    "фото:",
    "اقرأ أيضا",
    "إعلان",
    "関連記事",
    "広告",
    "続きを読む",
    "相关阅读",
    "광고",
    "관련기사",
    "ilgili haber",
    "les også",
    "læs også",
    "lue myös",
    "i̇lgili haber",
    "bunu da okuyun",
    "ayrıca okuyun",
    "διαβάστε επίσης",
    "διαβάστε ακόμη",
    "קראו גם",
    "קרא גם",
    "לקריאה נוספת",
    "بیشتر بخوانید",
    "همچنین بخوانید",
    "یہ بھی پڑھیں",
    "यह भी पढ़ें",
    "ये भी पढ़ें",
    "हे ही वाचा",
    "यो पनि पढ्नुहोस्",
    "আরও পড়ুন",
    "আরো পড়ুন",
    "આ પણ વાંચો",
    "ਇਹ ਵੀ ਪੜ੍ਹੋ",
    "மேலும் படிக்க",
    "ఇది కూడా చదవండి",
    "อ่านเพิ่มเติม",
    "ข่าวที่เกี่ยวข้อง",
    "xem thêm",
    "đọc thêm",
    "baca juga",
    "baca lagi",
    "читайте також",
    "още по темата",
    "вижте още",
    "прочетете още",
    "прочитајте",
    "pročitajte",
    "olvassa el",
    "olvass még",
    "citește și",
    "citeşte şi",
    "vezi și",
    "läs även",
    "přečtěte si",
    "čítajte",
    "prečítajte",
    "preberite",
    "loe ka",
    "lasi arī",
    "skaitykite taip pat",
    "taip pat skaitykite",
    "llegiu també",
    "llegeix també",
    "le tamén",
    "irakurri ere",
    "წაიკითხეთ ასევე",
    "կարդացեք նաև",
    "həmçinin oxuyun",
    "lexo edhe",
    "soma pia",
    "あわせて読みたい",
    "延伸閱讀",
    "延伸阅读",
    "推荐阅读",
    "相關報導",
    "相關新聞",
    "관련 기사",
    "by loading the",
    "mit dem laden",
    "en chargeant",
    "al cargar",
    "you are currently viewing a placeholder",
    "sie sehen gerade einen platzhalter",
    "we need your consent",
    "to view this content",
    "this content is hosted",
    "um diesen inhalt",
    "pour afficher ce contenu",
    "ce contenu est bloqué",
    "para ver este contenido",
    "per visualizzare questo contenuto",
    "copyright",
    "all rights reserved",
];

/// Words before an author's name at the beginning of a byline.
const BY: &[&str] = &[
    "by", "von", "par", "por", "di", "da", "door", "av", "af", "przez", "autor", "author", "text",
];

/// Whether a folded word speaks of a post or of posting.
pub(in crate::citation) fn is_post_word(word: &str) -> bool {
    // Sorted, and none the beginning of another: only the last one not behind the word can begin it.
    let stem = POST_STEMS.partition_point(|stem| *stem <= word).checked_sub(1);
    stem.is_some_and(|at| word.starts_with(POST_STEMS[at])) || POST_WORDS.binary_search(&word).is_ok()
}

/// Whether a folded word points up or down the page.
pub(super) fn is_pointer(word: &str) -> bool {
    POINTERS.binary_search(&word).is_ok()
}

/// Whether a folded line begins as lines do that belong to the page.
pub(in crate::citation) fn begins_aside(line: &str) -> bool {
    ASIDE_BEGINNINGS.iter().any(|beginning| {
        line.strip_prefix(beginning).is_some_and(|rest| {
            // A whole word: `related` is not `relatedness`.
            !beginning.ends_with(char::is_alphanumeric)
                || !rest.starts_with(|c: char| c.is_alphabetic() && c.is_lowercase())
        })
    })
}

/// Whether a folded word begins a byline.
pub(in crate::citation) fn begins_byline(word: &str) -> bool {
    BY.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_that_are_searched_are_sorted_and_no_stem_begins_another() {
        for table in [POST_STEMS, POST_WORDS, POINTERS] {
            assert!(table.is_sorted());
        }
        for pair in POST_STEMS.windows(2) {
            assert!(!pair[1].starts_with(pair[0]), "{pair:?}");
        }
        for word in ["tweeted", "tweet", "écrit", "投稿した", "posts", "shared"] {
            assert!(is_post_word(word), "{word}");
        }
        for word in ["twee", "poster", "a", "", "zzz"] {
            assert!(!is_post_word(word), "{word}");
        }
    }
}
