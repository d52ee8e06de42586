//! Which post a flattened citation means, when the text kept no address: first its picture link, which redirects
//! to the post, then a web archive's listing of the author's posts of that day.
//!
//! X's embed footer shows the UTC day of the post, and a post's id holds its time, so a day is one exact range of
//! ids. Nothing is accepted on likeness alone: the author and the day must fit as well.

use chrono::{Days, NaiveDate};
use memchr::memmem;
use url::Url;

use super::archived::{listed, post_of, read};
use crate::citation::Claim;
use crate::exchange::{Exchange, Purpose, Request};
use crate::likeness::likeness;
use crate::outcome::Outcome;
use crate::platform::status::from_status;
use crate::platform::wayback::{self, Row};
use crate::platform::{Candidate, Hops, PostRef, Recognised, Resolution, ResolveStep, Resolver, Upstreams};

/// Milliseconds since 1970 at which X's ids begin to count.
const EPOCH: i64 = 1_288_834_974_657;

/// Likeness (thousandths) from which a listed post of the right author and day is the cited one.
const ACCEPTED: u16 = 750;

/// The runner-up must be this much less alike, or nobody wins.
const MARGIN: u16 = 100;

/// Most listed posts whose text is looked at.
const CANDIDATES_READ: usize = 4;

/// Rows asked of the index for one prefix.
const ROWS: usize = 200;

/// Ids of the posts of one UTC day, both ends included; `None` before ids held a time (November 2010).
#[must_use]
pub fn ids_of(day: NaiveDate) -> Option<(u64, u64)> {
    let id_at = |d: NaiveDate| {
        let millis = d.and_hms_opt(0, 0, 0)?.and_utc().timestamp_millis() - EPOCH;
        u64::try_from(millis).ok().map(|m| m << 22)
    };
    Some((id_at(day)?, id_at(day.checked_add_days(Days::new(1))?)? - 1))
}

fn range_of(claim: &Claim) -> Option<(u64, u64)> {
    ids_of(claim.date.as_deref()?.parse().ok()?)
}

fn fits(post: &PostRef, range: Option<(u64, u64)>) -> bool {
    match (range, post.id.parse::<u64>()) {
        (Some((low, high)), Ok(id)) => (low..=high).contains(&id),
        (None, _) => true,
        _ => false,
    }
}

fn by(post: &PostRef, handle: Option<&str>) -> bool {
    match (handle, post.handle.as_deref()) {
        (Some(claimed), Some(found)) => claimed.eq_ignore_ascii_case(found),
        (None, _) => true,
        (Some(_), None) => false,
    }
}

fn unresolved(reason: &str, candidates: Vec<Candidate>) -> ResolveStep {
    ResolveStep::Answer(Resolution {
        outcome: Outcome::Unresolved,
        reason: reason.into(),
        post: None,
        candidates,
    })
}

/// `pic.twitter.com/S` is `t.co/S`, which redirects to the post that the picture was posted with.
pub struct ShortLink;

impl Resolver for ShortLink {
    fn name(&self) -> &'static str {
        "x.short_link"
    }

    fn next(&self, claim: &Claim, upstreams: &Upstreams, so_far: &[Hops]) -> ResolveStep {
        let Some(slug) = claim.media.first().and_then(|m| slug(m)) else {
            return unresolved("no_picture_link", Vec::new());
        };
        match so_far.last().and_then(|hops| hops.last()) {
            None => {
                let request = Request::new(upstreams.join("x.short", slug), Purpose::Api);
                ResolveStep::Ask(request.without_redirects())
            }
            Some(exchange) => ResolveStep::Answer(short_link(exchange, claim)),
        }
    }
}

/// The slug of a picture or short link.
fn slug(link: &str) -> Option<&str> {
    let slug = link.rsplit('/').next()?;
    (!slug.is_empty() && slug.bytes().all(|b| b.is_ascii_alphanumeric())).then_some(slug)
}

fn short_link(exchange: &Exchange, claim: &Claim) -> Resolution {
    let nothing = |outcome, reason: String| Resolution {
        outcome,
        reason,
        post: None,
        candidates: Vec::new(),
    };
    let Some(target) = exchange.location().or_else(|| refresh(exchange)) else {
        return match from_status(exchange) {
            Some(answer) if answer.outcome == Outcome::NotFound => {
                nothing(Outcome::Unresolved, "short_link_dead".into())
            }
            Some(answer) => nothing(answer.outcome, answer.reason),
            None => nothing(Outcome::Unresolved, "short_link_leads_nowhere".into()),
        };
    };
    let Some(Recognised::Post(post)) = super::recognise(&target) else {
        return nothing(Outcome::Unresolved, "short_link_leads_elsewhere".into());
    };
    let reason = if !by(&post, claim.author_handle.as_deref()) {
        // A picture used again leads to the post that had it first.
        "short_link_other_author"
    } else if !fits(&post, range_of(claim)) {
        "short_link_other_day"
    } else {
        return Resolution {
            outcome: Outcome::Captured,
            reason: "short_link_redirect".into(),
            post: Some(post),
            candidates: Vec::new(),
        };
    };
    let candidate = Candidate {
        post,
        score: None,
        evidence: format!("{} redirects to {target}", exchange.url),
    };
    Resolution {
        outcome: Outcome::Unresolved,
        reason: reason.into(),
        post: None,
        candidates: vec![candidate],
    }
}

/// The target of the `<meta http-equiv=refresh content="0;URL=…">` page that browsers get instead of a redirect.
fn refresh(exchange: &Exchange) -> Option<Url> {
    (exchange.status == Some(200)).then_some(())?;
    let body = exchange.decoded().ok()?;
    let start = memmem::find(&body, b"URL=")? + 4;
    let end = start + body[start..].iter().position(|b| matches!(b, b'"' | b'\'' | b'>'))?;
    Url::parse(std::str::from_utf8(&body[start..end]).ok()?.trim()).ok()
}

/// A web archive's listing of the author's posts, within the ids of the claimed day, by likeness of text.
pub struct Listing;

impl Resolver for Listing {
    fn name(&self) -> &'static str {
        "wayback.listing"
    }

    fn next(&self, claim: &Claim, upstreams: &Upstreams, so_far: &[Hops]) -> ResolveStep {
        let (Some(handle), Some(range)) = (claim.author_handle.as_deref(), range_of(claim)) else {
            return unresolved("no_author_or_day", Vec::new());
        };
        let Some(text) = claim.text.as_deref() else {
            return unresolved("no_text_to_compare", Vec::new());
        };
        let questions = questions(handle, range);
        if let Some(prefix) = questions.get(so_far.len()) {
            return ResolveStep::Ask(wayback::list(upstreams, prefix, ROWS));
        }
        let (listings, captures) = so_far.split_at(questions.len());
        let (rows, failure) = listed(listings);
        let rows = candidates(rows, handle, range);
        if rows.is_empty() {
            return match failure {
                Some(a) => ResolveStep::Answer(Resolution {
                    outcome: a.outcome,
                    reason: a.reason,
                    post: None,
                    candidates: Vec::new(),
                }),
                None => unresolved("nothing_listed", Vec::new()),
            };
        }
        match rows.get(captures.len()).filter(|_| captures.len() < CANDIDATES_READ) {
            Some((row, _)) => ResolveStep::Ask(row.raw(upstreams)),
            None => ResolveStep::Answer(decide(rows, captures, text)),
        }
    }
}

/// Address prefixes that cover the range: its ids share their first digits (a day is 3.6 × 10^14 ids wide).
fn questions(handle: &str, (low, high): (u64, u64)) -> Vec<String> {
    const UNIT: u64 = 1_000_000_000_000_000;
    let handle = handle.to_ascii_lowercase();
    let prefixes = (low / UNIT)..=(high / UNIT);
    ["twitter.com", "x.com"]
        .iter()
        .flat_map(|host| {
            prefixes
                .clone()
                .map(|p| format!("{host}/{handle}/status/{p}"))
                .collect::<Vec<_>>()
        })
        .collect()
}

/// One row for each listed post of the author and day, in the order of ids.
fn candidates(rows: Vec<Row>, handle: &str, range: (u64, u64)) -> Vec<(Row, PostRef)> {
    let mut found: Vec<(Row, PostRef)> = rows
        .into_iter()
        .filter_map(|row| post_of(&row).map(|post| (row, post)))
        .filter(|(_, post)| by(post, Some(handle)) && fits(post, Some(range)))
        .collect();
    found.sort_by(|(a_row, a), (b_row, b)| {
        (&a.id, !a_row.mimetype.contains("json"), &a_row.timestamp).cmp(&(
            &b.id,
            !b_row.mimetype.contains("json"),
            &b_row.timestamp,
        ))
    });
    found.dedup_by(|(_, a), (_, b)| a.id == b.id);
    found
}

fn decide(rows: Vec<(Row, PostRef)>, captures: &[Hops], text: &str) -> Resolution {
    let mut candidates: Vec<Candidate> = rows
        .into_iter()
        .enumerate()
        .map(|(i, (row, post))| {
            let told = captures
                .get(i)
                .and_then(|hops| hops.last())
                .and_then(|e| read(e, &post.id))
                .and_then(|p| p.text);
            let score = told.and_then(|told| likeness(text, &told));
            Candidate {
                post,
                score,
                evidence: format!("archived {} as {}", row.timestamp, row.original),
            }
        })
        .collect();
    candidates.sort_by_key(|c| std::cmp::Reverse(c.score));
    let best = candidates.first().and_then(|c| c.score).unwrap_or(0);
    let second = candidates.get(1).and_then(|c| c.score).unwrap_or(0);
    let unread = candidates.iter().any(|c| c.score.is_none());
    let reason = if best < ACCEPTED {
        "below_threshold"
    } else if best - second < MARGIN {
        "tie"
    } else if unread && best < 900 {
        "candidates_unread"
    } else {
        let post = candidates[0].post.clone();
        return Resolution {
            outcome: Outcome::Captured,
            reason: "listing_likeness".into(),
            post: Some(post),
            candidates,
        };
    };
    Resolution {
        outcome: Outcome::Unresolved,
        reason: reason.into(),
        post: None,
        candidates,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::testing::answered;

    fn claim() -> Claim {
        Claim {
            author_handle: Some("Ada_B".into()),
            date: Some("2021-09-01".into()),
            text: Some("The bridge at Orsay is open again, our crews worked all night".into()),
            media: vec!["https://pic.twitter.com/AbC123dEf0".into()],
            ..Claim::default()
        }
    }

    fn redirect(to: &str) -> Exchange {
        let mut exchange = answered(301, b"");
        exchange.response_headers.push(("location".into(), to.into()));
        exchange
    }

    fn decided(step: ResolveStep) -> Resolution {
        match step {
            ResolveStep::Answer(resolution) => resolution,
            ResolveStep::Ask(request) => panic!("asks {}", request.url),
        }
    }

    #[test]
    fn a_utc_day_is_one_exact_range_of_ids() {
        let day = NaiveDate::from_ymd_opt(2021, 9, 1).unwrap();
        assert_eq!(
            ids_of(day),
            Some((1_432_855_722_193_846_272, 1_433_218_110_059_446_271))
        );
        assert_eq!(ids_of(NaiveDate::from_ymd_opt(2009, 1, 1).unwrap()), None);
    }

    #[test]
    fn a_short_link_to_the_authors_post_of_that_day_identifies_it() {
        let upstreams = Upstreams::defaults();
        let ResolveStep::Ask(request) = ShortLink.next(&claim(), &upstreams, &[]) else {
            panic!()
        };
        assert_eq!(
            (request.url.as_str(), request.follow),
            ("https://t.co/AbC123dEf0", false)
        );
        let hops = vec![vec![redirect(
            "https://twitter.com/ada_b/status/1433000000000000000/photo/1",
        )]];
        let resolution = decided(ShortLink.next(&claim(), &upstreams, &hops));
        assert_eq!(resolution.post.unwrap().id, "1433000000000000000");
        let page = vec![vec![answered(200, br#"<head><meta http-equiv="refresh" content="0;URL=https://twitter.com/ada_b/status/1433000000000000000/photo/1"></head>"#)]];
        assert!(decided(ShortLink.next(&claim(), &upstreams, &page)).post.is_some());
    }

    #[test]
    fn a_short_link_to_another_author_or_day_is_only_a_hint() {
        let upstreams = Upstreams::defaults();
        for (to, reason) in [
            (
                "https://twitter.com/someone_else/status/1433000000000000000/photo/1",
                "short_link_other_author",
            ),
            (
                "https://twitter.com/ada_b/status/1400000000000000000/photo/1",
                "short_link_other_day",
            ),
            ("https://example.org/", "short_link_leads_elsewhere"),
        ] {
            let resolution = decided(ShortLink.next(&claim(), &upstreams, &[vec![redirect(to)]]));
            assert_eq!(
                (resolution.outcome, resolution.reason.as_str(), resolution.post),
                (Outcome::Unresolved, reason, None)
            );
        }
        let resolution = decided(ShortLink.next(&claim(), &upstreams, &[vec![answered(404, b"")]]));
        assert_eq!(resolution.reason, "short_link_dead");
    }

    fn listing_of(entries: &[(&str, &str)]) -> Vec<Hops> {
        let rows: Vec<String> = entries
            .iter()
            .map(|(id, _)| {
                format!(r#"["20210902000000","https://twitter.com/Ada_B/status/{id}","application/json","200"]"#)
            })
            .collect();
        let table = format!(
            r#"[["timestamp","original","mimetype","statuscode"],{}]"#,
            rows.join(",")
        );
        let mut so_far = vec![vec![answered(200, table.as_bytes())]];
        so_far.extend((0..3).map(|_| vec![answered(200, b"[]")]));
        so_far.extend(entries.iter().map(|(id, text)| {
            let body = format!(r#"{{"id_str":"{id}","text":"{text}","user":{{"screen_name":"Ada_B"}}}}"#);
            vec![answered(200, body.as_bytes())]
        }));
        so_far
    }

    #[test]
    fn the_listed_post_whose_text_is_alike_is_the_cited_one() {
        let upstreams = Upstreams::defaults();
        let so_far = listing_of(&[
            ("1433000000000000001", "Good morning from the river"),
            (
                "1433000000000000002",
                "The bridge at Orsay is open again, our crews worked all night https://t.co/x",
            ),
        ]);
        let resolution = decided(Listing.next(&claim(), &upstreams, &so_far));
        assert_eq!(resolution.post.unwrap().id, "1433000000000000002");
        assert_eq!(resolution.candidates.len(), 2);
    }

    #[test]
    fn ties_unlike_texts_and_posts_of_other_days_stay_unresolved_with_their_candidates() {
        let upstreams = Upstreams::defaults();
        let same = "The bridge at Orsay is open again, our crews worked all night";
        let tie = listing_of(&[("1433000000000000001", same), ("1433000000000000002", same)]);
        let resolution = decided(Listing.next(&claim(), &upstreams, &tie));
        assert_eq!(
            (resolution.reason.as_str(), resolution.post, resolution.candidates.len()),
            ("tie", None, 2)
        );
        let unlike = listing_of(&[("1433000000000000001", "Good morning from the river")]);
        let resolution = decided(Listing.next(&claim(), &upstreams, &unlike));
        assert_eq!(
            (resolution.reason.as_str(), resolution.candidates.len()),
            ("below_threshold", 1)
        );
        let other_day = listing_of(&[("1432000000000000001", same)]);
        let resolution = decided(Listing.next(&claim(), &upstreams, &other_day[..4]));
        assert_eq!(
            (resolution.reason.as_str(), resolution.candidates.len()),
            ("nothing_listed", 0)
        );
    }

    #[test]
    fn a_day_over_two_prefixes_of_ids_is_decided_after_eight_questions() {
        let upstreams = Upstreams::defaults();
        let claim = Claim {
            date: Some("2024-05-02".into()),
            ..claim()
        };
        let row = |id: u64| format!(r#"["20240503000000","https://twitter.com/Ada_B/status/{id}","text/html","200"]"#);
        let (low, _) = range_of(&claim).unwrap();
        let rows: Vec<String> = (low..low + 5).map(row).collect();
        let listed = format!(
            r#"[["timestamp","original","mimetype","statuscode"],{}]"#,
            rows.join(",")
        );
        let mut so_far: Vec<Hops> = Vec::new();
        let answer = loop {
            match Listing.next(&claim, &upstreams, &so_far) {
                ResolveStep::Ask(_) => so_far.push(vec![answered(200, listed.as_bytes())]),
                step => break decided(step),
            }
        };
        assert_eq!(so_far.len(), 8);
        assert_eq!((answer.outcome, answer.candidates.len()), (Outcome::Unresolved, 5));
    }

    #[test]
    fn an_index_that_fails_is_not_an_empty_one() {
        let upstreams = Upstreams::defaults();
        let so_far: Vec<Hops> = (0..4).map(|_| vec![answered(503, b"")]).collect();
        let resolution = decided(Listing.next(&claim(), &upstreams, &so_far));
        assert_eq!(resolution.outcome, Outcome::ServerError);
    }
}
