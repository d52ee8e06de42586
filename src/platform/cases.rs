//! How the grammar of a platform is tested: tables of addresses and what each must mean.

use url::Url;

use super::{Platform, Recognised, recognise};

/// Every address (first) must mean the post of this id (second) with this canonical address (third), and so must
/// the canonical address itself.
pub(super) fn mean_posts(platform: &Platform, cases: &[(&str, &str, &str)]) {
    for (address, id, canonical) in cases {
        for address in [address, canonical] {
            let url = Url::parse(address).unwrap();
            let Some((of, Recognised::Post(post))) = recognise(&url) else {
                panic!("{address} is no post: {:?}", (platform.recognise)(&url));
            };
            assert_eq!(
                (of.name, post.platform, &*post.id, post.url.as_str()),
                (platform.name, platform.name, *id, *canonical),
                "{address}"
            );
        }
    }
}

/// Every address must be told as `leads`, `none`, or with the reason why it is no post.
pub(super) fn mean_no_posts(platform: &Platform, cases: &[(&str, &str)]) {
    for (address, expected) in cases {
        let told = match (platform.recognise)(&Url::parse(address).unwrap()) {
            None => "none".to_owned(),
            Some(Recognised::Leads) => "leads".to_owned(),
            Some(Recognised::NotAPost(reason)) => reason.to_owned(),
            Some(Recognised::Post(post)) => format!("post {}", post.id),
        };
        assert_eq!(told, *expected, "{address}");
    }
}

/// The handle told by `address` must be this.
pub(super) fn names_handle(platform: &Platform, address: &str, handle: Option<&str>) {
    match (platform.recognise)(&Url::parse(address).unwrap()) {
        Some(Recognised::Post(post)) => assert_eq!(post.handle.as_deref(), handle, "{address}"),
        other => panic!("{address} is no post: {other:?}"),
    }
}
