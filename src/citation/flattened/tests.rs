use proptest::prelude::*;

use super::*;

/// Every line is a block.
fn lines(text: &str) -> Vec<Range<usize>> {
    let mut start = 0;
    let mut blocks = Vec::new();
    for line in text.split('\n') {
        blocks.push(start..start + line.len());
        start += line.len() + 1;
    }
    blocks
}

fn found(text: &str) -> Vec<Flattened> {
    find(text, &lines(text), Some("en"))
}

/// Name, handle, day and text of each post.
fn told(text: &str) -> Vec<(String, String, String, String)> {
    let or = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".into());
    found(text)
        .iter()
        .map(|post| {
            let claim = &post.claim;
            (
                or(&claim.author_name),
                or(&claim.author_handle),
                or(&claim.date),
                or(&claim.text),
            )
        })
        .collect()
}

#[test]
fn a_signature_is_known_in_all_its_forms() {
    for (signature, name, date) in [
        ("\n— Ada Low (@ada_l) September 1, 2021", "Ada Low", "2021-09-01"),
        ("\n– Ada Low (@ada_l) 1er septembre 2021", "Ada Low", "2021-09-01"),
        ("\n- Ada Low (@ada_l) 1. September 2021", "Ada Low", "2021-09-01"),
        ("\n-- Ada Low (@ada_l) 1 Sep 2021", "Ada Low", "2021-09-01"),
        ("\n―Ada Low(@ada_l)2021年9月1日", "Ada Low", "2021-09-01"),
        ("\nâ€” Ada Low (@ada_l) September 1, 2021", "Ada Low", "2021-09-01"),
        (
            "\nâ€\u{201d} Ada Low (@ada_l) September 1, 2021",
            "Ada Low",
            "2021-09-01",
        ),
        ("\n> — Ada Low (@ada_l) September 1, 2021", "Ada Low", "2021-09-01"),
        ("\n&mdash; Ada Low (@ada_l) September 1, 2021", "Ada Low", "2021-09-01"),
        ("\n— Ada Low (@ada_l) [September 1, 2021][25]", "Ada Low", "2021-09-01"),
        (
            "\n— \u{202b}Ada Low\u{202c} (@ada_l) 9 בפברואר 2018",
            "Ada Low",
            "2018-02-09",
        ),
        ("\n— Ada Low (@ada_l)", "Ada Low", "-"),
        ("\n— Ada Low (@ada_l)\nSeptember 1, 2021", "Ada Low", "2021-09-01"),
        (
            "\n— Ada Low (@ada_l) 12:34 PM · Sep 1, 2021 · Some App",
            "Ada Low",
            "2021-09-01",
        ),
        ("— Ada Low (@ada_l) September 1, 2021", "Ada Low", "2021-09-01"),
        (
            " — Ada Low (@ada_l) September 1, 2021The next day was calm.",
            "Ada Low",
            "2021-09-01",
        ),
        (
            " -- Ada Low (@ada_l) September 1, 2021 The next day was calm.",
            "Ada Low",
            "2021-09-01",
        ),
        (
            "\n— Ada 🐬 (she/her) | City (@ada_l) September 1, 2021",
            "Ada 🐬 (she/her) | City",
            "2021-09-01",
        ),
        (
            "\n— Ada-Marie – the Low (@ada_l) September 1, 2021",
            "Ada-Marie – the Low",
            "2021-09-01",
        ),
        ("\n— עדה (@ada_l) September 1, 2021", "עדה", "2021-09-01"),
    ] {
        let text = format!("He wrote it down.\nThe bridge is closed until morning, please stay away{signature}\nMore.");
        let expected = (
            name.to_owned(),
            "ada_l".to_owned(),
            date.to_owned(),
            "The bridge is closed until morning, please stay away".to_owned(),
        );
        assert_eq!(told(&text), [expected], "{signature}");
    }
}

#[test]
fn an_address_that_survives_names_the_post() {
    for address in [
        " (https://twitter.com/ada_l/status/1432900000000000000)",
        "](https://twitter.com/ada_l/status/1432900000000000000?ref_src=x) Next.",
        " https://x.com/ada_l/status/1432900000000000000",
        "\n](https://x.com/ada_l/status/1432900000000000000)",
    ] {
        let text = format!("Stay away from the bridge.\n— Ada (@ada_l) September 1, 2021{address}");
        let posts = found(&text);
        assert_eq!(posts.len(), 1, "{address}");
        assert_eq!(
            posts[0].post.as_ref().map(|post| post.id.as_str()),
            Some("1432900000000000000"),
            "{address}"
        );
    }
}

#[test]
fn the_text_of_a_post_ends_where_the_article_begins() {
    for (article, post) in [
        (
            "The river rose again.\nWarning:",
            "#River up 3 m. Stay away from the banks tonight pic.twitter.com/AbCdEf0123",
        ),
        (
            "“We saw it not”, said the mayor of the town at noon.",
            "Mayor – “We saw it not, and nobody told us of it.”\n1/2 pic.twitter.com/AbCdEf0123",
        ),
        (
            "The match was short and hardly anybody saw it.",
            "#CUP 2-0\nWhat a goal from the left side! https://t.co/AbCdEf0123",
        ),
        (
            "See the best of the match here, all of you who missed it this week:",
            "⭐️⭐️\nHighlights from our win at home pic.twitter.com/AbCdEf0123",
        ),
        (
            "The article goes on here.",
            "A title of six words here #tag\nhttps://t.co/AbCdEf0123",
        ),
    ] {
        let text = format!("{article}\n{post}\n— Ada (@ada_l) September 1, 2021\nAnd the article ends.");
        let posts = found(&text);
        assert_eq!(posts.len(), 1, "{post}");
        assert_eq!(&text[posts[0].body.clone()], post);
        assert_eq!(
            &text[posts[0].signature.clone().unwrap()],
            "— Ada (@ada_l) September 1, 2021"
        );
        assert!(
            posts[0]
                .claim
                .text
                .as_ref()
                .is_some_and(|words| !words.contains("pic.twitter"))
        );
    }
}

#[test]
fn posts_run_together_on_one_line_are_parted() {
    let text = "The strange talk on the evening show was seen by many people who had never watched that show before and who were not going to watch it \
        again after this. It made its rounds on the net. nobody told ann what to say and she said it all the same while the others looked away and laughed at what they had never seen pic.twitter.com/AbCdEf0123 — bo \
        (@bo_b) September 27, 2017 I will remember these faces. pic.twitter.com/GhIjKl4567— Cy Low (@cy_l) September 27, \
        2017\"It was fine\" omg what?— [Hi] Di (@di_d) September 27, 2017 The show goes on.";
    let posts = told(text);
    let texts: Vec<&str> = posts.iter().map(|post| post.3.as_str()).collect();
    assert_eq!(
        texts,
        [
            "nobody told ann what to say and she said it all the same while the others looked away and laughed at what they had never seen",
            "I will remember these faces.",
            "\"It was fine\" omg what?",
        ]
    );
    assert_eq!(found(text)[1].claim.media, ["https://pic.twitter.com/GhIjKl4567"]);
}

#[test]
fn a_copied_card_is_read_from_its_time() {
    let text = "Look at this:\nFollow\nAda Low ✔ @ada_l\nThe bridge is closed.\nStay away. pic.twitter.com/AbCdEf0123\n11:22 PM - 19 Oct 2016\n12 Retweets 30 likes\nMore.";
    let posts = found(text);
    assert_eq!(posts.len(), 1);
    let claim = &posts[0].claim;
    assert_eq!(claim.author_name.as_deref(), Some("Ada Low"));
    assert_eq!(claim.author_handle.as_deref(), Some("ada_l"));
    assert_eq!(claim.date.as_deref(), Some("2016-10-19"));
    assert_eq!(claim.text.as_deref(), Some("The bridge is closed. Stay away."));
    assert!(posts[0].raw.starts_with("Ada Low ✔") && posts[0].raw.ends_with("likes"));

    let line = "Look at this: Follow Ada Low @ada_l The bridge is closed. 11:22 PM - 19 Oct 2016 12 Retweets. More.";
    let expected = ["Ada Low", "ada_l", "2016-10-19", "The bridge is closed."].map(str::to_owned);
    let [name, handle, day, words] = expected;
    assert_eq!(told(line), [(name, handle, day, words)]);
}

#[test]
fn only_a_picture_link_betrays_a_post_without_signature() {
    let text = "It was seen.\nStill high up pic.twitter.com/AbCdEf0123\nNext.";
    let posts = found(text);
    assert_eq!(posts.len(), 1);
    assert_eq!(posts[0].form, Form::MediaLink);
    assert_eq!(posts[0].claim.text.as_deref(), Some("Still high up"));
    assert_eq!(posts[0].claim.media, ["https://pic.twitter.com/AbCdEf0123"]);
    // The same picture again is the same post.
    let twice = "Still high pic.twitter.com/AbCdEf0123\n— Ada (@ada_l) September 1, 2021\nStill high pic.twitter.com/AbCdEf0123";
    assert_eq!(found(twice).len(), 1);
}

#[test]
fn prose_with_a_handle_is_no_post() {
    for text in [
        "“This is wrong,” tweeted Ada Low (@ada_l) on Sept. 1, 2021.",
        "—— >> Follow Ada Low (@ada_l) on Twitter",
        "– – >> Follow Ada Low (@ada_l) on Twitter",
        "By Ada-Marie Low (@ada_l) September 1, 2021",
        "The mayor — Ada Low (@ada_l) — spoke on September 1, 2021.",
        "Ask us (@help) or not.",
        "- Ada Low (@ada_l)",
        "Follow the river and ask @ada_l what she saw at 12:34 PM on September 1, 2021.",
        "Ada Low\n@ada_l\nReporter\n12:34 PM, September 1, 2021",
        "At 12:34 PM on September 1, 2021 @ada_l spoke.",
    ] {
        assert_eq!(found(text), [], "{text}");
    }
}

#[test]
fn hostile_text_costs_no_more_than_its_length() {
    for piece in [
        "(@a ",
        "— ",
        "(@a)",
        "—(@a)",
        "— a (@a) September 1, 2021",
        "\"«“",
        "12:34 PM - 1 Sep 2021\n",
        "@a\n",
        "pic.twitter.com/",
        "x\n",
        "x—b(@a)1 ",
        "Follow a @a 1:11 ",
        "Posted by a on b( , ",
        "A post shared by a ",
        "@a_b ♬ ",
        "@a_b x ♬ y - z ",
        "(@a)がシェアした投稿",
        "by u/abc in d\n",
        "t.me/abcde/1 1 views ",
        "Post by @a View on Threads ",
        " September 1, 2021(@ada)がシェアした投稿",
    ] {
        let text = piece.repeat(40_000 / piece.len());
        let _ = found(&text);
    }
}

proptest! {
    #[test]
    fn any_text_is_searched_without_panic_and_spans_are_text(
        text in "(— |– |- |--|â€”|Ada |\\(@ada\\)|\\(@|@ada| September 1, 2021|12:34 PM - 1 Sep 2021|pic\\.twitter\\.com/Ab1|https://t\\.co/Ab1| \\(https://x\\.com/a/status/123\\)|\\n|\\n> |[.:!?…]|[a-zé日🐬]{1,5} |1/2|#b|♬ a - b|@ada |by u/ada in b|t\\.me/river/12 3 views|がシェアした投稿|Post by @ada View on Threads){0,30}"
    ) {
        let mut last = 0;
        for post in found(&text) {
            prop_assert!(text.get(post.body.clone()).is_some());
            if let Some(signature) = post.signature {
                prop_assert!(text.get(signature.clone()).is_some());
                prop_assert!(post.body.end <= signature.start && signature.end <= post.place.end);
            }
            prop_assert!(post.place.start <= post.body.start && post.place.start >= last && text.get(post.place.clone()).is_some());
            last = post.place.start;
        }
    }
}

#[test]
fn two_footers_in_one_line_are_two_places() {
    let text = "The weir holds. A post shared by Ada Low (@ada.low) So it does. A post shared by Bo Low (@bo.low)";
    let found = found(text);
    let told: Vec<_> = found
        .iter()
        .map(|post| (&text[post.place.clone()], post.claim.text.as_deref()))
        .collect();
    assert_eq!(
        told,
        [
            (
                "The weir holds. A post shared by Ada Low (@ada.low)",
                Some("The weir holds.")
            ),
            ("So it does. A post shared by Bo Low (@bo.low)", Some("So it does.")),
        ]
    );
}

#[test]
fn text_of_a_script_without_spaces_has_words_too() {
    let text = "ผู้ดูแลฝายตอบกลับในเย็นวันเดียวกัน\nฝายยังอยู่ ไม่ต้องอพยพ\n— อานา (@ana_l) 1 กันยายน 2564";
    let [post] = &find(text, &lines(text), Some("th"))[..] else {
        panic!()
    };
    assert_eq!(post.claim.text.as_deref(), Some("ฝายยังอยู่ ไม่ต้องอพยพ"));
    assert_eq!(post.claim.date.as_deref(), Some("2021-09-01"));
}

#[test]
fn a_post_signed_in_a_quotation_begins_in_it() {
    let text = "The keeper answered in the evening, and nobody had expected it.\nIt is up.\n— Ada (@ada_l) May 1, 2024";
    let blocks = lines(text);
    let quotation = blocks[1].start..blocks[2].end;
    let [within] = &find_within(text, &blocks, &[quotation], Some("en"))[..] else {
        panic!()
    };
    assert_eq!(within.claim.text.as_deref(), Some("It is up."));
}

#[test]
fn a_picture_link_inside_a_signature_is_no_place_of_its_own() {
    let text = "The bridge holds, says the mayor.12:34 PM — Ada B. (@ada_bpic.twitter.com/Ab12Cd says that the 12:34 PM Ada B. (@ada_b) May 1, 2024";
    let found = found(text);
    assert!(
        found.windows(2).all(|pair| pair[0].place.end <= pair[1].place.start),
        "{found:#?}"
    );
}

#[test]
fn footers_of_other_platforms_are_known_with_author_and_date() {
    let told = |text: &str| {
        let found = found(text);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert!(
            crate::may_cite_post(text.as_bytes(), &crate::article::Hints::default()),
            "{text}"
        );
        let claim = found[0].claim.clone();
        let or = |value: Option<String>| value.unwrap_or_else(|| "-".into());
        [
            found[0].platform.to_owned(),
            or(claim.author_name),
            or(claim.author_handle),
            or(claim.date),
            or(claim.text),
        ]
    };
    for (text, expected) in [
        (
            "View this post on Instagram\nThe weir is open.\nA post shared by Ada Low (@ada.low) on Jun 5, 2019 at 1:02am PDT",
            ["instagram", "Ada Low", "ada.low", "2019-06-05", "The weir is open."],
        ),
        (
            "He said so.\nA post shared by Ada Low (@ada.low)",
            ["instagram", "Ada Low", "ada.low", "-", "-"],
        ),
        (
            "Ein Beitrag geteilt von Ada Low (@ada_low) am 23. Okt 2017 um 0:31 Uhr",
            ["instagram", "Ada Low", "ada_low", "2017-10-23", "-"],
        ),
        (
            "The weir is open again. Posted by City of Orsay on Monday, June 5, 2017",
            [
                "facebook",
                "City of Orsay",
                "-",
                "2017-06-05",
                "The weir is open again.",
            ],
        ),
        (
            "Post by @ada@herons.example View on Mastodon",
            ["mastodon", "-", "ada@herons.example", "-", "-"],
        ),
        ("Post by @ada.l\nView on Threads", ["threads", "-", "ada.l", "-", "-"]),
        (
            "The weir is open.\n[image or embed]\n— Ada Low (@ada.example.org) 4. November 2024 um 09:09",
            [
                "bluesky",
                "Ada Low",
                "ada.example.org",
                "2024-11-04",
                "The weir is open.",
            ],
        ),
        (
            "この投稿をInstagramで見る\n堰が開いた。\nAda Low(@ada.low)がシェアした投稿",
            ["instagram", "Ada Low", "ada.low", "-", "堰が開いた。"],
        ),
        (
            "Näytä tämä julkaisu Instagramissa\nPato on auki.\nHenkilön Ada Low (@ada.low) jakama julkaisu",
            ["instagram", "Ada Low", "ada.low", "-", "Pato on auki."],
        ),
        (
            "تمت مشاركة منشور بواسطة Ada Low (@ada.low)",
            ["instagram", "Ada Low", "ada.low", "-", "-"],
        ),
        (
            "Плотина открыта.\nОпубликовано Ада Лоу Понедельник, 5 июня 2017 г.",
            ["facebook", "Ада Лоу", "-", "2017-06-05", "-"],
        ),
        (
            "@ada.l The weir today with @bo_b #weir ♬ original sound - Ada Low",
            ["tiktok", "-", "ada.l", "-", "The weir today with @bo_b #weir"],
        ),
        (
            "He filmed it.\n@ada.l\nThe weir\n#river\n♬ son original – Ada",
            ["tiktok", "-", "ada.l", "-", "The weir #river"],
        ),
        (
            "A heron at the weir by u/ada_l in birds",
            ["reddit", "-", "ada_l", "-", "A heron at the weir"],
        ),
        (
            "Comment\nbyu/ada_l from discussion\ninbirds",
            ["reddit", "-", "ada_l", "-", "-"],
        ),
        (
            "The weir holds. t.me/river_watch/321 1.2K views May 1, 2024 at 12:00",
            ["telegram", "-", "river_watch", "2024-05-01", "The weir holds."],
        ),
        (
            "The weir is open.\n— Ada Low (@ada.example.org) November 4, 2024 at 9:09 AM",
            [
                "bluesky",
                "Ada Low",
                "ada.example.org",
                "2024-11-04",
                "The weir is open.",
            ],
        ),
    ] {
        assert_eq!(told(text), expected, "{text}");
    }
}

#[test]
fn sentences_with_the_words_of_a_footer_are_none() {
    for text in [
        "The notice was posted by the council on the door of the town hall.",
        "Posted by a neighbour, the picture shows the weir.",
        "It was a post shared by many (among them @ada).",
        "Post by @ada was deleted.",
        "Posted by Ada Low on May 1, 2024",
        "Posted by Ada Low, May 1, 2024",
        "Publicado por Ada Low el 1 de mayo de 2024",
        "A post shared by many people of the town is on show (@museum).",
        "A video posted by the keeper (@keeper) shows the weir.",
        "Post by @ada.l was seen by many on Threads.",
        "Now playing: ♬ Rivers - The Lows",
        "Sing ♬ along with us (@paper), all of you - now.",
        "It was first seen in a post by u/ada_l in r/birds on Monday.",
        "It was first seen in a post by u/ada_l in r/birds.",
        "It was written by u/ada_l",
        "More on t.me/river_watch/321 and on the views of the town.",
    ] {
        assert_eq!(found(text), [], "{text}");
    }
}

#[test]
fn lines_in_a_script_that_the_article_is_not_in_are_the_posts() {
    let text = "Riders have little guidance on what to do when they see a thief on a train, and they look away.\n\
                One rider wrote a series of tweets on how to catch one safely.\n\
                目の前で盗みを見つけることがあります。落ち着いて行動してください。\n\
                ・写真を撮る。\n\
                ・顔も映るようにする。\n\
                つづく\n\
                — 松田 (@matsuda_k) January 24, 2020";
    let post = "目の前で盗みを見つけることがあります。落ち着いて行動してください。 ・写真を撮る。 ・顔も映るようにする。 つづく";
    assert_eq!(told(text)[0].3, post);
}

#[test]
fn a_post_of_many_lines_begins_after_the_colon_that_leads_it_in() {
    for (lead, begins) in [
        ("Ada Low, who knew the keeper, said when she showed the picture:", true),
        ("The keeper's friend wrote below the picture:", true),
        ("There are two bridges near the weir:", false),
    ] {
        let text = format!(
            "The keeper was found on Monday.\n{lead}\nThe keeper of the weir is gone.\n\
             He was there when nobody else was!\nStrength to all of his. pic.twitter.com/abc123\n\
             — Ada Low (@ada_l) May 1, 2020"
        );
        let told = told(&text);
        let first = told[0].3.split_once(' ').unwrap().0;
        assert_eq!(first, if begins { "The" } else { "Strength" }, "{lead}");
    }
}

#[test]
fn a_line_that_heads_a_list_is_the_posts_unless_it_speaks_of_a_post() {
    for (head, is_own) in [
        ("The council has new members:", true),
        ("The mayor tweeted the names:", false),
    ] {
        let text = format!(
            "Members were chosen on Monday, as it was said by those who were there.\n{head}\n\
             📌 Ada Low, of the old weir\n📌 @bo_keeper, of the new weir pic.twitter.com/abc123\n\
             — Council (@council) May 1, 2020"
        );
        assert_eq!(told(&text)[0].3.starts_with("The council has"), is_own, "{head}");
    }
}
