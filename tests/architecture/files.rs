//! The files of the project that the other tests here look at.

use super::source::{Token, test_modules, tokens};
use std::fs;
use std::path::{Path, PathBuf};

/// One file of a crate.
pub struct SourceFile {
    /// The folder of its crate below `src`.
    pub crate_name: String,
    /// Relative to the crate's own `src`, with `/`.
    pub within: String,
    pub text: String,
    pub tokens: Vec<Token>,
}

impl SourceFile {
    /// The crate and the path in it, as the tables here have it.
    pub fn path(&self) -> String {
        format!("{}/{}", self.crate_name, self.within)
    }

    /// The paths of the files below it that are built for tests only.
    pub fn test_files(&self) -> impl Iterator<Item = String> {
        let folder = match self.within.strip_suffix("mod.rs") {
            Some(folder) => folder.to_owned(),
            None if self.within == "lib.rs" => String::new(),
            None => format!("{}/", self.within.trim_end_matches(".rs")),
        };
        let folder = format!("{}/{folder}", self.crate_name);
        test_modules(&self.tokens).into_iter().map(move |name| format!("{folder}{name}.rs"))
    }

    /// The module at the top of its crate that it belongs to.
    pub fn module(&self) -> &str {
        self.within.split('/').next().map_or("", |name| name.trim_end_matches(".rs"))
    }

    /// How many modules its path has: 1 for `speech.rs` and `features/mod.rs`, 2 for `features/mel.rs`.
    pub fn module_depth(&self) -> usize {
        let n_names = self.within.split('/').count();
        if self.within.ends_with("/mod.rs") { n_names - 1 } else { n_names }
    }

    pub fn is_under(&self, places: &[&str]) -> bool {
        let path = self.path();
        places.iter().any(|place| {
            if place.ends_with('/') { path.starts_with(place) } else { path == *place }
        })
    }
}

/// The project's folder.
pub fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The names of all crates.
pub fn crates() -> Vec<String> {
    let entries = fs::read_dir(project().join("src")).expect("src is a readable folder");
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("an entry of src is readable"))
        .filter(|entry| entry.path().join("Cargo.toml").exists())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// All of every crate's `src`, in the order of the paths.
pub fn source_files() -> Vec<SourceFile> {
    let mut files = Vec::new();
    for crate_name in crates() {
        let root = project().join("src").join(&crate_name).join("src");
        let mut paths = rust_files(&root);
        paths.sort();
        assert!(!paths.is_empty(), "no Rust file under {}", root.display());
        for path in paths {
            let text = fs::read_to_string(&path).expect("a source file is readable UTF-8");
            let within = path.strip_prefix(&root).expect("the walk began there");
            let within = within.to_string_lossy().replace('\\', "/");
            files.push(SourceFile {
                crate_name: crate_name.clone(),
                within,
                tokens: tokens(&text),
                text,
            });
        }
    }
    files
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder)
        .expect("src is a readable folder")
        .flat_map(|entry| {
            let path = entry.expect("an entry of src is readable").path();
            if path.is_dir() {
                rust_files(&path)
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                vec![path]
            } else {
                Vec::new()
            }
        })
        .collect()
}
