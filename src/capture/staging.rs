//! Large bodies go into the archive while they arrive.

use bytes::Bytes;
use url::Url;

use crate::error::Result;
use crate::fetch::Staging;
use crate::store::Store;

/// Staging in the archive; a capture seals what it names, the rest is thrown away after a day.
pub(super) struct InArchive<'a>(pub &'a Store);

impl Staging for InArchive<'_> {
    async fn begin(&mut self, url: &Url, validator: Option<&str>) -> Result<i64> {
        self.0.begin_upload(url.to_string(), validator.map(str::to_owned)).await
    }

    async fn push(&mut self, id: i64, bytes: Bytes) -> Result<()> {
        self.0.push_chunk(id, bytes).await
    }
}
