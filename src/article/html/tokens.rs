//! The tokens of a page, for the tree builder. What nearly all markup is made of (text, tags, comments and the text of
//! scripts and styles, as people and programs write them) is cut here at the bytes that end it; html5ever's own tokenizer
//! looks at every character. Whatever is odd is left to that one up to its next whole token, so that both read every
//! page alike.

use std::cell::{Cell, RefCell};

use html5ever::buffer_queue::BufferQueue;
use html5ever::data::NAMED_ENTITIES;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::{RawKind, State};
use html5ever::tokenizer::{Doctype, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};
use html5ever::{Attribute, LocalName, QualName, TokenizerResult, ns};
use memchr::{memchr, memmem};

/// Longest name of a character that may stand without a semicolon (HTML standard, "named character references").
const LONGEST_LEGACY: usize = 6;

/// A page that is cut into tokens, one step after another.
pub struct Tokens<S> {
    /// Takes the tokens.
    pub sink: S,
    /// The page; most text and values are parts of it, without a copy.
    page: StrTendril,
    /// Where the next token begins.
    at: usize,
    /// In which state it is read: data, or the text of a raw element.
    state: State,
    /// The name of the last start tag, which ends raw text.
    started: Option<LocalName>,
    /// Whether the sink was told of the end.
    ended: bool,
    /// Whether a character stands in it that no plain token may have.
    odd: bool,
}

impl<S: TokenSink> Tokens<S> {
    /// Cuts `html`, of which line ends are made one.
    pub fn of(html: &str, sink: S) -> Tokens<S> {
        let html = html.strip_prefix('\u{feff}').unwrap_or(html);
        let page = match memchr(b'\r', html.as_bytes()) {
            Some(_) => StrTendril::from(html.replace("\r\n", "\n").replace('\r', "\n")),
            None => StrTendril::from(html),
        };
        Tokens {
            sink,
            odd: memchr(0, page.as_bytes()).is_some(),
            page,
            at: 0,
            state: State::Data,
            started: None,
            ended: false,
        }
    }

    /// How much of the page was taken in.
    pub fn taken(&self) -> &str {
        &self.page[..self.at]
    }

    /// Gives the sink the next tokens; false where there are no more.
    pub fn step(&mut self) -> bool {
        if self.at == self.page.len() || self.ended {
            return false;
        }
        if self.odd || self.plain().is_none() {
            self.leave_to_tokenizer();
        }
        true
    }

    /// Ends the page here, and gives the sink back.
    pub fn finish(mut self) -> S {
        if !self.ended {
            self.emit(Token::EOFToken);
            self.sink.end();
        }
        self.sink
    }

    fn emit(&mut self, token: Token) {
        self.state = state_after(&self.sink.process_token(token, 1));
    }

    fn text(&mut self, text: StrTendril) {
        if !text.is_empty() {
            // Text changes no state.
            let _ = self.sink.process_token(Token::CharacterTokens(text), 1);
        }
    }

    /// A part of the page.
    fn part(&self, from: usize, to: usize) -> Option<StrTendril> {
        Some(
            self.page
                .subtendril(u32::try_from(from).ok()?, u32::try_from(to - from).ok()?),
        )
    }

    /// Text of the page, with its character references undone.
    fn decoded(&self, from: usize, to: usize) -> Option<StrTendril> {
        let text = &self.page[from..to];
        if memchr(b'&', text.as_bytes()).is_none() {
            return self.part(from, to);
        }
        let mut decoded = StrTendril::new();
        let mut rest = text;
        while let Some(at) = memchr(b'&', rest.as_bytes()) {
            decoded.push_slice(&rest[..at]);
            let (characters, length) = reference(&rest[at..])?;
            characters.into_iter().flatten().for_each(|c| decoded.push_char(c));
            rest = &rest[at + length..];
        }
        decoded.push_slice(rest);
        Some(decoded)
    }

    /// Takes what is plain; `None` if what comes next is not.
    fn plain(&mut self) -> Option<()> {
        match self.state {
            State::Data => self.data(),
            State::RawData(kind @ (RawKind::Rcdata | RawKind::Rawtext | RawKind::ScriptData)) => self.raw(kind),
            _ => None,
        }
    }

    fn data(&mut self) -> Option<()> {
        let rest = &self.page.as_bytes()[self.at..];
        match (rest[0], rest.get(1)) {
            (b'<', Some(b'!')) => self.declaration(),
            (b'<', _) => self.tag(),
            _ => {
                let end = memchr(b'<', rest).map_or(self.page.len(), |length| self.at + length);
                let text = self.decoded(self.at, end)?;
                self.at = end;
                self.text(text);
                Some(())
            }
        }
    }

    /// A comment, or the document type of today.
    fn declaration(&mut self) -> Option<()> {
        const DOCTYPE: &str = "<!doctype html>";
        let rest = &self.page[self.at..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            let length = memmem::find(comment.as_bytes(), b"-->")?;
            let is_plain = !comment[..length].starts_with(['>', '-']) && !comment[..length].contains("--");
            let from = self.at + 4;
            let comment = is_plain.then(|| self.part(from, from + length))??;
            self.at = from + length + 3;
            self.emit(Token::CommentToken(comment));
            return Some(());
        }
        let doctype = rest.get(..DOCTYPE.len())?;
        doctype.eq_ignore_ascii_case(DOCTYPE).then_some(())?;
        self.at += DOCTYPE.len();
        self.emit(Token::DoctypeToken(Doctype {
            name: Some(StrTendril::from("html")),
            ..Doctype::default()
        }));
        Some(())
    }

    /// A start or end tag.
    fn tag(&mut self) -> Option<()> {
        let bytes = self.page.as_bytes();
        let is_end = *bytes.get(self.at + 1)? == b'/';
        let mut at = self.at + 1 + usize::from(is_end);
        bytes.get(at).filter(|byte| byte.is_ascii_alphabetic())?;
        let end = at + bytes[at..].iter().position(|b| ends_name(*b))?;
        let name = local_name(&self.page[at..end]);
        at = end;
        let mut tag = Tag {
            kind: if is_end { TagKind::EndTag } else { TagKind::StartTag },
            name,
            self_closing: false,
            attrs: Vec::new(),
            had_duplicate_attributes: false,
        };
        loop {
            match bytes.get(at)? {
                b'>' => break,
                b'/' => {
                    if *bytes.get(at + 1)? == b'>' {
                        tag.self_closing = true;
                        at += 1;
                        break;
                    }
                    at += 1;
                }
                b'=' => return None,
                byte if byte.is_ascii_whitespace() => at += 1,
                _ => at = self.attribute(at, &mut tag)?,
            }
        }
        self.at = at + 1;
        if !is_end {
            self.started = Some(tag.name.clone());
        }
        self.emit(Token::TagToken(tag));
        Some(())
    }

    /// The attribute that begins at byte `at`, and where it ends. Of two of the same name the first counts.
    fn attribute(&self, at: usize, tag: &mut Tag) -> Option<usize> {
        let bytes = self.page.as_bytes();
        let space = |at: usize| Some(at + bytes[at..].iter().position(|b| !b.is_ascii_whitespace())?);
        let end = at + bytes[at..].iter().position(|b| ends_name(*b) || *b == b'=')?;
        let name = local_name(&self.page[at..end]);
        let mut after = end;
        let mut value = StrTendril::new();
        let sign = space(end)?;
        if bytes[sign] == b'=' {
            let from = space(sign + 1)?;
            (value, after) = match bytes[from] {
                quote @ (b'"' | b'\'') => {
                    let to = from + 1 + memchr(quote, &bytes[from + 1..])?;
                    (self.decoded(from + 1, to)?, to + 1)
                }
                _ => {
                    let ends = |b: &u8| b.is_ascii_whitespace() || *b == b'>';
                    let to = from + bytes[from..].iter().position(ends)?;
                    (self.decoded(from, to)?, to)
                }
            };
        }
        if tag.attrs.iter().any(|known| known.name.local == name) {
            tag.had_duplicate_attributes = true;
        } else {
            tag.attrs.push(Attribute {
                name: QualName::new(None, ns!(), name),
                value,
            });
        }
        Some(after)
    }

    /// The text of a raw element, and its end tag.
    fn raw(&mut self, kind: RawKind) -> Option<()> {
        let bytes = self.page.as_bytes();
        let name = self.started.as_ref()?.as_bytes();
        let mut end = self.at;
        loop {
            end += memmem::find(&bytes[end..], b"</")?;
            let after = bytes.get(end + 2..end + 2 + name.len())?;
            if after.eq_ignore_ascii_case(name) && ends_name(*bytes.get(end + 2 + name.len())?) {
                break;
            }
            end += 2;
        }
        if kind == RawKind::ScriptData && memmem::find(&bytes[self.at..end], b"<!--").is_some() {
            return None;
        }
        let text = if kind == RawKind::Rcdata {
            self.decoded(self.at, end)?
        } else {
            self.part(self.at, end)?
        };
        self.at = end;
        self.text(text);
        // What follows is read as its end tag or, if that is odd, by the tokenizer, which is told the state.
        self.tag()
    }

    /// Lets html5ever's tokenizer read up to the end of the next whole token that is not text.
    fn leave_to_tokenizer(&mut self) {
        let seen = Seen {
            whole: Cell::new(false),
            state: Cell::new(self.state),
            started: RefCell::new(self.started.take()),
        };
        let options = TokenizerOpts {
            initial_state: Some(self.state),
            last_start_tag_name: seen.started.borrow().as_ref().map(ToString::to_string),
            discard_bom: false,
            ..TokenizerOpts::default()
        };
        let tokenizer = Tokenizer::new(
            Watched {
                sink: &self.sink,
                seen: &seen,
            },
            options,
        );
        let input = BufferQueue::default();
        while !seen.whole.get() && self.at < self.page.len() {
            // Every such token ends with this character.
            let rest = &self.page.as_bytes()[self.at..];
            let end = memchr(b'>', rest).map_or(self.page.len(), |length| self.at + length + 1);
            input.push_back(StrTendril::from(&self.page[self.at..end]));
            self.at = end;
            while !matches!(tokenizer.feed(&input), TokenizerResult::Done) {}
        }
        if !seen.whole.get() {
            tokenizer.end();
            self.ended = true;
        }
        self.state = seen.state.get();
        self.started = seen.started.take();
    }
}

fn ends_name(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>')
}

fn local_name(name: &str) -> LocalName {
    if name.bytes().any(|b| b.is_ascii_uppercase()) {
        LocalName::from(name.to_ascii_lowercase())
    } else {
        LocalName::from(name)
    }
}

/// In which state the tokenizer goes on.
fn state_after<H>(result: &TokenSinkResult<H>) -> State {
    match result {
        TokenSinkResult::RawData(kind) => State::RawData(*kind),
        TokenSinkResult::Plaintext => State::Plaintext,
        _ => State::Data,
    }
}

/// The characters that the reference at the beginning of `text` stands for, and its length; the `&` itself where it is
/// none. `None` if it is no plain one.
fn reference(text: &str) -> Option<([Option<char>; 2], usize)> {
    let literal = Some(([Some('&'), None], 1));
    let name = &text[1..];
    if let Some(number) = name.strip_prefix('#') {
        let (digits, radix, before) = match number.strip_prefix(['x', 'X']) {
            Some(digits) => (digits, 16, 3),
            None => (number, 10, 2),
        };
        let length = digits.bytes().take_while(u8::is_ascii_hexdigit).take(7).count();
        let number = u32::from_str_radix(&digits[..length], radix).ok()?;
        let is_plain =
            digits[length..].starts_with(';') && matches!(number, 0x20..=0x7e | 0xa0..=0xfdcf | 0x1f000..=0x1faff);
        let character = char::from_u32(number).filter(|_| is_plain)?;
        return Some(([Some(character), None], before + length + 1));
    }
    let length = name.bytes().take_while(u8::is_ascii_alphanumeric).count();
    if length == 0 {
        return literal;
    }
    let known = |name: &str| NAMED_ENTITIES.get(name).filter(|(first, _)| *first != 0);
    if name[length..].starts_with(';')
        && let Some((first, second)) = known(&name[..=length])
    {
        let second = char::from_u32(*second).filter(|c| *c != '\0');
        return Some(([char::from_u32(*first), second], length + 2));
    }
    // Some old names may end anywhere, where what follows decides.
    let may_end = (1..=length.min(LONGEST_LEGACY)).any(|length| known(&name[..length]).is_some());
    if may_end { None } else { literal }
}

/// What was seen of the tokens that html5ever's tokenizer made.
struct Seen {
    /// Whether the last one was whole: no text, and not the end.
    whole: Cell<bool>,
    /// The state after it.
    state: Cell<State>,
    started: RefCell<Option<LocalName>>,
}

/// Hands tokens on, and looks at them.
struct Watched<'a, S> {
    sink: &'a S,
    seen: &'a Seen,
}

impl<S: TokenSink> TokenSink for Watched<'_, S> {
    type Handle = S::Handle;

    fn process_token(&self, token: Token, line: u64) -> TokenSinkResult<S::Handle> {
        if let Token::TagToken(tag) = &token
            && tag.kind == TagKind::StartTag
        {
            *self.seen.started.borrow_mut() = Some(tag.name.clone());
        }
        let is_error = matches!(token, Token::ParseError(_));
        let whole = matches!(
            token,
            Token::TagToken(_) | Token::CommentToken(_) | Token::DoctypeToken(_)
        );
        let result = self.sink.process_token(token, line);
        if !is_error {
            self.seen.whole.set(whole);
        }
        if whole {
            self.seen.state.set(state_after(&result));
        }
        result
    }

    fn end(&self) {
        self.sink.end();
    }

    fn adjusted_current_node_present_but_not_in_html_namespace(&self) -> bool {
        self.sink.adjusted_current_node_present_but_not_in_html_namespace()
    }
}

#[cfg(test)]
mod tests {
    use html5ever::tendril::TendrilSink;
    use html5ever::{driver, local_name};
    use proptest::prelude::*;
    use scraper::{Html, HtmlTreeSink};

    use super::super::bound;

    fn whole(html: &str) -> Html {
        driver::parse_document(HtmlTreeSink::new(Html::new_document()), driver::ParseOpts::default()).one(html)
    }

    fn piece(html: &str) -> Html {
        let sink = HtmlTreeSink::new(Html::new_fragment());
        let body = html5ever::QualName::new(None, html5ever::ns!(html), local_name!("body"));
        driver::parse_fragment(sink, driver::ParseOpts::default(), body, Vec::new(), false).one(html)
    }

    /// Pieces of markup, as it should be and as it is.
    const PIECES: &[&str] = &[
        "<!DOCTYPE html>",
        "<!doctype HTML>",
        "<!DOCTYPE html PUBLIC '-//W3C//DTD HTML 4.01//EN'>",
        "<html lang=en>",
        "<head>",
        "<title>",
        "</title>",
        "<body>",
        "<p>",
        "<P CLASS=A>",
        "</p>",
        "<div id='a' id=b>",
        "</div>",
        "<a href=\"/x?a=1&b=2&copy=3\">",
        "<a href=/x?a=b&amp;c>",
        "</a >",
        "<br/>",
        "<br / >",
        "<img src=a/>",
        "<b/c>",
        "</b d=e>",
        "<i",
        ">",
        "<",
        "</",
        "</>",
        "<!",
        "<?x>",
        "<!-- a -->",
        "<!-->",
        "<!--->",
        "<!-- a -- b -->",
        "<!-- a --!>",
        "<!--a",
        "-->",
        "<script>",
        "</script>",
        "</SCRIPT >",
        "<!--<script>",
        "<style>",
        "</style>",
        "</stylex>",
        "<textarea>\n",
        "</textarea>",
        "<noscript>",
        "</noscript>",
        "<iframe>",
        "</iframe>",
        "<plaintext>",
        "<svg>",
        "</svg>",
        "<svg:a b:c='d'>",
        "<![CDATA[ a > b ]]>",
        "<math>",
        "<table>",
        "<tr>",
        "<td>",
        "</table>",
        "<select>",
        "<option>",
        "<template>",
        "</template>",
        "<pre>\n",
        "</pre>",
        "text ",
        "a & b",
        "&amp;",
        "&eacute;",
        "&eacute",
        "&notit;",
        "&not",
        "&#39;",
        "&#x27;",
        "&#128;",
        "&#0;",
        "&#xD800;",
        "&#1234567890;",
        "&#",
        "&#x;",
        "&;",
        "&nosuch;",
        "\r\n",
        "\r",
        "\n",
        "\t",
        "\u{0}",
        "é",
        "日本",
        "'",
        "\"",
        "=",
        "/",
        " x = 'y'",
        " x='y'z",
        "<p =a>",
        "<p a=>",
        "<p a= b>",
        "<p a='&lt;&quot;'>",
        "<p a=\"b\nc\">",
        "<É>",
        "<a\n\nb>",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        #[test]
        fn a_page_becomes_the_tree_that_html5evers_tokenizer_makes_of_it(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..24)) {
            let html = pieces.concat();
            let (ours, theirs) = (bound::document(&html).0, whole(&html));
            prop_assert_eq!(ours.html(), theirs.html(), "{:?}", html);
            prop_assert!(ours.tree == theirs.tree && ours.quirks_mode == theirs.quirks_mode, "{:?}", html);
            prop_assert!(bound::fragment(&html).tree == piece(&html).tree, "{:?}", html);
        }
    }
}
