//! The lines of a session log: the header, then one record for each fact.
//!
//! In: what there is to log. Out: values that serde writes as one JSON object a line, with the kind of the line in
//! `record`. Field names are part of the file format: a change of them, or a new kind, raises [`SESSION_VERSION`].

use serde::{Deserialize, Serialize};
use std::fmt;

use hearing::fact::decimals::seconds;
use hearing::fact::{Event, Fact};
use hearing::language::Language;
use hearing::stream_time::StreamTime;
use hearing::timeline::summary::Summary;

/// The version of the log that this program writes, and the newest that it reads.
///
/// Version 2 added the records of kind `facts`, version 3 those of kinds `operator` and `unwritten`, version 4
/// those of kinds `acknowledged`, `alert`, `alert_failed`, `label`, `muted`, `notice` and `skipped`, the settings of alerts and
/// calls in the header, and at the end of each line a checksum, `chain`, that [`verify`](super::verify) checks. Version 5
/// added the states `distressed`, `pleasant` and `calm` of readings, and
/// `groups` in the last record. Version 6 added the records of kind `sound`.
pub const SESSION_VERSION: u32 = 6;

/// The first line: what was monitored, when, and with what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "record", rename = "header")]
pub struct Header {
    /// [`SESSION_VERSION`] of the program that wrote the log.
    pub version: u32,
    /// Version of Undertone.
    pub undertone: String,
    /// When the session began: RFC 3339 with the offset, as [`rfc3339`] writes it.
    pub started: String,
    /// Samples a second that stream times are counted in.
    pub stream_rate_hz: u32,
    /// The model that made the readings.
    pub model: ModelEntry,
    /// The settings of the pipeline, as JSON.
    pub settings: serde_json::Value,
    /// The settings of the alerts, as JSON; absent before version 4.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alerts: Option<serde_json::Value>,
    /// The settings of calls and notice, as JSON; absent before version 4.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls: Option<serde_json::Value>,
    /// What computes, in the words on screen: `CPU (AVX-512)`.
    pub backend: String,
    /// Who is monitored; records name them by their position here.
    pub callers: Vec<CallerEntry>,
    /// The device or file that the operator is heard from, for who speaks when; absent where that is not heard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
    /// The recording's file, where many were replayed together: so a log is found again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording: Option<RecordingEntry>,
}

/// The file of a recording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingEntry {
    /// Its length in bytes.
    pub bytes: u64,
    /// When it was changed last, as RFC 3339 in UTC.
    pub modified: String,
    /// SHA-256 of its content, in hexadecimal.
    pub sha256: String,
    /// Which of its channels are heard: `mix`, or `right, operator left`.
    pub heard: String,
}

/// The model in a header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelEntry {
    /// Its name.
    pub name: String,
    /// The feature recipe that it was trained on.
    pub recipe: String,
    /// SHA-256 of its weights, in hexadecimal.
    pub sha256: String,
    /// What callers were said to speak; absent where nothing was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
}

/// One caller in a header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallerEntry {
    /// The caller's label: `caller`, or the recording's name.
    pub label: String,
    /// The device or file that the caller is heard from.
    pub source: String,
}

/// Every line but the first.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Record {
    /// What was told of a caller.
    Fact(Fact),
    /// Records are missing here.
    Unwritten(UnwrittenRecord),
    /// The last line.
    End(EndRecord),
}

impl Record {
    /// A line as the log has it.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(line: &[u8]) -> serde_json::Result<Self> {
        if line.starts_with(END_BEGINNING) {
            return serde_json::from_slice(line).map(Record::End);
        }
        if line.starts_with(UNWRITTEN_BEGINNING) {
            return serde_json::from_slice(line).map(Record::Unwritten);
        }
        serde_json::from_slice(line).map(Record::Fact).or_else(|error| {
            // Another program may have put the fields into another order.
            let line: serde_json::Value = serde_json::from_slice(line)?;
            match line["record"].as_str() {
                Some("end") => serde_json::from_value(line).map(Record::End),
                Some("unwritten") => serde_json::from_value(line).map(Record::Unwritten),
                _ => Err(error),
            }
        })
    }

    /// Position in the header's list of callers; none for what is about the whole session.
    #[must_use]
    pub fn caller(&self) -> Option<usize> {
        match self {
            Record::Fact(fact) => Some(fact.caller),
            Record::Unwritten(_) | Record::End(_) => None,
        }
    }

    /// When, in the caller's own stream.
    #[must_use]
    pub fn t(&self) -> StreamTime {
        match self {
            Record::Fact(fact) => fact.at,
            Record::Unwritten(record) => record.t,
            Record::End(record) => record.t,
        }
    }
}

/// How the last line begins.
pub const END_BEGINNING: &[u8] = b"{\"record\":\"end\"";
/// How the other line begins that is not about one caller.
const UNWRITTEN_BEGINNING: &[u8] = b"{\"record\":\"unwritten\"";

/// Records of all callers are missing here: they could not be written, since the disk was full or gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "record", rename = "unwritten")]
pub struct UnwrittenRecord {
    /// Where the last of them belongs.
    #[serde(with = "seconds")]
    pub t: StreamTime,
    /// Where the first of them belongs.
    #[serde(with = "seconds")]
    pub from: StreamTime,
    /// How many there were.
    pub records: u64,
    /// Readings among them.
    pub readings: u64,
    /// Marks among them.
    pub marks: u64,
}

impl UnwrittenRecord {
    /// Counts one more record.
    #[must_use]
    pub(super) fn with(self, t: StreamTime, event: Option<&Event>) -> Self {
        UnwrittenRecord {
            t,
            from: self.from,
            records: self.records + 1,
            readings: self.readings + u64::from(matches!(event, Some(Event::Reading(_)))),
            marks: self.marks + u64::from(matches!(event, Some(Event::Mark { .. }))),
        }
    }

    /// One record.
    #[must_use]
    pub(super) fn of(t: StreamTime, event: Option<&Event>) -> Self {
        UnwrittenRecord { t, from: t, records: 0, readings: 0, marks: 0 }.with(t, event)
    }
}

/// The last line: how the session ended and what it amounts to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "record", rename = "end")]
pub struct EndRecord {
    /// The latest stream time of any caller.
    #[serde(with = "seconds")]
    pub t: StreamTime,
    /// Why.
    pub reason: EndReason,
    /// One entry a caller, in the order of [`Header::callers`].
    pub callers: Vec<Summary>,
    /// Samples lost in all gaps of all callers, at each source's own rate.
    pub dropped_samples: u64,
    /// From the last sample of a segment to its reading in the log, measured with a clock: where audio came by the
    /// clock, live or replayed at its own speed. Faster replays of the same recording give the same log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay: Option<Delay>,
}

/// Delay of the readings.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Delay {
    /// Half of them came within so many milliseconds.
    pub p50_ms: f64,
    /// 95 of 100 came within so many milliseconds.
    pub p95_ms: f64,
    /// Number of readings.
    pub n: u64,
}

/// Why a session ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
pub enum EndReason {
    /// The recording was over.
    Finished,
    /// The operator stopped it, or the system did.
    Stopped,
    /// Something failed: the message on screen.
    Error(String),
}

const ERROR_PREFIX: &str = "error: ";

impl fmt::Display for EndReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EndReason::Finished => f.write_str("finished"),
            EndReason::Stopped => f.write_str("stopped"),
            EndReason::Error(message) => write!(f, "{ERROR_PREFIX}{message}"),
        }
    }
}

impl From<EndReason> for String {
    fn from(reason: EndReason) -> Self {
        reason.to_string()
    }
}

impl From<String> for EndReason {
    /// What is neither `finished` nor `stopped` is an error.
    fn from(text: String) -> Self {
        match text.as_str() {
            "finished" => EndReason::Finished,
            "stopped" => EndReason::Stopped,
            _ => EndReason::Error(
                text.strip_prefix(ERROR_PREFIX).map_or(text.clone(), str::to_owned),
            ),
        }
    }
}

/// A moment as [`Header::started`] has it: local time to the second with its offset from UTC.
#[must_use]
pub fn rfc3339(moment: &jiff::Zoned) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use hearing::emotion::{Emotion, Group};
    use hearing::timeline::talk::Talk;
    use proptest::prelude::*;

    /// A header with one caller, `desk`.
    pub fn header() -> Header {
        header_of(&["desk"])
    }

    /// A header with these callers.
    pub fn header_of(labels: &[&str]) -> Header {
        let caller = |label: &&str| CallerEntry {
            label: (*label).to_owned(),
            source: "pulseaudio:softphone.monitor".to_owned(),
        };
        Header {
            version: SESSION_VERSION,
            undertone: "0.1.0".to_owned(),
            started: "2026-11-22T14:30:05+01:00".to_owned(),
            stream_rate_hz: 8000,
            model: ModelEntry {
                name: "phone".to_owned(),
                recipe: "phone-v1".to_owned(),
                sha256: "0".repeat(64),
                language: None,
            },
            settings: serde_json::json!({ "hop_ms": 250 }),
            alerts: None,
            calls: None,
            backend: "CPU (burn-flex)".to_owned(),
            callers: labels.iter().map(caller).collect(),
            operator: None,
            recording: None,
        }
    }

    /// The record after it was written and read.
    pub fn read_back(record: &Record) -> Record {
        let line = serde_json::to_string(record).unwrap();
        assert!(!line.contains('\n'));
        Record::parse(line.as_bytes()).unwrap()
    }

    proptest! {
        #[test]
        fn any_mark_survives_the_log_on_one_line(text in "\\PC*|(?s:.{0,40})", ms in 0_u64..1 << 30) {
            let at = StreamTime::from_ms(ms);
            let record = Record::Fact(Fact { caller: 0, at, event: Event::Mark { text } });
            prop_assert_eq!(read_back(&record), record);
        }

        #[test]
        fn any_reason_to_end_survives_the_log(message in "(?s:.{1,40})") {
            for reason in [EndReason::Finished, EndReason::Stopped, EndReason::Error(message.clone())] {
                prop_assert_eq!(EndReason::from(reason.to_string()), reason);
            }
        }
    }

    #[test]
    fn the_end_survives_the_log_with_and_without_a_delay() {
        let summary = Summary {
            speech_s: 61.25,
            readings: 200,
            uncertain: 20,
            uncertain_share: 0.1,
            shares: [(Emotion::Neutral, 0.6), (Emotion::Fear, 0.25)].into(),
            groups: [(Group::Distressed, 0.15)].into(),
            gaps: 1,
            lost_s: 0.01,
            muted_s: 2.5,
            alerts: 2,
            skipped: 3,
            talk: Some(Talk { operator_s: 12.5, ..Talk::default() }),
        };
        for delay in [None, Some(Delay { p50_ms: 12.5, p95_ms: 40.0, n: 200 })] {
            let record = Record::End(EndRecord {
                t: StreamTime::from_ms(90_000),
                reason: EndReason::Error("the device is gone".to_owned()),
                callers: vec![summary.clone()],
                dropped_samples: 441,
                delay,
            });
            assert_eq!(read_back(&record), record);
        }
    }

    #[test]
    fn a_start_is_written_with_its_offset() {
        let moment: jiff::Zoned = "2026-11-22T14:30:05.123+01:00[Europe/Berlin]".parse().unwrap();
        assert_eq!(rfc3339(&moment), "2026-11-22T14:30:05+01:00");
    }
}
