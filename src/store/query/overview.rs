//! The archive as a whole: how much there is, what is due, how runs went, what is followed.

use rusqlite::OptionalExtension;
use serde::Serialize;

use super::Reader;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::penalty::Penalty;
use crate::store::queue::{self, Due};
use crate::store::{MOST, free, row};

/// How much there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Articles.
    pub articles: i64,
    /// Readings.
    pub readings: i64,
    /// Citations.
    pub citations: i64,
    /// Targets.
    pub targets: i64,
    /// Captures.
    pub captures: i64,
    /// Bodies and other files, each counted once.
    pub blobs: i64,
    /// Their bytes.
    pub bytes: i64,
    /// Targets that wait for a capture.
    pub pending: i64,
}

/// What the archive takes up, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Space {
    /// The file.
    pub file: u64,
    /// Its log, while a run or a reader has it open.
    pub log: u64,
    /// Bodies, each counted once.
    pub bodies: i64,
    /// Their bytes.
    pub body_bytes: i64,
    /// Of bodies that broke off and are taken up again or thrown away after a day.
    pub unfinished: i64,
    /// Inside the file, written again before it grows; `backup --compact` leaves it out.
    pub unused: i64,
    /// On its file system; `None` if that does not say.
    pub free: Option<u64>,
}

/// One run, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunView {
    /// Row of the run.
    pub run: i64,
    /// When it began.
    pub started: String,
    /// When it ended; `None` while it goes on, or if it was killed.
    pub ended: Option<String>,
    /// What was asked of the program.
    pub command: String,
    /// Its exit code.
    pub exit: Option<i64>,
    /// Where its times came from, and why they are doubted, if they are.
    pub clock: String,
    /// What it said of itself, as JSON.
    #[serde(skip)]
    pub summary: Option<String>,
}

/// A bundle that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExportView {
    /// Its ledger entry.
    pub entry: i64,
    /// When it had its name.
    pub at: String,
    /// Name of the folder or file.
    pub name: String,
    /// `folder`, `zip` or `wacz`.
    pub format: String,
    /// What was asked for and how it was written, as table `export` explains.
    pub selection: serde_json::Value,
    /// What was left out: a list of words.
    pub left_out: serde_json::Value,
    /// The entry that it shows the archive as of.
    pub as_of: i64,
    /// `urn:uuid:` of the selection as of that entry.
    pub identifier: String,
    /// Digest of its tag manifest; of a WACZ by itself, of that file.
    pub sha256: String,
}

/// How often something is captured, as a person said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OwnSchedule {
    /// The address of a target, or the key of an article.
    pub what: String,
    /// As [`Curve`](crate::schedule::Curve) writes it.
    pub curve: String,
}

/// A list of articles that is followed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FollowView {
    /// Its address.
    pub url: String,
    /// Since when.
    pub added: String,
    /// Seconds between two looks.
    pub every: i64,
    /// Cases that its articles belong to.
    pub tags: Vec<String>,
    /// Whether it is a page whose headlines are its articles.
    pub page: bool,
    /// Most articles taken in after one look.
    pub max_articles: i64,
    /// How often its articles, and what they cite, are captured; `None`: as the settings say.
    pub curve: Option<String>,
    /// When it was looked at last.
    pub looked: Option<String>,
    /// Outcome of that look.
    pub outcome: Option<String>,
    /// When it is due.
    pub due: String,
    /// Articles that it named so far.
    pub entries: i64,
    /// Of them, those that could not be read yet.
    pub waiting: i64,
}

impl Reader {
    /// How much there is.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn totals(&self) -> Result<Totals> {
        self.ask(|connection| {
            connection.query_row(
                "SELECT (SELECT count(*) FROM article), (SELECT count(*) FROM reading), (SELECT count(*) FROM citation),
                        (SELECT count(*) FROM target), (SELECT count(*) FROM capture), (SELECT count(*) FROM blob),
                        (SELECT coalesce(sum(length), 0) FROM blob), (SELECT count(*) FROM job WHERE done = 0)",
                [],
                |row| {
                    Ok(Totals {
                        articles: row.get(0)?,
                        readings: row.get(1)?,
                        citations: row.get(2)?,
                        targets: row.get(3)?,
                        captures: row.get(4)?,
                        blobs: row.get(5)?,
                        bytes: row.get(6)?,
                        pending: row.get(7)?,
                    })
                },
            )
        })
    }

    /// What the archive takes up, and how much is free beside it.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn space(&self) -> Result<Space> {
        let length = |suffix: &str| {
            let mut name = self.path().as_os_str().to_owned();
            name.push(suffix);
            std::fs::metadata(name).map_or(0, |metadata| metadata.len())
        };
        let (file, log) = (length(""), length("-wal"));
        let free = free(self.path());
        self.ask(|connection| {
            connection.query_row(
                "SELECT (SELECT count(*) FROM blob), (SELECT coalesce(sum(length), 0) FROM blob),
                        (SELECT coalesce(sum(length), 0) FROM upload),
                        (SELECT freelist_count FROM pragma_freelist_count) * (SELECT page_size FROM pragma_page_size)",
                [],
                |row| {
                    Ok(Space {
                        file,
                        log,
                        bodies: row.get(0)?,
                        body_bytes: row.get(1)?,
                        unfinished: row.get(2)?,
                        unused: row.get(3)?,
                        free,
                    })
                },
            )
        })
    }

    /// How the newest run went that captured or read something, or was to: not one that only kept what a person said, or that a
    /// bundle was made. Each row of a run has a ledger entry between its beginning and its end.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn last_run(&self) -> Result<Option<RunView>> {
        self.ask(|connection| {
            connection
                .prepare_cached(
                    "SELECT r.id, r.started, e.ended, r.command, e.exit, e.summary, r.clock
                     FROM run r LEFT JOIN run_end e ON e.run = r.id
                     WHERE e.id IS NULL OR e.summary IS NOT NULL OR (e.exit <> 0 AND e.id = r.id + 1)
                       OR EXISTS (SELECT 1 FROM reading x WHERE x.id BETWEEN r.id AND e.id)
                       OR EXISTS (SELECT 1 FROM capture x WHERE x.id BETWEEN r.id AND e.id)
                     ORDER BY r.id DESC LIMIT 1",
                )?
                .query_row([], |row| {
                    Ok(RunView {
                        run: row.get(0)?,
                        started: row.get(1)?,
                        ended: row.get(2)?,
                        command: row.get(3)?,
                        exit: row.get(4)?,
                        summary: row.get(5)?,
                        clock: row.get(6)?,
                    })
                })
                .optional()
        })
    }

    /// The bundles that were made last, newest first.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn exports(&self, most: usize) -> Result<Vec<ExportView>> {
        let json = |row: &rusqlite::Row<'_>, index| {
            let text = row.get_ref(index)?.as_str()?;
            Ok::<_, rusqlite::Error>(serde_json::from_str(text).unwrap_or_default())
        };
        self.ask(|connection| {
            connection
                .prepare_cached(
                    "SELECT entry, at, name, format, selection, left_out, as_of, identifier, sha256
                     FROM exports ORDER BY entry DESC LIMIT ?1",
                )?
                .query_map([row::count(most)], |row| {
                    Ok(ExportView {
                        entry: row.get(0)?,
                        at: row.get(1)?,
                        name: row.get(2)?,
                        format: row.get(3)?,
                        selection: json(row, 4)?,
                        left_out: json(row, 5)?,
                        as_of: row.get(6)?,
                        identifier: row.get(7)?,
                        sha256: row.get(8)?,
                    })
                })?
                .collect()
        })
    }

    /// What is due at `now`.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn due(&self, now: Timestamp) -> Result<Due> {
        self.ask(|connection| queue::due(connection, &now.to_string()))
    }

    /// Hosts that runs were told to leave alone, or found to fail too often.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn host_penalties(&self) -> Result<Vec<(String, Penalty)>> {
        self.ask(queue::penalties)
    }

    /// What is captured as often as a person said.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn schedules(&self) -> Result<Vec<OwnSchedule>> {
        self.ask(|connection| {
            connection
                .prepare(
                    "SELECT coalesce(t.url, 'target:' || s.target, a.key), s.curve FROM schedule s
                     LEFT JOIN target t ON t.id = s.target LEFT JOIN article a ON a.id = s.article ORDER BY s.rowid",
                )?
                .query_map([], |row| {
                    Ok(OwnSchedule {
                        what: row.get(0)?,
                        curve: row.get(1)?,
                    })
                })?
                .collect()
        })
    }

    /// Every list of articles that is followed, in the order of their addresses.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn follows(&self) -> Result<Vec<FollowView>> {
        self.ask(|connection| {
            connection
                .prepare_cached(
                    "SELECT f.url, f.added, f.every, f.tags, f.looked,
                            (SELECT c.outcome FROM capture c WHERE c.target = f.target ORDER BY c.fence DESC LIMIT 1), f.due,
                            (SELECT count(*) FROM follow_entry e WHERE e.follow = f.id),
                            (SELECT count(*) FROM follow_entry e WHERE e.follow = f.id AND e.done = 0),
                            coalesce(o.page, 0), o.curve, coalesce(o.most, ?1)
                     FROM follow f LEFT JOIN follow_option o ON o.follow = f.id WHERE f.due IS NOT NULL ORDER BY f.url",
                )?
                .query_map([MOST], |row| {
                    Ok(FollowView {
                        url: row.get(0)?,
                        added: row.get(1)?,
                        every: row.get(2)?,
                        tags: serde_json::from_str(row.get_ref(3)?.as_str()?).unwrap_or_default(),
                        looked: row.get(4)?,
                        outcome: row.get(5)?,
                        due: row.get(6)?,
                        entries: row.get(7)?,
                        waiting: row.get(8)?,
                        page: row.get(9)?,
                        curve: row.get(10)?,
                        max_articles: row.get(11)?,
                    })
                })?
                .collect()
        })
    }
}
