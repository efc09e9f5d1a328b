//! A node's part: what its logs say goes to the broker, and what walls have to say comes back.
//!
//! In: a folder of logs. Out: messages on `UT_EV`, `UT_LIVE`; notes of what was seen. It follows the logs and never keeps
//! whoever writes them waiting. Keeps what is on its way, and what is known of the calls.

use crate::acknowledge::leave_note;
use crate::calls::Calls;
use crate::link::{Broker, Link, LinkError, Tell, UNDERWAY};
use crate::outbound::outbound;
use crate::outbox::{Line, News, Outbox};
use crate::{streams, subject};
use async_nats::Subscriber;
use async_nats::jetstream::message::PublishMessage;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesOrdered;
use record::wall::NodePicture;
use record::wall::inbox::Inbox;
use serde::Serialize;
use std::collections::{HashSet, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval};

/// A desk, or a gateway.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its name: see [`subject::is_name`].
    pub name: String,
    /// The folder of its session logs.
    pub logs: PathBuf,
}

/// How often the logs are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How often a wall is told what changed. An alert does not wait for it.
const PICTURE_EVERY: Duration = Duration::from_millis(500);
/// How often it is said that the node is there.
const THERE_EVERY: Duration = Duration::from_secs(3);
/// How often it is kept how far the logs were sent.
const KEPT_EVERY: Duration = Duration::from_secs(1);
/// After a failure nothing is sent for so long.
const PAUSE: Duration = Duration::from_secs(1);
/// So many lines are on their way at first.
const SMALLEST_WINDOW: usize = 32;
/// Lines that wait to be sent; while there are more, no logs are read.
const WAITING: usize = 4 * UNDERWAY;

/// Brokers take messages of up to 1 MiB: no line is longer but one that holds labels of 10,000 characters.
const LONGEST: usize = 1_000_000;

/// Publishes until the program ends.
///
/// # Errors
/// Settings that cannot be used; a folder that cannot be read or written.
pub async fn run(node: Node, broker: Broker, tell: Tell) -> Result<(), LinkError> {
    let refused = |reason: std::io::Error| {
        LinkError::Settings(format!("the folder of logs {}: {reason}", node.logs.display()))
    };
    let outbox = Outbox::open(&node.logs, &node.name).map_err(refused)?;
    let link = Link::open_at_last(&broker, &tell).await?;
    let publisher = Publisher {
        inbox: Inbox::beside(&node.logs),
        node,
        link,
        tell,
        outbox,
        waiting: VecDeque::new(),
        underway: FuturesOrdered::new(),
        calls: Calls::default(),
        unasked: VecDeque::new(),
        held: HashSet::new(),
        begun: Instant::now(),
        pause_until: None,
        told_trouble: String::new(),
        sent_logs: HashSet::new(),
        window: SMALLEST_WINDOW,
        arrived: Instant::now(),
        are_streams_there: false,
    };
    publisher.run().await
}

/// What became of a message: of which log, up to where, and why it failed if it did.
type Arrived = (String, u64, Result<(), String>);

struct Publisher {
    node: Node,
    link: Link,
    tell: Tell,
    outbox: Outbox,
    inbox: Inbox,
    /// Lines that are to be sent.
    waiting: VecDeque<Line>,
    underway: FuturesOrdered<BoxFuture<'static, Arrived>>,
    calls: Calls,
    /// Logs of which the broker has to be asked how much it has.
    unasked: VecDeque<(String, Arc<str>)>,
    /// Their names: nothing of them is sent before.
    held: HashSet<String>,
    begun: Instant,
    pause_until: Option<Instant>,
    told_trouble: String,
    /// Logs of which something may be on its way.
    sent_logs: HashSet<String>,
    /// Lines that may be on their way: more where they arrive, fewer where they do not in time.
    window: usize,
    /// When a line arrived last.
    arrived: Instant,
    are_streams_there: bool,
}

impl Publisher {
    async fn run(mut self) -> Result<(), LinkError> {
        let mut looks = every(LOOK_EVERY);
        let mut pictures = every(PICTURE_EVERY);
        let mut keeps = every(KEPT_EVERY);
        let mut there = every(THERE_EVERY);
        let mut commands: Option<Subscriber> = None;
        loop {
            if commands.is_none() {
                let subject = subject::acknowledgements_of(&self.node.name);
                commands = self.link.client().subscribe(subject).await.ok();
            }
            tokio::select! {
                _ = looks.tick() => self.look().await,
                Some(arrived) = self.underway.next(), if !self.underway.is_empty() => {
                    self.take(arrived);
                    self.send().await;
                }
                _ = pictures.tick() => self.tell_walls(false).await,
                _ = keeps.tick() => self.keep(),
                _ = there.tick() => self.is_there().await,
                command = next(&mut commands) => match command {
                    Some(message) => self.obey(&message).await,
                    None => commands = None,
                },
            }
        }
    }

    /// Says a sentence, unless it was the last one said.
    fn complain(&mut self, text: &str) {
        if self.told_trouble != text {
            (self.tell)(text);
            text.clone_into(&mut self.told_trouble);
        }
    }

    async fn look(&mut self) {
        if self.waiting.len() < WAITING {
            match tokio::task::block_in_place(|| self.outbox.look()) {
                Ok(news) => self.hear(news),
                Err(error) => self.complain(&format!("the logs cannot be read: {error}")),
            }
        } else {
            self.calls.are_behind(self.outbox.sessions().collect());
        }
        self.ask().await;
        self.send().await;
        if self.calls.has_urgent() {
            self.tell_walls(true).await;
        }
    }

    fn hear(&mut self, news: News) {
        for (name, session) in news.unsure {
            self.held.insert(name.clone());
            self.unasked.push_back((name, session));
        }
        for line in news.lines {
            if line.is_to_tell {
                self.calls.take(&line, self.begun.elapsed());
            }
            self.waiting.push_back(line);
        }
        self.calls.are_behind(news.behind);
        for session in news.abandoned {
            self.calls.end(&session, self.begun.elapsed());
        }
    }

    /// Asks how much of new logs the broker has already.
    async fn ask(&mut self) {
        if self.is_idle() || self.unasked.is_empty() || !self.streams().await {
            return;
        }
        while let Some((name, session)) = self.unasked.pop_front() {
            match streams::stored(&self.link, &self.node.name, &session).await {
                Ok(there) => {
                    if let Some((last, n)) = there
                        && let Err(error) = tokio::task::block_in_place(|| {
                            self.outbox.is_at_broker(&name, &last, n)
                        })
                    {
                        self.complain(&format!("the log {name} cannot be read: {error}"));
                    }
                    self.held.remove(&name);
                }
                Err(reason) => {
                    self.unasked.push_front((name, session));
                    return self.fail(&reason);
                }
            }
        }
    }

    async fn streams(&mut self) -> bool {
        if !self.are_streams_there {
            for name in [streams::EVENTS, streams::LIVE] {
                if let Err(error) = streams::ensure(&self.link, name).await {
                    self.fail(&error.to_string());
                    return false;
                }
            }
            self.are_streams_there = true;
        }
        true
    }

    /// Whether nothing can be sent now.
    fn is_idle(&mut self) -> bool {
        if self.link.trouble().is_some() {
            return true;
        }
        if self.pause_until.is_some_and(|until| Instant::now() < until) {
            return true;
        }
        self.pause_until = None;
        false
    }

    /// Nothing is sent for a while; what is not known to have arrived is sent again then.
    fn fail(&mut self, reason: &str) {
        // What is on its way may arrive or not: sent again, it is known to be the same.
        self.underway = FuturesOrdered::new();
        self.pause_until = Some(Instant::now() + PAUSE);
        self.are_streams_there = false;
        let mut names: HashSet<String> = HashSet::new();
        names.extend(self.waiting.drain(..).map(|line| line.log));
        names.extend(self.sent_logs.drain());
        let is_long_ago = self.arrived.elapsed() > streams::ASKED_AFTER;
        for name in names {
            self.outbox.again(&name);
            // What the broker would no longer know to be the same.
            if is_long_ago
                && let Some(session) = self.outbox.session_of(&name)
                && self.held.insert(name.clone())
            {
                self.unasked.push_back((name, session));
            }
        }
        self.window = (self.window / 2).max(SMALLEST_WINDOW);
        self.complain(reason);
    }

    async fn send(&mut self) {
        if self.is_idle() {
            return;
        }
        let mut held = VecDeque::new();
        while self.underway.len() < self.window
            && let Some(line) = self.waiting.pop_front()
        {
            if self.held.contains(&line.log) {
                held.push_back(line);
                continue;
            }
            if let Err(reason) = self.send_line(line).await {
                self.waiting.append(&mut held);
                return self.fail(&reason);
            }
        }
        held.append(&mut self.waiting);
        self.waiting = held;
    }

    async fn send_line(&mut self, line: Line) -> Result<(), String> {
        let (log, end) = (line.log, line.end);
        self.sent_logs.insert(log.clone());
        let is_to_send = line.is_to_send && !self.outbox.is_there(&log, end);
        let key = self.outbox.key();
        let sent = is_to_send.then(|| outbound(key, &line.session, &line.text, end)).flatten();
        let sent = sent.filter(|sent| sent.body.len() <= LONGEST);
        let Some(sent) = sent else {
            // In its turn, so that what is kept is never ahead of what has arrived.
            self.underway.push_back(Box::pin(async move { (log, end, Ok(())) }));
            return Ok(());
        };
        let message = PublishMessage::build()
            // Two desks may begin the same call in the same second.
            .message_id(format!("{}-{}-{}", self.node.name, line.session, sent.id))
            .payload(sent.body.into());
        let subject = subject::event(&self.node.name, &line.session, &sent.kind);
        let published = self.link.context().send_publish(subject, message).await;
        let arrives = published.map_err(|error| error.to_string())?;
        self.underway.push_back(Box::pin(async move {
            let outcome = arrives.await.map(drop).map_err(|error| streams::why_not(&error));
            (log, end, outcome)
        }));
        Ok(())
    }

    fn take(&mut self, (log, end, arrived): Arrived) {
        match arrived {
            Ok(()) => {
                self.outbox.acked(&log, end);
                self.arrived = Instant::now();
                self.window = (self.window + 1).min(UNDERWAY);
                if !self.told_trouble.is_empty() {
                    self.told_trouble.clear();
                    (self.tell)("facts arrive at the broker again");
                }
            }
            Err(reason) => self.fail(&reason),
        }
    }

    fn keep(&mut self) {
        if self.underway.is_empty() {
            self.sent_logs.clear();
        }
        if let Err(error) = tokio::task::block_in_place(|| self.outbox.save()) {
            self.complain(&format!("how far the logs were sent cannot be kept: {error}"));
        }
    }

    /// Tells walls of the calls that changed, or only of those that cannot wait.
    async fn tell_walls(&mut self, only_urgent: bool) {
        let now = self.begun.elapsed();
        for picture in self.calls.due(only_urgent, now) {
            let subject = subject::live(&self.node.name, &picture.call);
            if self.put(subject, &picture).await {
                self.calls.is_told(picture, now);
            }
        }
        self.calls.tidy(now);
    }

    async fn is_there(&mut self) {
        if self.is_idle() || !self.streams().await {
            return;
        }
        let calls = self.calls.n_under_way(self.begun.elapsed());
        let node = NodePicture { name: self.node.name.clone(), calls, silent_s: None };
        self.put(subject::node(&self.node.name), &node).await;
        self.inbox.clear_stale();
    }

    /// Sends what is lost if nobody is there: the next one comes soon.
    async fn put(&mut self, subject: String, content: &impl Serialize) -> bool {
        if self.link.trouble().is_some() {
            return false;
        }
        let Ok(body) = serde_json::to_vec(content) else { return false };
        self.link.client().publish(subject, body.into()).await.is_ok()
    }

    /// An alert was seen on a wall.
    async fn obey(&mut self, message: &async_nats::Message) {
        let taken = leave_note(message, &self.outbox, &self.inbox);
        // Nobody has this node write to somebody else.
        if let Some(reply) = message.reply.clone().filter(|it| it.starts_with("_INBOX")) {
            let answer = match &taken {
                Ok(()) => "taken",
                Err(reason) => reason.as_str(),
            };
            let _ = self.link.client().publish(reply, answer.to_owned().into()).await;
        }
        if let Err(reason) = taken {
            self.complain(&format!("an acknowledgement from a wall is lost: {reason}"));
        }
    }
}

fn every(period: Duration) -> tokio::time::Interval {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// The next command; never, while there is no subscription.
async fn next(commands: &mut Option<Subscriber>) -> Option<async_nats::Message> {
    match commands {
        Some(commands) => commands.next().await,
        None => std::future::pending().await,
    }
}
