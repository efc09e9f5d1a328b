"""Sends calls with our test sender to receivers that we did not write, and compares what they read with the recordings.

    python foreign.py SENDER FOLDER

SENDER is undertone-gateway, FOLDER holds the node_modules of package.json. AudioSocket is read by asterisk-audiosocket
(Node); Twilio's family, Vonage and AudioHook by pipecat-ai's serializers behind a WebSocket server of `websockets`. The
recordings are tones that are made here. Python has the packages of requirements.txt.
"""

import asyncio
import base64
import contextlib
import json
import pathlib
import sys
import tempfile
import types
import uuid
import wave

import numpy
from loguru import logger

# What pipecat warns of is a failure here: it passes over what it does not know.
WARNINGS = []
logger.remove()
logger.add(lambda message: WARNINGS.append(message.record["message"]), level="WARNING")

from pipecat.frames.frames import InputAudioRawFrame
from pipecat.runner.utils import parse_telephony_websocket
from pipecat.serializers.genesys import GenesysAudioHookSerializer
from pipecat.serializers.plivo import PlivoFrameSerializer
from pipecat.serializers.telnyx import TelnyxFrameSerializer
from pipecat.serializers.twilio import TwilioFrameSerializer
from pipecat.serializers.vonage import VonageFrameSerializer
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

HERE = pathlib.Path(__file__).parent
# Not a whole number of messages: the last one is short.
SECONDS = 3.0125
WITHIN_S = 60
# The client has to wait for the answer to its `close`; this is long enough to see whether it does.
CLOSED_AFTER_S = 0.2
MIN_CORRELATION, MAX_NOISE_DB = 0.99, -30


class Failure(Exception):
    """What was read is not what was sent."""


def demand(holds, sentence):
    if not holds:
        raise Failure(sentence)


class Recording:
    """Tones in a WAV file: another pair each 100 ms, so that a shift shows."""

    def __init__(self, folder, name, rate_hz, seed):
        random = numpy.random.default_rng(seed)
        n_samples = round(SECONDS * rate_hz)
        part = numpy.arange(n_samples) * 10 // rate_hz
        time = numpy.arange(n_samples) / rate_hz
        low, high = (random.uniform(*band, part[-1] + 1)[part] for band in [(200, 900), (1_000, 3_000)])
        level = random.uniform(1_000, 14_000, part[-1] + 1)[part]
        tones = numpy.sin(2 * numpy.pi * low * time) + numpy.sin(2 * numpy.pi * high * time)
        self.rate_hz, self.samples = rate_hz, (level * tones).astype("<i2")
        self.path = folder / f"{name}-{rate_hz}.wav"
        with wave.open(str(self.path), "wb") as file:
            file.setparams((1, 2, rate_hz, n_samples, "NONE", ""))
            file.writeframes(self.samples.tobytes())

    def check_equal(self, sound):
        """Sound that came as 16 bit: each byte is the recording's."""
        demand(len(sound) == 2 * len(self.samples), f"{len(sound)} bytes instead of {2 * len(self.samples)}")
        n_wrong = numpy.count_nonzero(numpy.frombuffer(sound, "<i2") != self.samples)
        demand(n_wrong == 0, f"{n_wrong} of {len(self.samples)} samples are not the recording's")
        return f"{len(self.samples)} samples equal to the recording's"

    def check_like(self, sound):
        """Sound that went through the mu-law: as long, and near to the recording."""
        demand(len(sound) % 2 == 0, "half a sample")
        read = numpy.frombuffer(sound, "<i2").astype(float)
        off_s = (len(read) - len(self.samples)) / self.rate_hz
        demand(abs(off_s) <= 0.02, f"{len(read)} samples instead of {len(self.samples)}")
        n_both = min(len(read), len(self.samples))
        read, sent = read[:n_both], self.samples[:n_both].astype(float)
        correlation = numpy.corrcoef(read, sent)[0, 1]
        noise_db = 10 * numpy.log10(numpy.sum((read - sent) ** 2) / numpy.sum(sent ** 2))
        demand(correlation > MIN_CORRELATION, f"correlation with the recording of {correlation:.4f}")
        demand(noise_db < MAX_NOISE_DB, f"noise of {noise_db:.1f} dB against the recording")
        return f"{1_000 * off_s:+.0f} ms, correlation {correlation:.5f}, noise {noise_db:.1f} dB"


class Recordings:
    def __init__(self, folder):
        self.caller = Recording(folder, "caller", 8_000, 1)
        self.operator = Recording(folder, "operator", 8_000, 2)
        self.wide = Recording(folder, "caller", 16_000, 3)
        self.secret = folder / "secret"
        self.secret.write_text(base64.b64encode(b"not a secret").decode())


async def send(sender, protocol, url, caller, *more):
    command = [sender, "send", "--protocol", protocol, "--caller", caller.path, *more, url]
    process = await asyncio.create_subprocess_exec(
        *map(str, command), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
    try:
        said, _ = await asyncio.wait_for(process.communicate(), WITHIN_S)
    except asyncio.TimeoutError:
        process.kill()
        raise Failure(f"the sender did not end within {WITHIN_S} s") from None
    demand(process.returncode == 0, f"the sender failed: {said.decode().strip()}")


async def call_of(take, sender, protocol, caller, *more):
    """What `take` gives of the sender's call over a WebSocket."""
    taken = asyncio.get_running_loop().create_future()

    async def on_call(socket):
        try:
            taken.set_result(await take(socket))
        except Exception as error:
            taken.set_exception(error)

    async with serve(on_call, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        sent = send(sender, protocol, f"ws://127.0.0.1:{port}/call", caller, *more)
        _, got = await asyncio.gather(sent, asyncio.wait_for(taken, WITHIN_S))
        return got


async def messages_of(socket):
    return [message async for message in socket]


class Replayed:
    """Messages as the WebSocket that pipecat's parser reads: it wants the first two."""

    def __init__(self, messages):
        self.messages = messages

    async def iter_text(self):
        for message in self.messages:
            yield message


async def prepared(serializer, rate_hz):
    await serializer.setup(types.SimpleNamespace(audio_in_sample_rate=rate_hz))
    return serializer


async def sound_of(serializer, messages):
    frames = [await serializer.deserialize(message) for message in messages]
    frames = [frame for frame in frames if frame is not None]
    others = [frame for frame in frames if not isinstance(frame, InputAudioRawFrame)]
    demand(not others, f"pipecat takes a message for {others}")
    demand(all(frame.num_channels == 1 for frame in frames), "sound of more than one channel")
    return b"".join(frame.audio for frame in frames)


def twilio_serializer(call):
    params = TwilioFrameSerializer.InputParams(auto_hang_up=False)
    return TwilioFrameSerializer(call.stream_id, call.call_id, params=params)


def telnyx_serializer(call):
    params = TelnyxFrameSerializer.InputParams(auto_hang_up=False)
    return TelnyxFrameSerializer(call.stream_id, call.outbound_encoding, "PCMU", call.call_id, params=params)


def plivo_serializer(call):
    params = PlivoFrameSerializer.InputParams(auto_hang_up=False)
    return PlivoFrameSerializer(call.stream_id, call.call_id, params=params)


# What pipecat has to take each for, and its serializer.
FAMILY = {
    "twilio": ("twilio", twilio_serializer),
    "signalwire": ("twilio", twilio_serializer),
    "telnyx": ("telnyx", telnyx_serializer),
    "plivo": ("plivo", plivo_serializer),
}


def check_call_id(text):
    with contextlib.suppress(ValueError, TypeError, AttributeError):
        if str(uuid.UUID(text)) == text:
            return
    raise Failure(f"the call's id is {text!r}, not the UUID that was sent")


async def check_family(sender, recordings, protocol):
    """The caller's track alone, then both tracks, each by itself: pipecat does not tell them apart."""
    name, serializer_of = FAMILY[protocol]
    operator = ["--operator", recordings.operator.path]
    one, two = await asyncio.gather(
        call_of(messages_of, sender, protocol, recordings.caller),
        call_of(messages_of, sender, protocol, recordings.caller, *operator))
    for messages in [one, two]:
        found, call = await parse_telephony_websocket(Replayed(messages))
        demand(found == name, f"pipecat takes it for {found}")
        check_call_id(call.call_id)
        demand(call.stream_id, "no id of the stream")
    tracks = {"inbound": [], "outbound": []}
    for message in two:
        if json.loads(message)["event"] == "media":
            tracks[json.loads(message)["media"]["track"]].append(message)
    told = []
    for recording, messages in [
        (recordings.caller, one),
        (recordings.caller, tracks["inbound"]),
        (recordings.operator, tracks["outbound"]),
    ]:
        serializer = await prepared(serializer_of(call), recording.rate_hz)
        told.append(recording.check_like(await sound_of(serializer, messages)))
    return f"pipecat-ai: call {call.call_id}; the caller {told[0]}; of two tracks the operator {told[2]}"


async def check_vonage(sender, recordings):
    told = []
    for recording in [recordings.caller, recordings.wide]:
        rate_hz = recording.rate_hz
        messages = await call_of(messages_of, sender, "vonage", recording, "--rate", rate_hz)
        serializer = VonageFrameSerializer(VonageFrameSerializer.InputParams(vonage_sample_rate=rate_hz))
        sound = await sound_of(await prepared(serializer, rate_hz), messages)
        # Pipecat only logs the first message.
        first = json.loads(messages[0])
        demand(first["event"] == "websocket:connected", f"the first message is {first}")
        demand(first["content-type"] == f"audio/l16;rate={rate_hz}", f"the first message is {first}")
        told.append(f"{rate_hz} Hz, {recording.check_equal(sound)}")
    return f"pipecat-ai: {'; '.join(told)}"


async def check_audiohook(sender, recordings):
    """The caller's channel alone, then both, of which pipecat takes the external one."""
    key = ["--key-id", "key", "--secret-file", recordings.secret]
    told = []
    for more in [[], ["--operator", recordings.operator.path]]:
        serializer = await prepared(GenesysAudioHookSerializer(), 8_000)
        sound, answers, headers = await call_of(
            lambda socket: audiohook_call(socket, serializer), sender, "audiohook", recordings.caller, *key, *more)
        kinds = [answer["type"] for answer in answers]
        demand(kinds == ["opened", "pong", "closed"], f"pipecat answers {kinds}")
        channels = answers[0]["parameters"]["media"][0]["channels"]
        demand(channels == ["external", "internal"][:2 if more else 1], f"pipecat reads an offer of {channels}")
        check_call_id(serializer.conversation_id)
        session = headers.get("Audiohook-Session-Id")
        demand(serializer.session_id == session, f"session {serializer.session_id}, in the headers {session}")
        # Both answers have the position of what they answer.
        demand(answers[1]["position"] == "PT1.000S", f"the first ping comes at {answers[1]['position']}")
        demand(answers[2]["position"] == f"PT{SECONDS:.3f}S", f"the end comes at {answers[2]['position']}")
        told.append(f"{' and '.join(channels)}: the caller {recordings.caller.check_like(sound)}")
    return f"pipecat-ai: open, ping and close answered; {'; '.join(told)}"


async def audiohook_call(socket, serializer):
    """The sound and the answers of a call that pipecat answers."""
    sound, answers = b"", []
    async for message in socket:
        frame = await serializer.deserialize(message)
        if isinstance(frame, InputAudioRawFrame):
            sound += frame.audio
        elif frame is not None:
            answer = await serializer.serialize(frame)
            answers.append(json.loads(answer))
            if answers[-1]["type"] == "closed":
                await asyncio.sleep(CLOSED_AFTER_S)
            try:
                await socket.send(answer)
            except ConnectionClosed:
                raise Failure(f"our sender ends the connection without waiting for '{answers[-1]['type']}'") from None
    return sound, answers, socket.request.headers


async def check_audiosocket(sender, recordings, folder):
    node = await asyncio.create_subprocess_exec(
        "node", HERE / "audiosocket.mjs", folder, stdout=asyncio.subprocess.PIPE, limit=1 << 24)
    try:
        port = (await asyncio.wait_for(node.stdout.readline(), WITHIN_S)).decode().strip()
        demand(port, "node did not start: is asterisk-audiosocket installed?")
        await send(sender, "audiosocket", f"audiosocket://127.0.0.1:{port}", recordings.caller)
        read = await asyncio.wait_for(node.stdout.readline(), WITHIN_S)
    except asyncio.TimeoutError:
        raise Failure("asterisk-audiosocket saw no end of the call") from None
    finally:
        with contextlib.suppress(ProcessLookupError):
            node.kill()
        await node.wait()
    read = json.loads(read)
    demand(not read["errors"], f"asterisk-audiosocket: {read['errors'][:1]}")
    demand(len(read["ids"]) == 1, f"{len(read['ids'])} UUIDs")
    check_call_id(read["ids"][0])
    lengths = read["lengths"]
    demand(all(length == 320 for length in lengths[:-1]), f"frames of {sorted(set(lengths[:-1]))} bytes")
    equal = recordings.caller.check_equal(base64.b64decode(read["sound"]))
    return f"asterisk-audiosocket: call {read['ids'][0]}, {len(lengths)} frames and the end; {equal}"


async def run(sender, folder):
    with tempfile.TemporaryDirectory() as made:
        recordings = Recordings(pathlib.Path(made))
        checks = {"audiosocket": check_audiosocket(sender, recordings, folder)}
        checks |= {protocol: check_family(sender, recordings, protocol) for protocol in FAMILY}
        checks |= {"vonage": check_vonage(sender, recordings), "audiohook": check_audiohook(sender, recordings)}
        results = await asyncio.gather(*checks.values(), return_exceptions=True)
    n_failed = 0
    for protocol, result in zip(checks, results):
        if isinstance(result, BaseException):
            n_failed += 1
            what = result if isinstance(result, Failure) else f"{type(result).__name__}: {result}"
            print(f"{protocol} FAILED: {what}", file=sys.stderr)
        else:
            print(f"{protocol} read by {result}")
    for warning in WARNINGS:
        print(f"pipecat warns: {warning}", file=sys.stderr)
    return n_failed == 0 and not WARNINGS


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sender, folder = map(pathlib.Path, sys.argv[1:])
    if not asyncio.run(run(sender.resolve(), folder.resolve())):
        sys.exit("what our sender sends was not read as it should be: see above")
    print("every message was read by a program that we did not write, and holds what the recordings hold")


if __name__ == "__main__":
    main()
