//! GSM 06.10 full rate, decoding: what telephone systems keep as `.gsm`, and in WAV as WAV49.
//!
//! In: frames of 260 bits. Out: 160 samples of 16 bits at 8 kHz each. Keeps the residual of the last 120 samples, the
//! lattice filter, and the last frame's log area ratios. Source: ETSI EN 300 961 (GSM 06.10), sections 5.3 and 5.4,
//! whose fixed-point arithmetic is followed bit for bit; the names are the standard's.

/// Bytes of a frame on its own: four bits that say 0xd, then 260 bits, the highest of each field first.
pub(super) const FRAME_LEN: usize = 33;

/// Bytes of two frames in WAV49: 520 bits, the lowest of each field first.
pub(super) const PAIR_LEN: usize = 65;

/// Samples of a frame: 20 ms at 8 kHz.
pub(super) const FRAME_SAMPLES: usize = 160;

/// Samples of a sub-frame.
const SUB_LEN: usize = 40;

/// The furthest that the long-term predictor looks back.
const MAX_LAG: usize = 120;

/// Bits of the eight log area ratios.
const LAR_BITS: [u32; 8] = [6, 6, 5, 5, 4, 4, 3, 3];

/// Table 4.1 and 4.2: B, MIC and 1/A of each log area ratio.
const LAR_DECODING: [(i16, i16, i16); 8] = [
    (0, -32, 13_107),
    (0, -32, 13_107),
    (2_048, -16, 13_107),
    (-2_560, -16, 13_107),
    (94, -8, 19_223),
    (-1_792, -8, 17_476),
    (-341, -4, 31_454),
    (-1_144, -4, 29_708),
];

/// Table 4.3b: gains of the long-term predictor.
const QLB: [i16; 4] = [3_277, 11_469, 21_299, 32_767];

/// Table 4.6: normalised direct mantissa.
const FAC: [i16; 8] = [18_431, 20_479, 22_527, 24_575, 26_623, 28_671, 30_719, 32_767];

/// The fields of a frame.
struct Frame {
    larc: [i16; 8],
    subs: [SubFrame; 4],
}

#[derive(Clone, Copy, Default)]
struct SubFrame {
    nc: usize,
    bc: usize,
    mc: usize,
    xmaxc: i16,
    xmc: [i16; 13],
}

/// A decoder of one voice.
pub(super) struct GsmDecoder {
    /// The residual: 120 samples before the sub-frame, then the sub-frame.
    drp: [i16; MAX_LAG + SUB_LEN],
    nrp: usize,
    v: [i16; 9],
    last_larpp: [i16; 8],
    msr: i16,
}

impl Default for GsmDecoder {
    fn default() -> Self {
        GsmDecoder { drp: [0; _], nrp: SUB_LEN, v: [0; 9], last_larpp: [0; 8], msr: 0 }
    }
}

impl GsmDecoder {
    /// The samples of a frame on its own.
    pub(super) fn frame(&mut self, bytes: &[u8; FRAME_LEN]) -> [i16; FRAME_SAMPLES] {
        let mut at = 4;
        let bit = |at: usize| i16::from((bytes[at / 8] >> (7 - at % 8)) & 1);
        let frame = Frame::read(|n_bits| {
            let value = (0..n_bits as usize).fold(0, |value, index| value << 1 | bit(at + index));
            at += n_bits as usize;
            value
        });
        self.decode(&frame)
    }

    /// The samples of the two frames of a block of WAV49.
    pub(super) fn pair(&mut self, bytes: &[u8; PAIR_LEN]) -> [[i16; FRAME_SAMPLES]; 2] {
        let mut at = 0;
        let bit = |at: usize| i16::from((bytes[at / 8] >> (at % 8)) & 1);
        let mut read = |n_bits: u32| {
            let value =
                (0..n_bits as usize).fold(0, |value, index| value | bit(at + index) << index);
            at += n_bits as usize;
            value
        };
        let frames = [Frame::read(&mut read), Frame::read(&mut read)];
        frames.map(|frame| self.decode(&frame))
    }

    fn decode(&mut self, frame: &Frame) -> [i16; FRAME_SAMPLES] {
        let mut wt = [0; FRAME_SAMPLES];
        for (sub, out) in frame.subs.iter().zip(wt.chunks_exact_mut(SUB_LEN)) {
            self.long_term_synthesis(sub);
            out.copy_from_slice(&self.drp[MAX_LAG..]);
            self.drp.copy_within(SUB_LEN.., 0);
        }
        let mut samples = self.short_term_synthesis(&frame.larc, &wt);
        for sample in &mut samples {
            self.msr = sample.saturating_add(mult_r(self.msr, 28_180));
            *sample = self.msr.saturating_add(self.msr) & !7;
        }
        samples
    }

    /// Section 5.3.2: the residual of a sub-frame, into the end of `drp`.
    fn long_term_synthesis(&mut self, sub: &SubFrame) {
        if (SUB_LEN..=MAX_LAG).contains(&sub.nc) {
            self.nrp = sub.nc;
        }
        let erp = sub.rpe();
        for (k, erp) in erp.into_iter().enumerate() {
            let predicted = mult_r(QLB[sub.bc], self.drp[MAX_LAG + k - self.nrp]);
            self.drp[MAX_LAG + k] = erp.saturating_add(predicted);
        }
    }

    /// Section 5.3.3: the lattice filter, whose coefficients go over from the last frame's to this one's.
    fn short_term_synthesis(
        &mut self,
        larc: &[i16; 8],
        wt: &[i16; FRAME_SAMPLES],
    ) -> [i16; FRAME_SAMPLES] {
        let larpp = decoded_lars(larc);
        let before = self.last_larpp;
        let mixed = |mix: fn(i16, i16) -> i16| std::array::from_fn(|i| mix(before[i], larpp[i]));
        let stretches: [(usize, [i16; 8]); 4] = [
            (13, mixed(|a, b| (a >> 2).saturating_add(b >> 2).saturating_add(a >> 1))),
            (27, mixed(|a, b| (a >> 1).saturating_add(b >> 1))),
            (40, mixed(|a, b| (a >> 2).saturating_add(b >> 2).saturating_add(b >> 1))),
            (FRAME_SAMPLES, larpp),
        ];
        let mut samples = [0; FRAME_SAMPLES];
        let mut from = 0;
        for (to, larp) in stretches {
            let rrp = larp.map(reflection);
            for (sample, wt) in samples[from..to].iter_mut().zip(&wt[from..to]) {
                *sample = self.filter(&rrp, *wt);
            }
            from = to;
        }
        self.last_larpp = larpp;
        samples
    }

    fn filter(&mut self, rrp: &[i16; 8], wt: i16) -> i16 {
        let mut sri = wt;
        for i in (0..8).rev() {
            sri = sri.saturating_sub(mult_r(rrp[i], self.v[i]));
            self.v[i + 1] = self.v[i].saturating_add(mult_r(rrp[i], sri));
        }
        self.v[0] = sri;
        sri
    }
}

impl Frame {
    fn read(mut field: impl FnMut(u32) -> i16) -> Frame {
        let larc = LAR_BITS.map(&mut field);
        let mut index = |n_bits| usize::from(field(n_bits).unsigned_abs());
        let subs = std::array::from_fn(|_| {
            let (nc, bc, mc) = (index(7), index(2), index(2));
            let xmaxc = i16::try_from(index(6)).unwrap_or(0);
            let xmc = std::array::from_fn(|_| i16::try_from(index(3)).unwrap_or(0));
            SubFrame { nc, bc, mc, xmaxc, xmc }
        });
        Frame { larc, subs }
    }
}

impl SubFrame {
    /// Section 5.3.1: the pulses of the excitation on their grid.
    fn rpe(&self) -> [i16; SUB_LEN] {
        let (exp, mant) = self.exponent_and_mantissa();
        let temp2 = 6 - exp;
        let rounding = if temp2 > 0 { 1 << (temp2 - 1) } else { 0 };
        let mut erp = [0; SUB_LEN];
        for (i, xmc) in self.xmc.iter().enumerate() {
            let pulse = mult_r(FAC[mant], ((xmc << 1) - 7) << 12);
            erp[self.mc + 3 * i] = pulse.saturating_add(rounding) >> temp2;
        }
        erp
    }

    fn exponent_and_mantissa(&self) -> (i16, usize) {
        let mut exp = if self.xmaxc > 15 { (self.xmaxc >> 3) - 1 } else { 0 };
        let mut mant = self.xmaxc - (exp << 3);
        if mant == 0 {
            return (-4, 7);
        }
        while mant <= 7 {
            mant = mant << 1 | 1;
            exp -= 1;
        }
        (exp, usize::from((mant - 8).unsigned_abs()))
    }
}

/// Section 5.3.3.1.
fn decoded_lars(larc: &[i16; 8]) -> [i16; 8] {
    std::array::from_fn(|i| {
        let (b, mic, inv_a) = LAR_DECODING[i];
        let temp = ((larc[i] + mic) << 10).saturating_sub(b << 1);
        let temp = mult_r(inv_a, temp);
        temp.saturating_add(temp)
    })
}

/// Section 5.3.3.3: a log area ratio to a reflection coefficient.
fn reflection(larp: i16) -> i16 {
    let magnitude = match larp.saturating_abs() {
        low @ ..11_059 => low << 1,
        middle @ 11_059..20_070 => middle + 11_059,
        high => (high >> 2).saturating_add(26_112),
    };
    if larp < 0 { -magnitude } else { magnitude }
}

/// The rounded product of two numbers in [-1, 1).
#[expect(clippy::cast_possible_truncation, reason = "it is limited before")]
fn mult_r(a: i16, b: i16) -> i16 {
    ((i32::from(a) * i32::from(b) + 16_384) >> 15).min(i32::from(i16::MAX)) as i16
}
