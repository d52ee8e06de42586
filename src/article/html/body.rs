//! Which part of a page is the story. Names of classes say what is not of it, but a wrapper around everything has such a
//! name too (`has sidebar`, `comments open`), so no name outweighs where the running text stands. Of what is left, the
//! story is the element that holds most of it, widened to the article element that says so; all else is chrome.

use super::Place;
use crate::article::BlockKind;
use crate::article::page::{Item, Page};

/// A block is running text from this many bytes on …
const RUNNING: usize = 40;

/// … if less than this share of it are links, in hundredths.
const LINKED: usize = 50;

/// An element with this share of all running text is no margin, whatever its name, in hundredths.
const MAIN: usize = 50;

/// The same of one that holds the headline as well.
const MAIN_WITH_HEADLINE: usize = 10;

/// The story is the innermost element with at least this share of the running text, in hundredths.
const SHARE: usize = 85;

/// Reason code of what stands outside the story.
const OUTSIDE: &str = "chrome_outside_story";

/// Gives every item that is not of the story its reason.
pub fn choose(page: &mut Page, elements: &[Place]) {
    if elements.is_empty() {
        return;
    }
    let headlines = Headlines::of(elements);
    let asides = asides(elements, &headlines);
    let mass_of_all = mass(page, elements, |element| !asides[element]);
    let verdicts = verdicts(&mass_of_all, &asides, &headlines, elements);
    let masses = mass(page, elements, |element| verdicts[element].is_none());
    let story = story(&masses, elements);
    for item in &mut page.items {
        let (element, chrome) = match item {
            Item::Block(block) => (block.element, &mut block.chrome),
            Item::Mark(mark) => (mark.element, &mut mark.chrome),
        };
        let outside = story.is_some_and(|story| !(story..=elements[story].last).contains(&element));
        *chrome = verdicts[element].or(*chrome).or(outside.then_some(OUTSIDE));
    }
}

/// Bytes of running text in each element, of the blocks whose element counts.
fn mass(page: &Page, elements: &[Place], counts: impl Fn(usize) -> bool) -> Vec<usize> {
    let mut mass = vec![0_usize; elements.len()];
    for item in &page.items {
        if let Item::Block(block) = item
            && !matches!(block.kind, BlockKind::Heading | BlockKind::Caption)
            && counts(block.element)
        {
            let linked: usize = block.links.iter().map(|l| l.range.len()).sum();
            if block.text.len() >= RUNNING && linked * 100 < LINKED * block.text.len() {
                mass[block.element] += block.text.len();
            }
        }
    }
    // Children come after their parents, so one pass from the end adds each element to its parent once.
    for number in (1..elements.len()).rev() {
        mass[elements[number].parent] += mass[number];
    }
    mass
}

/// Whether each element is, or stands in, what can be longer than the story and yet is none of it: readers' comments and
/// terms of use. The headline is never among them.
fn asides(elements: &[Place], headlines: &Headlines) -> Vec<bool> {
    let mut asides: Vec<bool> = Vec::with_capacity(elements.len());
    for (number, place) in elements.iter().enumerate() {
        let may_be_longer = place.verdict.is_some_and(|verdict| {
            matches!(
                verdict,
                "chrome_comments" | "chrome_reactions" | "chrome_consent" | "chrome_dialog" | "hidden"
            )
        });
        let inherited = number > 0 && asides[place.parent];
        asides.push(inherited || (may_be_longer && !headlines.is_in(number, place)));
    }
    asides
}

/// Numbers of the headlines of the first level, in order.
struct Headlines(Vec<usize>);

impl Headlines {
    fn of(elements: &[Place]) -> Headlines {
        Headlines((0..elements.len()).filter(|&n| elements[n].is_headline).collect())
    }

    /// Whether one stands in the element.
    fn is_in(&self, number: usize, place: &Place) -> bool {
        let next = self.0.partition_point(|&headline| headline < number);
        self.0.get(next).is_some_and(|&headline| headline <= place.last)
    }
}

/// What each element's name, or the nearest name around it that counts, says against it.
fn verdicts(mass: &[usize], asides: &[bool], headlines: &Headlines, elements: &[Place]) -> Vec<Option<&'static str>> {
    let mut verdicts: Vec<Option<&'static str>> = Vec::with_capacity(elements.len());
    for (number, place) in elements.iter().enumerate() {
        let share = if headlines.is_in(number, place) {
            MAIN_WITH_HEADLINE
        } else {
            MAIN
        };
        let is_main = mass[number] * 100 >= share * mass[0].max(1);
        let own = place.verdict.filter(|_| asides[number] || !is_main);
        let inherited = if number == 0 { None } else { verdicts[place.parent] };
        verdicts.push(inherited.or(own));
    }
    verdicts
}

/// The number of the story's element; `None` where there is no running text to tell by.
fn story(mass: &[usize], elements: &[Place]) -> Option<usize> {
    let total = mass[0];
    if total == 0 {
        return None;
    }
    // Of the elements with enough text the innermost comes last: two that both have so much are one inside the other.
    let innermost = (0..elements.len())
        .rev()
        .find(|&number| mass[number] * 100 >= SHARE * total)?;
    let mut story = None;
    let mut at = innermost;
    loop {
        if elements[at].is_story {
            // An `articleBody` inside an article belongs to it.
            story = Some(at);
        }
        if at == 0 {
            // No article element says so: the parent takes in a headline or an embed beside the text.
            return Some(story.unwrap_or(elements[innermost].parent));
        }
        at = elements[at].parent;
    }
}
