//! `undertone evaluate`: how good a model is on labelled clips, as tables, as JSON and as a page.
//!
//! In: a manifest or a corpus folder, and a way to score clips. Out: the tables on the given writer, the
//! report as a JSON file and as a folder with a page and charts where wanted, every clip that could not be
//! scored by name on the error stream.

mod files;
mod known;
mod listening;
pub mod robustness;
mod scores;
mod workers;

use std::io::Write;
use std::path::PathBuf;

use anyhow::bail;

use super::printer::{chain, tell};
use files::Files;
use hearing::emotion::Thresholds;
pub use known::{BaselineKind, Known, KnownSettings};
use lab::corpus::{self, Clip, Corpus, Split};
use lab::evaluation::{Condition, Degradation, Drops, Report};
pub use listening::Listening;
pub use scores::{MakeScorer, ScoreClip};
use scores::{Scored, score_clips};

/// What was asked for.
#[derive(Clone, Debug)]
pub struct EvaluateSettings {
    /// The model's name, for the page.
    pub model: String,
    /// The clips.
    pub choice: ClipChoice,
    /// How clips are degraded.
    pub degrade: Degrade,
    /// From which probabilities on the model says something; without them it is not told what is shown.
    pub thresholds: Option<Thresholds>,
    /// Write the report there as JSON.
    pub json: Option<PathBuf>,
    /// Write the report into this folder as a page with charts.
    pub report: Option<PathBuf>,
    /// Replace files that are there.
    pub force: bool,
}

/// Which clips a model is measured on, and with what.
#[derive(Clone, Debug)]
pub struct ClipChoice {
    /// A manifest or a corpus folder.
    pub clips: PathBuf,
    /// Only the clips of this split.
    pub split: Option<Split>,
    /// A data folder with recorded noises; without one noise is made up.
    pub noises: Option<PathBuf>,
    /// How much is heard of each clip, and of its speaker before.
    pub known: KnownSettings,
    /// Threads that score; the results do not depend on it.
    pub n_threads: usize,
}

/// How clips are degraded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Degrade {
    /// In one way, or not at all.
    One(Degradation),
    /// In every way; the report is of the undegraded clips, beside which the others' drops stand.
    All,
}

impl Degrade {
    fn degradations(self) -> Vec<Degradation> {
        match self {
            Degrade::One(degradation) => vec![degradation],
            Degrade::All => Degradation::ALL.to_vec(),
        }
    }
}

/// How an evaluation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Every clip was scored.
    Complete,
    /// So many clips could not be scored and are in no number of the report.
    Incomplete(usize),
}

/// Scores the clips, prints the tables to `out` and writes the report.
///
/// `make_scorer` makes what decodes a clip and gives its probabilities, one for each thread.
///
/// # Errors
/// Unreadable clips, manifest or noises, a split without clips, no clip that can be scored, a report that
/// exists or cannot be written. Single clips that fail are listed and make it [`Outcome::Incomplete`].
pub fn run(
    settings: &EvaluateSettings,
    make_scorer: &MakeScorer<'_>,
    out: &mut dyn Write,
) -> anyhow::Result<Outcome> {
    // Begun before the work, so that a report that must not be replaced is told at once.
    let files = Files::create(settings)?;
    let degradations = settings.degrade.degradations();
    let conditions = degradations.iter().copied().map(Condition::Degraded).collect();
    let (clips, listening) = heard_clips(&settings.choice, conditions)?;
    let scored = score_clips(&clips, &listening, settings.choice.n_threads, make_scorer)?;
    let reports = scored.predictions.iter().map(|predictions| {
        let report = Report::new(predictions);
        match &settings.thresholds {
            Some(thresholds) => report.with_shown(predictions, thresholds),
            None => report,
        }
    });
    let drops = Drops { reports: degradations.iter().copied().zip(reports).collect() };
    let report = &drops.reports[&degradations[0]];
    out.write_all(report.table().as_bytes())?;
    if settings.degrade == Degrade::All {
        write!(out, "\n{}", drops.table().text())?;
    }
    files.write(settings, report, &drops)?;
    Ok(tell_failed(&scored))
}

/// The clips of the wanted split, and how they are heard; tells of recordings that are not used and of
/// shared voices.
fn heard_clips(
    choice: &ClipChoice,
    conditions: Vec<Condition>,
) -> anyhow::Result<(Vec<Clip>, Listening)> {
    let Corpus { mut clips, not_used } = corpus::open(&choice.clips)?;
    for left_out in &not_used {
        tell(&format!("not used: {}: {}", left_out.path.display(), left_out.reason));
    }
    let mut listening = match &choice.noises {
        Some(data) => Listening::with_recorded(conditions, data, &clips, choice.split)?,
        None => Listening { conditions, ..Listening::default() },
    };
    let Some(split) = choice.split else {
        listening.known = Known::of(choice.known, &clips);
        return Ok((clips, listening));
    };
    if let Err(shared) = corpus::speaker_disjoint(&clips) {
        tell(&format!("warning: these scores may be of voices that the model has heard: {shared}"));
    }
    clips.retain(|clip| clip.split == Some(split));
    if clips.is_empty() {
        bail!(
            "no clip of {} is in the split '{split}'; leave the split out or give a manifest with \
             a split column",
            choice.clips.display()
        );
    }
    listening.known = Known::of(choice.known, &clips);
    Ok((clips, listening))
}

/// Names the clips that could not be scored.
fn tell_failed(scored: &Scored) -> Outcome {
    if scored.failed.is_empty() {
        return Outcome::Complete;
    }
    for (path, reason) in &scored.failed {
        tell(&format!("not scored: {}: {}", path.display(), chain(reason)));
    }
    let n_failed = scored.failed.len();
    tell(&format!(
        "{n_failed} of {} clips could not be scored and are not counted",
        scored.n_clips()
    ));
    Outcome::Incomplete(n_failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hearing::emotion::{Emotion, N_EMOTIONS, Scores};
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
        let report = Some(folder.path().join("report"));
        let model = "<tiny>".to_owned();
        let choice = ClipChoice {
            clips,
            split,
            noises: None,
            known: KnownSettings::default(),
            n_threads: 2,
        };
        let degrade = Degrade::One(Degradation::None);
        let thresholds = Some(Thresholds::emotions_from(0.5));
        let settings =
            EvaluateSettings { model, choice, degrade, thresholds, json, report, force: false };
        (folder, settings)
    }

    fn sure_of(emotion: Emotion) -> Scores {
        let mut scores = [0.0; N_EMOTIONS];
        scores[emotion.index()] = 1.0;
        Scores(scores)
    }

    /// A maker of scorers that all do the same.
    fn all(
        score: impl Fn(&Clip) -> anyhow::Result<Scores> + Clone + Sync + 'static,
    ) -> impl Fn() -> anyhow::Result<ScoreClip<'static>> + Sync {
        move || {
            let score = score.clone();
            Ok(Box::new(move |clip, listening: &Listening| {
                listening.conditions.iter().map(|_| score(clip)).collect()
            }))
        }
    }

    #[test]
    fn the_clips_of_a_split_are_scored_and_the_report_is_printed_and_written() {
        let (_folder, settings) = settings();
        let mut table = Vec::new();
        let outcome = run(&settings, &all(|clip| Ok(sure_of(clip.emotion))), &mut table).unwrap();
        assert_eq!(outcome, Outcome::Complete);
        assert!(String::from_utf8(table).unwrap().contains("UAR"));
        let json = fs::read_to_string(settings.json.unwrap()).unwrap();
        let report: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(report["n"], 3);
        assert_eq!(report["uar"], 1.0);
        assert_eq!(report["by_corpus"]["mine"]["n"], 3);
        assert_eq!(report["shown"]["emotion"]["right"], 1.0);
        let folder = settings.report.unwrap();
        let page = fs::read_to_string(folder.join("index.html")).unwrap();
        assert!(page.contains("&lt;tiny&gt;") && !page.contains("<tiny>"), "{page}");
        assert_eq!(page.matches("<svg").count(), 4);
        assert!(page.contains("What an operator is shown"), "{page}");
        for file in ["reliability.svg", "coverage.svg", "confusion.svg", "recall.svg"] {
            let picture = fs::read_to_string(folder.join(file)).unwrap();
            assert!(page.contains(&picture), "{file}");
        }
    }

    #[test]
    fn every_degradation_is_scored_on_the_same_clips_and_told_with_its_drop() {
        let (_folder, mut settings) = settings();
        settings.degrade = Degrade::All;
        let scorer = || -> anyhow::Result<ScoreClip<'static>> {
            Ok(Box::new(|clip, listening| {
                assert_eq!(listening.conditions, Degradation::ALL.map(Condition::Degraded));
                let right = sure_of(clip.emotion);
                Ok(vec![right, right, sure_of(Emotion::Anger), right])
            }))
        };
        let mut table = Vec::new();
        run(&settings, &scorer, &mut table).unwrap();
        let table = String::from_utf8(table).unwrap();
        let drops = "mine                 100.0     100.0       0.0        50.0      50.0      100.0       0.0";
        assert!(table.ends_with(&format!("{drops}\n")), "{table}");
        let json = fs::read_to_string(settings.json.unwrap()).unwrap();
        let report: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!((&report["degrade"], &report["uar"]), (&"none".into(), &1.0.into()));
        let noisy = &report["degraded"]["phone-noise"];
        assert_eq!((&noisy["uar"], &noisy["uar_drop"]["all"]), (&0.5.into(), &0.5.into()));
        assert_eq!(report["degraded"].as_object().unwrap().len(), 3);
        let page = fs::read_to_string(settings.report.unwrap().join("index.html")).unwrap();
        assert!(page.contains(">phone-loss</th>"));
    }

    #[test]
    fn a_report_that_exists_stays_unless_forced() {
        let (_folder, mut settings) = settings();
        let json = settings.json.clone().unwrap();
        fs::write(&json, "mine").unwrap();
        let scorer = || -> anyhow::Result<ScoreClip<'_>> { panic!("scored all the same") };
        let error = run(&settings, &scorer, &mut Vec::new()).unwrap_err().to_string();
        assert!(error.contains("report.json") && error.contains("--force"), "{error}");
        fs::remove_file(&json).unwrap();
        let page = settings.report.clone().unwrap().join("index.html");
        fs::create_dir_all(page.parent().unwrap()).unwrap();
        fs::write(&page, "mine").unwrap();
        let error = run(&settings, &scorer, &mut Vec::new()).unwrap_err().to_string();
        assert!(error.contains("index.html") && !json.exists(), "{error}");
        fs::write(&json, "mine").unwrap();
        settings.force = true;
        let scorer = all(|clip| Ok(sure_of(clip.emotion)));
        run(&settings, &scorer, &mut Vec::new()).unwrap();
        assert!(fs::read_to_string(&json).unwrap().contains("\"uar\""));
        assert!(fs::read_to_string(&page).unwrap().contains("</html>"));
    }

    #[test]
    fn clips_that_fail_are_kept_by_name_and_counted() {
        let (_folder, settings) = settings();
        let make_scorer = all(|clip| {
            if clip.path.ends_with("b.wav") {
                bail!("cut off");
            }
            if clip.path.ends_with("c.wav") {
                return Ok(Scores([f32::NAN; N_EMOTIONS]));
            }
            Ok(sure_of(clip.emotion))
        });
        let conditions = vec![Condition::Degraded(Degradation::None)];
        let (clips, listening) = heard_clips(&settings.choice, conditions).unwrap();
        let scored = score_clips(&clips, &listening, 2, &make_scorer).unwrap();
        assert_eq!((scored.predictions[0].len(), scored.n_clips()), (1, 3));
        let reasons: Vec<String> =
            scored.failed.iter().map(|(path, why)| format!("{} {why}", path.display())).collect();
        assert!(reasons[0].contains("b.wav cut off"), "{reasons:?}");
        assert!(reasons[1].contains("no probabilities"), "{reasons:?}");
        let outcome = run(&settings, &make_scorer, &mut Vec::new()).unwrap();
        assert_eq!(outcome, Outcome::Incomplete(2));
    }

    #[test]
    fn a_split_without_clips_and_clips_that_all_fail_are_errors() {
        let (_folder, mut settings) = settings();
        let scorer = all(|_| bail!("broken"));
        let error = run(&settings, &scorer, &mut Vec::new()).unwrap_err().to_string();
        assert!(error.contains("none of the 3 clips"), "{error}");
        settings.choice.split = Some(Split::Dev);
        let error = run(&settings, &scorer, &mut Vec::new()).unwrap_err().to_string();
        assert!(error.contains("'dev'") && error.contains("clips.csv"), "{error}");
        assert!(!settings.json.unwrap().exists());
    }
}
