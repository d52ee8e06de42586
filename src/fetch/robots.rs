//! robots.txt (RFC 9309): which paths a site asks programs like us to leave alone.

/// Name by which we look for our group of rules.
const AGENT: &str = "citekeep";

/// Most bytes read (RFC 9309 §2.5 asks for at least 500 KiB).
const LIMIT: usize = 512 << 10;

/// Most rules kept; more are not a policy but an attack.
const MAX_RULES: usize = 10_000;

/// The rules of one site that concern us.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Robots {
    rules: Vec<Rule>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    allow: bool,
    pattern: String,
}

impl Robots {
    /// Reads a robots.txt: the groups that name us, else those for everyone.
    #[must_use]
    pub fn parse(text: &[u8]) -> Robots {
        let text = String::from_utf8_lossy(&text[..text.len().min(LIMIT)]);
        let (mut ours, mut everyones, mut named) = (Vec::new(), Vec::new(), false);
        let (mut for_us, mut for_all, mut in_rules) = (false, false, false);
        for line in text.trim_start_matches('\u{feff}').lines() {
            let Some((key, value)) = line.split('#').next().unwrap_or("").split_once(':') else {
                continue;
            };
            let (key, value) = (key.trim().to_ascii_lowercase(), value.trim());
            match key.as_str() {
                "user-agent" => {
                    if in_rules {
                        (for_us, for_all, in_rules) = (false, false, false);
                    }
                    let agent = value.split(['/', ' ']).next().unwrap_or("");
                    for_us |= agent.eq_ignore_ascii_case(AGENT);
                    for_all |= agent == "*";
                    named |= for_us;
                }
                "allow" | "disallow" => {
                    in_rules = true;
                    if !value.is_empty() && ours.len() + everyones.len() < MAX_RULES {
                        let rule = Rule {
                            allow: key == "allow",
                            pattern: value.to_owned(),
                        };
                        if for_us {
                            ours.push(rule);
                        } else if for_all {
                            everyones.push(rule);
                        }
                    }
                }
                _ => {}
            }
        }
        Robots {
            rules: if named { ours } else { everyones },
        }
    }

    /// Whether `path` (with query) may be asked: the longest matching rule decides, and allows on a tie.
    #[must_use]
    pub fn allows(&self, path: &str) -> bool {
        self.rules
            .iter()
            .filter(|rule| matches(&rule.pattern, path))
            .max_by_key(|rule| (rule.pattern.len(), rule.allow))
            .is_none_or(|rule| rule.allow)
    }
}

/// Whether a pattern with `*` and a closing `$` matches from the start of the path. Greedy from the left: each piece is
/// looked for after the one before, so it is linear in the path for each piece.
fn matches(pattern: &str, path: &str) -> bool {
    let (pattern, anchored) = match pattern.strip_suffix('$') {
        Some(rest) => (rest, true),
        None => (pattern, false),
    };
    let mut pieces = pattern.split('*');
    let Some(mut rest) = path.strip_prefix(pieces.next().unwrap_or("")) else {
        return false;
    };
    let mut last_was_star = false;
    let pieces: Vec<&str> = pieces.collect();
    for (i, piece) in pieces.iter().enumerate() {
        last_was_star = piece.is_empty();
        let is_last = i + 1 == pieces.len();
        if is_last && anchored && !piece.is_empty() {
            return rest.ends_with(piece);
        }
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    !anchored || rest.is_empty() || last_was_star
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_rule_of_our_group_decides() {
        let robots = Robots::parse(
            b"User-agent: *\nDisallow: /\n\nUser-agent: other\nUser-agent: CiteKeep/1\nDisallow: /private # no\nAllow: /private/press\nCrawl-delay: 1\nDisallow: /*.pdf$\nDisallow:\n",
        );
        for (path, allowed) in [
            ("/", true),
            ("/private", false),
            ("/private/press/1", true),
            ("/a/b.pdf", false),
            ("/a/b.pdf?x", true),
        ] {
            assert_eq!(robots.allows(path), allowed, "{path}");
        }
    }

    #[test]
    fn without_a_group_of_our_own_everyones_counts_and_an_empty_file_allows_all() {
        let robots = Robots::parse(b"\xef\xbb\xbfUser-agent: *\r\nDisallow: /search\r\n");
        assert!(!robots.allows("/search?q=1"));
        assert!(robots.allows("/story"));
        assert!(Robots::parse(b"<html>not a robots file").allows("/x"));
    }

    #[test]
    fn a_group_that_names_us_without_rules_allows_all() {
        let robots = Robots::parse(b"User-agent: *\nDisallow: /\nUser-agent: citekeep\nDisallow:\n");
        assert!(robots.allows("/x"));
    }

    #[test]
    fn stars_match_any_run_of_characters() {
        for (pattern, path, expected) in [
            ("/a*c", "/abbbc", true),
            ("/a*c$", "/abbbcd", false),
            ("/a*", "/a", true),
            ("*", "/", true),
            ("/a*b*c$", "/a1b2c", true),
            ("/a$", "/a", true),
            ("/a$", "/ab", false),
            ("/*$", "/anything", true),
        ] {
            assert_eq!(matches(pattern, path), expected, "{pattern} {path}");
        }
    }
}
