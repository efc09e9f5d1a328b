//! The files that an evaluation leaves: the numbers as JSON, and a folder with a page and its charts.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use anyhow::Context;
use serde::Serialize;

use super::{Degrade, EvaluateSettings};
use crate::command::file_set::FileSet;
use lab::evaluation::{Degradation, Drops, Part, Report, page, pictures};
use record::output_file::{IfExists, OutputFile, ReadableBy};

/// The page's file in the report's folder.
const PAGE: &str = "index.html";

/// The report as JSON: its own keys, how the clips were degraded, what was known of the speakers, and where they were degraded in every
/// way what each cost.
#[derive(Serialize)]
struct Numbers<'a> {
    degrade: &'static str,
    known: String,
    #[serde(flatten)]
    report: &'a Report,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    degraded: BTreeMap<&'static str, Degraded<'a>>,
}

/// A report of degraded clips.
#[derive(Serialize)]
struct Degraded<'a> {
    /// By how much each UAR is lower than undegraded.
    uar_drop: BTreeMap<String, f64>,
    #[serde(flatten)]
    report: &'a Report,
}

/// Files that were begun.
pub(super) struct Files {
    json: Option<OutputFile>,
    folder: Option<FileSet>,
}

impl Files {
    /// Begins the files that are wanted.
    ///
    /// # Errors
    /// A file that exists and is not to be replaced, or cannot be made.
    pub fn create(settings: &EvaluateSettings) -> anyhow::Result<Self> {
        let names = pictures(&Report::default()).map(|picture| picture.file);
        let names: Vec<&str> = std::iter::once(PAGE).chain(names).collect();
        let begin_all = |folder: &Path| FileSet::create(folder, &names, settings.force);
        Ok(Files {
            json: settings.json.as_deref().map(|path| begin(path, settings.force)).transpose()?,
            folder: settings.report.as_deref().map(begin_all).transpose()?,
        })
    }

    /// Writes them.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write(
        self,
        settings: &EvaluateSettings,
        report: &Report,
        drops: &Drops,
    ) -> anyhow::Result<()> {
        if let Some(json) = self.json {
            let (degrade, degraded) = match settings.degrade {
                Degrade::One(degradation) => (degradation, BTreeMap::new()),
                Degrade::All => (Degradation::None, degraded(drops)),
            };
            let known = settings.choice.known.words();
            write_json(json, &Numbers { degrade: degrade.label(), known, report, degraded })?;
        }
        if let Some(folder) = self.folder {
            let title = format!("Undertone: {} on labelled clips", settings.model);
            let mut contents = vec![page(&title, &parts(settings, report, drops))];
            contents.extend(pictures(report).map(|picture| picture.svg));
            folder.write(&contents)?;
        }
        Ok(())
    }
}

/// Begins a file for its owner only.
pub(super) fn begin(path: &Path, force: bool) -> anyhow::Result<OutputFile> {
    Ok(OutputFile::create(path, IfExists::from_force(force), ReadableBy::Owner)?)
}

/// Writes a whole file of JSON.
pub(super) fn write_json(mut file: OutputFile, numbers: &impl Serialize) -> anyhow::Result<()> {
    serde_json::to_writer_pretty(&mut file, numbers).context("cannot write the report")?;
    file.write_all(b"\n")?;
    Ok(file.commit()?)
}

fn degraded(drops: &Drops) -> BTreeMap<&'static str, Degraded<'_>> {
    let reports =
        drops.reports.iter().filter(|(degradation, _)| **degradation != Degradation::None);
    reports
        .map(|(degradation, report)| {
            (degradation.label(), Degraded { uar_drop: drops.of(*degradation), report })
        })
        .collect()
}

/// What stands on the page.
fn parts(settings: &EvaluateSettings, report: &Report, drops: &Drops) -> Vec<Part> {
    let split = settings.choice.split.map_or_else(String::new, |split| format!(", split {split}"));
    let degrade = match settings.degrade {
        Degrade::All | Degrade::One(Degradation::None) => "as they were recorded".to_owned(),
        Degrade::One(degradation) => format!("degraded: {degradation}"),
    };
    let (clips, known) = (settings.choice.clips.display(), settings.choice.known.words());
    let mut parts = vec![
        Part::Words(format!("Clips: {clips}{split}, {degrade}, {known}.")),
        Part::Words(EXPLANATION.to_owned()),
        Part::Heading("Scores".to_owned()),
        Part::Table(report.measures_table()),
        Part::Words(report.named_coverage()),
    ];
    if let Some(table) = report.shown_table() {
        parts.push(Part::Heading("What an operator is shown".to_owned()));
        parts.push(Part::Table(table));
        parts.push(Part::Words(SHOWN.to_owned()));
    }
    parts.extend(report.speakers_table().map(Part::Table));
    if settings.degrade == Degrade::All {
        parts.push(Part::Heading("What a line costs".to_owned()));
        parts.push(Part::Table(drops.table()));
    }
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

/// How to read the table of what is shown.
const SHOWN: &str = "Shares of all clips, and beside each how much of it is right. An emotion is shown where one is \
certain enough for the model; else a group of emotions (distressed, pleasant or calm) where one is, which is right when \
the emotion is in it; else \"uncertain\".";

/// How to read the tables.
const EXPLANATION: &str = "All in per cent. UAR is the mean of the recalls of all emotions. ECE is by how \
much probabilities and what is right differ. \"At 60 %\" is the accuracy of the surest 60 % of the answers. \
\"95 %\" is where the UAR of other such speakers would lie in 95 of 100 cases.";
