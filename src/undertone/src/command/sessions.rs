//! `undertone sessions`: the logs in a folder, newest first; [`show`] tells all of one, [`delete`] and [`purge`]
//! take logs away, [`verify`] says whether they still are what was written.
//!
//! ```text
//! started              length  callers  main emotions               uncertain  gaps  ended     log
//! 2026-11-22 14:30:05   12:05  desk     neutral 61%, sadness 22%  341 of 1204     0  finished  2026-….jsonl
//! ```

pub mod delete;
pub mod locate;
pub mod purge;
pub mod show;
pub mod verify;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde_json::{Value, json};

use crate::command::printer::{print_json, print_lines};
use crate::config::sessions_dir;
use record::plain_text::{columns, plain, plain_line};
use record::session::{Overview, SessionReader};

/// What to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionsSettings {
    /// The folder; none for the usual one.
    pub dir: Option<PathBuf>,
    /// Whether to print JSON.
    pub json: bool,
}

/// Prints the list.
///
/// # Errors
/// When the folder cannot be read or standard output cannot be written; a folder that is missing or
/// empty, and damaged logs, are part of the list. A reader that goes away early is no error.
pub fn run(settings: &SessionsSettings) -> anyhow::Result<()> {
    let dir = settings.dir.clone().map_or_else(sessions_dir, Ok)?;
    let sessions = listed_sessions(&dir)
        .with_context(|| format!("cannot read the folder of session logs {}", dir.display()))?;
    let printed = if settings.json {
        print_json(&sessions.iter().map(json_entry).collect::<Vec<_>>())
    } else {
        print_lines(|out| print_table(&sessions, &dir, out))
    };
    printed.context("cannot write the list")
}

/// One log: what it tells, or why it cannot be read.
struct Session {
    path: PathBuf,
    overview: Result<Overview, String>,
}

impl Session {
    fn read(path: PathBuf) -> Self {
        let overview = SessionReader::open(&path).and_then(Overview::read);
        Session { overview: overview.map_err(|error| error.to_string()), path }
    }

    /// When it began; damaged logs, and those with an unreadable start, come before all others.
    fn started(&self) -> Option<jiff::Timestamp> {
        self.overview.as_ref().ok()?.header.started.parse().ok()
    }

    fn file_name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }
}

/// The logs of a folder, newest first, those that cannot be read last. A missing folder holds none.
fn listed_sessions(dir: &Path) -> io::Result<Vec<Session>> {
    let mut sessions: Vec<Session> = locate::logs_in(dir)?.into_iter().map(Session::read).collect();
    sessions.sort_by_cached_key(|session| (session.started(), session.path.clone()));
    sessions.reverse();
    Ok(sessions)
}

fn print_table(sessions: &[Session], dir: &Path, out: &mut dyn Write) -> io::Result<()> {
    if sessions.is_empty() {
        return writeln!(
            out,
            "No sessions in {} yet: `undertone monitor` and `undertone replay` log theirs there.",
            plain(&dir.to_string_lossy())
        );
    }
    let heading =
        ["started", "length", "callers", "main emotions", "uncertain", "gaps", "ended", "log"];
    let readable = sessions.iter().filter_map(|session| {
        let overview = session.overview.as_ref().ok()?;
        Some(cells(overview, &session.file_name()))
    });
    let rows: Vec<[String; 8]> =
        std::iter::once(heading.map(str::to_owned)).chain(readable).collect();
    let widths: [usize; 8] = std::array::from_fn(|column| {
        rows.iter().map(|row| columns(&row[column])).max().unwrap_or(0)
    });
    if rows.len() > 1 {
        for row in &rows {
            print_row(row, widths, out)?;
        }
    }
    for session in sessions {
        if let Err(reason) = &session.overview {
            writeln!(out, "damaged: {}", plain_line(reason, 500))?;
        }
    }
    Ok(())
}

/// Columns are two spaces apart; numbers end at the right, and the last column has no padding.
fn print_row(row: &[String; 8], widths: [usize; 8], out: &mut dyn Write) -> io::Result<()> {
    let [started, length, callers, emotions, uncertain, gaps, ended, log] = row;
    let [w0, w1, _, w3, w4, w5, w6, _] = widths;
    // Formatting counts characters, of which a label may have wide ones.
    let callers = callers.clone() + &" ".repeat(widths[2] - columns(callers));
    writeln!(
        out,
        "{started:w0$}  {length:>w1$}  {callers}  {emotions:w3$}  {uncertain:>w4$}  {gaps:>w5$}  \
         {ended:w6$}  {log}"
    )
}

fn cells(overview: &Overview, file_name: &str) -> [String; 8] {
    let labels: Vec<&str> =
        overview.header.callers.iter().map(|caller| caller.label.as_str()).collect();
    let emotions: Vec<String> = overview
        .shares()
        .iter()
        .take(2)
        .map(|(shown, share)| format!("{} {:.0}%", shown.label(), share * 100.0))
        .collect();
    let gaps = match overview.gaps {
        0 => "0".to_owned(),
        gaps => format!("{gaps} ({:.2} s)", overview.lost_s),
    };
    let mut ended = overview.end.as_ref().map_or("not ended".to_owned(), ToString::to_string);
    if overview.unwritten > 0 {
        ended = format!("incomplete, {ended}");
    }
    [
        plain_line(&local_start(&overview.header.started), 19),
        overview.length.to_string(),
        plain_line(&labels.join(", "), 24),
        if emotions.is_empty() { "-".to_owned() } else { emotions.join(", ") },
        format!("{} of {}", overview.uncertain, overview.readings),
        gaps,
        plain_line(&ended, 24),
        plain_line(file_name, 120),
    ]
}

/// `2026-11-22 14:30:05`: the clock on the wall where the session was.
fn local_start(started: &str) -> String {
    started.get(..19).unwrap_or(started).replacen('T', " ", 1)
}

fn json_entry(session: &Session) -> Value {
    let path = session.path.to_string_lossy();
    let overview = match &session.overview {
        Ok(overview) => overview,
        Err(reason) => return json!({ "path": path, "damaged": reason }),
    };
    let emotions: serde_json::Map<String, Value> = overview
        .shares()
        .into_iter()
        .map(|(shown, share)| (shown.label().to_owned(), json!(share)))
        .collect();
    json!({
        "path": path,
        "started": overview.header.started,
        "length_s": overview.length.seconds(),
        "callers": overview.header.callers,
        "model": overview.header.model.name,
        "backend": overview.header.backend,
        "readings": overview.readings,
        "uncertain": overview.uncertain,
        "shares": emotions,
        "gaps": overview.gaps,
        "lost_s": overview.lost_s,
        "unwritten": overview.unwritten,
        "ended": overview.end,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const GOLDEN: &str = include_str!("../../../../tests/data/session/input/two-callers.jsonl");

    fn text(print: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> String {
        let mut bytes = Vec::new();
        print(&mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    /// A folder with an older log, a newer one that was cut off, a damaged one and something else.
    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write("a.jsonl", GOLDEN);
        let newer =
            GOLDEN.replace("14:30:05+01:00", "14:00:05-08:00").replace("desk", "\\u001b[2J");
        write("b.jsonl", &newer[..newer.len() - 30]);
        write("c.jsonl", &GOLDEN.replacen("too_short", "\u{1b}short", 1));
        write("d.jsonl", "");
        write("notes.txt", "not a log");
        folder
    }

    #[test]
    fn logs_are_listed_newest_first_and_damaged_ones_with_their_reason() {
        let folder = folder();
        let sessions = listed_sessions(folder.path()).unwrap();
        let table = text(|out| print_table(&sessions, folder.path(), out));
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(lines.len(), 5, "{table}");
        assert_eq!(
            lines[0],
            "started              length  callers                   main emotions        \
             uncertain        gaps  ended      log"
        );
        assert_eq!(
            lines[2],
            "2026-11-22 14:30:05    0:09  desk, =HYPERLINK(\"http:…  fear 50%, anger 25%\
             \x20    1 of 5  1 (0.01 s)  stopped    a.jsonl"
        );
        assert!(lines[1].starts_with("2026-11-22 14:00:05    0:09  ␛[2J"), "{table}");
        assert!(lines[1].ends_with("not ended  b.jsonl"), "{table}");
        assert!(lines[3].starts_with("damaged: ") && lines[3].contains("d.jsonl is empty"));
        assert!(lines[4].contains("c.jsonl, line 2: "), "{table}");
        assert!(!table.chars().any(|character| character.is_control() && character != '\n'));
    }

    #[test]
    fn the_list_as_json_has_every_log() {
        let folder = folder();
        let sessions = listed_sessions(folder.path()).unwrap();
        let list: Vec<Value> = sessions.iter().map(json_entry).collect();
        assert_eq!(list.len(), 4);
        assert_eq!(list[0]["ended"], Value::Null);
        assert_eq!(list[1]["ended"], "stopped");
        assert_eq!(list[1]["length_s"], 9.5);
        assert_eq!(list[1]["shares"]["fear"], 0.5);
        assert_eq!(list[1]["callers"][0]["label"], "desk");
        assert!(list[3]["damaged"].as_str().unwrap().contains("line 2"));
    }

    #[test]
    fn a_folder_that_is_empty_or_missing_gets_a_friendly_line() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("none");
        for dir in [folder.path(), &missing] {
            let sessions = listed_sessions(dir).unwrap();
            assert!(text(|out| print_table(&sessions, dir, out)).starts_with("No sessions in "));
        }
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(listed_sessions(&file).is_err());
    }
}
