//! Large bodies go into the archive while they arrive, and files while they are read.

use std::io::Read;

use bytes::Bytes;
use sha2::{Digest, Sha256};
use url::Url;

use crate::error::Result;
use crate::exchange::Unfinished;
use crate::fetch::Staging;
use crate::store::record::SuppliedFile;
use crate::store::{CHUNK_BYTES, Store};

/// Staging in the archive; a capture seals what it names, the rest is thrown away after a day.
pub(super) struct InArchive<'a>(pub &'a Store);

impl Staging for InArchive<'_> {
    async fn begin(&mut self, url: &Url, resumable: Option<(&str, u64)>) -> Result<i64> {
        let resumable = resumable.map(|(validator, total)| (validator.to_owned(), total));
        self.0.begin_upload(url.to_string(), resumable).await
    }

    async fn push(&mut self, id: i64, bytes: Bytes) -> Result<()> {
        self.0.push_chunk(id, bytes).await
    }

    async fn resume(&mut self, url: &Url) -> Result<Option<Unfinished>> {
        self.0.resume_upload(url.to_string()).await
    }

    async fn piece(&mut self, id: i64, number: u64) -> Result<Bytes> {
        let number = i64::try_from(number).unwrap_or(i64::MAX >> 16);
        self.0.staged_piece(id, number).await
    }

    async fn leave(&mut self, id: i64) -> Result<()> {
        self.0.leave_upload(id).await
    }

    async fn discard(&mut self, id: i64) -> Result<()> {
        self.0.discard_upload(id).await
    }
}

/// Brings a file into the archive piece by piece; what is kept with it seals it. The inner error is the file's.
///
/// # Errors
/// If the archive cannot be written.
pub async fn stage(store: &Store, name: &str, file: &mut impl Read) -> Result<std::io::Result<SuppliedFile>> {
    let upload = store.begin_upload(name.to_owned(), None).await?;
    let mut digest = Sha256::new();
    let mut length = 0;
    loop {
        let mut piece = Vec::with_capacity(CHUNK_BYTES);
        if let Err(error) = file.by_ref().take(CHUNK_BYTES as u64).read_to_end(&mut piece) {
            return Ok(Err(error));
        }
        if piece.is_empty() {
            return Ok(Ok(SuppliedFile {
                name: name.to_owned(),
                upload,
                length,
                sha256: digest.finalize().into(),
            }));
        }
        digest.update(&piece);
        length += piece.len() as u64;
        store.push_chunk(upload, Bytes::from(piece)).await?;
    }
}
