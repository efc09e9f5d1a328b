//! `undertone models`: what is installed, with labels, size, training data and honest scores. `export` is its subcommand.

pub mod export;

use super::installed::{self, Installed};
use super::printer::{chain, print, print_json};
use crate::cli::ModelsArgs;
use hearing::language::Language;
use model::artifact::Artifact;
use serde_json::json;

/// Lists the models.
///
/// # Errors
/// When the list cannot be written as JSON. A damaged model is listed with what is wrong.
pub fn run(args: &ModelsArgs) -> anyhow::Result<()> {
    let models = installed::all();
    if args.json {
        let entries: Vec<_> = models.iter().map(as_json).collect();
        Ok(print_json(&entries)?)
    } else {
        let entries: Vec<_> = models.iter().map(as_text).collect();
        Ok(print(&entries.join("\n"))?)
    }
}

fn place(model: &Installed) -> String {
    match &model.folder {
        Some(folder) => folder.display().to_string(),
        None => "inside the program".into(),
    }
}

fn as_text(model: &Installed) -> String {
    match &model.artifact {
        Ok(artifact) => described(artifact, model.folder.is_none(), &place(model)),
        Err(error) => format!("{}\n  cannot be used: {}\n", place(model), chain(error)),
    }
}

fn described(artifact: &Artifact, is_default: bool, place: &str) -> String {
    let manifest = &artifact.manifest;
    let labels: Vec<&str> = manifest.labels.iter().map(|label| label.label()).collect();
    let text = format!(
        "{}{}\n  {}\n  place     {place}\n  labels    {}\n  features  {}\n  size      {:.1} MB\n  \
         trained   {} clips of {} speakers ({}), best of {} epochs: {}\n",
        manifest.name,
        if is_default { " (default)" } else { "" },
        manifest.description,
        labels.join(", "),
        manifest.recipe,
        megabytes(artifact.weights.len()),
        manifest.training.clips,
        manifest.training.speakers,
        manifest.training.corpora.join(", "),
        manifest.training.epochs,
        manifest.training.best_epoch,
    );
    let languages: Vec<&str> = manifest.languages.keys().map(Language::code).collect();
    let languages = languages.join(", ");
    let told = [
        ("taught by", manifest.training.teacher.as_deref().unwrap_or_default()),
        ("languages", &languages),
        ("licence", &manifest.licence),
    ];
    let told = told.into_iter();
    let told = told.filter(|(_, words)| !words.is_empty());
    let scores = manifest.scores.iter().map(|score| {
        format!(
            "  score     UAR {:.3}, accuracy {:.3} on {} ({} clips)\n",
            score.uar, score.accuracy, score.on, score.clips
        )
    });
    let told = told.map(|(what, words)| format!("  {what:<9} {words}\n"));
    text + &told.chain(scores).collect::<Vec<_>>().concat()
}

#[expect(clippy::cast_precision_loss, reason = "a size for people")]
fn megabytes(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}

fn as_json(model: &Installed) -> serde_json::Value {
    match &model.artifact {
        Ok(artifact) => json!({
            "name": artifact.manifest.name,
            "default": model.folder.is_none(),
            "place": place(model),
            "description": artifact.manifest.description,
            "licence": artifact.manifest.licence,
            "labels": artifact.manifest.labels,
            "recipe": artifact.manifest.recipe,
            "weights_bytes": artifact.weights.len(),
            "segment": artifact.manifest.segment,
            "calibration": artifact.manifest.calibration,
            "languages": artifact.manifest.languages,
            "training": artifact.manifest.training,
            "scores": artifact.manifest.scores,
        }),
        Err(error) => json!({ "place": place(model), "error": chain(error) }),
    }
}
