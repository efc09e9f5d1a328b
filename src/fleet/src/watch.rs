//! A wall's part: what all nodes hear now, and what is said back to them.
//!
//! In: messages on `UT_LIVE`. Out: [`Picture`]s of all calls; acknowledgements. Keeps the newest of each call and of each
//! node, and nothing from before.

use crate::acknowledge::Acknowledge;
use crate::link::{Broker, Link, LinkError, Tell};
use crate::{streams, subject};
use async_nats::jetstream::consumer::{DeliverPolicy, push};
use futures_util::StreamExt;
use hearing::stream_time::StreamTime;
use record::wall::{CallPicture, NodePicture, Picture};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// A node says that it is there every three seconds.
const SILENT_AFTER: Duration = Duration::from_secs(10);
/// Calls of a silent node are shown for so long.
const REMEMBERED: Duration = Duration::from_mins(10);
/// A call of which its node says nothing for so long, while it says other things, is no longer there.
const CALL_GONE: Duration = Duration::from_secs(25);
/// Between two tries.
const PAUSE: Duration = Duration::from_secs(1);
/// An acknowledgement is answered within this.
const ANSWERED_WITHIN: Duration = Duration::from_secs(5);

/// What all nodes hear.
#[derive(Clone)]
pub struct Watch {
    link: Arc<OnceLock<Link>>,
    tell: Tell,
    known: Arc<Mutex<Known>>,
    version: Arc<AtomicU64>,
}

/// The newest of all.
#[derive(Default)]
struct Known {
    calls: HashMap<String, (CallPicture, Instant)>,
    nodes: HashMap<String, (NodePicture, Instant)>,
    /// What keeps this from watching.
    trouble: Option<String>,
}

impl Watch {
    /// A watch that has seen nothing yet.
    #[must_use]
    pub fn new(tell: Tell) -> Self {
        Watch { link: Arc::default(), tell, known: Arc::default(), version: Arc::default() }
    }

    /// Watches until the program ends, as soon as there is a broker.
    ///
    /// # Errors
    /// Settings that cannot be used.
    pub async fn run(self, broker: Broker) -> Result<(), LinkError> {
        let link = Link::open_at_last(&broker, &self.tell).await?;
        self.run_over(link).await;
        Ok(())
    }

    /// Watches over this link until the program ends.
    pub async fn run_over(self, link: Link) {
        let link = self.link.get_or_init(|| link);
        loop {
            let reason = self.watch(link).await.err();
            let is_new = {
                let mut known = self.known();
                let is_new = reason.is_some() && known.trouble != reason;
                known.trouble.clone_from(&reason);
                is_new
            };
            if let Some(reason) = reason.filter(|_| is_new) {
                (self.tell)(&reason);
            }
            self.changed();
            sleep(PAUSE).await;
        }
    }

    async fn watch(&self, link: &Link) -> Result<(), String> {
        streams::ensure(link, streams::LIVE).await.map_err(|error| error.to_string())?;
        let refused = |error: &dyn std::fmt::Display| format!("the wall may not watch: {error}");
        let stream = link.context().get_stream_no_info(streams::LIVE).await;
        let stream = stream.map_err(|error| refused(&error))?;
        let consumer = stream
            .create_consumer(push::OrderedConfig {
                deliver_subject: link.client().new_inbox(),
                filter_subject: subject::ALL_LIVE.to_owned(),
                deliver_policy: DeliverPolicy::LastPerSubject,
                ..push::OrderedConfig::default()
            })
            .await
            .map_err(|error| refused(&error))?;
        let mut messages = consumer.messages().await.map_err(|error| refused(&error))?;
        self.known().trouble = None;
        while let Some(message) = messages.next().await {
            let message = message.map_err(|error| format!("the wall sees nothing new: {error}"))?;
            self.take(&message.subject, &message.payload, Instant::now());
        }
        Ok(())
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn changed(&self) {
        self.version.fetch_add(1, Ordering::Relaxed);
    }

    fn take(&self, subject: &str, payload: &[u8], now: Instant) {
        let Some((node, call)) = subject::of_live(subject) else { return };
        self.known().take(node, call, payload, now);
        self.changed();
    }

    /// Changes whenever there is something new.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version.load(Ordering::Relaxed)
    }

    /// Whether there is a broker to send to; it may be away.
    #[must_use]
    pub fn is_linked(&self) -> bool {
        self.link.get().is_some_and(|link| link.trouble().is_none())
    }

    /// What there is to see now.
    #[must_use]
    pub fn picture(&self) -> Picture {
        let mut known = self.known();
        let trouble = match self.link.get() {
            Some(link) => link.trouble().or_else(|| known.trouble.clone()),
            None => Some("no link to the broker yet".to_owned()),
        };
        let mut picture = known.picture(Instant::now(), trouble.is_none());
        picture.warning = trouble.map(|reason| format!("{reason}: what is shown may be old"));
        picture
    }

    /// Tells the call's node that an alert was seen. Whether it was taken is seen in the picture; why not is told.
    pub async fn acknowledge(&self, call: &str, at: StreamTime) {
        let Some((node, of_node)) = call.split_once('.') else { return };
        let Ok(body) = serde_json::to_vec(&Acknowledge { at: at.0 }) else { return };
        let Some(link) = self.link.get() else { return };
        let request = link.client().request(subject::acknowledge(node, of_node), body.into());
        let failure = match tokio::time::timeout(ANSWERED_WITHIN, request).await {
            Ok(Ok(answer)) if answer.payload.as_ref() == b"taken" => return,
            Ok(Ok(answer)) => String::from_utf8_lossy(&answer.payload).into_owned(),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "no answer".to_owned(),
        };
        let failure = record::plain_text::plain_line(&failure, 100);
        (self.tell)(&format!("an acknowledgement did not reach {node}: {failure}"));
    }
}

impl Known {
    fn take(&mut self, node: &str, call: Option<&str>, payload: &[u8], now: Instant) {
        let Some(call) = call else {
            if let Ok(mut picture) = serde_json::from_slice::<NodePicture>(payload) {
                node.clone_into(&mut picture.name);
                self.nodes.insert(node.to_owned(), (picture, now));
            }
            return;
        };
        if let Ok(mut picture) = serde_json::from_slice::<CallPicture>(payload) {
            // Whatever a node says of itself, this is where it came from.
            let name = format!("{node}.{call}");
            picture.node = Some(node.to_owned());
            name.clone_into(&mut picture.call);
            self.calls.insert(name, (picture, now));
        }
    }

    fn picture(&mut self, now: Instant, is_linked: bool) -> Picture {
        // Without a link all nodes are silent, and none of them need be.
        if is_linked {
            self.forget(now);
        }
        let silent_s = |node: &str| {
            let (_, heard) = self.nodes.get(node)?;
            let age = now.saturating_duration_since(*heard);
            (is_linked && age >= SILENT_AFTER).then_some(age.as_secs())
        };
        let calls = self.calls.values().map(|(call, _)| {
            let mut call = call.clone();
            let silent = call.node.as_deref().and_then(silent_s);
            if let Some((node, s)) = call.node.as_ref().zip(silent).filter(|_| !call.is_over()) {
                call.note = Some(format!("{node} is silent for {s} s: this is old"));
            }
            call
        });
        let mut picture = Picture::of(calls.collect());
        picture.nodes = self
            .nodes
            .iter()
            .map(|(name, (node, _))| NodePicture { silent_s: silent_s(name), ..node.clone() })
            .collect();
        picture.nodes.sort_by(|one, other| one.name.cmp(&other.name));
        picture
    }

    fn forget(&mut self, now: Instant) {
        let age = |heard: &Instant| now.saturating_duration_since(*heard);
        self.nodes.retain(|_, (_, heard)| age(heard) < REMEMBERED);
        let nodes = &self.nodes;
        self.calls.retain(|_, (call, heard)| {
            let of_node = call.node.as_ref().and_then(|node| nodes.get(node));
            match of_node {
                Some((_, node_heard)) if age(node_heard) < SILENT_AFTER => age(heard) < CALL_GONE,
                Some(_) => !call.is_over(),
                // A call may be told of before its node.
                None => age(heard) < CALL_GONE,
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(now: char) -> Vec<u8> {
        let call = CallPicture {
            call: "of somebody else".into(),
            node: None,
            label: "line 1".into(),
            length_s: 5,
            now,
            words: "fear 71 %".into(),
            distress: 71,
            note: None,
            timeline: "F".into(),
            alerts: Vec::new(),
        };
        serde_json::to_vec(&call).unwrap()
    }

    fn node() -> Vec<u8> {
        serde_json::to_vec(&NodePicture { name: "x".into(), calls: 1, silent_s: None }).unwrap()
    }

    #[test]
    fn a_silent_node_is_named_and_its_calls_stay_for_a_while() {
        let (mut known, begin) = (Known::default(), Instant::now());
        known.take("desk-1", None, &node(), begin);
        known.take("desk-1", Some("ab-0"), &call('F'), begin);
        let picture = known.picture(begin + Duration::from_secs(9), true);
        assert_eq!((picture.nodes[0].silent_s, &picture.calls[0].note), (None, &None));
        let picture = known.picture(begin + Duration::from_secs(40), true);
        assert_eq!(picture.nodes[0].silent_s, Some(40));
        let note = picture.calls[0].note.as_deref();
        assert_eq!(note, Some("desk-1 is silent for 40 s: this is old"));
        assert!(known.picture(begin + REMEMBERED, true).calls.is_empty());
    }

    #[test]
    fn a_call_of_which_a_node_speaks_no_longer_goes() {
        let (mut known, begin) = (Known::default(), Instant::now());
        known.take("desk-1", Some("ab-0"), &call('F'), begin);
        known.take("desk-1", None, &node(), begin + Duration::from_secs(20));
        assert_eq!(known.picture(begin + Duration::from_secs(20), true).calls.len(), 1);
        known.take("desk-1", None, &node(), begin + CALL_GONE);
        assert!(known.picture(begin + CALL_GONE, true).calls.is_empty());
    }

    #[test]
    fn without_a_link_nothing_is_forgotten_and_nobody_is_called_silent() {
        let (mut known, begin) = (Known::default(), Instant::now());
        known.take("desk-1", None, &node(), begin);
        known.take("desk-1", Some("ab-0"), &call('F'), begin);
        let picture = known.picture(begin + Duration::from_hours(1), false);
        assert_eq!((picture.calls.len(), picture.nodes[0].silent_s), (1, None));
    }

    #[test]
    fn whose_a_call_is_says_the_subject_and_not_the_message() {
        let (mut known, now) = (Known::default(), Instant::now());
        known.take("desk-2", Some("ab-0"), &call('F'), now);
        known.take("desk-2", Some("cd-0"), b"{\"call\":1}", now);
        known.take("desk-2", None, b"[]", now);
        let picture = known.picture(now, true);
        assert_eq!(picture.calls.len(), 1);
        assert_eq!(picture.calls[0].call, "desk-2.ab-0");
        assert_eq!(picture.calls[0].node.as_deref(), Some("desk-2"));
        assert!(picture.nodes.is_empty());
    }
}
