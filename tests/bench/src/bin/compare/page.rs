//! Documents with a marked place for tables.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// What ends a place.
const END: &str = "<!-- end -->";

/// Why a document was not filled.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PageError {
    #[error("failed to read or write {path}")]
    File {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("the place for {name} in {path} has no line `{END}`")]
    NoEnd { name: &'static str, path: PathBuf },
    #[error("{path} has no place for any of these: put a line `<!-- {name} -->` and a line `{END}` into it")]
    NoPlace { name: &'static str, path: PathBuf },
}

/// Puts each text between `<!-- NAME -->` and `<!-- end -->`, where the document has such a place.
///
/// # Errors
/// The document cannot be read or written, has none of the places, or one without an end.
pub(crate) fn fill(path: &Path, texts: &[(&'static str, &str)]) -> Result<(), PageError> {
    let failed = |source| PageError::File { path: path.to_owned(), source };
    let mut document = fs::read_to_string(path).map_err(failed)?;
    let mut filled = false;
    for (name, text) in texts {
        if let Some(with) =
            put(&document, name, text).map_err(|Unended| PageError::NoEnd { name, path: path.to_owned() })?
        {
            document = with;
            filled = true;
        }
    }
    match texts.first() {
        Some((name, _)) if !filled => Err(PageError::NoPlace { name, path: path.to_owned() }),
        _ => fs::write(path, document).map_err(failed),
    }
}

/// A place begins and does not end.
#[derive(Debug, PartialEq, Eq)]
struct Unended;

/// The document with the text in its place; `None` if it has no such place.
fn put(document: &str, name: &str, text: &str) -> Result<Option<String>, Unended> {
    let mark = format!("<!-- {name} -->\n");
    let Some((before, rest)) = document.split_once(&mark) else {
        return Ok(None);
    };
    let (_, after) = rest.split_once(END).ok_or(Unended)?;
    Ok(Some([before, &mark, text, END, after].concat()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_replaces_what_stood_in_its_place() {
        let document = "a\n<!-- x -->\nold\n<!-- end -->\nb\n<!-- y -->\n<!-- end -->\n";
        let filled = put(document, "x", "new\n").unwrap().unwrap();
        assert_eq!(filled, "a\n<!-- x -->\nnew\n<!-- end -->\nb\n<!-- y -->\n<!-- end -->\n");
        assert_eq!(put(document, "z", "new\n"), Ok(None));
        assert_eq!(put("<!-- x -->\nold\n", "x", "new\n"), Err(Unended));
    }

    #[test]
    fn a_document_without_any_of_the_places_is_an_error_and_stays_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("page.md");
        fs::write(&path, "nothing\n").unwrap();
        let error = fill(&path, &[("goals", "text\n")]).unwrap_err();
        assert!(error.to_string().contains("put a line `<!-- goals -->`"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "nothing\n");
    }
}
