//! Telegram's embed page of a public post (`t.me/CHANNEL/N?embed=1&mode=tme`).

use scraper::{ElementRef, Html, Selector};

use crate::article;
use crate::exchange::{Exchange, Purpose, Request};
use crate::outcome::Outcome;
use crate::platform::post::{Card, Media, Poll, PollOption, Post, Related, Relation};
use crate::platform::value::utc;
use crate::platform::{Answer, Hops, PostRef, Recognised, Source, Step, Upstreams, rich, value};

/// The source.
pub struct Embed;

impl Source for Embed {
    fn name(&self) -> &'static str {
        "telegram.embed"
    }

    fn next(&self, post: &PostRef, upstreams: &Upstreams, so_far: &[Hops]) -> Step {
        if post.id.starts_with("c/") {
            return Step::without_post(Outcome::LoginRequired, "private_channel");
        }
        // A comment or a story has an identity of its own, which the embed page does not show.
        if post.id.split('/').count() != 2 {
            return Step::without_post(Outcome::Refused, "only_posts");
        }
        Step::once(
            so_far,
            || {
                let path = format!("{}?embed=1&mode=tme", post.id);
                Request::new(upstreams.join("telegram.embed", &path), Purpose::Api)
            },
            |exchange| read(exchange, Some(&post.id)),
        )
    }
}

/// Reads an answer, to the question for the post of this id (`channel/N`) if one is given.
#[must_use]
pub fn read(exchange: &Exchange, asked: Option<&str>) -> Answer {
    let text = match value::page(exchange) {
        Ok(text) => text,
        Err(answer) => return *answer,
    };
    let (page, _) = article::parse(&text);
    if let Some(error) = first(&page, ".tgme_widget_message_error") {
        let said = rich::read(error).0.to_lowercase();
        // Not found may be deleted, never there, or of a channel that went private.
        return match () {
            () if said.contains("post not found") => Answer::without_post(Outcome::NotFound, "post_not_found"),
            () if said.contains("not found") => Answer::without_post(Outcome::NotFound, "channel_not_found"),
            () if said.contains("private") => Answer::without_post(Outcome::Protected, "channel_private"),
            () if ["be displayed", "violat", "local laws", "copyright"]
                .iter()
                .any(|word| said.contains(word)) =>
            {
                Answer::without_post(Outcome::Withheld, "channel_withheld")
            }
            () => Answer::without_post(Outcome::Walled, "message_error"),
        };
    }
    match post(&page) {
        None => Answer::without_post(Outcome::Unreadable, "unknown_shape"),
        Some(post) if asked.is_some_and(|id| id != post.id) => Answer::without_post(Outcome::Unreadable, "wrong_id"),
        // It is there, and its content is shown only in the application.
        Some(post) if post.text.is_none() && post.media.is_empty() && post.poll.is_none() && is_only_in_app(&page) => {
            Answer::without_post(Outcome::LoginRequired, "only_in_application")
        }
        Some(post) => Answer::with_post("post", post),
    }
}

/// Whether the page sends its reader to the application in the place of a content.
fn is_only_in_app(page: &Html) -> bool {
    let label = first(page, ".message_media_not_supported_label");
    label.is_some_and(|label| rich::read(label).0.to_lowercase().contains("open telegram"))
}

fn first<'a>(page: &'a Html, css: &str) -> Option<ElementRef<'a>> {
    page.select(&Selector::parse(css).ok()?).next()
}

fn within<'a>(element: ElementRef<'a>, css: &str) -> Vec<ElementRef<'a>> {
    Selector::parse(css)
        .map(|s| element.select(&s).take(100).collect())
        .unwrap_or_default()
}

fn words(element: ElementRef<'_>, css: &str) -> Option<String> {
    let element = *within(element, css).first()?;
    Some(rich::read(element).0).filter(|t| !t.is_empty())
}

fn named(address: &str) -> Option<PostRef> {
    match crate::platform::recognise(&address.parse().ok()?)? {
        (found, Recognised::Post(post)) if found.name == "telegram" => Some(post),
        _ => None,
    }
}

fn post(page: &Html) -> Option<Post> {
    let message = first(page, ".tgme_widget_message")?;
    let address = match message.attr("data-post") {
        Some(id) => format!("https://t.me/{id}"),
        None => within(message, "a.tgme_widget_message_date")
            .first()?
            .attr("href")?
            .to_owned(),
    };
    let named_post = named(&address)?;
    let owner = within(
        message,
        ".tgme_widget_message_owner_name, .tgme_widget_message_author_name",
    )
    .first()
    .copied();
    let mut post = Post {
        id: named_post.id,
        url: Some(named_post.url.into()),
        author_handle: named_post.handle,
        author_name: owner.map(|o| rich::read(o).0).filter(|n| !n.is_empty()),
        author_avatar: within(message, ".tgme_widget_message_user_photo img[src]")
            .first()
            .and_then(|picture| picture.attr("src"))
            .filter(|src| src.starts_with("http"))
            .map(str::to_owned),
        posted_at: within(
            message,
            ".tgme_widget_message_date time, .tgme_widget_message_meta time",
        )
        .first()
        .and_then(|t| utc(t.attr("datetime")?)),
        ..Post::default()
    };
    // The text of the answered message has a class of its own.
    if let Some(text) = within(message, ".tgme_widget_message_text:not(.js-message_reply_text)").first() {
        let (text, entities) = rich::read(*text);
        post.text = Some(text).filter(|t| !t.is_empty());
        post.entities = entities;
    }
    post.text_cut = post.text.as_ref().map(|_| false);
    if let Some(views) = words(message, ".tgme_widget_message_views").and_then(|v| short_number(&v)) {
        post.count("views", Some(views));
    }
    if let Some(meta) = words(message, ".tgme_widget_message_meta")
        && meta.contains("edited")
    {
        post.labels.push("edited".into());
    }
    for reaction in within(message, ".tgme_widget_message_reactions .tgme_reaction") {
        // The sign, and how often: `👍1.2K`. Signs of a channel's own making have no characters.
        let said = rich::read(reaction).0;
        if let Some(at) = said.find(|c: char| c.is_ascii_digit()) {
            let (sign, number) = said.split_at(at);
            let name = format!("reaction {}", sign.trim());
            post.count(name.trim(), short_number(number));
        }
    }
    media(&mut post, message);
    if let Some(reply) = within(message, ".tgme_widget_message_reply").first() {
        let parent = reply.attr("href").and_then(named);
        post.relate(Related {
            id: parent.as_ref().map(|p| p.id.clone()),
            url: parent.as_ref().map(|p| p.url.to_string()),
            author_handle: parent.and_then(|p| p.handle),
            author_name: words(*reply, ".tgme_widget_message_author_name"),
            text: words(*reply, ".tgme_widget_message_metatext, .js-message_reply_text"),
            ..Related::new(Relation::Parent)
        });
    }
    if let Some(from) = within(message, ".tgme_widget_message_forwarded_from_name").first() {
        let original = from.attr("href").and_then(named);
        post.relate(Related {
            id: original.as_ref().map(|p| p.id.clone()),
            url: original.as_ref().map(|p| p.url.to_string()),
            author_handle: original.and_then(|p| p.handle),
            author_name: Some(rich::read(*from).0).filter(|n| !n.is_empty()),
            ..Related::new(Relation::Reposted)
        });
    }
    if let Some(preview) = within(message, "a.tgme_widget_message_link_preview").first() {
        post.card = Some(Card {
            url: preview.attr("href").map(str::to_owned),
            title: words(*preview, ".link_preview_title"),
            description: words(*preview, ".link_preview_description"),
            image: within(*preview, ".link_preview_image, .link_preview_right_image")
                .first()
                .and_then(|i| background(*i)),
        });
    }
    if let Some(poll) = within(message, ".tgme_widget_message_poll").first() {
        post.poll = Some(Poll {
            question: words(*poll, ".tgme_widget_message_poll_question"),
            options: within(*poll, ".tgme_widget_message_poll_option")
                .into_iter()
                .filter_map(|o| {
                    Some(PollOption {
                        text: words(o, ".tgme_widget_message_poll_option_text")?,
                        votes: None,
                        percent: words(o, ".tgme_widget_message_poll_option_percent")
                            .and_then(|p| p.trim_end_matches('%').trim().parse().ok()),
                    })
                })
                .collect(),
            voters: words(message, ".tgme_widget_message_voters").and_then(|v| short_number(&v)),
            closed: words(*poll, ".tgme_widget_message_poll_type").map(|kind| kind.to_lowercase().contains("final")),
            ..Poll::default()
        });
    }
    Some(post)
}

fn media(post: &mut Post, message: ElementRef<'_>) {
    let all = ".tgme_widget_message_photo_wrap, .tgme_widget_message_video_player, .tgme_widget_message_roundvideo_player, \
               audio.tgme_widget_message_voice, .tgme_widget_message_sticker, .tgme_widget_message_videosticker, \
               .tgme_widget_message_document_wrap";
    let places = within(message, all);
    post.media_expected = Some(places.len());
    for place in places {
        let class = place.attr("class").unwrap_or("");
        let still = |css: &str| within(place, css).first().and_then(|e| background(*e));
        let (kind, url, preview) = if class.contains("photo_wrap") {
            ("photo", background(place), None)
        } else if class.contains("videosticker") {
            let file = within(place, "video[src]").first().and_then(|v| v.attr("src"));
            ("gif", file.map(str::to_owned), None)
        } else if class.contains("video_player") {
            let file = within(place, "video")
                .first()
                .and_then(|v| v.attr("src"))
                .map(str::to_owned);
            let preview = still(".tgme_widget_message_video_thumb, .tgme_widget_message_roundvideo_thumb");
            match file {
                Some(file) => ("video", Some(file), preview),
                // Too large for the page: only its still is there.
                None => ("still", preview, None),
            }
        } else if class.contains("voice") {
            ("audio", place.attr("src").map(str::to_owned), None)
        } else if class.contains("sticker") {
            let file = place.attr("data-webp").or_else(|| place.attr("src"));
            ("photo", file.map(str::to_owned).or_else(|| background(place)), None)
        } else {
            ("file", None, None)
        };
        if let Some(url) = url {
            let inside = "time.message_video_duration, time.tgme_widget_message_roundvideo_duration";
            // The player of a voice message stands around it, with the time beside.
            let around = || {
                let player = place.ancestors().filter_map(ElementRef::wrap).take(4);
                let mut player = player.filter(|e| e.attr("class").is_some_and(|c| c.contains("voice_player")));
                words(player.next()?, "time.tgme_widget_message_voice_duration")
            };
            let duration = words(place, inside).or_else(around);
            post.media.push(Media {
                kind: kind.into(),
                url,
                preview,
                duration_ms: duration.and_then(|d| clock(&d)),
                ..Media::default()
            });
        }
    }
}

/// The address in `background-image:url('…')`.
fn background(element: ElementRef<'_>) -> Option<String> {
    let style = element.attr("style")?;
    let (_, rest) = style.split_once("background-image")?;
    let (_, rest) = rest.split_once("url(")?;
    let (url, _) = rest.split_once(')')?;
    Some(url.trim().trim_matches(['\'', '"']).to_owned()).filter(|u| !u.is_empty())
}

/// `1:05` or `1:02:03` in milliseconds.
fn clock(text: &str) -> Option<u64> {
    let seconds = text
        .trim()
        .split(':')
        .try_fold(0_u64, |sum, part| sum.checked_mul(60)?.checked_add(part.parse().ok()?))?;
    seconds.checked_mul(1000)
}

/// `2.5K` as 2500: as exact as it is printed.
fn short_number(text: &str) -> Option<i64> {
    let text = text.split_whitespace().next()?;
    let (digits, factor) = match text.chars().last()? {
        'K' => (&text[..text.len() - 1], 1_000),
        'M' => (&text[..text.len() - 1], 1_000_000),
        _ => (text, 1),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let whole: i64 = whole.parse().ok()?;
    let mut number = whole.checked_mul(factor)?;
    let mut step = factor;
    for digit in fraction.chars().take(6) {
        step /= 10;
        number += i64::from(digit.to_digit(10)?) * step;
    }
    Some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::testing::answered;

    fn told(body: &str) -> Answer {
        read(&answered(200, body.as_bytes()), None)
    }

    #[test]
    fn every_kind_of_file_and_mark_of_a_telegram_post_is_read() {
        let html = r#"<div class="tgme_widget_message" data-post="river/5"><a class="tgme_widget_message_owner_name"><span>River watch</span></a>
          <div class="tgme_widget_message_forwarded_from">Forwarded from <a class="tgme_widget_message_forwarded_from_name" href="https://t.me/weir/9">Weir</a></div>
          <div class="tgme_widget_message_grouped_wrap"><a class="tgme_widget_message_photo_wrap grouped_media_wrap" style="width:10px;background-image:url('https://cdn.example/1.jpg')"></a>
          <a class="tgme_widget_message_photo_wrap grouped_media_wrap" style="background-image:url('https://cdn.example/2.jpg')"></a></div>
          <a class="tgme_widget_message_video_player"><i class="tgme_widget_message_video_thumb" style="background-image:url('https://cdn.example/v.jpg')"></i><video src="https://cdn.example/v.mp4"></video><time class="message_video_duration">1:05</time></a>
          <a class="tgme_widget_message_video_player not_supported"><i class="tgme_widget_message_video_thumb" style="background-image:url('https://cdn.example/w.jpg')"></i></a>
          <div class="tgme_widget_message_voice_player"><audio class="tgme_widget_message_voice" src="https://cdn.example/a.ogg"></audio><time class="tgme_widget_message_voice_duration">0:07</time></div>
          <div class="tgme_widget_message_videosticker"><video src="https://cdn.example/s.webm"></video></div>
          <a class="tgme_widget_message_document_wrap"><div class="tgme_widget_message_document_title">plan.pdf</div></a>
          <div class="tgme_widget_message_text">High <b>water</b><blockquote>says Ada</blockquote>now <a href="?q=%23weir">#weir</a></div>
          <div class="tgme_widget_message_reactions"><span class="tgme_reaction"><i class="emoji"><b>👍</b></i>1.2K</span><span class="tgme_reaction"><i class="emoji"><b>🔥</b></i>3</span></div>
          <div class="tgme_widget_message_poll"><div class="tgme_widget_message_poll_question">Flood?</div><div class="tgme_widget_message_poll_type">Final Results</div>
          <div class="tgme_widget_message_poll_option"><div class="tgme_widget_message_poll_option_percent">75%</div><div class="tgme_widget_message_poll_option_text">Yes</div></div></div>
          <span class="tgme_widget_message_views">1.2M</span><span class="tgme_widget_message_meta">edited <a class="tgme_widget_message_date" href="https://t.me/river/5"><time datetime="2024-05-01T12:00:00+02:00">12:00</time></a></span></div>"#;
        let post = told(html).post.unwrap();
        assert_eq!(post.text.as_deref(), Some("High water\nsays Ada\nnow #weir"));
        let files: Vec<_> = post
            .media
            .iter()
            .map(|m| (m.kind.as_str(), m.url.rsplit('/').next().unwrap()))
            .collect();
        assert_eq!(
            files,
            [
                ("photo", "1.jpg"),
                ("photo", "2.jpg"),
                ("video", "v.mp4"),
                ("still", "w.jpg"),
                ("audio", "a.ogg"),
                ("gif", "s.webm")
            ]
        );
        assert_eq!((post.media_expected, post.media[4].duration_ms), (Some(7), Some(7_000)));
        assert_eq!(
            post.counts,
            [
                ("views".to_owned(), 1_200_000),
                ("reaction 👍".to_owned(), 1_200),
                ("reaction 🔥".to_owned(), 3)
            ]
        );
        let poll = post.poll.unwrap();
        assert_eq!((poll.closed, poll.options[0].percent), (Some(true), Some(75)));
        assert_eq!(
            (post.reposted_id.as_deref(), post.posted_at.as_deref()),
            (Some("weir/9"), Some("2024-05-01T10:00:00Z"))
        );
        assert_eq!(post.labels, ["edited"]);
    }
}
