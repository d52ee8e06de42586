//! Thai writes no full stop: a blank parts sentences, but clauses, numbers, names and quotations as well. A blank ends a
//! sentence unless a word beside it says that the sentence goes on.

/// Words and marks after which a sentence goes on: conjunctions, prepositions, titles, marks of what is shortened.
const LEADING: &[&str] = &[
    "ว่า",
    "และ",
    "หรือ",
    "ที่",
    "ซึ่ง",
    "โดย",
    "เป็น",
    "ของ",
    "กับ",
    "คือ",
    "เช่น",
    "ได้แก่",
    "ตาม",
    "นาย",
    "นาง",
    "ถึง",
    "ปี",
    "วันที่",
    "ราว",
    "ประมาณ",
    "อย่างน้อย",
    "ๆ",
    "ฯ",
    ".",
    "(",
    "“",
];

/// Words that carry a sentence on: conjunctions, relatives, units.
const CARRYING: &[&str] = &[
    "และ",
    "หรือ",
    "ซึ่ง",
    "ที่",
    "โดย",
    "ของ",
    "กับ",
    "คือ",
    "เป็น",
    "ว่า",
    "ๆ",
    "รวมทั้ง",
    "รวมถึง",
    "จึง",
    "ก็",
    "จน",
    "เพราะ",
    "เพื่อ",
    "แล้ว",
    "เช่น",
    "ได้แก่",
    "กล่าว",
    "ถึง",
    "ตั้งแต่",
    "ก่อน",
    "ให้",
    "ทำให้",
    "อายุ",
    "ดอลลาร์",
    "ปอนด์",
    "ล้าน",
    "บาท",
    "-",
    "–",
    "—",
    "(",
    "http",
    "pic.",
];

/// A sentence is hardly shorter, in characters.
const SHORTEST: usize = 25;

/// Where sentences begin in `text`, but for the first.
pub(super) fn beginnings(text: &str) -> Vec<usize> {
    let mut found = Vec::new();
    let (mut start, mut length) = (0, 0);
    // Open quotations and parentheses.
    let (mut open, mut straight) = (0_usize, false);
    let mut previous = ' ';
    for (at, c) in text.char_indices() {
        match c {
            '“' | '(' => open += 1,
            '”' | ')' => open = open.saturating_sub(1),
            '"' => straight = !straight,
            ' ' if previous != ' ' && length >= SHORTEST && open == 0 && !straight => {
                let after = text[at..].trim_start();
                if ends(&text[start..at], after) {
                    found.push(text.len() - after.len());
                    (start, length) = (at, 0);
                }
            }
            _ => {}
        }
        length += 1;
        previous = c;
    }
    found
}

/// Whether a sentence ends between these.
fn ends(before: &str, after: &str) -> bool {
    let foreign = |c: char| c.is_ascii_alphabetic() || c.is_numeric();
    !before.ends_with(foreign)
        && !after.starts_with(foreign)
        && !LEADING.iter().any(|word| before.ends_with(word))
        && !CARRYING.iter().any(|word| after.starts_with(word))
}
