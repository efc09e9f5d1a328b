//! `undertone evaluate --robustness`: what small changes and disturbances do to a model's decisions.
//!
//! In: labelled clips, and a way to score them. Out: one table of tests that are passed or failed on the
//! given writer, as JSON and as Markdown where wanted.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;

use super::files::{begin, write_json};
use super::{ClipChoice, MakeScorer, Outcome, heard_clips, score_clips, tell_failed};
use lab::augment::Perturbation;
use lab::evaluation::{Condition, Robustness, Table};

/// What was asked for.
#[derive(Clone, Debug)]
pub struct RobustnessSettings {
    /// The clips.
    pub choice: ClipChoice,
    /// Write the numbers there as JSON.
    pub json: Option<PathBuf>,
    /// Write the tables there as Markdown.
    pub markdown: Option<PathBuf>,
    /// Replace files that are there.
    pub force: bool,
}

/// Scores every clip unchanged and under each perturbation, and prints the tests to `out`.
///
/// # Errors
/// As [`super::run`]. A test that is failed is a result, not an error.
pub fn run(
    settings: &RobustnessSettings,
    make_scorer: &MakeScorer<'_>,
    out: &mut dyn Write,
) -> anyhow::Result<Outcome> {
    let begin = |path: &PathBuf| begin(path, settings.force);
    let json = settings.json.as_ref().map(begin).transpose()?;
    let markdown = settings.markdown.as_ref().map(begin).transpose()?;
    let perturbed = Perturbation::ALL.map(Condition::Perturbed);
    let conditions = std::iter::once(Condition::Unperturbed).chain(perturbed).collect();
    let (clips, listening) = heard_clips(&settings.choice, conditions)?;
    let scored = score_clips(&clips, &listening, settings.choice.n_threads, make_scorer)?;
    let (unchanged, changed) =
        scored.predictions.split_first().context("clips were heard under no condition")?;
    let changed = Perturbation::ALL.into_iter().zip(changed.iter().map(Vec::as_slice));
    let robustness = Robustness::new(unchanged, changed);

    let tables: Vec<_> =
        std::iter::once(robustness.table()).chain(robustness.sex_table()).collect();
    let text: Vec<String> = tables.iter().map(Table::text).collect();
    let (n_passed, n) = robustness.n_passed();
    writeln!(out, "{}\n{n_passed} of {n} tests passed", text.join("\n"))?;
    if let Some(json) = json {
        write_json(json, &robustness)?;
    }
    if let Some(mut markdown) = markdown {
        let text: Vec<String> = tables.iter().map(Table::markdown).collect();
        markdown.write_all(text.join("\n").as_bytes())?;
        markdown.commit()?;
    }
    Ok(tell_failed(&scored))
}

#[cfg(test)]
mod tests {
    use super::super::{KnownSettings, Listening, ScoreClip};
    use super::*;
    use hearing::emotion::{Emotion, N_EMOTIONS, Scores};
    use lab::corpus::Clip;
    use std::fs;

    #[test]
    fn every_perturbation_is_a_row_and_a_failed_test_is_no_error() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.wav", "b.wav"] {
            fs::write(folder.path().join(name), b"not decoded here").unwrap();
        }
        let clips = folder.path().join("clips.csv");
        let rows =
            "path,emotion,speaker,corpus,sex\na.wav,anger,1,mine,female\nb.wav,fear,2,mine,male\n";
        fs::write(&clips, rows).unwrap();
        let settings = RobustnessSettings {
            choice: ClipChoice {
                clips,
                split: None,
                noises: None,
                known: KnownSettings::default(),
                n_threads: 1,
            },
            json: Some(folder.path().join("tests.json")),
            markdown: Some(folder.path().join("tests.md")),
            force: false,
        };
        // A sneeze makes everything angry.
        let scores = |clip: &Clip, condition: &Condition| {
            let sneezed = *condition == Condition::Perturbed(Perturbation::Sneeze);
            let heard = if sneezed { Emotion::Anger } else { clip.emotion };
            let mut scores = [0.0; N_EMOTIONS];
            scores[heard.index()] = 1.0;
            Scores(scores)
        };
        let make_scorer = || -> anyhow::Result<ScoreClip<'_>> {
            Ok(Box::new(move |clip, listening: &Listening| {
                Ok(listening.conditions.iter().map(|condition| scores(clip, condition)).collect())
            }))
        };
        let mut text = Vec::new();
        let outcome = run(&settings, &make_scorer, &mut text).unwrap();
        assert_eq!(outcome, Outcome::Complete);
        let text = String::from_utf8(text).unwrap();
        let n = Perturbation::ALL.len();
        assert!(text.ends_with(&format!("{n} of {} tests passed\n", n + 1)), "{text}");
        assert_eq!(text.matches("FAIL").count(), 1);
        let json = fs::read_to_string(settings.json.unwrap()).unwrap();
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["tests"].as_array().unwrap().len(), n);
        assert_eq!(json["sexes"][0]["passed"], true);
        let markdown = fs::read_to_string(settings.markdown.unwrap()).unwrap();
        assert!(
            markdown.contains("| sneeze at 10 dB | 50.0 | 90.0 | 50.0 | -50.0 | -5.0 | FAIL |")
        );
        assert!(markdown.contains("\n\n| UAR % by sex |"), "{markdown}");
    }
}
