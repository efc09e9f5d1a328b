//! Which recordings are meant: of folders, of lists, or named themselves.
//!
//! In: what was typed. Out: recordings below the shared folder, with the names of their logs, as `undertone replay` names them.
//! Keeps nothing.

use anyhow::{Context, bail};
use record::plain_text::plain;
use sound::archive::{Archive, archive, check_names, is_recording, item};
use sound::recording::{Channel, Pace, Recording};
use std::fs;
use std::path::{Path, PathBuf};

/// The column of a table that has the paths.
const COLUMN: &str = "path";

/// The recordings; their paths are below the shared folder, `root`, which has no links in it.
///
/// # Errors
/// What lies elsewhere, a folder without a recording, two recordings whose logs would have one name.
pub fn listed(named: &[PathBuf], root: &Path) -> anyhow::Result<Archive> {
    let mut all = Archive::default();
    for named in named {
        let real =
            named.canonicalize().with_context(|| format!("cannot find {}", named.display()))?;
        if real.is_dir() || is_recording(&real) || is_sound(&real) {
            let found = archive(std::slice::from_ref(&real), Path::new(""))?;
            all.items.extend(found.items);
            all.left_out.extend(found.left_out);
            continue;
        }
        for path in of_list(&real)? {
            // One that is not there is told with the others that cannot be read.
            let path = root.join(path);
            let below = path.strip_prefix(root).unwrap_or(&path).to_owned();
            all.items.push(item(path, &below));
        }
    }
    for item in &mut all.items {
        let Ok(below) = item.path.strip_prefix(root) else {
            bail!(
                "{} is not below the shared folder {}: see --root",
                item.path.display(),
                root.display()
            );
        };
        item.path = below.to_owned();
    }
    check_names(&all.items)?;
    Ok(all)
}

fn is_sound(file: &Path) -> bool {
    Recording::open(file, Channel::Mix, Pace::AsRead).is_ok()
}

/// The paths of a list: one a line, or the column `path` of a table with commas.
fn of_list(file: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let bytes = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let name = file.display().to_string();
    let text = String::from_utf8(bytes).map_err(|_| {
        anyhow::anyhow!("{} is neither a recording nor a list of recordings", plain(&name))
    })?;
    let text = text.trim_start_matches('\u{feff}');
    let mut table = csv::Reader::from_reader(text.as_bytes());
    let column = table.headers()?.iter().position(|title| title.trim() == COLUMN);
    let lines = match column {
        Some(at) => table
            .records()
            .map(|row| Ok(row?.get(at).unwrap_or_default().to_owned()))
            .collect::<Result<Vec<_>, csv::Error>>()
            .with_context(|| format!("the table {}", plain(&name)))?,
        None => text.lines().map(str::to_owned).collect(),
    };
    let lines = lines.into_iter().filter(|line| !line.trim().is_empty());
    let paths: Vec<PathBuf> = lines.map(PathBuf::from).collect();
    anyhow::ensure!(!paths.is_empty(), "the list {} names no recording", plain(&name));
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(archive: &Archive) -> Vec<(String, &str)> {
        let name = |item: &sound::archive::Item| item.path.display().to_string();
        archive.items.iter().map(|it| (name(it), it.log_name.as_str())).collect()
    }

    #[test]
    fn folders_files_and_lists_name_recordings_below_the_shared_folder() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        fs::create_dir_all(root.join("archive/2026")).unwrap();
        for name in ["archive/2026/b.wav", "archive/a, b.wav", "c.wav", "archive/notes.txt"] {
            fs::write(root.join(name), "1").unwrap();
        }
        let all = listed(&[root.join("archive"), root.join("c.wav")], &root).unwrap();
        let expected = [
            ("archive/2026/b.wav".to_owned(), "2026__b.wav.jsonl"),
            ("archive/a, b.wav".to_owned(), "a, b.wav.jsonl"),
            ("c.wav".to_owned(), "c.wav.jsonl"),
        ];
        assert_eq!(names(&all), expected);
        assert_eq!(all.left_out.len(), 1);

        let list = root.join("list.txt");
        let text = format!("archive/2026/b.wav\r\n\n{}\ngone.wav\n", root.join("c.wav").display());
        fs::write(&list, text).unwrap();
        let expected = [
            ("archive/2026/b.wav".to_owned(), "archive__2026__b.wav.jsonl"),
            ("c.wav".to_owned(), "c.wav.jsonl"),
            ("gone.wav".to_owned(), "gone.wav.jsonl"),
        ];
        assert_eq!(names(&listed(std::slice::from_ref(&list), &root).unwrap()), expected);
        fs::write(&list, "call,path\n7,\"archive/a, b.wav\"\n8,c.wav\n").unwrap();
        assert_eq!(listed(std::slice::from_ref(&list), &root).unwrap().items.len(), 2);
    }

    #[test]
    fn what_lies_elsewhere_or_is_alike_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let shared = root.join("shared");
        fs::create_dir_all(shared.join("a")).unwrap();
        for name in ["b.wav", "shared/b.wav", "shared/a/b.wav"] {
            fs::write(root.join(name), "1").unwrap();
        }
        let refused = |named: &[PathBuf]| listed(named, &shared).unwrap_err().to_string();
        assert!(refused(&[root.join("b.wav")]).contains("not below the shared folder"));
        assert!(refused(&[root.join("gone.wav")]).contains("cannot find"));
        let alike = refused(&[shared.join("b.wav"), shared.join("a/b.wav")]);
        assert!(alike.contains("would have the same log"), "{alike}");
        fs::write(root.join("list"), "../b.wav\n").unwrap();
        assert!(listed(&[root.join("list")], &shared).is_ok_and(|all| all.items.len() == 1));
    }
}
