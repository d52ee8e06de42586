//! What was brought to the archive, as records: articles given as files, files that helpers got, records of other web archives; and
//! the report of the bundle, where nothing else is told.

use std::io::Write;
use std::path::PathBuf;

use sha2::{Digest, Sha256};

use super::{Body, IDENTICAL_PAYLOAD, Listed, Record, Warc, each_piece, named, one_line};
use crate::bundle::named_information;
use crate::error::Result;
use crate::store::export::{Blob, GivenArticle, HelpedFile, OthersRecord};
use crate::store::hex;
use crate::warc::record::REDACTED;

impl<W: Write + Send + 'static> Warc<'_, W> {
    /// An article that was given as a file: a resource named by its digest, or the word that it was redacted. One of HTML has a
    /// revisit after it.
    pub(in crate::bundle) fn given(&mut self, article: &GivenArticle) -> Result<()> {
        if article.redacted {
            let sha256 = hex(&article.body.sha256);
            let fields = [
                ("WARC-Target-URI", &*named(&article.body)),
                ("Content-Type", "application/warc-fields"),
            ];
            let note = format!("ledger-entry: {}\r\n{REDACTED}{sha256}\r\n", article.entry);
            let id = self.id("resource", article.entry);
            return self.note("metadata", &id, &article.read_at, &fields, &note);
        }
        let is_html = article.format == "html";
        let media = if is_html { "text/html" } else { "text/plain" };
        let id = self.id("resource", article.entry);
        // Of UTF-16 the mark at its beginning tells: players read that, give the page out as UTF-8, and must not be contradicted here.
        let kind = match article.charset.starts_with("UTF-16") {
            true => media.to_owned(),
            false => format!("{media}; charset={}", article.charset),
        };
        self.resource(&id, &article.read_at, named(&article.body), article.body, &kind)?;
        match is_html {
            true => self.resolvable(article, id),
            false => Ok(()),
        }
    }

    /// The article of this record once more, under an address against which relative links can be resolved. A `urn:` has no
    /// path, and players of web archives show nothing of a page whose links they fail to resolve.
    fn resolvable(&mut self, article: &GivenArticle, record: String) -> Result<()> {
        let (id, date) = (self.id("revisit of resource", article.entry), &article.read_at);
        let url = named_information(&article.body.sha256);
        let fields = [
            ("WARC-Target-URI", &*url),
            ("WARC-Profile", IDENTICAL_PAYLOAD),
            ("WARC-Refers-To", &*record),
            ("WARC-Refers-To-Target-URI", &*named(&article.body)),
            ("WARC-Refers-To-Date", date),
        ];
        let place = self.record(Record {
            kind: "revisit",
            id: &id,
            date,
            fields: &fields,
            head: b"",
            payload: Some(article.body),
            whole: false,
            packed: false,
        })?;
        self.list(url, date, "warc/revisit".to_owned(), 200, article.body.sha256, &place);
        Ok(())
    }

    /// A file that a helper got: a resource named by its digest, and whose it is; or the word that it was redacted.
    pub(in crate::bundle) fn helped(&mut self, file: &HelpedFile) -> Result<()> {
        let resource = self.id("helped", file.media);
        let url = named(&file.body);
        let mut fields = vec![("WARC-Target-URI", &*url)];
        let mut note = format!(
            "ledger-entry: {}\r\ngot-by: {}\r\nfor: {}\r\nfile-name: {}\r\n",
            file.entry,
            one_line(&file.helper),
            one_line(&file.url),
            one_line(&file.name)
        );
        if file.redacted {
            note.push_str(&format!("{REDACTED}{}\r\n", hex(&file.body.sha256)));
        } else {
            let kind = "application/octet-stream";
            self.resource(&resource, &file.at, named(&file.body), file.body, kind)?;
            fields.push(("WARC-Concurrent-To", &*resource));
        }
        fields.push(("Content-Type", "application/warc-fields"));
        let id = self.id("metadata of helped", file.media);
        self.note("metadata", &id, &file.at, &fields, &note)
    }

    /// The report of the bundle, a resource named by its digest, where nothing that was received is to be told.
    pub(in crate::bundle) fn report(&mut self, path: PathBuf) -> Result<()> {
        let (mut digest, mut length) = (Sha256::new(), 0);
        each_piece(&path, |piece| {
            digest.update(piece);
            length += piece.len() as u64;
            Ok(())
        })?;
        let body = Blob::outside(digest.finalize().into(), length);
        self.ours = Some((body.sha256, path));
        let (id, at) = (self.id("report", 0), self.extract.at.clone());
        self.resource(&id, &at, named(&body), body, "text/html; charset=utf-8")
    }

    /// A record of somebody else's web archive, byte for byte as it stood there, or the word that its body was redacted. Gives
    /// whether a player can open it.
    pub(in crate::bundle) fn others(&mut self, record: &OthersRecord) -> Result<bool> {
        let date = record.date.clone().unwrap_or_default();
        let url = record.url.clone().unwrap_or_default();
        if record.redacted {
            let body = record.body.map(|body| hex(&body.sha256)).unwrap_or_default();
            let note = format!("record-sha256: {}\r\n{REDACTED}{body}\r\n", hex(&record.sha256));
            let id = format!("<urn:sha256:{}>", hex(&Sha256::digest(&note)));
            let fields = [
                ("WARC-Target-URI", &*one_line(&url)),
                ("Content-Type", "application/warc-fields"),
            ];
            let at = self.extract.at.clone();
            self.note("metadata", &id, &at, &fields, &note)?;
            return Ok(false);
        }
        let body = record.body.filter(|body| body.length > 0);
        let body = body.map_or(Body::None, Body::Stored);
        let is_answer = ["response", "resource", "revisit"].contains(&record.kind.as_str());
        let place = self.member(&record.header, &record.head, body, false, is_answer)?;
        if is_answer {
            let media = record.media_type.as_deref().unwrap_or_default();
            let media = media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
            self.listed.push(Listed {
                url,
                date,
                mime: match record.kind.as_str() {
                    "revisit" => "warc/revisit".to_owned(),
                    _ if media.is_empty() => "unk".to_owned(),
                    _ => media,
                },
                status: record.status.unwrap_or(200),
                payload: record.payload.clone().unwrap_or_default(),
                of_others: true,
                offset: place.offset,
                length: place.length,
                member: place.member,
            });
        }
        Ok(is_answer)
    }
}
