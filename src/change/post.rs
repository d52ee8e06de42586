//! Two captures of one post, as the same source told it.

use super::{Count, Difference};
use crate::platform::{Media, Post};

/// A post as one capture has it. Unknown is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PostVersion {
    /// Its text.
    pub text: Option<String>,
    /// Whether the source cut the text.
    pub text_cut: Option<bool>,
    /// Its title, on platforms whose posts have one.
    pub title: Option<String>,
    /// The warning before it.
    pub content_warning: Option<String>,
    /// Author's handle.
    pub author_handle: Option<String>,
    /// Author's display name.
    pub author_name: Option<String>,
    /// When it was edited last.
    pub edited_at: Option<String>,
    /// Ids of all its versions.
    pub edit_ids: Vec<String>,
    /// Its files, in order.
    pub media: Vec<MediaVersion>,
    /// Counts as seen.
    pub counts: Vec<(String, i64)>,
}

/// A file of a post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaVersion {
    /// `photo`, `video` …
    pub kind: String,
    /// Its address.
    pub url: String,
    /// Digest of its bytes, where they were saved.
    pub sha256: Option<String>,
}

impl From<Post> for PostVersion {
    fn from(post: Post) -> PostVersion {
        let file = |media: Media| MediaVersion {
            kind: media.kind,
            url: media.url,
            sha256: None,
        };
        PostVersion {
            text: post.text,
            text_cut: post.text_cut,
            title: post.title,
            content_warning: post.content_warning,
            author_handle: post.author_handle,
            author_name: post.author_name,
            edited_at: post.edited_at,
            edit_ids: post.edit_ids,
            media: post.media.into_iter().map(file).collect(),
            counts: post.counts,
        }
    }
}

/// What differs between two captures of a post.
#[must_use]
pub fn compare_posts(before: &PostVersion, after: &PostVersion) -> Difference {
    let mut difference = Difference::default();
    if !same_text(before, after) {
        difference.field("text", before.text.as_deref(), after.text.as_deref());
    }
    for (name, before, after) in [
        ("title", &before.title, &after.title),
        ("content_warning", &before.content_warning, &after.content_warning),
        ("author_handle", &before.author_handle, &after.author_handle),
        ("author_name", &before.author_name, &after.author_name),
        ("edited_at", &before.edited_at, &after.edited_at),
    ] {
        difference.field(name, before.as_deref(), after.as_deref());
    }
    let list = |ids: &[String]| (!ids.is_empty()).then(|| ids.join(" "));
    let (old, new) = (list(&before.edit_ids), list(&after.edit_ids));
    difference.field("edit_ids", old.as_deref(), new.as_deref());
    if is_other_media(&before.media, &after.media) {
        difference.field("media", Some(&listed(&before.media)), Some(&listed(&after.media)));
    }
    for (name, was) in &before.counts {
        if let Some((_, is)) = after.counts.iter().find(|(n, _)| n == name)
            && is != was
        {
            difference.counts.push(Count {
                name: name.clone(),
                before: *was,
                after: *is,
            });
        }
    }
    difference
}

/// White space is the source's affair; and of a text that was cut, only as much as both have can be compared.
fn same_text(before: &PostVersion, after: &PostVersion) -> bool {
    let (Some(old), Some(new)) = (&before.text, &after.text) else {
        return true;
    };
    let fold = |text: &str, cut: Option<bool>| {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        match cut {
            Some(true) => text.trim_end_matches('…').trim_end_matches("...").trim_end().to_owned(),
            _ => text,
        }
    };
    let (old, new) = (fold(old, before.text_cut), fold(new, after.text_cut));
    let cut = |version: &PostVersion| version.text_cut == Some(true);
    old == new || (cut(before) && new.starts_with(&old)) || (cut(after) && old.starts_with(&new))
}

/// Whether the files are surely others: more or fewer of them, or one whose address and bytes are both other. A source may
/// give the same file under a new address each time, so an address alone tells nothing.
fn is_other_media(before: &[MediaVersion], after: &[MediaVersion]) -> bool {
    before.len() != after.len()
        || before.iter().zip(after).any(|(old, new)| {
            let other_bytes = matches!((&old.sha256, &new.sha256), (Some(old), Some(new)) if old != new);
            old.kind != new.kind || (other_bytes && without_query(&old.url) != without_query(&new.url))
        })
}

fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or(url)
}

fn listed(media: &[MediaVersion]) -> String {
    let files: Vec<String> = media.iter().map(|m| format!("{} {}", m.kind, m.url)).collect();
    files.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str, cut: Option<bool>) -> PostVersion {
        PostVersion {
            text: Some(text.into()),
            text_cut: cut,
            ..PostVersion::default()
        }
    }

    fn file(url: &str, sha256: Option<&str>) -> PostVersion {
        PostVersion {
            media: vec![MediaVersion {
                kind: "photo".into(),
                url: url.into(),
                sha256: sha256.map(str::to_owned),
            }],
            ..PostVersion::default()
        }
    }

    #[test]
    fn what_one_side_does_not_tell_is_no_change() {
        let whole = PostVersion {
            author_name: Some("Ada".into()),
            edit_ids: vec!["1".into()],
            ..text("The bridge is standing.", None)
        };
        assert!(compare_posts(&whole, &PostVersion::default()).is_empty());
        assert!(compare_posts(&PostVersion::default(), &whole).is_empty());
        assert!(compare_posts(&whole, &whole).is_empty());
    }

    #[test]
    fn of_a_cut_text_only_what_both_have_is_compared() {
        for (before, after, same) in [
            (
                text("The bridge is…", Some(true)),
                text("The bridge is standing.", None),
                true,
            ),
            (
                text("The bridge is standing.", None),
                text("The bridge is…", Some(true)),
                true,
            ),
            (
                text("The bridge was…", Some(true)),
                text("The bridge is standing.", None),
                false,
            ),
            (text("The bridge\n is", None), text("The bridge is", None), true),
            (
                text("The bridge is", None),
                text("The bridge is standing.", None),
                false,
            ),
        ] {
            assert_eq!(compare_posts(&before, &after).is_empty(), same, "{before:?} {after:?}");
        }
    }

    #[test]
    fn a_file_is_another_only_if_address_and_bytes_both_say_so() {
        for (before, after, same) in [
            (
                file("http://a/1.jpg?sig=1", Some("x")),
                file("http://a/1.jpg?sig=2", Some("y")),
                true,
            ),
            (
                file("http://a/1.jpg", Some("x")),
                file("http://b/2.jpg", Some("x")),
                true,
            ),
            (file("http://a/1.jpg", None), file("http://b/2.jpg", Some("x")), true),
            (
                file("http://a/1.jpg", Some("x")),
                file("http://b/2.jpg", Some("y")),
                false,
            ),
            (file("http://a/1.jpg", Some("x")), PostVersion::default(), false),
        ] {
            assert_eq!(compare_posts(&before, &after).is_empty(), same, "{before:?} {after:?}");
        }
    }

    #[test]
    fn counts_are_told_but_make_no_edit() {
        let with = |likes| PostVersion {
            counts: vec![("likes".into(), likes)],
            ..text("Same.", None)
        };
        let difference = compare_posts(&with(3), &with(5));
        assert!(!difference.is_of_content() && !difference.is_empty());
        assert_eq!((difference.counts[0].before, difference.counts[0].after), (3, 5));
    }
}
