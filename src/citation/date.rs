//! Dates as posts and their copies print them, in many languages. Reads only what can be read without guessing: a
//! date needs day, month and year; numeric dates with two readings are refused. A clock time is in the zone of
//! whoever saw the post, so it is never made part of the date.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use chrono::NaiveDate;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

mod calendar;

use calendar::Calendar;

/// The first year in which there were posts.
const FIRST_YEAR: i32 = 2006;

/// How much of a text is looked at, in characters: a date phrase is short.
const LOOKED_AT: usize = 200;

/// How many parts (words, numbers) of it.
const PARTS: usize = 60;

/// A date that a text prints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DateFound {
    /// The day.
    pub date: NaiveDate,
    /// How exactly the text tells the time.
    pub precision: Precision,
    /// Where in the text it stands, the clock time included (bytes).
    pub span: Range<usize>,
}

/// How exactly a date is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// A day.
    Day,
    /// A clock time stands with it, in an unknown zone.
    Minute,
}

/// The first date in the first 200 characters of `text`. `language` (ISO 639) decides names that mean different
/// months in different languages; English names are understood everywhere. The date ends with its last number, even
/// if a letter follows.
#[must_use]
pub fn read(text: &str, language: Option<&str>) -> Option<DateFound> {
    let parts = parts(text);
    let language = language.map(code);
    (0..parts.len()).find_map(|start| {
        let (date, last, end) = date_at(text, &parts, start, language)?;
        let end = end + unit_after(&text[end..]);
        let (span, timed) = with_time(&parts, start, last, end);
        let precision = if timed { Precision::Minute } else { Precision::Day };
        Some(DateFound { date, precision, span })
    })
}

/// How many bytes of the unit of the last number follow it: `日`, `일`, ` г.`, ` р.`.
fn unit_after(rest: &str) -> usize {
    ["日", "일", " г.", " р.", "\u{a0}г.", "\u{a0}р."]
        .iter()
        .find(|unit| rest.starts_with(**unit))
        .map_or(0, |unit| unit.len())
}

/// The language of the month table for an ISO 639 code.
fn code(language: &str) -> &str {
    match language.split(['-', '_']).next().unwrap_or(language) {
        "no" | "nn" => "nb",
        "iw" => "he",
        "in" => "id",
        "tl" => "fil",
        "sh" => "sr",
        code => code,
    }
}

/// A part of a text.
struct Part {
    kind: Kind,
    span: Range<usize>,
}

enum Kind {
    /// A number and how many digits it is written with.
    Number(u32, usize),
    /// A word, folded.
    Word(String),
    /// A clock time.
    Time,
}

/// Cuts the beginning of `text` into numbers and words; bidirectional marks are nothing.
fn parts(text: &str) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut characters = text
        .char_indices()
        .take(LOOKED_AT)
        .filter(|(_, c)| !is_invisible(*c))
        .peekable();
    while let Some((start, c)) = characters.next() {
        if parts.len() == PARTS {
            break;
        }
        let mut end = start + c.len_utf8();
        if let Some(first) = digit(c) {
            let mut value = first;
            let mut digits = 1;
            let mut four = end;
            while let Some((at, digit)) = characters
                .peek()
                .and_then(|(at, c)| Some((*at + c.len_utf8(), digit(*c)?)))
            {
                // A year may be glued to a number of the text after it; its first four digits are what counts.
                if digits < 4 {
                    value = value * 10 + digit;
                    four = at;
                }
                digits += 1;
                end = at;
                characters.next();
            }
            if digits > 4 {
                end = four;
            }
            let minutes = parts.len().checked_sub(1).filter(|before| {
                let gap = &text[parts[*before].span.end..start];
                digits == 2
                    && value < 60
                    && matches!(gap, ":" | "٫")
                    && matches!(parts[*before].kind, Kind::Number(0..=24, 1..=2) | Kind::Time)
            });
            match minutes {
                Some(before) => {
                    parts[before].kind = Kind::Time;
                    parts[before].span.end = end;
                }
                None => parts.push(Part {
                    kind: Kind::Number(value, digits),
                    span: start..end,
                }),
            }
        } else if is_letter(c) {
            while let Some((at, c)) = characters.peek().copied().filter(|(_, c)| is_letter(*c)) {
                end = at + c.len_utf8();
                characters.next();
            }
            parts.push(Part {
                kind: Kind::Word(fold(&text[start..end])),
                span: start..end,
            });
        }
    }
    parts
}

fn is_letter(c: char) -> bool {
    c.is_alphabetic() || is_combining_mark(c)
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// The value of a decimal digit of any script that dates are written in.
fn digit(c: char) -> Option<u32> {
    const ZEROS: &[u32] = &[
        0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xe50, 0xed0, 0xf20,
        0x1040, 0x17e0, 0x1810, 0xff10,
    ];
    let zero = ZEROS.iter().rev().find(|zero| **zero <= u32::from(c))?;
    Some(u32::from(c) - zero).filter(|digit| *digit < 10)
}

/// Compatibility forms, case, Arabic and Persian letters made equal.
fn fold(word: &str) -> String {
    word.nfkc()
        .flat_map(char::to_lowercase)
        .filter(|c| !is_invisible(*c) && *c != '\u{654}')
        .map(|c| match c {
            'ي' => 'ی',
            'ك' => 'ک',
            'ۀ' => 'ه',
            c => c,
        })
        .collect()
}

/// Month and languages of each name; a name is its folded parts joined by a space.
static MONTHS: LazyLock<HashMap<String, Vec<(Month, &str)>>> = LazyLock::new(|| {
    let mut months: HashMap<String, Vec<(Month, &str)>> = HashMap::new();
    for row in include_str!("months.tsv").lines().filter(|row| !row.starts_with('#')) {
        let mut cells = row.split('\t');
        if let (Some(name), Some(month), Some(languages)) = (cells.next(), cells.next(), cells.next()) {
            let key: Vec<String> = parts(name).iter().map(key_of).collect();
            let month = Month {
                calendar: match month.as_bytes().first() {
                    Some(b'p') => Calendar::Persian,
                    Some(b'h') => Calendar::Islamic,
                    _ => Calendar::Gregorian,
                },
                number: month.trim_start_matches(['p', 'h']).parse().unwrap_or(0),
            };
            months.entry(key.join(" ")).or_default().push((month, languages));
        }
    }
    months
});

/// A month of a calendar.
#[derive(Debug, Clone, Copy)]
struct Month {
    calendar: Calendar,
    number: u32,
}

fn key_of(part: &Part) -> String {
    match &part.kind {
        Kind::Number(value, _) => value.to_string(),
        Kind::Word(word) => word.clone(),
        Kind::Time => String::new(),
    }
}

/// The month that `name` means: in the given language, else in English, else if all languages agree.
fn month_named(name: &str, language: Option<&str>) -> Option<Month> {
    let meanings = MONTHS.get(name)?;
    let within = |language: &str| {
        meanings
            .iter()
            .find(|(_, languages)| languages.split(' ').any(|l| l == language))
            .map(|(month, _)| *month)
    };
    language
        .and_then(within)
        .or_else(|| within("en"))
        .or_else(|| (meanings.len() == 1).then(|| meanings[0].0))
}

/// The month whose name begins at part `at`, and how many parts it takes: up to three words, or `9月`, `9월`.
fn month_at(parts: &[Part], at: usize, language: Option<&str>) -> Option<(Month, usize)> {
    if let Kind::Number(number @ 1..=12, 1..=2) = parts[at].kind {
        let Some(Part {
            kind: Kind::Word(word),
            span,
        }) = parts.get(at + 1)
        else {
            return None;
        };
        let named = span.start == parts[at].span.end && word.starts_with(['月', '월']);
        let calendar = Calendar::Gregorian;
        return named.then_some((Month { calendar, number }, 2));
    }
    for length in (1..=3).rev() {
        let Some(taken) = parts.get(at..at + length) else {
            continue;
        };
        let name = taken.iter().map(key_of).collect::<Vec<_>>().join(" ");
        if let Some(month) = month_named(&name, language) {
            return Some((month, length));
        }
        // Hebrew "in" is written as one word with the month; so is "of" in Catalan and Occitan.
        if let Some(month) = name.strip_prefix('ב').and_then(|name| month_named(name, language)) {
            return Some((month, length));
        }
    }
    None
}

/// The year of an era at part `at`, and how many parts it takes: `令和3年`, `平成元年`, `民國110年`.
fn era_at(parts: &[Part], at: usize) -> Option<(u32, usize)> {
    const ERAS: &[(&str, u32)] = &[("令和", 2018), ("平成", 1988), ("民國", 1911), ("民国", 1911)];
    let Kind::Word(word) = &parts[at].kind else {
        return None;
    };
    let (name, before) = ERAS.iter().find(|(name, _)| word.starts_with(name))?;
    match (
        word[name.len()..].strip_prefix('元'),
        parts.get(at + 1).map(|part| &part.kind),
    ) {
        (Some(_), _) => Some((before + 1, 1)),
        (None, Some(Kind::Number(years @ 1..=199, 1..=3))) if word.len() == name.len() => Some((before + years, 2)),
        _ => None,
    }
}

/// The date that begins at part `start`: the date, its last part, and the byte where it ends.
fn date_at(text: &str, parts: &[Part], start: usize, language: Option<&str>) -> Option<(NaiveDate, usize, usize)> {
    if let Some(found) = numeric_at(text, parts, start) {
        return Some(found);
    }
    let (mut day, mut month, mut year) = (None, None, None);
    let mut at = start;
    let mut fillers = 0;
    while at < parts.len() {
        if at > start && !is_gap(&text[parts[at - 1].span.end..parts[at].span.start]) {
            return None;
        }
        let mut taken = 1;
        if let (None, Some((number, length))) = (month, month_at(parts, at, language)) {
            month = Some(number);
            taken = length;
            fillers = 0;
        } else if let (None, Some((value, length))) = (year, era_at(parts, at)) {
            year = Some(value);
            taken = length;
            fillers = 0;
        } else {
            match &parts[at].kind {
                Kind::Number(value @ 1..=31, 1..=2) if day.is_none() => {
                    day = Some(*value);
                    fillers = 0;
                }
                Kind::Number(value, digits)
                    if year.is_none() && (*digits == 4 || *digits > 4 && day.is_some() && month.is_some()) =>
                {
                    year = Some(*value);
                    fillers = 0;
                }
                Kind::Word(word) if at > start && fillers < 3 && is_filler(word) => fillers += 1,
                _ => return None,
            }
        }
        if let (Some(day), Some(month), Some(year)) = (day, month, year) {
            let last = at + taken - 1;
            let date = calendar::day(month.calendar, year, month.number, day)?;
            return Some((date, last, parts[last].span.end));
        }
        at += taken;
    }
    None
}

/// `2021-09-01`, and `25/9/2018` where only one reading is a date.
fn numeric_at(text: &str, parts: &[Part], start: usize) -> Option<(NaiveDate, usize, usize)> {
    let [first, second, third] = parts.get(start..start + 3)? else {
        return None;
    };
    let gap = &text[first.span.end..second.span.start];
    if !matches!(gap, "-" | "/" | "." | ". ") || gap != &text[second.span.end..third.span.start] {
        return None;
    }
    let (Kind::Number(a, a_digits), Kind::Number(b, 1..=2), Kind::Number(c, c_digits)) =
        (&first.kind, &second.kind, &third.kind)
    else {
        return None;
    };
    let date = match (a_digits, c_digits) {
        (4, 1..=2) => NaiveDate::from_ymd_opt(year_of(*a)?, *b, *c)?,
        (1..=2, 4) => {
            let year = year_of(*c)?;
            match (
                NaiveDate::from_ymd_opt(year, *b, *a),
                NaiveDate::from_ymd_opt(year, *a, *b),
            ) {
                (Some(date), None) | (None, Some(date)) => date,
                (Some(one), Some(other)) if one == other => one,
                // Where points part the numbers, the day stands first in every language.
                (Some(date), _) if gap.starts_with('.') => date,
                _ => return None,
            }
        }
        _ => return None,
    };
    Some((date, start + 2, third.span.end))
}

/// A plausible year; Buddhist years count 543 more.
fn year_of(value: u32) -> Option<i32> {
    let year = i32::try_from(value).ok()?;
    let year = if (2549..=2700).contains(&year) {
        year - 543
    } else {
        year
    };
    (FIRST_YEAR..=2100).contains(&year).then_some(year)
}

/// Words between the parts of a date: `de`, `г.`, `1er`, `1st`, `gada`, `ngày`, `(e)ko`, `年`.
fn is_filler(word: &str) -> bool {
    word.chars().count() <= 4 || word.starts_with(['年', '년', '日', '일']) || matches!(word, "gada" | "metų" | "month")
}

/// What may stand between the parts of a date.
fn is_gap(gap: &str) -> bool {
    gap.chars().filter(|c| !is_invisible(*c)).count() <= 4
        && gap.chars().all(|c| {
            c.is_whitespace()
                || is_invisible(c)
                || matches!(
                    c,
                    ',' | '.' | '،' | '、' | '-' | '(' | ')' | '\'' | '’' | '°' | '/' | '·' | '‑'
                )
        })
}

/// The whole phrase with a clock time right before or after the date.
fn with_time(parts: &[Part], first: usize, last: usize, end: usize) -> (Range<usize>, bool) {
    let short = |part: &Part| matches!(&part.kind, Kind::Word(word) if word.chars().count() <= 8);
    let before = parts[..first]
        .iter()
        .rev()
        .take(4)
        .take_while(|part| matches!(part.kind, Kind::Time) || short(part))
        .find(|part| matches!(part.kind, Kind::Time));
    if let Some(time) = before {
        return (time.span.start..end, true);
    }
    let glued = parts.get(last + 1).is_some_and(|next| next.span.start == end);
    let mut after = parts[last + 1..]
        .iter()
        .take(2)
        .take_while(|part| matches!(part.kind, Kind::Time) || short(part));
    match after.position(|part| matches!(part.kind, Kind::Time)) {
        Some(at) if !glued => {
            let time = last + 1 + at;
            let half = parts
                .get(time + 1)
                .filter(|part| matches!(&part.kind, Kind::Word(word) if matches!(word.as_str(), "am" | "pm")));
            (parts[first].span.start..half.unwrap_or(&parts[time]).span.end, true)
        }
        _ => (parts[first].span.start..end, false),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn dates_of_many_languages_are_read() {
        for (language, text, expected) in [
            ("en", "September 1, 2021", "2021-09-01"),
            ("en", "Sept. 1, 2021", "2021-09-01"),
            ("de", "01.09.2021", "2021-09-01"),
            ("fa", "۱۰ شهریور ۱۴۰۰", "2021-09-01"),
            ("en", "Shahrivar 10, 1400", "2021-09-01"),
            ("ar", "٢٤ محرم ١٤٤٣ هـ", "2021-09-01"),
            ("ar", "21 ربيع الآخر 1445", "2023-11-05"),
            ("ja", "令和3年9月1日", "2021-09-01"),
            ("ja", "令和元年5月1日", "2019-05-01"),
            ("zh", "民國110年9月1日", "2021-09-01"),
            ("th", "1 ก.ย. 2564", "2021-09-01"),
            ("mn", "2021 оны есдүгээр сарын 1", "2021-09-01"),
            ("ta", "5 மே, 2021", "2021-05-05"),
            ("km", "5 វិច្ឆិកា 2023", "2023-11-05"),
            ("ckb", "١ی ئەیلوولی ٢٠٢١", "2021-09-01"),
            ("mt", "1 ta’ Settembru 2021", "2021-09-01"),
            ("en", "1 Sep 2021", "2021-09-01"),
            ("en", "1st of September 2021", "2021-09-01"),
            ("fr", "1er septembre 2021", "2021-09-01"),
            ("fr", "7 octobre 2017", "2017-10-07"),
            ("fr", "November 3, 2019", "2019-11-03"),
            ("de", "25. September 2018", "2018-09-25"),
            ("de", "23. Okt 2017 um 0:31 Uhr", "2017-10-23"),
            ("es", "1 de agosto de 2019", "2019-08-01"),
            ("es", "3 de setiembre de 2019", "2019-09-03"),
            ("ca", "1 de maig de 2018", "2018-05-01"),
            ("ca", "2 d’abril del 2018", "2018-04-02"),
            ("gl", "1 de xullo de 2021", "2021-07-01"),
            ("eu", "2021(e)ko irailaren 1(a)", "2021-09-01"),
            ("pt", "3 de setembro de 2014", "2014-09-03"),
            ("it", "7 ottobre 2017", "2017-10-07"),
            ("nl", "17 februari 2019", "2019-02-17"),
            ("sv", "23 april 2019", "2019-04-23"),
            ("da", "1. marts 2021", "2021-03-01"),
            ("no", "1. desember 2021", "2021-12-01"),
            ("fi", "1. huhtikuuta 2019", "2019-04-01"),
            ("et", "1. märts 2021", "2021-03-01"),
            ("lv", "2021. gada 1. septembris", "2021-09-01"),
            ("lt", "2021 m. rugsėjo 1 d.", "2021-09-01"),
            ("pl", "8 listopada 2018", "2018-11-08"),
            ("hr", "8. listopada 2018.", "2018-10-08"),
            ("cs", "24. března 2016", "2016-03-24"),
            ("sk", "1. júla 2021", "2021-07-01"),
            ("hu", "2021. szeptember 1.", "2021-09-01"),
            ("ro", "1 septembrie 2021", "2021-09-01"),
            ("ru", "24 марта 2019 г.", "2019-03-24"),
            ("uk", "1 вересня 2021 р.", "2021-09-01"),
            ("uk", "7 Oct 2016", "2016-10-07"),
            ("bg", "1 септември 2021 г.", "2021-09-01"),
            ("sr", "1. септембар 2021.", "2021-09-01"),
            ("sl", "1. avgust 2021", "2021-08-01"),
            ("el", "1 Σεπτεμβρίου 2021", "2021-09-01"),
            ("tr", "2 Eylül 2017", "2017-09-02"),
            ("ar", "٢٥ مارس ٢٠٢٠", "2020-03-25"),
            ("ar", "سبتمبر 1, 2021", "2021-09-01"),
            ("ar", "١ أيلول ٢٠٢١", "2021-09-01"),
            ("ar", "1 كانون الثاني 2021", "2021-01-01"),
            ("fa", "۱ سپتامبر ۲۰۲۱", "2021-09-01"),
            ("fa", "۱ ژانویهٔ ۲۰۲۱", "2021-01-01"),
            ("he", "\u{200f}9 בפברואר 2018", "2018-02-09"),
            ("ur", "1 ستمبر، 2021", "2021-09-01"),
            ("hi", "1 सितंबर 2021", "2021-09-01"),
            ("bn", "১ সেপ্টেম্বর, ২০২১", "2021-09-01"),
            ("ta", "1 செப்டம்பர், 2021", "2021-09-01"),
            ("id", "1 Agustus 2021", "2021-08-01"),
            ("ms", "1 Ogos 2021", "2021-08-01"),
            ("fil", "Setyembre 1, 2021", "2021-09-01"),
            ("vi", "1 tháng 9, 2021", "2021-09-01"),
            ("vi", "Ngày 01 tháng 12 năm 2021", "2021-12-01"),
            ("vi", "Tháng 9 1, 2021", "2021-09-01"),
            ("vi", "Tháng Chín 1, 2021", "2021-09-01"),
            ("th", "1 กันยายน 2564", "2021-09-01"),
            ("th", "1 กุมภาพันธ์ ค.ศ. 2021", "2021-02-01"),
            ("ja", "2021年1月12日", "2021-01-12"),
            ("ja", "5月 11, 2012", "2012-05-11"),
            ("ko", "2018년 4월 13일", "2018-04-13"),
            ("zh", "2018年8月4日", "2018-08-04"),
            ("en", "2021-09-01", "2021-09-01"),
            ("de", "25.9.2018", "2018-09-25"),
        ] {
            let found = read(text, Some(language)).unwrap_or_else(|| panic!("{language}: {text}"));
            assert_eq!(found.date.to_string(), expected, "{language}: {text}");
        }
    }

    #[test]
    fn without_a_language_only_names_that_all_languages_agree_on_are_read() {
        assert!(read("1er septembre 2021", None).is_some());
        assert!(read("1 мая 2021 г.", None).is_some());
        assert_eq!(read("8 listopada 2018", None), None);
        assert!(read("8 listopada 2018", Some("pl")).is_some());
        assert_eq!(
            read("1er septembre 2021", Some("en")),
            read("1er septembre 2021", Some("fr"))
        );
    }

    #[test]
    fn the_date_ends_with_its_year_and_takes_the_clock_time_with_it() {
        use Precision::{Day, Minute};
        for (text, span, precision) in [
            (" September 1, 2021The latest news", "September 1, 2021", Day),
            ("October 26, 20146 days of darkness", "October 26, 2014", Day),
            ("12:34 PM - 1 Sep 2021", "12:34 PM - 1 Sep 2021", Minute),
            (
                "12:34 PM · Sep 1, 2021 · Twitter for iPhone",
                "12:34 PM · Sep 1, 2021",
                Minute,
            ),
            ("November 4, 2024 at 9:09 AM", "November 4, 2024 at 9:09 AM", Minute),
            ("2021年9月1日です", "2021年9月1日", Day),
            ("24 марта 2019 г. Вечером", "24 марта 2019 г.", Day),
            ("September 1, 2021 It was 9:15", "September 1, 2021", Day),
        ] {
            let found = read(text, Some("en")).unwrap_or_else(|| panic!("{text}"));
            let printed = &text[found.span.clone()];
            assert_eq!(printed, span, "{text}");
            assert_eq!(found.precision, precision, "{text}");
        }
    }

    #[test]
    fn what_would_need_a_guess_is_refused() {
        for text in [
            "1/9/2021",
            "September 1",
            "September 2021",
            "1 Sep 1999",
            "31 February 2021",
            "۳۱ مهر ۱۴۰۰",
            "10 Shahrivar 1300",
            "30 Safar 2021",
            "yesterday",
            "25 people said in September 2021",
            "",
            "12:34 PM",
            "30 February 2021",
            "1 January 99999",
            "1 January 1970",
        ] {
            assert_eq!(read(text, Some("en")), None, "{text}");
        }
    }

    #[test]
    fn the_table_knows_every_month_of_ninety_languages() {
        let mut known: HashMap<&str, Vec<u32>> = HashMap::new();
        let gregorian = MONTHS.values().flatten();
        for (month, languages) in gregorian.filter(|(month, _)| month.calendar == Calendar::Gregorian) {
            for language in languages.split(' ') {
                known.entry(language).or_default().push(month.number);
            }
        }
        let whole = known
            .values()
            .filter(|months| (1..=12).all(|month| months.contains(&month)))
            .count();
        assert!(whole >= 90, "{whole}");
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic_and_spans_lie_inside(
            text in "([0-9]{1,5}|[A-Za-zäé]{1,4}|Sep|septembre|月|年|日|סֶפּטמבר|[٠-٩]{1,4}|[ ,.:/-]|[\u{200f}🦀]){0,40}"
        ) {
            if let Some(found) = read(&text, None) {
                prop_assert!(text.get(found.span).is_some_and(|span| !span.is_empty()));
            }
        }
    }
}
