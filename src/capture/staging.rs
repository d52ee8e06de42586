//! Large bodies go into the archive while they arrive.

use bytes::Bytes;
use url::Url;

use crate::error::Result;
use crate::exchange::Unfinished;
use crate::fetch::Staging;
use crate::store::Store;

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
