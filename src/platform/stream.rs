//! Playlists of HTTP Live Streaming (RFC 8216), and manifests of DASH (`stream/dash.rs`): the files that make up a film or sound
//! which is no file by itself. Of several variants the best is chosen, with its sound where that is apart.

use std::collections::HashSet;

use url::Url;

use crate::exchange::Exchange;

mod dash;

/// Most lines that are read.
const LINES: usize = 100_000;

/// A file that a playlist names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// `playlist`, `segment`, or `key`: what encrypted segments are opened with.
    pub kind: &'static str,
    /// Its address.
    pub url: Url,
}

/// The files that a playlist or manifest names, each once, in order: of a master playlist that of the best variant and of its sound,
/// else the segments and what they need. None, if it is neither.
#[must_use]
pub fn named_by(answer: &Exchange) -> Vec<Piece> {
    const MARK: &[u8] = b"\xef\xbb\xbf";
    const BEGINNING: &[u8] = b"#EXTM3U";
    const LONGEST: usize = 1_024;
    // Most files are pictures: no more of them is looked at.
    let head = answer.beginning(LONGEST, |head| head.len() >= LONGEST);
    let head = head.strip_prefix(MARK).unwrap_or(&head);
    let is_playlist = head.starts_with(BEGINNING);
    let is_manifest = head.trim_ascii_start().starts_with(b"<") && memchr::memmem::find(head, b"<MPD").is_some();
    if !is_playlist && !is_manifest {
        return Vec::new();
    }
    let body = answer.decoded().unwrap_or_default();
    let text = String::from_utf8_lossy(body.strip_prefix(MARK).unwrap_or(&body));
    let mut pieces = match is_playlist {
        true => read(&text, &answer.url),
        false => dash::named_by(&text, &answer.url),
    };
    let mut seen = HashSet::new();
    pieces.retain(|piece| seen.insert(piece.url.clone()));
    pieces
}

fn read(text: &str, base: &Url) -> Vec<Piece> {
    let piece = |kind, address: &str| {
        let url = base.join(address).ok().filter(|_| !address.is_empty())?;
        matches!(url.scheme(), "http" | "https").then_some(Piece { kind, url })
    };
    let mut pieces = Vec::new();
    let mut sounds: Vec<(String, bool, String)> = Vec::new();
    // Bit rate, group of its sound, address.
    let mut best: Option<(u64, Option<String>, String)> = None;
    let mut variant = None;
    for line in text.lines().take(LINES).map(str::trim).filter(|line| !line.is_empty()) {
        let Some(tag) = line.strip_prefix('#') else {
            match variant.take() {
                Some((rate, sound)) if best.as_ref().is_none_or(|(known, ..)| rate > *known) => {
                    best = Some((rate, sound, line.to_owned()));
                }
                Some(_) => {}
                None => pieces.extend(piece("segment", line)),
            }
            continue;
        };
        let (name, list) = tag.split_once(':').unwrap_or((tag, ""));
        let value = |name: &str| attributes(list).find(|(key, _)| *key == name).map(|(_, value)| value);
        match name {
            "EXT-X-STREAM-INF" => {
                let rate = value("BANDWIDTH").and_then(|rate| rate.parse().ok()).unwrap_or(0);
                variant = Some((rate, value("AUDIO").map(str::to_owned)));
            }
            "EXT-X-MEDIA" if value("TYPE") == Some("AUDIO") => {
                if let (Some(group), Some(address)) = (value("GROUP-ID"), value("URI")) {
                    let is_default = value("DEFAULT") == Some("YES");
                    sounds.push((group.to_owned(), is_default, address.to_owned()));
                }
            }
            "EXT-X-MAP" => pieces.extend(value("URI").and_then(|address| piece("segment", address))),
            "EXT-X-KEY" => pieces.extend(value("URI").and_then(|address| piece("key", address))),
            _ => {}
        }
    }
    if let Some((_, group, address)) = best {
        let of_group = sounds.iter().filter(|(of, ..)| Some(of) == group.as_ref());
        let sound = of_group.max_by_key(|(_, is_default, _)| *is_default);
        pieces = piece("playlist", &address).into_iter().collect();
        pieces.extend(sound.and_then(|(.., address)| piece("playlist", address)));
    }
    pieces
}

/// Names and values of an attribute list (RFC 8216 §4.2), without quotes.
fn attributes(mut list: &str) -> impl Iterator<Item = (&str, &str)> {
    std::iter::from_fn(move || {
        let (name, rest) = list.split_once('=')?;
        let (value, rest) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => rest.split_at(rest.find(',').unwrap_or(rest.len())),
        };
        list = rest.trim_start_matches([',', ' ']);
        Some((name.trim(), value))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::exchange::testing::answered;

    fn named(body: &str) -> Vec<String> {
        let pieces = named_by(&answered(200, body.as_bytes()));
        pieces
            .iter()
            .map(|piece| format!("{} {}", piece.kind, piece.url))
            .collect()
    }

    #[test]
    fn of_a_master_playlist_the_best_variant_and_its_sound_are_named() {
        let master = "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"high, loud\",NAME=\"a\",DEFAULT=NO,URI=\"b.m3u8\"\n\
            #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"high, loud\",NAME=\"c\",DEFAULT=YES,URI=\"c.m3u8\"\n\
            #EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"s\",URI=\"s.m3u8\"\n\
            #EXT-X-STREAM-INF:BANDWIDTH=300000,CODECS=\"avc1,mp4a\",AUDIO=\"low\"\n360/v.m3u8\r\n\
            #EXT-X-STREAM-INF:BANDWIDTH=1200000,CODECS=\"avc1,mp4a\",AUDIO=\"high, loud\"\n/720/v.m3u8?a=b\n\
            #EXT-X-STREAM-INF:BANDWIDTH=700000\n480/v.m3u8\n";
        assert_eq!(
            named(master),
            [
                "playlist https://upstream.example/720/v.m3u8?a=b",
                "playlist https://upstream.example/c.m3u8"
            ]
        );
    }

    #[test]
    fn of_a_media_playlist_the_segments_and_what_they_need_are_named_once() {
        let media = "\u{feff}#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXT-X-MAP:URI=\"init.mp4\"\n\
            #EXT-X-KEY:METHOD=AES-128,URI=\"https://keys.example/1\",IV=0x1\n#EXTINF:6.0,\n1.m4s\n#EXTINF:6.0,\n\
            #EXT-X-BYTERANGE:10@0\nall.m4s\n#EXT-X-BYTERANGE:10@10\nall.m4s\njavascript:alert(1)\n#EXT-X-ENDLIST\n";
        assert_eq!(
            named(media),
            [
                "segment https://upstream.example/init.mp4",
                "key https://keys.example/1",
                "segment https://upstream.example/1.m4s",
                "segment https://upstream.example/all.m4s"
            ]
        );
        assert_eq!(named("1.ts\n2.ts"), [""; 0]);
        assert_eq!(
            named("#EXTM3U\n#EXT-X-STREAM-INF:\n#EXT-X-KEY:URI=\"\n#EXT-X-MAP:=,=,"),
            [""; 0]
        );
    }

    proptest! {
        #[test]
        fn whatever_a_playlist_says_each_piece_has_one_address_of_the_web(
            lines in proptest::collection::vec("(#EXT-X-(STREAM-INF|MEDIA|MAP|KEY):)?[A-Z=\",:a-z/.0-9?]{0,40}", 0..20)
        ) {
            let pieces = named_by(&answered(200, format!("#EXTM3U\n{}", lines.join("\n")).as_bytes()));
            let urls: HashSet<_> = pieces.iter().map(|piece| &piece.url).collect();
            prop_assert_eq!(urls.len(), pieces.len());
            prop_assert!(pieces.iter().all(|piece| matches!(piece.url.scheme(), "http" | "https")));
        }
    }
}
