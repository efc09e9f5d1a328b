//! G.722 at 64 kbit/s, decoding: wideband telephone sound as raw `.g722`.
//!
//! In: one byte at a time, each of both bands. Out: two samples of 16 bits at 16 kHz. Keeps the predictor of each band
//! and the filter that joins them. Source: ITU-T G.722, whose names of blocks stand beside the steps.

use std::array;

/// Block 3L: the lower band's logarithmic scale factor multipliers.
const WL: [i32; 8] = [-60, -30, 58, 172, 334, 538, 1_198, 3_042];
const RL42: [usize; 16] = [0, 7, 6, 5, 4, 3, 2, 1, 7, 6, 5, 4, 3, 2, 1, 0];
/// Blocks 3L and 3H: the inverse logarithm.
const ILB: [i32; 32] = [
    2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834,
    2896, 2960, 3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
];
/// Block 3H: the same of the upper band.
const WH: [i32; 3] = [0, -214, 798];
const RH2: [usize; 4] = [2, 1, 2, 1];
/// Blocks 2H, 2L and 5L: inverse quantisers of 2, 4 and 6 bits.
const QM2: [i32; 4] = [-7408, -1616, 7408, 1616];
const QM4: [i32; 16] = [
    0, -20456, -12896, -8968, -6288, -4240, -2584, -1200, 20456, 12896, 8968, 6288, 4240, 2584,
    1200, 0,
];
const QM6: [i32; 64] = [
    -136, -136, -136, -136, -24808, -21904, -19008, -16704, -14984, -13512, -12280, -11192, -10232,
    -9360, -8576, -7856, -7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576, -3168, -2776,
    -2400, -2032, -1688, -1360, -1040, -728, 24808, 21904, 19008, 16704, 14984, 13512, 12280,
    11192, 10232, 9360, 8576, 7856, 7192, 6576, 6000, 5456, 4944, 4464, 4008, 3576, 3168, 2776,
    2400, 2032, 1688, 1360, 1040, 728, 432, 136, -432, -136,
];
/// Half of the quadrature mirror filter; the other half is its mirror image.
const QMF: [i32; 12] = [3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11];

/// A decoder of one voice.
pub(super) struct G722Decoder {
    low: Band,
    high: Band,
    x: [i32; 24],
}

impl Default for G722Decoder {
    fn default() -> Self {
        G722Decoder { low: Band::new(32), high: Band::new(8), x: [0; 24] }
    }
}

impl G722Decoder {
    /// The two samples of a byte: two bits of the upper band, six of the lower one.
    pub(super) fn pair(&mut self, code: u8) -> [i16; 2] {
        let (ilow, ihigh) = (usize::from(code & 0x3f), usize::from(code >> 6));

        // 5L: INVQBL, RECONS, LIMIT; 2L: INVQAL.
        let rlow = (self.low.s + ((self.low.det * QM6[ilow]) >> 15)).clamp(-16_384, 16_383);
        let four = ilow >> 2;
        let dlow = (self.low.det * QM4[four]) >> 15;
        // 3L: LOGSCL, SCALEL.
        self.low.scale(WL[RL42[four]], 18_432, 8);
        self.low.predict(dlow);

        // 2H: INVQAH; 5H: RECONS, LIMIT; 3H: LOGSCH, SCALEH.
        let dhigh = (self.high.det * QM2[ihigh]) >> 15;
        let rhigh = (dhigh + self.high.s).clamp(-16_384, 16_383);
        self.high.scale(WH[RH2[ihigh]], 22_528, 10);
        self.high.predict(dhigh);

        self.joined(rlow, rhigh)
    }

    /// The receiving quadrature mirror filter.
    fn joined(&mut self, rlow: i32, rhigh: i32) -> [i16; 2] {
        self.x.copy_within(2.., 0);
        self.x[22] = rlow + rhigh;
        self.x[23] = rlow - rhigh;
        let second = (0..12).map(|i| self.x[2 * i] * QMF[i]).sum::<i32>();
        let first = (0..12).map(|i| self.x[2 * i + 1] * QMF[11 - i]).sum::<i32>();
        [first, second].map(|sum| to_i16(sum >> 11))
    }
}

/// The adaptive predictor of a band, blocks 3 and 4.
struct Band {
    s: i32,
    sz: i32,
    r: [i32; 3],
    a: [i32; 3],
    p: [i32; 3],
    d: [i32; 7],
    b: [i32; 7],
    nb: i32,
    det: i32,
}

impl Band {
    fn new(det: i32) -> Band {
        Band { s: 0, sz: 0, r: [0; 3], a: [0; 3], p: [0; 3], d: [0; 7], b: [0; 7], nb: 0, det }
    }

    /// LOGSCL and SCALEL, or LOGSCH and SCALEH.
    fn scale(&mut self, step: i32, limit: i32, shift: i32) {
        self.nb = (((self.nb * 127) >> 7) + step).clamp(0, limit);
        let mantissa = ILB[usize::try_from((self.nb >> 6) & 31).unwrap_or(0)];
        let shift = shift - (self.nb >> 11);
        let scaled = if shift < 0 { mantissa << -shift } else { mantissa >> shift };
        self.det = scaled << 2;
    }

    /// Block 4: the next prediction, from the difference `d`.
    fn predict(&mut self, d: i32) {
        // RECONS, PARREC.
        self.d[0] = d;
        self.r[0] = limited(self.s + d);
        self.p[0] = limited(self.sz + d);
        let ap2 = self.second_pole();
        let ap1 = self.first_pole(ap2);
        // UPZERO.
        let step = if d == 0 { 0 } else { 128 };
        let zeros: [i32; 7] = array::from_fn(|i| {
            let wd2 = if is_same_sign(self.d[i], d) { step } else { -step };
            limited(wd2 + ((self.b[i] * 32_640) >> 15))
        });
        // DELAYA.
        self.d.copy_within(0..6, 1);
        self.b[1..].copy_from_slice(&zeros[1..]);
        self.r.copy_within(0..2, 1);
        self.p.copy_within(0..2, 1);
        (self.a[1], self.a[2]) = (ap1, ap2);
        // FILTEP, FILTEZ, PREDIC.
        let pole = |i: usize| (self.a[i] * limited(2 * self.r[i])) >> 15;
        let sp = limited(pole(1) + pole(2));
        self.sz = limited((1..7).map(|i| (self.b[i] * limited(2 * self.d[i])) >> 15).sum());
        self.s = limited(sp + self.sz);
    }

    /// UPPOL2.
    fn second_pole(&self) -> i32 {
        let wd1 = limited(self.a[1] << 2);
        let wd2 = if is_same_sign(self.p[0], self.p[1]) { -wd1 } else { wd1 }.min(32_767);
        let wd3 = if is_same_sign(self.p[0], self.p[2]) { 128 } else { -128 };
        (wd3 + (wd2 >> 7) + ((self.a[2] * 32_512) >> 15)).clamp(-12_288, 12_288)
    }

    /// UPPOL1.
    fn first_pole(&self, ap2: i32) -> i32 {
        let wd1 = if is_same_sign(self.p[0], self.p[1]) { 192 } else { -192 };
        let wd3 = limited(15_360 - ap2);
        limited(wd1 + ((self.a[1] * 32_640) >> 15)).clamp(-wd3, wd3)
    }
}

fn is_same_sign(a: i32, b: i32) -> bool {
    (a < 0) == (b < 0)
}

fn limited(value: i32) -> i32 {
    value.clamp(i32::from(i16::MIN), i32::from(i16::MAX))
}

fn to_i16(value: i32) -> i16 {
    i16::try_from(limited(value)).unwrap_or(0)
}
