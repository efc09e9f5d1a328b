//! `undertone export`: a session log as a file for other programs.

use std::path::{Path, PathBuf};

use anyhow::bail;

use crate::command::printer::{print_to_stdout, tell};
use crate::export::{ExportFormat, export};
use crate::output_file::{IfExists, OutputFile, ReadableBy};
use crate::session::SessionReader;

/// What to export, and where to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportSettings {
    /// The session log.
    pub session: PathBuf,
    /// The format.
    pub format: ExportFormat,
    /// The file; none or `-` for standard output.
    pub output: Option<PathBuf>,
    /// Whether an existing file is replaced.
    pub force: bool,
}

/// Writes the export.
///
/// # Errors
/// When the log is damaged or no log, or the output cannot be written or exists already. A reader of
/// standard output that goes away early is no error.
pub fn run(settings: &ExportSettings) -> anyhow::Result<()> {
    let mut session = SessionReader::open(&settings.session)?;
    match &settings.output {
        Some(path) if path != Path::new("-") => to_file(&mut session, path, settings)?,
        _ => print_to_stdout(|out| export(&mut session, settings.format, out))?,
    }
    if session.is_cut() {
        tell(&format!(
            "warning: the last line of {} is cut off and was left out: the session did not end properly",
            settings.session.display()
        ));
    }
    Ok(())
}

fn to_file(
    session: &mut SessionReader,
    path: &Path,
    settings: &ExportSettings,
) -> anyhow::Result<()> {
    if is_same_file(path, &settings.session) {
        bail!("{} is the session log itself; choose another name", path.display());
    }
    let if_exists = IfExists::from_force(settings.force);
    let mut output = OutputFile::create(path, if_exists, ReadableBy::Owner)?;
    export(session, settings.format, &mut output)?;
    output.commit()?;
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
    use std::fs;

    const GOLDEN: &str = include_str!("../../tests/data/session/input/two-callers.jsonl");

    /// A folder with a log, and settings to export it to `out.csv` there.
    fn export_of(log: &str) -> (tempfile::TempDir, ExportSettings) {
        let folder = tempfile::tempdir().unwrap();
        let session = folder.path().join("call.jsonl");
        fs::write(&session, log).unwrap();
        let output = Some(folder.path().join("out.csv"));
        let settings = ExportSettings { session, format: ExportFormat::Csv, output, force: false };
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
        let (_folder, mut settings) = export_of(GOLDEN);
        settings.output = Some(settings.session.clone());
        settings.force = true;
        assert!(run(&settings).unwrap_err().to_string().contains("the session log itself"));
        assert_eq!(fs::read_to_string(&settings.session).unwrap(), GOLDEN);
    }
}
