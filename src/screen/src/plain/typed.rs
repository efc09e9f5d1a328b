//! Typed lines as commands: a key, or what it does by its name in the configuration, and a text.
//!
//! In: one line. Out: what it asks of the engine, or what there is to say to it. Which keys there are, and when
//! they mean something, says the table in `keys`.

use super::{Journal, PROGRAM, clock};
use crate::app::App;
use crate::entry::{Asked, Entry};
use crate::feed::{Action, Mode};
use crate::keys::{Command, Scope, commands};
use record::plain_text::plain_line;

/// Characters that are repeated of what is no command.
const MAX_WORD: usize = 40;

/// What became of a typed line.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// What there is to say.
    pub lines: Vec<String>,
    /// What is asked of the engine.
    pub action: Option<Action>,
}

impl Journal {
    /// What a typed line asks for. When its action is handed over, [`Journal::handed_over`] wants to know.
    pub fn typed(&mut self, line: &str) -> Answer {
        let line = line.trim();
        let (word, text) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        if word.is_empty() {
            return Answer::default();
        }
        let found = self.app.setup.options.keys.typed(word);
        let Some((command, scope)) = found.filter(|(command, _)| meaning(*command).is_some())
        else {
            let help = self.app.key(Command::Help);
            let word = plain_line(word, MAX_WORD);
            return self.says(&format!("'{word}' is no command; {help} lists them"));
        };
        let chosen = self.app.selected;
        let is_of_caller =
            matches!(command, Command::ConfirmNotice | Command::Acknowledge | Command::EndCall);
        if is_of_caller && !text.is_empty() && !self.app.find(chosen, text) {
            return self.says(NOBODY);
        }
        let answer = match self.refusal(scope) {
            Some(refusal) => self.says(&refusal),
            None => self.obey(command, text.trim()),
        };
        if is_of_caller {
            self.app.selected = chosen;
        }
        answer
    }

    /// The engine has got the action of a typed line.
    pub fn handed_over(&mut self, action: &Action) -> Vec<String> {
        self.app.handed_over(action);
        let told = match action {
            Action::Mark { caller, at, text } => {
                let text = if text.is_empty() { String::new() } else { format!(": {text}") };
                Some((*caller, *at, format!("mark{text}")))
            }
            Action::Acknowledge { caller, at, .. } => {
                let now = self.app.callers.get(*caller).map(|caller| caller.timeline.now());
                let text = format!("the alert of {} is acknowledged", clock(*at));
                now.map(|now| (*caller, now, text))
            }
            // What else there is to tell, the engine says.
            _ => None,
        };
        let line = told.and_then(|(caller, at, text)| {
            Some(self.line(at, &self.app.callers.get(caller)?.label, &text))
        });
        line.into_iter().collect()
    }

    /// The engine has no room for the action of a typed line.
    #[must_use]
    pub fn refused(&self) -> Vec<String> {
        vec![self.of_program("busy: nothing was done; type it again")]
    }

    fn obey(&mut self, command: Command, text: &str) -> Answer {
        let caller = self.app.selected;
        match command {
            Command::Help => Answer { lines: self.help(), action: None },
            Command::Mark | Command::Note => self.asks(Asked::Mark, text),
            Command::BeginCall => self.asks(Asked::NewCall, text),
            Command::Label if text.is_empty() => self.says("type the label too"),
            Command::Label => self.asks(Asked::Label, text),
            // A line and Enter are not typed by mistake, as a key is.
            Command::EndCall => does(Action::EndCall { caller }),
            Command::Find if !self.app.find(caller, text) => self.says(NOBODY),
            Command::Find => self.chosen(),
            Command::NextCaller | Command::PreviousCaller => {
                self.app.obey(command, None);
                self.chosen()
            }
            _ => {
                self.app.take_answer();
                let action = self.app.obey(command, None);
                let said = self.app.take_answer().unwrap_or_else(|| "nothing to do".to_owned());
                action.map_or_else(|| self.says(&said), does)
            }
        }
    }

    /// What was typed with a text, which is made harmless on the way.
    fn asks(&self, asked: Asked, text: &str) -> Answer {
        let now = self.app.caller().map(|caller| caller.timeline.now());
        let mut entry = Entry::new(asked, self.app.selected, now.unwrap_or_default());
        entry.paste(text);
        Answer { lines: Vec::new(), action: entry.action() }
    }

    fn chosen(&self) -> Answer {
        let label = self.app.caller().map_or("nobody", |caller| caller.label.as_str());
        self.says(&format!("{label} is chosen: commands are about this caller"))
    }

    fn says(&self, text: &str) -> Answer {
        Answer { lines: vec![self.of_program(text)], action: None }
    }

    /// Why a command means nothing now, if it does not.
    fn refusal(&self, scope: Scope) -> Option<String> {
        if self.app.in_scope(scope) {
            return None;
        }
        let label = self.app.caller().map_or(PROGRAM, |caller| caller.label.as_str());
        let key = |command| self.app.key(command);
        Some(match scope {
            Scope::Notice | Scope::Alert if self.app.is_muted() => {
                format!("muted; {} listens again", key(Command::Mute))
            }
            Scope::Notice => format!("{label}: nothing waits for the caller to be told"),
            Scope::Alert => format!("{label}: there is no alert to acknowledge"),
            Scope::Live | Scope::LiveCall if self.app.is_replay() => {
                "that is for live calls; this is a recording".to_owned()
            }
            Scope::InCall | Scope::LiveCall => {
                format!("{label}: there is no call; {} begins one", key(Command::BeginCall))
            }
            Scope::Playing | Scope::Replay => "that is for recordings; this is live".to_owned(),
            Scope::SeveralCallers => "there is only one caller".to_owned(),
            Scope::Always | Scope::Live => "it is over".to_owned(),
        })
    }

    /// What can be typed.
    fn help(&self) -> Vec<String> {
        let of_use = commands().filter(|(_, scope)| is_of_use(*scope, &self.app));
        let lines = of_use.filter_map(|(key_command, _)| {
            let (argument, what) = meaning(key_command.command)?;
            let key = self.app.key(key_command.command);
            let is_typed = key.chars().count() == 1 && key.is_ascii();
            let key = if is_typed { format!("{key}, or ") } else { String::new() };
            Some(self.of_program(&format!("{key}{}{argument}: {what}", key_command.name)))
        });
        lines.collect()
    }
}

/// Where a name leads to nobody.
const NOBODY: &str = "no caller is called so";

fn does(action: Action) -> Answer {
    Answer { lines: Vec::new(), action: Some(action) }
}

/// Whether a command can ever mean something in this run.
fn is_of_use(scope: Scope, app: &App) -> bool {
    let is_live = matches!(app.setup.mode, Mode::Live { .. });
    match scope {
        Scope::Always | Scope::InCall | Scope::Alert => true,
        Scope::Live | Scope::LiveCall => is_live,
        Scope::Notice => is_live && app.setup.notice_text.is_some(),
        Scope::Playing | Scope::Replay => !is_live,
        Scope::SeveralCallers => app.callers.len() > 1,
    }
}

/// What is typed behind a command, and what it does; nothing for what only a screen can do.
fn meaning(command: Command) -> Option<(&'static str, &'static str)> {
    Some(match command {
        Command::ConfirmNotice => (" [CALLER]", "the caller was told: readings begin"),
        Command::Acknowledge => (" [CALLER]", "the newest alert was seen"),
        Command::Mark | Command::Note => (" [TEXT]", "mark this moment"),
        Command::Mute => ("", "listen to nobody, listen again"),
        Command::BeginCall => (" [LABEL]", "begin a new call; one that is under way ends"),
        Command::EndCall => (" [CALLER]", "end the call"),
        Command::Label => (" LABEL", "give the call another label"),
        Command::Pause => ("", "pause, go on"),
        Command::Seek(-5) => ("", "5 seconds back"),
        Command::Seek(5) => ("", "5 seconds on"),
        Command::Seek(seconds) if seconds < 0 => ("", "30 seconds back"),
        Command::Seek(_) => ("", "30 seconds on"),
        Command::PreviousNote => ("", "to the mark or alert before"),
        Command::NextNote => ("", "to the mark or alert after"),
        Command::Faster => ("", "faster"),
        Command::Slower => ("", "slower"),
        Command::PreviousCaller => ("", "choose the caller before"),
        Command::NextCaller => ("", "choose the caller after"),
        Command::Find => (" CALLER", "choose the caller of this name"),
        Command::Help => ("", "this list"),
        Command::Quit => ("", "quit"),
        Command::Back
        | Command::Sort
        | Command::Closer
        | Command::Farther
        | Command::Earlier
        | Command::Later
        | Command::Now
        | Command::Graph
        | Command::Hold => return None,
    })
}
