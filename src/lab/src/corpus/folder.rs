//! Corpora as a folder tree: finds the recordings and reads their labels from their names.
//!
//! In: a folder and the corpora's ways to read a name. Out: a [`Corpus`] in the order of the paths.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use sound::archive::is_recording;

use super::{Clip, Corpus, CorpusError, NotUsed};

/// What a corpus says about one of its files.
pub(super) enum Named {
    /// A clip.
    Clip(Clip),
    /// Not used, and why.
    NotUsed(String),
}

/// A corpus' way to read a file's name; none if the file is not named as in that corpus.
pub(super) type ReadName = fn(&Path) -> Result<Option<Named>, CorpusError>;

/// All recordings below a folder, in the order of their paths. Other files are not looked at.
///
/// # Errors
/// [`CorpusError::Read`] for a folder that cannot be read.
pub fn recordings(folder: &Path) -> Result<Vec<PathBuf>, CorpusError> {
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

/// Reads each file's name by the first reader that knows it. Names are unique in the corpora: the same name
/// again is a second copy (the well-known archives of TESS and RAVDESS hold everything twice).
pub(super) fn corpus(
    folder: &Path,
    recordings: Vec<PathBuf>,
    readers: &[ReadName],
) -> Result<Corpus, CorpusError> {
    let mut corpus = Corpus::default();
    let mut seen: HashMap<String, PathBuf> = HashMap::new();
    let mut first_known: Option<NotUsed> = None;
    for path in recordings {
        let reason = match named(&path, readers)? {
            None => "named like no known corpus".to_owned(),
            Some(Named::NotUsed(reason)) => {
                first_known
                    .get_or_insert_with(|| NotUsed { path: path.clone(), reason: reason.clone() });
                reason
            }
            Some(Named::Clip(clip)) => {
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
    if !corpus.clips.is_empty() {
        return Ok(corpus);
    }
    let (path, n_files) = (folder.to_owned(), corpus.not_used.len());
    Err(match (first_known, corpus.not_used.into_iter().next()) {
        (Some(NotUsed { path: example, reason }), _) => {
            CorpusError::AllUnused { path, n_files, example, reason }
        }
        (None, Some(stranger)) => CorpusError::Unrecognised { path, example: stranger.path },
        (None, None) => CorpusError::Empty { path },
    })
}

/// What the first reader that knows a file's name says of it.
fn named(path: &Path, readers: &[ReadName]) -> Result<Option<Named>, CorpusError> {
    for read_name in readers {
        if let Some(named) = read_name(path)? {
            return Ok(Some(named));
        }
    }
    Ok(None)
}

/// The file's name without its extension; empty if it is not UTF-8.
pub(super) fn stem(path: &Path) -> &str {
    path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default()
}
