//! Which part of a page is the story: the element that holds most of the running text, widened to the article element that
//! says so. Everything outside is chrome, whatever it is called.

use super::Place;
use crate::article::BlockKind;
use crate::article::page::{Item, Page};

/// A block is running text from this many characters on …
const RUNNING: usize = 40;

/// … if at most this share of it are links.
const LINKED: f64 = 0.5;

/// The story is the innermost element with at least this share of the running text.
const SHARE: f64 = 0.85;

/// Reason code of what stands outside the story.
const OUTSIDE: &str = "chrome_outside_story";

/// Gives everything outside the story its reason.
pub fn choose(page: &mut Page, elements: &[Place]) {
    let Some(story) = story(page, elements) else { return };
    let last = elements[story].last;
    for item in &mut page.items {
        let (element, chrome) = match item {
            Item::Block(block) => (block.element, &mut block.chrome),
            Item::Mark(mark) => (mark.element, &mut mark.chrome),
        };
        if !(story..=last).contains(&element) && chrome.is_none() {
            *chrome = Some(OUTSIDE);
        }
    }
}

/// The number of the story's element; `None` where there is no running text to tell by.
fn story(page: &Page, elements: &[Place]) -> Option<usize> {
    let mut mass = vec![0_usize; elements.len()];
    for item in &page.items {
        if let Item::Block(block) = item
            && block.chrome.is_none()
            && matches!(
                block.kind,
                BlockKind::Paragraph | BlockKind::Quote | BlockKind::ListItem | BlockKind::Cell
            )
        {
            let length = block.text.len();
            let linked: usize = block.links.iter().map(|l| l.range.len()).sum();
            #[allow(clippy::cast_precision_loss)]
            if length >= RUNNING && (linked as f64) < LINKED * length as f64 {
                mass[block.element] += length;
            }
        }
    }
    // Children come after their parents, so one pass from the end adds each element to its parent once.
    for number in (1..elements.len()).rev() {
        mass[elements[number].parent] += mass[number];
    }
    let total = *mass.first()?;
    if total == 0 {
        return None;
    }
    #[allow(clippy::cast_precision_loss)]
    let enough = |number: usize| mass[number] as f64 >= SHARE * total as f64;
    // Of the elements with enough text the innermost comes last: two that both have so much are one inside the other.
    let innermost = (0..elements.len()).rev().find(|&number| enough(number))?;
    let mut number = innermost;
    loop {
        if elements[number].is_story {
            return Some(outermost_story(number, elements));
        }
        if number == 0 {
            // No article element says so: the parent takes in a headline or an embed beside the text.
            return Some(elements[innermost].parent);
        }
        number = elements[number].parent;
    }
}

/// The article element around `number`; an `articleBody` inside an article belongs to it.
fn outermost_story(number: usize, elements: &[Place]) -> usize {
    let mut story = number;
    let mut at = number;
    while at != 0 {
        at = elements[at].parent;
        if elements[at].is_story {
            story = at;
        }
    }
    story
}
