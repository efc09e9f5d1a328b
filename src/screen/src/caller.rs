//! One line on the screen: the call on it, its history, the level, and the numbers as they are printed.
//!
//! In: what becomes of the call, and its events. Out: what the panels draw. The picture follows at once; words
//! and numbers change only on [`Caller::reword`], so that a person can read them and nothing flickers.

use super::feed::{CallNews, Line};
use super::text::one_line;
use hearing::emotion::Scores;
use hearing::fact::SoundFault;
use hearing::fact::{Event, Fact, Level};
use hearing::prosody::Explanation;
use hearing::stream_time::StreamTime;
use hearing::timeline::Alert;
use hearing::timeline::history::{MAX_ALERTS, State, Timeline};
use record::plain_text::{plain_line, plain_message};
use std::collections::VecDeque;
use std::mem::discriminant;
use std::time::Duration;

/// Levels over which the highest peak is held: 1.5 s of tenths.
const HELD_LEVELS: usize = 15;

/// How long facts stand on the screen: they are about the last seconds, not about a turn long over.
const FRESH: StreamTime = StreamTime::from_ms(10_000);

/// What is printed stays at least so long: faster, a person cannot read it. Two changes make a flash, and more
/// than three flashes a second can harm (WCAG 2.3.1): this allows one.
pub(super) const HOLD: Duration = Duration::from_millis(500);

/// Characters of a caller's label: more than the widest screen has room for.
pub(super) const MAX_LABEL: usize = 500;

/// What the call on a line has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// There has been none.
    NoCall,
    /// It is under way, but nothing is read before the caller was told what has to be told.
    AwaitsNotice,
    /// It is under way.
    Running,
    /// It is over, and its history is still shown.
    Over,
}

/// What the screen knows of one line.
#[derive(Debug)]
pub(super) struct Caller {
    /// The call's, and before the first call the line's.
    pub(super) label: String,
    /// Where the sound comes from.
    pub(super) source: String,
    /// The call's log, if one is written.
    pub(super) log: Option<String>,
    pub(super) phase: Phase,
    pub(super) timeline: Timeline,
    line_label: String,
    /// Alerts that were not acknowledged, the newest last.
    open: Vec<Alert>,
    /// The last levels, oldest first.
    levels: VecDeque<Level>,
    /// What is wrong with the sound.
    pub(super) sound_fault: Option<SoundFault>,
    /// How the caller spoke, and when that was told last.
    facts: Option<(StreamTime, Explanation)>,
    /// What the caller sounds like, and since when in the same words.
    sound: (State, StreamTime),
    pub(super) printed: Printed,
    /// When the printed words changed last, and when the numbers.
    worded: Option<Duration>,
    numbered: Option<Duration>,
}

/// The numbers of one line as they stand on the screen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Printed {
    pub(super) state: State,
    /// How long it has been so, in the same words.
    pub(super) lasting: StreamTime,
    /// The call's clock.
    pub(super) clock: StreamTime,
    /// Scores of the last reading and where it ended.
    pub(super) reading: Option<(StreamTime, Scores)>,
    pub(super) level_db: Option<f32>,
    /// How the caller speaks, while that is fresh.
    pub(super) facts: Option<Explanation>,
}

/// Before anything was heard.
const NOTHING: Printed = Printed {
    state: State::Listening,
    lasting: StreamTime::ZERO,
    clock: StreamTime::ZERO,
    reading: None,
    level_db: None,
    facts: None,
};

impl Caller {
    /// A line that has heard nothing; a recording's call is under way from the start.
    pub(super) fn new(line: &Line, phase: Phase) -> Self {
        let label = plain_line(&line.label, MAX_LABEL);
        Caller {
            label: label.clone(),
            source: plain_message(&line.source),
            log: None,
            phase,
            timeline: Timeline::new(),
            line_label: label,
            open: Vec::new(),
            levels: VecDeque::with_capacity(HELD_LEVELS),
            sound_fault: None,
            facts: None,
            sound: (State::Listening, StreamTime::ZERO),
            printed: NOTHING,
            worded: None,
            numbered: None,
        }
    }

    /// Takes in what becomes of the call.
    pub(super) fn call(&mut self, news: CallNews) {
        match news {
            CallNews::Begun { label, log, awaits_notice } => {
                self.timeline = Timeline::new();
                self.open.clear();
                self.facts = None;
                self.sound = (State::Listening, StreamTime::ZERO);
                self.log = log.map(|path| plain_message(&path.to_string_lossy()));
                self.phase = if awaits_notice { Phase::AwaitsNotice } else { Phase::Running };
                self.rename(&label);
                self.printed = self.now();
            }
            CallNews::Renamed(label) => self.rename(&label),
            CallNews::NoticeConfirmed => self.phase = Phase::Running,
            CallNews::Acknowledged(at) => self.acknowledge(at),
            CallNews::Ended => {
                self.phase = Phase::Over;
                // The last level was that of the call.
                self.levels.clear();
                self.printed.level_db = None;
            }
        }
    }

    fn rename(&mut self, label: &str) {
        self.label =
            if label.is_empty() { self.line_label.clone() } else { plain_line(label, MAX_LABEL) };
    }

    /// Whether a call is under way.
    pub(super) fn is_in_call(&self) -> bool {
        matches!(self.phase, Phase::Running | Phase::AwaitsNotice)
    }

    /// Takes in one update. Without a call only the level counts, and before the notice nothing that was read.
    pub(super) fn apply(&mut self, update: &Fact) {
        let Fact { at, event, .. } = update;
        if let Event::Level(level) = event {
            self.hear(*level);
        }
        if let Event::Sound(fault) = event {
            self.sound_fault = *fault;
        }
        let is_reading = matches!(event, Event::Reading(_) | Event::Facts(_));
        if !self.is_in_call() || (is_reading && self.phase != Phase::Running) {
            return;
        }
        match event {
            Event::Alert(alert) => self.alert(alert),
            _ => update.tell(&mut self.timeline),
        }
        match event {
            Event::Facts(facts) => self.facts = Some((*at, *facts)),
            Event::Seek { .. } => {
                self.levels.clear();
                self.facts = None;
                self.sound = (self.timeline.state(), *at);
                self.printed = self.now();
            }
            _ => {}
        }
        let state = self.timeline.state();
        let since = if same_words(state, self.sound.0) { self.sound.1 } else { *at };
        self.sound = (state, since);
    }

    /// Keeps an alert, its words made harmless: the guidance is the hotline's own.
    fn alert(&mut self, alert: &Alert) {
        let alert = Alert {
            reason: one_line(&alert.reason),
            guidance: alert.guidance.as_deref().map(one_line),
            ..alert.clone()
        };
        if self.open.len() == MAX_ALERTS {
            self.open.remove(0);
        }
        self.open.push(alert.clone());
        self.timeline.alert(alert);
    }

    /// The alerts that were not acknowledged, the newest last.
    pub(super) fn open_alerts(&self) -> &[Alert] {
        &self.open
    }

    /// The alert of this time was seen.
    pub(super) fn acknowledge(&mut self, at: StreamTime) {
        self.open.retain(|alert| alert.at != at);
    }

    fn hear(&mut self, level: Level) {
        if self.levels.len() == HELD_LEVELS {
            self.levels.pop_front();
        }
        self.levels.push_back(level);
    }

    /// Prints what is new, and says whether that is anything: a new word at once, with all that goes with it,
    /// unless the last word is too new to have been read; numbers when those of before have stood for a while.
    pub(super) fn reword(&mut self, elapsed: Duration) -> bool {
        let stood = |since: Option<Duration>| {
            since.is_none_or(|since| elapsed.saturating_sub(since) >= HOLD)
        };
        let mut printed = self.now();
        let is_new_word = !same_words(printed.state, self.printed.state);
        if is_new_word && stood(self.worded) {
            self.worded = Some(elapsed);
        } else if !stood(self.numbered) {
            return false;
        } else if is_new_word {
            // What goes with the word waits for it.
            let Printed { state, lasting, reading, .. } = self.printed;
            printed = Printed { state, lasting, reading, ..printed };
        }
        self.numbered = Some(elapsed);
        let is_new = printed != self.printed;
        self.printed = printed;
        is_new
    }

    fn now(&self) -> Printed {
        let clock = self.timeline.now();
        let (state, since) = self.sound;
        Printed {
            state,
            lasting: clock.since(since),
            clock,
            reading: self.timeline.latest().map(|reading| (reading.at, reading.scores)),
            level_db: self.levels.back().map(|level| level.rms_db),
            facts: self
                .facts
                .filter(|(told, _)| clock.since(*told) <= FRESH)
                .map(|(_, facts)| facts),
        }
    }

    /// Loudness now and the highest peak of the last 1.5 s.
    pub(super) fn level(&self) -> Option<Level> {
        let peaks = self.levels.iter().map(|level| level.peak_db);
        let peak_db = peaks.fold(f32::NEG_INFINITY, f32::max);
        self.levels.back().map(|last| Level { rms_db: last.rms_db, peak_db })
    }
}

/// Whether both are called the same.
pub(super) fn same_words(one: State, other: State) -> bool {
    match (one, other) {
        (State::Emotion(one, _), State::Emotion(other, _)) => one == other,
        (State::Group { group: one, .. }, State::Group { group: other, .. }) => one == other,
        _ => discriminant(&one) == discriminant(&other),
    }
}

#[cfg(test)]
mod tests;
