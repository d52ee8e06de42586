//! How the grammar of a platform is tested: tables of addresses and what each must mean.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use url::Url;

use crate::article::Hints;
use crate::citation::may_cite_post;

use super::{Platform, Recognised, Recogniser, recognise};

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

/// A host of each platform, and some of nobody.
const HOSTS: &str = "\
    x.com nitter.example.org farside.link bsky.app embed.bsky.app www.threads.com www.instagram.com www.facebook.com \
    www.tiktok.com www.youtube.com youtu.be www.reddit.com redd.it redlib.example t.me ada.t.me truthsocial.com \
    vk.com www.linkedin.com www.tumblr.com ada.tumblr.com embed.tumblr.com www.pinterest.de assets.pinterest.com \
    weibo.com m.weibo.cn video.weibo.com vimeo.com player.vimeo.com geo.dailymotion.com dai.ly clips.twitch.tv \
    www.twitch.tv substack.com gab.com gettr.com rumble.com odysee.com www.bitchute.com ok.ru www.bilibili.com \
    b23.tv ada.livejournal.com users.livejournal.com streamable.com soundcloud.com w.soundcloud.com imgur.com \
    i.imgur.com lemmy.example herons.example:8443 elk.zone";

/// Parts of a path that mean something to some platform, or that only look so.
const PARTS: &str = "\
    status post posts p profile reel video videos watch embed photo photos groups permalink comments r u s c v w \
    note notes statuses users objects display notice private blog pin feed update clip tracks a gallery t web i n \
    @ada ada Ada_L @ada@storks.example herons.example 109876543210987654 1234567890 12 a1B2c3D4-_e 1abcd2 kx9z8y7 \
    Mabc12XYz 4824263090707207 wall-1_2 wall-1_2_r3 photo1_2 BV17x411w7KC av170001 v1abc2d-a.html u4x.v1abc2d \
    c-123456 12345.html AbC12dE AbC12dE.jpg urn:li:activity:6789012345678901234 ada_a-activity-6789012345678901234-x \
    a-heron:f @ada:c s-8Pjrp t:AbC tumblr_p0ed did:plc:z72i7hdynmk6r22z27h6tvur 3kabc2xyz7k2a ada.example.org \
    9c9de5e8-0a1e-484a-b099-e80766180a6d kkGMgK9ZtnKfYAgnEtQxbv %2F a%20b %C3%A9 %3F %23 %25 .. x8abcde \
    pfbid02AbCdEfGhIjKlMnOpQrStUvWxYz1234567890 $ permalink.php player.html";

/// Queries and fragments that name something to some platform.
const QUERIES: &str = "\
    ?v=a1B2c3D4-_e ?v=12345 ?id=123456789012345678&story_fbid=10158912345678901 ?w=wall-1_2&reply=3 \
    ?z=photo-1_2%2Fwall-1_2 ?comment=9 ?h=ab12cd34ef \
    ?url=https%3A%2F%2Fapi.soundcloud.com%2Ftracks%2F12%3Fsecret_token%3Ds-8Pjrp ?fid=1034:47 ?video=x8abcde \
    ?clip=BraveHeron ?aid=170001 #/herons.example/s/109876543210987654 #!/ada/posts/12345";

fn one_of(words: &'static str) -> impl Strategy<Value = &'static str> {
    select(words.split_whitespace().collect::<Vec<_>>())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn asked_about_its_host_first_an_address_means_the_same(
        host in one_of(HOSTS),
        parts in vec(one_of(PARTS), 0..5),
        query in option::of(one_of(QUERIES)),
    ) {
        let address = format!("https://{host}/{}{}", parts.join("/"), query.unwrap_or_default());
        if let Ok(url) = Url::parse(&address) {
            let told = |told: Option<(&Platform, Recognised)>| told.map(|(platform, told)| (platform.name, told));
            prop_assert_eq!(told(Recogniser::new().recognise(&url)), told(recognise(&url)), "{}", address);
        }
    }

    #[test]
    fn a_canonical_address_names_the_post_that_it_was_made_for(
        host in one_of(HOSTS),
        parts in vec(one_of(PARTS), 0..5),
        query in option::of(one_of(QUERIES)),
    ) {
        let address = format!("https://{host}/{}{}", parts.join("/"), query.unwrap_or_default());
        if let Some((platform, Recognised::Post(post))) = Url::parse(&address).ok().as_ref().and_then(recognise) {
            let page = format!("<a href=\"{address}\">x</a>");
            assert!(may_cite_post(page.as_bytes(), &Hints::default()), "{address} is not told by its bytes");
            let again = recognise(&post.url);
            let Some((of, Recognised::Post(again))) = again else {
                panic!("{address}: {} is no post: {again:?}", post.url, again = again.map(|(_, told)| told));
            };
            assert_eq!(
                (platform.name, post.platform, &post.id, &post.url),
                (of.name, again.platform, &again.id, &again.url),
                "{address}"
            );
        }
    }
}
