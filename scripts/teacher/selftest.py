"""Tests of what needs neither the weights nor the recordings: python scripts/teacher/selftest.py"""

from __future__ import annotations

import struct
import tempfile
import unittest
from pathlib import Path

import numpy as np
from scipy.special import erf

import axes
import balance
import bias
import embedding
import encoder
import frames
import head
import hearing
import mel
import scores
import sound
import teacher
import weights
from clips import EMOTIONS, Clip, read_clips
from groups import N_GROUPS, group_voices


def sine(frequency_hz: float, level: float, seconds: float = 1.0, rate_hz: int = sound.RATE_HZ) -> np.ndarray:
    """A sine."""
    times = np.arange(int(seconds * rate_hz)) / rate_hz
    return (level * np.sin(2 * np.pi * frequency_hz * times)).astype(np.float32)


def some_clips(n_voices: int = 12, n_each: int = 14) -> list[Clip]:
    """Clips of two corpora, one with seven emotions and one with only the last."""
    clips = []
    for voice in range(n_voices):
        for number in range(n_each):
            corpus, emotion = ("acted", number % 7) if voice % 3 else ("read", 6)
            clips.append(Clip(f"{corpus}/{voice}-{number}.ogg", corpus, str(voice), emotion, "train"))
    return clips


class Sound(unittest.TestCase):
    """Trimming, the line, another rate."""

    def test_silence_goes_but_for_50_ms(self) -> None:
        for edge in (0.0, 0.005):
            quiet = sine(50.0, edge, 0.5)
            samples = np.concatenate([quiet, sine(200.0, 0.5), quiet])
            np.testing.assert_array_equal(sound.trim_silence(samples), samples[3_600:12_400])

    def test_what_is_less_than_35_db_below_the_voice_stays(self) -> None:
        quiet = sine(50.0, 0.02, 0.5)
        self.assertEqual(len(sound.trim_silence(np.concatenate([quiet, sine(200.0, 0.5), quiet]))), 16_000)

    def test_a_silent_an_empty_and_a_tiny_clip_come_back_whole(self) -> None:
        for samples in (np.zeros(1_000), np.zeros(0), np.full(3, 0.5)):
            self.assertEqual(len(sound.trim_silence(samples.astype(np.float32))), len(samples))

    def test_the_middle_is_4_s_at_most(self) -> None:
        samples = np.arange(40_000)
        np.testing.assert_array_equal(sound.middle(samples), np.arange(4_000, 36_000))
        self.assertEqual(len(sound.middle(samples[:100])), 100)

    def test_mu_law_decodes_to_the_values_of_the_standard(self) -> None:
        table = {0x80: 8031, 0x81: 7775, 0x8F: 4191, 0x90: 3999, 0xA0: 1983, 0xB0: 975, 0xC0: 471, 0xD0: 219}
        table |= {0xE0: 93, 0xF0: 30, 0xFE: 2, 0xFF: 0}
        codes = np.array(list(table), np.uint8)
        expected = np.array(list(table.values())) * 4 / sound.FULL_SCALE
        np.testing.assert_allclose(sound.mu_law_decode(codes), expected, atol=1e-7)
        np.testing.assert_allclose(sound.mu_law_decode(codes & 0x7F), -expected, atol=1e-7)

    def test_every_code_but_the_negative_zero_comes_back(self) -> None:
        codes = np.arange(256, dtype=np.uint8)
        expected = np.where(codes == 0x7F, 0xFF, codes)
        np.testing.assert_array_equal(sound.mu_law_encode(sound.mu_law_decode(codes)), expected)

    def test_codes_change_at_the_decision_values_of_the_standard(self) -> None:
        decisions = {7903: 0x80, 4063: 0x8F, 2015: 0x9F, 991: 0xAF, 479: 0xBF, 223: 0xCF, 95: 0xDF, 31: 0xEF, 1: 0xFE}
        for value, code in decisions.items():
            samples = np.array([4 * value, 4 * value - 1, -4 * value]) / sound.FULL_SCALE
            np.testing.assert_array_equal(sound.mu_law_encode(samples), [code, code + 1, code & 0x7F])
        np.testing.assert_array_equal(sound.mu_law_encode(np.array([7.0, -7.0])), [0x80, 0x00])

    def test_the_line_passes_300_to_3400_hz(self) -> None:
        for frequency_hz, gain_db in ((300.0, -3.0), (1_000.0, 0.0), (3_400.0, -3.0)):
            sent = sound.telephone(sine(frequency_hz, 0.5))[2_000:]
            self.assertAlmostEqual(10 * np.log10(np.mean(sent**2) / 0.125), gain_db, delta=0.2)
        for frequency_hz in (100.0, 3_900.0):
            self.assertLess(np.mean(sound.telephone(sine(frequency_hz, 0.5))[2_000:] ** 2), 0.125 * 10**-3.5)

    def test_another_rate_keeps_what_fits_and_nothing_else(self) -> None:
        for rate_hz in (11_025, 16_000, 48_000):
            kept = sound.resample(sine(3_000.0, 0.5, rate_hz=rate_hz), rate_hz, 8_000)
            self.assertEqual(len(kept), 8_000)
            np.testing.assert_allclose(kept[500:-500], sine(3_000.0, 0.5)[500:-500], atol=0.003)
            lost = sound.resample(sine(4_400.0, 0.5, rate_hz=rate_hz), rate_hz, 8_000)
            self.assertLess(np.abs(lost[500:-500]).max(), 0.001)


class Mel(unittest.TestCase):
    """Whisper's log-mel spectrum."""

    def test_the_filterbank_is_slaneys(self) -> None:
        bank = mel.filterbank()
        self.assertEqual(bank.shape, (80, 201))
        # Values of librosa.filters.mel(sr=16000, n_fft=400, n_mels=80), the table that Whisper ships.
        self.assertAlmostEqual(bank[0, 1], 0.024862595, places=7)
        self.assertAlmostEqual(bank.max(), 0.025880683, places=7)
        self.assertEqual(bank[40].argmax(), 43)
        self.assertAlmostEqual(bank[40].max(), 0.014735566, places=7)
        self.assertAlmostEqual(bank[79].sum(), 0.02492534, places=6)

    def test_a_second_has_a_hundred_frames_within_two_units_of_the_loudest(self) -> None:
        frames = mel.log_mel(sine(1_000.0, 0.5, rate_hz=mel.RATE_HZ))
        self.assertEqual(frames.shape, (100, 80))
        self.assertAlmostEqual(frames.max() - frames.min(), 2.0, places=5)
        self.assertEqual(mel.log_mel(np.zeros(10, np.float32)).shape, (2, 80))


class Encoder(unittest.TestCase):
    """The encoder, with weights drawn at random."""

    def setUp(self) -> None:
        rng = np.random.default_rng(1)
        shapes = {"encoder/conv1": (512, 80, 3), "encoder/conv2": (512, 512, 3)}
        for name, shape in {
            "self_attention/linear_0": (1536, 512),
            "self_attention/linear_1": (512, 512),
            "ffn/linear_0": (2048, 512),
            "ffn/linear_1": (512, 2048),
        }.items():
            shapes[f"encoder/layer_0/{name}"] = shape
        self.arrays = {"encoder/position_encodings/encodings": np.zeros((1500, 512), np.float32)}
        for name, shape in shapes.items():
            self.arrays[f"{name}/weight"] = (rng.standard_normal(shape) / np.prod(shape[1:]) ** 0.5).astype(np.float32)
            self.arrays[f"{name}/bias"] = np.zeros(shape[0], np.float32)
        for part in ("self_attention", "ffn"):
            self.arrays[f"encoder/layer_0/{part}/layer_norm/gamma"] = np.ones(512, np.float32)
            self.arrays[f"encoder/layer_0/{part}/layer_norm/beta"] = np.zeros(512, np.float32)

    def test_gelu_is_exact_within_a_ten_thousandth(self) -> None:
        x = np.linspace(-12, 12, 24_001, dtype=np.float32)[:, None]
        expected = 0.5 * x * (1 + erf(x / 2**0.5))
        actual = x.copy()
        encoder.gelu(actual)
        self.assertLess(np.abs(actual - expected).max(), 1e-4)

    def test_clips_heard_together_are_as_heard_alone(self) -> None:
        rng = np.random.default_rng(2)
        clips = [rng.standard_normal((length, 80)).astype(np.float32) for length in (31, 100, 8)]
        together = next(encoder.Encoder(self.arrays, 1).layer_outputs(clips))
        self.assertEqual([len(output) for output in together], [16, 50, 4])
        for clip, output in zip(clips, together, strict=True):
            (alone,) = next(encoder.Encoder(self.arrays, 1).layer_outputs([clip]))
            np.testing.assert_allclose(output, alone, atol=1e-4)

    def test_weights_are_read_by_name_and_floats_become_32_bit(self) -> None:
        def text(value: str) -> bytes:
            return struct.pack("<H", len(value) + 1) + value.encode() + b"\0"

        data = struct.pack("<I", 6) + text("WhisperSpec") + struct.pack("<II", 3, 2)
        data += text("decoder/x") + struct.pack("<BIBI", 1, 1, 1, 1) + b"\1"
        data += text("encoder/y") + struct.pack("<BIIBI", 2, 1, 2, 4, 4) + np.array([1.5, -2.0], "<f2").tobytes()
        arrays = weights.parse(data, "encoder/")
        self.assertEqual(list(arrays), ["encoder/y"])
        self.assertEqual(arrays["encoder/y"].dtype, np.float32)
        np.testing.assert_array_equal(arrays["encoder/y"], [[1.5, -2.0]])


class Learning(unittest.TestCase):
    """Groups, balance, heads, the embedding, scores."""

    def test_groups_never_share_a_speaker_and_each_corpus_is_spread(self) -> None:
        clips = some_clips()
        groups = group_voices(clips)
        self.assertEqual(set(groups), {clip.voice for clip in clips})
        self.assertEqual({groups[clip.voice] for clip in clips if clip.corpus == "acted"}, set(range(N_GROUPS)))
        self.assertEqual(groups, group_voices(clips[::-1]))

    def test_corpora_of_one_emotion_weigh_lightly(self) -> None:
        clips = some_clips()
        shares = balance.shares(clips)
        self.assertAlmostEqual(shares.sum(), 1.0)
        read = sum(share for share, clip in zip(shares, clips, strict=True) if clip.corpus == "read")
        self.assertLess(read, 0.2)

    def test_targets_are_label_votes_and_doubt(self) -> None:
        clips = some_clips()[14:16]
        wanted = balance.targets(clips, {clips[1].path: [0.5, 0.5, 0, 0, 0, 0, 0]})
        np.testing.assert_allclose(wanted.sum(axis=1), 1.0, atol=1e-6)
        self.assertAlmostEqual(wanted[0, 0], 0.9 + 0.1 / 7, places=6)
        self.assertAlmostEqual(wanted[1, 1], 0.9 * 0.85 + 0.1 / 7, places=6)

    def test_a_teacher_learns_and_repeats_itself_and_never_answers_for_a_voice_it_heard(self) -> None:
        clips = some_clips()
        rng = np.random.default_rng(3)
        # Each emotion has an input of its own.
        inputs = rng.standard_normal((len(clips), 2, 32)).astype(np.float32)
        for row, clip in zip(inputs, clips, strict=True):
            row[:, clip.emotion] += 5.0
        rows = np.arange(len(clips))
        recipe = head.Recipe(width=16, epochs=60, batch=16, seeds=1, input_dropout=0.1, hidden_dropout=0.1)
        taught = teacher.train(clips, inputs, rows, {}, recipe)
        logits = taught.logits(clips, inputs)
        acted = np.array([clip.corpus == "acted" for clip in clips])
        labels = np.array([clip.emotion for clip in clips])
        self.assertGreater(scores.uar(labels[acted], logits[acted, 0]), 70.0)
        again = teacher.train(clips, inputs, rows, {}, recipe).logits(clips, inputs)
        np.testing.assert_array_equal(logits, again)
        # Changing a voice's own clips changes nothing in the heads that answer for it.
        voice = clips[20].voice
        changed = inputs.copy()
        changed[[clip.voice == voice for clip in clips]] = rng.standard_normal(32).astype(np.float32)
        other = teacher.train(clips, changed, rows, {}, recipe)
        np.testing.assert_array_equal(
            other.heads[other.groups[voice]][0].parameters[0], taught.heads[taught.groups[voice]][0].parameters[0]
        )

    def test_axes_tell_emotions_and_not_voices(self) -> None:
        rng = np.random.default_rng(6)
        clips = some_clips(12, 40)
        rows = axes.labelled(clips)
        self.assertEqual({clips[row].corpus for row in rows}, {"acted"})
        clips = [clips[row] for row in rows]
        voices = {voice: rng.standard_normal() for voice in {clip.voice for clip in clips}}
        values = rng.standard_normal((len(clips), 20))
        for row, clip in zip(values, clips, strict=True):
            row[0] += 30.0 * voices[clip.voice]
            row[1 + clip.emotion] += 3.0
        found = axes.emotion_axes(values, clips, 40)
        self.assertEqual(found.shape, (20, len({clip.emotion for clip in clips}) - 1))
        told = np.linalg.norm(found[1:8], axis=0) / np.linalg.norm(found, axis=0)
        self.assertGreater(told.min(), 0.8)
        self.assertLess(np.abs(found[0]).max(), 0.2)

    def test_what_is_said_of_a_voice_whatever_it_feels_is_taken_off(self) -> None:
        rng = np.random.default_rng(7)
        clips = [Clip(f"{n}", "x", f"{n // 60}", n % 3, "train") for n in range(300)]
        clips += [Clip("dev", "x", "dev", 0, "dev"), Clip("none", "y", "1", None, "unlabelled")]
        logits = rng.standard_normal((len(clips), 7)) * 0.5
        said_always = 4.0 * np.eye(7)[[n // 60 for n in range(300)]]
        for row, clip in zip(logits[:300], clips, strict=False):
            row[clip.emotion] += 2.0
        logits[:300] += said_always
        labels = np.array([clip.emotion for clip in clips[:300]])
        better = bias.unbiased(clips, logits)
        self.assertLess(scores.uar(labels, logits[:300]), 60.0)
        self.assertGreater(scores.uar(labels, better[:300]), 85.0)
        shares = np.exp(logits[300:]) / np.exp(logits[300:]).sum(axis=1, keepdims=True)
        np.testing.assert_allclose(np.exp(better[300:]), shares, rtol=1e-5)

    def test_the_embedding_has_mean_square_1_and_the_root_of_the_components_deviation(self) -> None:
        rng = np.random.default_rng(4)
        deviations = np.array([9.0, 4.0, 1.0, 0.1, 0.1])
        inputs = (rng.standard_normal((20_000, 5)) * deviations).astype(np.float32)
        embed = embedding.fit(inputs, 3)
        numbers = embed(inputs)
        self.assertAlmostEqual(float(np.mean(numbers**2)), 1.0, places=3)
        spread = numbers.std(axis=0)
        np.testing.assert_allclose(spread / spread[2], deviations[:3] ** 0.5, rtol=0.02)
        self.assertGreater(abs(np.corrcoef(numbers[:, 0], inputs[:, 0])[0, 1]), 0.999)

    def test_uar_is_the_mean_of_recalls(self) -> None:
        logits = np.eye(7)[[0, 0, 0, 1, 0]]
        self.assertAlmostEqual(scores.uar(np.array([0, 0, 0, 1, 1]), logits), 75.0)


class Frames(unittest.TestCase):
    """What a network imitates at each moment."""

    def test_the_place_in_time_is_taken_off_and_what_is_left_has_mean_square_1(self) -> None:
        random = np.random.default_rng(1)
        places = 9.0 * random.standard_normal((80, 6))
        mixing = random.standard_normal((2, 6))
        said = [random.standard_normal((length, 2)) @ mixing for length in (40, 80, 60) * 60]
        silent = [Clip(str(number), "x", "1", None, "unlabelled") for number in range(len(said))]
        view = frames.View(lambda: (places[: len(one)] + one for one in said), silent, 2)
        told = [view(places[: len(one)] + one) for one in said]
        self.assertAlmostEqual(float(np.mean(np.concatenate(told) ** 2)), 1.0, places=2)
        self.assertGreater(view.explained, 0.95)
        # The place alone, nine times as loud, is next to nothing.
        self.assertLess(float(np.mean(view(places[:40]) ** 2)), 0.05)

    def test_some_numbers_look_along_the_emotions_however_little_these_vary(self) -> None:
        random = np.random.default_rng(2)
        clips = [Clip(f"{number}", "x", f"{number % 4}", number % 3, "train") for number in range(240)]
        loud = np.array([5.0, 4.0, 3.0, 0.1, 0.1, 2.0])
        shifts = 0.5 * np.vstack([np.zeros(6), np.eye(6)[3:5]])
        said = [random.standard_normal((50, 6)) * loud + shifts[clip.emotion] for clip in clips]
        view = frames.View(lambda: iter(said), clips, 4)
        self.assertEqual(view.components.shape, (6, 4))
        told = np.concatenate([view(one) for one in said])
        np.testing.assert_allclose((told[:, 2:] ** 2).mean(axis=0), 1.0, rtol=0.05)
        # Two axes tell three emotions apart, and hear nothing of what is loud.
        for axis in view.components[:, 2:].T:
            self.assertLess(np.abs(axis[:3]).max(), 0.1 * np.abs(axis[3:5]).max())

    def test_a_moment_that_few_clips_reach_has_the_mean_of_all(self) -> None:
        clips = [np.full((10, 3), 2.0)] * frames.FEWEST + [np.full((12, 3), 5.0)]
        means = frames.moment_means(iter(clips))
        self.assertAlmostEqual(float(means[9, 0]), (2.0 * frames.FEWEST + 5.0) / (frames.FEWEST + 1), places=5)
        self.assertAlmostEqual(float(means[10, 0]), (20.0 * frames.FEWEST + 60.0) / (10 * frames.FEWEST + 12), places=5)

    def test_a_cut_cache_is_made_again_and_a_whole_one_read(self) -> None:
        clips = some_clips(1, 3)
        heard = [np.full((length, 4), length, np.float16) for length in (2, 3, 1)]
        with tempfile.TemporaryDirectory() as folder:
            frames_file, lengths_file = frames.cache_files(Path(folder), clips)
            np.save(frames_file, np.concatenate(heard))
            np.save(lengths_file, np.array([2, 3, 1]))
            for read, made in zip(frames.read(Path(folder), clips), heard, strict=True):
                np.testing.assert_array_equal(read, made)
            self.assertEqual(frames.fill(Path(folder), Path(folder), clips), 3)


class Files(unittest.TestCase):
    """The lists of clips and the files of the cache."""

    HEADER = "path,corpus,speaker,sex,age,language,emotion,intensity,split,fold\n"

    def test_clips_come_in_the_order_in_which_they_are_heard(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            data = Path(folder)
            rows = "casia/a,casia,1,,,,fear,,dev,\nx/b,x,1,,,,calm,,test,\nx/c,x,2,,,,anger,,train,\nx/d,x,3,,,,fear,,dev,\n"
            (data / "splits.csv").write_text(self.HEADER + rows)
            (data / "unlabelled.csv").write_text(self.HEADER + "y/e,y,1,,,,,cough,train,\n")
            clips = read_clips(data)
        self.assertEqual([clip.path for clip in clips], ["x/c", "x/d", "x/b", "y/e", "casia/a"])
        self.assertEqual([clip.part for clip in clips], ["train", "dev", "test", "unlabelled", "dev"])
        self.assertEqual(clips[2].emotion, EMOTIONS.index("neutral"))

    def test_a_file_of_the_cache_holds_one_corpus_and_split(self) -> None:
        clips = sorted(some_clips(40, 10), key=lambda clip: clip.corpus)
        shares = list(hearing.shares(clips))
        self.assertEqual([clip for share in shares for clip in share], clips)
        self.assertTrue(all(len({clip.corpus for clip in share}) == 1 for share in shares))
        self.assertEqual(len({hearing.cache_file(Path("cache"), share) for share in shares}), len(shares))


if __name__ == "__main__":
    unittest.main()
