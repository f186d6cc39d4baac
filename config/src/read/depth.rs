//! A bound on nesting, before the parser builds a tree.
//!
//! The parser bounds brackets by itself, but not dotted keys: `a.a.a. ... = 1` is a table in a table in a table, and
//! dropping it recurses.

use toml_parser::Source;
use toml_parser::lexer::TokenKind;

use crate::problem::Problem;

/// The most parts of a dotted key.
const MAX_PARTS: usize = 32;

pub(super) fn too_deep(text: &str) -> Option<Problem> {
    let mut parts = 1;
    for token in Source::new(text).lex() {
        match token.kind() {
            TokenKind::Dot => {
                parts += 1;
                if parts > MAX_PARTS {
                    let span = token.span().start()..token.span().end();
                    let message = format!("not read: this key has more than {MAX_PARTS} parts");
                    return Some(Problem::new(span.into(), message));
                }
            }
            TokenKind::Whitespace | TokenKind::Atom | TokenKind::BasicString | TokenKind::LiteralString => {}
            _ => parts = 1,
        }
    }
    None
}
