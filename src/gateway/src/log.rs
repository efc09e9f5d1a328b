//! What the gateway says of its work: one JSON object a line on standard error, as journals and collectors read it.
//!
//! ```text
//!  any thread: log ──► at most 1,000 lines ──► thread "log" ──► standard error
//! ```
//!
//! In: what happened. Out: the line. No person's number, no sound, no emotion stands in it. Nobody waits for a reader who
//! does not read: what finds no room is counted, and that is told.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use std::io::Write;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::time::Duration;

/// Lines that may wait.
const WAITING: usize = 1_000;
/// At the end the lines that wait are written within this.
const LAST_LINES: Duration = Duration::from_secs(1);

enum Message {
    Line(String),
    /// All before it was written.
    Flush(Sender<()>),
}

static QUEUE: OnceLock<Option<SyncSender<Message>>> = OnceLock::new();
static DROPPED: AtomicU64 = AtomicU64::new(0);

/// Writes one line; `more` is an object with what belongs to it.
pub fn log(event: &str, more: &Value) {
    let sent =
        queue().is_some_and(|queue| queue.try_send(Message::Line(line(event, more))).is_ok());
    if !sent {
        DROPPED.fetch_add(1, Ordering::Relaxed);
    }
}

/// Waits until all lines are written, or somebody does not read them.
pub fn flush() {
    let (done, written) = channel();
    if queue().is_some_and(|queue| queue.try_send(Message::Flush(done)).is_ok()) {
        let _ = written.recv_timeout(LAST_LINES);
    }
}

fn line(event: &str, more: &Value) -> String {
    let mut line = Map::new();
    line.insert("time".into(), json!(Timestamp::now().to_string()));
    line.insert("event".into(), json!(event));
    if let Value::Object(more) = more {
        line.extend(more.clone());
    }
    Value::Object(line).to_string()
}

fn queue() -> Option<&'static SyncSender<Message>> {
    let start = || {
        let (sender, messages) = sync_channel(WAITING);
        let thread = std::thread::Builder::new().name("log".into());
        thread.spawn(move || write(&messages)).ok().map(|_| sender)
    };
    QUEUE.get_or_init(start).as_ref()
}

fn write(messages: &Receiver<Message>) {
    // Where nobody reads, nothing is to be done.
    let say = |line: &str| {
        let _ = writeln!(std::io::stderr().lock(), "{line}");
    };
    while let Ok(message) = messages.recv() {
        match message {
            Message::Line(line) => say(&line),
            Message::Flush(done) => {
                let _ = done.send(());
            }
        }
        let n_dropped = DROPPED.swap(0, Ordering::Relaxed);
        if n_dropped > 0 {
            say(&line("lines_dropped", &json!({ "lines": n_dropped })));
        }
    }
}
