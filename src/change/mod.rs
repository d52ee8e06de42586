//! What changed between two states of the same thing, from the evidence of both: posts, linked pages, articles. Pure.
//!
//! Only what was seen is compared: content with content. A wall, an error or a refusal between two captures says nothing
//! about the content, and what one side does not tell (`None`) is no change.

use serde::{Serialize, Serializer};

use crate::verdict::State;

mod page;
mod post;
mod words;

pub use page::{CitationChange, Moved, Page, SentenceChange, compare_articles, compare_pages, is_replaced};
pub use post::{MediaVersion, PostVersion, compare_posts};
pub use words::{Piece, words};

/// What differs between two states of one thing. Nothing, if every list is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Fields with other content: `text`, `author_name`, `title`, `status` …
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Field>,
    /// Sentences of a page or article added, removed or reworded, in the order of the later one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sentences: Vec<SentenceChange>,
    /// Citations of an article added or dropped.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub citations: Vec<CitationChange>,
    /// Citations of an article that stayed, but whose main sentence did not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub anchors: Vec<Moved>,
    /// Counts of a post, which change all the time and alone make no edit.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub counts: Vec<Count>,
}

impl Difference {
    /// Whether the content differs; counts alone do not make it so.
    #[must_use]
    pub fn is_of_content(&self) -> bool {
        !(self.fields.is_empty() && self.sentences.is_empty() && self.citations.is_empty() && self.anchors.is_empty())
    }

    /// Whether nothing differs at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.is_of_content() && self.counts.is_empty()
    }

    /// Notes a field that both sides tell differently.
    fn field(&mut self, field: &'static str, before: Option<&str>, after: Option<&str>) {
        if let (Some(before), Some(after)) = (before, after)
            && before != after
        {
            self.fields.push(Field {
                field,
                before: before.to_owned(),
                after: after.to_owned(),
            });
        }
    }
}

/// A field and what both sides say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Field {
    /// Its name.
    pub field: &'static str,
    /// What it was.
    pub before: String,
    /// What it is.
    pub after: String,
}

/// A count of a post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Count {
    /// `likes`, `replies` …
    pub name: String,
    /// What it was.
    pub before: i64,
    /// What it is.
    pub after: i64,
}

/// What happened to a post, a linked page or an article.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// The post's content differs from what the same source gave before.
    Edited,
    /// The linked page's content differs.
    Changed,
    /// The article's content differs, or what it cites.
    Revised,
    /// The post or page is to be had again.
    Restored,
    /// The verdict is that it is not to be had (any more).
    Gone(State),
    /// Only counts differ.
    Counted,
}

impl Event {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Event::Edited => "edited",
            Event::Changed => "changed",
            Event::Revised => "revised",
            Event::Restored => "restored",
            Event::Gone(state) => state.word(),
            Event::Counted => "counted",
        }
    }
}

/// What it means that a target's verdict is `state` where it was `before`, leaving out the times when it was unknown. What was
/// never seen alive is news where it is gone for good.
#[must_use]
pub fn turn(before: Option<State>, state: State) -> Option<Event> {
    let for_good = matches!(state, State::Deleted | State::Suspended);
    match state {
        _ if before == Some(state) => None,
        State::Restored => Some(Event::Restored),
        gone if gone.is_gone() && (before.is_some() || for_good) => Some(Event::Gone(gone)),
        _ => None,
    }
}

impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_is_told_once_and_only_where_something_was_lost_or_came_back() {
        for (before, state, word) in [
            (None, State::Live, None),
            (None, State::Deleted, Some("deleted")),
            (None, State::AgeGated, None),
            (Some(State::Live), State::Edited, None),
            (Some(State::Live), State::Gone, Some("gone")),
            (Some(State::Live), State::Protected, Some("protected")),
            (Some(State::Protected), State::Suspended, Some("suspended")),
            (Some(State::Deleted), State::Deleted, None),
            (Some(State::Deleted), State::Restored, Some("restored")),
            (Some(State::Restored), State::Deleted, Some("deleted")),
        ] {
            assert_eq!(turn(before, state).map(Event::word), word, "{before:?} {state:?}");
        }
    }
}
