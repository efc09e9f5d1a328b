//! The lines of a session log: the header, then one record for each fact.
//!
//! In: what there is to log; `update` makes records of the pipeline's updates. Out: values that serde writes
//! as one JSON object a line, with the kind of the line in `record`. Field names are part of the file
//! format: a change of them, or a new kind, raises [`SESSION_VERSION`].
//!
//! Over 400 lines: the whole file format stands in one place.

use serde::{Deserialize, Serialize};
use std::fmt;

use super::decimals::{labelled_scores, probability, seconds};
use crate::emotion::{Emotion, Group, Scores};
use crate::language::Language;
use crate::pipeline::SoundFault;
use crate::prosody::{Comparison, Facts};
use crate::stream_time::StreamTime;
use crate::timeline::summary::Summary;
use crate::timeline::{Activity, Rule, Verdict};

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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub enum Record {
    /// Scores at a stream time.
    Reading(ReadingRecord),
    /// A caller begins or stops to speak.
    Activity(ActivityRecord),
    /// How a caller speaks.
    Facts(FactsRecord),
    /// The operator begins or stops to speak.
    Operator(OperatorRecord),
    /// Something is wrong with the sound, or nothing any more.
    Sound(SoundRecord),
    /// Audio was lost.
    Gap(GapRecord),
    /// Nobody was allowed to listen.
    Muted(MutedRecord),
    /// The operator's attention was asked for.
    Alert(AlertRecord),
    /// The operator has seen an alert.
    Acknowledged(AcknowledgedRecord),
    /// The program that an alert runs failed.
    AlertFailed(AlertFailedRecord),
    /// Readings were left out.
    Skipped(SkippedRecord),
    /// The operator marked this place.
    Mark(MarkRecord),
    /// The caller has another label.
    Label(LabelRecord),
    /// The caller was told what has to be told.
    Notice(NoticeRecord),
    /// A recording was moved to another place.
    Seek(SeekRecord),
    /// Records are missing here.
    Unwritten(UnwrittenRecord),
    /// The last line.
    End(EndRecord),
}

/// What a reading says of its segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadingState {
    /// The emotion is certain enough to be shown.
    Emotion,
    /// It is not, and no group of emotions is.
    Uncertain,
    /// It is not, but that the voice sounds distressed is: anger, disgust, fear or sadness.
    Distressed,
    /// It is not, but that the voice sounds pleasant is: happiness or pleasant surprise.
    Pleasant,
    /// It is not, but that the voice sounds calm is: neutral.
    Calm,
}

impl ReadingState {
    /// What a verdict is called.
    #[must_use]
    pub fn of(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Emotion(_) => ReadingState::Emotion,
            Verdict::Uncertain => ReadingState::Uncertain,
            Verdict::Group(Group::Distressed) => ReadingState::Distressed,
            Verdict::Group(Group::Pleasant) => ReadingState::Pleasant,
            Verdict::Group(Group::Calm) => ReadingState::Calm,
        }
    }

    /// The word in files.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            ReadingState::Emotion => "emotion",
            ReadingState::Uncertain => Verdict::Uncertain.label(),
            ReadingState::Distressed => Group::Distressed.label(),
            ReadingState::Pleasant => Group::Pleasant.label(),
            ReadingState::Calm => Group::Calm.label(),
        }
    }
}

/// Scores at a stream time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReadingRecord {
    /// Position in [`Header::callers`].
    pub caller: usize,
    /// The end of the segment.
    #[serde(with = "seconds")]
    pub t: StreamTime,
    /// Whether the emotion is certain, and if not, whether a group is.
    pub state: ReadingState,
    /// The emotion shown, or the most probable one if none is certain.
    pub emotion: Emotion,
    /// The probability of the group where one is shown, and otherwise of the emotion.
    #[serde(with = "probability")]
    pub certainty: f32,
    /// All probabilities.
    #[serde(with = "labelled_scores")]
    pub scores: Scores,
}

/// A caller begins or stops to speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityRecord {
    /// Position in [`Header::callers`].
    pub caller: usize,
    /// From when on.
    #[serde(with = "seconds")]
    pub t: StreamTime,
    /// What the caller does from there on.
    pub activity: Activity,
}

/// The operator begins or stops to speak, or to be heard on the caller's side. That is all that is kept of the
/// operator: this record has no room for an emotion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorRecord {
    /// Position of the caller in [`Header::callers`] whose call it is.
    pub caller: usize,
    /// From when on, in the caller's stream.
    #[serde(with = "seconds")]
    pub t: StreamTime,
    /// Whether the operator speaks.
    pub speaks: bool,
    /// Whether it is the operator who is heard on the caller's side.
    pub echoed: bool,
}

/// Something is wrong with a caller's sound from here on, or nothing any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SoundRecord {
    /// Position in [`Header::callers`].
    pub caller: usize,
    /// When.
    #[serde(with = "seconds")]
    pub t: StreamTime,
    /// What; null where nothing is wrong any more.
    pub fault: Option<SoundFault>,
}

/// How a caller speaks, in numbers with two decimals.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FactsRecord {
    /// Position in [`Header::callers`].
    pub caller: usize,
    /// The end of the seconds that it is about.
    #[serde(with = "seconds")]
    pub t: StreamTime,
    /// Loudness, pitch, rate and pauses.
    pub facts: Facts,
    /// What has changed against the caller's speech before; absent until there is enough of that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<Comparison>,
}

/// Audio was lost.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct GapRecord {
    /// Position in [`Header::callers`].
    pub caller: usize,
    /// Where.
    #[serde(with = "seconds")]
    pub t: StreamTime,
    /// How many samples, at the source's rate.
    pub lost_samples: u64,
    /// That rate.
    pub rate_hz: u32,
    /// The same in seconds.
    pub lost_s: f64,
}

/// Nobody was allowed to listen: the privacy key was pressed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MutedRecord {
    /// Position in [`Header::callers`].
    pub caller: usize,
    /// From when on.
    #[serde(with = "seconds")]
    pub t: StreamTime,
    /// For how many samples, at the source's rate.
    pub samples: u64,
    /// That rate.
    pub rate_hz: u32,
    /// The same in seconds.
    pub muted_s: f64,
}

/// The operator's attention was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertRecord {
    /// Position in [`Header::callers`].
    pub caller: usize,
    /// When.
    #[serde(with = "seconds")]
    pub t: StreamTime,
    /// Where that begins of which it tells.
    #[serde(with = "seconds")]
    pub from: StreamTime,
    /// Why.
    pub rule: Rule,
    /// The emotion of which it tells; absent where no single one stands out, and for a silence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emotion: Option<Emotion>,
    /// The reason in one sentence.
    pub reason: String,
    /// The hotline's own text for this rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guidance: Option<String>,
}

/// The operator has seen an alert, and said so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcknowledgedRecord {
    /// Position in [`Header::callers`].
    pub caller: usize,
    /// When.
    #[serde(with = "seconds")]
    pub t: StreamTime,
    /// When the alert was: [`AlertRecord::t`].
    #[serde(with = "seconds")]
    pub alert_t: StreamTime,
}

/// The program that an alert runs failed, or was not started since there were too many.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertFailedRecord {
    /// Position in [`Header::callers`].
    pub caller: usize,
    /// When the alert was.
    #[serde(with = "seconds")]
    pub t: StreamTime,
    /// What happened.
    pub reason: String,
}

/// Readings were left out, since the audio came faster than it could be worked on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkippedRecord {
    /// Position in [`Header::callers`].
    pub caller: usize,
    /// Where the last of them was due.
    #[serde(with = "seconds")]
    pub t: StreamTime,
    /// How many.
    pub readings: u64,
}

/// The operator marked this place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarkRecord {
    /// Position in [`Header::callers`].
    pub caller: usize,
    /// Where.
    #[serde(with = "seconds")]
    pub t: StreamTime,
    /// What was typed, as it was typed; empty for a mark without a text.
    pub text: String,
}

/// The caller has another label than the one in the header from here on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelRecord {
    /// Position in [`Header::callers`].
    pub caller: usize,
    /// When it was changed.
    #[serde(with = "seconds")]
    pub t: StreamTime,
    /// What was typed, as it was typed.
    pub label: String,
}

/// The operator confirmed that the caller was told what has to be told: that, and nothing of who the caller is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeRecord {
    /// Position in [`Header::callers`].
    pub caller: usize,
    /// When.
    #[serde(with = "seconds")]
    pub t: StreamTime,
}

/// A recording was moved to another place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeekRecord {
    /// Position in [`Header::callers`].
    pub caller: usize,
    /// The place after.
    #[serde(with = "seconds")]
    pub t: StreamTime,
    /// The place before.
    #[serde(with = "seconds")]
    pub from: StreamTime,
}

/// Records of all callers are missing here: they could not be written, since the disk was full or gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    pub(super) fn with(self, record: &Record) -> Self {
        UnwrittenRecord {
            t: record.t(),
            from: self.from,
            records: self.records + 1,
            readings: self.readings + u64::from(matches!(record, Record::Reading(_))),
            marks: self.marks + u64::from(matches!(record, Record::Mark(_))),
        }
    }

    /// One record.
    #[must_use]
    pub(super) fn of(record: &Record) -> Self {
        let none =
            UnwrittenRecord { t: record.t(), from: record.t(), records: 0, readings: 0, marks: 0 };
        none.with(record)
    }
}

/// The last line: how the session ended and what it amounts to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
    /// From the last sample of a segment to its reading in the log, measured with a clock: present in
    /// live sessions only, so that replays of the same recording give the same log.
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
    use crate::timeline::talk::Talk;
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
        serde_json::from_str(&line).unwrap()
    }

    proptest! {
        #[test]
        fn any_mark_survives_the_log_on_one_line(text in "\\PC*|(?s:.{0,40})", ms in 0_u64..1 << 30) {
            let mark = MarkRecord { caller: 0, t: StreamTime::from_ms(ms), text };
            let record = Record::Mark(mark);
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
    fn a_state_is_called_in_the_log_as_its_label_says() {
        let verdicts = [Verdict::Emotion(Emotion::Fear), Verdict::Uncertain];
        for verdict in verdicts.into_iter().chain(Group::ALL.map(Verdict::Group)) {
            let state = ReadingState::of(verdict);
            let written = serde_json::to_value(state).unwrap();
            assert_eq!(written, state.label());
            assert_eq!(serde_json::from_value::<ReadingState>(written).unwrap(), state);
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
