//! Which language a text is in, told by its letters and words.

use std::sync::LazyLock;

use foldhash::{HashMap, HashMapExt};

/// More of a text, in bytes, tells nothing new.
const LOOKED_AT: usize = 4_000;

/// Words that make up much of any text in a language, of languages in which many pages are written.
const WORDS: [(&str, &str); 8] = [
    ("ca", "i amb per els les al és va dels als es més són aquest ha"),
    (
        "de",
        "der die und das den dem des von mit für ist sich nicht auf ein eine einer auch im zu",
    ),
    (
        "en",
        "the of and to that with from which were this have has not said they their his",
    ),
    ("es", "el los las una por con para que del y más fue pero se en la de"),
    (
        "fr",
        "le les et du est une dans qui pour pas sur au par avec ce cette ont été de la",
    ),
    (
        "it",
        "il di che della per una con non sono è gli nel dei alla del da la",
    ),
    ("nl", "het een van en op te dat voor met niet zijn aan door de die om"),
    ("pt", "do da dos das um uma não por com ao em os as que foi mais para"),
];

/// Of so many words of a text one is among those of its language, at least.
const ONE_OF: usize = 12;

/// So many times as many are among those of its language as among those of any other.
const TIMES: usize = 2;

/// Fewest words that tell anything.
const FEWEST: usize = 40;

/// The language of a text; `None` if it is too short or unclear. Pashto, which the detector takes for Persian or Arabic,
/// has letters of its own.
pub(crate) fn detect(text: &str) -> Option<String> {
    const PASHTO: &str = "ټډړښڼځڅږې";
    let end = text.floor_char_boundary(LOOKED_AT);
    let info = whatlang::detect(&text[..end])?;
    if matches!(
        info.lang(),
        whatlang::Lang::Pes | whatlang::Lang::Ara | whatlang::Lang::Urd
    ) && text[..end].chars().filter(|c| PASHTO.contains(*c)).count() * 50
        > text[..end].chars().filter(|c| c.is_alphabetic()).count()
    {
        return Some("ps".to_owned());
    }
    info.is_reliable().then(|| two_letters(info.lang()).to_owned())
}

/// Whether a text reads as the language that it is said to be in. Where its commonest words say so, the detector, which
/// weighs it against all languages, is not asked.
pub(crate) fn is_in(text: &str, language: &str) -> bool {
    is_plainly_in(text, language) || detect(text).as_deref() == Some(language)
}

fn is_plainly_in(text: &str, language: &str) -> bool {
    static LANGUAGES_OF: LazyLock<HashMap<&str, u8>> = LazyLock::new(|| {
        let mut languages_of = HashMap::new();
        for (number, (_, words)) in WORDS.iter().enumerate() {
            for word in words.split(' ') {
                *languages_of.entry(word).or_insert(0) |= 1 << number;
            }
        }
        languages_of
    });
    let Some(declared) = WORDS.iter().position(|(known, _)| *known == language) else {
        return false;
    };
    let mut counts = [0; WORDS.len()];
    let mut all = 0;
    for word in text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()) {
        all += 1;
        let lower = word.starts_with(char::is_uppercase).then(|| word.to_lowercase());
        let languages = LANGUAGES_OF.get(lower.as_deref().unwrap_or(word)).copied();
        for (number, count) in counts.iter_mut().enumerate() {
            *count += usize::from(languages.unwrap_or(0) >> number & 1);
        }
    }
    let own = counts[declared];
    let others = counts.iter().enumerate().filter(|(number, _)| *number != declared);
    all >= FEWEST && own * ONE_OF >= all && others.into_iter().all(|(_, other)| other * TIMES <= own)
}

/// ISO 639-1 code of a language, 639-3 where there is none.
fn two_letters(language: whatlang::Lang) -> &'static str {
    use whatlang::Lang;
    match language {
        Lang::Epo => "eo",
        Lang::Eng => "en",
        Lang::Rus => "ru",
        Lang::Cmn => "zh",
        Lang::Spa => "es",
        Lang::Por => "pt",
        Lang::Ita => "it",
        Lang::Ben => "bn",
        Lang::Fra => "fr",
        Lang::Deu => "de",
        Lang::Ukr => "uk",
        Lang::Kat => "ka",
        Lang::Ara => "ar",
        Lang::Hin => "hi",
        Lang::Jpn => "ja",
        Lang::Heb => "he",
        Lang::Yid => "yi",
        Lang::Pol => "pl",
        Lang::Amh => "am",
        Lang::Jav => "jv",
        Lang::Kor => "ko",
        Lang::Nob => "nb",
        Lang::Dan => "da",
        Lang::Swe => "sv",
        Lang::Fin => "fi",
        Lang::Tur => "tr",
        Lang::Nld => "nl",
        Lang::Hun => "hu",
        Lang::Ces => "cs",
        Lang::Ell => "el",
        Lang::Bul => "bg",
        Lang::Bel => "be",
        Lang::Mar => "mr",
        Lang::Kan => "kn",
        Lang::Ron => "ro",
        Lang::Slv => "sl",
        Lang::Hrv => "hr",
        Lang::Srp => "sr",
        Lang::Mkd => "mk",
        Lang::Lit => "lt",
        Lang::Lav => "lv",
        Lang::Est => "et",
        Lang::Tam => "ta",
        Lang::Vie => "vi",
        Lang::Urd => "ur",
        Lang::Tha => "th",
        Lang::Guj => "gu",
        Lang::Uzb => "uz",
        Lang::Pan => "pa",
        Lang::Aze => "az",
        Lang::Ind => "id",
        Lang::Tel => "te",
        Lang::Pes => "fa",
        Lang::Mal => "ml",
        Lang::Ori => "or",
        Lang::Mya => "my",
        Lang::Nep => "ne",
        Lang::Sin => "si",
        Lang::Khm => "km",
        Lang::Tuk => "tk",
        Lang::Aka => "ak",
        Lang::Zul => "zu",
        Lang::Sna => "sn",
        Lang::Afr => "af",
        Lang::Lat => "la",
        Lang::Slk => "sk",
        Lang::Cat => "ca",
        Lang::Tgl => "tl",
        Lang::Hye => "hy",
        other => other.code(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXTS: [(&str, &str); 9] = [
        (
            "de",
            "Der Bürgermeister sagte am Abend, dass die Brücke nicht mehr zu halten ist und auf der anderen Seite des Flusses \
             eine neue gebaut wird. Mit dem Bau hat sich die Stadt für ein Jahr Zeit gegeben, und auch das Dorf wartet auf den Weg.",
        ),
        (
            "en",
            "The mayor said in the evening that the bridge can not be held and that a new one is to be built on the other side \
             of the river. The town has given itself a year for the work, and the village waits for the road with them as well.",
        ),
        (
            "es",
            "El alcalde dijo por la tarde que el puente no se puede mantener y que una obra nueva se hará en el otro lado del \
             río. La ciudad se ha dado un año para los trabajos, y también el pueblo espera el camino con más paciencia que antes.",
        ),
        (
            "fr",
            "Le maire a dit le soir que le pont ne tient plus et qu'un autre sera construit sur la rive du fleuve. La ville est \
             pour une fois pressée, avec un an pour les travaux, et le village attend sur ce chemin les secours qui ont été promis.",
        ),
        (
            "it",
            "Il sindaco ha detto la sera che il ponte non è più sicuro e che della nuova opera si parla nel consiglio. La città \
             si è data un anno per i lavori, e il paese non aspetta che la strada sia chiusa dalla piena del fiume, con gli alberi.",
        ),
        (
            "nl",
            "De burgemeester zei in de avond dat de brug niet meer te houden is en dat er op de andere oever van de rivier een \
             nieuwe komt. De stad heeft voor het werk een jaar, en ook het dorp wacht met de mensen aan de weg op die brug.",
        ),
        (
            "pt",
            "O prefeito disse à noite que a ponte não se pode manter e que uma obra nova será feita do outro lado do rio. A \
             cidade deu um ano para os trabalhos das equipes, e o povo da aldeia espera com mais paciência que as pessoas do porto.",
        ),
        (
            "ca",
            "L'alcalde va dir al vespre que el pont no es pot mantenir i que una obra nova es farà a l'altre costat del riu. La \
             ciutat s'ha donat un any per als treballs, i també el poble espera el camí amb més paciència que abans de la pluja.",
        ),
        (
            "ro",
            "Primarul a spus seara că podul nu mai poate fi ținut și că unul nou va fi ridicat pe malul celălalt al râului. Orașul \
             și-a dat un an pentru lucrări, iar satul de la vale așteaptă și el drumul, cu oamenii care au rămas de partea asta.",
        ),
    ];

    #[test]
    fn what_the_commonest_words_say_of_a_language_the_detector_says_too() {
        for (language, text) in TEXTS {
            assert_eq!(detect(text).as_deref(), Some(language), "{text}");
            for (other, _) in WORDS {
                assert!(!is_plainly_in(text, other) || other == language, "{other}: {text}");
                assert_eq!(is_in(text, other), other == language, "{other}: {text}");
            }
            // Catalan stands between its neighbours, and is there to tell them by.
            let is_told = language != "ca" && WORDS.iter().any(|(known, _)| *known == language);
            assert_eq!(is_plainly_in(text, language), is_told, "{language}");
        }
    }
}
