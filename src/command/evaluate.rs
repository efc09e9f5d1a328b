//! `undertone evaluate`: how good a model is on labelled clips, as tables, as JSON and as a page.
//!
//! In: a manifest or a corpus folder, and a way to score clips. Out: the tables on the given writer, the
//! report as a JSON file and as a folder with a page and charts where wanted, every clip that could not be
//! scored by name on the error stream.

pub mod workers;

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, bail, ensure};

use super::file_set::FileSet;
use super::progress;
use crate::corpus::{self, Clip, Split};
use crate::emotion::Scores;
use crate::evaluation::{Part, Prediction, Report, page, pictures};
use crate::output_file::{IfExists, OutputFile, ReadableBy};
use workers::{Scorer, score_all};

/// The page's file in the report's folder.
const PAGE: &str = "index.html";

/// What was asked for.
#[derive(Clone, Debug)]
pub struct EvaluateSettings {
    /// The model's name, for the page.
    pub model: String,
    /// A manifest or a corpus folder.
    pub clips: PathBuf,
    /// Only the clips of this split.
    pub split: Option<Split>,
    /// Write the report there as JSON.
    pub json: Option<PathBuf>,
    /// Write the report into this folder as a page with charts.
    pub report: Option<PathBuf>,
    /// Replace files that are there.
    pub force: bool,
    /// Threads that score; the results do not depend on it.
    pub n_threads: usize,
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
struct Evaluated {
    /// One for each clip that was scored, in the order given.
    predictions: Vec<Prediction>,
    /// The others, with the reason.
    failed: Vec<(PathBuf, anyhow::Error)>,
}

/// Scores the clips, prints the tables to `out` and writes the report.
///
/// `scorer` makes what decodes a clip and gives its probabilities, one for each thread.
///
/// # Errors
/// Unreadable clips or manifest, a split without clips, no clip that can be scored, a report that
/// exists or cannot be written. Single clips that fail are listed and make it [`Outcome::Incomplete`].
pub fn run<'a>(
    settings: &EvaluateSettings,
    scorer: &(dyn Fn() -> anyhow::Result<Scorer<'a, Scores>> + Sync),
    out: &mut dyn Write,
) -> anyhow::Result<Outcome> {
    // Begun before the work, so that a report that must not be replaced is told at once.
    let files = Files::create(settings)?;
    let clips = chosen_clips(settings)?;
    let Evaluated { predictions, failed } = evaluate_clips(&clips, settings.n_threads, scorer)?;
    for (path, reason) in &failed {
        eprintln!("not scored: {}: {reason:#}", path.display());
    }
    ensure!(!predictions.is_empty(), "none of the {} clips could be scored", clips.len());
    let report = Report::new(&predictions);
    out.write_all(report.table().as_bytes())?;
    files.write(settings, &report)?;
    if failed.is_empty() {
        return Ok(Outcome::Complete);
    }
    eprintln!("{} of {} clips could not be scored and are not counted", failed.len(), clips.len());
    Ok(Outcome::Incomplete(failed.len()))
}

/// Scores each clip; one that fails, or whose scores are no probabilities, is kept with its reason.
fn evaluate_clips<'a>(
    clips: &[Clip],
    n_threads: usize,
    scorer: &(dyn Fn() -> anyhow::Result<Scorer<'a, Scores>> + Sync),
) -> anyhow::Result<Evaluated> {
    let progress = progress::counting(clips.len(), "clips");
    let results = score_all(clips, n_threads, &progress, scorer)?;
    progress.finish_and_clear();
    let mut evaluated = Evaluated::default();
    for (clip, result) in clips.iter().zip(results) {
        match result.and_then(checked) {
            Ok(scores) => evaluated.predictions.push(Prediction::new(clip, scores)),
            Err(reason) => evaluated.failed.push((clip.path.clone(), reason)),
        }
    }
    Ok(evaluated)
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

/// The files that the report goes to.
struct Files {
    json: Option<OutputFile>,
    folder: Option<FileSet>,
}

impl Files {
    fn create(settings: &EvaluateSettings) -> anyhow::Result<Self> {
        let if_exists = IfExists::from_force(settings.force);
        let begin = |path: &PathBuf| OutputFile::create(path, if_exists, ReadableBy::Owner);
        let names = pictures(&Report::default()).map(|picture| picture.file);
        let names: Vec<&str> = std::iter::once(PAGE).chain(names).collect();
        let begin_all = |folder: &PathBuf| FileSet::create(folder, &names, settings.force);
        Ok(Files {
            json: settings.json.as_ref().map(begin).transpose()?,
            folder: settings.report.as_ref().map(begin_all).transpose()?,
        })
    }

    fn write(self, settings: &EvaluateSettings, report: &Report) -> anyhow::Result<()> {
        if let Some(mut json) = self.json {
            serde_json::to_writer_pretty(&mut json, report).context("cannot write the report")?;
            json.write_all(b"\n")?;
            json.commit()?;
        }
        if let Some(folder) = self.folder {
            let pictures = pictures(report);
            let title = format!("Undertone: {} on labelled clips", settings.model);
            let mut contents = vec![page(&title, &parts(settings, report))];
            contents.extend(pictures.map(|picture| picture.svg));
            folder.write(&contents)?;
        }
        Ok(())
    }
}

/// What stands on the page.
fn parts(settings: &EvaluateSettings, report: &Report) -> Vec<Part> {
    let split = settings.split.map_or_else(String::new, |split| format!(", split {split}"));
    let mut parts = vec![
        Part::Words(format!("Clips: {}{split}.", settings.clips.display())),
        Part::Words(
            "UAR is the mean of the recalls of all emotions; ECE by how much probabilities and \
             what is right differ; \"at 60 %\" the accuracy of the surest 60 % of the answers; \
             \"95 %\" where the UAR of other such speakers would be in 95 of 100 cases. All in \
             per cent."
                .to_owned(),
        ),
        Part::Heading("Scores".to_owned()),
        Part::Table(report.measures_table()),
        Part::Words(report.named_coverage()),
    ];
    parts.extend(report.speakers_table().map(Part::Table));
    let [reliability, coverage, confusion, recall] = pictures(report);
    parts.extend([
        Part::Heading("What its probabilities mean".to_owned()),
        Part::Picture(reliability),
        Part::Picture(coverage),
        Part::Heading("What is heard as what".to_owned()),
        Part::Picture(confusion),
        Part::Picture(recall),
        Part::Table(report.recall_table()),
        Part::Table(report.precision_table()),
    ]);
    parts
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
        let report = Some(folder.path().join("report"));
        let model = "<tiny>".to_owned();
        let n_threads = 2;
        (folder, EvaluateSettings { model, clips, split, json, report, force: false, n_threads })
    }

    fn sure_of(emotion: Emotion) -> Scores {
        let mut scores = [0.0; N_EMOTIONS];
        scores[emotion.index()] = 1.0;
        Scores(scores)
    }

    /// A maker of scorers that all do the same.
    fn all(
        score: impl Fn(&Clip) -> anyhow::Result<Scores> + Clone + Sync + 'static,
    ) -> impl Fn() -> anyhow::Result<Scorer<'static, Scores>> + Sync {
        move || Ok(Box::new(score.clone()))
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
        let folder = settings.report.unwrap();
        let page = fs::read_to_string(folder.join("index.html")).unwrap();
        assert!(page.contains("&lt;tiny&gt;") && !page.contains("<tiny>"), "{page}");
        assert_eq!(page.matches("<svg").count(), 4);
        for file in ["reliability.svg", "coverage.svg", "confusion.svg", "recall.svg"] {
            let picture = fs::read_to_string(folder.join(file)).unwrap();
            assert!(page.contains(&picture), "{file}");
        }
    }

    #[test]
    fn a_report_that_exists_stays_unless_forced() {
        let (_folder, mut settings) = settings();
        let json = settings.json.clone().unwrap();
        fs::write(&json, "mine").unwrap();
        let scorer = || -> anyhow::Result<Scorer<'_, Scores>> { panic!("scored all the same") };
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
        let scorer = all(|clip| {
            if clip.path.ends_with("b.wav") {
                bail!("cut off");
            }
            if clip.path.ends_with("c.wav") {
                return Ok(Scores([f32::NAN; N_EMOTIONS]));
            }
            Ok(sure_of(clip.emotion))
        });
        let clips = chosen_clips(&settings).unwrap();
        let evaluated = evaluate_clips(&clips, 2, &scorer).unwrap();
        assert_eq!(evaluated.predictions.len(), 1);
        let reasons: Vec<String> = evaluated
            .failed
            .iter()
            .map(|(path, why)| format!("{} {why}", path.display()))
            .collect();
        assert!(reasons[0].contains("b.wav cut off"), "{reasons:?}");
        assert!(reasons[1].contains("no probabilities"), "{reasons:?}");
        let outcome = run(&settings, &scorer, &mut Vec::new()).unwrap();
        assert_eq!(outcome, Outcome::Incomplete(2));
    }

    #[test]
    fn a_split_without_clips_and_clips_that_all_fail_are_errors() {
        let (_folder, mut settings) = settings();
        let scorer = all(|_| bail!("broken"));
        let error = run(&settings, &scorer, &mut Vec::new()).unwrap_err().to_string();
        assert!(error.contains("none of the 3 clips"), "{error}");
        settings.split = Some(Split::Dev);
        let error = run(&settings, &scorer, &mut Vec::new()).unwrap_err().to_string();
        assert!(error.contains("'dev'") && error.contains("clips.csv"), "{error}");
        assert!(!settings.json.unwrap().exists());
    }
}
