//! From what a person types to the log that is meant: a file name, its stem, an unambiguous part, or a path.
//!
//! In: the folder of logs and what was typed. Out: a path. Keeps nothing.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use record::plain_text::plain;

/// So many logs are named where one of them may be meant.
const MAX_NAMED: usize = 5;

/// The logs in a folder, by name: what ends in `.jsonl`. A missing folder holds none.
///
/// # Errors
/// When the folder cannot be read.
pub fn logs_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Err(reason) if reason.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut logs = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "jsonl") {
            logs.push(path);
        }
    }
    logs.sort();
    Ok(logs)
}

/// The log that `typed` names: in this order, the one in the folder with this file name or stem, the file at this
/// path, the only one in the folder whose name has this part.
///
/// # Errors
/// When there is none, or several names have that part.
pub fn locate(folder: &Path, typed: &str) -> anyhow::Result<PathBuf> {
    let logs = logs_in(folder)
        .with_context(|| format!("cannot read the folder of session logs {}", folder.display()))?;
    let is_named = |log: &&PathBuf| {
        log.file_name().is_some_and(|name| name == typed)
            || log.file_stem().is_some_and(|stem| stem == typed)
    };
    if let Some(log) = logs.iter().find(is_named) {
        return Ok(log.clone());
    }
    if Path::new(typed).is_file() {
        return Ok(PathBuf::from(typed));
    }
    let name = |log: &PathBuf| log.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let having: Vec<&PathBuf> =
        logs.iter().filter(|log| !typed.is_empty() && name(log).contains(typed)).collect();
    match having[..] {
        [log] => Ok(log.clone()),
        [] => bail!(
            "there is no session '{}' in {}; `undertone sessions list` lists them",
            plain(typed),
            folder.display()
        ),
        _ => {
            let names: Vec<String> = having.iter().take(MAX_NAMED).map(|log| name(log)).collect();
            bail!(
                "'{}' may be each of {} sessions: {}{}; type more of the name",
                plain(typed),
                having.len(),
                names.join(", "),
                if having.len() > MAX_NAMED { " ..." } else { "" }
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_a_stem_a_path_and_an_unambiguous_part_lead_to_the_log() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for name in [
            "2026-11-22-desk.jsonl",
            "2026-11-22-desk-2.jsonl",
            "2026-11-23-anna.jsonl",
            "notes.txt",
        ] {
            fs::write(path(name), "").unwrap();
        }
        let found = |typed: &str| locate(folder.path(), typed).map_err(|error| error.to_string());
        assert_eq!(found("2026-11-22-desk"), Ok(path("2026-11-22-desk.jsonl")));
        assert_eq!(found("2026-11-22-desk.jsonl"), Ok(path("2026-11-22-desk.jsonl")));
        assert_eq!(found("desk-2"), Ok(path("2026-11-22-desk-2.jsonl")));
        assert_eq!(found("anna"), Ok(path("2026-11-23-anna.jsonl")));
        let elsewhere = path("notes.txt");
        assert_eq!(found(elsewhere.to_str().unwrap()), Ok(elsewhere.clone()));
        let several = found("desk").unwrap_err();
        assert!(several.contains("each of 2 sessions: 2026-11-22-desk-2.jsonl, "), "{several}");
        for none in ["", "notes", "\u{1b}[2J"] {
            let none = found(none).unwrap_err();
            assert!(
                none.starts_with("there is no session '") && !none.contains('\u{1b}'),
                "{none}"
            );
        }
        assert!(locate(&path("gone"), "x").is_err());
    }
}
