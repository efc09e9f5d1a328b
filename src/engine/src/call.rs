//! A call: what was told of its callers since it began, in its log and summed up for its end.
//!
//! In: updates in the lines' times. Out: the same in the call's time, which begins at zero, for whoever watches;
//! a log; an [`Ended`]. Keeps a timeline a caller.

use super::on_alert::AlertMessage;
use super::reorder::{Reorder, SETTLED_AFTER};
use super::running_log::{LogNews, RunningLog};
use hearing::fact::{Event, Fact, SeenBy};
use hearing::stream_time::StreamTime;
use record::call_news::LogStopped;
use record::session::digest::{CallerDigest, CallerTally};
use record::session::record::{Delay, EndReason, EndRecord};
use std::path::PathBuf;
use std::time::Instant;

/// One caller of a call.
struct Member {
    /// The line that the caller is heard on.
    line: usize,
    label: String,
    /// When the call began, in the line's time.
    start: StreamTime,
    tally: CallerTally,
    /// Samples lost, at the source's rate.
    dropped: u64,
}

/// A call that is under way.
pub struct Call {
    members: Vec<Member>,
    log: RunningLog,
    /// When it began, as its log has it.
    started: String,
    reorder: Reorder,
    awaits_notice: bool,
    alerts: Vec<AlertMessage>,
}

impl Call {
    /// A call of callers on these lines, with their labels, each from this time of the line on. `started` is that
    /// moment, as the log has it.
    #[must_use]
    pub fn new(
        callers: Vec<(usize, String, StreamTime)>,
        started: String,
        log: RunningLog,
    ) -> Self {
        let members = callers.into_iter().map(|(line, label, start)| Member {
            line,
            label,
            start,
            tally: CallerTally::default(),
            dropped: 0,
        });
        Call {
            members: members.collect(),
            log,
            started,
            reorder: Reorder::default(),
            awaits_notice: false,
            alerts: Vec::new(),
        }
    }

    /// Whether a line's caller belongs to it.
    #[must_use]
    pub fn is_on(&self, line: usize) -> bool {
        self.members.iter().any(|member| member.line == line)
    }

    fn index(&self, line: usize) -> Option<usize> {
        self.members.iter().position(|member| member.line == line)
    }

    /// What the caller on this line is called.
    #[must_use]
    pub fn label(&self, line: usize) -> Option<&str> {
        self.index(line).map(|index| self.members[index].label.as_str())
    }

    /// Takes an update of one of its lines. With several callers it may wait for theirs.
    pub fn take(&mut self, update: &Fact) {
        let Some(index) = self.index(update.caller) else { return };
        let update = Fact { caller: index, ..update.since(self.members[index].start) };
        self.reorder.push(update);
    }

    /// Logs what has its turn, and gives it with the lines' numbers; then it may be shown. `heard` says how far
    /// each line has come.
    pub fn settle(&mut self, heard: impl Fn(usize) -> StreamTime) -> Vec<Fact> {
        let until = match &self.members[..] {
            [_] => StreamTime(u64::MAX),
            members => members
                .iter()
                .map(|member| heard(member.line).since(member.start) - SETTLED_AFTER)
                .min()
                .unwrap_or_default(),
        };
        self.log_until(until)
    }

    /// The same for all that waits: before a jump, and at the end.
    pub fn settle_all(&mut self) -> Vec<Fact> {
        self.log_until(StreamTime(u64::MAX))
    }

    fn log_until(&mut self, until: StreamTime) -> Vec<Fact> {
        let mut released = self.reorder.release(until);
        for update in &mut released {
            self.log.write(update, Instant::now());
            let member = &mut self.members[update.caller];
            if let Event::Gap(gap) = update.event {
                member.dropped += gap.lost_samples;
            }
            member.tally.take(update);
            if let Event::Alert(alert) = &update.event {
                self.alerts.push(AlertMessage {
                    line: member.line,
                    session: self.log.path(),
                    started: self.started.clone(),
                    caller: update.caller,
                    label: member.label.clone(),
                    alert: alert.clone(),
                });
            }
            update.caller = member.line;
        }
        released
    }

    /// The alerts that were logged since this was asked last, for whoever is to be told.
    pub fn take_alerts(&mut self) -> Vec<AlertMessage> {
        std::mem::take(&mut self.alerts)
    }

    /// The program that an alert of this call runs failed.
    pub fn alert_failed(&mut self, caller: usize, at: StreamTime, reason: String) {
        self.tell(&Fact { caller, at, event: Event::AlertFailed { reason } });
    }

    /// Tells what does not come from the sound: what the operator did.
    fn tell(&mut self, fact: &Fact) {
        if let Some(member) = self.members.get_mut(fact.caller) {
            member.tally.take(fact);
        }
        self.log.write(fact, Instant::now());
    }

    /// A time of the line as one of the call.
    #[must_use]
    pub fn time_of(&self, line: usize, at: StreamTime) -> StreamTime {
        self.index(line).map_or(at, |index| at.since(self.members[index].start))
    }

    /// The call's time on this line as one of the line.
    #[must_use]
    pub fn line_time_of(&self, line: usize, at: StreamTime) -> StreamTime {
        self.index(line).map_or(at, |index| at + self.members[index].start)
    }

    /// Marks this time of the call.
    pub fn mark(&mut self, line: usize, t: StreamTime, text: &str) {
        let Some(index) = self.index(line) else { return };
        self.tell(&Fact { caller: index, at: t, event: Event::Mark { text: text.to_owned() } });
    }

    /// Somebody has seen the alert of this time of the call. Of another call's alert nothing is logged:
    /// then it is false.
    pub fn acknowledge(
        &mut self,
        line: usize,
        at: StreamTime,
        alert_at: StreamTime,
        by: SeenBy,
    ) -> bool {
        let Some(index) = self.index(line) else { return false };
        let t = self.time_of(line, at);
        let has_it = self.members[index].tally.has_alert(alert_at);
        if has_it {
            let event = Event::Acknowledged { alert_t: alert_at, by };
            self.tell(&Fact { caller: index, at: t, event });
        }
        has_it
    }

    /// Gives the caller on this line another label.
    pub fn rename(&mut self, line: usize, at: StreamTime, label: &str) {
        let Some(index) = self.index(line) else { return };
        let t = self.time_of(line, at);
        label.clone_into(&mut self.members[index].label);
        self.tell(&Fact { caller: index, at: t, event: Event::Label { label: label.to_owned() } });
    }

    /// The line of the caller at this position in the log.
    #[must_use]
    pub fn line_of(&self, caller: usize) -> Option<usize> {
        self.members.get(caller).map(|member| member.line)
    }

    /// Nothing may be read until the caller was told what has to be told.
    pub fn await_notice(&mut self) {
        self.awaits_notice = true;
    }

    /// Whether that is so.
    #[must_use]
    pub fn awaits_notice(&self) -> bool {
        self.awaits_notice
    }

    /// The caller was told.
    pub fn confirm_notice(&mut self, line: usize, at: StreamTime) {
        let Some(index) = self.index(line) else { return };
        self.awaits_notice = false;
        self.tell(&Fact { caller: index, at: self.time_of(line, at), event: Event::Notice });
    }

    /// Tries again to log what could not be logged.
    pub fn tend(&mut self) {
        self.log.tend(Instant::now());
    }

    /// What there is to tell of the log, once.
    pub fn take_log_news(&mut self) -> Option<LogNews> {
        self.log.take_news()
    }

    /// Since when nothing is logged, if that is so.
    #[must_use]
    pub fn log_stopped(&self) -> Option<LogStopped> {
        self.log.stopped()
    }

    /// Where the log is, if there is one.
    #[must_use]
    pub fn log_path(&self) -> Option<PathBuf> {
        self.log.path()
    }

    /// Ends the log. All was settled before; `now` is the time of each line.
    #[must_use]
    pub fn end(
        self,
        reason: EndReason,
        delay: Option<Delay>,
        now: impl Fn(usize) -> StreamTime,
    ) -> Ended {
        let log = self.log.path();
        let length = |member: &Member| now(member.line).since(member.start);
        let position = self.members.iter().map(length).max().unwrap_or_default();
        let dropped_samples = self.members.iter().map(|member| member.dropped).sum();
        let digest = |member: &Member| member.tally.digest(&member.label, length(member));
        let callers: Vec<CallerDigest> = self.members.iter().map(digest).collect();
        let end = EndRecord {
            t: position,
            reason,
            callers: callers.iter().map(|caller| caller.summary.clone()).collect(),
            dropped_samples,
            delay,
        };
        let log_failure = self.log.end(end);
        Ended { position, callers, delay, dropped_samples, log, log_failure }
    }
}

/// How a call ended.
#[derive(Clone, Debug)]
pub struct Ended {
    /// Length of the callers' audio, of the longest.
    pub position: StreamTime,
    /// What each caller's part comes to.
    pub callers: Vec<CallerDigest>,
    /// Delay of the readings, where audio came by the clock.
    pub delay: Option<Delay>,
    /// Samples lost.
    pub dropped_samples: u64,
    /// Where the log is.
    pub log: Option<PathBuf>,
    /// What is missing in it, if anything is.
    pub log_failure: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use hearing::timeline::{Alert, Rule};
    use record::output_file::IfExists;
    use record::session::{Place, Record, SessionReader, SessionWriter};

    /// The header of a log.
    fn header() -> record::session::record::Header {
        let golden = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../tests/data/session/input/two-callers.jsonl"
        );
        SessionReader::open(golden.as_ref()).unwrap().header().clone()
    }

    fn ms(ms: u64) -> StreamTime {
        StreamTime::from_ms(ms)
    }

    /// A call that began on line 2 when 40 s of it were heard, with an alert 20 s later.
    fn call(log: Option<SessionWriter>) -> Call {
        let mut call = Call::new(
            vec![(2, "desk".into(), ms(40_000))],
            "2026-11-22T14:30:05+01:00".into(),
            RunningLog::new(log),
        );
        let alert = Alert {
            at: ms(60_000),
            from: ms(50_000),
            rule: Rule::LongSilence,
            emotion: None,
            reason: "none heard for 10 s; next to no other sound".into(),
            guidance: None,
        };
        call.take(&Fact { caller: 2, at: ms(60_000), event: Event::Alert(alert) });
        assert_eq!(call.settle(|_| ms(60_000)).len(), 1);
        call
    }

    #[test]
    fn an_alert_that_is_acknowledged_is_logged_once_in_the_time_of_the_call() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("call.jsonl");
        let place = Place::File(path.clone(), IfExists::Refuse);
        let log = SessionWriter::create(&place, &header()).unwrap();
        let mut call = call(Some(log));
        assert!(call.acknowledge(2, ms(63_000), ms(20_000), SeenBy::Wall));
        // There was no alert then; on that line is another call.
        assert!(!call.acknowledge(2, ms(64_000), ms(60_000), SeenBy::Desk));
        assert!(!call.acknowledge(0, ms(65_000), ms(20_000), SeenBy::Desk));
        let ended = call.end(EndReason::Stopped, None, |_| ms(70_000));
        assert_eq!(ended.callers[0].alerts[0].acknowledged, Some(ms(23_000)));
        let records = SessionReader::open(&path).unwrap().map(Result::unwrap);
        let seen = records.filter_map(|record| match record {
            Record::Fact(Fact { caller, at, event: Event::Acknowledged { alert_t, by } }) => {
                Some((caller, at, alert_t, by))
            }
            _ => None,
        });
        assert_eq!(seen.collect::<Vec<_>>(), [(0, ms(23_000), ms(20_000), SeenBy::Wall)]);
    }
}
