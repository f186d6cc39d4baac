//! `${name}` in texts.

/// A piece of a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Piece<'a> {
    /// As it is. `$${` has become `${`.
    Text(&'a str),
    /// `${name}`.
    Place(&'a str),
}

impl<'a> Piece<'a> {
    /// The name, if it is a place.
    pub(crate) const fn place(self) -> Option<&'a str> {
        match self {
            Piece::Text(_) => None,
            Piece::Place(name) => Some(name),
        }
    }
}

/// A `${` that no `}` closes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Unclosed;

/// Cuts a text into its pieces.
pub(crate) fn pieces(text: &str) -> Result<Vec<Piece<'_>>, Unclosed> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find("${") {
        if rest[..open].ends_with('$') {
            // Escaped: one dollar sign goes, the brace stays.
            pieces.push(Piece::Text(&rest[..open - 1]));
            pieces.push(Piece::Text("${"));
            rest = &rest[open + 2..];
            continue;
        }
        pieces.push(Piece::Text(&rest[..open]));
        let close = rest[open..].find('}').ok_or(Unclosed)?;
        pieces.push(Piece::Place(&rest[open + 2..open + close]));
        rest = &rest[open + close + 1..];
    }
    pieces.push(Piece::Text(rest));
    pieces.retain(|piece| *piece != Piece::Text(""));
    Ok(pieces)
}

/// The text that [`pieces`] turns back into `text` alone.
pub(crate) fn escape(text: &str) -> String {
    text.replace("${", "$${")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn places_are_found_and_escapes_are_not_places() {
        let cut = pieces("a${b}c$${d}$e").unwrap();
        let expected = ["a", "b", "c", "${", "d}$e"];
        let shown: Vec<&str> = cut
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) | Piece::Place(text) => *text,
            })
            .collect();
        assert_eq!(shown, expected);
        assert_eq!(cut.iter().filter_map(|piece| piece.place()).collect::<Vec<_>>(), ["b"]);
        assert_eq!(pieces("${b"), Err(Unclosed));
        assert_eq!(pieces("").unwrap(), []);
    }

    proptest! {
        #[test]
        fn an_escaped_text_comes_back(text in "[a${}]{0,12}") {
            let escaped = escape(&text);
            let back: String = pieces(&escaped).unwrap().iter().map(|piece| match piece {
                Piece::Text(text) => *text,
                Piece::Place(name) => panic!("{name} is no place in {escaped}"),
            }).collect();
            prop_assert_eq!(back, text);
        }
    }
}
