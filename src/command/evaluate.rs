//! `undertone evaluate`: how good a model is on labelled clips, as a table and as JSON.
//!
//! In: a manifest or a corpus folder, and a way to score one clip. Out: the table on the given
//! writer, the report as a JSON file where wanted, every clip that could not be scored by name on
//! the error stream.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, bail, ensure};
use indicatif::ProgressBar;

use super::progress;
use crate::corpus::{self, Clip, Split};
use crate::emotion::Scores;
use crate::evaluation::{Prediction, Report};
use crate::output_file::{IfExists, OutputFile, ReadableBy};

/// What was asked for.
#[derive(Clone, Debug)]
pub struct EvaluateSettings {
    /// A manifest or a corpus folder.
    pub clips: PathBuf,
    /// Only the clips of this split.
    pub split: Option<Split>,
    /// Write the report there.
    pub json: Option<PathBuf>,
    /// Replace a report that is there.
    pub force: bool,
}

/// How an evaluation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Every clip was scored.
    Complete,
    /// So many clips could not be scored and are in no number of the report.
    Incomplete(usize),
}

/// What came of a list of clips.
#[derive(Debug, Default)]
pub struct Evaluated {
    /// One for each clip that was scored, in the order given.
    pub predictions: Vec<Prediction>,
    /// The others, with the reason.
    pub failed: Vec<(PathBuf, anyhow::Error)>,
}

/// Scores the clips, prints the table to `out` and writes the report.
///
/// `score` decodes a clip and gives its probabilities.
///
/// # Errors
/// Unreadable clips or manifest, a split without clips, no clip that can be scored, a report that
/// exists or cannot be written. Single clips that fail are listed and make it [`Outcome::Incomplete`].
pub fn run(
    settings: &EvaluateSettings,
    score: &mut dyn FnMut(&Clip) -> anyhow::Result<Scores>,
    out: &mut dyn Write,
) -> anyhow::Result<Outcome> {
    // Begun before the work, so that a report that must not be replaced is told at once.
    let if_exists = IfExists::from_force(settings.force);
    let begin = |path: &PathBuf| OutputFile::create(path, if_exists, ReadableBy::Owner);
    let json = settings.json.as_ref().map(begin).transpose()?;
    let clips = chosen_clips(settings)?;
    let progress = progress::counting(clips.len(), "clips");
    let Evaluated { predictions, failed } = evaluate_clips(&clips, &progress, score);
    progress.finish_and_clear();
    for (path, reason) in &failed {
        eprintln!("not scored: {}: {reason:#}", path.display());
    }
    ensure!(!predictions.is_empty(), "none of the {} clips could be scored", clips.len());
    let report = Report::new(&predictions);
    out.write_all(report.table().as_bytes())?;
    if let Some(json) = json {
        write_report(&report, json)?;
    }
    if failed.is_empty() {
        return Ok(Outcome::Complete);
    }
    eprintln!("{} of {} clips could not be scored and are not counted", failed.len(), clips.len());
    Ok(Outcome::Incomplete(failed.len()))
}

/// Scores each clip; one that fails, or whose scores are no probabilities, is kept with its reason.
pub fn evaluate_clips(
    clips: &[Clip],
    progress: &ProgressBar,
    score: &mut dyn FnMut(&Clip) -> anyhow::Result<Scores>,
) -> Evaluated {
    let mut evaluated = Evaluated::default();
    for clip in clips {
        match score(clip).and_then(checked) {
            Ok(scores) => evaluated.predictions.push(Prediction::new(clip, scores)),
            Err(reason) => evaluated.failed.push((clip.path.clone(), reason)),
        }
        progress.inc(1);
    }
    evaluated
}

/// A broken model gives NaN, which would count as some emotion.
fn checked(scores: Scores) -> anyhow::Result<Scores> {
    let in_range = scores.0.iter().all(|score| (0.0..=1.0).contains(score));
    ensure!(
        in_range && scores.0.iter().any(|score| *score > 0.0),
        "the model's scores {:?} are no probabilities; take or train another model",
        scores.0
    );
    Ok(scores)
}

/// The clips of the wanted split; tells of recordings that are not used and of shared voices.
fn chosen_clips(settings: &EvaluateSettings) -> anyhow::Result<Vec<Clip>> {
    let corpus = corpus::open(&settings.clips)?;
    for left_out in &corpus.not_used {
        eprintln!("not used: {}: {}", left_out.path.display(), left_out.reason);
    }
    let Some(split) = settings.split else { return Ok(corpus.clips) };
    if let Err(shared) = corpus::speaker_disjoint(&corpus.clips) {
        eprintln!("warning: these scores may be of voices that the model has heard: {shared}");
    }
    let mut clips = corpus.clips;
    clips.retain(|clip| clip.split == Some(split));
    if clips.is_empty() {
        bail!(
            "no clip of {} is in the split '{split}'; leave the split out or give a manifest with \
             a split column",
            settings.clips.display()
        );
    }
    Ok(clips)
}

/// Puts the report under its name.
fn write_report(report: &Report, mut file: OutputFile) -> anyhow::Result<()> {
    serde_json::to_writer_pretty(&mut file, report).context("cannot write the report")?;
    file.write_all(b"\n")?;
    Ok(file.commit()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emotion::{Emotion, N_EMOTIONS};
    use std::fs;

    /// A manifest of three clips of split test and one of split train.
    fn settings() -> (tempfile::TempDir, EvaluateSettings) {
        let folder = tempfile::tempdir().unwrap();
        let mut manifest = "path,emotion,speaker,corpus,split\n".to_owned();
        for (name, row) in [
            ("a.wav", "anger,1,mine,test"),
            ("b.wav", "fear,1,mine,test"),
            ("c.wav", "fear,2,mine,test"),
            ("d.wav", "fear,3,mine,train"),
        ] {
            fs::write(folder.path().join(name), b"not decoded here").unwrap();
            manifest += &[name, ",", row, "\n"].concat();
        }
        let clips = folder.path().join("clips.csv");
        fs::write(&clips, manifest).unwrap();
        let json = Some(folder.path().join("report.json"));
        let split = Some(Split::Test);
        (folder, EvaluateSettings { clips, split, json, force: false })
    }

    fn sure_of(emotion: Emotion) -> Scores {
        let mut scores = [0.0; N_EMOTIONS];
        scores[emotion.index()] = 1.0;
        Scores(scores)
    }

    #[test]
    fn the_clips_of_a_split_are_scored_and_the_report_is_printed_and_written() {
        let (_folder, settings) = settings();
        let mut table = Vec::new();
        let outcome = run(&settings, &mut |clip| Ok(sure_of(clip.emotion)), &mut table).unwrap();
        assert_eq!(outcome, Outcome::Complete);
        assert!(String::from_utf8(table).unwrap().contains("UAR"));
        let json = fs::read_to_string(settings.json.unwrap()).unwrap();
        let report: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(report["n"], 3);
        assert_eq!(report["uar"], 1.0);
        assert_eq!(report["by_corpus"]["mine"]["n"], 3);
    }

    #[test]
    fn a_report_that_exists_stays_unless_forced() {
        let (_folder, mut settings) = settings();
        let json = settings.json.clone().unwrap();
        fs::write(&json, "mine").unwrap();
        let mut n_scored = 0;
        let mut score = |clip: &Clip| {
            n_scored += 1;
            Ok(sure_of(clip.emotion))
        };
        let error = run(&settings, &mut score, &mut Vec::new()).unwrap_err().to_string();
        assert!(error.contains("report.json") && error.contains("--force"), "{error}");
        assert_eq!(fs::read_to_string(&json).unwrap(), "mine");
        settings.force = true;
        run(&settings, &mut score, &mut Vec::new()).unwrap();
        assert!(fs::read_to_string(&json).unwrap().contains("\"uar\""));
        assert_eq!(n_scored, 3, "refused before anything was scored");
    }

    #[test]
    fn clips_that_fail_are_kept_by_name_and_counted() {
        let (_folder, settings) = settings();
        let mut score = |clip: &Clip| {
            if clip.path.ends_with("b.wav") {
                bail!("cut off");
            }
            if clip.path.ends_with("c.wav") {
                return Ok(Scores([f32::NAN; N_EMOTIONS]));
            }
            Ok(sure_of(clip.emotion))
        };
        let clips = chosen_clips(&settings).unwrap();
        let evaluated = evaluate_clips(&clips, &ProgressBar::hidden(), &mut score);
        assert_eq!(evaluated.predictions.len(), 1);
        let reasons: Vec<String> = evaluated
            .failed
            .iter()
            .map(|(path, why)| format!("{} {why}", path.display()))
            .collect();
        assert!(reasons[0].contains("b.wav cut off"), "{reasons:?}");
        assert!(reasons[1].contains("no probabilities"), "{reasons:?}");
        let outcome = run(&settings, &mut score, &mut Vec::new()).unwrap();
        assert_eq!(outcome, Outcome::Incomplete(2));
    }

    #[test]
    fn a_split_without_clips_and_clips_that_all_fail_are_errors() {
        let (_folder, mut settings) = settings();
        let error =
            run(&settings, &mut |_| bail!("broken"), &mut Vec::new()).unwrap_err().to_string();
        assert!(error.contains("none of the 3 clips"), "{error}");
        settings.split = Some(Split::Dev);
        let error =
            run(&settings, &mut |_| bail!("broken"), &mut Vec::new()).unwrap_err().to_string();
        assert!(error.contains("'dev'") && error.contains("clips.csv"), "{error}");
        assert!(!settings.json.unwrap().exists());
    }
}
