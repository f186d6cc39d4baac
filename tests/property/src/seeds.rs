//! Which cases are tried.

use std::env;
use std::ops::Range;

/// The seeds of `cases` random cases; `PIPELOOM_SEED` names a single one, and `PIPELOOM_CASES` says how many instead.
///
/// # Panics
/// If one of these variables is no number.
pub fn seeds(cases: u64) -> Range<u64> {
    match (number("PIPELOOM_SEED"), number("PIPELOOM_CASES").unwrap_or(cases)) {
        (Some(seed), _) => seed..seed + 1,
        (None, cases) => {
            let first = fastrand::u64(..1 << 40);
            first..first + cases
        }
    }
}

fn number(variable: &str) -> Option<u64> {
    env::var(variable).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{variable}={text} is no number")))
}
