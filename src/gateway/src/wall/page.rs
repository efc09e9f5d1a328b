//! The wall's addresses: the page, its stream of pictures, and what may be done from it.
//!
//! In: requests. Out: answers; twice a second a picture, the same text for all who watch. Who reads slowly gets the newest
//! picture, and none is kept for them. Each picture is whole, so a page that comes back goes on with the next one.

use super::access::{Access, is_same_origin};
use super::shown::Shown;
use crate::hub::Hub;
use crate::listen::http::REFUSED_AFTER;
use crate::log::log;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures_util::stream::{self, Stream};
use hearing::stream_time::StreamTime;
use record::wall::picture::colours;
use serde::Deserialize;
use serde_json::json;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, sleep};

/// What a page is told whose origin is not the host that was asked.
const FOREIGN: &str = "this page was asked for under another name: a proxy in front has to leave the Host header as it is";
const PAGE: &str = include_str!("wall.html");
const STYLE: &str = include_str!("wall.css");
const SCRIPT: &str = include_str!("wall.js");
const ICON: &str = include_str!("icon.svg");

/// How often there is a new picture, where anything happened.
const PICTURE_EVERY: Duration = Duration::from_millis(500);
/// Calls that are over go by themselves.
const REDRAWN_AFTER: Duration = Duration::from_secs(5);
/// Proxies close streams on which nothing comes for long.
const COMMENT_EVERY: Duration = Duration::from_secs(10);
/// What is sent to the wall is a token, or a time.
const MOST_BYTES: usize = 1_024;

/// Nothing comes from elsewhere, nothing goes elsewhere, and no other page may show this one.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

struct Wall {
    hub: Arc<Hub>,
    access: Access,
    shown: Arc<dyn Shown>,
    pictures: watch::Receiver<Arc<str>>,
}

/// The addresses below `/wall`.
///
/// # Errors
/// A sentence: a setting that cannot be.
pub fn router(hub: &Arc<Hub>, shown: Arc<dyn Shown>) -> Result<Router, String> {
    let Some(section) = &hub.config().wall else { return Ok(Router::new()) };
    let http = &hub.config().http;
    let access = Access::new(section, http.certificate.is_some() || http.behind_proxy)?;
    let (sender, pictures) = watch::channel(Arc::from(""));
    tokio::spawn(draw(Arc::clone(&shown), sender));
    let wall = Arc::new(Wall { hub: Arc::clone(hub), access, shown, pictures });
    let closed = Router::new()
        .route("/wall/pictures", get(watch_pictures))
        .route("/wall/may", get(|| async { StatusCode::NO_CONTENT }))
        .route("/wall/calls/{call}/acknowledge", post(acknowledge))
        .route_layer(middleware::from_fn_with_state(Arc::clone(&wall), only_who_may));
    let open = Router::new()
        .route("/wall", get(|| async { file("text/html; charset=utf-8", PAGE) }))
        .route("/wall/wall.css", get(|| async { file("text/css; charset=utf-8", STYLE) }))
        .route("/wall/wall.js", get(|| async { file("text/javascript; charset=utf-8", SCRIPT) }))
        .route("/wall/colours.css", get(|| async { file("text/css; charset=utf-8", &colours()) }))
        .route("/wall/icon.svg", get(|| async { file("image/svg+xml", ICON) }))
        .route("/wall/login", post(log_in));
    Ok(open
        .merge(closed)
        .layer(DefaultBodyLimit::max(MOST_BYTES))
        .layer(middleware::map_response(guarded))
        .with_state(wall))
}

/// Draws a picture whenever something happened, as long as anybody watches.
async fn draw(shown: Arc<dyn Shown>, pictures: watch::Sender<Arc<str>>) {
    let mut ticks = interval(PICTURE_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut drawn, mut drawn_at, mut n_before) = (None, Instant::now(), 0);
    loop {
        ticks.tick().await;
        // One receiver is the wall's own.
        let n_watching = pictures.receiver_count().saturating_sub(1);
        let has_come = n_watching > std::mem::replace(&mut n_before, n_watching);
        let version = shown.version();
        let is_new = drawn != Some(version) || drawn_at.elapsed() > REDRAWN_AFTER;
        let picture = (n_watching > 0 && (is_new || has_come)).then(|| {
            (drawn, drawn_at) = (Some(version), Instant::now());
            shown.picture()
        });
        if let Some(text) = picture.and_then(|picture| serde_json::to_string(&picture).ok()) {
            pictures.send_replace(Arc::from(text));
        }
    }
}

async fn watch_pictures(
    State(wall): State<Arc<Wall>>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let mut pictures = wall.pictures.clone();
    // What was drawn before anybody watched may be old: the next one is new.
    pictures.mark_unchanged();
    let next = stream::unfold(pictures, |mut pictures| async move {
        pictures.changed().await.ok()?;
        let text = pictures.borrow_and_update().to_string();
        Some((Ok(Event::default().event("picture").data(text)), pictures))
    });
    Sse::new(next).keep_alive(KeepAlive::new().interval(COMMENT_EVERY))
}

#[derive(Deserialize)]
struct Login {
    token: String,
}

async fn log_in(State(wall): State<Arc<Wall>>, headers: HeaderMap, body: Bytes) -> Response {
    if !is_same_origin(&headers) {
        return foreign();
    }
    let cookie = serde_json::from_slice::<Login>(&body)
        .ok()
        .and_then(|login| wall.access.log_in(&login.token, Instant::now()))
        .and_then(|cookie| HeaderValue::from_str(&cookie).ok());
    if let Some(cookie) = cookie {
        return (StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response();
    }
    wall.hub.metrics().fails_auth();
    sleep(REFUSED_AFTER).await;
    StatusCode::UNAUTHORIZED.into_response()
}

#[derive(Deserialize)]
struct Seen {
    /// When the alert was, in samples of the call.
    at: u64,
}

/// The alert was seen. The call's log has it first, and the next picture after that.
async fn acknowledge(
    State(wall): State<Arc<Wall>>,
    Path(call): Path<String>,
    headers: HeaderMap,
    Json(seen): Json<Seen>,
) -> Response {
    if !is_same_origin(&headers) {
        return foreign();
    }
    let is_sent = wall.shown.acknowledge(&call, StreamTime(seen.at));
    if is_sent { StatusCode::ACCEPTED } else { StatusCode::NOT_FOUND }.into_response()
}

/// Another site's page asked, or a proxy in front changed the name that the browser asked for.
fn foreign() -> Response {
    log("foreign_origin", &json!({ "text": FOREIGN }));
    (StatusCode::FORBIDDEN, format!("{FOREIGN}\n")).into_response()
}

async fn only_who_may(State(wall): State<Arc<Wall>>, request: Request, next: Next) -> Response {
    if wall.access.allows(request.headers(), Instant::now()) {
        return next.run(request).await;
    }
    StatusCode::UNAUTHORIZED.into_response()
}

fn file(kind: &'static str, text: &str) -> Response {
    ([(header::CONTENT_TYPE, kind)], text.to_owned()).into_response()
}

/// What every answer of the wall says to the browser.
async fn guarded(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
