//! Bytes as hexadecimal digits.

/// Why a text is no bytes.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(super) enum HexError {
    #[error("`{}` is no hexadecimal digit; bytes are written like 00 7f ff", .0.escape_debug())]
    NoDigit(char),
    #[error("a byte has two hexadecimal digits, and the last one has one")]
    HalfByte,
}

/// Bytes from digits; spaces may stand between them.
pub(super) fn read(text: &str) -> Result<Vec<u8>, HexError> {
    let digit = |c: char| c.to_digit(16).map(|digit| digit as u8).ok_or(HexError::NoDigit(c));
    let digits: Vec<u8> = text.chars().filter(|c| !c.is_whitespace()).map(digit).collect::<Result<_, _>>()?;
    let (pairs, half) = digits.as_chunks::<2>();
    if half.is_empty() {
        Ok(pairs.iter().map(|[high, low]| high << 4 | low).collect())
    } else {
        Err(HexError::HalfByte)
    }
}

/// For people: a space between bytes.
pub(super) fn show(bytes: &[u8]) -> String {
    let bytes: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    bytes.join(" ")
}

/// For programs.
pub(super) fn digits(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
