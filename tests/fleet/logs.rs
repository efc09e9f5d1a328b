//! Simulated calls: session logs that grow, written as a desk writes them; and what of them has to be at the broker.

use ::fleet::key::Key;
use ::fleet::outbound::{outbound, session_name};
use ::fleet::subject;
use hearing::emotion::{Emotion, Scores, Verdict};
use hearing::fact::{Event, Fact};
use hearing::stream_time::StreamTime;
use hearing::timeline::{Activity, Alert, OperatorState, Reading, Rule};
use record::session::record::{
    CallerEntry, EndReason, EndRecord, Header, ModelEntry, SESSION_VERSION,
};
use record::session::{Place, SessionWriter};
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A call of one caller, with its log.
pub struct Call {
    writer: SessionWriter,
    /// Readings so far.
    pub n: u64,
}

impl Call {
    /// Begins a call that is called so.
    pub fn begin(folder: &Path, label: &str) -> Self {
        let caller =
            CallerEntry { label: label.to_owned(), source: "pulse:headset of Jane".into() };
        let header = Header {
            version: SESSION_VERSION,
            undertone: "0.1.0".into(),
            started: "2026-11-22T14:30:05+01:00".into(),
            stream_rate_hz: 8_000,
            model: ModelEntry {
                name: "phone-lstm".into(),
                recipe: "phone-v3".into(),
                sha256: "0".repeat(64),
                language: None,
            },
            settings: serde_json::json!({ "hop_ms": 250 }),
            alerts: None,
            calls: None,
            backend: "CPU".into(),
            callers: vec![caller],
            operator: Some("headset of Jane".into()),
            recording: None,
        };
        let writer = SessionWriter::create(&Place::Folder(folder.to_owned()), &header).unwrap();
        let mut call = Call { writer, n: 0 };
        call.write(Event::Activity(Activity::Speaking));
        call
    }

    /// The call's time.
    pub fn now(&self) -> StreamTime {
        StreamTime::from_ms(250 * self.n)
    }

    pub fn write(&mut self, event: Event) {
        self.writer.write(&Fact { caller: 0, at: self.now(), event }).unwrap();
    }

    /// The next 250 ms: a reading of so many percent, and now and then something else.
    pub fn go_on(&mut self, percent: u16) {
        self.n += 1;
        let certainty = f32::from(percent) / 100.0;
        let mut scores = [(1.0 - certainty) / 6.0; 7];
        scores[Emotion::Fear.index()] = certainty;
        let verdict = Verdict::Emotion(Emotion::Fear);
        self.write(Event::Reading(Reading { at: self.now(), scores: Scores(scores), verdict }));
        if self.n.is_multiple_of(7) {
            let speaks = self.n.is_multiple_of(2);
            self.write(Event::Operator(OperatorState { speaks, is_echoed: false }));
        }
        match self.n {
            20 => self.write(Event::Notice),
            40 => self.alert("fear for 8 s of speech"),
            60 => self.write(Event::Mark { text: "Jane, +49 30 7654321".into() }),
            80 => self.write(Event::Label { label: "+49 30 7654321".into() }),
            _ => {}
        }
    }

    pub fn alert(&mut self, reason: &str) {
        let (at, reason) = (self.now(), reason.to_owned());
        let from = at - StreamTime::from_ms(8_000);
        let rule = Rule::Sustained;
        self.write(Event::Alert(Alert { at, from, rule, emotion: None, reason, guidance: None }));
    }

    pub fn end(self) {
        let t = self.now();
        let reason = EndReason::Finished;
        let end = EndRecord { t, reason, callers: Vec::new(), dropped_samples: 0, delay: None };
        self.writer.end(end).unwrap();
    }
}

/// The logs in a folder.
pub fn logs_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path());
    entries.filter(|path| path.extension().is_some_and(|ending| ending == "jsonl")).collect()
}

/// What the logs of a desk come to at the broker: how often each message has to be there, and how many lines there are.
pub fn expected(node: &str, folder: &Path) -> (HashMap<(String, Vec<u8>), usize>, usize) {
    let (mut messages, mut n_lines) = (HashMap::new(), 0);
    let key = Key::of(&folder.join(".fleet"), node).unwrap();
    for log in logs_in(folder) {
        let content = fs::read(&log).unwrap();
        let mut lines = content.split_inclusive(|&byte| byte == b'\n').peekable();
        let header = lines.peek().unwrap().trim_ascii_end().to_vec();
        let name = log.file_name().unwrap().to_str().unwrap().to_owned();
        let session = session_name(&key, &name, &header);
        let mut end = 0;
        for line in lines {
            n_lines += 1;
            end += line.len() as u64;
            if let Some(sent) = outbound(&key, &session, line, end) {
                let subject = subject::event(node, &session, &sent.kind);
                *messages.entry((subject, sent.body)).or_default() += 1;
            }
        }
    }
    (messages, n_lines)
}
