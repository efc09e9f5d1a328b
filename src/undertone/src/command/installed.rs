//! Where models are found: in a folder that is named, in the models folders, or inside the program.

use anyhow::Context;
use model::artifact::{Artifact, MANIFEST_FILE};
use std::path::{Path, PathBuf};

/// The model that is used when none is named; it is inside the program.
pub const DEFAULT_MODEL: &str = "phone-lstm";

/// The model of that name or folder; without one the default.
///
/// # Errors
/// When there is no such model, or it is damaged.
pub fn open(name: Option<&str>) -> anyhow::Result<Artifact> {
    let Some(name) = name.filter(|name| *name != DEFAULT_MODEL) else {
        return Ok(Artifact::bundled()?);
    };
    let folders = std::iter::once(PathBuf::from(name))
        .chain(folders().into_iter().map(|folder| folder.join(name)));
    for folder in folders {
        if folder.join(MANIFEST_FILE).is_file() {
            return Ok(Artifact::load(&folder)?);
        }
    }
    anyhow::bail!(
        "there is no model '{name}': neither a folder with a {MANIFEST_FILE} nor one that \
         `undertone models` lists"
    )
}

/// The folders that are searched for models: `models` here, then the user's own.
#[must_use]
pub fn folders() -> Vec<PathBuf> {
    let mut folders = vec![PathBuf::from("models")];
    folders.extend(crate::config::data_dir().map(|data| data.join("models")));
    folders
}

/// An installed model, or what keeps it from being used.
pub struct Installed {
    /// Where it is; `None` for the one inside the program.
    pub folder: Option<PathBuf>,
    /// The model.
    pub artifact: anyhow::Result<Artifact>,
}

/// The bundled model and all in the models folders, by name.
#[must_use]
pub fn all() -> Vec<Installed> {
    let mut found = vec![Installed {
        folder: None,
        artifact: Artifact::bundled().context("the bundled model"),
    }];
    for folder in folders() {
        let mut names: Vec<PathBuf> = entries(&folder);
        names.sort();
        for path in names.into_iter().filter(|path| path.join(MANIFEST_FILE).is_file()) {
            if path.file_name().is_some_and(|name| name == DEFAULT_MODEL) {
                continue;
            }
            let artifact = Artifact::load(&path).map_err(anyhow::Error::from);
            found.push(Installed { folder: Some(path), artifact });
        }
    }
    found
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder)
        .map(|entries| entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect())
        .unwrap_or_default()
}
