//! The words and codes in which X says that a post is not shown, and what they mean. Words that are not known, and a
//! tombstone without words, never mean that a post is gone.

use serde_json::Value;

use crate::outcome::Outcome;

/// What the text of a tombstone says.
pub(super) fn of_text(said: &str) -> (Outcome, &'static str) {
    let said = said.to_lowercase();
    if said.trim().is_empty() {
        (Outcome::Withheld, "tombstone_empty")
    } else if said.contains("deleted by the") {
        (Outcome::Deleted, "tombstone_deleted")
    } else if said.contains("account that no longer exists") {
        (Outcome::AccountGone, "tombstone_account_gone")
    } else if said.contains("suspended account") || said.contains("account is suspended") {
        (Outcome::Suspended, "tombstone_suspended")
    } else if said.contains("limits who can view") {
        (Outcome::Protected, "tombstone_protected")
    } else if said.contains("age-restricted") {
        (Outcome::AgeGated, "tombstone_age")
    } else if said.contains("withheld") {
        (Outcome::Withheld, "tombstone_withheld")
    } else if said.contains("copyright") {
        (Outcome::Withheld, "tombstone_copyright")
    } else if said.contains("violated the") {
        (Outcome::Withheld, "tombstone_rules")
    } else if said.contains("unavailable") {
        (Outcome::NotFound, "tombstone_unavailable")
    } else {
        (Outcome::Unreadable, "tombstone_unknown")
    }
}

/// What the reason of a `TweetUnavailable` or `UserUnavailable` says.
pub(super) fn of_reason(reason: &str, message: &str) -> (Outcome, &'static str) {
    match reason {
        "Suspended" => (Outcome::Suspended, "unavailable_suspended"),
        "Deleted" => (Outcome::Deleted, "unavailable_deleted"),
        "Deactivated" | "Offboarded" => (Outcome::AccountGone, "unavailable_deactivated"),
        "Protected" => (Outcome::Protected, "unavailable_protected"),
        "NsfwLoggedOut" | "NsfwViewerHasNoStatedAge" | "NsfwViewerIsUnderage" | "AgeVerificationRequired" => {
            (Outcome::AgeGated, "unavailable_age")
        }
        "Withheld" | "WithheldInCountry" | "Bounced" | "BounceDeleted" | "LegalWithheld" => {
            (Outcome::Withheld, "unavailable_withheld")
        }
        "LoggedOut" | "LoginRequired" => (Outcome::LoginRequired, "unavailable_logged_out"),
        // It names no cause: what its message says counts, if that is known.
        _ => match of_text(message) {
            (Outcome::Unreadable | Outcome::Withheld, "tombstone_unknown" | "tombstone_empty") => {
                (Outcome::NotFound, "unavailable")
            }
            said => said,
        },
    }
}

/// The reason code of whatever stands in the place of a post that is not shown.
pub(super) fn reason(json: &Value) -> Option<String> {
    let (_, reason) = read(json)?;
    Some(reason.to_owned())
}

/// What stands in the place of a post; `None` if it is none of X's shapes for that.
pub(super) fn read(json: &Value) -> Option<(Outcome, &'static str)> {
    match json["__typename"].as_str()? {
        "TweetTombstone" => {
            let text = &json["tombstone"]["text"];
            Some(of_text(text["text"].as_str().or(text.as_str()).unwrap_or("")))
        }
        "TweetUnavailable" | "UserUnavailable" => {
            let reason = json["reason"].as_str().or(json["unavailable_reason"].as_str());
            let message = json["message"]
                .as_str()
                .or(json["unavailable_message"]["text"].as_str());
            Some(of_reason(reason.unwrap_or(""), message.unwrap_or("")))
        }
        _ => None,
    }
}
