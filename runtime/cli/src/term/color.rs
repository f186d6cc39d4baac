//! Whether there are colours, and which.
//!
//! Texts are made with colours always; the streams of [`super::out`] take them out where they are not wanted.

use anstream::ColorChoice;
use anstyle::{AnsiColor, Color, Style};

/// What is wrong.
pub(crate) const ERROR: Style = of(AnsiColor::Red).bold();
/// What might be wrong.
pub(crate) const WARNING: Style = of(AnsiColor::Yellow).bold();
/// What is well.
pub(crate) const GOOD: Style = of(AnsiColor::Green).bold();
/// Names and headings.
pub(crate) const STRONG: Style = Style::new().bold();
/// What is not looked at first.
pub(crate) const FAINT: Style = Style::new().dimmed();

/// To tell jobs apart; no red, which is for errors.
const JOBS: [Style; 6] = [
    of(AnsiColor::Cyan),
    of(AnsiColor::Magenta),
    of(AnsiColor::Green),
    of(AnsiColor::Blue),
    of(AnsiColor::Yellow),
    of(AnsiColor::BrightCyan),
];

/// The colour of the job at `place` in the file.
pub(crate) const fn job(place: usize) -> Style {
    JOBS[place % JOBS.len()]
}

const fn of(color: AnsiColor) -> Style {
    Style::new().fg_color(Some(Color::Ansi(color)))
}

/// What `--color` says, for the whole command. `auto` asks the terminal, `NO_COLOR`, `CLICOLOR` and `TERM`.
pub(crate) fn choose(choice: clap::ColorChoice) {
    let choice = match choice {
        clap::ColorChoice::Auto => ColorChoice::Auto,
        clap::ColorChoice::Always => ColorChoice::Always,
        clap::ColorChoice::Never => ColorChoice::Never,
    };
    choice.write_global();
}

/// Whether standard error shows colours.
pub(crate) fn on_stderr() -> bool {
    anstream::AutoStream::choice(&std::io::stderr()) != ColorChoice::Never
}

/// `text` in a style.
pub(crate) fn paint(style: Style, text: impl std::fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}
