//! Readings: an article's bytes and everything that was found in them.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};

use super::exchange::Owner;
use super::failure::Fault;
use super::ledger::{ExchangeSeal, Field};
use super::record::{NewReading, Origin, Queueing, ReadingReceipt, Wanted};
use super::row::{
    ARTICLE, BLOCK, CITATION, CITATION_SENTENCE, Evidence, READING, SENTENCE, TARGET, Table, count, hex, integer, text,
    text_or_null, time,
};
use super::session::{PROGRAM, Session, take};
use super::taken::Named;
use super::target::string_list;
use crate::article::{Format, Found};
use crate::citation::{Citation, Findings};
use crate::clock::Timestamp;
use crate::error::Error;
use crate::exchange::Body;

/// What is done with the rows of what was found. They are digested first: a reading that is known is not written again.
enum Pass<'a> {
    Digest(&'a mut Evidence),
    Write(&'a Connection),
}

impl Pass<'_> {
    fn row(&mut self, table: &Table, values: &[ValueRef<'_>]) -> rusqlite::Result<()> {
        match self {
            Pass::Digest(evidence) => {
                table.encode(values, evidence);
                Ok(())
            }
            Pass::Write(connection) => table.insert(connection, values),
        }
    }
}

/// The row and digest of an article's bytes, and what the ledger says of the exchanges that brought them.
type Received<'a> = (i64, [u8; 32], Vec<ExchangeSeal<'a>>);

impl Session {
    /// Stores a reading, unless one that is here says all of it ([`Session::known_reading`]), and queues what it cites.
    pub(super) fn add_reading(&mut self, new: &NewReading, queueing: &Queueing) -> Result<ReadingReceipt, Fault> {
        let reading = &new.findings.reading;
        let text_sha256: [u8; 32] = Sha256::digest(&reading.text).into();
        let key = match &reading.url {
            Some(found) => found.value.to_string(),
            None => format!("sha256:{}", hex(&text_sha256)),
        };
        let article = self.put_article(&key)?;
        self.put_tags(article, &new.tags)?;
        if let Some(curve) = &queueing.curve {
            self.propose_schedule(article, curve)?;
        }
        let citations = &new.findings.citations;
        let at_once = queueing.hand_out.as_ref().map_or(0, |to| to.limit.min(citations.len()));
        let mut targets = Vec::with_capacity(citations.len());
        self.put_and_queue(&citations[..at_once], queueing.again, &mut targets)?;
        if let Some(to) = &queueing.hand_out {
            let jobs = self.lease(&to.worker, to.limit, to.ttl_millis, &targets)?;
            // Nobody may want them any more; their leases end with the run.
            let _ = to.wanted.send(Wanted::Jobs(jobs));
        }
        self.put_and_queue(&citations[at_once..], queueing.again, &mut targets)?;
        let mut evidence = Evidence::default();
        // Row ids are no part of the digest.
        self.put_findings(&new.findings, &targets, (0, 0), Pass::Digest(&mut evidence))?;
        let findings_sha256 = evidence.take_digest();
        if let Some(known) = self.known_reading(article, new, &findings_sha256)? {
            return Ok(ReadingReceipt {
                article,
                reading: known,
                new: false,
                targets,
                first_read: self.first_read(article)?,
            });
        }
        let id = self.next_entry;
        let (body, body_sha256, exchanges) = self.put_origin(id, &new.origin)?;
        ARTICLE.encode(&[integer(article), text(&key)], &mut self.evidence);
        self.put_reading_row(id, article, body, new, &findings_sha256, &text_sha256)?;
        let named = match new.origin.record() {
            Some(record) => self.put_reading_record(id, record)?,
            None => Named::default(),
        };
        let first = self.next.citation;
        self.next.citation += count(new.findings.citations.len());
        self.put_findings(&new.findings, &targets, (id, first), Pass::Write(&self.connection))?;
        let mut fields = vec![
            ("article", Field::Text(key.into())),
            ("body", Field::Digest(body_sha256)),
            ("exchanges", Field::Exchanges(exchanges)),
            ("findings", Field::Digest(findings_sha256)),
            ("run", Field::Integer(self.run)),
            ("text", Field::Digest(text_sha256)),
        ];
        fields.extend(named.record.map(|record| ("record", Field::Digest(record))));
        fields.extend(named.revisits.map(|record| ("revisits", Field::Digest(record))));
        self.seal("reading", fields)?;
        Ok(ReadingReceipt {
            article,
            reading: id,
            new: true,
            targets,
            first_read: self.first_read(article)?,
        })
    }

    /// Adds the targets of citations to `targets`, and queues them.
    fn put_and_queue(&mut self, citations: &[Citation], again: bool, targets: &mut Vec<i64>) -> Result<(), Fault> {
        let first = targets.len();
        for citation in citations {
            targets.push(self.put_cited(&citation.cited, &citation.claim)?);
        }
        self.enqueue(&targets[first..], false)?;
        if !again {
            return Ok(());
        }
        for target in &targets[first..] {
            // Another article of this run may cite it as well.
            if !self.was_asked_in_this_run(*target)? {
                self.enqueue(&[*target], true)?;
            }
        }
        Ok(())
    }

    fn first_read(&self, article: i64) -> Result<Timestamp, Fault> {
        let first: String = self
            .connection
            .prepare_cached("SELECT min(read_at) FROM reading WHERE article = ?1")?
            .query_row([article], |row| row.get(0))?;
        Ok(time(&first))
    }

    fn put_article(&mut self, key: &str) -> Result<i64, Fault> {
        let known = self
            .connection
            .prepare_cached("SELECT id FROM article WHERE key = ?1")?
            .query_row([key], |row| row.get(0))
            .optional()?;
        if let Some(id) = known {
            return Ok(id);
        }
        let id = take(&mut self.next.article);
        ARTICLE.insert(&self.connection, &[integer(id), text(key)])?;
        Ok(id)
    }

    fn put_tags(&mut self, article: i64, tags: &[String]) -> Result<(), Fault> {
        let mut statement = self
            .connection
            .prepare_cached("INSERT INTO tag (article, name, added) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")?;
        for tag in tags {
            statement.execute(params![article, tag, self.now()])?;
        }
        Ok(())
    }

    /// The reading that says all that this one would: of bytes that were given any of the same, of a fetched page the one of the
    /// fetch before.
    fn known_reading(&self, article: i64, new: &NewReading, findings: &[u8; 32]) -> Result<Option<i64>, Fault> {
        let (body, sql): ([u8; 32], _) = match &new.origin {
            Origin::Given { bytes, .. } => (
                Sha256::digest(bytes).into(),
                "SELECT reading.id FROM reading JOIN blob ON blob.id = reading.body
                 WHERE reading.article = ?1 AND blob.sha256 = ?2 AND reading.findings_sha256 = ?3",
            ),
            Origin::Fetched(exchanges) => {
                let body = match exchanges.last() {
                    Some(last) => match (&last.body_sha256, &last.body) {
                        (Some(sha256), _) => *sha256,
                        (None, Body::Inline(bytes)) => Sha256::digest(bytes).into(),
                        (None, _) => return Ok(None),
                    },
                    None => return Ok(None),
                };
                let sql = "SELECT last.id FROM (SELECT id, body, findings_sha256 FROM reading
                                          WHERE article = ?1 AND origin = 'fetched' ORDER BY id DESC LIMIT 1) last
                     JOIN blob ON blob.id = last.body WHERE blob.sha256 = ?2 AND last.findings_sha256 = ?3";
                (body, sql)
            }
        };
        Ok(self
            .connection
            .prepare_cached(sql)?
            .query_row(params![article, body, findings], |row| row.get(0))
            .optional()?)
    }

    /// Stores the bytes and how they came: the blob, its digest, and what the ledger says of the exchanges.
    fn put_origin<'a>(&mut self, reading: i64, origin: &'a Origin) -> Result<Received<'a>, Fault> {
        let mut seals = Vec::new();
        match origin {
            Origin::Given { bytes, .. } => {
                let (blob, sha256) = self.put_new_blob(bytes)?;
                Ok((blob, sha256, seals))
            }
            Origin::Fetched(exchanges) => {
                let mut last = None;
                for (ordinal, exchange) in exchanges.iter().enumerate() {
                    let stored = self.put_exchange(Owner::Reading(reading), count(ordinal), exchange)?;
                    last = stored.body.zip(stored.seal.body);
                    seals.push(stored.seal);
                }
                let (blob, sha256) = last.ok_or_else(|| {
                    Fault::Refused(Error::Internal(
                        "a fetched reading must end with the exchange that holds its bytes".to_owned(),
                    ))
                })?;
                Ok((blob, sha256, seals))
            }
        }
    }

    fn put_reading_row(
        &mut self,
        id: i64,
        article: i64,
        body: i64,
        new: &NewReading,
        findings_sha256: &[u8; 32],
        text_sha256: &[u8; 32],
    ) -> Result<(), Fault> {
        let reading = &new.findings.reading;
        let read_at = new.read_at.to_string();
        let (origin, name, claimed_url, claimed_retrieved) = match &new.origin {
            Origin::Fetched(_) => ("fetched", None, None, None),
            Origin::Given {
                name,
                claimed_url,
                claimed_retrieved,
                ..
            } => (
                "given",
                Some(name.as_str()),
                claimed_url.as_deref(),
                claimed_retrieved.map(|time| time.to_string()),
            ),
        };
        let format = match reading.format {
            Format::Html => "html",
            Format::Text => "text",
        };
        let notices = string_list(&reading.notices);
        let values = [
            integer(id),
            integer(article),
            integer(self.run),
            text(&read_at),
            text(origin),
            integer(body),
            text_or_null(name),
            text_or_null(claimed_url),
            text_or_null(claimed_retrieved.as_deref()),
            text_or_null(reading.url.as_ref().map(|found| found.value.as_str())),
            source(&reading.url),
            text(format),
            text(reading.charset.value),
            text(reading.charset.source),
            value(&reading.title),
            source(&reading.title),
            value(&reading.byline),
            source(&reading.byline),
            value(&reading.published),
            source(&reading.published),
            value(&reading.language),
            source(&reading.language),
            text(&notices),
            text(PROGRAM),
            ValueRef::Blob(findings_sha256),
            ValueRef::Blob(text_sha256),
            text(&reading.text),
        ];
        READING.insert(&self.connection, &values)?;
        READING.encode(&values, &mut self.evidence);
        Ok(())
    }

    /// Digests or writes the blocks, the sentences and the citations with their sentences; `ids` are those of the
    /// reading and of its first citation.
    fn put_findings(
        &self,
        findings: &Findings,
        targets: &[i64],
        ids: (i64, i64),
        mut pass: Pass<'_>,
    ) -> rusqlite::Result<()> {
        let (reading, first_citation) = ids;
        for (ordinal, block) in findings.reading.blocks.iter().enumerate() {
            let values = [
                integer(reading),
                integer(count(ordinal)),
                text(block.kind.word()),
                integer(count(block.span.start)),
                integer(count(block.span.end)),
            ];
            pass.row(&BLOCK, &values)?;
        }
        for (ordinal, sentence) in findings.reading.sentences.iter().enumerate() {
            let values = [
                integer(reading),
                integer(count(ordinal)),
                integer(count(sentence.block)),
                integer(count(sentence.span.start)),
                integer(count(sentence.span.end)),
            ];
            pass.row(&SENTENCE, &values)?;
        }
        for (ordinal, (citation, target)) in findings.citations.iter().zip(targets).enumerate() {
            let id = first_citation + count(ordinal);
            let media = string_list(&citation.claim.media);
            let claim = &citation.claim;
            let values = [
                integer(id),
                integer(reading),
                integer(count(ordinal)),
                integer(*target),
                text(citation.form.word()),
                text_or_null(citation.raw_url.as_deref()),
                text(&citation.raw),
                text_or_null(citation.anchor.as_deref()),
                text_or_null(claim.author_name.as_deref()),
                text_or_null(claim.author_handle.as_deref()),
                text_or_null(claim.date_text.as_deref()),
                text_or_null(claim.date.as_deref()),
                text_or_null(claim.text.as_deref()),
                text(&media),
                integer(count(citation.place.start)),
                integer(count(citation.place.end)),
            ];
            pass.row(&CITATION, &values)?;
            if let Pass::Digest(evidence) = &mut pass {
                TARGET.encode_rows(&self.connection, "id = ?1", *target, evidence, |_, _| {
                    Ok::<_, rusqlite::Error>(())
                })?;
            }
            for (rank, reference) in citation.references.iter().enumerate() {
                let values = [
                    integer(id),
                    integer(count(rank)),
                    integer(count(reference.sentence)),
                    text(reference.relation.word()),
                    integer(i64::from(reference.confidence)),
                    text(&reference.reason),
                ];
                pass.row(&CITATION_SENTENCE, &values)?;
            }
        }
        Ok(())
    }
}

/// What was found, if anything.
fn value(found: &Option<Found<String>>) -> ValueRef<'_> {
    text_or_null(found.as_ref().map(|found| found.value.as_str()))
}

/// Where it was found.
fn source<T>(found: &Option<Found<T>>) -> ValueRef<'_> {
    text_or_null(found.as_ref().map(|found| found.source))
}
