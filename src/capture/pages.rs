//! Reads what captured pages say of themselves, when the captures are done: from the stored bytes, beside the network and the
//! writer.

use super::{Capturer, Stop};
use crate::error::{Error, Result};
use crate::store::Reader;

/// Pages that are read in one go.
const BATCH: usize = 50;

impl Capturer {
    /// Reads the pages that were not read yet, unless they are more than `most`, or until a stop is asked for.
    ///
    /// # Errors
    /// If the archive fails.
    pub async fn read_pages(&self, most: usize, stop: &Stop) -> Result<()> {
        let path = self.store.path().to_owned();
        let mut is_few = false;
        while !stop.is_asked() {
            let path = path.clone();
            let read = tokio::task::spawn_blocking(move || {
                let reader = Reader::open(&path)?;
                match is_few || reader.pages_to_read(most.saturating_add(1))? <= most {
                    true => reader.read_pages(BATCH).map(Some),
                    false => Ok(None),
                }
            });
            let read = read
                .await
                .map_err(|error| Error::Internal(format!("reading pages stopped: {error}")))??;
            let Some(read) = read else {
                return Ok(());
            };
            is_few = true;
            let is_all = read.is_all;
            self.store.add_pages(read.pages, Some(read.upto)).await?;
            if is_all {
                return Ok(());
            }
        }
        Ok(())
    }
}
