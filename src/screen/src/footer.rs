//! The last lines: what to know, and which keys there are.

use super::app::{App, Ending};
use super::caller::Caller;
use super::entry::{Asked, Entry, MAX_CHARS};
use super::feed::{LogStopped, Mode};
use super::keys::{BINDINGS, Binding, Command, Scope, is_last};
use super::text::{fit, fit_end, put, put_right, width};
use super::theme::Theme;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use record::plain_text::plain;

/// Between two keys.
const GAP: &str = "   ";

/// Draws the message and the keys in two rows; in one row, the message and the way to the keys. What asks to be
/// answered goes before what only informs.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, app: &App, theme: Theme) {
    if let Some(entry) = &app.entry {
        draw_entry(buffer, area, entry, app, theme);
        return;
    }
    let has_alert = app.in_scope(Scope::Alert);
    let is_answered = has_alert && area.height == 1 && urgent(app).is_none();
    let message = message(app, theme).filter(|_| !is_answered);
    let (mut room, has_two_rows) = (area.width, area.height > 1);
    if has_two_rows || message.is_none() {
        draw_keys(buffer, area, app, theme);
    } else {
        let (command, what) =
            if has_alert { (Command::Acknowledge, "acknowledge") } else { (Command::Help, "help") };
        let way = format!("  {} {what}", app.key(command));
        room = put_right(buffer, area, 0, &way, theme.dim());
    }
    if let Some((text, style)) = message {
        put(buffer, area, (0, 0), &fit(&text, room.into()), style);
    }
}

/// What matters most, or else the last notice.
fn message(app: &App, theme: Theme) -> Option<(String, Style)> {
    let style = |is_alarm| if is_alarm { theme.alarm() } else { theme.strong() };
    let urgent = urgent(app).map(|(text, is_alarm)| (text, style(is_alarm)));
    urgent.or_else(|| app.notice.clone().map(|notice| (notice, Style::new())))
}

/// How it ended, what a second press would do, the answer to a key, or a log that stopped; and whether that is
/// something to be alarmed at.
pub(super) fn urgent(app: &App) -> Option<(String, bool)> {
    match (&app.ending, app.to_end(), app.last_answer()) {
        (Some(Ending::Failed(error)), ..) => {
            let quit = app.key(Command::Quit);
            Some((format!(" stopped: {error}; {quit} quits "), true))
        }
        (Some(Ending::Over), ..) => {
            let what = match app.setup.mode {
                Mode::Live { .. } => "monitoring is over".to_owned(),
                Mode::Replay { .. } => {
                    format!("the replay is over; {} goes back", app.key(Command::Seek(-5)))
                }
            };
            Some((format!(" {what}; {} quits ", app.key(Command::Quit)), true))
        }
        (None, Some(label), _) => {
            let key = app.key(Command::EndCall);
            Some((format!(" press {key} again to end the call: {label} "), true))
        }
        (None, None, Some(answer)) => Some((answer.to_owned(), false)),
        (None, None, None) => app.status.log_stopped.map(|stopped| (log_stopped(stopped), true)),
    }
}

fn log_stopped(LogStopped { since, disk_full }: LogStopped) -> String {
    let why = if disk_full { "the disk is full, free some space" } else { "it cannot be written" };
    format!(" no log since {since}: {why}; monitoring goes on ")
}

/// What is being typed, with its question; the end of it if it is long.
pub(super) fn draw_entry(buffer: &mut Buffer, area: Rect, entry: &Entry, app: &App, theme: Theme) {
    let is_in_call = app.callers.get(entry.caller).is_some_and(Caller::is_in_call);
    let asked = match entry.asked {
        Asked::NewCall if is_in_call => " this call ends, a new one begins; its label: ",
        Asked::NewCall => " new call, its label: ",
        Asked::Label => " label of this call: ",
        Asked::Mark => " mark, with the text: ",
        Asked::Find => " find a caller: ",
    };
    let asked = if entry.is_refused { " no caller is called: " } else { asked };
    let column = put(buffer, area, (0, 0), asked, theme.alarm()) + 1;
    let room = usize::from(area.width.saturating_sub(column + 1));
    let end = put(buffer, area, (column, 0), &fit_end(&plain(&entry.text), room), theme.strong());
    put(buffer, area, (end, 0), "▏", theme.strong());
    if area.height > 1 {
        let left = MAX_CHARS.saturating_sub(entry.text.chars().count());
        let keys = format!("Enter: done, may be empty   Esc: never mind   {left} characters left");
        put(buffer, area, (0, area.height - 1), &fit(&keys, area.width.into()), theme.dim());
    }
}

/// As many keys as there is room for; the last ones, which lead to all others, always.
fn draw_keys(buffer: &mut Buffer, area: Rect, app: &App, theme: Theme) {
    let usable = BINDINGS.iter().filter(|it| !it.short.is_empty() && app.in_scope(it.scope));
    let named = usable.map(|binding| (app.setup.options.keys.names(binding), binding));
    let (last, first): (Vec<_>, Vec<_>) = named.partition(|(_, binding)| is_last(binding));
    let words = |named: Vec<(String, &Binding)>| {
        named.into_iter().map(|(name, binding)| (name, binding.short)).collect()
    };
    draw_words(buffer, area, words(first), words(last), theme);
}

/// Draws keys, each with a word, into the last row: the first ones as far as there is room, the last ones always.
pub(super) fn draw_words(
    buffer: &mut Buffer,
    area: Rect,
    first: Vec<(String, &str)>,
    last: Vec<(String, &str)>,
    theme: Theme,
) {
    let row = area.height.saturating_sub(1);
    let columns = |(name, word): &(String, &str)| 1 + width(name) + width(word) + GAP.len();
    let mut room = usize::from(area.width) + GAP.len();
    room = room.saturating_sub(last.iter().map(columns).sum());
    let fitting = first.into_iter().take_while(|named| {
        let needed = columns(named);
        let fits = needed <= room;
        room = room.saturating_sub(needed);
        fits
    });
    let mut column = 0;
    for (name, word) in fitting.collect::<Vec<_>>().into_iter().chain(last) {
        column = put(buffer, area, (column, row), &name, theme.strong());
        column = put(buffer, area, (column, row), &format!(" {word}{GAP}"), theme.dim());
    }
}
