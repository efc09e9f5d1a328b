//! A corpus as a folder tree: finds the recordings and reads their labels from their names.
//!
//! In: a folder and a corpus' way to read a name. Out: a [`Corpus`] in the order of the paths.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::{Clip, Corpus, CorpusError, NotUsed};

/// Extensions of files that are taken for recordings, in lower case.
const EXTENSIONS: [&str; 10] =
    ["wav", "ogg", "flac", "mp3", "aif", "aiff", "opus", "m4a", "au", "webm"];

/// What a corpus says about one of its files.
pub(super) enum Named {
    /// A clip.
    Clip(Clip),
    /// Not used, and why.
    NotUsed(String),
}

/// All recordings below a folder, in the order of their paths. Other files are not looked at.
pub(super) fn recordings(folder: &Path) -> Result<Vec<PathBuf>, CorpusError> {
    let mut found = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    // Linked folders are followed, and a link may lead back up.
    let mut visited = HashSet::new();
    while let Some(next) = waiting.pop() {
        let unreadable = |source| CorpusError::Read { path: next.clone(), source };
        if !visited.insert(next.canonicalize().map_err(unreadable)?) {
            continue;
        }
        for entry in fs::read_dir(&next).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if path.is_dir() {
                waiting.push(path);
            } else if is_recording(&path) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Reads each file's name. Names are unique in the corpora: the same name again is a second copy
/// (the well-known archives of TESS and RAVDESS hold everything twice).
pub(super) fn corpus(
    folder: &Path,
    recordings: Vec<PathBuf>,
    read_name: fn(&Path) -> Result<Named, CorpusError>,
) -> Result<Corpus, CorpusError> {
    let mut corpus = Corpus::default();
    let mut seen: HashMap<String, PathBuf> = HashMap::new();
    for path in recordings {
        let reason = match read_name(&path)? {
            Named::NotUsed(reason) => reason,
            Named::Clip(clip) => {
                let Some(first) = seen.get(stem(&path)) else {
                    seen.insert(stem(&path).to_owned(), path);
                    corpus.clips.push(clip);
                    continue;
                };
                format!("a second copy of {}", first.display())
            }
        };
        corpus.not_used.push(NotUsed { path, reason });
    }
    match corpus.not_used.first() {
        Some(first) if corpus.clips.is_empty() => Err(CorpusError::AllUnused {
            path: folder.to_owned(),
            n_files: corpus.not_used.len(),
            example: first.path.clone(),
            reason: first.reason.clone(),
        }),
        _ => Ok(corpus),
    }
}

/// The file's name without its extension; empty if it is not UTF-8.
pub(super) fn stem(path: &Path) -> &str {
    path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default()
}

fn is_recording(path: &Path) -> bool {
    let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    let extension = path.extension().and_then(|extension| extension.to_str());
    !hidden
        && extension
            .is_some_and(|extension| EXTENSIONS.contains(&extension.to_ascii_lowercase().as_str()))
}
