//! What callers, and what long calls cost, as pictures.
//!
//! In: what was measured. Out: SVG documents. Keeps nothing.
//!
//! Numbers of callers stand on an axis of equal steps from 0, so that a cost in proportion is a straight line from
//! the corner and one that grows faster bends upwards. Lengths of calls, from a minute to a shift, would all stand
//! at the left of such an axis: there equal factors are equal steps, and beside the cost is the cost for a
//! minute, from 0, which stays where it is while the cost is in proportion.

use super::Findings;
use super::lengths::{self, words};
use super::long_call::Cost;
use super::trial::Trial;
use lab::plot::{Axis, Guide, Series, Stack, StackPanel};

/// Points of a line.
type Points = Vec<(f64, f64)>;

/// Cores, delay and memory by the number of callers.
pub(super) fn callers(findings: &Findings) -> String {
    let trials = &findings.trials;
    let most_tried = trials.iter().map(|trial| trial.callers).max().unwrap_or(0);
    let x = Axis::new("callers at once", 0.0, 1.02 * count(most_tried.max(10)));
    let title = match findings.carried {
        Some(1) => "What callers cost: 1 is carried".to_owned(),
        Some(n) => format!("What callers cost: {n} are carried"),
        None if trials.len() == 1 => format!("What callers cost: {most_tried} are too many"),
        None => "What callers cost: none is carried".to_owned(),
    };
    let panels = [cores(trials, findings), delays(trials, &x, findings.limit_ms), memory(trials)];
    let panels: Vec<StackPanel> = panels.into_iter().filter(has_points).collect();
    let subtitle = subtitle(&findings.machine, &findings.backend);
    Stack { title: &title, subtitle: &subtitle, x }.draw(&panels)
}

fn cores(trials: &[Trial], findings: &Findings) -> StackPanel {
    let points = points(trials, |trial| trial.cores);
    // Through the most callers that were carried: beyond them readings are late, and not all work was done.
    let carried =
        points.iter().rev().find(|(n, _)| findings.carried.is_some_and(|c| *n <= count(c)));
    let proportion = carried.map(|&(n, cores)| Guide {
        name: "in proportion to the callers".into(),
        ends: [(0.0, 0.0), (n, cores)],
    });
    // Below a tenth of a core the marks would be noise.
    let y = Axis::new("cores in use", 0.0, (1.1 * most(&points)).max(0.1));
    let series = vec![Series { name: "cores".into(), points }];
    StackPanel { y, series, guides: proportion.into_iter().collect() }
}

fn delays(trials: &[Trial], x: &Axis, limit_ms: f64) -> StackPanel {
    let series = [
        ("p50", points(trials, |trial| trial.p50_ms)),
        ("p95, to which the limit applies", points(trials, |trial| trial.p95_ms)),
        ("p99", points(trials, |trial| trial.p99_ms)),
    ];
    let all = || series.iter().flat_map(|(_, points)| points.iter().map(|(_, ms)| *ms));
    let low = (0.8 * all().fold(10.0, f64::min)).max(1.0);
    let high = all().fold(2.0 * limit_ms, f64::max);
    let limit = Guide {
        name: format!("limit of {limit_ms:.0} ms"),
        ends: [(x.low, limit_ms), (x.high, limit_ms)],
    };
    let named = |(name, points): (&str, Points)| Series { name: name.into(), points };
    StackPanel {
        y: Axis::logarithmic("delay (ms)", low, high),
        series: series.into_iter().map(named).collect(),
        guides: vec![limit],
    }
}

fn memory(trials: &[Trial]) -> StackPanel {
    let points = points(trials, |trial| trial.memory_mb);
    let y = from_zero("memory (MB)", &points);
    let series = vec![Series { name: "memory of the program".into(), points }];
    StackPanel { y, series, guides: Vec::new() }
}

fn points(trials: &[Trial], cost: impl Fn(&Trial) -> Option<f64>) -> Points {
    trials.iter().filter_map(|trial| Some((count(trial.callers), cost(trial)?))).collect()
}

/// Computing and memory by the length of a call.
pub(super) fn lengths(findings: &lengths::Findings) -> String {
    let costs = &findings.lengths;
    let seconds = || costs.iter().map(|cost| cost.length_s);
    let (shortest, longest) = (seconds().fold(f64::MAX, f64::min), seconds().fold(0.0, f64::max));
    let marks = costs.iter().map(|cost| (cost.length_s, words(cost.length()))).collect();
    let x =
        Axis::logarithmic("length of the call", shortest / 1.2, longest * 1.2).with_marks(marks);
    let panels = [computing(costs, &x), computing_a_minute(costs), memory_of_calls(costs)];
    let panels: Vec<StackPanel> = panels.into_iter().filter(has_points).collect();
    let subtitle = subtitle(&findings.machine, &findings.backend);
    Stack { title: "What a call costs by its length", subtitle: &subtitle, x }.draw(&panels)
}

/// Where the system does not tell what was computed, the time that passed.
fn seconds(cost: &Cost) -> f64 {
    cost.computing_s.unwrap_or(cost.passed_s)
}

fn computing(costs: &[Cost], x: &Axis) -> StackPanel {
    let points: Points = costs.iter().map(|cost| (cost.length_s, seconds(cost))).collect();
    let ends = points.last().map(|&(length_s, seconds)| {
        let at = |x: f64| (x, x * seconds / length_s);
        [at(x.low), at(x.high)]
    });
    let low = ends.map_or(0.0, |[low, _]| low.1).min(least(&points));
    let high = ends.map_or(0.0, |[_, high]| high.1).max(most(&points));
    let name = "in proportion to the length".to_owned();
    StackPanel {
        y: Axis::logarithmic("computing (s)", low, high),
        series: vec![Series { name: "computing, all cores together".into(), points }],
        guides: ends.map(|ends| Guide { name, ends }).into_iter().collect(),
    }
}

fn computing_a_minute(costs: &[Cost]) -> StackPanel {
    let of = |cost: &Cost| (cost.length_s, seconds(cost) * 60e3 / cost.length_s);
    let points: Points = costs.iter().map(of).collect();
    let y = from_zero("ms for a minute", &points);
    let series = vec![Series { name: "computing for each minute of the call".into(), points }];
    StackPanel { y, series, guides: Vec::new() }
}

fn memory_of_calls(costs: &[Cost]) -> StackPanel {
    let of = |cost: &Cost| Some((cost.length_s, cost.peak_memory_mb?));
    let points: Points = costs.iter().filter_map(of).collect();
    let y = from_zero("memory (MB)", &points);
    let series = vec![Series { name: "most memory of the program".into(), points }];
    StackPanel { y, series, guides: Vec::new() }
}

fn has_points(panel: &StackPanel) -> bool {
    panel.series.iter().any(|series| !series.points.is_empty())
}

fn from_zero(label: &str, points: &Points) -> Axis {
    Axis::new(label, 0.0, 1.1 * most(points))
}

fn most(points: &Points) -> f64 {
    points.iter().map(|(_, y)| *y).fold(0.0, f64::max)
}

fn least(points: &Points) -> f64 {
    points.iter().map(|(_, y)| *y).fold(f64::MAX, f64::min)
}

fn subtitle(machine: &str, backend: &str) -> String {
    format!("{machine}; {backend}")
}

#[expect(clippy::cast_precision_loss, reason = "callers are fewer than 2^52")]
fn count(n: usize) -> f64 {
    n as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trial(callers: usize, p95_ms: Option<f64>, cores: Option<f64>) -> Trial {
        Trial {
            callers,
            threads: 1,
            readings_per_s: 2.5 * count(callers),
            p50_ms: p95_ms.map(|ms| ms / 2.0),
            p95_ms,
            p99_ms: p95_ms.map(|ms| ms * 2.0),
            busy: cores.unwrap_or(0.5),
            cores,
            memory_mb: cores.map(|cores| 30.0 + 100.0 * cores),
            is_silent: p95_ms.is_none(),
        }
    }

    fn picture(trials: Vec<Trial>, carried: Option<usize>) -> String {
        callers(&Findings {
            machine: "a <machine>".into(),
            backend: "CPU".into(),
            segment_ms: 1.0,
            segment_of_many_ms: 1.0,
            limit_ms: 250.0,
            block_ms: 20,
            trials,
            carried,
            limited_by: None,
        })
    }

    /// Dots that are not in a legend: each line has one there.
    fn n_dots(picture: &str) -> usize {
        picture.matches("<circle").count() - picture.matches("<polyline").count() / 2
    }

    #[test]
    fn callers_have_a_point_in_every_panel_and_the_limit_is_drawn() {
        let trials = vec![trial(100, Some(20.0), Some(0.5)), trial(200, Some(900.0), Some(1.0))];
        let picture = picture(trials, Some(100));
        for words in [
            ">What callers cost: 100 are carried<",
            ">a &lt;machine&gt;; CPU<",
            ">callers at once<",
            ">cores in use<",
            ">delay (ms)<",
            ">memory (MB)<",
            ">limit of 250 ms<",
            ">in proportion to the callers<",
        ] {
            assert!(picture.contains(words), "{words}");
        }
        assert_eq!(n_dots(&picture), 2 * (1 + 3 + 1));
        assert!(!picture.contains("NaN"));
    }

    #[test]
    fn what_the_system_does_not_tell_and_what_silence_does_not_have_is_no_panel() {
        let silent = picture(vec![trial(3, None, Some(0.1))], Some(3));
        assert!(silent.contains(">cores in use<") && !silent.contains(">delay (ms)<"));
        let untold = picture(vec![trial(3, Some(20.0), None)], Some(3));
        assert!(!untold.contains(">cores in use<") && untold.contains(">delay (ms)<"));
        assert_eq!(n_dots(&untold), 3);
    }

    #[test]
    fn lengths_are_marked_in_words_and_cost_in_proportion_lies_on_the_line() {
        let cost = |length_s: f64, computing_s| Cost {
            length_s,
            readings: 1,
            computing_s,
            passed_s: length_s / 300.0,
            peak_memory_mb: computing_s.map(|_| 30.0),
        };
        let findings = |lengths| {
            let (machine, backend) = ("machine".into(), "CPU".into());
            super::lengths(&lengths::Findings { machine, backend, memory: "", lengths })
        };
        let both = findings(vec![cost(60.0, Some(0.2)), cost(28_800.0, Some(96.0))]);
        for words in
            [">1 min<", ">8 h<", ">length of the call<", ">computing (s)<", ">ms for a minute<"]
        {
            assert!(both.contains(words), "{words}");
        }
        assert_eq!(n_dots(&both), 2 * 3);
        let untold = findings(vec![cost(60.0, None)]);
        assert!(!untold.contains(">memory (MB)<") && untold.contains(">computing (s)<"));
    }
}
