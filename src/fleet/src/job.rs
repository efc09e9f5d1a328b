//! A recording that is to be read on some machine, and what became of it.
//!
//! In: what a recording is, and how it is to be read. Out: a [`Job`] with a name that says both, and an [`Outcome`]. Keeps
//! nothing. A job that is asked for twice is the same job. No sound is in it: the recording stays where it lies.

use crate::outbox::is_log;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// One recording, and how it is to be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// The recording, below the folder that all machines share.
    pub path: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// SHA-256 of its content, in hexadecimal.
    pub sha256: String,
    /// What reads it.
    pub reader: Reader,
    /// Arguments of `undertone replay`.
    pub args: Vec<String>,
    /// The file name of its log.
    pub log: String,
}

/// What reads recordings: two that are equal make the same log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reader {
    /// Version of Undertone.
    pub undertone: String,
    /// The model's name.
    pub model: String,
    /// SHA-256 of its weights, in hexadecimal.
    pub model_sha256: String,
    /// SHA-256 of all settings that a log's header names.
    pub settings_sha256: String,
}

impl Reader {
    /// In words.
    #[must_use]
    pub fn in_words(&self) -> String {
        let start = |hash: &str| hash.chars().take(8).collect::<String>();
        format!(
            "undertone {} with the model {} ({}) and settings {}",
            self.undertone,
            self.model,
            start(&self.model_sha256),
            start(&self.settings_sha256)
        )
    }
}

impl Job {
    /// The name: the same recording, read by the same into a log of the same name, is the same job. Where it lies does not
    /// matter.
    #[must_use]
    pub fn id(&self) -> String {
        let what = (&self.sha256, &self.reader, &self.args, &self.log);
        // These are texts: nothing can fail.
        let text = serde_json::to_vec(&what).unwrap_or_default();
        format!("{:x}", Sha256::digest(text))
    }

    /// What is wrong with a job from the network, if anything is: it names a file outside of the shared folder, or a log
    /// outside of the folder of logs.
    #[must_use]
    pub fn fault(&self) -> Option<&'static str> {
        let is_within = |part: &str| !part.is_empty() && part != "." && part != "..";
        if !self.path.split('/').all(is_within) || self.path.contains(['\\', '\0']) {
            return Some("it names no file below the shared folder");
        }
        if !is_within(&self.log)
            || self.log.contains(['/', '\\', '\0'])
            || self.log.starts_with('.')
            || !is_log(&self.log)
        {
            return Some("it names no log");
        }
        None
    }
}

/// What became of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// It has its log.
    Done {
        /// What is missing in it, if anything is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lacks: Option<String>,
    },
    /// It has none, or not to its end, and would not fare better again.
    Failed {
        /// Why.
        reason: String,
    },
    /// It was given back so often by workers that are well.
    Returned {
        /// How often.
        times: u64,
        /// Why, the last time.
        reason: String,
    },
}

/// What a worker says of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// The recording.
    pub path: String,
    /// Its log.
    pub log: String,
    /// Who says it.
    pub worker: String,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// So many workers may die of a job, or find that they cannot do it; then it has failed.
pub const LAST_DELIVERY: u64 = 5;

/// How many workers died of a job: given out so often, and so often given back by workers that are well.
#[must_use]
pub fn deaths(delivered: u64, returned: u64) -> u64 {
    delivered.saturating_sub(1).saturating_sub(returned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job() -> Job {
        let reader = Reader {
            undertone: "0.1.0".into(),
            model: "phone".into(),
            model_sha256: "ab".repeat(32),
            settings_sha256: "cd".repeat(32),
        };
        Job {
            path: "archive/2026/b.wav".into(),
            bytes: 5,
            sha256: "ef".repeat(32),
            reader,
            args: vec!["--language".into(), "en".into()],
            log: "2026__b.wav.jsonl".into(),
        }
    }

    #[test]
    fn the_name_says_what_is_read_and_how_but_not_where() {
        let id = job().id();
        assert_eq!((id.len(), job().id()), (64, id.clone()));
        assert_eq!(Job { path: "copy/b.wav".into(), ..job() }.id(), id);
        let reader = Reader { undertone: "0.2.0".into(), ..job().reader };
        let others = [
            Job { sha256: "00".repeat(32), ..job() },
            Job { reader, ..job() },
            Job { args: vec!["--languageen".into()], ..job() },
            Job { args: Vec::new(), ..job() },
            Job { log: "b.wav.jsonl".into(), ..job() },
        ];
        assert!(others.iter().all(|other| other.id() != id));
    }

    #[test]
    fn a_job_stays_within_its_folders() {
        assert_eq!(job().fault(), None);
        for path in
            ["", "/etc/passwd", "../b.wav", "a/../../b.wav", "a//b.wav", "a/./b.wav", "a\\b"]
        {
            assert!(Job { path: path.into(), ..job() }.fault().is_some(), "{path}");
        }
        for log in ["", "..", "a/b.jsonl", "../b.jsonl", ".b.jsonl", "b.wav"] {
            assert!(Job { log: log.into(), ..job() }.fault().is_some(), "{log}");
        }
    }

    #[test]
    fn what_became_of_a_job_reads_back() {
        let told = |outcome| Told {
            path: "b.wav".into(),
            log: "b.wav.jsonl".into(),
            worker: "one".into(),
            outcome,
        };
        for outcome in [
            Outcome::Done { lacks: None },
            Outcome::Done { lacks: Some("2 s".into()) },
            Outcome::Failed { reason: "it is empty".into() },
            Outcome::Returned { times: 2, reason: "stopped".into() },
        ] {
            let text = serde_json::to_string(&told(outcome.clone())).unwrap();
            assert_eq!(serde_json::from_str::<Told>(&text).unwrap(), told(outcome));
        }
        let text = serde_json::to_string(&told(Outcome::Done { lacks: None })).unwrap();
        let expected = r#"{"path":"b.wav","log":"b.wav.jsonl","worker":"one","outcome":"done"}"#;
        assert_eq!(text, expected);
    }

    #[test]
    fn workers_that_gave_a_job_back_did_not_die_of_it() {
        assert_eq!([deaths(1, 0), deaths(5, 0), deaths(5, 3), deaths(1, 2)], [0, 4, 1, 0]);
    }
}
