//! Where calls begin and end by themselves on one line.
//!
//! In: what the pipeline tells of the line, in the line's time. Out: that a call begins, a little before the
//! first words of what proved to be speech, or that it ended with a long silence. Keeps what was told since the
//! first words, until it is known whether they are a call.

use hearing::fact::{Event, Fact};
use hearing::stream_time::StreamTime;
use hearing::timeline::Activity;

/// A call begins so long before its first words.
const BEFORE: StreamTime = StreamTime::from_ms(1_000);

/// Words that are followed by so long a silence before they are enough for a reading begin no call.
const NO_CALL: StreamTime = StreamTime::from_ms(2_000);

/// What an update means for the line's calls.
#[derive(Clone, Debug, PartialEq)]
pub enum Turn {
    /// Nothing changes.
    None,
    /// A call began at this time of the line, and these updates belong to it, the last one among them.
    Begin(StreamTime, Vec<Fact>),
    /// The call is over.
    End,
}

/// The watch over one line.
#[derive(Clone, Debug)]
pub struct AutoCall {
    end_after: StreamTime,
    /// Before this time there was another call, or nothing.
    free_from: StreamTime,
    state: State,
}

#[derive(Clone, Debug)]
enum State {
    /// Nobody speaks.
    Free,
    /// Somebody spoke, perhaps a caller.
    Perhaps { onset: StreamTime, silent_since: Option<StreamTime>, told: Vec<Fact> },
    /// A call is under way. Nobody has spoken since then, if that is so.
    Call { caller_speaks: bool, operator_speaks: bool, silent_since: StreamTime },
}

impl AutoCall {
    /// A watch that ends calls after so long a silence of both sides.
    #[must_use]
    pub fn new(end_after: StreamTime) -> Self {
        AutoCall { end_after, free_from: StreamTime::ZERO, state: State::Free }
    }

    /// A call begins or ends at this time for another reason: by a key.
    pub fn set(&mut self, at: StreamTime, is_call: bool) {
        self.free_from = at;
        self.state = if is_call {
            State::Call { caller_speaks: false, operator_speaks: false, silent_since: at }
        } else {
            State::Free
        };
    }

    /// Takes the next update; `unread` says that there are no readings, since they are held back.
    pub fn take(&mut self, update: &Fact, unread: bool) -> Turn {
        let turn = match &mut self.state {
            State::Free => {
                if let Event::Activity(Activity::TooShort | Activity::Speaking) = update.event {
                    let (onset, told) = (update.at, Vec::new());
                    self.state = State::Perhaps { onset, silent_since: None, told };
                    return self.take(update, unread);
                }
                Turn::None
            }
            State::Perhaps { onset, silent_since, told } => {
                if !matches!(update.event, Event::Level(_)) {
                    told.push(update.clone());
                }
                match update.event {
                    Event::Activity(Activity::Listening) => *silent_since = Some(update.at),
                    Event::Activity(_) => *silent_since = None,
                    _ => {}
                }
                let is_call = match update.event {
                    Event::Reading(_) => true,
                    Event::Activity(Activity::Speaking) => unread,
                    _ => false,
                };
                if is_call {
                    let from = (*onset - BEFORE).max(self.free_from);
                    Turn::Begin(from, std::mem::take(told))
                } else {
                    if silent_since.is_some_and(|since| update.at.since(since) > NO_CALL) {
                        self.state = State::Free;
                    }
                    Turn::None
                }
            }
            State::Call { caller_speaks, operator_speaks, silent_since } => {
                let spoke = *caller_speaks || *operator_speaks;
                match update.event {
                    Event::Activity(activity) => *caller_speaks = activity != Activity::Listening,
                    Event::Operator(state) => *operator_speaks = state.speaks,
                    // What was not heard is no silence.
                    Event::Gap(gap) => *silent_since = *silent_since + gap.length(),
                    Event::Muted(muted) => *silent_since = *silent_since + muted.length(),
                    _ => {}
                }
                if spoke || *caller_speaks || *operator_speaks {
                    *silent_since = update.at;
                }
                if update.at.since(*silent_since) >= self.end_after {
                    Turn::End
                } else {
                    Turn::None
                }
            }
        };
        match turn {
            Turn::Begin(..) => {
                self.set(update.at, true);
                // It began with somebody speaking.
                if let State::Call { caller_speaks, .. } = &mut self.state {
                    *caller_speaks = true;
                }
            }
            Turn::End => self.set(update.at, false),
            Turn::None => {}
        }
        turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hearing::emotion::Scores;
    use hearing::fact::{Gap, Level};
    use hearing::timeline::{OperatorState, Reading, Verdict};

    const END_AFTER: StreamTime = StreamTime::from_ms(30_000);

    fn at(seconds: f64, event: Event) -> Fact {
        Fact { caller: 0, at: StreamTime::from_seconds(seconds), event }
    }

    fn quiet(seconds: f64) -> Fact {
        at(seconds, Event::Level(Level { rms_db: -60.0, peak_db: -50.0 }))
    }

    fn does(seconds: f64, activity: Activity) -> Fact {
        at(seconds, Event::Activity(activity))
    }

    fn reading(seconds: f64) -> Fact {
        let at_time = StreamTime::from_seconds(seconds);
        let reading =
            Reading { at: at_time, scores: Scores([1.0 / 7.0; 7]), verdict: Verdict::Uncertain };
        at(seconds, Event::Reading(reading))
    }

    fn turns(watch: &mut AutoCall, updates: &[Fact]) -> Vec<Turn> {
        updates.iter().map(|update| watch.take(update, false)).collect()
    }

    #[test]
    fn a_call_begins_a_second_before_its_first_words_with_all_that_was_told() {
        let mut watch = AutoCall::new(END_AFTER);
        let updates = [
            quiet(9.0),
            does(10.0, Activity::TooShort),
            quiet(10.5),
            does(10.6, Activity::Listening),
            does(11.0, Activity::TooShort),
            does(12.0, Activity::Speaking),
            reading(12.0),
        ];
        let turns = turns(&mut watch, &updates);
        assert!(turns[..6].iter().all(|turn| *turn == Turn::None));
        let told = [1, 3, 4, 5, 6].map(|index: usize| updates[index].clone()).to_vec();
        assert_eq!(turns[6], Turn::Begin(StreamTime::from_ms(9_000), told));
    }

    #[test]
    fn a_cough_and_then_silence_are_no_call() {
        let mut watch = AutoCall::new(END_AFTER);
        let cough = [does(10.0, Activity::TooShort), does(10.3, Activity::Listening), quiet(12.4)];
        assert!(turns(&mut watch, &cough).iter().all(|turn| *turn == Turn::None));
        let words = [does(20.0, Activity::TooShort), does(21.2, Activity::Speaking), reading(21.2)];
        let begun = turns(&mut watch, &words).pop();
        assert!(matches!(begun, Some(Turn::Begin(at, told))
            if at == StreamTime::from_ms(19_000) && told.len() == 3));
    }

    #[test]
    fn where_readings_are_held_back_enough_speech_begins_the_call() {
        let mut watch = AutoCall::new(END_AFTER);
        assert_eq!(watch.take(&does(1.5, Activity::TooShort), true), Turn::None);
        let begun = watch.take(&does(2.7, Activity::Speaking), true);
        assert!(matches!(begun, Turn::Begin(at, _) if at == StreamTime::from_ms(500)));
    }

    #[test]
    fn a_call_ends_with_a_silence_of_both_sides_that_was_heard() {
        let operator = |seconds, speaks| {
            at(seconds, Event::Operator(OperatorState { speaks, is_echoed: false }))
        };
        let mut watch = AutoCall::new(END_AFTER);
        watch.set(StreamTime::ZERO, true);
        let gap = Event::Gap(Gap { lost_samples: 80_000, rate_hz: 8_000 });
        let updates = [
            does(1.0, Activity::Speaking),
            quiet(50.0),
            does(60.0, Activity::Listening),
            operator(80.0, true),
            operator(85.0, false),
            at(100.0, gap),
            quiet(124.0),
            quiet(125.0),
            quiet(126.0),
        ];
        let turns = turns(&mut watch, &updates);
        assert!(turns[..7].iter().all(|turn| *turn == Turn::None), "{turns:?}");
        assert_eq!(turns[7], Turn::End);
        assert_eq!(turns[8], Turn::None);
    }

    #[test]
    fn a_call_does_not_begin_before_the_end_of_the_last_one() {
        let mut watch = AutoCall::new(END_AFTER);
        watch.set(StreamTime::from_ms(9_800), false);
        let words = [does(10.0, Activity::TooShort), does(11.2, Activity::Speaking), reading(11.2)];
        let begun = turns(&mut watch, &words).pop();
        assert!(matches!(begun, Some(Turn::Begin(at, _)) if at == StreamTime::from_ms(9_800)));
    }
}
