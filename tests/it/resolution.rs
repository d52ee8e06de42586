//! Flattened citations in twelve languages, each resolved against a short link and a listing with decoys: what is identified must be
//! right, and what cannot be told must stay unresolved.

use rusqlite::Connection;

use crate::scene::Scene;
use crate::web::Reply;

/// Language, words of an article before the post, words of the post (`{}`: a number), the day of the post as printed.
const LANGUAGES: [(&str, &str, &str, &str); 12] = [
    (
        "fr",
        "La maire a écrit que le pont tenait encore et a remercié les équipes :",
        "Le pont tient encore. Merci aux {} équipes qui ont travaillé toute la nuit près du barrage",
        "1er mai 2024",
    ),
    (
        "en",
        "The mayor wrote that the bridge was standing and thanked the crews:",
        "The bridge is still standing. Thanks to the {} crews who worked all night near the barrage",
        "May 1, 2024",
    ),
    (
        "de",
        "Die Bürgermeisterin schrieb, dass die Brücke noch steht, und dankte den Helfern:",
        "Die Brücke steht noch. Danke an die {} Helfer, die die ganze Nacht am Wehr gearbeitet haben",
        "1. Mai 2024",
    ),
    (
        "es",
        "La alcaldesa escribió que el puente seguía en pie y dio las gracias a los equipos:",
        "El puente sigue en pie. Gracias a los {} equipos que trabajaron toda la noche junto a la presa",
        "1 de mayo de 2024",
    ),
    (
        "it",
        "La sindaca ha scritto che il ponte era ancora in piedi e ha ringraziato le squadre:",
        "Il ponte è ancora in piedi. Grazie alle {} squadre che hanno lavorato tutta la notte alla diga",
        "1 maggio 2024",
    ),
    (
        "pt",
        "A prefeita escreveu que a ponte continuava de pé e agradeceu às equipes:",
        "A ponte continua de pé. Obrigada às {} equipes que trabalharam a noite toda perto da barragem",
        "1 de maio de 2024",
    ),
    (
        "nl",
        "De burgemeester schreef dat de brug nog stond en bedankte de ploegen:",
        "De brug staat nog. Dank aan de {} ploegen die de hele nacht bij de stuw hebben gewerkt",
        "1 mei 2024",
    ),
    (
        "pl",
        "Burmistrz napisała, że most nadal stoi, i podziękowała ekipom:",
        "Most nadal stoi. Dziękuję {} ekipom, które pracowały całą noc przy zaporze nad rzeką",
        "1 maja 2024",
    ),
    (
        "ru",
        "Мэр написала, что мост ещё стоит, и поблагодарила бригады:",
        "Мост ещё стоит. Спасибо {} бригадам, которые всю ночь работали возле плотины у реки",
        "1 мая 2024",
    ),
    (
        "tr",
        "Belediye başkanı köprünün hâlâ ayakta olduğunu yazdı ve ekiplere teşekkür etti:",
        "Köprü hâlâ ayakta. Bütün gece barajın yanında çalışan {} ekibe çok teşekkür ederim",
        "1 Mayıs 2024",
    ),
    (
        "ar",
        "كتبت رئيسة البلدية أن الجسر ما زال قائما وشكرت الفرق:",
        "الجسر ما زال قائما. شكرا للفرق {} التي عملت طوال الليل قرب السد على النهر",
        "1 مايو 2024",
    ),
    (
        "uk",
        "Мерка написала, що міст ще стоїть, і подякувала бригадам:",
        "Міст ще стоїть. Дякую {} бригадам, які всю ніч працювали біля греблі на річці",
        "1 травня 2024",
    ),
];

/// What the web has of a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Case {
    /// Its short link leads to it.
    ShortLink,
    /// The short link is dead; the day's listing has it and another post of the author.
    Listed,
    /// The short link leads to the post of another author who used the picture; the listing has the right one.
    Reused,
    /// The listing has two posts with these very words.
    Tie,
    /// The listing has only a post that says something else.
    OtherWords,
}

const CASES: [Case; 5] = [Case::ShortLink, Case::Listed, Case::Reused, Case::Tie, Case::OtherWords];

const FIRST: u64 = 1_785_600_110_366_000_000;

const TIME: &str = "20240502000000";

#[test]
fn what_is_identified_is_right_and_what_cannot_be_told_stays_unresolved() {
    let scene = Scene::new();
    let mut inputs = Vec::new();
    let mut truth = Vec::new();
    for (number, (language, before, words, day)) in LANGUAGES.iter().enumerate() {
        let mut story = String::new();
        for (position, case) in CASES.iter().enumerate() {
            let index = number * CASES.len() + position;
            let (handle, short) = (format!("keeper{index}"), format!("Q7s{index:03}Veyl"));
            let id = FIRST + index as u64 * 10_000;
            let said = words.replace("{}", &(index + 11).to_string());
            story += &format!("{before}\n{said} pic.twitter.com/{short}\n– Odalys Brenner (@{handle}) {day}\n\n");
            serve(&scene, *case, &handle, &short, id, &said, &words.replace("{}", "700"));
            truth.push((handle, id, *case));
        }
        inputs.push(scene.file(&format!("{language}.txt"), story));
    }
    let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
    let output = scene.run(&inputs);
    assert!(matches!(output.status.code(), Some(0 | 3)), "{output:?}");
    scene.is_sound();
    let archive = Connection::open(scene.archive()).unwrap();
    let mut statement = archive
        .prepare("SELECT claimed_handle, native_id FROM citations WHERE platform = 'x' AND form = 'flattened'")
        .unwrap();
    let told: Vec<(String, Option<String>)> = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .map(|row| row.unwrap())
        .collect();
    assert!(told.len() >= 60, "{} citations found", told.len());
    let (mut found, mut missed) = (0, 0);
    for (handle, id, case) in &truth {
        let identified = told.iter().find(|(h, _)| h == handle).and_then(|(_, id)| id.clone());
        let is_told = !matches!(case, Case::Tie | Case::OtherWords);
        match identified {
            Some(identified) => {
                assert_eq!((identified, is_told), (id.to_string(), true), "{handle}: {case:?}");
                found += 1;
            }
            None => missed += usize::from(is_told),
        }
    }
    println!(
        "{found} identified, all of them right; {missed} missed of {}",
        found + missed
    );
    let reasons = scene.value::<String>(
        "SELECT group_concat(line, ', ') FROM (SELECT outcome || ' ' || reason || ' ' || count(*) AS line FROM resolution
         GROUP BY outcome, reason ORDER BY count(*) DESC)",
    );
    assert!(
        found * 5 >= (found + missed) * 4,
        "{found} found, {missed} missed: {reasons}"
    );
}

/// Sets up what the web has of one post.
fn serve(scene: &Scene, case: Case, handle: &str, short: &str, id: u64, said: &str, other: &str) {
    let post = |handle: &str, id: u64| format!("https://twitter.com/{handle}/status/{id}");
    match case {
        Case::ShortLink => {
            let to = format!("{}/photo/1", post(handle, id));
            scene
                .web
                .on("short.test", &format!("/{short}"), [Reply::redirect(301, &to)]);
        }
        Case::Reused => {
            let to = format!("{}/photo/1", post("somebody_else", id + 5));
            scene
                .web
                .on("short.test", &format!("/{short}"), [Reply::redirect(301, &to)]);
        }
        _ => {}
    }
    let unlike = "Bonsoir from the river, what a fine evening it was yesterday with all of you here";
    let listed: Vec<(u64, &str)> = match case {
        Case::ShortLink => vec![],
        Case::Listed | Case::Reused => vec![(id, said), (id + 1, unlike)],
        Case::Tie => vec![(id, said), (id + 1, said)],
        Case::OtherWords => vec![
            (id + 1, unlike),
            (id + 2, &other[..other.char_indices().nth(14).map_or(0, |(at, _)| at)]),
        ],
    };
    let rows: Vec<String> = listed
        .iter()
        .map(|(id, _)| format!(r#"["{TIME}","{}","application/json","200"]"#, post(handle, *id)))
        .collect();
    let index = format!(
        r#"[["timestamp","original","mimetype","statuscode"],{}]"#,
        rows.join(",")
    );
    let index = if rows.is_empty() { "[]".to_owned() } else { index };
    scene.web.on(
        "index.test",
        &format!("/cdx?url=twitter.com%2F{handle}%2F*"),
        [Reply::json(index)],
    );
    for (id, words) in listed {
        let body =
            format!(r#"{{"id_str":"{id}","text":"{words} https://t.co/{short}","user":{{"screen_name":"{handle}"}}}}"#);
        scene.web.on(
            "playback.test",
            &format!("/web/{TIME}id_/{}", post(handle, id)),
            [Reply::json(body)],
        );
    }
}
