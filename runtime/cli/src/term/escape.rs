//! What others have named or written, without what a terminal would obey.
//!
//! A line of a job's output can hold an escape sequence that clears the screen, sets the title or makes the terminal
//! type; a name can turn the direction of the text around it. Shown as `\u{1b}` they do nothing.

use std::borrow::Cow;

use unicode_width::UnicodeWidthChar;

/// `text` with all that is not for showing made visible. It is one line then.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    text.chars().for_each(|c| push_visible(&mut shown, c));
    Cow::Owned(shown)
}

/// One line of a job's output: tabs become spaces, and of what is overwritten by carriage returns the last is shown.
pub(crate) fn output_line(line: &str) -> String {
    let last = line.rsplit('\r').find(|part| !part.is_empty()).unwrap_or("");
    let mut shown = String::with_capacity(last.len());
    let mut column = 0;
    for c in last.chars() {
        match c {
            '\t' => {
                let stop = (column / 8 + 1) * 8;
                shown.extend(std::iter::repeat_n(' ', stop - column));
                column = stop;
            }
            c => {
                push_visible(&mut shown, c);
                column += c.width().unwrap_or(0);
            }
        }
    }
    shown
}

/// `text` cut to `columns`, with an ellipsis where something is missing.
pub(crate) fn cut(text: &str, columns: usize) -> Cow<'_, str> {
    let mut used = 0;
    let mut room = 0;
    for (at, c) in text.char_indices() {
        used += c.width().unwrap_or(0);
        if used > columns {
            let kept = &text[..room];
            return if columns == 0 { Cow::Borrowed("") } else { Cow::Owned(format!("{kept}…")) };
        }
        if used < columns {
            room = at + c.len_utf8();
        }
    }
    Cow::Borrowed(text)
}

fn push_visible(shown: &mut String, c: char) {
    if is_unsafe(c) { shown.extend(c.escape_default()) } else { shown.push(c) }
}

/// Controls (C0, DEL, C1), line and paragraph separators, and the marks that turn the direction of text.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{61c}')
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_obeys_nothing_of_it() {
        assert_eq!(printable("a\u{1b}]0;x\u{7}b"), "a\\u{1b}]0;x\\u{7}b");
        assert_eq!(printable("\u{9b}2J"), "\\u{9b}2J");
        assert_eq!(printable("a\nb\r"), "a\\nb\\r");
        assert_eq!(printable("\u{202e}gpj.exe"), "\\u{202e}gpj.exe");
        assert_eq!(printable("Größe 尺寸"), "Größe 尺寸");
    }

    #[test]
    fn of_a_progress_line_the_last_state_is_shown() {
        assert_eq!(output_line("10 %\r20 %\r100 %\r"), "100 %");
        assert_eq!(output_line("\r"), "");
    }

    #[test]
    fn tabs_go_to_the_next_stop() {
        assert_eq!(output_line("a\tb"), "a       b");
        assert_eq!(output_line("\u{1b}[31mred"), "\\u{1b}[31mred");
    }

    #[test]
    fn a_cut_text_is_as_wide_as_it_may_be() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdef", 5), "abcd…");
        assert_eq!(cut("abcdef", 1), "…");
        assert_eq!(cut("abcdef", 0), "");
        assert_eq!(cut("尺寸尺寸", 5), "尺寸…");
        assert_eq!(cut("尺寸尺寸", 4), "尺…");
        assert_eq!(cut("", 0), "");
    }
}
