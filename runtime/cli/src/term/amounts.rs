//! Bytes, counts and times for people.

use std::time::Duration;

use indicatif::{BinaryBytes, HumanCount};

/// `12.50 KiB`, `4 MiB`
pub(crate) fn bytes(bytes: u64) -> String {
    BinaryBytes(bytes).to_string().replacen(".00 ", " ", 1)
}

/// `1 block`, `1,024 blocks`
pub(crate) fn count(count: u64, one: &str, more: &str) -> String {
    format!("{} {}", HumanCount(count), if count == 1 { one } else { more })
}

/// `0.25 s`, `12.3 s`, `3 min 5 s`, `2 h 0 min`
pub(crate) fn time(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..10 => format!("{:.2} s", time.as_secs_f64()),
        10..60 => format!("{:.1} s", time.as_secs_f64()),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// The same for a time that is still growing: `12 s`, `3 min 5 s`
pub(crate) fn whole_seconds(elapsed: Duration) -> String {
    match elapsed.as_secs() {
        seconds @ 0..60 => format!("{seconds} s"),
        _ => time(elapsed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_well() {
        assert_eq!(bytes(4 << 20), "4 MiB");
        assert_eq!(bytes(0), "0 B");
        assert_eq!(bytes(12_800), "12.50 KiB");
        assert_eq!(count(1, "block", "blocks"), "1 block");
        assert_eq!(count(12_345, "block", "blocks"), "12,345 blocks");
        assert_eq!(time(Duration::from_millis(250)), "0.25 s");
        assert_eq!(whole_seconds(Duration::from_millis(250)), "0 s");
        assert_eq!(time(Duration::from_secs(185)), "3 min 5 s");
        assert_eq!(time(Duration::from_secs(7_230)), "2 h 0 min");
    }
}
