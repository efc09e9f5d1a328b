//! `undertone export`: session logs as files for other programs.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::command::period::{Period, logs_in};
use crate::command::printer::{chain, print_to_stdout, tell};
use crate::command::{Exit, installed};
use record::export::{
    ExportError, ExportFormat, ExportOptions, Score, Sessions, Spreadsheet, Table, export,
};
use record::output_file::{IfExists, OutputFile, ReadableBy};
use record::session::SessionReader;

/// What to export, and where to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportSettings {
    /// Which session logs.
    pub sessions: Selection,
    /// The format.
    pub format: ExportFormat,
    /// How CSV is written.
    pub spreadsheet: Spreadsheet,
    /// The file; none or `-` for standard output. A folder for several sessions in a format that takes one.
    pub output: Option<PathBuf>,
    /// Whether an existing file is replaced.
    pub force: bool,
}

/// Which session logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// These files.
    Named(Vec<PathBuf>),
    /// Those of a folder that began in a period.
    Began(Period, PathBuf),
}

/// Writes the export.
///
/// # Errors
/// When the only log is damaged or no log, or the output cannot be written or exists already. Of several logs one
/// that cannot be read is told and gives [`Exit::Partial`]. A reader of standard output that goes away early is no
/// error.
pub fn run(settings: &ExportSettings) -> anyhow::Result<Exit> {
    if settings.spreadsheet != Spreadsheet::default() && settings.format != ExportFormat::Csv {
        bail!("--locale is for CSV; {} is the same in every country", settings.format);
    }
    let paths = match &settings.sessions {
        Selection::Named(paths) => paths.clone(),
        Selection::Began(period, folder) => logs_in(period, folder)?,
    };
    if let (Selection::Named(_), [path]) = (&settings.sessions, &paths[..]) {
        return one(path, settings);
    }
    if paths.is_empty() {
        bail!("no session began in that time; `undertone sessions` lists them all");
    }
    if settings.format.is_table() {
        one_table(&paths, settings)
    } else {
        a_folder(&paths, settings)
    }
}

fn one(path: &Path, settings: &ExportSettings) -> anyhow::Result<Exit> {
    let mut session = SessionReader::open(path)?;
    if let Some(output) = file_of(settings) {
        to_file(&mut session, output, settings)?;
    } else {
        let scores = scores_of(&session, settings.format);
        let options = ExportOptions { scores: &scores, spreadsheet: settings.spreadsheet };
        print_to_stdout(|out| export(&mut session, settings.format, options, out))?;
    }
    warn_if_cut(&session);
    Ok(Exit::Done)
}

/// All sessions as one table.
fn one_table(paths: &[PathBuf], settings: &ExportSettings) -> anyhow::Result<Exit> {
    let write = |out: &mut dyn Write| -> Result<Exit, ExportError> {
        let table = settings.format.table(out, Sessions::Several, settings.spreadsheet)?;
        let Some(mut table) = table else { return Ok(Exit::Done) };
        let mut exit = Exit::Done;
        for path in paths {
            if !added(path, table.as_mut())? {
                exit = Exit::Partial;
            }
        }
        table.finish()?;
        Ok(exit)
    };
    let Some(output) = file_of(settings) else {
        let mut exit = Exit::Done;
        print_to_stdout(|out| write(out).map(|ended| exit = ended))?;
        return Ok(exit);
    };
    for path in paths {
        refuse_the_log_itself(output, path)?;
    }
    let if_exists = IfExists::from_force(settings.force);
    let mut file = OutputFile::create(output, if_exists, ReadableBy::Owner)?;
    let exit = write(&mut file)?;
    file.commit()?;
    Ok(exit)
}

/// Whether the whole session is in the table; tells what is missing.
fn added(path: &Path, table: &mut dyn Table) -> Result<bool, ExportError> {
    let mut session = match SessionReader::open(path) {
        Ok(session) => session,
        Err(reason) => {
            tell(&format!("warning: left out: {reason}"));
            return Ok(false);
        }
    };
    match table.add(&mut session) {
        Ok(()) => {
            warn_if_cut(&session);
            Ok(true)
        }
        Err(ExportError::Session(reason)) => {
            tell(&format!("warning: {reason}; what stands before is in the table"));
            Ok(false)
        }
        Err(other) => Err(other),
    }
}

/// Each session as a file in a folder, named as its log.
fn a_folder(paths: &[PathBuf], settings: &ExportSettings) -> anyhow::Result<Exit> {
    let Some(folder) = file_of(settings) else {
        bail!(
            "{} sessions as {} are {} files: name a folder with --output FOLDER, or a format that takes several \
             in one file (csv, jsonl or parquet)",
            paths.len(),
            settings.format,
            paths.len()
        );
    };
    fs::create_dir_all(folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let mut exit = Exit::Done;
    let mut written: Vec<PathBuf> = Vec::new();
    for path in paths {
        let output = free_name(folder, path, settings.format, &written);
        let done =
            SessionReader::open(path).map_err(anyhow::Error::from).and_then(|mut session| {
                to_file(&mut session, &output, settings)?;
                warn_if_cut(&session);
                Ok(())
            });
        match done {
            Ok(()) => written.push(output),
            // A full disk will not be less full for the next one.
            Err(reason) if ends_all(&reason) => return Err(reason),
            Err(reason) => {
                tell(&format!("warning: left out: {}", chain(&reason)));
                exit = Exit::Partial;
            }
        }
    }
    Ok(exit)
}

/// Whether the other sessions cannot be written either.
fn ends_all(reason: &anyhow::Error) -> bool {
    let kind =
        reason.chain().find_map(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind);
    matches!(kind, Some(io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded))
}

/// `FOLDER/STEM.FORMAT`; for logs of one name in several folders with a number.
fn free_name(folder: &Path, log: &Path, format: ExportFormat, written: &[PathBuf]) -> PathBuf {
    let stem = log.file_stem().unwrap_or_default();
    let name = |number: usize| {
        let mut name = stem.to_owned();
        if number > 1 {
            name.push(format!("-{number}"));
        }
        name.push(format!(".{}", format.extension()));
        folder.join(name)
    };
    // One more name than there are files: one of them is free.
    let mut names = (1..=written.len() + 1).map(name);
    names.find(|path| !written.contains(path)).unwrap_or_else(|| name(1))
}

/// The file or folder to write; none for standard output.
fn file_of(settings: &ExportSettings) -> Option<&Path> {
    settings.output.as_deref().filter(|path| *path != Path::new("-"))
}

fn warn_if_cut(session: &SessionReader) {
    if session.is_cut() {
        tell(&format!(
            "warning: the last line of {} is cut off and was left out: the session did not end properly",
            session.path().display()
        ));
    }
}

fn to_file(
    session: &mut SessionReader,
    path: &Path,
    settings: &ExportSettings,
) -> anyhow::Result<()> {
    refuse_the_log_itself(path, session.path())?;
    let if_exists = IfExists::from_force(settings.force);
    let mut output = OutputFile::create(path, if_exists, ReadableBy::Owner)?;
    let scores = scores_of(session, settings.format);
    let options = ExportOptions { scores: &scores, spreadsheet: settings.spreadsheet };
    export(session, settings.format, options, &mut output)?;
    output.commit()?;
    Ok(())
}

/// How well the session's model does, for a report; nothing where it is not installed.
fn scores_of(session: &SessionReader, format: ExportFormat) -> Vec<Score> {
    if format != ExportFormat::Html {
        return Vec::new();
    }
    let sha256 = &session.header().model.sha256;
    let manifests =
        installed::all().into_iter().filter_map(|model| Some(model.artifact.ok()?.manifest));
    let found = manifests.into_iter().find(|manifest| manifest.weights_sha256 == *sha256);
    let scores = found.map_or(Vec::new(), |manifest| manifest.scores);
    scores.into_iter().map(|score| Score { on: score.on, uar: score.uar }).collect()
}

fn refuse_the_log_itself(path: &Path, log: &Path) -> anyhow::Result<()> {
    if is_same_file(path, log) {
        bail!("{} is the session log itself; choose another name", path.display());
    }
    Ok(())
}

/// Whether two paths lead to one file that is there.
pub(super) fn is_same_file(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use std::fs;

    const GOLDEN: &str = include_str!("../../../../tests/data/session/input/two-callers.jsonl");

    /// A folder with a log, and settings to export it to `out.csv` there.
    fn export_of(log: &str) -> (tempfile::TempDir, ExportSettings) {
        let folder = tempfile::tempdir().unwrap();
        let session = folder.path().join("call.jsonl");
        fs::write(&session, log).unwrap();
        let output = Some(folder.path().join("out.csv"));
        let sessions = Selection::Named(vec![session]);
        let settings = ExportSettings {
            sessions,
            format: ExportFormat::Csv,
            spreadsheet: Spreadsheet::default(),
            output,
            force: false,
        };
        (folder, settings)
    }

    #[test]
    fn an_export_is_written_once_and_again_only_by_force() {
        let (folder, mut settings) = export_of(GOLDEN);
        run(&settings).unwrap();
        let exported = fs::read_to_string(folder.path().join("out.csv")).unwrap();
        assert!(exported.starts_with("caller,label,t_s,record,"));
        assert!(run(&settings).unwrap_err().to_string().contains("--force"));
        settings.force = true;
        settings.format = ExportFormat::Json;
        run(&settings).unwrap();
        assert!(fs::read_to_string(folder.path().join("out.csv")).unwrap().starts_with('{'));
    }

    #[test]
    fn a_damaged_log_leaves_no_file() {
        let (folder, settings) = export_of(&GOLDEN.replacen("\"gap\"", "\"gup\"", 1));
        assert!(run(&settings).unwrap_err().to_string().contains("line 8"));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_log_cut_off_is_exported_as_far_as_it_goes() {
        let (folder, settings) = export_of(&GOLDEN[..GOLDEN.len() - 30]);
        run(&settings).unwrap();
        let exported = fs::read_to_string(folder.path().join("out.csv")).unwrap();
        assert!(exported.contains(",seek,") && !exported.contains(",end,"));
    }

    #[test]
    fn a_log_is_never_replaced_by_its_own_export() {
        let (folder, mut settings) = export_of(GOLDEN);
        let log = folder.path().join("call.jsonl");
        settings.output = Some(log.clone());
        settings.force = true;
        assert!(run(&settings).unwrap_err().to_string().contains("the session log itself"));
        assert_eq!(fs::read_to_string(&log).unwrap(), GOLDEN);
    }

    /// A folder with three logs of two days, the second of which is damaged in its end.
    fn three_logs() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write("a.jsonl", &GOLDEN.replacen("2026-11-22T", "2026-11-21T", 1));
        write("b.jsonl", GOLDEN);
        write("c.jsonl", &GOLDEN.replacen("\"seek\"", "\"sook\"", 1));
        write("notes.txt", "no log");
        folder
    }

    fn period(since: &str, until: &str) -> Period {
        let now =
            "2026-11-24T00:00:00Z".parse::<Timestamp>().unwrap().to_zoned(jiff::tz::TimeZone::UTC);
        Period::parse(Some(since), Some(until), &now).unwrap()
    }

    #[test]
    fn several_sessions_are_one_table_that_names_them() {
        let folder = three_logs();
        let output = folder.path().join("all.csv");
        let logs = ["a.jsonl", "b.jsonl"].map(|name| folder.path().join(name));
        let settings = ExportSettings {
            sessions: Selection::Named(logs.into()),
            format: ExportFormat::Csv,
            spreadsheet: Spreadsheet::default(),
            output: Some(output.clone()),
            force: false,
        };
        assert_eq!(run(&settings).unwrap(), Exit::Done);
        let table = fs::read_to_string(&output).unwrap();
        assert!(table.starts_with("session,started,caller,label,t_s,record,"), "{table}");
        let of = |name: &str| table.lines().filter(|line| line.starts_with(name)).count();
        assert_eq!((of("a,2026-11-21T"), of("b,2026-11-22T")), (13, 13));
    }

    #[test]
    fn the_sessions_of_a_day_are_a_folder_of_documents_and_a_damaged_one_is_told() {
        let folder = three_logs();
        let output = folder.path().join("out");
        let mut settings = ExportSettings {
            sessions: Selection::Began(period("2026-11-22", "2026-11-22"), folder.path().into()),
            format: ExportFormat::Vtt,
            spreadsheet: Spreadsheet::default(),
            output: Some(output.clone()),
            force: false,
        };
        assert_eq!(run(&settings).unwrap(), Exit::Partial);
        let names: Vec<_> =
            fs::read_dir(&output).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(names, ["b.vtt"]);
        settings.output = None;
        assert!(run(&settings).unwrap_err().to_string().contains("--output FOLDER"));
        settings.sessions =
            Selection::Began(period("2026-11-23", "2026-11-23"), folder.path().into());
        assert!(run(&settings).unwrap_err().to_string().contains("no session began"));
    }

    #[test]
    fn what_stands_before_the_damage_is_in_the_table() {
        let folder = three_logs();
        let output = folder.path().join("all.jsonl");
        let settings = ExportSettings {
            sessions: Selection::Began(period("2026-11-01", "2026-11-30"), folder.path().into()),
            format: ExportFormat::Jsonl,
            spreadsheet: Spreadsheet::default(),
            output: Some(output.clone()),
            force: false,
        };
        assert_eq!(run(&settings).unwrap(), Exit::Partial);
        let table = fs::read_to_string(&output).unwrap();
        let of = |name: &str| table.matches(&format!("\"session\":\"{name}\"")).count();
        assert_eq!((of("a"), of("b"), of("c")), (13, 13, 10));
    }

    #[test]
    fn logs_of_one_name_do_not_replace_each_other() {
        let written = [PathBuf::from("out/call.TextGrid")];
        let name = free_name(
            Path::new("out"),
            Path::new("b/call.jsonl"),
            ExportFormat::TextGrid,
            &written,
        );
        assert_eq!(name, Path::new("out/call-2.TextGrid"));
    }
}
