//! SIPREC over UDP and TCP: one task for all of SIP, one a stream of RTP.
//!
//! ```text
//!  SIP (UDP, TCP) ─► this task: recorder ─► actions ─► calls that begin, change and end
//!                                                       └─► media: a task a stream ─► call
//! ```
//!
//! In: datagrams and connections. Out: calls. Keeps the calls under way with their streams.

mod media;
mod peers;

use super::TICK;
use crate::config::SiprecSection;
use crate::hub::{Attached, Hub, unpoisoned};
use crate::legs::Counting;
use crate::log::log;
use crate::protocol::{Begin, Side, Sides};
use crate::session::Close;
use crate::siprec::recorder::{Recorder, Settings};
use crate::siprec::{Action, StreamOffer};
use media::Media;
use peers::Peers;
use serde_json::json;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::time::{MissedTickBehavior, interval};

/// A SIP message in one datagram.
const MAX_DATAGRAM: usize = 65_535;
/// RTP is G.711 alone.
const RATE_HZ: u32 = 8_000;

/// A call, and what is heard of it.
struct Recorded {
    attached: Attached,
    streams: Vec<Media>,
    /// While no stream is sent nobody may listen.
    is_paused: bool,
}

impl Recorded {
    /// One side on hold leaves the other one heard.
    fn pause_or_resume(&mut self, now: Instant) {
        let is_paused = !self.streams.iter().any(Media::sends);
        if std::mem::replace(&mut self.is_paused, is_paused) == is_paused {
            return;
        }
        let mut call = unpoisoned(&self.attached.call);
        if is_paused { call.pause(now) } else { call.resume(None, now) }
    }
}

/// All of SIPREC.
struct Server {
    section: SiprecSection,
    hub: Arc<Hub>,
    recorder: Recorder,
    peers: Peers,
    calls: HashMap<String, Recorded>,
    begun: Instant,
}

/// Serves until the program ends.
///
/// # Errors
/// When an address cannot be listened on.
pub async fn serve(
    section: SiprecSection,
    hub: Arc<Hub>,
) -> std::io::Result<impl Future<Output = ()>> {
    let udp = Arc::new(UdpSocket::bind(section.listen).await?);
    let tcp = TcpListener::bind(section.listen).await?;
    let recorder = Recorder::new(Settings {
        contact: section.contact(),
        media: section.media(),
        ports: section.even_ports(),
        own_numbers: section.own_numbers.clone(),
        seed: rand::random(),
    });
    let peers = Peers::new(Arc::clone(&udp));
    let calls = HashMap::new();
    let server = Server { section, hub, recorder, peers, calls, begun: Instant::now() };
    Ok(server.run(udp, tcp))
}

impl Server {
    async fn run(mut self, udp: Arc<UdpSocket>, tcp: TcpListener) {
        let mut datagram = vec![0; MAX_DATAGRAM];
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                got = udp.recv_from(&mut datagram) => {
                    let Ok((n, from)) = got else { continue };
                    if self.section.allow.allows(from.ip()) {
                        self.hear(&datagram[..n], from).await;
                    } else {
                        self.hub.metrics().fails_auth();
                    }
                }
                accepted = tcp.accept() => {
                    match accepted {
                        Ok((stream, from)) => self.accept(stream, from),
                        // Such as too many open files.
                        Err(_) => tokio::time::sleep(TICK).await,
                    }
                }
                Some((message, from)) = self.peers.next() => self.hear(&message, from).await,
                _ = ticks.tick() => self.tick().await,
            }
        }
    }

    fn accept(&mut self, stream: TcpStream, from: std::net::SocketAddr) {
        if !self.section.allow.allows(from.ip()) {
            self.hub.metrics().fails_auth();
        } else if let Some(connection) = self.hub.connection(from.ip().to_canonical()) {
            self.peers.connect(stream, from, connection);
        }
    }

    async fn hear(&mut self, message: &[u8], from: std::net::SocketAddr) {
        self.recorder.set_draining(self.hub.is_draining());
        self.recorder.set_full(self.hub.may_take().is_err());
        let actions = self.recorder.hear(message, from, self.begun.elapsed());
        self.carry_out(actions).await;
    }

    async fn tick(&mut self) {
        let actions = self.recorder.tick(self.begun.elapsed());
        self.carry_out(actions).await;
        let now = Instant::now();
        let idle = Duration::from_secs(self.hub.config().limits.idle_s);
        let is_cut_off = self.hub.is_cut_off();
        let mut over = Vec::new();
        for (key, call) in &mut self.calls {
            unpoisoned(&call.attached.call).tick(now);
            let some_send = call.streams.iter().any(Media::sends);
            let mut streams = call.streams.iter().filter(|media| media.sends() || !some_send);
            if is_cut_off || streams.all(|media| media.is_idle(now, idle)) {
                over.push(key.clone());
            }
        }
        for key in over {
            let why = if is_cut_off { Close::Drained } else { Close::Idle };
            self.end(&key, why);
            let actions = self.recorder.hang_up(&key, self.begun.elapsed());
            self.carry_out(actions).await;
        }
    }

    async fn carry_out(&mut self, actions: Vec<Action>) {
        // A call whose ports cannot be opened is hung up, which gives more to do.
        let mut actions = std::collections::VecDeque::from(actions);
        while let Some(action) = actions.pop_front() {
            match action {
                Action::Send { to, bytes } => self.peers.send(to, bytes).await,
                Action::Begin { call, streams, trouble } => {
                    if let Some(trouble) = trouble {
                        self.hub.metrics().hears_nonsense(trouble.word());
                    }
                    if !self.begin(&call, &streams).await {
                        actions.extend(self.recorder.hang_up(&call, self.begun.elapsed()));
                    }
                }
                Action::Change { call, streams, trouble } => {
                    if let Some(trouble) = trouble {
                        self.hub.metrics().hears_nonsense(trouble.word());
                    }
                    self.change(&call, &streams).await;
                }
                Action::End { call } => self.end(&call, Close::Over),
                Action::Refused(reason) => self.hub.metrics().refuses(reason),
            }
        }
    }

    /// Whether the call is heard from now on.
    async fn begin(&mut self, key: &str, streams: &[StreamOffer]) -> bool {
        let begin = Begin {
            key: key.to_owned(),
            rate_hz: RATE_HZ,
            sides: sides_of(streams),
            parameters: Vec::new(),
        };
        let attached = match self.hub.begin(begin, "siprec", Counting::Apart, Instant::now()) {
            Ok(attached) => attached,
            Err(reason) => {
                self.hub.metrics().refuses(reason.word());
                return false;
            }
        };
        let call = Recorded { attached, streams: Vec::new(), is_paused: false };
        self.calls.insert(key.to_owned(), call);
        self.change(key, streams).await;
        let is_whole =
            self.calls.get(key).is_some_and(|call| call.streams.len() == heard(streams).count());
        if !is_whole {
            self.end(key, Close::Over);
        }
        is_whole
    }

    /// The call goes on with these streams alone.
    async fn change(&mut self, key: &str, streams: &[StreamOffer]) {
        let (media, allow) = (self.section.media(), &self.section.allow);
        let Some(call) = self.calls.get_mut(key) else { return };
        let stays = |media: &Media| heard(streams).any(|offer| offer.port == media.port());
        call.streams.retain(stays);
        for offer in heard(streams) {
            if let Some(going_on) = call.streams.iter().find(|media| media.port() == offer.port) {
                going_on.change(offer);
                continue;
            }
            match Media::open(media, offer, allow, Arc::clone(&call.attached.call)).await {
                Ok(opened) => call.streams.push(opened),
                Err(reason) => {
                    let reason = reason.to_string();
                    log("port_not_open", &json!({ "port": offer.port, "reason": reason }));
                }
            }
        }
        call.pause_or_resume(Instant::now());
    }

    fn end(&mut self, key: &str, why: Close) {
        if let Some(call) = self.calls.remove(key) {
            for media in &call.streams {
                media.count(self.hub.metrics());
            }
            drop(call.streams);
            self.hub.end(&call.attached, Instant::now(), why.cut());
        }
    }
}

/// Which sides the streams are.
fn sides_of(streams: &[StreamOffer]) -> Sides {
    let has = |side: Side| streams.iter().any(|offer| offer.side == side);
    match (has(Side::Caller), has(Side::Operator)) {
        (_, true) => Sides::Apart,
        (true, false) => Sides::Caller,
        (false, false) => Sides::Unknown,
    }
}

/// The streams that are heard: where nobody knows whose they are, one of them tells that somebody talks.
fn heard(streams: &[StreamOffer]) -> impl Iterator<Item = &StreamOffer> {
    let is_known = sides_of(streams) != Sides::Unknown;
    let first = streams.first().map(|offer| offer.port);
    streams.iter().filter(move |offer| {
        if is_known { offer.side != Side::Unknown } else { Some(offer.port) == first }
    })
}
