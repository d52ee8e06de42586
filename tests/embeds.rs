//! The standard embed markup of each platform, plain, lazy, behind consent and through publishing systems: each is found
//! in a story with the sentence before it, once, and none of what only looks like it.

use citekeep::article::Hints;
use citekeep::citation::Cited;

/// Platform, canonical address, markup.
const EMBEDS: &[(&str, &str, &str)] = &[
    (
        "bluesky",
        "https://bsky.app/profile/did:plc:z72i7hdynmk6r22z27h6tvur/post/3kabc2xyz7k2a",
        r#"<blockquote class="bluesky-embed" data-bluesky-uri="at://did:plc:z72i7hdynmk6r22z27h6tvur/app.bsky.feed.post/3kabc2xyz7k2a" data-bluesky-cid="bafy"><p lang="en">The weir is open.<br><br><a href="https://bsky.app/profile/did:plc:z72i7hdynmk6r22z27h6tvur/post/3kabc2xyz7k2a?ref_src=embed">[image or embed]</a></p>&mdash; Ada Lorenz (<a href="https://bsky.app/profile/did:plc:z72i7hdynmk6r22z27h6tvur?ref_src=embed">@ada.example.org</a>) <a href="https://bsky.app/profile/did:plc:z72i7hdynmk6r22z27h6tvur/post/3kabc2xyz7k2a?ref_src=embed">November 4, 2024 at 9:09 AM</a></blockquote><script async src="https://embed.bsky.app/static/embed.js"></script>"#,
    ),
    (
        "bluesky",
        "https://bsky.app/profile/did:plc:z72i7hdynmk6r22z27h6tvur/post/3kabc2xyz7k2a",
        r#"<iframe src="https://embed.bsky.app/embed/did:plc:z72i7hdynmk6r22z27h6tvur/app.bsky.feed.post/3kabc2xyz7k2a?id=1"></iframe>"#,
    ),
    (
        "mastodon",
        "https://herons.example/@ada/109876543210987654",
        r#"<iframe class="mastodon-embed" src="https://herons.example/@ada/109876543210987654/embed" width="400"></iframe>"#,
    ),
    (
        "mastodon",
        "https://herons.example/@ada/109876543210987654",
        r#"<blockquote class="mastodon-embed" data-embed-url="https://herons.example/@ada/109876543210987654/embed"><a href="https://herons.example/@ada/109876543210987654" target="_blank">Post by @ada@herons.example View on Mastodon</a></blockquote>"#,
    ),
    (
        "threads",
        "https://www.threads.com/@ada.l/post/C8abc12Xy_Z",
        r#"<blockquote class="text-post-media" data-text-post-permalink="https://www.threads.net/@ada.l/post/C8abc12Xy_Z" data-text-post-version="0" id="ig-tp-C8abc12Xy_Z"></blockquote>"#,
    ),
    (
        "instagram",
        "https://www.instagram.com/p/BvJh2aLh3Zq/",
        r#"<blockquote class="instagram-media" data-instgrm-captioned data-instgrm-permalink="https://www.instagram.com/p/BvJh2aLh3Zq/?utm_source=ig_embed&amp;utm_campaign=loading" data-instgrm-version="14"><a href="https://www.instagram.com/p/BvJh2aLh3Zq/?utm_source=ig_embed">View this post on Instagram</a><p><a href="https://www.instagram.com/p/BvJh2aLh3Zq/">A post shared by Ada Lorenz (@ada.l)</a></p></blockquote>"#,
    ),
    (
        "instagram",
        "https://www.instagram.com/p/BvJh2aLh3Zq/",
        r#"<blockquote class="instagram-media" data-instgrm-version="7"><p><a href="https://www.instagram.com/p/BvJh2aLh3Zq/">The weir</a></p></blockquote>"#,
    ),
    (
        "instagram",
        "https://www.instagram.com/p/BvJh2aLh3Zq/",
        r#"<amp-instagram data-shortcode="BvJh2aLh3Zq" width="1" height="1"></amp-instagram>"#,
    ),
    (
        "facebook",
        "https://www.facebook.com/ada.l/posts/10158912345678901",
        r#"<div class="fb-post" data-href=" https://www.facebook.com/ada.l/posts/10158912345678901" data-show-text="true"><blockquote class="fb-xfbml-parse-ignore" cite="https://www.facebook.com/ada.l/posts/10158912345678901"><p>The weir is open.</p>Posted by <a href="https://www.facebook.com/ada.l">Ada Lorenz</a> on&nbsp;<a href="https://www.facebook.com/ada.l/posts/10158912345678901">Monday, June 5, 2017</a></blockquote></div>"#,
    ),
    (
        "facebook",
        "https://www.facebook.com/ada.l/videos/345678901234567",
        r#"<iframe src="https://www.facebook.com/plugins/video.php?href=https%3A%2F%2Fwww.facebook.com%2Fada.l%2Fvideos%2F345678901234567%2F&show_text=0"></iframe>"#,
    ),
    (
        "facebook",
        "https://www.facebook.com/ada.l/posts/10158912345678901",
        r#"<amp-facebook data-href="https://www.facebook.com/ada.l/posts/10158912345678901" width="1" height="1"></amp-facebook>"#,
    ),
    (
        "tiktok",
        "https://www.tiktok.com/@ada.l/video/6718335390845095173",
        r#"<blockquote class="tiktok-embed" cite="https://www.tiktok.com/@ada.l/video/6718335390845095173" data-video-id="6718335390845095173"><section><a target="_blank" title="@ada.l" href="https://www.tiktok.com/@ada.l?refer=embed">@ada.l</a><p>The weir <a href="https://www.tiktok.com/tag/weir">#weir</a></p><a href="https://www.tiktok.com/music/song-1">♬ song</a></section></blockquote>"#,
    ),
    (
        "tiktok",
        "https://www.tiktok.com/@/video/6718335390845095173",
        r#"<amp-tiktok data-src="6718335390845095173" width="1" height="1"></amp-tiktok>"#,
    ),
    (
        "youtube",
        "https://www.youtube.com/watch?v=a1B2c3D4-_e",
        r#"<iframe width="560" src="https://www.youtube-nocookie.com/embed/a1B2c3D4-_e?feature=oembed" allowfullscreen></iframe>"#,
    ),
    (
        "youtube",
        "https://www.youtube.com/watch?v=a1B2c3D4-_e",
        r#"<lite-youtube videoid="a1B2c3D4-_e"></lite-youtube>"#,
    ),
    (
        "youtube",
        "https://www.youtube.com/watch?v=a1B2c3D4-_e",
        r#"<amp-youtube data-videoid="a1B2c3D4-_e" layout="responsive"></amp-youtube>"#,
    ),
    (
        "youtube",
        "https://www.youtube.com/watch?v=a1B2c3D4-_e",
        r#"<iframe data-src="https://www.youtube.com/embed/a1B2c3D4-_e" data-cmplz-src="x"></iframe>"#,
    ),
    (
        "youtube",
        "https://www.youtube.com/watch?v=a1B2c3D4-_e",
        r#"<figure class="wp-block-embed is-provider-youtube"><div class="wp-block-embed__wrapper">https://youtu.be/a1B2c3D4-_e</div></figure>"#,
    ),
    (
        "youtube",
        "https://www.youtube.com/watch?v=a1B2c3D4-_e",
        r#"<iframe src="/media/oembed?url=https%3A//www.youtube.com/watch%3Fv%3Da1B2c3D4-_e&amp;max_width=0"></iframe>"#,
    ),
    (
        "reddit",
        "https://www.reddit.com/r/birds/comments/1abcd2/",
        r#"<blockquote class="reddit-embed-bq" data-embed-height="316"><a href="https://www.reddit.com/r/birds/comments/1abcd2/a_heron/">A heron</a><br> by <a href="https://www.reddit.com/user/ada_l/">u/ada_l</a> in <a href="https://www.reddit.com/r/birds/">birds</a></blockquote>"#,
    ),
    (
        "reddit",
        "https://www.reddit.com/r/birds/comments/1abcd2/",
        r#"<iframe src="https://www.redditmedia.com/r/birds/comments/1abcd2/a_heron/?ref_source=embed&amp;embed=true"></iframe>"#,
    ),
    (
        "telegram",
        "https://t.me/river_watch/321",
        r#"<script async src="https://telegram.org/js/telegram-widget.js?22" data-telegram-post="river_watch/321" data-width="100%"></script>"#,
    ),
    (
        "telegram",
        "https://t.me/river_watch/321",
        r#"<iframe src="https://t.me/river_watch/321?embed=1"></iframe>"#,
    ),
    (
        "truth_social",
        "https://truthsocial.com/@ada/109876543210987654",
        r#"<iframe loading="lazy" data-src="https://truthsocial.com/@ada/109876543210987654/embed" class="truthsocial-embed"></iframe>"#,
    ),
    (
        "vk",
        "https://vk.com/video-123_789",
        r#"<iframe src="https://vk.com/video_ext.php?oid=-123&id=789&hash=1"></iframe>"#,
    ),
    (
        "vk",
        "https://vk.com/wall-123_456",
        r#"<div id="vk_post_-123_456"></div><script>VK.Widgets.Post("vk_post_-123_456", -123, 456, 'hash');</script>"#,
    ),
    (
        "linkedin",
        "https://www.linkedin.com/feed/update/urn:li:share:6789012345678901235/",
        r#"<iframe src="https://www.linkedin.com/embed/feed/update/urn:li:share:6789012345678901235"></iframe>"#,
    ),
    (
        "tumblr",
        "https://www.tumblr.com/herons/161234567890",
        r#"<div class="tumblr-post" data-href="https://embed.tumblr.com/embed/post/abcDEF/161234567890" data-did="da39"><a href="https://herons.tumblr.com/post/161234567890/a-heron">https://herons.tumblr.com/post/161234567890/a-heron</a></div>"#,
    ),
    (
        "vimeo",
        "https://vimeo.com/76979871",
        r#"<iframe src="https://player.vimeo.com/video/76979871?h=ab&badge=0"></iframe>"#,
    ),
    (
        "dailymotion",
        "https://www.dailymotion.com/video/x8abcde",
        r#"<iframe src="https://geo.dailymotion.com/player.html?video=x8abcde"></iframe>"#,
    ),
    (
        "pinterest",
        "https://www.pinterest.com/pin/123456789012345678/",
        r#"<p><a data-pin-do="embedPin" href="https://www.pinterest.com/pin/123456789012345678/"></a>https://www.pinterest.com/pin/123456789012345678/</p>"#,
    ),
    (
        "pinterest",
        "https://www.pinterest.com/pin/123456789012345678/",
        r#"<iframe src="https://assets.pinterest.com/ext/embed.html?id=123456789012345678"></iframe>"#,
    ),
    (
        "tumblr",
        "https://embed.tumblr.com/embed/post/t:abc-DEF_1/161234567890",
        r#"<iframe src="https://embed.tumblr.com/embed/post/t:abc-DEF_1/161234567890/v2?width=542"></iframe>"#,
    ),
    (
        "vimeo",
        "https://vimeo.com/76979871/ab12cd34ef",
        r#"<iframe src="https://player.vimeo.com/video/76979871?h=ab12cd34ef&badge=0"></iframe>"#,
    ),
    (
        "twitch",
        "https://clips.twitch.tv/BraveHeron-AbC1_2",
        r#"<iframe src="https://clips.twitch.tv/embed?clip=BraveHeron-AbC1_2&parent=example.org"></iframe>"#,
    ),
    (
        "rumble",
        "https://rumble.com/embed/v1abc2d/",
        r#"<iframe class="rumble" src="https://rumble.com/embed/v1abc2d/?pub=4" allowfullscreen></iframe>"#,
    ),
    (
        "streamable",
        "https://streamable.com/ab1cd2",
        r#"<iframe src="https://streamable.com/e/ab1cd2?autoplay=1"></iframe>"#,
    ),
    (
        "soundcloud",
        "https://w.soundcloud.com/player/?url=https%3A%2F%2Fapi.soundcloud.com%2Ftracks%2F123998367",
        r#"<iframe src="https://w.soundcloud.com/player/?url=https%3A//api.soundcloud.com/tracks/123998367&color=%23ff5500"></iframe>"#,
    ),
    (
        "imgur",
        "https://imgur.com/a/AbC12",
        r#"<blockquote class="imgur-embed-pub" lang="en" data-id="a/AbC12"><a href="//imgur.com/a/AbC12">A heron</a></blockquote><script async src="//s.imgur.com/min/embed.js"></script>"#,
    ),
    (
        "ok",
        "https://ok.ru/video/1234567890123",
        r#"<iframe src="//ok.ru/videoembed/1234567890123" allow="autoplay"></iframe>"#,
    ),
    (
        "bilibili",
        "https://www.bilibili.com/video/BV1xx411c7mD/",
        r#"<iframe src="//player.bilibili.com/player.html?bvid=BV1xx411c7mD&page=1"></iframe>"#,
    ),
    (
        "peertube",
        "https://tube.example/w/9c9de5e8-0a1e-484a-b099-e80766180a6d",
        r#"<iframe title="The weir" src="https://tube.example/videos/embed/9c9de5e8-0a1e-484a-b099-e80766180a6d"></iframe>"#,
    ),
    (
        "x",
        "https://x.com/ada_l/status/1785600110366674944",
        r#"<div class="tweet" data-attrs='{"url":"https://twitter.com/ada_l/status/1785600110366674944","full_text":"The weir is open.","username":"ada_l","name":"Ada Lorenz","date":"2024-05-01T08:00:00.000Z"}' data-component-name="Twitter2ToDOM"></div>"#,
    ),
];

/// What publishing systems put in the place of an embed, or make of it.
const STAND_INS: &[(&str, &str, &str)] = &[
    (
        "vk",
        "https://vk.com/wall-123_456",
        r#"<amp-vk data-embedtype="post" data-owner-id="-123" data-post-id="456" data-hash="abc"></amp-vk>"#,
    ),
    (
        "bluesky",
        "https://bsky.app/profile/did:plc:z72i7hdynmk6r22z27h6tvur/post/3kabc2xyz7k2a",
        r#"<div class="bluesky-wrap outer" data-attrs="{&quot;authorHandle&quot;:&quot;ada.example.org&quot;,&quot;text&quot;:&quot;The weir is open.&quot;}" data-component-name="BlueskyCreateBlueskyEmbed"><iframe data-bluesky-id="1" src="https://embed.bsky.app/embed/did:plc:z72i7hdynmk6r22z27h6tvur/app.bsky.feed.post/3kabc2xyz7k2a?id=1"></iframe></div>"#,
    ),
    (
        "substack",
        "https://substack.com/@ada/note/c-12345678",
        r#"<div class="comment" data-attrs="{&quot;url&quot;:&quot;https://substack.com/@ada/note/c-12345678&quot;}" data-component-name="CommentPlaceholder"></div>"#,
    ),
    (
        "instagram",
        "https://www.instagram.com/p/BvJh2aLh3Zq/",
        r#"<div class="instagram-embed-wrap" data-attrs="{&quot;instagram_id&quot;:&quot;BvJh2aLh3Zq&quot;,&quot;title&quot;:&quot;The weir&quot;}" data-component-name="InstagramToDOM"></div>"#,
    ),
    (
        "youtube",
        "https://www.youtube.com/watch?v=a1B2c3D4-_e",
        r#"<div class="youtube-wrap" data-attrs="{&quot;videoId&quot;:&quot;a1B2c3D4-_e&quot;,&quot;startTime&quot;:null}" data-component-name="Youtube2ToDOM"></div>"#,
    ),
    (
        "youtube",
        "https://www.youtube.com/watch?v=a1B2c3D4-_e",
        r#"<figure class="kg-card kg-bookmark-card"><a class="kg-bookmark-container" href="https://www.youtube.com/watch?v=a1B2c3D4-_e"><div class="kg-bookmark-title">The weir, filmed</div><div class="kg-bookmark-description">Enjoy the videos and music you love, upload original content, and share it all.</div></a></figure>"#,
    ),
    (
        "x",
        "https://x.com/ada_l/status/1785600110366674944",
        r#"<!-- wp:embed {"url":"https://twitter.com/ada_l/status/1785600110366674944","providerNameSlug":"twitter"} --><!-- /wp:embed -->"#,
    ),
    (
        "x",
        "https://x.com/ada_l/status/1785600110366674944",
        r#"<div class="_brlbs-content-blocker"><p>By loading the post, you agree to the terms of the platform.</p></div><div data-borlabs-cookie-id="twitter"><script type="text/template">PGJsb2NrcXVvdGUgY2xhc3M9InR3aXR0ZXItdHdlZXQiPjxhIGhyZWY9Imh0dHBzOi8vdHdpdHRlci5jb20vYWRhX2wvc3RhdHVzLzE3ODU2MDAxMTAzNjY2NzQ5NDQiPng8L2E+PC9ibG9ja3F1b3RlPg==</script></div>"#,
    ),
    (
        "x",
        "https://x.com/ada_l/status/1785600110366674944",
        r#"<div class="content-blocker" data-borlabs-cookie-content="PGJsb2NrcXVvdGUgY2xhc3M9InR3aXR0ZXItdHdlZXQiPjxhIGhyZWY9Imh0dHBzOi8vdHdpdHRlci5jb20vYWRhX2wvc3RhdHVzLzE3ODU2MDAxMTAzNjY2NzQ5NDQiPng8L2E+PC9ibG9ja3F1b3RlPg=="><p>You see a placeholder of this platform here.</p></div>"#,
    ),
    (
        "x",
        "https://x.com/i/status/1785600110366674944",
        r#"<iframe data-s9e-mediaembed="twitter" src="https://s9e.github.io/iframe/2/twitter.min.html#1785600110366674944"></iframe>"#,
    ),
    (
        "x",
        "https://x.com/ada_l/status/1785600110366674944",
        r#"<div class="iframely-embed"><a href="https://x.com/ada_l/status/1785600110366674944" data-iframely-url="//iframely.net/api/iframe?url=https%3A%2F%2Fx.com%2Fada_l%2Fstatus%2F1785600110366674944"></a></div>"#,
    ),
    (
        "x",
        "https://x.com/ada_l/status/1785600110366674944",
        r#"<div class="card" data-tweet-id="1785600110366674944"><span>Ada Lorenz</span> <span>@ada_l</span><p>The weir is open, and it will stay so.</p><a href="https://x.com/ada_l/status/1785600110366674944"><time>May 1, 2024</time></a></div>"#,
    ),
    (
        "x",
        "https://x.com/ada_l/status/1785600110366674944",
        r#"<aside class="onebox twitterstatus" data-onebox-src="https://twitter.com/ada_l/status/1785600110366674944"><header><a href="https://twitter.com/ada_l/status/1785600110366674944">twitter.com</a></header><article><h4><a href="https://twitter.com/ada_l/status/1785600110366674944">Ada Lorenz</a></h4><p>The weir is open, and it will stay so.</p></article></aside>"#,
    ),
    (
        "x",
        "https://x.com/ada_l/status/1785600110366674944",
        r#"<div class="react-tweet-theme"><article><a href="https://twitter.com/ada_l">Ada Lorenz</a><p>The weir is open, and it will stay so.</p><a href="https://twitter.com/ada_l/status/1785600110366674944"><time>8:00 AM · May 1, 2024</time></a><a href="https://twitter.com/intent/like?tweet_id=1785600110366674944">12</a></article></div>"#,
    ),
    (
        "x",
        "https://x.com/ada_l/status/1785600110366674944",
        r#"<astro-island component-url="/_astro/Post.js" props="{&quot;address&quot;:[0,&quot;https:\/\/twitter.com\/ada_l\/status\/1785600110366674944&quot;]}" client="visible"></astro-island>"#,
    ),
    (
        "youtube",
        "https://www.youtube.com/watch?v=a1B2c3D4-_e",
        r#"<div class="plyr__video-embed" data-plyr-provider="youtube" data-plyr-embed-id="a1B2c3D4-_e"></div>"#,
    ),
    (
        "youtube",
        "https://www.youtube.com/watch?v=a1B2c3D4-_e",
        r#"<div class="youtube-onebox lazy-video-container" data-video-id="a1B2c3D4-_e" data-provider-name="youtube"><a href="https://www.youtube.com/watch?v=a1B2c3D4-_e"><img></a></div>"#,
    ),
    (
        "youtube",
        "https://www.youtube.com/watch?v=a1B2c3D4-_e",
        r#"<div class="lyte-wrapper"><div class="lyMe" id="WYL_a1B2c3D4-_e"></div></div>"#,
    ),
    (
        "x",
        "https://x.com/ada_l/status/1785600110366674944",
        r#"<blockquote><p>The weir is open.</p>&mdash; Ada Lorenz (@ada_l) <a href="https://twitter.com/ada_l/status/1785600110366674944">May 1, 2024</a></blockquote>"#,
    ),
    (
        "x",
        "https://x.com/ada_l/status/1785600110366674944",
        r#"<p>https://twitter.com/ada_l/status/1785600110366674944</p><blockquote class="twitter-tweet"><a href="https://twitter.com/ada_l/status/1785600110366674944">x</a></blockquote>"#,
    ),
    (
        "x",
        "https://x.com/ada_l/status/1785600110366674944",
        r#"<table><tr><td><a href="https://twitter.com/ada_l/status/1785600110366674944">Ada Lorenz @ada_l</a></td></tr><tr><td><a href="https://twitter.com/ada_l/status/1785600110366674944">The weir is open, and it will stay so.</a></td></tr></table>"#,
    ),
];

/// Parts of a page beside its story that embed or link posts.
const BESIDE: &[&str] = &[
    r#"<div class="wp-block-query"><ul class="wp-block-post-template"><li><h3><a href="/x">Herons</a></h3><p>See <a href="https://twitter.com/b/status/1785600110366674944">this</a></p></li></ul></div>"#,
    r#"<div class="wp-block-comments"><ol class="wp-block-comment-template"><li><p>Look at this: https://twitter.com/b/status/1785600110366674944</p></li></ol></div>"#,
    r#"<ol class="notes"><li class="note reblog tumblelog_b without_commentary"><a href="https://b.tumblr.com/post/161234567890">b reblogged this</a></li></ol>"#,
];

/// Markup near embeds that embeds no post.
const NOT_EMBEDS: &[&str] = &[
    r#"<iframe src="https://www.youtube.com/embed/videoseries?list=PLabc"></iframe>"#,
    r#"<div class="fb-page" data-href="https://www.facebook.com/ada.l"></div>"#,
    r#"<div class="fb-like" data-href="https://www.facebook.com/ada.l/posts/1"></div>"#,
    r#"<blockquote class="tiktok-embed" cite="https://www.tiktok.com/@ada.l" data-unique-id="ada.l" data-embed-type="creator"></blockquote>"#,
    r#"<a class="twitter-timeline" href="https://twitter.com/ada_l">Tweets by ada_l</a>"#,
    r#"<amp-social-share type="twitter"></amp-social-share>"#,
    r#"<div class="g-ytsubscribe" data-channelid="UCabc"></div>"#,
    r#"<iframe src="https://www.facebook.com/plugins/like.php?href=https%3A%2F%2Fexample.org"></iframe>"#,
    r#"<a href="https://www.facebook.com/sharer/sharer.php?u=https%3A%2F%2Fexample.org">Share</a>"#,
    r#"<iframe src="https://www.google.com/maps/embed?pb=1"></iframe>"#,
];

const BEFORE: &str = "The keeper of the weir says in a post that it has been open since the morning.";
const AFTER: &str = "The council did not answer our questions about the weir and the two bridges below it.";

fn story(markup: &str) -> String {
    format!(
        "<!DOCTYPE html><html lang=en><body><article><h1>The weir</h1><p>{AFTER}</p><p>{BEFORE}</p>{markup}<p>{AFTER}</p></article></body></html>"
    )
}

#[test]
fn each_platforms_embed_is_found_once_with_its_sentence() {
    let mut wrong = Vec::new();
    for (platform, canonical, markup) in EMBEDS.iter().chain(STAND_INS) {
        let findings = citekeep::find(story(markup).as_bytes(), &Hints::default()).unwrap();
        let posts: Vec<_> = findings
            .citations
            .iter()
            .filter_map(|citation| match &citation.cited {
                Cited::Post(post) => Some((post.platform, post.url.as_str(), findings.sentence(citation))),
                _ => None,
            })
            .collect();
        if posts != [(*platform, *canonical, Some(BEFORE))] {
            wrong.push(format!("{markup}\n  {posts:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_pass_over_the_bytes_of_a_page_passes_none_of_them_over() {
    for (.., markup) in EMBEDS.iter().chain(STAND_INS) {
        assert!(
            citekeep::may_cite_post(markup.as_bytes(), &Hints::default()),
            "{markup}"
        );
    }
}

#[test]
fn the_same_embeds_behind_consent_or_without_scripts_are_found() {
    let mut wrong = Vec::new();
    for (_, canonical, markup) in EMBEDS
        .iter()
        .filter(|(_, _, m)| !["<script", "<p><a", "<figure"].iter().any(|part| m.contains(part)))
    {
        for wrapped in [
            format!("<noscript>{markup}</noscript>"),
            format!("<template>{markup}</template>"),
            format!("<script type='text/template'>{markup}</script>"),
            format!(
                "<div class='consent' data-html=\"{}\"></div>",
                markup.replace('&', "&amp;").replace('"', "&quot;")
            ),
        ]
        .iter()
        .filter(|wrapped| !wrapped.contains("data-html") || markup.contains("://"))
        {
            let findings = citekeep::find(story(wrapped).as_bytes(), &Hints::default()).unwrap();
            let found = findings
                .citations
                .iter()
                .filter(|c| matches!(&c.cited, Cited::Post(p) if p.url.as_str() == *canonical));
            if found.count() != 1 {
                wrong.push(wrapped.clone());
            }
        }
    }
    assert!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_post_that_only_the_data_of_a_page_embed_is_found_whatever_the_platform() {
    let mut wrong = Vec::new();
    // Nothing in the address of a page of PeerTube names it.
    for (platform, canonical, _) in EMBEDS.iter().filter(|(platform, ..)| *platform != "peertube") {
        let island = format!(
            r#"<script type="application/json">{{"content_elements":[{{"type":"text","content":"{BEFORE}"}},{{"type":"oembed_response","raw_oembed":{{"url":"{canonical}"}}}}]}}</script>"#
        );
        let findings = citekeep::find(story(&island).as_bytes(), &Hints::default()).unwrap();
        let found: Vec<_> = findings
            .citations
            .iter()
            .map(|c| (c.label(), findings.sentence(c)))
            .collect();
        if found != [((*canonical).to_owned(), Some(BEFORE))] {
            wrong.push(format!("{platform} {canonical}: {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_post_behind_a_program_in_the_browser_is_that_of_its_server() {
    for address in [
        "https://elk.zone/herons.example/@ada/109876543210987654",
        "https://phanpy.social/#/herons.example/s/109876543210987654",
    ] {
        let page = story(&format!(
            r#"<p>The keeper <a href="{address}">showed</a> the weir.</p>"#
        ));
        let findings = citekeep::find(page.as_bytes(), &Hints::default()).unwrap();
        let ids: Vec<_> = findings
            .citations
            .iter()
            .map(|citation| match &citation.cited {
                Cited::Post(post) => post.id.as_str(),
                _ => "",
            })
            .collect();
        assert_eq!(ids, ["herons.example/109876543210987654"], "{address}");
    }
}

#[test]
fn short_addresses_and_front_pages_stay_links() {
    for address in [
        "https://fb.watch/aB1c2D/",
        "https://vm.tiktok.com/ZMabc123/",
        "https://www.youtube.com/",
    ] {
        let page = story(&format!("<p>The keeper showed the weir at {address} on that day.</p>"));
        let findings = citekeep::find(page.as_bytes(), &Hints::default()).unwrap();
        let links: Vec<_> = findings
            .citations
            .iter()
            .map(citekeep::citation::Citation::label)
            .collect();
        assert_eq!(links, [address]);
    }
}

#[test]
fn a_quotation_after_a_colon_and_the_post_after_it_have_one_sentence() {
    let lead = "On that evening the keeper of the weir wrote in a long message:";
    let post = r#"<blockquote class="twitter-tweet"><p>The weir is open and we are well.</p>&mdash; Ada (@ada_l) <a href="https://twitter.com/ada_l/status/1785600110366674944">May 1, 2024</a></blockquote>"#;
    for quotation in [
        "<blockquote><p>The weir is open and we are well.</p></blockquote>",
        "<p>“The weir is open and we are well.”</p>",
    ] {
        let page = story(&format!("<p>{lead}</p>{quotation}{post}"));
        let findings = citekeep::find(page.as_bytes(), &Hints::default()).unwrap();
        assert_eq!(findings.citations.len(), 1);
        assert_eq!(findings.sentence(&findings.citations[0]), Some(lead), "{quotation}");
    }
}

#[test]
fn the_story_is_told_from_what_stands_around_it_without_names() {
    let post = |id: &str| {
        format!(
            r#"<blockquote class="twitter-tweet"><a href="https://twitter.com/ada_l/status/{id}">x</a></blockquote>"#
        )
    };
    let (own, other) = (post("1785600110366674944"), post("1785600110366674945"));
    let text = format!("<p>{AFTER} {BEFORE} {AFTER}</p><p>{BEFORE}</p>");
    for (page, what) in [
        (
            format!("<div><h1>The weir</h1></div><div><div>{text}</div></div><div><div>{own}</div></div>"),
            "page builders put text and embed into boxes of their own",
        ),
        (
            format!("<div><div><h1>The weir</h1>{text}{own}</div><div><h3>Our posts</h3>{other}</div></div>"),
            "a column beside text and headline is none of the story",
        ),
        (
            format!("<article><h1>The weir</h1>{text}{own}</article><section><p>{AFTER}</p>{other}</section>"),
            "the article element with the headline is the story",
        ),
        (
            format!(
                "<h1>The weir</h1>{text}<div class='social-media-post'>{own}</div><div class='social-media'>{other}</div>"
            ),
            "what is called a post is no row of buttons",
        ),
    ] {
        let page = format!("<!DOCTYPE html><html lang=en><body>{page}</body></html>");
        let findings = citekeep::find(page.as_bytes(), &Hints::default()).unwrap();
        let found: Vec<_> = findings
            .citations
            .iter()
            .map(|c| (c.label(), findings.sentence(c)))
            .collect();
        let expected = "https://x.com/ada_l/status/1785600110366674944".to_owned();
        assert_eq!(found, [(expected, Some(BEFORE))], "{what}");
    }
}

#[test]
fn what_only_looks_like_an_embed_is_none() {
    for markup in NOT_EMBEDS.iter().chain(BESIDE) {
        let findings = citekeep::find(story(markup).as_bytes(), &Hints::default()).unwrap();
        let posts: Vec<_> = findings
            .citations
            .iter()
            .map(citekeep::citation::Citation::label)
            .collect();
        assert!(
            findings.citations.iter().all(|c| !matches!(c.cited, Cited::Post(_))),
            "{markup}: {posts:?}"
        );
    }
}
