//! What stands behind flags, from text.

use std::time::Duration;

/// `NAME=VALUE`; the value may have more of `=`.
pub(super) fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}

/// A time of more than 0: seconds, or a number with `ms`, `s`, `m` or `h` behind it.
pub(super) fn time(text: &str) -> Result<Duration, String> {
    let wrong = || "expected a time such as 90, 90s, 5m or 2h".to_owned();
    let split = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let seconds_per_unit = match unit {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return Err(wrong()),
    };
    let number: f64 = number.trim_end().parse().map_err(|_| wrong())?;
    let time = Duration::try_from_secs_f64(number * seconds_per_unit).map_err(|_| wrong())?;
    if time.is_zero() { Err("expected a time of more than 0".to_owned()) } else { Ok(time) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        for (text, millis) in [("90", 90_000), ("1.5s", 1_500), ("250ms", 250), ("5m", 300_000), ("2 h", 7_200_000)] {
            assert_eq!(time(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "s", "0", "-1", "5 parsecs", "1e999", "NaN", "inf", "1m30s", "é"] {
            assert!(time(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_pair_splits_at_the_first_sign() {
        assert_eq!(pair("a=b=c"), Ok(("a".to_owned(), "b=c".to_owned())));
        assert_eq!(pair("a="), Ok(("a".to_owned(), String::new())));
        assert!(pair("a").is_err() && pair("=b").is_err());
    }
}
