//! Who is named in a selection, and what stands for them where they are not to be named: `person-1`, `person-2` in the order in
//! which they appear. Nothing of a pseudonym comes from the name that it stands for. Pure.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use regex::{Captures, Regex, RegexBuilder};
use unicode_normalization::UnicodeNormalization;

/// A name of fewer letters is not looked for in texts: there it is mostly something else.
const SHORTEST_NAME: usize = 3;
/// The same of what only machines read.
const SHORTEST_ID: usize = 5;
/// Most bytes that the expression over all names may take.
const EXPRESSION_LIMIT: usize = 256 << 20;

/// A person is mentioned by an `@` that no word stands before.
static MENTION: LazyLock<Regex> = LazyLock::new(|| {
    #[allow(clippy::unwrap_used)] // a constant, which a test compiles
    Regex::new(r"(?:^|[^\w@/-])@(\w[\w.-]*(?:@\w[\w.-]*\w)?)").unwrap()
});

/// What stands for a person, a post or a claim.
static PSEUDONYM: LazyLock<Regex> = LazyLock::new(|| {
    #[allow(clippy::unwrap_used)] // a constant, which a test compiles
    Regex::new(r"\b(?:person|post|claim)-[0-9]+").unwrap()
});

/// What one place says of one person.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Named<'n> {
    /// Handle, without `@`.
    pub handle: Option<&'n str>,
    /// The platform's own id.
    pub id: Option<&'n str>,
    /// Name as shown.
    pub name: Option<&'n str>,
}

/// Everybody who is named. The same handle is the same person wherever it stands; so is the same id.
#[derive(Debug, Default)]
pub(super) struct Persons {
    /// Of each person the one that they turned out to be, which has a smaller number; else the same.
    same_as: Vec<usize>,
    known: HashMap<String, usize>,
    /// What is to be found in texts, and whom it names.
    forms: Vec<(String, usize)>,
    kept: HashSet<String>,
}

impl Persons {
    /// Begins with nobody; who has one of the handles keeps their name.
    pub(super) fn new(kept: &[String]) -> Persons {
        Persons {
            kept: kept.iter().map(|handle| fold(handle.trim_start_matches('@'))).collect(),
            ..Persons::default()
        }
    }

    /// Takes in what a place says.
    pub(super) fn add(&mut self, named: Named<'_>) {
        let some = |value: Option<&str>| value.map(str::trim).filter(|v| !v.is_empty()).map(str::to_owned);
        let handle = some(named.handle).map(|handle| handle.trim_start_matches('@').to_owned());
        let (id, name) = (some(named.id), some(named.name));
        let mut keys: Vec<String> = handle.iter().map(|handle| format!("@{}", fold(handle))).collect();
        keys.extend(id.iter().map(|id| format!("#{}", fold(id))));
        // A name is that of many, and tells something only where nothing else does.
        if keys.is_empty() {
            keys.extend(name.iter().map(|name| format!("={}", fold(name))));
        }
        let Some(first) = keys.first().cloned() else {
            return;
        };
        let person = *self.known.entry(first).or_insert_with(|| {
            self.same_as.push(self.same_as.len());
            self.same_as.len() - 1
        });
        for key in keys {
            let before = *self.known.entry(key).or_insert(person);
            let (one, other) = (self.first_of(person), self.first_of(before));
            self.same_as[one.max(other)] = one.min(other);
        }
        if let Some(handle) = &handle {
            // Where posts are on many servers, the part before the server's name stands by itself as well.
            let own = handle.split('@').next().unwrap_or_default();
            for form in [handle.as_str(), own] {
                self.form(form, SHORTEST_NAME, person);
            }
        }
        if let Some(id) = &id {
            self.form(id, SHORTEST_ID, person);
        }
        if let Some(name) = &name {
            self.known.entry(format!("={}", fold(name))).or_insert(person);
            self.form(name, SHORTEST_NAME, person);
        }
    }

    /// Takes in everybody who is mentioned with an `@`.
    pub(super) fn add_mentioned(&mut self, text: &str) {
        let found: Vec<&str> = MENTION
            .captures_iter(text)
            .filter_map(|found| Some(found.get(1)?.as_str().trim_end_matches(['.', '-', '_'])))
            .collect();
        for handle in found {
            self.add(Named {
                handle: Some(handle),
                ..Named::default()
            });
        }
    }

    fn form(&mut self, form: &str, shortest: usize, person: usize) {
        if form.chars().filter(|c| c.is_alphanumeric()).count() >= shortest {
            self.forms.push((form.to_owned(), person));
        }
    }

    fn first_of(&self, mut person: usize) -> usize {
        while self.same_as[person] != person {
            person = self.same_as[person];
        }
        person
    }

    /// Whether who is named keeps their name; `false` of whom nothing is known.
    pub(super) fn keeps(&self, named: Named<'_>) -> bool {
        self.find(named)
            .is_some_and(|person| self.kept_ones().contains(&person))
    }

    fn find(&self, named: Named<'_>) -> Option<usize> {
        let key = |mark: char, value: Option<&str>| {
            let value = value
                .map(|value| value.trim().trim_start_matches('@'))
                .filter(|v| !v.is_empty());
            value.and_then(|value| self.known.get(&format!("{mark}{}", fold(value))))
        };
        key('@', named.handle)
            .or_else(|| key('#', named.id))
            .or_else(|| key('=', named.name))
            .map(|person| self.first_of(*person))
    }

    fn kept_ones(&self) -> HashSet<usize> {
        let by_handle = |handle: &String| self.known.get(&format!("@{handle}"));
        self.kept
            .iter()
            .filter_map(by_handle)
            .map(|person| self.first_of(*person))
            .collect()
    }

    /// Gives everybody who does not keep their name a pseudonym. `posts` are ids of posts and what stands for each.
    ///
    /// # Errors
    /// If they are too many for one expression.
    pub(super) fn pseudonyms(self, posts: &[(String, String)]) -> Result<Pseudonyms, regex::Error> {
        let kept = self.kept_ones();
        let mut numbers = HashMap::new();
        for person in (0..self.same_as.len()).filter(|person| self.same_as[*person] == *person) {
            if !kept.contains(&person) {
                numbers.insert(person, format!("person-{}", numbers.len() + 1));
            }
        }
        let mut words: HashMap<String, String> = HashMap::new();
        let persons = self
            .forms
            .iter()
            .filter_map(|(form, person)| Some((form, numbers.get(&self.first_of(*person))?)));
        let posts = posts.iter().map(|(id, pseudonym)| (id, pseudonym));
        for (form, pseudonym) in persons.chain(posts.filter(|(id, _)| id.len() >= SHORTEST_ID)) {
            for form in spellings(form) {
                words.entry(form).or_insert_with(|| pseudonym.clone());
            }
        }
        let mut forms: Vec<&str> = words.keys().map(String::as_str).collect();
        // The longest first, as the first that fits is taken.
        forms.sort_unstable_by_key(|form| (std::cmp::Reverse(form.len()), *form));
        let alternatives: Vec<String> = forms.into_iter().map(bounded).collect();
        let found = match alternatives.is_empty() {
            true => None,
            false => Some(
                RegexBuilder::new(&alternatives.join("|"))
                    .case_insensitive(true)
                    .size_limit(EXPRESSION_LIMIT)
                    .build()?,
            ),
        };
        Ok(Pseudonyms {
            persons: self,
            numbers,
            words,
            found,
        })
    }
}

/// The form between the edges of words. An edge is only asked for beside letters that are parted by spaces: elsewhere a name may
/// stand within a row of letters, and rather more than too little is taken for it.
fn bounded(form: &str) -> String {
    let is_word = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
    let edge = |yes: bool| if yes { r"(?-u:\b)" } else { "" };
    format!(
        "{}{}{}",
        edge(is_word(form.chars().next())),
        regex::escape(form),
        edge(is_word(form.chars().next_back()))
    )
}

/// How a name may be written: composed or not, and as part of an address.
fn spellings(form: &str) -> HashSet<String> {
    let mut all = HashSet::new();
    for form in [form.to_owned(), form.nfc().collect(), form.nfd().collect()] {
        let encoded: String = url::form_urlencoded::byte_serialize(form.as_bytes()).collect();
        all.insert(fold(&encoded.replace('+', "%20")));
        all.insert(fold(&encoded));
        all.insert(fold(&form));
    }
    all
}

fn fold(text: &str) -> String {
    text.to_lowercase()
}

/// What stands for whom.
#[derive(Debug)]
pub struct Pseudonyms {
    persons: Persons,
    numbers: HashMap<usize, String>,
    words: HashMap<String, String>,
    found: Option<Regex>,
}

/// A text in which pseudonyms stand.
#[derive(Debug)]
pub(super) struct Replaced {
    pub text: String,
    /// Where something was replaced, in code points: start and stop before, length after.
    edits: Vec<(usize, usize, usize)>,
}

impl Replaced {
    /// Where a place of the text before is now, in code points; one inside of what was replaced is at its end.
    pub(super) fn moved(&self, offset: usize) -> usize {
        let (mut stop_before, mut stop_after) = (0, 0);
        for (start, stop, length) in &self.edits {
            if offset <= *start {
                break;
            }
            stop_after += start - stop_before + length;
            stop_before = *stop;
            if offset < *stop {
                return stop_after;
            }
        }
        stop_after + offset - stop_before
    }
}

impl Pseudonyms {
    /// The pseudonym of who is named; `None` of who keeps their name.
    pub(super) fn of(&self, named: Named<'_>) -> Option<&str> {
        let person = self.persons.find(named)?;
        self.numbers.get(&person).map(String::as_str)
    }

    /// The text with a pseudonym for each name in it; `None` if there is none.
    pub(super) fn replaced(&self, text: &str) -> Option<Replaced> {
        let found = self.found.as_ref()?;
        let mut edits = Vec::new();
        let (mut bytes, mut points) = (0, 0);
        let new = found.replace_all(text, |one: &Captures<'_>| {
            let whole = &one[0];
            // Letters that fold in more than one way.
            let word = self.words.get(&fold(whole)).map_or("person-0", String::as_str);
            let place = one.get(0).map_or(0, |m| m.start());
            points += text[bytes..place].chars().count();
            let stop = points + whole.chars().count();
            edits.push((points, stop, word.chars().count()));
            (bytes, points) = (place + whole.len(), stop);
            word.to_owned()
        });
        match new {
            std::borrow::Cow::Borrowed(_) => None,
            std::borrow::Cow::Owned(text) => Some(Replaced { text, edits }),
        }
    }

    /// The first name that stands in a text in which pseudonyms stand; these are none, whatever somebody is called.
    #[must_use]
    pub fn first_in(&self, text: &str) -> Option<String> {
        let told = PSEUDONYM.replace_all(text, "\u{fffc}");
        Some(self.found.as_ref()?.find(&told)?.as_str().to_owned())
    }

    /// How many persons do not keep their names.
    #[must_use]
    pub fn count(&self) -> usize {
        self.numbers.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handle(handle: &str) -> Named<'_> {
        Named {
            handle: Some(handle),
            ..Named::default()
        }
    }

    fn pseudonyms(kept: &[&str]) -> Pseudonyms {
        let mut persons = Persons::new(&kept.iter().map(|&kept| kept.to_owned()).collect::<Vec<_>>());
        persons.add(Named {
            handle: Some("Jana_K"),
            id: Some("9911223344"),
            name: Some("Jana Kučerová"),
        });
        persons.add(handle("cityhall"));
        persons.add(Named {
            name: Some("山田太郎"),
            ..Named::default()
        });
        persons.add_mentioned("as @jana_k and .@Petr.N. told me@example.org, see @ol@social.example!");
        persons
            .pseudonyms(&[("170011223344".to_owned(), "post-1".to_owned())])
            .unwrap()
    }

    #[test]
    fn a_person_has_one_pseudonym_by_handle_id_and_name_in_any_case_and_spelling() {
        let all = pseudonyms(&[]);
        for (text, expected) in [
            ("@jana_k: hello", "@person-1: hello"),
            (
                "https://x.com/JANA_K/status/170011223344",
                "https://x.com/person-1/status/post-1",
            ),
            ("JANA KUČEROVÁ's", "person-1's"),
            ("Jana Kuc\u{30c}erova\u{301} says", "person-1 says"),
            ("/Jana%20Ku%C4%8Derov%C3%A1", "/person-1"),
            ("id=9911223344;", "id=person-1;"),
            ("昨日山田太郎さんが", "昨日person-3さんが"),
            ("@petr.n, @ol@social.example", "@person-4, @person-5"),
        ] {
            assert_eq!(all.replaced(text).unwrap().text, expected);
        }
        for text in ["jana_king", "cityhalls", "99112233445", "me@example.org"] {
            assert!(all.replaced(text).is_none(), "{text}");
        }
        assert_eq!(all.count(), 5);
        assert_eq!(
            all.of(Named {
                id: Some("9911223344"),
                ..Named::default()
            }),
            Some("person-1")
        );
    }

    #[test]
    fn who_is_to_be_named_keeps_handle_name_and_id() {
        let all = pseudonyms(&["@JANA_K"]);
        assert_eq!(
            all.replaced("Jana Kučerová (jana_k, 9911223344) met cityhall")
                .unwrap()
                .text,
            "Jana Kučerová (jana_k, 9911223344) met person-1"
        );
        assert_eq!(
            ["jana_k", "cityhall", "nobody"].map(|one| all.of(handle(one))),
            [None, Some("person-1"), None]
        );
    }

    #[test]
    fn who_is_called_as_what_stands_for_persons_is_replaced_once_and_not_found_in_that() {
        let mut persons = Persons::new(&[]);
        for name in ["one_more", "person", "post", "123", "person-1"] {
            persons.add(handle(name));
        }
        let all = persons.pseudonyms(&[]).unwrap();
        let text = "one_more, a person, a post, 123 and person-1";
        let new = all.replaced(text).unwrap().text;
        assert_eq!(new, "person-1, a person-2, a person-3, person-4 and person-5");
        assert_eq!(all.first_in(&new), None);
        assert_eq!(all.first_in("A Person-7, and more").as_deref(), Some("Person"));
    }

    #[test]
    fn offsets_move_with_the_text() {
        let all = pseudonyms(&[]);
        let text = "né @cityhall and @jana_k.";
        let new = all.replaced(text).unwrap();
        assert_eq!(new.text, "né @person-2 and @person-1.");
        for (before, after) in [
            ("né @", "né @"),
            ("né @cityhall", "né @person-2"),
            (text, new.text.as_str()),
        ] {
            assert_eq!(new.moved(before.chars().count()), after.chars().count());
        }
        // inside of what was replaced
        assert_eq!(new.moved(7), 12);
    }

    #[test]
    fn what_two_places_say_of_a_person_is_put_together_in_any_order() {
        let mut persons = Persons::new(&[]);
        persons.add(handle("one"));
        persons.add(Named {
            id: Some("123456"),
            name: Some("The One"),
            ..Named::default()
        });
        persons.add(Named {
            handle: Some("ONE"),
            id: Some("123456"),
            ..Named::default()
        });
        let all = persons.pseudonyms(&[]).unwrap();
        assert_eq!(all.count(), 1);
        assert_eq!(
            all.replaced("One, the one, 123456").unwrap().text,
            "person-1, person-1, person-1"
        );
    }
}
