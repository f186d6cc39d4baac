//! A bound on nesting, before the parser builds a tree.
//!
//! The parser bounds brackets by itself, but not dotted keys: `a.a.a. ... = 1` is a table in a table in a table, and
//! whatever goes through it recurses.

use toml_parser::Source;
use toml_parser::lexer::TokenKind;

use crate::problem::Problem;

/// How deep tables and lists may be in one another, under one header.
const MAX_DEPTH: usize = 64;

pub(super) fn too_deep(text: &str) -> Option<Problem> {
    // For each open bracket, the parts of the key before it.
    let mut open = Vec::new();
    let mut outer = 0;
    let mut parts = 1;
    for token in Source::new(text).lex() {
        match token.kind() {
            TokenKind::Dot => parts += 1,
            TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket => {
                open.push(parts);
                outer += parts;
                parts = 1;
            }
            TokenKind::RightSquareBracket | TokenKind::RightCurlyBracket => {
                outer -= open.pop().unwrap_or(0);
                parts = 1;
            }
            TokenKind::Newline | TokenKind::Comma => parts = 1,
            _ => {}
        }
        if outer + parts > MAX_DEPTH {
            let span = token.span().start()..token.span().end();
            let message = format!("more than {MAX_DEPTH} tables and lists in one another");
            return Some(Problem::new(span.into(), message));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_and_dots_count_together() {
        let dots = |count: usize| vec!["a"; count].join(".");
        assert!(too_deep(&format!("{} = 1", dots(60))).is_none());
        assert!(too_deep(&format!("{} = 1", dots(100_000))).is_some());
        assert!(too_deep(&format!("[{}]", dots(100_000))).is_some());
        assert!(too_deep(&format!("a = {}", "[".repeat(100_000))).is_some());
        let both = format!("{{ {} = ", dots(10)).repeat(10);
        assert!(too_deep(&format!("a = {both}")).is_some());
        assert!(too_deep(&"a.b.c = [[1, 2], { d.e = 3 }]\n".repeat(1000)).is_none());
        assert!(too_deep(&"]".repeat(1000)).is_none());
    }
}
