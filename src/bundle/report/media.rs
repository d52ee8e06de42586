//! Photos, videos and sounds of a post. What is small stands in the page as a `data:` address, what is large beside it in
//! `media/` under its digest. Only what its first bytes show to be a picture, film or sound is shown; anything else is named
//! by its digest.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::markup::{Attribute, Name, Text};
use super::{Report, words};
use crate::error::Result;
use crate::store::export::Blob;
use crate::store::export::subject::Medium;
use crate::store::hex;

/// Most bytes of a file that stands in the page.
const INLINE: u64 = 2 << 20;

/// Most bytes of all files that stand in the page.
const INLINE_TOTAL: u64 = 32 << 20;

/// First bytes that are looked at.
const SIGNATURE: usize = 16;

impl Report<'_> {
    /// The files of a post.
    pub(super) fn media(&mut self, target: i64, media: &[Medium], sensitive: bool) -> Result<()> {
        if media.is_empty() {
            return Ok(());
        }
        let (open, close) = match sensitive {
            true => (
                "<details><summary class=small>Media that the platform marks as sensitive: open this to see them, also on paper</summary>\n",
                "</details>\n",
            ),
            false => ("", ""),
        };
        self.put(format_args!("{open}<div class=media id=m{target}>\n"))?;
        for medium in media {
            self.medium(medium)?;
        }
        self.put(format_args!("</div>\n{close}"))
    }

    fn medium(&mut self, medium: &Medium) -> Result<()> {
        let of_author = medium.kind == "avatar";
        self.put(if of_author { "<figure class=avatar>" } else { "<figure>" })?;
        if let (Some(body), "captured", false) = (&medium.body, medium.outcome.as_str(), medium.redacted) {
            let inline = body.length <= INLINE && self.inlined + body.length <= INLINE_TOTAL;
            match inline {
                true => self.inline(medium, body)?,
                false => self.beside(medium, body)?,
            }
        }
        let kind = Text(&medium.kind);
        // A figure has one caption.
        let mut lines = Vec::new();
        if of_author {
            lines.push("<p class=small>Picture of its author</p>".to_owned());
        }
        if medium.redacted {
            lines.push(format!("<p class=note>{kind}: redacted or left out of this bundle</p>"));
        } else if medium.outcome != "captured" {
            lines.push(format!(
                "<p class=note>{kind}: not saved, {} (<code>{}</code>)</p>",
                Text(&words::headline(&medium.outcome).0.to_lowercase()),
                Text(&medium.reason)
            ));
        }
        if let Some(helper) = &medium.helper {
            lines.push(format!(
                "<p class=note>{kind}: got by a program of others, {}, and not by an exchange of ours</p>",
                Name(helper)
            ));
        }
        if let Some(alt) = medium.alt.as_deref().filter(|alt| !alt.is_empty()) {
            lines.push(format!("<p class=small>Described by its author: {}</p>", Name(alt)));
        }
        if !lines.is_empty() {
            self.put(format_args!("<figcaption>{}</figcaption>", lines.concat()))?;
        }
        self.put("</figure>\n")
    }

    fn inline(&mut self, medium: &Medium, body: &Blob) -> Result<()> {
        let bytes = self.extract.whole(body)?;
        let Some(kind) = Kind::of(&bytes) else {
            return self.put("<p class=note>Not shown: no picture, film or sound that this report knows.</p>\n");
        };
        self.inlined += bytes.len() as u64;
        let (before, after) = kind.element(medium);
        self.put(format_args!("{before}data:{};base64,", kind.media_type))?;
        self.put(STANDARD.encode(&bytes))?;
        self.put(after)
    }

    /// Writes the bytes beside the page, once, and leads to them.
    fn beside(&mut self, medium: &Medium, body: &Blob) -> Result<()> {
        let mut start = Vec::new();
        self.extract.body(body, |piece| {
            if start.len() < SIGNATURE {
                start.extend(piece.iter().take(SIGNATURE - start.len()));
            }
            Ok(())
        })?;
        let Some(kind) = Kind::of(&start) else {
            return self.put("<p class=note>Not shown: no picture, film or sound that this report knows.</p>\n");
        };
        let name = format!("media/{}.{}", hex(&body.sha256), kind.extension);
        if self.filed.insert(body.sha256) {
            let mut file = self.bag.payload(&name)?;
            self.extract.body(body, |piece| file.write(piece))?;
            file.close()?;
        }
        self.put(format_args!(
            "<p class=note>Beside this page: <a href=\"{name}\">the {} ({})</a></p>\n",
            Text(&medium.kind),
            words::size(body.length.cast_signed())
        ))
    }
}

/// A format of pictures, films or sounds.
struct Kind {
    media_type: &'static str,
    extension: &'static str,
}

impl Kind {
    /// The format by its first bytes (WHATWG MIME Sniffing §6). Formats that can hold scripts are not among them.
    fn of(bytes: &[u8]) -> Option<Kind> {
        let at = |offset: usize, magic: &[u8]| bytes.get(offset..).is_some_and(|rest| rest.starts_with(magic));
        let iso = |brand: &[u8]| at(4, b"ftyp") && at(8, brand);
        let (media_type, extension) = match () {
            () if at(0, b"\xff\xd8\xff") => ("image/jpeg", "jpg"),
            () if at(0, b"\x89PNG\r\n\x1a\n") => ("image/png", "png"),
            () if at(0, b"GIF87a") || at(0, b"GIF89a") => ("image/gif", "gif"),
            () if at(0, b"RIFF") && at(8, b"WEBP") => ("image/webp", "webp"),
            () if iso(b"avif") || iso(b"avis") => ("image/avif", "avif"),
            () if iso(b"M4A ") => ("audio/mp4", "m4a"),
            () if at(4, b"ftyp") => ("video/mp4", "mp4"),
            () if at(0, b"\x1aE\xdf\xa3") => ("video/webm", "webm"),
            () if at(0, b"OggS") => ("audio/ogg", "ogg"),
            () if at(0, b"ID3") || at(0, b"\xff\xfb") || at(0, b"\xff\xf3") => ("audio/mpeg", "mp3"),
            () if at(0, b"RIFF") && at(8, b"WAVE") => ("audio/wav", "wav"),
            () => return None,
        };
        Some(Kind { media_type, extension })
    }

    /// The markup before and after its address.
    fn element(&self, medium: &Medium) -> (String, String) {
        let description = medium.alt.as_deref().unwrap_or_default();
        let on_paper = format!(
            "<p class=\"note paper\">Here stands a {}, which a page of paper cannot show.</p>",
            Text(&medium.kind)
        );
        match self.media_type.split('/').next() {
            Some("image") => (
                "<img src=\"".to_owned(),
                format!("\" alt=\"{}\">", Attribute(description)),
            ),
            Some("video") => (
                "<video controls preload=metadata src=\"".to_owned(),
                format!("\" title=\"{}\"></video>{on_paper}", Attribute(description)),
            ),
            _ => ("<audio controls src=\"".to_owned(), format!("\"></audio>{on_paper}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pictures_films_and_sounds_are_shown_whatever_they_are_called() {
        for (bytes, media_type) in [
            (&b"\xff\xd8\xff\xe0 a picture"[..], Some("image/jpeg")),
            (b"\x89PNG\r\n\x1a\n....", Some("image/png")),
            (b"RIFF....WEBPVP8 ", Some("image/webp")),
            (b"\0\0\0\x20ftypavif", Some("image/avif")),
            (b"\0\0\0\x20ftypisom", Some("video/mp4")),
            (b"<svg xmlns='http://www.w3.org/2000/svg'><script>", None),
            (b"<html>", None),
            (b"", None),
            (b"GIF", None),
        ] {
            assert_eq!(Kind::of(bytes).map(|kind| kind.media_type), media_type);
        }
    }
}
