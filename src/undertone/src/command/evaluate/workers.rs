//! Clips shared out among threads; what comes of them does not depend on how many there are.
//!
//! In: clips, and a way to make a scorer. Out: what each clip got, in the clips' order. Each thread has a
//! scorer of its own and takes the next clip when it is done with one.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, Builder};

use anyhow::Context;
use indicatif::ProgressBar;

use lab::corpus::Clip;

/// Gives what is wanted of one clip.
pub type Scorer<'a, T> = Box<dyn FnMut(&Clip) -> anyhow::Result<T> + 'a>;

/// Scores every clip on `n_threads` threads; ends when all are done.
///
/// # Errors
/// A scorer that cannot be made, a thread that cannot be started. What a clip fails with is its result.
pub fn score_all<'a, T: Send>(
    clips: &[Clip],
    n_threads: usize,
    progress: &ProgressBar,
    scorer: &(dyn Fn() -> anyhow::Result<Scorer<'a, T>> + Sync),
) -> anyhow::Result<Vec<anyhow::Result<T>>> {
    let next = AtomicUsize::new(0);
    let work = || -> anyhow::Result<Vec<(usize, anyhow::Result<T>)>> {
        let mut of_clip = scorer()?;
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(clip) = clips.get(index) else { return Ok(done) };
            done.push((index, of_clip(clip)));
            progress.inc(1);
        }
    };
    let mut results = thread::scope(|scope| {
        let start = |number: usize| {
            let builder = Builder::new().name(format!("scorer {number}"));
            builder.spawn_scoped(scope, work).context("cannot start a thread")
        };
        let threads: Vec<_> = (0..n_threads).map(start).collect::<anyhow::Result<_>>()?;
        let mut results = Vec::with_capacity(clips.len());
        for thread in threads {
            let done = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
            results.extend(done);
        }
        anyhow::Ok(results)
    })?;
    results.sort_unstable_by_key(|(index, _)| *index);
    Ok(results.into_iter().map(|(_, result)| result).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use hearing::emotion::Emotion;

    fn clips(n: usize) -> Vec<Clip> {
        let clip = |number: usize| Clip::new(number.to_string(), Emotion::Fear, "mine", "1");
        (0..n).map(clip).collect()
    }

    #[test]
    fn results_stand_in_the_order_of_the_clips_whatever_the_number_of_threads() {
        let clips = clips(50);
        let scorer = || -> anyhow::Result<Scorer<'_, String>> {
            Ok(Box::new(|clip: &Clip| {
                let name = clip.path.display().to_string();
                anyhow::ensure!(name != "7", "cut off");
                Ok(name)
            }))
        };
        for n_threads in [1, 3] {
            let progress = ProgressBar::hidden();
            let results = score_all(&clips, n_threads, &progress, &scorer).unwrap();
            let told: Vec<String> = results
                .into_iter()
                .map(|result| result.unwrap_or_else(|error| error.to_string()))
                .collect();
            let expected = |n: usize| if n == 7 { "cut off".to_owned() } else { n.to_string() };
            assert_eq!(told, (0..50).map(expected).collect::<Vec<_>>());
            assert_eq!(progress.position(), 50);
        }
    }

    #[test]
    fn a_scorer_that_cannot_be_made_is_an_error_and_not_one_a_clip() {
        let scorer = || -> anyhow::Result<Scorer<'_, ()>> { anyhow::bail!("no such model") };
        let error = score_all(&clips(9), 2, &ProgressBar::hidden(), &scorer).unwrap_err();
        assert_eq!(error.to_string(), "no such model");
    }
}
