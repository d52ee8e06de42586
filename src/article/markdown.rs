//! Markdown, as clippers and converters print pages: turned into HTML, so that all that is known of pages holds.

use pulldown_cmark::{Event, Options, Parser, html};

/// Whether a text is Markdown: it holds links of its form, two at least, or one beside headings or quotations.
pub fn is_markdown(text: &str) -> bool {
    let links = memchr::memmem::find_iter(text.as_bytes(), "](http").take(2).count();
    links >= 2 || links == 1 && text.lines().any(is_mark)
}

fn is_mark(line: &str) -> bool {
    let heading = line.trim_start_matches('#');
    line.starts_with("> ") || (1..=6).contains(&(line.len() - heading.len())) && heading.starts_with(' ')
}

/// The page that the text stands for. Its lines stay lines, unless they were `broken` at a width.
pub fn to_html(text: &str, broken: bool) -> String {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS;
    let events = Parser::new_ext(text, options).map(|event| match event {
        Event::SoftBreak if !broken => Event::HardBreak,
        event => event,
    });
    let mut page = String::with_capacity(text.len() * 5 / 4);
    html::push_html(&mut page, events);
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_is_told_by_its_links() {
        assert!(is_markdown(
            "See [one](https://a.example/) and [two](https://b.example/)."
        ));
        assert!(is_markdown("# The weir\n\nSee [one](https://a.example/)."));
        assert!(is_markdown("> It stands.\n\nSee [one](https://a.example/)."));
        assert!(!is_markdown(
            "— Ada (@ada) [May 1, 2024](https://x.com/ada/status/1785600110366674944)"
        ));
        assert!(!is_markdown("# The weir\n#tag\n> quoted"));
    }

    #[test]
    fn lines_stay_lines_unless_they_were_broken_at_a_width() {
        let text = "One *line*,\nand another.";
        assert_eq!(to_html(text, false), "<p>One <em>line</em>,<br />\nand another.</p>\n");
        assert_eq!(to_html(text, true), "<p>One <em>line</em>,\nand another.</p>\n");
    }
}
