//! The last seconds of speech.
//!
//! In: pieces of speech. Out: mean probabilities over a fixed length of speech, and the pieces that fall out at
//! the old end. Keeps that length, at most [`MAX_PIECES`].

use super::ALARMING;
use super::speech::Piece;
use crate::emotion::Emotion;
use crate::stream_time::StreamTime;
use std::collections::VecDeque;

/// A minute of readings at the shortest hop of 50 ms.
const MAX_PIECES: usize = 1_200;

/// A sliding window over speech.
#[derive(Clone, Debug)]
pub(super) struct Window {
    size: StreamTime,
    length: StreamTime,
    pieces: VecDeque<Piece>,
}

impl Window {
    /// An empty window for so much speech.
    pub(super) fn new(size: StreamTime) -> Self {
        Window { size, length: StreamTime::ZERO, pieces: VecDeque::new() }
    }

    /// Takes a piece; `let_go` gets those without which the window is still full.
    pub(super) fn push(&mut self, piece: Piece, mut let_go: impl FnMut(&Piece)) {
        self.pieces.push_back(piece);
        self.length = self.length + piece.length;
        while let Some(oldest) = self.pieces.front()
            && (self.length - oldest.length >= self.size || self.pieces.len() > MAX_PIECES)
        {
            self.length = self.length - oldest.length;
            let_go(oldest);
            self.pieces.pop_front();
        }
    }

    /// Whether so much speech was heard.
    pub(super) fn is_full(&self) -> bool {
        self.length >= self.size
    }

    /// How much speech it holds.
    pub(super) fn length(&self) -> StreamTime {
        self.length
    }

    /// Where it begins, over all pauses.
    pub(super) fn from(&self) -> StreamTime {
        self.pieces.front().map_or(StreamTime::ZERO, |oldest| oldest.from)
    }

    /// The mean of fear, anger and sadness together, in [0, 1].
    pub(super) fn distress(&self) -> f64 {
        self.mean(Piece::distress)
    }

    /// The same, with disgust where the voice was shown as distressed.
    pub(super) fn shown_distress(&self) -> f64 {
        self.mean(Piece::shown_distress)
    }

    /// For how much of it the voice was shown as distressed.
    pub(super) fn shown_distressed(&self) -> StreamTime {
        let shown = self.pieces.iter().filter(|piece| piece.is_shown_distressed());
        shown.fold(StreamTime::ZERO, |sum, piece| sum + piece.length)
    }

    /// The strongest of the three alone and its mean, in [0, 1].
    pub(super) fn strongest(&self) -> (Emotion, f64) {
        let mean = |emotion| self.mean(|piece| f64::from(piece.reading.scores.of(emotion)));
        ALARMING.into_iter().map(|emotion| (emotion, mean(emotion))).fold(
            (ALARMING[0], f64::NEG_INFINITY),
            |best, next| if next.1 > best.1 { next } else { best },
        )
    }

    /// Forgets all of it.
    pub(super) fn clear(&mut self) {
        self.pieces.clear();
        self.length = StreamTime::ZERO;
    }

    /// The mean over time, summed up anew: no rounding piles up over a call of hours.
    fn mean(&self, value: impl Fn(&Piece) -> f64) -> f64 {
        let sum: f64 = self.pieces.iter().map(|piece| value(piece) * piece.length.seconds()).sum();
        if self.length > StreamTime::ZERO { sum / self.length.seconds() } else { 0.0 }
    }
}
