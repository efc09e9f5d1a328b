//! A watched run in lines instead of on a screen: what the engine says goes to standard output, and what is typed
//! on standard input goes to the engine.
//!
//! In: a set-up and an engine. Out: lines, each written when it happens; the exit code. It keeps the thread that
//! reads what is typed. The end of standard input ends nothing; a reader of the lines that goes away ends the run.

use super::printer::print_now;
use super::sound::Sound;
use super::summary;
use super::watch::{self, Ways};
use super::{Exit, replay};
use anyhow::Context;
use crossbeam_channel::{
    Receiver, RecvError, Sender, TrySendError, bounded, never, select, unbounded,
};
use engine::Engine;
use engine::call::Ended;
use screen::{Action, Feed, Journal, Mode, Setup};
use std::io::{self, BufRead, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How soon a signal is noticed while nothing else happens.
const POLL: Duration = Duration::from_millis(50);

/// Typed lines that may wait.
const TYPED_LEN: usize = 64;

/// Bytes of a typed line; nobody types more, and what a file has more is left out.
const MAX_LINE: u64 = 4_096;

/// Whose lines are about the whole call of several callers.
const ALL: &str = "all";

/// What comes on standard input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StandardInput {
    /// What is typed.
    Commands,
    /// The recording, so that nothing can be typed.
    Recording,
}

/// Runs the engine and writes lines until it is over, `quit` is typed, a signal comes, or nobody reads any more.
///
/// # Errors
/// When standard output cannot be written, after the engine has ended its logs; the engine's failure.
pub fn run(
    setup: Setup,
    engine: Engine,
    sound: Option<Sound>,
    input: StandardInput,
) -> anyhow::Result<Exit> {
    let stop = watch::stop_flag()?;
    // Unbounded, but for the calls that end: the engine must never wait for whoever reads the lines.
    let (ended_sender, ended) = unbounded();
    // A recording waits for its reader; somebody on the line does not.
    let waits = matches!(setup.mode, Mode::Replay { .. });
    let ways = Ways { waits, ended: Some(ended_sender), sound };
    let typed = match input {
        StandardInput::Commands => typed_lines()?,
        StandardInput::Recording => never(),
    };
    let mut incomplete = false;
    let mut journal = Journal::new(setup);
    let watched = watch::beside(engine, ways, |feed, actions| {
        let desk = Desk { journal: &mut journal, feed, typed, ended: ended.clone(), actions };
        incomplete = desk.serve(&stop)?;
        anyhow::Ok(())
    })?;
    for call in ended.try_iter() {
        incomplete |= tell_sum(&journal, &call)?;
    }
    for call in &watched.ended {
        let lines =
            call.callers.iter().map(|it| journal.line(call.position, &it.label, "call ends"));
        print_all(&lines.collect::<Vec<_>>())?;
        print_all(&sum(&journal, call))?;
    }
    let exit = replay::conclude(watched)?;
    Ok(if incomplete { Exit::Partial } else { exit })
}

/// The one who writes and listens.
struct Desk<'a> {
    journal: &'a mut Journal,
    feed: Receiver<Feed>,
    typed: Receiver<String>,
    ended: Receiver<Ended>,
    actions: Sender<Action>,
}

impl Desk<'_> {
    /// Serves until the end; whether a log that ended is incomplete.
    fn serve(mut self, stop: &Arc<AtomicBool>) -> anyhow::Result<bool> {
        let mut incomplete = false;
        let mut is_read = print_all(&self.journal.opening())?;
        while is_read && !stop.load(Ordering::Relaxed) {
            select! {
                recv(self.feed) -> message => {
                    let Ok(message) = message else { break };
                    let is_over = matches!(message, Feed::Finished(_));
                    is_read = print_all(&self.journal.take(message))?;
                    if is_over {
                        break;
                    }
                }
                recv(self.typed) -> line => match self.typed(line) {
                    Some(lines) => is_read = print_all(&lines)?,
                    None => break,
                },
                recv(self.ended) -> call => match call {
                    Ok(call) => incomplete |= tell_sum(self.journal, &call)?,
                    Err(RecvError) => self.ended = never(),
                },
                default(POLL) => {}
            }
        }
        // When the channel is full or closed, going away says the same, a little later.
        let _ = self.actions.try_send(Action::Quit);
        Ok(incomplete)
    }

    /// What there is to say to a typed line, or to the end of them; none when it is to quit.
    fn typed(&mut self, line: Result<String, RecvError>) -> Option<Vec<String>> {
        let Ok(line) = line else {
            self.typed = never();
            return Some(self.journal.input_ended());
        };
        let answer = self.journal.typed(&line);
        let Some(action) = answer.action else { return Some(answer.lines) };
        if action == Action::Quit {
            return None;
        }
        Some(match self.actions.try_send(action.clone()) {
            Ok(()) => self.journal.handed_over(&action),
            Err(TrySendError::Full(_)) => self.journal.refused(),
            // The feed ends as well, and says why.
            Err(TrySendError::Disconnected(_)) => Vec::new(),
        })
    }
}

/// Reads standard input on a thread that ends with it, or with the program.
fn typed_lines() -> anyhow::Result<Receiver<String>> {
    let (sender, lines) = bounded(TYPED_LEN);
    let read = move || {
        let mut input = io::stdin().lock();
        // An input that cannot be read is one that has ended.
        while let Ok(Some(line)) = next_line(&mut input) {
            if sender.send(line).is_err() {
                return;
            }
        }
    };
    std::thread::Builder::new()
        .name("typed".into())
        .spawn(read)
        .context("cannot start the thread that reads standard input")?;
    Ok(lines)
}

/// The beginning of the next line; none at the end.
fn next_line(input: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    if input.by_ref().take(MAX_LINE).read_until(b'\n', &mut bytes)? == 0 {
        return Ok(None);
    }
    if !bytes.ends_with(b"\n") && bytes.len() as u64 == MAX_LINE {
        input.skip_until(b'\n')?;
    }
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

/// Writes lines at once; whether somebody still reads them.
fn print_all(lines: &[String]) -> io::Result<bool> {
    let text: String = lines.iter().map(|line| line.clone() + "\n").collect();
    print_now(&text)
}

/// Tells what a call amounts to; whether its log is incomplete.
fn tell_sum(journal: &Journal, call: &Ended) -> io::Result<bool> {
    print_all(&sum(journal, call))?;
    Ok(replay::tell_incomplete(std::slice::from_ref(call)))
}

/// What a call amounts to, in lines that each say whose it is.
fn sum(journal: &Journal, call: &Ended) -> Vec<String> {
    let mut lines = Vec::new();
    for caller in &call.callers {
        let told = headed(&summary::of_caller(call.position, caller));
        lines.extend(told.iter().map(|text| journal.line(call.position, &caller.label, text)));
    }
    let who = if let [caller] = &call.callers[..] { &caller.label } else { ALL };
    let told = headed(&summary::of_call(call.into()));
    lines.extend(told.iter().map(|text| journal.line(call.position, who, text)));
    lines
}

/// Indented lines with the heading above them, since each is read for itself.
fn headed(lines: &[String]) -> Vec<String> {
    let mut heading = "";
    let mut told = Vec::new();
    for line in lines {
        let words = line.split_whitespace().collect::<Vec<_>>().join(" ");
        match (line.starts_with(' '), line.strip_suffix(':')) {
            (true, _) if !heading.is_empty() => told.push(format!("{heading}: {words}")),
            (false, Some(new)) => heading = new,
            (_, _) => told.push(words),
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_far_too_long_is_cut_and_the_next_one_is_whole() {
        let text = format!("m {}\nq\nlast", "x".repeat(5_000));
        let mut input = text.as_bytes();
        let first = next_line(&mut input).unwrap().unwrap();
        assert_eq!((first.len(), &first[..3]), (4_096, "m x"));
        assert_eq!(next_line(&mut input).unwrap().as_deref(), Some("q\n"));
        assert_eq!(next_line(&mut input).unwrap().as_deref(), Some("last"));
        assert_eq!(next_line(&mut input).unwrap(), None);
    }

    #[test]
    fn what_stood_below_a_heading_says_it() {
        let lines = ["1:10 of audio", "alerts:", "  0:02    no  voice:", "log: a:"];
        let told = headed(&lines.map(str::to_owned));
        assert_eq!(told, ["1:10 of audio", "alerts: 0:02 no voice:"]);
    }
}
