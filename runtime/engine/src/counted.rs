//! Counts in sentences.

/// `1 byte`, `2 bytes`
pub(crate) fn counted(count: u64, one: &str, more: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { more })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_not_many() {
        assert_eq!(counted(0, "byte", "bytes"), "0 bytes");
        assert_eq!(counted(1, "byte", "bytes"), "1 byte");
        assert_eq!(counted(2, "byte", "bytes"), "2 bytes");
    }
}
