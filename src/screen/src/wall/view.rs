//! What the wall knows: the newest picture, which call is selected, and what was sent.
//!
//! In: pictures, keys and the screen's size. Out: what a key asks for. Keeps all that is drawn, its words made harmless. It
//! has no clock.

use super::draw::Layout;
use super::keys::{self, Binding, Command};
use super::{Seen, Settings};
use crate::caller::MAX_LABEL;
use crate::text::one_line;
use crate::theme::Theme;
use ratatui::crossterm::event::{KeyEvent, KeyEventKind};
use ratatui::layout::Rect;
use record::plain_text::{plain_line, plain_message};
use record::wall::{AlertPicture, CallPicture, NodePicture, Picture};

/// What a key asks for that the view cannot do itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Quit,
    Acknowledge(Seen),
}

/// How far an alert has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Open,
    /// It was acknowledged here, and no picture says so yet.
    Sent,
    Acknowledged,
}

/// Whose choice the selected call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Choice {
    Nobodys,
    /// Somebody chose it, or has pressed a key since it is selected.
    Persons,
    /// The chosen one left the picture, and this one took its place.
    Replaced,
}

/// The wall without a clock.
pub(super) struct View {
    pub(super) settings: Settings,
    /// None before the first one.
    pub(super) picture: Option<Picture>,
    /// Why nothing new comes.
    pub(super) failure: Option<String>,
    pub(super) shows_help: bool,
    /// The selected call, wherever it stands.
    selected: Option<String>,
    choice: Choice,
    sent: Vec<Seen>,
    /// What there is to say about the last key.
    answer: Option<String>,
    size: (u16, u16),
    changed: bool,
}

impl View {
    pub(super) fn new(settings: Settings) -> Self {
        View {
            settings,
            picture: None,
            failure: None,
            shows_help: false,
            selected: None,
            choice: Choice::Nobodys,
            sent: Vec::new(),
            answer: None,
            size: (0, 0),
            changed: true,
        }
    }

    pub(super) fn theme(&self) -> Theme {
        Theme::new(self.settings.colours, self.settings.paper)
    }

    /// Takes a new picture in place of the last one.
    pub(super) fn take(&mut self, picture: Picture) {
        let picture = harmless(picture);
        self.sent.retain(|seen| {
            let call = picture.calls.iter().find(|call| call.call == seen.call);
            call.is_some_and(|call| call.open_alerts().any(|alert| alert.at == seen.at))
        });
        let is_there = |id: &String| picture.calls.iter().any(|call| call.call == *id);
        self.selected = self.selected.take().filter(is_there);
        if self.selected.is_none() {
            self.selected = picture.calls.first().map(|call| call.call.clone());
            if self.choice == Choice::Persons {
                self.choice = Choice::Replaced;
                self.answer("the selected call is gone from the wall");
            }
        }
        self.picture = Some(picture);
        self.changed = true;
    }

    /// Nothing new comes any more, and why. The first reason stays.
    pub(super) fn fail(&mut self, reason: &str) {
        if self.failure.is_none() {
            self.failure = Some(plain_message(reason));
            self.changed = true;
        }
    }

    /// An alert was handed over as seen.
    pub(super) fn sent(&mut self, seen: Seen) {
        if !self.sent.contains(&seen) {
            self.sent.push(seen);
        }
        self.changed = true;
    }

    /// Answers a key, until the next one.
    pub(super) fn answer(&mut self, text: &str) {
        self.answer = Some(text.to_owned());
        self.changed = true;
    }

    pub(super) fn resized(&mut self, size: (u16, u16)) {
        self.size = size;
        self.changed = true;
    }

    /// Whether there is something new to draw; asked once for each picture.
    pub(super) fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    /// The calls, in the picture's order.
    pub(super) fn calls(&self) -> &[CallPicture] {
        self.picture.as_ref().map_or(&[], |picture| picture.calls.as_slice())
    }

    /// Where the selected call stands.
    pub(super) fn place(&self) -> usize {
        let place = self.calls().iter().position(|call| Some(&call.call) == self.selected.as_ref());
        place.unwrap_or(0)
    }

    /// The selected call.
    pub(super) fn call(&self) -> Option<&CallPicture> {
        self.calls().get(self.place())
    }

    /// How far an alert of a call has come.
    pub(super) fn stage(&self, call: &CallPicture, alert: &AlertPicture) -> Stage {
        let is_sent = || self.sent.iter().any(|seen| seen.call == call.call && seen.at == alert.at);
        if alert.is_acknowledged {
            Stage::Acknowledged
        } else if is_sent() {
            Stage::Sent
        } else {
            Stage::Open
        }
    }

    /// Whether what is shown of a call is the past: it is over, or nothing is heard of its desk.
    pub(super) fn is_past(&self, call: &CallPicture) -> bool {
        let nodes = self.picture.as_ref().map_or(&[][..], |picture| &picture.nodes);
        let is_silent =
            |node: &NodePicture| node.silent_s.is_some() && Some(&node.name) == call.node.as_ref();
        call.is_over() || nodes.iter().any(is_silent)
    }

    /// What the footer says: the answer to the last key, or what was sent and is not confirmed.
    pub(super) fn message(&self) -> Option<String> {
        if let Some(answer) = &self.answer {
            return Some(answer.clone());
        }
        let label = |seen: &Seen| {
            let call = self.calls().iter().find(|call| call.call == seen.call);
            call.map_or(String::new(), |call| format!(": {}", call.label))
        };
        match self.sent.as_slice() {
            [] => None,
            [seen] => Some(format!("acknowledgement sent{}", label(seen))),
            several => Some(format!("{} acknowledgements sent", several.len())),
        }
    }

    /// Whether what a row of the help names can be done now.
    pub(super) fn is_usable(&self, binding: &Binding) -> bool {
        let has_alert = |call: &CallPicture| call.open_alerts().next().is_some();
        match binding.keys[0].0 {
            Command::Acknowledge => self.call().is_some_and(has_alert),
            Command::NextAlert => self.calls().iter().any(has_alert),
            Command::Help | Command::Back | Command::Quit => true,
            _ => self.calls().len() > 1,
        }
    }

    /// Takes in a key.
    pub(super) fn on_key(&mut self, key: KeyEvent) -> Option<Asked> {
        if key.kind == KeyEventKind::Release {
            return None;
        }
        let command = keys::command(key);
        if command == Some(Command::Quit) {
            return Some(Asked::Quit);
        }
        self.answer = None;
        self.changed = true;
        // What the help covers is not done unseen.
        if std::mem::take(&mut self.shows_help) {
            return None;
        }
        let was_replaced = std::mem::replace(&mut self.choice, Choice::Persons) == Choice::Replaced;
        let last = self.calls().len().saturating_sub(1);
        let (place, page) = (self.place(), self.page_rows());
        match command? {
            Command::Acknowledge if was_replaced => {
                self.answer("another call is selected now: press the key again if it is meant");
            }
            Command::Acknowledge => return self.acknowledge(),
            Command::NextAlert => self.select_next_alert(),
            Command::Up => self.select(place.saturating_sub(1)),
            Command::Down => self.select((place + 1).min(last)),
            Command::PageUp => self.select(place.saturating_sub(page)),
            Command::PageDown => self.select((place + page).min(last)),
            Command::First => self.select(0),
            Command::Last => self.select(last),
            Command::Help => self.shows_help = true,
            Command::Back | Command::Quit => {}
        }
        None
    }

    /// Asks for the newest alert that is open; where all were sent, once more for the newest.
    fn acknowledge(&mut self) -> Option<Asked> {
        let seen = self.call().and_then(|call| {
            let mut open: Vec<_> = call.open_alerts().collect();
            open.sort_by_key(|alert| (self.stage(call, alert) == Stage::Sent, u64::MAX - alert.at));
            open.first().map(|alert| Seen { call: call.call.clone(), at: alert.at })
        });
        if seen.is_none() {
            self.answer("no open alert in this call");
        }
        seen.map(Asked::Acknowledge)
    }

    fn select(&mut self, place: usize) {
        self.selected = self.calls().get(place).map(|call| call.call.clone());
    }

    fn select_next_alert(&mut self) {
        let n = self.calls().len();
        let mut next = (1..=n).map(|step| (self.place() + step) % n);
        let found = next.find(|place| self.calls()[*place].open_alerts().next().is_some());
        match found {
            Some(place) => self.select(place),
            None => self.answer("no open alert"),
        }
    }

    /// Calls on a page of the list.
    fn page_rows(&self) -> usize {
        let area = Rect::new(0, 0, self.size.0, self.size.1);
        usize::from(Layout::new(area, self).list.height).max(1)
    }
}

/// A picture that came from elsewhere, its words made harmless. What a call is called by stays: it is not drawn.
fn harmless(mut picture: Picture) -> Picture {
    for call in &mut picture.calls {
        call.label = plain_line(&call.label, MAX_LABEL);
        call.node = call.node.as_deref().map(|node| plain_line(node, MAX_LABEL));
        call.words = plain_line(&call.words, MAX_LABEL);
        call.note = call.note.as_deref().map(one_line);
        for alert in &mut call.alerts {
            alert.rule = plain_line(&alert.rule, MAX_LABEL);
            alert.reason = one_line(&alert.reason);
            alert.guidance = alert.guidance.as_deref().map(one_line);
        }
    }
    for node in &mut picture.nodes {
        node.name = plain_line(&node.name, MAX_LABEL);
    }
    picture.warning = picture.warning.as_deref().map(one_line);
    picture
}
