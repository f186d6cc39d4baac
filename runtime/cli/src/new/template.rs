//! The files of a new folder.
//!
//! The templates are real files, for a job called `my-job` or a network called `my-network`. In their names and texts each
//! form of that name (`my-job`, `my_job`, `MyJob`) is replaced. A file `Cargo.toml` would make its folder a package, which
//! cargo leaves out of ours; so it is called `Cargo.toml.in`.

use include_dir::{Dir, include_dir};

use super::folder::File;
use super::name::Name;
use crate::args::Language;

static TEMPLATES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/templates");

/// The header that a job in C includes is the kit itself.
const C_KIT: (&str, &str) = ("pipeloom.h", include_str!("../../../../jobs/c/pipeloom.h"));

/// Words that cannot be the name of a package in Rust: keywords, folders that cargo makes, and crates of Rust's own or used by
/// the job.
const RUST_WORDS: &str = "\
    abstract alloc as async await become box break build const continue core crate deps do dyn else enum examples \
    extern false final fn for gen if impl in incremental let loop macro match mod move mut override pipeloom-job \
    pipeloom_job priv proc-macro proc_macro pub ref return schemars self serde serde-json serde_json static std \
    struct super test trait true try type typeof unsafe unsized use virtual where while yield";

/// Words that are no name of a class in Python.
const PYTHON_WORDS: &str = "false none true";

/// A rule of the makefile, and what make reads in place of it.
const MAKE_WORDS: &str = "makefile test";

/// A name that already means something where it would stand.
#[derive(Debug, thiserror::Error)]
#[error("the job cannot be called `{name}`, which means something else {place}: take another name")]
pub(crate) struct UsedName {
    name: String,
    place: String,
}

/// What a new folder is made of.
pub(crate) struct Template {
    pub(crate) is_job: bool,
    folder: &'static str,
    /// Files from elsewhere.
    kit: &'static [(&'static str, &'static str)],
    /// Names that mean something else, and in what.
    words: (&'static str, &'static str),
}

impl Template {
    /// A network of three jobs.
    pub(crate) fn network() -> Template {
        Template { is_job: false, folder: "network", kit: &[], words: ("", "") }
    }

    /// A job in this language, and a network that uses it.
    pub(crate) fn job(language: Language) -> Template {
        let (folder, kit, words): (_, &[_], _) = match language {
            Language::Rust => ("rust", &[], (RUST_WORDS, "Rust")),
            Language::RustExecutable => ("rust-executable", &[], (RUST_WORDS, "Rust")),
            Language::Python => ("python", &[], (PYTHON_WORDS, "Python")),
            Language::C => ("c", &[C_KIT], (MAKE_WORDS, "make")),
            Language::Shell => ("shell", &[], ("", "a shell")),
        };
        Template { is_job: true, folder, kit, words }
    }

    /// The files with the name in them, `README.md` among them.
    pub(crate) fn files(&self, name: &Name) -> Result<Vec<File>, UsedName> {
        let mut templates = Vec::new();
        if let Some(folder) = TEMPLATES.get_dir(self.folder) {
            texts(folder, self.folder, &mut templates);
        }
        if self.is_job {
            self.check(name, &templates)?;
        }
        templates.extend_from_slice(self.kit);
        let named = |(path, text): (&str, &str)| File { path: put(path, name).into(), text: put(text, name) };
        Ok(templates.into_iter().map(named).collect())
    }

    /// Whether the name is free: in the language, in the code, in the network, and as a file.
    fn check(&self, name: &Name, templates: &[(&str, &str)]) -> Result<(), UsedName> {
        let used = |place: String| UsedName { name: name.as_str().to_owned(), place };
        let (words, place) = self.words;
        if words.split(' ').any(|word| word == name.as_str()) {
            return Err(used(format!("in {place}")));
        }
        let (class, table) = (name.pascal(), format!("[jobs.{}]", name.as_str()));
        for (path, text) in templates {
            let is_code = path.ends_with(".rs") || path.ends_with(".py");
            if is_code && has_word(text, &class) || text.contains(&table) {
                return Err(used(format!("in the file {}", put(path, name))));
            }
            let file = put(path, name);
            if file != *path && templates.iter().any(|(other, _)| *other == file) {
                return Err(used(format!("as the file {file}")));
            }
        }
        Ok(())
    }
}

/// The commands that the `README.md` begins with, each with what it does.
pub(crate) fn commands(files: &[File]) -> Vec<String> {
    let readme = files.iter().find(|file| file.path.as_os_str() == "README.md");
    let lines = readme.into_iter().flat_map(|readme| readme.text.lines());
    lines.filter_map(|line| line.strip_prefix("    ")).map(str::to_owned).collect()
}

/// All texts below a folder, with their paths in `root`.
fn texts(folder: &'static Dir<'static>, root: &str, found: &mut Vec<(&'static str, &'static str)>) {
    for file in folder.files() {
        let path = file.path().strip_prefix(root).ok().and_then(|path| path.to_str());
        found.extend(path.zip(file.contents_utf8()));
    }
    for folder in folder.dirs() {
        texts(folder, root, found);
    }
}

/// A template's path or text with the name in it.
fn put(text: &str, name: &Name) -> String {
    let text = text.strip_suffix(".in").unwrap_or(text);
    let forms = [
        ("my-network", name.as_str()),
        ("my-job", name.as_str()),
        ("my_job", &name.snake()),
        ("MyJob", &name.pascal()),
    ];
    forms.iter().fold(text.to_owned(), |text, (form, name)| text.replace(form, name))
}

fn has_word(text: &str, word: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|found| found == word)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn job(language: Language, name: &str) -> Result<Vec<File>, String> {
        let name = Name::of_job(Path::new(name)).unwrap();
        Template::job(language).files(&name).map_err(|error| error.to_string())
    }

    #[test]
    fn nothing_is_left_of_the_templates_name() {
        let languages = [Language::Rust, Language::RustExecutable, Language::Python, Language::C, Language::Shell];
        let all = languages.map(|language| job(language, "two-words").unwrap());
        for file in all.iter().flatten() {
            let seen = format!("{}\n{}", file.path.display(), file.text);
            assert!(!["my-job", "my_job", "MyJob"].iter().any(|form| seen.contains(form)), "{seen}");
        }
        for files in &all {
            assert!(files.iter().any(|file| file.path.as_os_str() == "network.toml"));
            assert!(commands(files).iter().any(|command| command.starts_with("pipeloom run ")));
        }
    }

    #[test]
    fn names_that_mean_something_else_are_refused() {
        for (language, name, place) in [
            (Language::Rust, "loop", "in Rust"),
            (Language::Rust, "connector", "in the file src/lib.rs"),
            (Language::RustExecutable, "exit-code", "in the file src/main.rs"),
            (Language::Python, "none", "in Python"),
            (Language::Python, "job", "in the file jobs.py"),
            (Language::Rust, "serde", "in Rust"),
            (Language::C, "test", "in make"),
            (Language::C, "count", "in the file network.toml"),
            (Language::Shell, "test", "as the file test.sh"),
        ] {
            let error = job(language, name).map(|_| ()).unwrap_err();
            assert!(error.contains(place), "{name}: {error}");
        }
        assert!(job(Language::C, "loop").is_ok());
    }
}
