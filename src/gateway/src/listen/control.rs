//! Health, counts, and what may be done to a call over HTTP.
//!
//! In: requests. Out: states in words, counts as text, and orders for the engine. Without a token in the settings nobody may
//! do anything to a call.

use crate::hub::Hub;
use crate::room::{CallId, Order};
use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::json;
use std::sync::Arc;

/// The addresses of every gateway, and those of calls where there is a token.
pub fn router(hub: &Arc<Hub>) -> Router {
    let open = Router::new()
        .route("/healthz", get(health))
        .route("/readyz", get(readiness))
        .route("/metrics", get(metrics));
    let calls = Router::new()
        .route("/calls", get(list))
        .route("/calls/{key}/notice", post(notice))
        .route("/calls/{key}/mute", post(mute))
        .route("/calls/{key}/unmute", post(unmute))
        .route("/calls/{key}/label", post(rename))
        .route_layer(middleware::from_fn_with_state(Arc::clone(hub), only_with_token));
    let all = if hub.config().http.control_token.is_some() { open.merge(calls) } else { open };
    all.with_state(Arc::clone(hub))
}

/// Alive: the engine hears.
async fn health(State(hub): State<Arc<Hub>>) -> Response {
    if hub.room().is_alive() {
        "ok\n".into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "the engine has stopped\n").into_response()
    }
}

/// Ready: a call would be taken.
async fn readiness(State(hub): State<Arc<Hub>>) -> Response {
    match hub.may_take() {
        Ok(()) => "ready\n".into_response(),
        Err(reason) => (StatusCode::SERVICE_UNAVAILABLE, format!("{reason}\n")).into_response(),
    }
}

async fn metrics(State(hub): State<Arc<Hub>>) -> Response {
    let load = hub.room().load();
    hub.metrics().set_engine(load.delays_ms(), load.backlog(), load.readings());
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], hub.metrics().text()).into_response()
}

async fn only_with_token(State(hub): State<Arc<Hub>>, request: Request, next: Next) -> Response {
    let given = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let token = hub.config().http.control_token.as_ref();
    let may = token.zip(given).is_some_and(|(token, given)| token.is(given.trim().as_bytes()));
    if may {
        return next.run(request).await;
    }
    hub.metrics().fails_auth();
    StatusCode::UNAUTHORIZED.into_response()
}

async fn list(State(hub): State<Arc<Hub>>) -> Response {
    let calls: Vec<_> = hub
        .list()
        .into_iter()
        .map(|call| json!({ "call": call.key, "protocol": call.protocol }))
        .collect();
    axum::Json(calls).into_response()
}

/// The caller was told what has to be told.
async fn notice(State(hub): State<Arc<Hub>>, Path(key): Path<String>) -> StatusCode {
    ask(&hub, &key, Order::Notice)
}

/// Nobody may listen.
async fn mute(State(hub): State<Arc<Hub>>, Path(key): Path<String>) -> StatusCode {
    ask(&hub, &key, |id| Order::Mute(id, true))
}

/// Somebody may listen again.
async fn unmute(State(hub): State<Arc<Hub>>, Path(key): Path<String>) -> StatusCode {
    ask(&hub, &key, |id| Order::Mute(id, false))
}

/// The call is called as the request's text says: never by a person's number.
async fn rename(State(hub): State<Arc<Hub>>, Path(key): Path<String>, label: String) -> StatusCode {
    let label = record::plain_text::plain_line(label.trim(), 40);
    if label.is_empty() {
        return StatusCode::BAD_REQUEST;
    }
    ask(&hub, &key, |id| Order::Rename(id, label))
}

fn ask(hub: &Hub, key: &str, order: impl FnOnce(CallId) -> Order) -> StatusCode {
    if hub.order(key, order) { StatusCode::NO_CONTENT } else { StatusCode::NOT_FOUND }
}
