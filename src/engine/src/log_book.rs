//! The logs of one run of the program: one for each call, all with the same header but for who is heard.
//!
//! In: where logs go, and what is the same in all of them. Out: a log for a call. Keeps how many were begun.

use record::output_file::IfExists;
use record::session::record::{CallerEntry, Header};
use record::session::{Place, SessionError, SessionWriter};
use std::path::{Path, PathBuf};

/// Where a log goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogTo {
    /// Into a new file in the folder for session logs.
    Folder,
    /// Into this file.
    File(PathBuf, IfExists),
    /// Nothing is kept.
    Nowhere,
}

/// The logs of one run.
#[derive(Clone, Debug)]
pub struct LogBook {
    /// The header of every log, without callers.
    template: Header,
    place: Option<Place>,
    n_begun: usize,
}

impl LogBook {
    /// A book in which nothing is written yet; `folder` is where logs go that have no name of their own.
    #[must_use]
    pub fn new(template: Header, log: &LogTo, folder: Option<PathBuf>) -> Self {
        let place = match log {
            LogTo::File(file, if_exists) => Some(Place::File(file.clone(), *if_exists)),
            LogTo::Folder => folder.map(Place::Folder),
            LogTo::Nowhere => None,
        };
        LogBook { template, place, n_begun: 0 }
    }

    /// The folder of the logs; none where nothing is kept.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        match self.place.as_ref()? {
            Place::Folder(folder) => Some(folder),
            Place::File(file, _) => file.parent(),
        }
    }

    /// Begins the log of a call that starts at this moment, as [`Header::started`] has it; none where nothing is kept. An
    /// operator of this call alone is named. A log that was to be one file is that file for the
    /// first call, and `NAME-2`, `NAME-3` ... for the following ones.
    ///
    /// # Errors
    /// [`SessionError`] when it cannot be made.
    pub fn begin(
        &mut self,
        callers: Vec<CallerEntry>,
        operator: Option<&str>,
        started: &str,
    ) -> Result<Option<SessionWriter>, SessionError> {
        let Some(place) = &self.place else { return Ok(None) };
        self.n_begun += 1;
        let place = match place {
            Place::File(file, if_exists) => Place::File(numbered(file, self.n_begun), *if_exists),
            Place::Folder(_) => place.clone(),
        };
        let mut header = Header { callers, started: started.to_owned(), ..self.template.clone() };
        if let Some(operator) = operator {
            header.operator = Some(operator.to_owned());
        }
        SessionWriter::create(&place, &header).map(Some)
    }
}

/// The file of the call with this number, counted from 1.
fn numbered(file: &Path, number: usize) -> PathBuf {
    if number < 2 {
        return file.to_owned();
    }
    let mut name = file.file_stem().unwrap_or_default().to_owned();
    name.push(format!("-{number}"));
    if let Some(extension) = file.extension() {
        name.push(".");
        name.push(extension);
    }
    file.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_call_has_the_files_name_and_the_others_a_number_too() {
        let name = |number| numbered(Path::new("logs/shift.jsonl"), number);
        assert_eq!(name(1), Path::new("logs/shift.jsonl"));
        assert_eq!(name(12), Path::new("logs/shift-12.jsonl"));
        assert_eq!(numbered(Path::new("shift"), 2), Path::new("shift-2"));
    }
}
