//! Outcomes as sentences. Only what a source itself said is put as its word; everything else says that we could not see it.

use crate::outcome::Outcome;

/// What a source did, as the rest of a sentence that begins with its name.
pub(super) fn says(outcome: &str, of_post: bool) -> &str {
    let Some(outcome) = Outcome::from_word(outcome) else {
        return outcome;
    };
    match outcome {
        Outcome::Captured if of_post => "gave the post",
        Outcome::Captured => "gave the page",
        Outcome::Deleted => "says that it was deleted",
        Outcome::AccountGone => "says that the account no longer exists",
        Outcome::Suspended => "says that the account is suspended",
        Outcome::Protected => "says that only followers may see it",
        Outcome::Withheld => "withholds it from us",
        Outcome::AgeGated => "shows it only to viewers of a stated age",
        Outcome::NotFound => "does not know it (which alone is no proof that it was deleted)",
        Outcome::LoginRequired => "shows it only to those who are logged in",
        Outcome::Walled => "answered with a wall or an error page in place of the content",
        Outcome::RateLimited => "asked us to come back later",
        Outcome::Refused => "was not asked, by our own rules",
        Outcome::Unreachable => "could not be reached",
        Outcome::ServerError => "answered with an error of its own",
        Outcome::TooLarge => "gave more than our limits of size allow",
        Outcome::Unreadable => "answered in a shape that we do not know",
        Outcome::Unresolved => "did not tell which post is meant",
    }
}

/// An outcome as a heading, and its kind for the eye: `had`, `gone` (the source's own statement) or `unseen`.
pub(super) fn headline(outcome: &str) -> (&str, &'static str) {
    let Some(outcome) = Outcome::from_word(outcome) else {
        return (outcome, "unseen");
    };
    match outcome {
        Outcome::Captured => ("Captured", "had"),
        Outcome::Deleted => ("Deleted", "gone"),
        Outcome::AccountGone => ("Account gone", "gone"),
        Outcome::Suspended => ("Account suspended", "gone"),
        Outcome::Protected => ("Protected", "unseen"),
        Outcome::Withheld => ("Withheld", "unseen"),
        Outcome::AgeGated => ("Age-restricted", "unseen"),
        Outcome::NotFound => ("Not found", "unseen"),
        Outcome::LoginRequired => ("Behind a login", "unseen"),
        Outcome::Walled => ("Behind a wall", "unseen"),
        Outcome::RateLimited => ("Asked to come back later", "unseen"),
        Outcome::Refused => ("Not asked", "unseen"),
        Outcome::Unreachable => ("Not reached", "unseen"),
        Outcome::ServerError => ("Server error", "unseen"),
        Outcome::TooLarge => ("Too large", "unseen"),
        Outcome::Unreadable => ("Not readable", "unseen"),
        Outcome::Unresolved => ("Not identified", "unseen"),
    }
}

/// How a sentence refers to what is cited.
pub(super) fn refers(relation: &str) -> &str {
    match relation {
        "contains" => "it stands in the sentence",
        "introduces" => "the sentence introduces it",
        "quotes" => "the sentence quotes it",
        "follows" => "the sentence refers back to it",
        other => other,
    }
}

/// How a place cites.
pub(super) fn form(form: &str) -> &str {
    match form {
        "embed" => "embedded post",
        "frame" => "frame that shows the post",
        "link" => "link",
        "flattened" => "post as plain text",
        "media_link" => "picture link of the post",
        other => other,
    }
}

/// A length in bytes for people.
pub(super) fn size(bytes: i64) -> String {
    let tenths = |unit: i64| (bytes.saturating_mul(10) + unit / 2) / unit;
    match bytes {
        ..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{}.{} kB", tenths(1_000) / 10, tenths(1_000) % 10),
        _ => format!("{}.{} MB", tenths(1_000_000) / 10, tenths(1_000_000) % 10),
    }
}

/// A number with its noun.
pub(super) fn count(number: i64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_source_s_own_statement_is_put_as_gone() {
        for outcome in Outcome::ALL {
            let (_, kind) = headline(outcome.word());
            assert_eq!(kind == "gone", outcome.is_gone(), "{}", outcome.word());
            assert_ne!(says(outcome.word(), true), outcome.word());
        }
    }

    #[test]
    fn lengths_are_rounded_to_a_tenth() {
        for (bytes, shown) in [
            (0, "0 bytes"),
            (999, "999 bytes"),
            (1_449, "1.4 kB"),
            (1_450, "1.5 kB"),
            (5_250_000, "5.3 MB"),
        ] {
            assert_eq!(size(bytes), shown);
        }
    }
}
