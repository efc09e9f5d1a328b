//! What keys and pasted text do to the dashboard, and what they ask of the engine.

use super::{ANSWER, App};
use crate::entry::{Asked, Entry, Typed};
use crate::feed::Action;
use crate::keys::{self, Command, Scope};
use crate::window::{Window, Zoom};
use hearing::fact::SeenBy;
use hearing::stream_time::StreamTime;
use ratatui::crossterm::event::{KeyEvent, KeyEventKind};

/// The speeds that `+` and `-` step through; a replay may begin at another one.
const SPEEDS: [f64; 7] = [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0];

/// A mark or alert that a replay came to so recently is the one that it is at.
const BEFORE_NOTE: StreamTime = StreamTime::from_ms(1_500);

impl App {
    /// What a key asks for. What it changes on the screen alone is done here.
    pub(crate) fn on_key(&mut self, key: KeyEvent) -> Option<Action> {
        if key.kind == KeyEventKind::Release {
            return None;
        }
        if keys::interrupts(key) {
            return Some(Action::Quit);
        }
        if self.entry.is_some() {
            return self.on_typed(key);
        }
        let (command, scope) = self.setup.options.keys.command(key)?;
        if !self.in_scope(scope) {
            self.explain_refusal(scope);
            return None;
        }
        self.changed = true;
        // Whatever else is pressed, the call does not end.
        let to_end = self.to_end.take().map(|(line, _)| line);
        self.obey(command, to_end)
    }

    /// Takes in pasted text, where text is asked for; elsewhere it could be anything but meant.
    pub(crate) fn on_paste(&mut self, text: &str) {
        if let Some(entry) = &mut self.entry {
            entry.paste(text);
            self.changed = true;
            self.find_typed();
        }
    }

    fn on_typed(&mut self, key: KeyEvent) -> Option<Action> {
        self.changed = true;
        let typed = self.entry.as_mut()?.on_key(key);
        if typed == Typed::On {
            self.find_typed();
            return None;
        }
        let entry = self.entry.take()?;
        match (typed, entry.asked) {
            (Typed::Cancelled, Asked::Find) => self.select(entry.caller),
            (Typed::Done, _) => return entry.action(),
            (Typed::Cancelled | Typed::On, _) => {}
        }
        None
    }

    /// Shows the caller who is looked for while the name is typed.
    fn find_typed(&mut self) {
        let Some(entry) = self.entry.as_ref().filter(|entry| entry.asked == Asked::Find) else {
            return;
        };
        let (from, words) = (entry.caller, entry.text.clone());
        let is_found = self.find(from, &words);
        if let Some(entry) = &mut self.entry {
            entry.is_refused = !is_found;
        }
    }

    /// Does what a key means, or says what to ask of the engine. `to_end` is the call that ends when this is asked again.
    pub(crate) fn obey(&mut self, command: Command, to_end: Option<usize>) -> Option<Action> {
        let caller = self.selected;
        match command {
            Command::Back if self.help => self.help = false,
            Command::Quit | Command::Back => return Some(Action::Quit),
            Command::Help => self.help = !self.help,
            Command::NextCaller => self.step_to(1),
            Command::PreviousCaller => self.step_to(-1),
            Command::Sort => self.toggle_sort(),
            Command::Find => self.ask(Asked::Find),
            Command::Closer => self.show_at(self.zoom.closer()),
            Command::Farther => self.show_at(self.zoom.farther()),
            Command::Earlier => self.look_earlier(),
            Command::Later => self.look_later(),
            Command::Now => self.looks_at = None,
            Command::Graph => self.shows_graph = !self.shows_graph,
            Command::Hold => self.hold(),
            Command::Pause => return Some(Action::TogglePause),
            Command::Seek(seconds) => return Some(Action::SeekBy(seconds)),
            Command::Faster => return self.speed_above().map(Action::SetSpeed),
            Command::Slower => return self.speed_below().map(Action::SetSpeed),
            Command::PreviousNote => return self.note_before().map(Action::SeekTo),
            Command::NextNote => return self.note_after().map(Action::SeekTo),
            Command::Mark => {
                let at = self.caller()?.timeline.now();
                return Some(Action::Mark { caller, at, text: String::new() });
            }
            Command::Note => self.ask(Asked::Mark),
            Command::BeginCall => self.ask(Asked::NewCall),
            Command::Label => self.ask(Asked::Label),
            Command::EndCall if to_end == Some(caller) => return Some(Action::EndCall { caller }),
            Command::EndCall => self.to_end = Some((caller, self.elapsed + ANSWER)),
            Command::ConfirmNotice => return Some(Action::ConfirmNotice { caller }),
            Command::Acknowledge => {
                return self.alert(caller).map(|alert| Action::Acknowledge {
                    caller,
                    at: alert.at,
                    by: SeenBy::Desk,
                });
            }
            Command::Mute => return Some(Action::ToggleMute),
        }
        None
    }

    fn ask(&mut self, asked: Asked) {
        let Some(at) = self.caller().map(|caller| caller.timeline.now()) else { return };
        self.help = false;
        self.answer = None;
        self.entry = Some(Entry::new(asked, self.selected, at));
    }

    /// Where marks and alerts of the selected call are, from one time up to another.
    fn notes(&self, from: StreamTime, to: StreamTime) -> Vec<StreamTime> {
        let Some(caller) = self.caller() else { return Vec::new() };
        let marks = caller.timeline.marks(from, to).map(|mark| mark.at);
        marks.chain(caller.timeline.alerts(from, to).map(|alert| alert.at)).collect()
    }

    fn note_before(&mut self) -> Option<StreamTime> {
        let now = self.caller()?.timeline.now();
        // So that the key pressed twice leads to the one before.
        let found = self.notes(StreamTime::ZERO, now - BEFORE_NOTE).into_iter().max();
        if found.is_none() {
            self.answer("no mark or alert before this".to_owned());
        }
        found
    }

    fn note_after(&mut self) -> Option<StreamTime> {
        let after = StreamTime(self.caller()?.timeline.now().0.saturating_add(1));
        let found = self.notes(after, StreamTime(u64::MAX)).into_iter().min();
        if found.is_none() {
            self.answer("no mark or alert after this that was heard".to_owned());
        }
        found
    }

    fn show_at(&mut self, zoom: Zoom) {
        self.zoom = zoom;
        let now = self.caller().map_or(StreamTime::ZERO, |caller| caller.timeline.now());
        self.answer(zoom.words(self.layout().strip.width, now));
    }

    /// The part of the timeline that is looked at, and the present.
    fn looked_at(&self) -> Option<(StreamTime, Window, StreamTime)> {
        let now = self.caller()?.timeline.now();
        let window = Window::live(self.zoom, self.layout().strip.width, now);
        Some((self.looks_at.unwrap_or(now), window, now))
    }

    /// Half a window back, as long as the beginning is not in sight.
    fn look_earlier(&mut self) {
        let Some((until, window, now)) = self.looked_at() else { return };
        let half = StreamTime(window.length().0 / 2);
        let earliest = StreamTime(window.length().0 / 4 * 3).min(now);
        if until > earliest {
            self.looks_at = Some((until - half).max(earliest));
        } else {
            self.answer("the beginning of the call is in sight".to_owned());
        }
    }

    fn look_later(&mut self) {
        let Some((until, window, now)) = self.looked_at() else { return };
        let later = StreamTime(until.0.saturating_add(window.length().0 / 2));
        self.looks_at = (self.looks_at.is_some() && later < now).then_some(later);
    }

    fn hold(&mut self) {
        let holds = self.held_since.is_none() && !self.is_muted();
        self.held_since = holds.then_some(self.elapsed);
    }

    /// Says why a key about a call does nothing.
    fn explain_refusal(&mut self, scope: Scope) {
        let is_about_calls = matches!(scope, Scope::InCall | Scope::LiveCall);
        if is_about_calls && self.ending.is_none() && !self.is_replay() {
            let key = self.key(Command::BeginCall);
            self.answer(format!("there is no call on this line; {key} begins one"));
        }
    }

    /// The action was handed over: what it will lead to is shown at once, but for what only the engine can
    /// say: whether anybody is listened to, and whether a call is under way.
    pub(crate) fn handed_over(&mut self, action: &Action) {
        match action {
            Action::Mark { caller, at, text } => {
                let Some(caller) = self.callers.get_mut(*caller) else { return };
                caller.timeline.mark(*at, text);
                self.answer(format!("marked at {at}"));
            }
            Action::Acknowledge { caller, at, .. } => {
                let Some(caller) = self.callers.get_mut(*caller) else { return };
                caller.acknowledge(*at);
                self.answer(format!("the alert of {at} is acknowledged"));
            }
            Action::SetSpeed(speed) => self.status.speed = *speed,
            Action::Quit
            | Action::TogglePause
            | Action::SeekBy(_)
            | Action::SeekTo(_)
            | Action::BeginCall { .. }
            | Action::Rename { .. }
            | Action::EndCall { .. }
            | Action::ConfirmNotice { .. }
            | Action::ToggleMute => {}
        }
    }

    /// The action could not be handed over.
    pub(crate) fn refused(&mut self) {
        self.answer("busy: nothing was done; press the key again".to_owned());
    }

    fn speed_above(&self) -> Option<f64> {
        SPEEDS.into_iter().find(|speed| *speed > self.status.speed)
    }

    fn speed_below(&self) -> Option<f64> {
        SPEEDS.into_iter().rev().find(|speed| *speed < self.status.speed)
    }
}
