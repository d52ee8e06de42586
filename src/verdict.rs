//! What several captures together say of a target: one pure function over its history. An outcome is what one attempt
//! met with; a verdict is what may be concluded, and "gone" is concluded from nothing less than the platform's own
//! statement, or from two sources that do not know the post at two moments while they know another one.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Serialize, Serializer};

use crate::clock::Timestamp;
use crate::outcome::Outcome;
use crate::platform::SourceKind;

macro_rules! states {
    ($($(#[$doc:meta])* $variant:ident = $word:literal),+ $(,)?) => {
        /// State of a target.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum State { $($(#[$doc])* $variant),+ }

        impl State {
            /// Every state, in the order of the documentation.
            pub const ALL: &[State] = &[$(State::$variant),+];

            /// The word that stands in the archive and in every output.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(State::$variant => $word),+ }
            }
        }
    };
}

states! {
    /// It can be seen, and is what it was.
    Live = "live",
    /// A post that can be seen, and was edited.
    Edited = "edited",
    /// A post that was deleted, or whose account was.
    Deleted = "deleted",
    /// A post whose account is suspended.
    Suspended = "suspended",
    /// A post that only followers may see.
    Protected = "protected",
    /// A post shown only to viewers of a stated age.
    AgeGated = "age_gated",
    /// A post that the platform withholds.
    Withheld = "withheld",
    /// A page that is no longer there.
    Gone = "gone",
    /// It was gone, and can be seen again.
    Restored = "restored",
    /// Nothing that was seen settles it; the reason says why.
    Unknown = "unknown",
}

impl State {
    /// Whether its content is not to be had (any more).
    #[must_use]
    pub fn is_gone(self) -> bool {
        matches!(
            self,
            State::Deleted | State::Suspended | State::Protected | State::AgeGated | State::Withheld | State::Gone
        )
    }

    /// What a source's own statement amounts to; a tombstone without words states nothing.
    fn stated(said: &Said) -> Option<State> {
        match said.outcome {
            _ if said.reason == "tombstone_empty" => None,
            Outcome::Deleted | Outcome::AccountGone => Some(State::Deleted),
            Outcome::Suspended => Some(State::Suspended),
            Outcome::Protected => Some(State::Protected),
            Outcome::AgeGated => Some(State::AgeGated),
            Outcome::Withheld => Some(State::Withheld),
            _ => None,
        }
    }
}

impl Serialize for State {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

/// What is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A post, by what its platform's sources say.
    Post,
    /// Any other address, by what its own server says.
    Link,
}

/// One capture, as far as a verdict needs it.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Row of the capture.
    pub capture: i64,
    /// When it ended.
    pub at: Timestamp,
    /// Its answers, in the order asked.
    pub answers: Vec<Said>,
}

/// One answer, as far as a verdict needs it.
#[derive(Debug, Clone)]
pub struct Said {
    /// Name of the source.
    pub source: String,
    /// Whether it tells the present.
    pub kind: SourceKind,
    /// What it said.
    pub outcome: Outcome,
    /// Its reason code.
    pub reason: String,
    /// Whether the same source, at about the same time, gave a post that is known to be live; `None`: none was asked for.
    pub canary: Option<bool>,
    /// The post's text, where the source gave it whole.
    pub text: Option<String>,
    /// Whether the source says that the post was edited.
    pub edited: bool,
}

/// What may be concluded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The state.
    pub state: State,
    /// Reason code: `seen`, `stated`, `not_found_by_two_sources`, `not_found_once` …
    pub reason: String,
    /// Captures that it rests on, oldest first.
    pub evidence: Vec<i64>,
    /// When the target was seen last.
    pub last_live: Option<Timestamp>,
}

/// What the captures of a target, oldest first, together say. Two that met with "not found" tell "gone" from "could not be seen
/// just now" if `spacing` milliseconds lie between them.
#[must_use]
pub fn judge(subject: Subject, history: &[Seen], spacing: i64) -> Verdict {
    let mut judge = Judge::new(subject, spacing);
    for seen in history {
        judge.consider(seen);
    }
    judge.verdict
}

/// Judges a target capture by capture.
pub struct Judge<'a> {
    spacing: i64,
    subject: Subject,
    verdict: Verdict,
    /// State, reason and evidence when it was seen last: it comes back with the next sighting.
    sighting: Option<(State, &'static str, Vec<i64>)>,
    /// The last whole text of each source: sources write the same post differently.
    texts: BTreeMap<&'a str, (i64, &'a str)>,
    /// Whether it was gone since it was seen last.
    was_gone: bool,
    /// Captures since it was seen last in which sources that do work did not know it.
    missing: Vec<(i64, Timestamp, BTreeSet<&'a str>)>,
}

impl<'a> Judge<'a> {
    /// A judge that has considered nothing yet; see [`judge`].
    #[must_use]
    pub fn new(subject: Subject, spacing: i64) -> Judge<'a> {
        Judge {
            spacing,
            subject,
            verdict: Verdict {
                state: State::Unknown,
                reason: "never_asked".into(),
                evidence: Vec::new(),
                last_live: None,
            },
            sighting: None,
            texts: BTreeMap::new(),
            was_gone: false,
            missing: Vec::new(),
        }
    }

    /// What may be concluded so far.
    #[must_use]
    pub fn verdict(&self) -> &Verdict {
        &self.verdict
    }

    /// Takes the next capture into account.
    pub fn consider(&mut self, seen: &'a Seen) {
        let live = || seen.answers.iter().filter(|said| said.kind == SourceKind::Live);
        let shown = live().any(|said| said.outcome == Outcome::Captured);
        let stated = live().find_map(|said| State::stated(said).map(|state| (state, said.canary)));
        match stated {
            // Shown all the same by another source: of age and country that is no contradiction.
            Some((state @ (State::AgeGated | State::Withheld), _)) if shown => {
                self.verdict.last_live = Some(seen.at);
                self.conclude(state, "stated", vec![seen.capture]);
            }
            Some(_) if shown => self.conclude(State::Unknown, "sources_disagree", vec![seen.capture]),
            Some((_, Some(false))) => self.doubt("canary_failed", seen.capture),
            Some((state, _)) => {
                self.was_gone = true;
                self.conclude(state, "stated", vec![seen.capture]);
            }
            None if shown => self.show(seen),
            None => self.miss(seen),
        }
    }

    /// It can be seen.
    fn show(&mut self, seen: &'a Seen) {
        let changed = self.note_texts(seen);
        let is_edited = seen
            .answers
            .iter()
            .any(|said| said.edited && said.kind == SourceKind::Live);
        let (state, reason, evidence) = match (changed, self.sighting.take()) {
            (Some(before), _) => (State::Edited, "text_changed", vec![before, seen.capture]),
            (None, _) if self.was_gone => {
                let gone = self.verdict.evidence.last().copied();
                (
                    State::Restored,
                    "seen_again",
                    gone.into_iter().chain([seen.capture]).collect(),
                )
            }
            (None, Some(sighting)) if !is_edited || sighting.0 != State::Live => sighting,
            (None, _) if is_edited => (State::Edited, "edit_stated", vec![seen.capture]),
            (None, _) => (State::Live, "seen", vec![seen.capture]),
        };
        self.sighting = Some((state, reason, evidence.clone()));
        self.was_gone = false;
        self.missing.clear();
        self.verdict = Verdict {
            state,
            reason: reason.to_owned(),
            evidence,
            last_live: Some(seen.at),
        };
    }

    /// Remembers the texts of a capture; gives the capture whose text differed.
    fn note_texts(&mut self, seen: &'a Seen) -> Option<i64> {
        let mut differing = None;
        for said in seen.answers.iter().filter(|said| said.kind == SourceKind::Live) {
            let Some(text) = said.text.as_deref() else { continue };
            if let Some((capture, before)) = self.texts.insert(&said.source, (seen.capture, text))
                && !before.split_whitespace().eq(text.split_whitespace())
            {
                differing = Some(capture);
            }
        }
        differing
    }

    /// Nobody showed it, and nobody said why.
    fn miss(&mut self, seen: &'a Seen) {
        let unknown_to = || {
            seen.answers
                .iter()
                .filter(|said| said.kind == SourceKind::Live && said.outcome == Outcome::NotFound)
        };
        let confirmed: BTreeSet<&str> = match self.subject {
            Subject::Post => unknown_to()
                .filter(|said| said.canary == Some(true))
                .map(|said| said.source.as_str())
                .collect(),
            // Its own server is the only one that can tell.
            Subject::Link => unknown_to().map(|said| said.source.as_str()).collect(),
        };
        if confirmed.is_empty() {
            let reason = match (
                unknown_to().next(),
                seen.answers.iter().find(|said| said.kind != SourceKind::Archive),
            ) {
                (Some(said), _) if said.canary == Some(false) => "canary_failed",
                (Some(_), _) => "not_found_without_canary",
                (None, Some(said)) if said.outcome == Outcome::Captured => "only_a_page",
                (None, Some(said)) => said.outcome.word(),
                (None, None) => "no_source_tells",
            };
            return self.doubt(reason, seen.capture);
        }
        self.missing.push((seen.capture, seen.at, confirmed));
        let sources: BTreeSet<&str> = self
            .missing
            .iter()
            .flat_map(|(_, _, sources)| sources.iter().copied())
            .collect();
        let spread = seen.at.millis().saturating_sub(self.missing[0].1.millis());
        let (enough, state, reason) = match self.subject {
            Subject::Post => (2, State::Deleted, "not_found_by_two_sources"),
            Subject::Link => (1, State::Gone, "not_found_twice"),
        };
        if spread >= self.spacing && sources.len() >= enough {
            let evidence = self.missing.iter().map(|(capture, _, _)| *capture).collect();
            if !self.verdict.state.is_gone() {
                self.was_gone = true;
                self.conclude(state, reason, evidence);
            }
        } else if sources.len() < enough {
            self.doubt("not_found_by_one_source", seen.capture);
        } else {
            self.doubt("not_found_once", seen.capture);
        }
    }

    /// Nothing was learnt: what is known to be gone stays so; of what was live we do not know any more.
    fn doubt(&mut self, reason: &str, capture: i64) {
        if !self.verdict.state.is_gone() {
            self.conclude(State::Unknown, reason, vec![capture]);
        }
    }

    /// Sets the verdict. The same conclusion keeps the captures that first led to it.
    fn conclude(&mut self, state: State, reason: &str, evidence: Vec<i64>) {
        if self.verdict.state == state && self.verdict.reason == reason {
            return;
        }
        self.verdict.state = state;
        reason.clone_into(&mut self.verdict.reason);
        self.verdict.evidence = evidence;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000;
    const SPACING: i64 = DAY / 4;

    fn said(source: &str, outcome: Outcome) -> Said {
        Said {
            source: source.into(),
            kind: SourceKind::Live,
            outcome,
            reason: String::new(),
            canary: None,
            text: None,
            edited: false,
        }
    }

    fn with_canary(source: &str, outcome: Outcome, canary: bool) -> Said {
        Said {
            canary: Some(canary),
            ..said(source, outcome)
        }
    }

    fn with_text(text: &str) -> Said {
        Said {
            text: Some(text.into()),
            ..said("one", Outcome::Captured)
        }
    }

    /// One capture a day.
    fn judged(subject: Subject, days: Vec<Vec<Said>>) -> (State, String, Vec<i64>) {
        let history: Vec<Seen> = (1..)
            .zip(days)
            .map(|(day, answers)| Seen {
                capture: day,
                at: Timestamp::from_millis(day * DAY),
                answers,
            })
            .collect();
        let verdict = judge(subject, &history, SPACING);
        (verdict.state, verdict.reason, verdict.evidence)
    }

    #[test]
    fn what_several_captures_say_together() {
        use Outcome::*;
        let both = |outcome, canary| vec![with_canary("one", outcome, canary), with_canary("two", outcome, canary)];
        let archive = Said {
            kind: SourceKind::Archive,
            ..said("wayback", Captured)
        };
        let page = Said {
            kind: SourceKind::Page,
            ..said("web", Captured)
        };
        let captured = || vec![said("one", Captured)];
        for (name, days, state, reason) in [
            ("nothing", vec![], State::Unknown, "never_asked"),
            ("seen", vec![captured(), captured()], State::Live, "seen"),
            (
                "one source out of order",
                vec![vec![said("one", ServerError), said("two", Captured)]],
                State::Live,
                "seen",
            ),
            (
                "told to be deleted",
                vec![captured(), vec![said("one", Deleted)]],
                State::Deleted,
                "stated",
            ),
            (
                "account deleted",
                vec![vec![said("one", AccountGone), archive.clone()]],
                State::Deleted,
                "stated",
            ),
            (
                "still deleted in an outage",
                vec![vec![said("one", Deleted)], vec![said("one", Unreachable)]],
                State::Deleted,
                "stated",
            ),
            (
                "everything is told to be deleted",
                vec![captured(), vec![with_canary("one", Deleted, false)]],
                State::Unknown,
                "canary_failed",
            ),
            (
                "shown by one, deleted by the other",
                vec![vec![said("one", Deleted), said("two", Captured)]],
                State::Unknown,
                "sources_disagree",
            ),
            (
                "age gate, shown by the other",
                vec![vec![said("one", AgeGated), said("two", Captured)]],
                State::AgeGated,
                "stated",
            ),
            (
                "a tombstone without words",
                vec![
                    captured(),
                    vec![Said {
                        reason: "tombstone_empty".into(),
                        ..said("one", Withheld)
                    }],
                ],
                State::Unknown,
                "withheld",
            ),
            (
                "suspended, then back",
                vec![captured(), vec![said("one", Suspended)], captured(), captured()],
                State::Restored,
                "seen_again",
            ),
            (
                "not found once",
                vec![captured(), both(NotFound, true)],
                State::Unknown,
                "not_found_once",
            ),
            (
                "not found twice by both",
                vec![captured(), both(NotFound, true), both(NotFound, true)],
                State::Deleted,
                "not_found_by_two_sources",
            ),
            (
                "not found twice by one",
                vec![
                    captured(),
                    vec![with_canary("one", NotFound, true)],
                    vec![with_canary("one", NotFound, true)],
                ],
                State::Unknown,
                "not_found_by_one_source",
            ),
            (
                "nothing is found",
                vec![captured(), both(NotFound, false), both(NotFound, false)],
                State::Unknown,
                "canary_failed",
            ),
            (
                "not found, nothing to compare with",
                vec![captured(), captured(), vec![said("one", NotFound)]],
                State::Unknown,
                "not_found_without_canary",
            ),
            (
                "seen between",
                vec![both(NotFound, true), captured(), both(NotFound, true)],
                State::Unknown,
                "not_found_once",
            ),
            (
                "we are blocked",
                vec![captured(), vec![said("one", RateLimited)]],
                State::Unknown,
                "rate_limited",
            ),
            (
                "blocked, then seen",
                vec![captured(), vec![said("one", Walled)], captured()],
                State::Live,
                "seen",
            ),
            ("only the page", vec![vec![page]], State::Unknown, "only_a_page"),
            (
                "only a web archive has it",
                vec![vec![said("one", NotFound), archive]],
                State::Unknown,
                "not_found_without_canary",
            ),
            (
                "text changed",
                vec![vec![with_text("a b")], vec![with_text("a  b")], vec![with_text("a c")]],
                State::Edited,
                "text_changed",
            ),
            (
                "edited stays edited",
                vec![
                    vec![with_text("a")],
                    vec![with_text("b")],
                    vec![said("one", Walled)],
                    vec![with_text("b")],
                ],
                State::Edited,
                "text_changed",
            ),
            (
                "told to be edited",
                vec![vec![Said {
                    edited: true,
                    ..with_text("b")
                }]],
                State::Edited,
                "edit_stated",
            ),
        ] {
            let (got, why, _) = judged(Subject::Post, days);
            assert_eq!((got, why.as_str()), (state, reason), "{name}");
        }
    }

    #[test]
    fn a_page_is_gone_when_its_server_said_so_twice_and_hours_apart() {
        let missing = || vec![said("web", Outcome::NotFound)];
        assert_eq!(judged(Subject::Link, vec![missing()]).0, State::Unknown);
        assert_eq!(judged(Subject::Link, vec![missing(), missing()]).0, State::Gone);
        let moment = |capture, millis| Seen {
            capture,
            at: Timestamp::from_millis(millis),
            answers: missing(),
        };
        let soon = [moment(1, 0), moment(2, SPACING - 1)];
        assert_eq!(judge(Subject::Link, &soon, SPACING).state, State::Unknown);
    }

    #[test]
    fn a_verdict_names_the_captures_it_rests_on() {
        let days = vec![
            vec![with_text("a")],
            vec![with_text("a")],
            vec![with_text("b")],
            vec![with_text("b")],
        ];
        assert_eq!(judged(Subject::Post, days).2, [2, 3]);
        let days = vec![
            vec![said("one", Outcome::Deleted)],
            vec![said("one", Outcome::Captured)],
        ];
        assert_eq!(judged(Subject::Post, days).2, [1, 2]);
    }

    proptest::proptest! {
        #[test]
        fn nothing_is_gone_unless_somebody_said_so_or_two_working_sources_missed_it(
            outcomes in proptest::collection::vec((0..Outcome::ALL.len(), proptest::option::of(proptest::bool::ANY), 0_u8..3), 0..20),
        ) {
            let history: Vec<Seen> = (1..).zip(&outcomes).map(|(day, (outcome, canary, source))| Seen {
                capture: day,
                at: Timestamp::from_millis(day * DAY),
                answers: vec![Said { canary: *canary, ..said(&source.to_string(), Outcome::ALL[*outcome]) }],
            }).collect();
            let verdict = judge(Subject::Post, &history, SPACING);
            let all = || history.iter().flat_map(|seen| &seen.answers);
            let stated = all().any(|said| State::stated(said).is_some() && said.canary != Some(false));
            let missed: BTreeSet<&str> = all()
                .filter(|said| said.outcome == Outcome::NotFound && said.canary == Some(true))
                .map(|said| said.source.as_str())
                .collect();
            proptest::prop_assert!(!verdict.state.is_gone() || stated || missed.len() >= 2);
        }
    }
}
