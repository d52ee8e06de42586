//! How an attempt to preserve something ended: the closed list of words that the schema, the reports and
//! the command line share. Only what a source actually said counts as deleted, suspended or protected;
//! everything else is "we could not see it", and the two never mix.

use serde::{Serialize, Serializer};

macro_rules! outcomes {
    ($($(#[$doc:meta])* $variant:ident = $word:literal),+ $(,)?) => {
        /// Outcome of one answer, and of the capture whose best answer it is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Outcome { $($(#[$doc])* $variant),+ }

        impl Outcome {
            /// Every outcome, in the order of the documentation.
            pub const ALL: &[Outcome] = &[$(Outcome::$variant),+];

            /// The word that stands in the archive and in every output.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Outcome::$variant => $word),+ }
            }

            /// The outcome that `word` names, if it is one of ours.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Outcome> {
                match word { $($word => Some(Outcome::$variant),)+ _ => None }
            }
        }
    };
}

outcomes! {
    /// The content was obtained.
    Captured = "captured",
    /// The platform says that the post was deleted.
    Deleted = "deleted",
    /// The platform says that the account no longer exists.
    AccountGone = "account_gone",
    /// The platform says that the account is suspended.
    Suspended = "suspended",
    /// The platform says that only followers may see it.
    Protected = "protected",
    /// The platform withholds it from us (legal demand, country, logged-out viewers).
    Withheld = "withheld",
    /// Shown only to viewers of a stated age.
    AgeGated = "age_gated",
    /// The source does not know it; alone that is no proof of deletion.
    NotFound = "not_found",
    /// Shown only to logged-in viewers.
    LoginRequired = "login_required",
    /// HTTP said yes but the content is a consent wall, CAPTCHA, soft 404 or error page; or a 403 that names no cause.
    Walled = "walled",
    /// The source asked us to come back later.
    RateLimited = "rate_limited",
    /// We did not ask: guard, robots.txt, a disabled source.
    Refused = "refused",
    /// No answer: DNS, connect, TLS, time-out, broken transfer.
    Unreachable = "unreachable",
    /// The source answered with an error of its own (HTTP 5xx).
    ServerError = "server_error",
    /// The answer passed one of our limits of size.
    TooLarge = "too_large",
    /// The answer has a shape that we do not know.
    Unreadable = "unreadable",
    /// A flattened citation whose post could not be identified.
    Unresolved = "unresolved",
}

impl Outcome {
    /// Whether trying again later may end differently for reasons that have nothing to do with the content.
    #[must_use]
    pub fn is_transient(self) -> bool {
        matches!(self, Outcome::RateLimited | Outcome::Unreachable | Outcome::ServerError)
    }

    /// Whether the platform itself stated that the content is gone.
    #[must_use]
    pub fn is_gone(self) -> bool {
        matches!(self, Outcome::Deleted | Outcome::AccountGone | Outcome::Suspended)
    }
}

impl Serialize for Outcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}
