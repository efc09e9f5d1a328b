//! Files that are written together into one folder.
//!
//! In: a folder, names, then their contents. Out: all files, or none where one of them exists and is not
//! to be replaced.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;

use record::output_file::{IfExists, OutputFile, ReadableBy};

/// Files that were begun; dropped without [`FileSet::write`], they leave nothing behind.
pub struct FileSet {
    files: Vec<(PathBuf, OutputFile)>,
}

impl FileSet {
    /// Begins the files in `folder`, which is made where it is missing.
    ///
    /// # Errors
    /// A folder that cannot be made; a file that exists, unless `force` says to replace it.
    pub fn create(folder: &Path, names: &[&str], force: bool) -> anyhow::Result<Self> {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
        let begin = |name: &&str| {
            let path = folder.join(name);
            // What is told of a call, or of voices, is its owner's only.
            let file = OutputFile::create(&path, IfExists::from_force(force), ReadableBy::Owner)?;
            Ok((path, file))
        };
        Ok(FileSet { files: names.iter().map(begin).collect::<anyhow::Result<_>>()? })
    }

    /// Writes the contents, in the order of the names; the paths.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write(self, contents: &[String]) -> anyhow::Result<Vec<PathBuf>> {
        let mut paths = Vec::new();
        for ((path, mut file), contents) in self.files.into_iter().zip(contents) {
            file.write_all(contents.as_bytes())?;
            file.commit()?;
            paths.push(path);
        }
        Ok(paths)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_file_that_exists_keeps_all_from_being_written() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("b.svg"), "mine").unwrap();
        let refused = FileSet::create(folder.path(), &["a.svg", "b.svg"], false);
        assert!(refused.is_err_and(|error| error.to_string().contains("b.svg")));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);

        let files = FileSet::create(folder.path(), &["a.svg", "b.svg"], true).unwrap();
        let paths = files.write(&["one".to_owned(), "two".to_owned()]).unwrap();
        assert_eq!(paths, ["a.svg", "b.svg"].map(|name| folder.path().join(name)));
        assert_eq!(fs::read_to_string(&paths[1]).unwrap(), "two");
    }
}
