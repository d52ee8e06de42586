//! Which of several pictures a browser would show: a window 1280 wide with one picture point to the pixel, in which replays
//! are usually looked at. <https://html.spec.whatwg.org/multipage/images.html#select-an-image-source>

/// Width of that window, in CSS pixels.
const WINDOW: f64 = 1280.0;

/// The address that is chosen from a `srcset`: the smallest picture that fills its place, else the largest.
pub(super) fn of<'a>(srcset: &'a str, sizes: Option<&str>) -> Option<&'a str> {
    let place = sizes.map_or(WINDOW, width);
    let mut best: Option<(f64, &str)> = None;
    let mut rest = srcset;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == ',');
        let end = rest.find(|c: char| c.is_ascii_whitespace()).unwrap_or(rest.len());
        let (address, after) = rest.split_at(end);
        if address.is_empty() {
            return best.map(|(_, address)| address);
        }
        let (descriptor, next) = match address.ends_with(',') {
            true => ("", after),
            false => after.split_once(',').unwrap_or((after, "")),
        };
        let density = density(descriptor.trim(), place);
        let better = best.is_none_or(|(so_far, _)| match density >= 1.0 {
            true => so_far < 1.0 || density < so_far,
            false => density > so_far,
        });
        if better {
            best = Some((density, address.trim_end_matches(',')));
        }
        rest = next;
    }
}

/// Picture points to the pixel.
fn density(descriptor: &str, place: f64) -> f64 {
    let number = |unit| {
        descriptor
            .strip_suffix(unit)
            .and_then(|n: &str| n.trim().parse::<f64>().ok())
    };
    match (number('w'), number('x')) {
        (Some(width), _) => width / place.max(1.0),
        (None, Some(density)) => density,
        (None, None) => 1.0,
    }
}

/// The width that a `sizes` gives a picture.
fn width(sizes: &str) -> f64 {
    let length = sizes.split(',').find_map(|size| {
        let size = size.trim();
        match size.rfind(')') {
            // `calc(…)` and its like stand for an unknown part of the window.
            Some(end) if end + 1 == size.len() => Some(WINDOW),
            Some(end) => holds(&size[..=end]).then(|| pixels(size[end + 1..].trim())).flatten(),
            None => pixels(size),
        }
    });
    length.unwrap_or(WINDOW)
}

fn pixels(length: &str) -> Option<f64> {
    let number = |unit| {
        length
            .strip_suffix(unit)
            .and_then(|n: &str| n.trim().parse::<f64>().ok())
    };
    number("px")
        .or_else(|| number("vw").map(|part| WINDOW * part / 100.0))
        .or_else(|| number("em").map(|em| em * 16.0))
}

/// Whether a media query holds in that window; one that asks for something unknown to us does.
pub(super) fn holds(query: &str) -> bool {
    query.split(',').any(|query| {
        let query = query.trim().to_ascii_lowercase();
        let of_others = ["print", "speech", "tty", "braille"];
        !query.split_ascii_whitespace().any(|word| of_others.contains(&word))
            && query.split('(').skip(1).all(|feature| {
                let feature = feature.split(')').next().unwrap_or_default();
                let (name, value) = feature.split_once(':').unwrap_or((feature, ""));
                match (name.trim(), pixels(value.trim())) {
                    ("min-width", Some(least)) => WINDOW >= least,
                    ("max-width", Some(most)) => WINDOW <= most,
                    ("prefers-color-scheme", _) => value.trim() != "dark",
                    _ => true,
                }
            })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_picture_that_fills_its_place_is_chosen() {
        for (srcset, sizes, expected) in [
            ("a.png", None, Some("a.png")),
            ("a.png 1x, b.png 2x", None, Some("a.png")),
            ("a.png 0.5x", None, Some("a.png")),
            ("a.png 300w, b.png 600w, c.png 3000w", None, Some("c.png")),
            ("a.png 300w, b.png 600w", None, Some("b.png")),
            ("a.png 300w, b.png 600w", Some("250px"), Some("a.png")),
            (
                "a.png 300w,b.png 600w",
                Some("(max-width: 600px) 100vw, 500px"),
                Some("b.png"),
            ),
            (
                "a.png 300w, b.png 700w",
                Some("(min-width: 900px) 50vw, 100px"),
                Some("b.png"),
            ),
            ("a,b.png 300w, c.png 900w", Some("calc(100vw - 2em)"), Some("c.png")),
            ("a.png, b.png 2x", None, Some("a.png")),
            (" , ", None, None),
            ("", None, None),
        ] {
            assert_eq!(of(srcset, sizes), expected, "{srcset} {sizes:?}");
        }
    }

    #[test]
    fn a_query_holds_as_in_a_wide_window_on_a_screen() {
        for (query, expected) in [
            ("all", true),
            ("screen and (min-width: 40em)", true),
            ("print", false),
            ("print, screen", true),
            ("(max-width: 600px)", false),
            ("(orientation: landscape)", true),
        ] {
            assert_eq!(holds(query), expected, "{query}");
        }
    }
}
