//! The packages and files of the workspace.

use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::{Metadata, MetadataCommand, Package};
use walkdir::{DirEntry, WalkDir};

/// The workspace as `cargo metadata` describes it.
pub(crate) struct Workspace {
    metadata: Metadata,
}

impl Workspace {
    pub(crate) fn load() -> Workspace {
        let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        let metadata = MetadataCommand::new().manifest_path(manifest).no_deps().exec();
        let metadata = metadata.expect("cargo describes the workspace");
        Workspace { metadata }
    }

    pub(crate) fn root(&self) -> &Path {
        self.metadata.workspace_root.as_std_path()
    }

    pub(crate) fn members(&self) -> Vec<&Package> {
        self.metadata.workspace_packages()
    }

    pub(crate) fn is_member(&self, name: &str) -> bool {
        self.members().iter().any(|member| member.name == name)
    }

    /// Whether a package stands under `tests/` and so exists only to test.
    pub(crate) fn is_for_tests(&self, package: &Package) -> bool {
        package.manifest_path.as_std_path().starts_with(self.root().join("tests"))
    }

    /// All files with one of these extensions, relative to the root.
    pub(crate) fn files(&self, extensions: &[&str]) -> Vec<PathBuf> {
        let has_extension =
            |path: &Path| path.extension().and_then(|end| end.to_str()).is_some_and(|end| extensions.contains(&end));
        WalkDir::new(self.root())
            .into_iter()
            .filter_entry(is_ours)
            .map(|entry| entry.expect("every folder can be read"))
            .filter(|entry| entry.file_type().is_file() && has_extension(entry.path()))
            .map(|entry| entry.path().strip_prefix(self.root()).expect("the walk stays below the root").to_owned())
            .collect()
    }

    pub(crate) fn read(&self, file: &Path) -> String {
        fs::read_to_string(self.root().join(file)).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
    }
}

/// What tools make or keep for themselves is not.
fn is_ours(entry: &DirEntry) -> bool {
    let name = entry.file_name().to_string_lossy();
    let is_hidden = entry.depth() > 0 && name.starts_with('.');
    let is_built = entry.file_type().is_dir() && name == "target";
    !is_hidden && !is_built
}

/// Fails with everything that is wrong, not only the first.
#[track_caller]
pub(crate) fn assert_none(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} found:\n{}", wrong.len(), wrong.join("\n"));
}
