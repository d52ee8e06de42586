//! What crossed the wire: every exchange of a selection, in the order of the ledger.

use super::{Blob, Extract};
use crate::error::Result;

/// One exchange with all that a WARC says of it.
#[derive(Debug, Clone)]
pub struct WireExchange {
    /// Row in the archive.
    pub id: i64,
    /// Ledger entry that seals it.
    pub entry: i64,
    /// Address asked.
    pub url: String,
    /// Why it was asked: article, page, api, media, robots.
    pub purpose: String,
    /// Our clock when it began.
    pub started: String,
    /// Our clock when it ended.
    pub ended: String,
    /// Request header lines as sent.
    pub request_headers: String,
    /// HTTP/1.1 or HTTP/2.0.
    pub http_version: Option<String>,
    /// Status, if there was a response.
    pub status: Option<i64>,
    /// Response header lines as received.
    pub response_headers: Option<String>,
    /// Address and port of the peer.
    pub remote: Option<String>,
    /// Digest of the server's certificate (DER).
    pub certificate: Option<[u8; 32]>,
    /// The body as received, or as put together of parts.
    pub body: Option<Blob>,
    /// Bytes of it that this exchange brought.
    pub received: u64,
    /// Whether the body was redacted since, or is left out.
    pub redacted: bool,
    /// Why the body is not whole.
    pub truncated: Option<String>,
    /// Why there is no response, or no whole one: outcome, reason, detail.
    pub failure: Option<String>,
    /// Title of the page that a reader may open at this exchange: the article's, or the post's words.
    pub title: Option<String>,
    /// Text of that page.
    pub text: Option<String>,
    /// The record of somebody else's web archive that it was taken from.
    pub taken_from: Option<TakenFrom>,
}

/// A record of a web archive of others, as an exchange names it.
#[derive(Debug, Clone)]
pub struct TakenFrom {
    /// Its digest.
    pub record: [u8; 32],
    /// Its WARC-Date, as said.
    pub date: Option<String>,
    /// Name of the file.
    pub file: String,
    /// Digest of the file.
    pub file_sha256: [u8; 32],
}

/// Every exchange and inquiry, in an order in which they stand in their tables: no row is held to be sorted.
const IN_ORDER: &str = "
  SELECT z.id, z.entry, x.url, x.purpose, x.started, x.ended,
         x.request_headers, x.http_version, x.status, x.response_headers, x.remote, k.sha256,
         b.id, b.sha256, b.length,
         b.left_out IS TRUE, x.truncated,
         x.failure_outcome || ' ' || x.failure_reason || coalesce(': ' || x.failure_detail, ''),
         CASE WHEN p.id IS NOT NULL THEN
                coalesce('@' || p.author_handle, p.author_name, t.platform) || ': ' || substr(coalesce(p.text, ''), 1, 80)
              WHEN r.id IS NOT NULL AND x.id = (SELECT max(n.id) FROM exchange n WHERE n.reading = r.id) THEN coalesce(r.title, x.url)
              WHEN x.purpose = 'page' AND x.status = 200 AND a.capture IS NOT NULL THEN coalesce(g.title, x.url) END,
         CASE WHEN p.id IS NOT NULL THEN p.text WHEN r.id IS NOT NULL THEN r.text ELSE nullif(g.text, '') END, x.body_length,
         o.sha256, o.date, w.name, w.sha256
  FROM export_exchange z CROSS JOIN exchange x ON x.id = z.id
  LEFT JOIN exchange_record e ON e.exchange = x.id LEFT JOIN record o ON o.id = e.record
  LEFT JOIN web_archive w ON w.id = o.web_archive
  LEFT JOIN answer a ON a.id = x.answer
  LEFT JOIN reading r ON r.id = x.reading
  LEFT JOIN capture c ON c.id = a.capture LEFT JOIN target t ON t.id = c.target
  LEFT JOIN export_body b ON b.id = x.body LEFT JOIN blob k ON k.id = x.certificate
  LEFT JOIN post p ON p.id = (SELECT max(n.id) FROM post n WHERE n.answer = a.id AND n.exchange = x.id
                              AND n.entry <= (SELECT seq FROM export_at))
  LEFT JOIN page g ON g.id = (SELECT max(n.id) FROM page n WHERE n.body = x.body AND n.url = x.url
                              AND n.entry <= (SELECT seq FROM export_at))
                  AND a.capture IS NOT NULL AND x.purpose = 'page'
  UNION ALL
  SELECT -s.id, s.id, s.url, 'api', s.started, s.ended, s.request_headers, s.http_version, s.status, s.response_headers,
         s.remote, k.sha256, b.id, b.sha256, b.length,
         b.left_out IS TRUE, NULL, NULL, NULL, NULL,
         coalesce(b.length, 0), NULL, NULL, NULL, NULL
  FROM export_inquiry e JOIN inquiry s ON s.id = e.id LEFT JOIN export_body b ON b.id = s.reply LEFT JOIN blob k ON k.id = s.certificate
  ORDER BY 2, 1";

impl WireExchange {
    fn of(row: &rusqlite::Row<'_>) -> rusqlite::Result<WireExchange> {
        Ok(WireExchange {
            id: row.get(0)?,
            entry: row.get(1)?,
            url: row.get(2)?,
            purpose: row.get(3)?,
            started: row.get(4)?,
            ended: row.get(5)?,
            request_headers: row.get(6)?,
            http_version: row.get(7)?,
            status: row.get(8)?,
            response_headers: row.get(9)?,
            remote: row.get(10)?,
            certificate: row.get(11)?,
            body: Blob::if_any(row, 12)?,
            redacted: row.get(15)?,
            truncated: row.get(16)?,
            failure: row.get(17)?,
            title: row.get(18)?,
            text: row.get(19)?,
            received: row.get::<_, i64>(20)?.unsigned_abs(),
            taken_from: match row.get::<_, Option<[u8; 32]>>(21)? {
                None => None,
                Some(record) => Some(TakenFrom {
                    record,
                    date: row.get(22)?,
                    file: row.get(23)?,
                    file_sha256: row.get(24)?,
                }),
            },
        })
    }

    /// Whether the body is a whole file, of which this exchange brought the last part and earlier ones the rest.
    #[must_use]
    pub fn is_put_together(&self) -> bool {
        self.status == Some(206) && self.body.is_some_and(|body| body.length != self.received)
    }
}

impl Extract<'_> {
    /// Shows every exchange of the selected readings, captures, resolutions and inquiries, oldest first. What makes up an
    /// inquiry has the number of its entry as a negative one. Where names are left out there is none: what crossed the wire
    /// cannot be told in other words.
    ///
    /// # Errors
    /// If the archive cannot be read, or `each` fails.
    pub fn exchanges(&self, each: impl FnMut(WireExchange) -> Result<()>) -> Result<()> {
        match self.unnamed {
            Some(_) => Ok(()),
            None => self.each(IN_ORDER, WireExchange::of, each),
        }
    }
}
