//! How much a sound is like what comes some samples later: the products that tell the period of a voice.
//!
//! In: a stretch of sound, and sound that begins with it or elsewhere. Out: the sum of products at each lag. Kept between
//! calls: buffers only. A vector has a lag in each place, so nothing is summed across it, and sums are rounded
//! alike whatever its width.

use pulp::{Arch, Simd, WithSimd};

/// Vectors of sums that run side by side.
const N_VECTORS: usize = 8;

/// Lags are filled up to a multiple of this: eight of the widest vectors.
const LAGS_AT_ONCE: usize = 16 * N_VECTORS;

/// Correlates stretches of one length over the lags from 0 on.
pub struct Correlator {
    arch: Arch,
    base_len: usize,
    n_lags: usize,
    /// The later sound, then zeros.
    later: Vec<f32>,
    products: Vec<f32>,
}

impl Correlator {
    /// Correlates `base_len` samples over `n_lags` lags. Everything is allocated here.
    #[must_use]
    pub fn new(base_len: usize, n_lags: usize) -> Self {
        let n_padded = n_lags.next_multiple_of(LAGS_AT_ONCE);
        Correlator {
            arch: Arch::new(),
            base_len,
            n_lags,
            later: vec![0.0; base_len + n_padded],
            products: vec![0.0; n_padded],
        }
    }

    /// The sums over `n` of `base[n] * later[n + lag]` for each lag from 0 on; behind the end of `later` is silence.
    ///
    /// # Panics
    /// When `base` has another length than was planned for.
    pub fn products(&mut self, base: &[f32], later: &[f32]) -> &[f32] {
        assert_eq!(base.len(), self.base_len, "a stretch must be as long as was planned");
        let n = later.len().min(self.later.len());
        self.later[..n].copy_from_slice(&later[..n]);
        self.later[n..].fill(0.0);
        let Correlator { later, products, .. } = self;
        self.arch.dispatch(Products { base, later, sums: products });
        &self.products[..self.n_lags]
    }
}

struct Products<'a> {
    base: &'a [f32],
    later: &'a [f32],
    sums: &'a mut [f32],
}

impl WithSimd for Products<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (products, _) = S::as_mut_simd_f32s(self.sums);
        let (products, _) = products.as_chunks_mut::<N_VECTORS>();
        for (block, products) in products.iter_mut().enumerate() {
            let width = N_VECTORS * S::F32_LANES;
            let mut sums = [simd.splat_f32s(0.0); N_VECTORS];
            for (&sample, later) in self.base.iter().zip(self.later[block * width..].windows(width))
            {
                let sample = simd.splat_f32s(sample);
                let (later, _) = S::as_simd_f32s(later);
                for (sum, &later) in sums.iter_mut().zip(later) {
                    *sum = simd.mul_add_e_f32s(sample, later, *sum);
                }
            }
            *products = sums;
        }
    }
}

#[cfg(test)]
#[expect(clippy::cast_precision_loss, reason = "small test values")]
mod tests {
    use super::*;

    #[test]
    fn products_are_those_of_the_definition_at_every_lag() {
        let sound: Vec<f32> = (0..400).map(|n| ((n * n % 97) as f32 - 48.0) / 16.0).collect();
        // Small multiples of 1/16: all sums are exact in f32.
        for (base_len, n_lags, later_len) in [(266, 135, 400), (320, 134, 320), (5, 300, 17)] {
            let mut correlator = Correlator::new(base_len, n_lags);
            // Twice, because the first call leaves the buffers used.
            correlator.products(&sound[..base_len], &sound);
            let later = &sound[..later_len];
            let products = correlator.products(&sound[..base_len], later);
            assert_eq!(products.len(), n_lags);
            for (lag, product) in products.iter().enumerate() {
                let pairs = sound[..base_len].iter().zip(later.get(lag..).unwrap_or(&[]));
                let expected: f64 = pairs.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
                assert!((f64::from(*product) - expected).abs() < 1e-9, "lag {lag}: {product}");
            }
        }
    }
}
