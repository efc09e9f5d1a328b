//! What there is to say about a line: what the caller sounds like, or why that is not known.

use super::app::{App, Ending};
use super::caller::Phase;
use super::feed::Mode;
use super::keys::Command;
use super::state::{self, percent};
use super::theme::Theme;
use hearing::timeline::history::State;
use ratatui::style::Style;

/// What is the matter with a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Situation {
    /// The engine failed or has ended: nobody is listened to any more.
    Stopped,
    /// There was no call yet.
    NoCall,
    /// A call that waits for the caller to be told.
    AwaitsNotice,
    /// The device is gone.
    NoSound,
    /// The call is over.
    Over,
    /// The caller is listened to.
    Heard(State),
}

impl Situation {
    /// Of one line; there is nothing to say about one that does not exist.
    pub(super) fn of(app: &App, line: usize) -> Self {
        let Some(caller) = app.callers.get(line) else { return Situation::NoCall };
        let is_live = matches!(app.setup.mode, Mode::Live { .. });
        match (&app.ending, caller.phase) {
            (Some(Ending::Failed(_)), _) => Situation::Stopped,
            (Some(Ending::Over), _) if is_live => Situation::Stopped,
            (None, Phase::AwaitsNotice) => Situation::AwaitsNotice,
            (None, _) if !app.is_heard(line) => Situation::NoSound,
            (_, Phase::NoCall) => Situation::NoCall,
            (_, Phase::Over) => Situation::Over,
            (_, Phase::Running | Phase::AwaitsNotice) => Situation::Heard(caller.printed.state),
        }
    }

    /// The words to be read from afar.
    pub(super) fn words(self) -> &'static str {
        match self {
            Situation::Stopped => "stopped",
            Situation::NoCall => "no call",
            Situation::AwaitsNotice => "tell the caller",
            Situation::NoSound => "no sound",
            Situation::Over => "call over",
            Situation::Heard(state) => state::words(state),
        }
    }

    /// The words in a row of the list.
    pub(super) fn short(self) -> String {
        match self {
            Situation::Heard(State::Emotion(emotion, certainty)) => {
                format!("{} {} %", emotion.label(), percent(certainty))
            }
            Situation::Heard(State::Group { group, certainty, .. }) => {
                format!("{group} {} %", percent(certainty))
            }
            Situation::Heard(State::SpeechTooShort) => "too short".to_owned(),
            Situation::AwaitsNotice => "tell caller".to_owned(),
            other => other.words().to_owned(),
        }
    }

    /// How the words stand.
    pub(super) fn style(self, theme: Theme) -> Style {
        match self {
            Situation::Stopped | Situation::NoSound | Situation::AwaitsNotice => theme.alarm(),
            Situation::NoCall | Situation::Over => theme.dim(),
            Situation::Heard(state) => state::style(state, theme),
        }
    }

    /// One line that explains the words.
    pub(super) fn explained(self, app: &App) -> String {
        let auto_calls = matches!(app.setup.mode, Mode::Live { auto_calls: true });
        match self {
            Situation::Stopped => "nobody is listened to any more".to_owned(),
            Situation::NoCall if auto_calls => {
                "waiting for a voice: a call begins by itself".to_owned()
            }
            Situation::NoCall => format!("{} begins a call", app.key(Command::BeginCall)),
            Situation::AwaitsNotice => "before anything is read".to_owned(),
            Situation::NoSound => "the device is gone; looking for it".to_owned(),
            Situation::Over if auto_calls => "waiting for the next voice".to_owned(),
            Situation::Over => {
                format!("this is how it was; {} begins the next call", app.key(Command::BeginCall))
            }
            Situation::Heard(state) => state::explained(state),
        }
    }

    /// Whether what is shown of the line is the past.
    pub(super) fn is_past(self) -> bool {
        matches!(self, Situation::Over | Situation::Stopped | Situation::NoCall)
    }
}
