//! Whether a post or page is to be had: what each capture says of it, and when that became otherwise.

use super::Event;
use crate::outcome::Outcome;

/// Captures in a row that must find nothing before that counts: a single one does not tell absence from a slip.
const CONFIRMATIONS: u8 = 2;

/// What one capture saw, asking the living and not an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// The content.
    Content,
    /// The platform's own word that it is not to be had.
    Said(Outcome),
    /// A page at the post's address, of which nothing is read: many platforms show one for what is gone, too.
    Page,
    /// None of those who were asked knows it, and none turned us away.
    NotFound,
    /// Nothing that tells: a wall, an error, a refusal, an archive's copy.
    Nothing,
}

impl Seen {
    /// What the answers of one capture amount to. `answers`: the outcome of each, and whether it gave the content.
    /// Answers of web archives must be left out.
    #[must_use]
    pub fn of(answers: &[(Outcome, bool)]) -> Seen {
        let said = answers.iter().map(|(outcome, _)| *outcome).find(|outcome| {
            outcome.is_gone() || matches!(outcome, Outcome::Protected | Outcome::Withheld | Outcome::AgeGated)
        });
        if answers
            .iter()
            .any(|(outcome, content)| *content && *outcome == Outcome::Captured)
        {
            Seen::Content
        } else if let Some(said) = said {
            Seen::Said(said)
        } else if answers.iter().any(|(outcome, _)| *outcome == Outcome::Captured) {
            Seen::Page
        } else if !answers.is_empty() && answers.iter().all(|(outcome, _)| *outcome == Outcome::NotFound) {
            Seen::NotFound
        } else {
            Seen::Nothing
        }
    }
}

/// What is known of a post or page by its captures so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It was to be had.
    Live,
    /// It was not, by this word.
    Gone(Outcome),
}

/// Follows one target from capture to capture.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tracker {
    state: Option<State>,
    missed: u8,
}

impl Tracker {
    /// Takes in the next capture; gives what became otherwise by it. What was never seen alive is news where the platform
    /// says that it is gone for good.
    pub fn next(&mut self, seen: Seen) -> Option<Event> {
        let state = match seen {
            Seen::Content => State::Live,
            Seen::Said(outcome) => State::Gone(outcome),
            Seen::NotFound => {
                self.missed = self.missed.saturating_add(1);
                // What is known to be gone for a stated reason needs no second.
                if self.missed < CONFIRMATIONS || matches!(self.state, Some(State::Gone(_))) {
                    return None;
                }
                State::Gone(Outcome::NotFound)
            }
            // It contradicts only that nothing stands there.
            Seen::Page if matches!(self.state, None | Some(State::Gone(Outcome::NotFound))) => State::Live,
            Seen::Page => {
                self.missed = 0;
                return None;
            }
            Seen::Nothing => return None,
        };
        if seen != Seen::NotFound {
            self.missed = 0;
        }
        let before = self.state.replace(state);
        match (before, state) {
            (before, state) if before == Some(state) => None,
            (Some(_), State::Live) => Some(Event::Restored),
            (Some(State::Live), State::Gone(outcome)) => Some(Event::Gone(outcome)),
            (_, State::Gone(outcome)) if outcome.is_gone() || before.is_some() => Some(Event::Gone(outcome)),
            _ => None,
        }
    }

    /// What is known now.
    #[must_use]
    pub fn state(&self) -> Option<State> {
        self.state
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(seen: &[Seen]) -> Vec<&'static str> {
        let mut tracker = Tracker::default();
        seen.iter()
            .map(|seen| tracker.next(*seen).map_or("-", Event::word))
            .collect()
    }

    #[test]
    fn only_what_a_platform_says_or_two_misses_in_a_row_makes_a_post_gone() {
        use Seen::{Content, NotFound, Nothing, Page, Said};
        for (seen, expected) in [
            (&[Content, Nothing, Content][..], &["-", "-", "-"][..]),
            (
                &[Content, Said(Outcome::Deleted), Content],
                &["-", "deleted", "restored"],
            ),
            (
                &[Content, Said(Outcome::Deleted), Nothing, Said(Outcome::Deleted)],
                &["-", "deleted", "-", "-"],
            ),
            (
                &[Content, Said(Outcome::Protected), Said(Outcome::Suspended)],
                &["-", "protected", "suspended"],
            ),
            (&[Content, NotFound, Content, NotFound], &["-", "-", "-", "-"]),
            (
                &[Content, NotFound, Nothing, NotFound, NotFound, Content],
                &["-", "-", "-", "not_found", "-", "restored"],
            ),
            (&[Said(Outcome::Deleted), NotFound, NotFound], &["deleted", "-", "-"]),
            (&[Said(Outcome::AgeGated), Said(Outcome::Deleted)], &["-", "deleted"]),
            (&[Nothing, Nothing], &["-", "-"]),
            (&[NotFound, NotFound, NotFound], &["-", "-", "-"]),
            (
                &[Page, NotFound, Page, NotFound, NotFound, Page],
                &["-", "-", "-", "-", "not_found", "restored"],
            ),
            (&[Content, Said(Outcome::Deleted), Page], &["-", "deleted", "-"]),
        ] {
            assert_eq!(events(seen), expected, "{seen:?}");
        }
    }

    #[test]
    fn content_outweighs_a_statement_and_a_statement_a_miss() {
        for (answers, seen) in [
            (
                &[(Outcome::Walled, false), (Outcome::Captured, true)][..],
                Seen::Content,
            ),
            (
                &[(Outcome::NotFound, false), (Outcome::Deleted, false)],
                Seen::Said(Outcome::Deleted),
            ),
            (&[(Outcome::Captured, false), (Outcome::Walled, false)], Seen::Page),
            (
                &[(Outcome::NotFound, false), (Outcome::NotFound, false)],
                Seen::NotFound,
            ),
            // Who turned us away might have known it.
            (&[(Outcome::NotFound, false), (Outcome::Walled, false)], Seen::Nothing),
            (&[(Outcome::Unreachable, false)], Seen::Nothing),
            (&[], Seen::Nothing),
        ] {
            assert_eq!(Seen::of(answers), seen, "{answers:?}");
        }
    }
}
