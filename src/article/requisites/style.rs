//! What a style sheet names: other style sheets, pictures, fonts. CSS's own tokenizer reads it; blocks are entered to a
//! bounded depth.

use cssparser::{ParseError, Parser, Token};
use url::Url;

use super::{Kind, List, Requisite};

/// How deep blocks are entered; what stands deeper is passed over.
const DEPTH: usize = 12;

/// What the style sheet in `bytes` at `url` names, each address once, in its order.
#[must_use]
pub fn of_style(bytes: &[u8], url: &Url) -> Vec<Requisite> {
    let mut found = List::at(url.clone());
    read(&String::from_utf8_lossy(bytes), &mut found);
    found.files
}

/// Adds what a style sheet, or a style attribute, names.
pub(super) fn read(css: &str, found: &mut List) {
    walk(&mut Parser::new(css), Place::Rules, DEPTH, found);
}

/// Where a token stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Among rules or declarations.
    Rules,
    /// In a `@font-face`.
    Font,
    /// In an `image-set()`, whose texts are addresses.
    Images,
}

fn walk(parser: &mut Parser<'_>, place: Place, depth: usize, found: &mut List) {
    let mut rule = String::new();
    let mut fonts: Vec<(String, String)> = Vec::new();
    while let Ok(token) = parser.next().cloned() {
        let mut address = None;
        match &token {
            Token::AtKeyword(name) => rule = name.to_ascii_lowercase(),
            Token::Semicolon => rule.clear(),
            Token::UnquotedUrl(url) => address = Some(url.to_string()),
            Token::QuotedString(text) if rule == "import" || place == Place::Images => address = Some(text.to_string()),
            Token::Function(name) if name.eq_ignore_ascii_case("url") => address = inner_text(parser),
            Token::Function(name) if name.eq_ignore_ascii_case("format") => {
                if let (Some(format), Some(font)) = (inner_text(parser), fonts.last_mut()) {
                    font.1 = format;
                }
            }
            Token::Function(_) | Token::ParenthesisBlock | Token::SquareBracketBlock | Token::CurlyBracketBlock
                if depth > 0 =>
            {
                let inside = match &token {
                    Token::Function(name) if name.to_ascii_lowercase().ends_with("image-set") => Place::Images,
                    Token::CurlyBracketBlock if rule == "font-face" => Place::Font,
                    _ => Place::Rules,
                };
                let _ = parser.parse_nested_block(|block| {
                    walk(block, inside, depth - 1, found);
                    Ok::<(), ParseError<()>>(())
                });
                if token == Token::CurlyBracketBlock {
                    rule.clear();
                }
            }
            _ => {}
        }
        let Some(address) = address else { continue };
        match place {
            _ if rule == "import" => {
                found.add(Kind::Style, &address);
                rule.clear();
            }
            // A namespace is a name that looks like an address.
            _ if rule == "namespace" => {}
            Place::Font => fonts.push((address, String::new())),
            Place::Rules | Place::Images => found.add(Kind::Background, &address),
        }
    }
    // The same font in several formats: one that every browser of today reads.
    if let Some((address, _)) = fonts.iter().min_by_key(|(address, format)| rank(address, format)) {
        found.add(Kind::Font, address);
    }
}

/// The text that a function holds.
fn inner_text(parser: &mut Parser<'_>) -> Option<String> {
    let mut text = None;
    let _ = parser.parse_nested_block(|block| {
        text = block.expect_ident_or_string().ok().map(ToString::to_string);
        while block.next().is_ok() {}
        Ok::<(), ParseError<()>>(())
    });
    text
}

/// Smaller for fonts that are rather taken.
fn rank(address: &str, format: &str) -> usize {
    let path = address.split(['?', '#']).next().unwrap_or_default();
    let named =
        |name: &str| format.eq_ignore_ascii_case(name) || path.to_ascii_lowercase().ends_with(&format!(".{name}"));
    let formats = ["woff2", "woff", "ttf", "otf"];
    formats.iter().position(|name| named(name)).unwrap_or(formats.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(css: &str) -> Vec<String> {
        let url = Url::parse("https://cdn.example/css/main.css").unwrap();
        of_style(css.as_bytes(), &url)
            .iter()
            .map(|file| format!("{} {}", file.kind.word(), &file.url.path()))
            .collect()
    }

    #[test]
    fn a_style_sheet_names_its_files_in_all_the_ways_of_css() {
        for (css, expected) in [
            ("@import 'a.css';", &["style /css/a.css"][..]),
            ("@import url(../a.css) layer(base) screen;", &["style /a.css"]),
            ("@IMPORT URL(\"a.css\"); p{}", &["style /css/a.css"]),
            ("p{background:url( 'a.png' ) no-repeat}", &["image /css/a.png"]),
            (
                "@media screen{@supports (display:grid){p{background:url(a.png)}}}",
                &["image /css/a.png"],
            ),
            (
                "p{background:image-set('a.png' 1x, url(b.png) 2x)}",
                &["image /css/a.png", "image /css/b.png"],
            ),
            (
                "@font-face{font-family:x;src:url(f.eot?#iefix) format('embedded-opentype'),url(f.woff) format('woff'),url(f.woff2)}",
                &["font /css/f.woff2"],
            ),
            ("@font-face{src:local('X'),url(/f) format(woff2)}", &["font /f"]),
            ("/* url(no.png) */ p{content:'url(no.png)'}", &[]),
            ("@namespace svg url(http://www.w3.org/2000/svg);", &[]),
            ("p{background:url(data:image/png;base64,AA)} q{fill:url(#x)}", &[]),
            (
                "p{background:url(a b.png)} q{background:url(c.png)}",
                &["image /css/c.png"],
            ),
            ("p{background:url(\\61.png)", &["image /css/a.png"]),
            (".a{.b{&:hover{background:url(d.png)}}}", &["image /css/d.png"]),
        ] {
            assert_eq!(told(css), expected, "{css}");
        }
    }

    #[test]
    fn nesting_to_any_depth_is_passed_over() {
        let css = format!(
            "{}p{{background:url(no.png)}}{}",
            "a{".repeat(100_000),
            "}".repeat(100_000)
        );
        assert_eq!(
            told(&format!("{css} q{{background:url(yes.png)}}")),
            ["image /css/yes.png"]
        );
        assert_eq!(told(&"a(".repeat(100_000)), <[&str; 0]>::default());
    }
}
