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
    let story = story(&masses, elements, &headlines);
    for item in &mut page.items {
        let (element, chrome, story) = match item {
            Item::Block(block) => (block.element, &mut block.chrome, story.map(|story| story.text)),
            Item::Mark(mark) => (mark.element, &mut mark.chrome, story.map(|story| story.embeds)),
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

/// The numbers of the story's elements.
#[derive(Clone, Copy)]
struct Story {
    /// The one that holds its text.
    text: usize,
    /// The one that holds its embeds: page builders put each of them, and each paragraph, into boxes of its own.
    embeds: usize,
}

/// The story; `None` where there is no running text to tell by.
fn story(mass: &[usize], elements: &[Place], headlines: &Headlines) -> Option<Story> {
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
            let named = story.map(|story| Story {
                text: story,
                embeds: story,
            });
            return Some(named.unwrap_or_else(|| unnamed(mass, elements, headlines, innermost)));
        }
        at = elements[at].parent;
    }
}

/// The story where no article element is around most of the text, and what is around story and headline: the article
/// element with the headline and half of the text, if there is one; else the text's element if the headline is in it;
/// else its parent, which takes in a headline beside the text.
fn unnamed(mass: &[usize], elements: &[Place], headlines: &Headlines, innermost: usize) -> Story {
    let half = |number: usize| mass[number] * 100 >= MAIN * mass[0];
    let has_headline = |number: usize| headlines.is_in(number, &elements[number]);
    let articles = (0..elements.len()).rev().filter(|&number| elements[number].is_story);
    if let Some(article) = articles
        .into_iter()
        .find(|&number| half(number) && has_headline(number))
    {
        return Story {
            text: article,
            embeds: article,
        };
    }
    let parent = elements[innermost].parent;
    let mut around = std::iter::successors(Some(innermost), |&at| (at > 0).then(|| elements[at].parent));
    let headed = around.find(|&at| at == 0 || has_headline(at)).filter(|&at| at > 0);
    Story {
        text: if has_headline(innermost) { innermost } else { parent },
        embeds: headed.unwrap_or(parent),
    }
}
