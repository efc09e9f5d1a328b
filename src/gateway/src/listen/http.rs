//! The HTTP server: each stream's path, health and counts, with or without TLS.
//!
//! In: connections. Out: calls and answers. A peer that does not finish its request within 5 s is closed.

use super::proof::Proof;
use super::tls::Tls;
use super::{control, websocket};
use crate::config::StreamSection;
use crate::hub::Hub;
use crate::log::log;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{Extension, Request};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hyper::server::conn::http1::Builder;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use serde_json::json;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

/// A request's head, its body, and a TLS handshake, are done within this.
const HEAD_WITHIN: Duration = Duration::from_secs(5);
/// Nobody has to send more than a label, a token or a place.
const MAX_BODY: usize = 16 * 1024;
/// Whoever guesses waits this long for each answer.
pub const REFUSED_AFTER: Duration = Duration::from_millis(500);
/// After a failure to accept, such as too many open files.
const PAUSE: Duration = Duration::from_secs(1);

/// Who asks.
#[derive(Clone, Copy)]
struct Peer(IpAddr);

/// All addresses.
///
/// # Errors
/// A sentence: keys of a stream that are none.
pub fn router(hub: &Arc<Hub>) -> Result<Router, String> {
    let mut router = control::router(hub);
    for section in &hub.config().stream {
        let proof = Proof::new(section, hub.config().http.public_url.as_deref())?;
        let stream = Arc::new(Stream { hub: Arc::clone(hub), section: section.clone(), proof });
        let answer =
            move |Extension(peer): Extension<Peer>,
                  uri: Uri,
                  headers: HeaderMap,
                  upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>| {
                let stream = Arc::clone(&stream);
                async move { stream.answer(peer, &uri, &headers, upgrade.ok()).await }
            };
        router = router.route(&section.path, get(answer));
    }
    Ok(router)
}

/// A request of which the rest does not come is ended, as one whose head does not come.
async fn whole_in_time(request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    match timeout(HEAD_WITHIN, to_bytes(body, MAX_BODY)).await {
        Ok(Ok(body)) => next.run(Request::from_parts(head, Body::from(body))).await,
        Ok(Err(_)) => StatusCode::PAYLOAD_TOO_LARGE.into_response(),
        Err(_) => StatusCode::REQUEST_TIMEOUT.into_response(),
    }
}

/// One stream's address.
struct Stream {
    hub: Arc<Hub>,
    section: StreamSection,
    proof: Proof,
}

impl Stream {
    async fn answer(
        &self,
        Peer(peer): Peer,
        uri: &Uri,
        headers: &HeaderMap,
        upgrade: Option<WebSocketUpgrade>,
    ) -> Response {
        if !self.proof.accepts(headers, uri, peer) {
            self.hub.metrics().fails_auth();
            tokio::time::sleep(REFUSED_AFTER).await;
            return StatusCode::UNAUTHORIZED.into_response();
        }
        let Some(upgrade) = upgrade else {
            return (StatusCode::UPGRADE_REQUIRED, "a WebSocket is expected here\n")
                .into_response();
        };
        let named = call_of(uri);
        let key = named.as_ref().map(|name| format!("{}:{name}", self.section.protocol.word()));
        let goes_on = key.is_some_and(|key| self.hub.goes_on(&key));
        if let Err(reason) = self.hub.may_take()
            && !goes_on
        {
            self.hub.metrics().refuses(reason.word());
            return (StatusCode::SERVICE_UNAVAILABLE, format!("{reason}\n")).into_response();
        }
        let Some(connection) = self.hub.connection(peer) else {
            return (StatusCode::SERVICE_UNAVAILABLE, "too many connections\n").into_response();
        };
        let call = named.unwrap_or_else(|| format!("{:016x}", rand::random::<u64>()));
        let hub = Arc::clone(&self.hub);
        websocket::upgrade(upgrade, &self.section, headers, call, hub, connection)
    }
}

/// The call that an address names: `?call=NAME`, of letters, digits, `-`, `_` and `.`.
fn call_of(uri: &Uri) -> Option<String> {
    let name = uri.query()?.split('&').find_map(|pair| pair.strip_prefix("call="))?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    (!name.is_empty() && name.len() <= 100 && name.chars().all(is_plain)).then(|| name.to_owned())
}

/// Takes connections until the program ends.
pub async fn serve(listener: TcpListener, router: Router, tls: Option<Arc<Tls>>, hub: Arc<Hub>) {
    let router = router.layer(middleware::from_fn(whole_in_time));
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                let (router, tls, hub) = (router.clone(), tls.clone(), Arc::clone(&hub));
                tokio::spawn(greet(stream, peer, router, tls, hub));
            }
            Err(error) => {
                log("accept_failed", &json!({ "reason": error.to_string() }));
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

async fn greet(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    tls: Option<Arc<Tls>>,
    hub: Arc<Hub>,
) {
    let address = peer.ip().to_canonical();
    // Until the request is answered; a stream has a connection of its own.
    let Some(connection) = hub.connection(address) else { return };
    let _ = stream.set_nodelay(true);
    let router = router.layer(Extension(Peer(address)));
    match tls {
        None => answer(stream, router).await,
        Some(tls) => {
            if let Ok(Ok(stream)) = timeout(HEAD_WITHIN, tls.acceptor().accept(stream)).await {
                answer(stream, router).await;
            }
        }
    }
    drop(connection);
}

async fn answer(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, router: Router) {
    let mut server = Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(HEAD_WITHIN).max_buf_size(16 * 1024);
    let service = TowerToHyperService::new(router);
    // A peer that breaks off says nothing that is to be kept.
    let _ = server.serve_connection(TokioIo::new(stream), service).with_upgrades().await;
}
