"""Has a gateway record calls from a SIP program that we did not write: Debian's sipp (package sip-tester) plays siprec.xml.

    python3 sipp.py GATEWAY

GATEWAY is undertone-gateway. 50 calls of 8 s come at 10 a second, each with the demo call's voice as the caller's stream and
silence as the operator's. Logs and counts have to tell of each call's whole length, and RTCP that both streams were heard.
sipp writes its RTP to a raw socket, which takes root. Python needs no packages.
"""

import contextlib
import json
import pathlib
import random
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
RECORDING = HERE.parent.parent / "assets" / "demo-call.wav"
HOST = "127.0.0.1"
N_CALLS, CALLS_A_SECOND = 50, 10
SKIPPED_S, SECONDS = 10, 8
# The rest of a call after its last packet: sipp's threads may be late where the machine is busy.
REST_S = 1
RATE_HZ, PACKET_MS = 8_000, 20
PACKET_LEN = RATE_HZ * PACKET_MS // 1_000
MU_LAW_WAV, MU_LAW_RTP, MU_LAW_SILENCE = 7, 0, b"\xff"
ETHERNET, IPV4, UDP = 1, 0x0800, 17
# sipp adds to its own port, and to that of the answer's first line, what a flow's port is above the lowest.
FLOW_PORTS = [40_000, 40_002]
SOURCES = [0x5550_0100, 0x5550_0101]
# Four a call: sipp needs the operator's port to be the caller's + 2, as it is while each port is taken for the first time.
RTP_PORTS_A_CALL = 4
RECEIVER_REPORT, RECEIVER_REPORT_LEN = 201, 32
STARTS_WITHIN_S, SIPP_WITHIN_S, ENDS_WITHIN_S = 8, 20, 5
OFF_S = 0.1


class Failure(Exception):
    """Something is not as it should be."""


def demand(holds, sentence):
    if not holds:
        raise Failure(sentence)


def check_sipp():
    demand(shutil.which("sipp"), "there is no sipp: install Debian's package sip-tester")
    built = subprocess.run(["sipp", "-v"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, text=True, check=False).stdout
    demand("PCAP" in built, "this sipp cannot play a pcap: install Debian's package sip-tester")
    try:
        socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP).close()
    except PermissionError:
        raise Failure("sipp needs a raw socket to play a pcap: run this as root") from None


def voice():
    """The caller's sound: mu-law, as the recording's data chunk has it."""
    wav = RECORDING.read_bytes()
    chunks, at = {}, 12
    while at + 8 <= len(wav):
        name, length = struct.unpack_from("<4sI", wav, at)
        chunks[name] = wav[at + 8:at + 8 + length]
        at += 8 + length + length % 2
    kind = struct.unpack_from("<HHI", chunks.get(b"fmt ", bytes(8)))
    demand(kind == (MU_LAW_WAV, 1, RATE_HZ), f"{RECORDING} is not mu-law, mono, {RATE_HZ} Hz")
    sound = chunks.get(b"data", b"")[SKIPPED_S * RATE_HZ:(SKIPPED_S + SECONDS) * RATE_HZ]
    demand(len(sound) == SECONDS * RATE_HZ, f"{RECORDING} is shorter than {SKIPPED_S + SECONDS} s")
    return sound


def write_pcap(path, sounds):
    """Both flows in one capture, their packets by turns. Sequence numbers and timestamps wrap on the way."""
    with path.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65_535, ETHERNET))
        for n in range(SECONDS * RATE_HZ // PACKET_LEN):
            time_us = n * PACKET_MS * 1_000
            for flow, sound in enumerate(sounds):
                payload = sound[n * PACKET_LEN:(n + 1) * PACKET_LEN]
                frame = frame_of(FLOW_PORTS[flow], rtp(flow, n) + payload)
                file.write(struct.pack("<IIII", time_us // 1_000_000, time_us % 1_000_000, len(frame), len(frame)))
                file.write(frame)


def rtp(flow, n):
    marker = 0x80 if n == 0 else 0
    sequence = (65_436 + 1_000 * flow + n) % (1 << 16)
    timestamp = ((1 << 32) - 3 * RATE_HZ + 12_345 * flow + n * PACKET_LEN) % (1 << 32)
    return struct.pack(">BBHII", 0x80, marker | MU_LAW_RTP, sequence, timestamp, SOURCES[flow])


def frame_of(port, datagram):
    """A datagram as it is captured from Ethernet. sipp makes the addresses, ports and checksums anew."""
    udp = struct.pack(">HHHH", port, port, 8 + len(datagram), 0) + datagram
    loopback = socket.inet_aton(HOST)
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, UDP, 0, loopback, loopback)
    return bytes(12) + struct.pack(">H", IPV4) + ip + udp


class Ports:
    """Ports in a row that nobody has: the gateway's for RTP, then one each for its SIP and HTTP, then sipp's."""

    def __init__(self):
        n_rtp, n_others = RTP_PORTS_A_CALL * N_CALLS, 8
        for _ in range(100):
            # Below those that the system gives away by itself.
            first = random.randrange(12_000, 32_000 - n_rtp - n_others, 2)
            if self.are_free(range(first, first + n_rtp + n_others)):
                break
        else:
            raise Failure(f"no {n_rtp + n_others} free ports in a row")
        self.rtp = [first, first + n_rtp - 1]
        self.sip, self.http, self.sipp = range(first + n_rtp, first + n_rtp + 3)
        # The caller's stream, its RTCP, the operator's, its RTCP.
        self.media = first + n_rtp + 4

    @staticmethod
    def are_free(ports):
        with contextlib.ExitStack() as stack:
            for kind in [socket.SOCK_DGRAM, socket.SOCK_STREAM]:
                for port in ports:
                    taken = stack.enter_context(socket.socket(socket.AF_INET, kind))
                    try:
                        taken.bind((HOST, port))
                    except OSError:
                        return False
        return True


class Gateway:
    """A gateway in a folder of its own, until the end of the block at the latest."""

    def __init__(self, program, folder, ports):
        self.folder, self.ports = folder, ports
        settings = folder / "gateway.toml"
        settings.write_text(
            f'backend = "cpu"\nlanguage = "en"\n[session]\ndir = "logs"\n[http]\nlisten = "{HOST}:{ports.http}"\n'
            f'[siprec]\nlisten = "{HOST}:{ports.sip}"\nports = {ports.rtp}\nown_numbers = ["116123"]\n')
        with (folder / "said").open("wb") as said:
            try:
                self.process = subprocess.Popen(
                    [program, "--config", settings], stdin=subprocess.DEVNULL, stdout=said, stderr=said)
            except OSError as error:
                raise Failure(f"cannot start {program}: {error.strerror}") from None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def said(self):
        return (self.folder / "said").read_text(errors="replace").strip()

    def wait_until(self, holds, within_s, sentence):
        until = time.monotonic() + within_s
        while not holds():
            code = self.process.poll()
            demand(code is None, f"the gateway ended with code {code}")
            demand(time.monotonic() < until, sentence)
            time.sleep(0.05)

    def wait_until_ready(self):
        self.wait_until(lambda: '"event":"ready"' in self.said(), STARTS_WITHIN_S,
                        f"the gateway was not ready within {STARTS_WITHIN_S} s")

    def metrics(self):
        """The counts by their names with labels."""
        straight = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with straight.open(f"http://{HOST}:{self.ports.http}/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        pairs = [line.rsplit(" ", 1) for line in lines if not line.startswith("#")]
        return {name.removeprefix("undertone_gateway_"): float(value) for name, value in pairs}

    def count(self, name):
        counts = self.metrics()
        demand(name in counts, f"/metrics has no {name}")
        return counts[name]

    def check_counts(self):
        lost = self.count("packets_lost_total")
        demand(lost == 0, f"/metrics: packets_lost_total is {lost:g}")
        gaps_s = self.count("gap_seconds_total")
        demand(gaps_s == 0, f"/metrics: gap_seconds_total is {gaps_s:g}")
        finished = self.count('calls_total{protocol="siprec",result="finished"}')
        demand(finished == N_CALLS, f"/metrics: {finished:g} of {N_CALLS} calls finished")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            raise Failure(f"the gateway did not end within {ENDS_WITHIN_S} s of SIGTERM") from None
        demand(code == 0, f"after SIGTERM the gateway ended with code {code}")

    def logs(self):
        return sorted((self.folder / "logs").glob("*.jsonl"))


def run_sipp(folder, ports):
    """Plays the scenario; gives how many calls sipp calls successful."""
    counts = folder / "sipp.csv"
    errors = folder / "sipp-errors.log"
    # sipp looks for the pcap beside the scenario.
    shutil.copy(HERE / "siprec.xml", folder)
    command = [
        "sipp", "-sf", folder / "siprec.xml", "-nostdin", "-m", N_CALLS, "-l", N_CALLS, "-r", CALLS_A_SECOND,
        "-d", 1_000 * (SECONDS + REST_S), "-i", HOST, "-p", ports.sipp, "-mi", HOST, "-mp", ports.media,
        "-timeout", f"{SIPP_WITHIN_S}s", "-timeout_error", "-trace_stat", "-stf", counts, "-fd", "1",
        "-trace_err", "-error_file", errors, f"{HOST}:{ports.sip}"]
    with (folder / "sipp-said").open("wb") as said:
        process = subprocess.Popen(
            list(map(str, command)), cwd=folder, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
        try:
            code = process.wait(SIPP_WITHIN_S + 2)
        except subprocess.TimeoutExpired:
            raise Failure(f"sipp did not end within {SIPP_WITHIN_S + 2} s") from None
        finally:
            process.kill()
            process.wait()
    told = errors.read_text(errors="replace").strip() if errors.exists() else ""
    told = f": {' '.join(told.split())[:600]}" if told else ""
    demand(counts.exists(), f"sipp ended with code {code} before its first call{told}")
    names, *_, last = [line.split(";") for line in counts.read_text().splitlines()]
    counted = dict(zip(names, last))
    successful, failed = int(counted["SuccessfulCall(C)"]), int(counted["FailedCall(C)"])
    demand((successful, failed) == (N_CALLS, 0), f"sipp: {successful} calls successful, {failed} failed{told}")
    demand(code == 0, f"sipp ended with code {code}{told}")
    return successful


class Reports:
    """What comes by RTCP, which sipp does not listen for: how the gateway hears each stream, 5 s after it begins."""

    def __init__(self, ports):
        self.sockets = []
        for port in [ports.media + 1, ports.media + 3]:
            control = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.sockets.append(control)
            control.setblocking(False)
            control.bind((HOST, port))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for control in self.sockets:
            control.close()

    def check(self):
        """What waits in the sockets: as many streams as calls, of the flow that was sent there, nothing of it lost."""
        for side, control, source in zip(["caller", "operator"], self.sockets, SOURCES):
            heard = set()
            with contextlib.suppress(BlockingIOError):
                while True:
                    report = control.recv(2_048)
                    # Before anything is heard a report has no block.
                    if report[:2] != bytes([0x81, RECEIVER_REPORT]) or len(report) < RECEIVER_REPORT_LEN:
                        continue
                    by, of, lost = struct.unpack_from(">4xIII", report)
                    demand(of == source, f"RTCP of the {side}'s stream is of the source {of:08x}, not {source:08x}")
                    demand(lost == 0, f"RTCP tells of {lost & 0xff_ffff} packets lost of the {side}'s stream")
                    heard.add(by)
            demand(len(heard) == N_CALLS, f"by RTCP the {side} was heard in {len(heard)} of {N_CALLS} calls")


def records_of(log):
    lines = log.read_text().splitlines()
    try:
        return [json.loads(line) for line in lines]
    except json.JSONDecodeError as error:
        raise Failure(f"{log.name} is not JSON in lines: {error}") from None


def is_ended(log):
    return '"record":"end"' in log.read_text()


def check_log(log):
    """A log's length in seconds and its readings."""
    records = records_of(log)
    kinds = [record.get("record") for record in records]
    demand(kinds and kinds[-1] == "end", f"{log.name}: the last record is {kinds[-1:]}, not the end")
    length_s = records[-1]["t"]
    demand(abs(length_s - SECONDS) <= OFF_S, f"{log.name}: the call ends at {length_s} s instead of {SECONDS} s")
    gaps = [record for record in records if record.get("record") == "gap"]
    demand(not gaps, f"{log.name}: {len(gaps)} gaps, the first is {gaps[:1]}")
    readings = kinds.count("reading")
    demand(readings > 0, f"{log.name}: no readings, only {sorted(set(map(str, kinds)))}")
    return length_s, readings


def run(program, folder):
    check_sipp()
    write_pcap(folder / "siprec.pcap", [voice(), MU_LAW_SILENCE * SECONDS * RATE_HZ])
    ports = Ports()
    with Reports(ports) as reports, Gateway(program, folder, ports) as gateway:
        try:
            gateway.wait_until_ready()
            successful = run_sipp(folder, ports)
            gateway.wait_until(lambda: sum(map(is_ended, gateway.logs())) >= N_CALLS, ENDS_WITHIN_S,
                               f"not all of {N_CALLS} logs ended within {ENDS_WITHIN_S} s of the last call")
            gateway.check_counts()
            reports.check()
            logs = gateway.logs()
            demand(len(logs) == N_CALLS, f"{len(logs)} logs of {N_CALLS} calls")
            lengths, readings = zip(*map(check_log, logs))
            gateway.stop()
        except Failure:
            print("\n".join(gateway.said().splitlines()[-20:]), file=sys.stderr)
            raise
    return (f"sipp: {successful} calls successful, none failed; {len(logs)} logs of {min(lengths):.2f} to "
            f"{max(lengths):.2f} s without gaps, {min(readings)} to {max(readings)} readings each; both streams heard and "
            "no packet lost; "
            "exit code 0 after SIGTERM")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        try:
            print(run(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(folder)))
        except Failure as failure:
            sys.exit(f"sipp.py: {failure}")


if __name__ == "__main__":
    main()
