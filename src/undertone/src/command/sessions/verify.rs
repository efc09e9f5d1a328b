//! `undertone sessions verify`: whether logs still are what was written.
//!
//! ```text
//! whole      2026-11-22T14-30-05-desk.jsonl  1204 lines, last checksum 4f1c09a2b7d3e655
//! damaged    2026-11-22T15-02-10-anna.jsonl  line 311 does not follow from the line before it: ...
//! ```

use std::path::{Path, PathBuf};

use anyhow::bail;
use serde_json::{Value, json};

use crate::command::Exit;
use crate::command::printer::{print, print_json};
use record::plain_text::{plain, plain_line};
use record::session::SessionError;
use record::session::verify::{Fault, State, Verification, verify};

/// What to check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifySettings {
    /// The logs.
    pub logs: Vec<PathBuf>,
    /// Whether to print JSON.
    pub json: bool,
}

/// Checks the logs and says what was found. One that has no end, or no checksums since an older Undertone wrote
/// it, gives [`Exit::Partial`]: what is missing at its end, or changed in it, cannot be told.
///
/// # Errors
/// When a log is not what was written; when standard output cannot be written.
pub fn run(settings: &VerifySettings) -> anyhow::Result<Exit> {
    let found: Vec<(&Path, Result<Verification, SessionError>)> =
        settings.logs.iter().map(|log| (log.as_path(), verify(log))).collect();
    if settings.json {
        print_json(&found.iter().map(as_json).collect::<Vec<_>>())?;
    } else {
        print(&found.iter().map(as_text).collect::<String>())?;
    }
    let states =
        || found.iter().map(|(_, found)| found.as_ref().map_or(State::Damaged, |f| f.state));
    let n_damaged = states().filter(|state| *state == State::Damaged).count();
    match (n_damaged, found.len()) {
        (0, _) => {}
        (1, 1) => bail!("the log is not what was written"),
        (n, all) => bail!("{n} of {all} logs are not what was written"),
    }
    let is_sure = |state| matches!(state, State::Whole | State::Running);
    Ok(if states().all(is_sure) { Exit::Done } else { Exit::Partial })
}

type Found<'a> = (&'a Path, Result<Verification, SessionError>);

fn as_text((log, found): &Found) -> String {
    let name = plain(&log.file_name().unwrap_or_default().to_string_lossy());
    let (state, told) = match found {
        Err(error) => ("unreadable", vec![plain_line(&error.to_string(), 500)]),
        Ok(Verification { lines, last, state, faults }) => match state {
            State::Whole => ("whole", vec![format!("{lines} lines, last checksum {last}")]),
            State::Running => {
                ("running", vec![format!("whole up to line {lines}; a session is writing it")])
            }
            State::NoEnd => (
                "no end",
                vec![format!(
                    "whole up to line {lines}, but without an end: the process was killed, or the last lines were \
                     cut off"
                )],
            ),
            State::NotChained => {
                ("unchained", vec!["an older Undertone wrote it, without checksums".to_owned()])
            }
            State::Damaged => ("damaged", faults.iter().map(Fault::to_string).collect()),
        },
    };
    let lines: Vec<String> =
        told.iter().map(|told| format!("{state:<10} {name}  {told}\n")).collect();
    lines.concat()
}

fn as_json((log, found): &Found) -> Value {
    match found {
        Err(error) => json!({ "path": log, "state": "unreadable", "reason": error.to_string() }),
        Ok(Verification { lines, last, state, faults }) => {
            let faults: Vec<Value> = faults
                .iter()
                .map(|fault| json!({ "line": fault.line, "reason": fault.to_string() }))
                .collect();
            let state = state.label();
            json!({ "path": log, "state": state, "lines": lines, "last": last, "faults": faults })
        }
    }
}
