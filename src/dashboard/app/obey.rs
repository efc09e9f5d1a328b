//! What keys and pasted text do to the dashboard, and what they ask of the engine.

use super::{ANSWER, App};
use crate::dashboard::entry::{Asked, Entry, Typed};
use crate::dashboard::feed::Action;
use crate::dashboard::keys::{self, Command, Scope};
use ratatui::crossterm::event::{KeyEvent, KeyEventKind};

/// The speeds that `+` and `-` step through; a replay may begin at another one.
const SPEEDS: [f64; 7] = [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0];

impl App {
    /// What a key asks for. What it changes on the screen alone is done here.
    pub(in crate::dashboard) fn on_key(&mut self, key: KeyEvent) -> Option<Action> {
        if key.kind == KeyEventKind::Release {
            return None;
        }
        if keys::interrupts(key) {
            return Some(Action::Quit);
        }
        if self.entry.is_some() {
            return self.on_typed(key);
        }
        let (command, scope) = keys::command(key)?;
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
    pub(in crate::dashboard) fn on_paste(&mut self, text: &str) {
        if let Some(entry) = &mut self.entry {
            entry.paste(text);
            self.changed = true;
        }
    }

    fn on_typed(&mut self, key: KeyEvent) -> Option<Action> {
        self.changed = true;
        match self.entry.as_mut()?.on_key(key) {
            Typed::On => None,
            Typed::Cancelled => {
                self.entry = None;
                None
            }
            Typed::Done => self.entry.take().map(|entry| entry.action()),
        }
    }

    fn obey(&mut self, command: Command, to_end: Option<usize>) -> Option<Action> {
        let caller = self.selected;
        match command {
            Command::Back if self.help => self.help = false,
            Command::Quit | Command::Back => return Some(Action::Quit),
            Command::Help => self.help = !self.help,
            Command::NextCaller => {
                self.selected = (self.selected + 1).min(self.callers.len().saturating_sub(1));
            }
            Command::PreviousCaller => self.selected = self.selected.saturating_sub(1),
            Command::Pause => return Some(Action::TogglePause),
            Command::Seek(seconds) => return Some(Action::SeekBy(seconds)),
            Command::Faster => return self.speed_above().map(Action::SetSpeed),
            Command::Slower => return self.speed_below().map(Action::SetSpeed),
            Command::Mark => return Some(Action::Mark { caller, text: String::new() }),
            Command::Note => self.ask(Asked::Mark),
            Command::BeginCall => self.ask(Asked::NewCall),
            Command::Label => self.ask(Asked::Label),
            Command::EndCall if to_end == Some(caller) => return Some(Action::EndCall { caller }),
            Command::EndCall => self.to_end = Some((caller, self.elapsed + ANSWER)),
            Command::ConfirmNotice => return Some(Action::ConfirmNotice { caller }),
            Command::Mute => return Some(Action::ToggleMute),
        }
        None
    }

    fn ask(&mut self, asked: Asked) {
        if self.selected < self.callers.len() {
            self.help = false;
            self.answer = None;
            self.entry = Some(Entry::new(asked, self.selected));
        }
    }

    /// Says why a key about a call does nothing.
    fn explain_refusal(&mut self, scope: Scope) {
        let is_about_calls = matches!(scope, Scope::InCall | Scope::LiveCall);
        if is_about_calls && self.ending.is_none() && !self.is_replay() {
            self.answer("there is no call on this line; n begins one".to_owned());
        }
    }

    /// The action was handed over: what it will lead to is shown at once, but for what only the engine can
    /// say: whether anybody is listened to, and whether a call is under way.
    pub(in crate::dashboard) fn handed_over(&mut self, action: &Action) {
        match action {
            Action::Mark { caller, text } => {
                let Some(caller) = self.callers.get_mut(*caller) else { return };
                let at = caller.timeline.now();
                caller.timeline.mark(at, text);
                self.answer(format!("marked at {at}"));
            }
            Action::SetSpeed(speed) => self.status.speed = *speed,
            Action::Quit
            | Action::TogglePause
            | Action::SeekBy(_)
            | Action::BeginCall { .. }
            | Action::Rename { .. }
            | Action::EndCall { .. }
            | Action::ConfirmNotice { .. }
            | Action::ToggleMute => {}
        }
    }

    /// The action could not be handed over.
    pub(in crate::dashboard) fn refused(&mut self) {
        self.answer("busy: nothing was done; press the key again".to_owned());
    }

    fn speed_above(&self) -> Option<f64> {
        SPEEDS.into_iter().find(|speed| *speed > self.status.speed)
    }

    fn speed_below(&self) -> Option<f64> {
        SPEEDS.into_iter().rev().find(|speed| *speed < self.status.speed)
    }
}
