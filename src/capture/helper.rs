//! Programs of others that get files of a post which no source gives. Such a program makes connections of its own, past our guard,
//! pace and exchanges. So it runs only where the settings say so, one at a time, and what it gets is kept as a helper's, with its
//! version and how it was called. It has no shell, nothing of the environment but the path, a temporary folder, and bounds of
//! time and size; with it ends all that it began, and it ends with the run.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::fs::OFlags;
use tempfile::TempDir;
use tokio::sync::Semaphore;

use super::staging::stage;
use super::{Capturer, DAY_MILLIS};
use crate::child;
use crate::config::{self, Config};
use crate::error::{Error, Result};
use crate::outcome::Outcome;
use crate::platform::{Platform, SourceKind, source_kind};
use crate::store::record::{CaptureRecord, HelperRecord, Job, MediaRecord};

/// Most files that are taken of one call.
const MOST_FILES: usize = 20;

/// How often it is looked for whether a helper has ended, and how much it has written.
const LOOK: Duration = Duration::from_millis(50);

/// How long a helper may take to say its version.
const FOR_VERSION: Duration = Duration::from_secs(20);

/// How much of the end of what it printed is kept, in bytes.
const DETAIL: u64 = 500;

/// A program that is known.
struct Kind {
    name: &'static str,
    /// How it is called for an address, besides its path, with files of at most so many bytes.
    arguments: fn(u64) -> Vec<String>,
    /// Whether a capture lacks what it may get.
    is_wanted: fn(&CaptureRecord) -> bool,
}

/// <https://github.com/yt-dlp/yt-dlp#usage-and-options>, <https://github.com/mikf/gallery-dl/blob/master/docs/options.md>
static YT_DLP: Kind = Kind {
    name: "yt-dlp",
    // One file with picture and sound as the site has it: nothing is merged or written anew. Not the extractor for any site at
    // all, which goes wherever a page leads.
    arguments: |bytes| {
        let bytes = bytes.to_string();
        [
            "--ignore-config",
            "--no-cache-dir",
            "--no-playlist",
            "--playlist-items",
            "1",
            "--use-extractors",
            "default,-generic",
            "--format",
            "best",
            "--fixup",
            "never",
            "--no-part",
            "--no-mtime",
            "--no-progress",
            "--restrict-filenames",
            "--socket-timeout",
            "30",
            "--retries",
            "2",
            "--max-filesize",
            &bytes,
            "--output",
            "%(id).100B.%(ext)s",
            "--",
        ]
        .map(str::to_owned)
        .into()
    },
    is_wanted: |record| {
        let moves = |kind: &str| matches!(kind, "video" | "gif" | "audio");
        let lacks = |m: &MediaRecord| m.kind == "still" || (moves(&m.kind) && m.outcome != Outcome::Captured);
        is_page(record) || record.media.iter().any(lacks)
    },
};

static GALLERY_DL: Kind = Kind {
    name: "gallery-dl",
    arguments: |bytes| {
        let bytes = bytes.to_string();
        [
            "--config-ignore",
            "--no-mtime",
            "--no-part",
            "--no-postprocessors",
            "--range",
            "1-20",
            "--http-timeout",
            "30",
            "--retries",
            "2",
            "--filesize-max",
            &bytes,
            "--directory",
            ".",
            "--",
        ]
        .map(str::to_owned)
        .into()
    },
    is_wanted: |record| {
        let lacks = |m: &MediaRecord| m.kind == "photo" && m.outcome != Outcome::Captured;
        (is_page(record) && record.media.is_empty()) || record.media.iter().any(lacks)
    },
};

/// Whether only the page of the post is there, of which nothing was read.
fn is_page(record: &CaptureRecord) -> bool {
    record.answers[record.best].post.is_none()
}

/// The helpers that the settings ask for and that are there.
#[derive(Clone, Default)]
pub struct Helpers(Arc<[Helper]>);

struct Helper {
    kind: &'static Kind,
    path: PathBuf,
    version: Option<String>,
    seconds: Duration,
    bytes: u64,
    turn: Arc<Semaphore>,
}

impl Helpers {
    /// Looks for those that the settings ask for on the path, and asks them for their versions; gives the names of those that
    /// are not there as well.
    #[must_use]
    pub fn find(config: &Config) -> (Helpers, Vec<&'static str>) {
        let mut missing = Vec::new();
        let mut found = Vec::new();
        let turn = Arc::new(Semaphore::new(1));
        for (kind, wanted) in [
            (&YT_DLP, config.helpers.yt_dlp),
            (&GALLERY_DL, config.helpers.gallery_dl),
        ] {
            if !wanted {
                continue;
            }
            let Some(path) = on_path(kind.name) else {
                missing.push(kind.name);
                continue;
            };
            found.push(Helper {
                version: version(&path),
                kind,
                path,
                seconds: config::seconds(config.helpers.seconds),
                bytes: config.limit.media,
                turn: Arc::clone(&turn),
            });
        }
        (Helpers(found.into()), missing)
    }
}

/// An executable file of this name in a folder of the path.
fn on_path(name: &str) -> Option<PathBuf> {
    use std::os::unix::fs::PermissionsExt;
    let folders = std::env::var_os("PATH")?;
    let is_executable = |path: &PathBuf| {
        fs::metadata(path).is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0)
    };
    std::env::split_paths(&folders)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(name))
        .find(is_executable)
}

fn version(path: &Path) -> Option<String> {
    let call = Call {
        words: vec![path.into(), "--version".into()],
        folder: TempDir::new().ok()?,
        limit: FOR_VERSION,
        bytes: 1 << 20,
        given_up: Arc::default(),
    };
    let ended = call.run();
    let said = fs::read_to_string(call.log()).unwrap_or_default();
    let line = said.lines().next().unwrap_or_default().trim();
    let is_version = ended.reason == "done" && (1..=100).contains(&line.len()) && !line.contains(char::is_control);
    is_version.then(|| line.to_owned())
}

impl Capturer {
    /// Calls the helpers that may get what a capture of a post lacks, each once for a target unless it failed; what they get is
    /// added to the capture.
    pub(super) async fn help(&self, platform: &Platform, job: &Job, record: &mut CaptureRecord) -> Result<()> {
        let best = &record.answers[record.best];
        let is_live = matches!(source_kind(&best.source), Some(SourceKind::Live | SourceKind::Page));
        // Hosts that anybody may run lead a helper wherever they want.
        if best.outcome != Outcome::Captured || !is_live || platform.is_federated() {
            return Ok(());
        }
        for helper in self.helpers.0.iter() {
            if !(helper.kind.is_wanted)(record) || self.asked_to_stop.load(Ordering::Relaxed) > 0 {
                continue;
            }
            let since = self.clock.now().plus_millis(-DAY_MILLIS);
            if self.store.was_helped(job.target, helper.kind.name, since).await? {
                continue;
            }
            let Ok(_turn) = helper.turn.acquire().await else {
                continue;
            };
            self.call(helper, job, record).await?;
        }
        record.ended = self.clock.now();
        Ok(())
    }

    async fn call(&self, helper: &Helper, job: &Job, record: &mut CaptureRecord) -> Result<()> {
        let started = self.clock.now();
        let folder = TempDir::new().map_err(|source| Error::Io {
            what: "cannot make a folder for a helper in",
            path: std::env::temp_dir(),
            source,
        })?;
        let mut words = vec![OsString::from(&helper.path)];
        words.extend((helper.kind.arguments)(helper.bytes).into_iter().map(OsString::from));
        words.push(OsString::from(&job.url));
        let given_up = GiveUp::default();
        let call = Call {
            words: words.clone(),
            folder,
            limit: helper.seconds,
            bytes: helper.bytes,
            given_up: Arc::clone(&given_up.0),
        };
        // The thread that began it must live as long as it does: it ends with that thread.
        let called = tokio::task::spawn_blocking(move || {
            let ended = call.run();
            (call, ended)
        });
        let (call, mut ended) = called
            .await
            .map_err(|error| Error::Internal(format!("a helper stopped: {error}")))?;
        let index = record.helpers.len();
        let mut position = record.media.iter().map(|media| media.position + 1).max().unwrap_or(0);
        if ended.reason == "done" {
            for (name, mut file) in call.files(helper.bytes) {
                let Ok(file) = stage(&self.store, &name, &mut file).await? else {
                    continue;
                };
                record.media.push(MediaRecord {
                    position,
                    kind: kind_of(&name).to_owned(),
                    url: job.url.clone(),
                    alt: None,
                    outcome: Outcome::Captured,
                    reason: "by_helper".to_owned(),
                    exchanges: Vec::new(),
                    helped: Some((index, file)),
                });
                position += 1;
            }
            if record
                .media
                .last()
                .is_none_or(|media| media.helped.as_ref().is_none_or(|(by, _)| *by != index))
            {
                ended.reason = "nothing";
            }
        }
        record.helpers.push(HelperRecord {
            program: helper.kind.name,
            version: helper.version.clone(),
            arguments: words.iter().map(|word| word.to_string_lossy().into_owned()).collect(),
            started,
            ended: self.clock.now(),
            exit: ended.exit,
            detail: (ended.reason != "done")
                .then(|| call.said())
                .filter(|said| !said.is_empty()),
            reason: ended.reason,
        });
        Ok(())
    }
}

/// What a file is, by the end of its name.
fn kind_of(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "mp4" | "webm" | "mkv" | "mov" | "m4v" | "flv" | "ts" => "video",
        "m4a" | "mp3" | "ogg" | "opus" | "aac" | "wav" => "audio",
        "jpg" | "jpeg" | "png" | "webp" | "gif" | "avif" | "heic" => "photo",
        _ => "file",
    }
}

/// Tells a call, once nobody waits for it, that it is given up.
#[derive(Default)]
struct GiveUp(Arc<AtomicBool>);

impl Drop for GiveUp {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// One call of a program in a folder of its own.
struct Call {
    /// Path and arguments.
    words: Vec<OsString>,
    folder: TempDir,
    limit: Duration,
    bytes: u64,
    given_up: Arc<AtomicBool>,
}

/// How it ended.
struct Ended {
    exit: Option<i32>,
    reason: &'static str,
}

impl Call {
    /// What it prints goes there.
    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// Its working folder.
    fn room(&self) -> PathBuf {
        self.folder.path().join("files")
    }

    /// Calls it and waits for its end. Blocks.
    fn run(&self) -> Ended {
        let mut child = match self.begin() {
            Ok(child) => child,
            Err(error) => {
                // The log is what tells why; without it nothing does.
                let _ = fs::write(self.log(), error.to_string());
                return Ended {
                    exit: None,
                    reason: "not_started",
                };
            }
        };
        let deadline = Instant::now() + self.limit;
        let ended = loop {
            let reason = match child.try_wait() {
                Ok(Some(status)) => {
                    let exit = status.code();
                    let reason = if exit == Some(0) { "done" } else { "failed" };
                    break Ended { exit, reason };
                }
                Err(_) => "failed",
                Ok(None) if self.given_up.load(Ordering::Relaxed) => "stopped",
                Ok(None) if Instant::now() >= deadline => "over_time",
                Ok(None) if size(self.folder.path()) > self.bytes => "over_bytes",
                Ok(None) => {
                    std::thread::sleep(LOOK);
                    continue;
                }
            };
            break Ended { exit: None, reason };
        };
        // What it began and left behind as well.
        let _ = child::end(&mut child);
        ended
    }

    fn begin(&self) -> io::Result<Child> {
        fs::create_dir(self.room())?;
        let log = File::create(self.log())?;
        // This program again, which bounds itself and then becomes the helper.
        let mut command = Command::new(std::env::current_exe()?);
        command
            .args(["become", &self.bytes.to_string(), "--"])
            .args(&self.words);
        command
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .envs(["HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"].map(|name| (name, self.folder.path())))
            .env("LANG", "C.UTF-8")
            .current_dir(self.room())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .process_group(0)
            .spawn()
    }

    /// The files that it left in its folder, in the order of their names: plain ones, not empty, of at most so many bytes.
    fn files(&self, most: u64) -> Vec<(String, File)> {
        let entries = fs::read_dir(self.room()).into_iter().flatten().flatten();
        let mut names: Vec<OsString> = entries.map(|entry| entry.file_name()).collect();
        names.sort();
        let open = |name: OsString| {
            let nofollow = i32::try_from(OFlags::NOFOLLOW.bits() | OFlags::NONBLOCK.bits()).ok()?;
            let file = OpenOptions::new()
                .read(true)
                .custom_flags(nofollow)
                .open(self.room().join(&name))
                .ok()?;
            let about = file.metadata().ok()?;
            let fits = about.is_file() && (1..=most).contains(&about.len());
            fits.then(|| (name.to_string_lossy().into_owned(), file))
        };
        names.into_iter().filter_map(open).take(MOST_FILES).collect()
    }

    /// The end of what it printed, on one line.
    fn said(&self) -> String {
        let mut end = Vec::new();
        if let Ok(mut log) = File::open(self.log()) {
            let length = log.metadata().map_or(0, |about| about.len());
            let _ = log.seek(SeekFrom::Start(length.saturating_sub(DETAIL)));
            let _ = log.take(DETAIL).read_to_end(&mut end);
        }
        let said = String::from_utf8_lossy(&end);
        said.split(|c: char| c.is_control() || c.is_whitespace())
            .filter(|word| !word.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// Bytes of the files in a folder and those in it, as far as they can be seen.
fn size(folder: &Path) -> u64 {
    let mut total = 0;
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.metadata() {
                Ok(about) if about.is_dir() => open.push(entry.path()),
                Ok(about) => total += about.len(),
                Err(_) => {}
            }
        }
    }
    total
}
