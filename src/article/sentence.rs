//! Text of one block to sentence spans.

/// Byte ranges of the sentences of one block, without outer white space.
#[must_use]
pub fn split(block: &str, _language: Option<&str>) -> Vec<std::ops::Range<usize>> {
    let trimmed = block.trim();
    if trimmed.is_empty() {
        return Vec::new();
    }
    let start = block.len() - block.trim_start().len();
    vec![start..start + trimmed.len()]
}
