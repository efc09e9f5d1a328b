//! A stream over WebSocket, from its request to its end.
//!
//! In: a request that was proven. Out: a call. A peer that never reads what is sent back is closed after 5 s.

use super::TICK;
use crate::config::{Family, StreamSection};
use crate::hub::{Connection, Hub};
use crate::legs::Counting;
use crate::protocol::audiohook::{AudioHook, SessionHeaders};
use crate::protocol::l16::{L16, L16Settings};
use crate::protocol::twilio::{Twilio, TwilioSettings};
use crate::protocol::{Incoming, Protocol, Refusal, Reply};
use crate::session::{Close, Session};
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::http::HeaderMap;
use axum::response::Response;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::{MissedTickBehavior, interval, timeout};

/// What one message may hold.
const MAX_MESSAGE: usize = 96 * 1024;
/// Pings between two looks at the clock.
const MOST_PINGS: u32 = 20;
/// A peer that does not read what is sent to it, such as answers to its pings, may leave so much unread.
const MOST_UNREAD: usize = 64 * 1024;
/// Sound and short texts: 128 KB a connection otherwise.
const BUFFER: usize = 4_096;
/// A peer reads what is sent within this.
const SEND_WITHIN: Duration = Duration::from_secs(5);
/// After the call's end it closes within this, or we do.
const CLOSE_WITHIN: Duration = Duration::from_secs(2);

/// The protocol of a stream, for one connection; `call` names the call where the peer does not.
#[must_use]
pub fn protocol_of(
    section: &StreamSection,
    headers: &HeaderMap,
    call: String,
) -> (Box<dyn Protocol>, Counting) {
    let text = |name: &str| {
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    match section.protocol.family() {
        Family::L16(dialect) => {
            let (rate_hz, channels) = (section.rate_hz, section.channels());
            let settings = L16Settings { dialect, rate_hz, channels, call };
            (Box::new(L16::new(settings)), Counting::None)
        }
        Family::Twilio(dialect) => {
            let settings = TwilioSettings { dialect, caller_track: section.caller_track };
            (Box::new(Twilio::new(settings)), Counting::Shared)
        }
        Family::AudioHook => {
            let headers = SessionHeaders {
                organization_id: text("audiohook-organization-id"),
                session_id: text("audiohook-session-id"),
            };
            // What was left out is told by messages, and pauses are measured by our clock.
            (Box::new(AudioHook::new(headers)), Counting::Told)
        }
    }
}

/// Answers the request, and carries the call.
pub fn upgrade(
    request: WebSocketUpgrade,
    section: &StreamSection,
    headers: &HeaderMap,
    call: String,
    hub: Arc<Hub>,
    connection: Connection,
) -> Response {
    let (protocol, counting) = protocol_of(section, headers, call);
    let word = section.protocol.word();
    let offered = section.protocol.family().subprotocol();
    request
        .protocols(offered)
        .read_buffer_size(BUFFER)
        .write_buffer_size(BUFFER)
        .max_write_buffer_size(MOST_UNREAD)
        .max_message_size(MAX_MESSAGE)
        .max_frame_size(MAX_MESSAGE)
        .on_upgrade(move |socket| async move {
            let session = Session::new(hub, word, protocol, counting, Instant::now());
            carry(socket, session).await;
            drop(connection);
        })
}

async fn carry(mut socket: WebSocket, mut session: Session) {
    let why = hear(&mut socket, &mut session).await;
    let _ = send_replies(&mut socket, &mut session).await;
    session.end(why, Instant::now());
    if why == Close::Over {
        // The telephone system closes, once it has our last word.
        let closed = async { while let Some(Ok(_)) = socket.recv().await {} };
        if timeout(CLOSE_WITHIN, closed).await.is_ok() {
            return;
        }
    }
    let frame = CloseFrame { code: why.code(), reason: why.to_string().into() };
    let _ = timeout(SEND_WITHIN, socket.send(Message::Close(Some(frame)))).await;
    // The peer's own close frame, so that ours is not lost in a reset.
    let _ = timeout(SEND_WITHIN, async { while let Some(Ok(_)) = socket.recv().await {} }).await;
}

async fn hear(socket: &mut WebSocket, session: &mut Session) -> Close {
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut n_pings = 0;
    loop {
        let now = Instant::now;
        let done = tokio::select! {
            message = socket.recv() => match message {
                Some(Ok(Message::Text(text))) => session.hear(Incoming::Text(&text), now()),
                Some(Ok(Message::Binary(bytes))) => session.hear(Incoming::Binary(&bytes), now()),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {
                    n_pings += 1;
                    if n_pings > MOST_PINGS {
                        return Close::Refused(Refusal::TooLarge("pings"));
                    }
                    Ok(())
                }
                Some(Ok(Message::Close(_))) | None => return Close::Over,
                Some(Err(_)) => return Close::Broken,
            },
            _ = ticks.tick() => {
                n_pings = 0;
                session.tick(now())
            }
        };
        if let Err(why) = done {
            return why;
        }
        if send_replies(socket, session).await.is_none() {
            return Close::Idle;
        }
    }
}

/// Sends what is to be sent back; none where the peer does not take it.
async fn send_replies(socket: &mut WebSocket, session: &mut Session) -> Option<()> {
    for reply in session.take_replies() {
        let message = match reply {
            Reply::Text(text) => Message::Text(text.into()),
            Reply::Binary(bytes) => Message::Binary(bytes.into()),
        };
        timeout(SEND_WITHIN, socket.send(message)).await.ok()?.ok()?;
    }
    Some(())
}
