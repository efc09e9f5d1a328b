//! What a monitoring system asks for at `/metrics`, in the OpenMetrics text format.
//!
//! In: what happens. Out: counts and states. No label names a call or a person.

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

/// A protocol.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByProtocol {
    protocol: &'static str,
}

/// A protocol, and how a call over it ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByResult {
    protocol: &'static str,
    result: &'static str,
}

/// Why something was refused.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByReason {
    reason: &'static str,
}

/// A share of the readings.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByQuantile {
    quantile: &'static str,
}

type Seconds = Gauge<f64, AtomicU64>;

/// All counts.
#[derive(Default)]
pub struct Metrics {
    calls_active: Family<ByProtocol, Gauge>,
    calls: Family<ByResult, Counter>,
    refused: Family<ByReason, Counter>,
    malformed: Family<ByReason, Counter>,
    auth_failures: Counter,
    packets_lost: Counter,
    packets_late: Counter,
    gap_seconds: Counter<f64, AtomicU64>,
    drift: Seconds,
    delay: Family<ByQuantile, Seconds>,
    backlog: Seconds,
    readings: Gauge,
    connections: Gauge,
    draining: Gauge,
}

impl Metrics {
    /// A call began.
    pub fn begins(&self, protocol: &'static str) {
        self.calls_active.get_or_create(&ByProtocol { protocol }).inc();
    }

    /// A call ended so.
    pub fn ends(&self, protocol: &'static str, result: &'static str) {
        self.calls_active.get_or_create(&ByProtocol { protocol }).dec();
        self.calls.get_or_create(&ByResult { protocol, result }).inc();
    }

    /// A call was not taken.
    pub fn refuses(&self, reason: &'static str) {
        self.refused.get_or_create(&ByReason { reason }).inc();
    }

    /// A peer said what the protocol does not have.
    pub fn hears_nonsense(&self, reason: &'static str) {
        self.malformed.get_or_create(&ByReason { reason }).inc();
    }

    /// Somebody could not prove who they are.
    pub fn fails_auth(&self) {
        self.auth_failures.inc();
    }

    /// So much of a call was lost, in so many gaps.
    pub fn loses(&self, n_gaps: u64, length: Duration) {
        self.packets_lost.inc_by(n_gaps);
        self.gap_seconds.inc_by(length.as_secs_f64());
    }

    /// So many pieces came too late, or twice.
    pub fn come_late(&self, n: u64) {
        self.packets_late.inc_by(n);
    }

    /// The sides of a call are so far apart.
    pub fn drifts(&self, apart: Duration) {
        self.drift.set(apart.as_secs_f64());
    }

    /// A connection opens, or closes.
    pub fn connects(&self, n: i64) {
        self.connections.inc_by(n);
    }

    /// No new calls are taken any more.
    pub fn drains(&self) {
        self.draining.set(1);
    }

    /// The engine's state: delays of readings up to here in milliseconds (50, 95 and 99 of 100), what waits, and how many
    /// readings there were.
    pub fn set_engine(&self, delays_ms: [Option<f64>; 3], backlog: Duration, readings: u64) {
        for (quantile, delay_ms) in ["0.5", "0.95", "0.99"].into_iter().zip(delays_ms) {
            if let Some(delay_ms) = delay_ms {
                self.delay.get_or_create(&ByQuantile { quantile }).set(delay_ms / 1_000.0);
            }
        }
        self.backlog.set(backlog.as_secs_f64());
        self.readings.set(i64::try_from(readings).unwrap_or(i64::MAX));
    }

    /// All of it as text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut registry = Registry::with_prefix("undertone_gateway");
        let all = &mut registry;
        all.register("calls_active", "calls under way", self.calls_active.clone());
        all.register("calls", "calls that ended", self.calls.clone());
        all.register("calls_refused", "calls that were not taken", self.refused.clone());
        all.register("messages_refused", "what no protocol has", self.malformed.clone());
        all.register("auth_failures", "proofs that failed", self.auth_failures.clone());
        all.register("packets_lost", "gaps in calls", self.packets_lost.clone());
        all.register("packets_late", "pieces too late, or twice", self.packets_late.clone());
        all.register("gap_seconds", "sound that was lost", self.gap_seconds.clone());
        all.register("track_drift_seconds", "sides apart, last told", self.drift.clone());
        all.register("reading_delay_seconds", "from sound to log", self.delay.clone());
        all.register(
            "backlog_seconds",
            "sound that waits, of the worst call",
            self.backlog.clone(),
        );
        all.register("readings", "readings so far", self.readings.clone());
        all.register("connections", "open connections", self.connections.clone());
        all.register("draining", "1 while no call is taken", self.draining.clone());
        let mut out = String::new();
        // Writing into a string does not fail.
        let _ = text::encode(&mut out, &registry);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happened_stands_in_the_text() {
        let metrics = Metrics::default();
        metrics.begins("audiosocket");
        metrics.begins("audiosocket");
        metrics.ends("audiosocket", "finished");
        metrics.refuses("full");
        metrics.loses(2, Duration::from_millis(500));
        metrics.set_engine([Some(20.0), Some(50.0), None], Duration::ZERO, 7);
        let text = metrics.text();
        for line in [
            "undertone_gateway_calls_active{protocol=\"audiosocket\"} 1",
            "undertone_gateway_calls_total{protocol=\"audiosocket\",result=\"finished\"} 1",
            "undertone_gateway_calls_refused_total{reason=\"full\"} 1",
            "undertone_gateway_gap_seconds_total 0.5",
            "undertone_gateway_reading_delay_seconds{quantile=\"0.95\"} 0.05",
            "undertone_gateway_readings 7",
        ] {
            assert!(text.lines().any(|told| told == line), "{line}\n{text}");
        }
    }
}
