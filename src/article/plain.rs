//! Plain text: every line a block; where lines were broken at a fixed width (mail, text browsers, pages of a PDF),
//! every paragraph; where it is Markdown, what that stands for.

use std::ops::RangeInclusive;

use unicode_width::UnicodeWidthStr;

use super::page::{Item, Page, PageBlock};
use super::{BlockKind, html, markdown};

/// Most bytes of a text that are read; a longer one is no article.
const READ: usize = 8 << 20;

/// Widths that texts are broken at, in columns.
const WIDTHS: RangeInclusive<usize> = 40..=132;

/// Lines that must have been broken at a width before it counts as the text's.
const FEWEST: usize = 4;

/// A line that fills less than this share of the width ends where its author ended it.
const FILLED: (usize, usize) = (3, 5);

/// Of the lines that fill it, the least share that must have been broken there: lists and menus stand between.
const MOSTLY: (usize, usize) = (11, 20);

/// Columns by which a paragraph set in may be narrower than the text, and a quoted line wider.
const MARGIN: usize = 16;

/// Lines broken at a width for each that is much wider and was not broken there.
const WIDER: usize = 4;

/// Reads plain text; white space inside a line stays as it is, so that offsets are those of the line.
pub fn read(text: &str) -> Page {
    let end = text.floor_char_boundary(READ);
    let mut notices = Vec::new();
    if end < text.len() {
        notices.push("input_cut".to_owned());
    }
    let text = text[..end].trim_start_matches('\u{feff}');
    let lines: Vec<Line<'_>> = text.lines().map(Line::of).collect();
    let width = width(&lines);
    if markdown::is_markdown(text) {
        let (document, notice) = html::parse(&markdown::to_html(text, width.is_some()));
        let mut page = html::read(&document);
        notices.push("markdown: read as what it stands for".to_owned());
        notices.extend(notice.map(str::to_owned));
        page.notices.splice(0..0, notices);
        return page;
    }
    notices.extend(width.map(|width| format!("lines_joined: the text is broken at {width} columns")));
    let paragraphs = lines.chunk_by(|a, b| !a.content.is_empty() && !b.content.is_empty() && a.quoted == b.quoted);
    let items = paragraphs
        .filter(|paragraph| !paragraph[0].content.is_empty())
        .flat_map(|paragraph| joined(paragraph, width))
        .map(|text| {
            Item::Block(PageBlock {
                kind: BlockKind::Paragraph,
                text,
                links: Vec::new(),
                element: 0,
                chrome: None,
            })
        })
        .collect();
    Page { items, notices }
}

/// A line as it lies on paper.
struct Line<'a> {
    /// Without outer white space.
    content: &'a str,
    /// The same without quote marks of text mail.
    text: &'a str,
    /// Columns before its text.
    indent: usize,
    /// Columns to its end.
    width: usize,
    /// Columns that its first word would take at the end of another line.
    first: usize,
    /// How many quote marks of text mail begin it.
    quoted: usize,
    /// Whether it begins an item of a list, a heading of Markdown, or a signature.
    begins: bool,
}

impl Line<'_> {
    fn of(raw: &str) -> Line<'_> {
        let content = raw.trim();
        let text = content.trim_start_matches(['>', ' ']);
        let before = &raw[..raw.trim_end().len().saturating_sub(text.len())];
        Line {
            content,
            text,
            indent: before.width(),
            width: raw.trim_end().width(),
            first: first(text),
            quoted: before.matches('>').count(),
            begins: begins(text),
        }
    }

    /// The widths at which a text broken between this line and `next` can have been broken.
    fn broken_at(&self, next: &Line<'_>) -> RangeInclusive<usize> {
        let space = usize::from(!runs_on(self.content, next.text));
        self.width..=(self.width + space + next.first).saturating_sub(1)
    }

    /// Whether `next` can go on with this line's sentence.
    fn goes_on(&self, next: &Line<'_>) -> bool {
        // The text of an item is set in from its bullet.
        !next.begins && (next.indent <= self.indent || self.begins)
    }
}

/// The width that most lines of the text were broken at, if they were: the next line's first word did not fit.
fn width(lines: &[Line<'_>]) -> Option<usize> {
    let mut broken = vec![0_isize; WIDTHS.end() + 2];
    let mut ends = Vec::new();
    for pair in lines.windows(2) {
        let [line, next] = pair else { continue };
        if line.content.is_empty() || next.content.is_empty() || !line.goes_on(next) {
            continue;
        }
        ends.push(line.width);
        let at = line.broken_at(next);
        if *at.start() <= *WIDTHS.end() {
            broken[*at.start()] += 1;
            broken[(*at.end() + 1).min(WIDTHS.end() + 1)] -= 1;
        }
    }
    ends.sort_unstable();
    let mut sum = 0;
    let counts = broken.iter().enumerate().map(|(width, change)| {
        sum += change;
        (width, sum)
    });
    let (width, most) = counts
        .filter(|(width, _)| WIDTHS.contains(width))
        .max_by_key(|&(width, count)| (count, width))?;
    let most = usize::try_from(most).ok()?;
    let filled = ends.len() - ends.partition_point(|end| end * FILLED.1 < width * FILLED.0);
    // Lines that are alike by chance stand among others that nobody broke, although they could be broken.
    let fits = |line: &Line<'_>| line.content.split_whitespace().all(|word| word.width() <= width);
    let is_wider = |line: &&Line<'_>| line.width > width + MARGIN && fits(line);
    let wider = lines.iter().filter(is_wider).count();
    let is_told = most >= FEWEST && most * MOSTLY.1 >= filled * MOSTLY.0 && wider * WIDER <= most;
    is_told.then_some(width)
}

/// The texts of a paragraph's lines, those joined that were broken at `width`.
fn joined(paragraph: &[Line<'_>], width: Option<usize>) -> Vec<String> {
    let all = width.filter(|width| {
        // Set in on both sides: one narrower width explains every line.
        let pairs = paragraph.windows(2).filter(|pair| pair[0].goes_on(&pair[1]));
        let (from, to) = pairs.fold((0, usize::MAX), |(from, to), pair| {
            let at = pair[0].broken_at(&pair[1]);
            (from.max(*at.start()), to.min(*at.end()))
        });
        from <= to && from <= *width && to.saturating_add(MARGIN) >= *width
    });
    let mut texts: Vec<String> = Vec::new();
    for (index, line) in paragraph.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| &paragraph[before]);
        let goes_on = before.is_some_and(|before| {
            before.goes_on(line)
                && (all.is_some() || width.is_some_and(|width| before.broken_at(line).contains(&width)))
        });
        match texts.last_mut().filter(|_| goes_on) {
            Some(text) => {
                if text.ends_with('\u{ad}') {
                    text.pop();
                } else if !runs_on(text, line.text) {
                    text.push(' ');
                }
                text.push_str(line.text);
            }
            None => texts.push(line.content.to_owned()),
        }
    }
    texts
}

/// Whether no space stood where a line ended: within a word with a hyphen, and in scripts without spaces.
fn runs_on(line: &str, next: &str) -> bool {
    let mut last = line.chars().rev();
    match (last.next(), next.chars().next()) {
        (Some('\u{ad}'), _) => true,
        (Some('-'), Some(first)) => first.is_lowercase() && last.next().is_some_and(char::is_alphabetic),
        (Some(last), Some(first)) => is_unspaced(last) || is_unspaced(first),
        _ => false,
    }
}

/// Whether a letter or mark is of a script that is broken anywhere: Chinese, Japanese.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{3000}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ff00}'..='\u{ffef}' | '\u{20000}'..='\u{3ffff}')
}

/// Columns of the first word; a text without spaces breaks after any letter, but not before closing marks.
fn first(text: &str) -> usize {
    if text.starts_with(is_unspaced) {
        return 4;
    }
    text.split(char::is_whitespace).next().unwrap_or_default().width()
}

/// Whether a line begins something of its own: an item, a heading of Markdown, a signature's dash.
fn begins(text: &str) -> bool {
    let mut rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    if rest.len() < text.len() {
        // `3.` and `3)` number an item, `2019.` may end a sentence.
        return text.len() - rest.len() <= 2 && rest.starts_with(['.', ')']) && rest[1..].starts_with(' ');
    }
    rest = text.trim_start_matches(['*', '-', '+', '#', '•', '·', '▪', '◦', '–', '—', '―', '|']);
    rest.len() < text.len() && (rest.is_empty() || rest.starts_with(char::is_whitespace))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(text: &str) -> Vec<String> {
        let blocks = read(text).items.into_iter().filter_map(|item| match item {
            Item::Block(block) => Some(block.text),
            Item::Mark(_) => None,
        });
        blocks.collect()
    }

    const PARAGRAPHS: [&str; 4] = [
        "The bridge at the old weir was closed on Monday morning, after engineers had found cracks in two of its piers \
         that nobody had seen in the years before.",
        "— Ada Low (@ada_l) September 1, 2021",
        "\"We were told nothing at all,\" said the keeper of the weir, who has lived beside it since his childhood, and \
         who will have to walk for an hour to get to the other side of the river now.",
        "The council meets on Friday.",
    ];

    #[test]
    fn lines_that_are_alike_are_not_joined_where_others_are_much_wider() {
        let pair = "The mayor wrote that the bridge was still standing and thanked the crews:\n\
                    The bridge is still standing. Thanks to the crews who worked all night near the barrage and at the weir above\n\n";
        let page = read(&pair.repeat(6));
        assert_eq!(page.notices, [""; 0]);
        assert_eq!(page.items.len(), 12);
    }

    #[test]
    fn each_line_is_a_block_where_lines_are_paragraphs() {
        assert_eq!(blocks(&PARAGRAPHS.join("\n")), PARAGRAPHS);
        assert_eq!(blocks("\u{feff}One.\r\n\r\n  Two. \n"), ["One.", "Two."]);
        assert!(read(&PARAGRAPHS.join("\n\n")).notices.is_empty());
    }

    /// `text` broken at `width`, its lines begun with `begin`.
    fn broken(text: &str, width: usize, begin: &str) -> String {
        let mut lines = vec![begin.to_owned()];
        for word in text.split(' ') {
            let line = lines.last_mut().unwrap();
            if line.width() + 1 + word.width() > width {
                lines.push(format!("{begin}{word}"));
            } else {
                if line.len() > begin.len() {
                    line.push(' ');
                }
                line.push_str(word);
            }
        }
        lines.join("\n")
    }

    #[test]
    fn lines_broken_at_a_width_are_joined_again() {
        for width in [56, 72, 78] {
            for (gap, begin) in [("\n\n", ""), ("\n\n", "   "), ("\n", "")] {
                let text = [PARAGRAPHS; 2].concat();
                let lines: Vec<String> = text.iter().map(|paragraph| broken(paragraph, width, begin)).collect();
                let lines = lines.join(gap);
                assert_eq!(blocks(&lines), text, "{width} {gap:?} {begin:?}\n{lines}");
                assert_eq!(read(&lines).notices.len(), 1);
            }
        }
    }

    #[test]
    fn a_quotation_that_is_set_in_is_joined_too() {
        let post = "Here is the weir on Monday, with nobody in sight and water over both of its gates, as it was told \
                    to us that it can never be.";
        let text = [
            broken(PARAGRAPHS[0], 72, "   "),
            broken(post, 66, "      "),
            broken(PARAGRAPHS[2], 72, "   "),
        ];
        let twice = format!("{0}\n\n{0}", text.join("\n\n"));
        assert_eq!(blocks(&twice)[..3], [PARAGRAPHS[0], post, PARAGRAPHS[2]]);
        let mail = [
            broken(PARAGRAPHS[0], 72, ""),
            broken(post, 72, "> "),
            broken(PARAGRAPHS[2], 72, ""),
        ];
        assert_eq!(blocks(&mail.join("\n").repeat(2))[1], format!("> {post}"));
    }

    #[test]
    fn items_headings_and_signatures_begin_blocks_of_their_own() {
        let text = format!(
            "{}\n* the first item of a list which is long enough that it has to be broken\n  somewhere\n* the second\n3. \
             the third\n— Ada Low (@ada_l) September 1, 2021\n\n{}",
            broken(PARAGRAPHS[0], 76, ""),
            broken(&PARAGRAPHS[2].repeat(2), 76, "")
        );
        let last = PARAGRAPHS[2].repeat(2);
        let expected = [
            PARAGRAPHS[0],
            "* the first item of a list which is long enough that it has to be broken somewhere",
            "* the second",
            "3. the third",
            PARAGRAPHS[1],
            &last,
        ];
        assert_eq!(blocks(&text), expected);
    }

    #[test]
    fn words_are_joined_as_their_script_and_their_hyphen_ask_for() {
        for (line, next, whole) in [
            ("a well-", "known", "a well-known"),
            ("2019 -", "2021", "2019 - 2021"),
            ("soft\u{ad}", "ened", "softened"),
            ("総務省の調", "査で入力", "総務省の調査で入力"),
            ("서울", "시장", "서울 시장"),
        ] {
            let lines = [Line::of(line), Line::of(next)];
            let width = lines[0].width;
            assert_eq!(joined(&lines, Some(width)), [whole]);
        }
    }

    #[test]
    fn short_lines_that_nothing_broke_stay_apart() {
        let verses =
            "The river runs\nand nobody asks it\nwhere from, where to,\nso we sit here still\nand count the boats\n";
        assert_eq!(blocks(&verses.repeat(20)).len(), 100);
        let ragged: String = (0..60)
            .map(|n| format!("{}\n", "word ".repeat(9 + n * 7 % 5).trim()))
            .collect();
        assert_eq!(blocks(&ragged).len(), 60);
    }
}
