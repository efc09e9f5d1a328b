"""Reads each export with a program that we did not write, and compares it with the session log.

    python check.py UNDERTONE FOLDER

UNDERTONE is the program, FOLDER holds the small logs. What is compared is read from the log itself, line by line,
not from another export. Also: a shift of 4 hours and 12 callers as HTML takes less than 2 s and 200 MB.
"""

import html
import json
import pathlib
import struct
import subprocess
import sys
import tempfile
import time
import zlib

import duckdb
import lxml.etree
import pandas
import praatio.textgrid
import pympi.Elan
import webvtt

import browser

HERE = pathlib.Path(__file__).parent
EMOTIONS = ["anger", "disgust", "fear", "happiness", "surprise", "sadness", "neutral"]
MAX_SECONDS, MAX_MB = 2.0, 200


class Case:
    """A log, and its exports in a folder."""

    def __init__(self, program, log, folder):
        self.program, self.log, self.folder = program, log, folder
        lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
        self.header, self.records = lines[0], lines[1:]
        self.labels = [caller["label"] for caller in self.header["callers"]]

    def export(self, form):
        path = self.folder / f"{self.log.stem}.{form}"
        subprocess.run([self.program, "export", self.log, "--format", form, "--output", path, "--force"], check=True)
        return path

    def readings(self, caller=None):
        """Those that stand for some time: one at the very end of muted time stands for none."""
        ends = [muted["t"] + muted["muted_s"] for muted in self.of("muted")]
        return [reading for reading in self.of("reading", caller) if reading["t"] not in ends]

    def of(self, kind, caller=None):
        found = [record for record in self.records if record["record"] == kind]
        return [record for record in found if caller is None or record["caller"] == caller]


def plain(text):
    """Control characters as the program shows them in text that is shown."""
    return "".join(chr(0x2400 + ord(c)) if ord(c) < 0x20 else c for c in text)


def same(found, expected, what):
    assert found == expected, f"{what}: {found!r} is not {expected!r}"


def near(found, expected, what):
    """The same texts at the same times, to the nearest millisecond."""
    same([text for _, text in found], [text for _, text in expected], what)
    assert all(abs(one[0] - other[0]) < 6e-4 for one, other in zip(found, expected)), (what, found, expected)


def check_table(case, table, exact_text, what):
    """Rows of a data frame against the records."""
    same(len(table), len(case.records), f"{what}: rows")
    for row, record in zip(table.to_dict("records"), case.records):
        same(row["record"], record["record"], what)
        same(row["t_s"], record["t"], what)
        if "caller" in record:
            same(int(row["caller"]), record["caller"], what)
            if exact_text:
                same(row["label"], case.labels[record["caller"]], what)
        if record["record"] == "reading":
            same((row["state"], row["emotion"], row["certainty"]),
                 (record["state"], record["emotion"], record["certainty"]), what)
            same([row[f"p_{e}"] for e in EMOTIONS], [record["scores"][e] for e in EMOTIONS], what)
        else:
            assert all(pandas.isna(row[f"p_{e}"]) for e in EMOTIONS), (what, row)
        if record["record"] == "mark" and exact_text:
            same(row["text"], record["text"], what)
        if record["record"] == "gap":
            same((int(row["lost_samples"]), row["lost_s"]), (record["lost_samples"], record["lost_s"]), what)
        if record["record"] == "muted":
            same(row["muted_s"], record["muted_s"], what)
        if record["record"] == "facts":
            for name, value in record["facts"].items():
                assert pandas.isna(row[name]) if value is None else row[name] == value, (what, name, row)
    return len(case.records)


def check_tables(case):
    paths = {form: case.export(form) for form in ["csv", "jsonl", "parquet"]}
    read = {
        "pandas csv": (pandas.read_csv(paths["csv"]), False),
        "pandas jsonl": (pandas.read_json(paths["jsonl"], lines=True, precise_float=True), True),
        "pandas parquet": (pandas.read_parquet(paths["parquet"]), True),
        "duckdb csv": (duckdb.sql(f"from read_csv('{paths['csv']}')").df(), False),
        "duckdb jsonl": (duckdb.sql(f"from read_json('{paths['jsonl']}', format='newline_delimited')").df(), True),
        "duckdb parquet": (duckdb.sql(f"from '{paths['parquet']}'").df(), True),
    }
    columns = [list(table.columns) for table, _ in read.values()]
    assert all(names == columns[0] for names in columns), columns
    return sum(check_table(case, table, exact, f"{case.log.name}, {what}") for what, (table, exact) in read.items())


def emotion_at(intervals, time):
    """The label of the interval that ends at a time, or holds it."""
    found = [label for start, end, label in intervals if start < time - 1e-3 and time <= end + 1e-3]
    assert len(found) == 1, (time, found)
    return found[0]


def has_no_seek_back(case):
    return all(record["t"] >= record["from"] for record in case.of("seek"))


def check_intervals(case, of_caller, what):
    """The stretches of each caller against the log's readings, one by one."""
    n_checked = 0
    for caller, label in enumerate(case.labels):
        intervals = of_caller(caller, label)
        readings = case.readings(caller)
        assert has_no_seek_back(case)
        for reading in readings:
            expected = reading["emotion"] if reading["state"] == "emotion" else reading["state"]
            same(emotion_at(intervals, reading["t"]), expected, f"{what} at {reading['t']}")
            n_checked += 1
    return n_checked


def check_textgrid(case):
    grid = praatio.textgrid.openTextgrid(str(case.export("textgrid")), includeEmptyIntervals=True)
    tier = lambda label, name: grid.getTier(f"{plain(label).replace(chr(34), chr(34) * 2)} - {name}") \
        if f"{plain(label).replace(chr(34), chr(34) * 2)} - {name}" in grid.tierNames else grid.getTier(f"{plain(label)} - {name}")
    for caller, label in enumerate(case.labels):
        for name in ["activity", "emotion", "certainty"]:
            entries = tier(label, name).entries
            assert entries[0].start == 0 and entries[-1].end == grid.maxTimestamp
            assert all(one.end == other.start for one, other in zip(entries, entries[1:])), entries
        marks = [(p.time, p.label.replace('""', '"')) for p in tier(label, "marks").entries]
        near(marks, [(m["t"], plain(m["text"])) for m in case.of("mark", caller)], "TextGrid marks")
        alerts = [(p.time, p.label) for p in tier(label, "alerts").entries]
        near(alerts, [(a["t"], f"{a['rule']}: {a['reason']}") for a in case.of("alert", caller)], "TextGrid alerts")
    spans = lambda _, label: [tuple(entry) for entry in tier(label, "emotion").entries]
    return check_intervals(case, spans, f"{case.log.name}, TextGrid")


def check_eaf(case):
    path = case.export("eaf")
    lxml.etree.parse(str(path))
    document = pympi.Elan.Eaf(str(path))
    data = lambda label, name: document.get_annotation_data_for_tier(f"{plain(label)} - {name}")
    for caller, label in enumerate(case.labels):
        marks = [(start / 1000, text) for start, _, text in data(label, "marks")]
        near(marks, [(m["t"], plain(m["text"])) for m in case.of("mark", caller)], "EAF marks")
        alerts = [(end / 1000, text) for _, end, text in data(label, "alerts")]
        near(alerts, [(a["t"], f"{a['rule']}: {a['reason']}") for a in case.of("alert", caller)], "EAF alerts")
    spans = lambda _, label: [(start / 1000, end / 1000, text) for start, end, text in data(label, "emotion")]
    return check_intervals(case, spans, f"{case.log.name}, EAF")


def check_vtt(case):
    cues = webvtt.read(str(case.export("vtt"))).captions
    seconds = lambda clock: sum(float(part) * 60 ** n for n, part in enumerate(reversed(clock.split(":"))))
    named = lambda caller, kind: [cue for cue in cues if cue.identifier.startswith(f"caller-{caller + 1}-{kind}-")]
    for caller, label in enumerate(case.labels):
        who = f"{plain(label)}: " if len(case.labels) > 1 else ""
        # The parser leaves entities as they are, which players do not.
        marks = [(seconds(cue.start), html.unescape(cue.text)) for cue in named(caller, "mark")]
        text = lambda mark: plain(" ".join(mark["text"].split()))
        near(marks, [(m["t"], f"{who}Mark: {text(m)}") for m in case.of("mark", caller)], "VTT marks")
        near([(seconds(cue.start), "") for cue in named(caller, "alert")],
             [(a["t"], "") for a in case.of("alert", caller)], "VTT alerts")

    def spans(caller, label):
        who = f"{plain(label)}: " if len(case.labels) > 1 else ""
        words = lambda text: text.removeprefix(who).replace("pleasant surprise ", "surprise ", 1).split(" ")[0]
        return [(seconds(cue.start), seconds(cue.end), words(html.unescape(cue.text))) for cue in named(caller, "emotion")]

    return check_intervals(case, spans, f"{case.log.name}, WebVTT")


def check_emotionml(case):
    schema = lxml.etree.XMLSchema(lxml.etree.parse(str(HERE / "emotionml.xsd")))
    document = lxml.etree.parse(str(case.export("emotionml")))
    schema.assertValid(document)
    space = {"e": "http://www.w3.org/2009/10/emotionml", "u": "urn:undertone:emotionml:1"}
    root = document.getroot()
    vocabulary = document.xpath(f"//e:vocabulary[@id='{root.get('category-set')[1:]}']", namespaces=space)
    same(len(vocabulary), 1, "EmotionML vocabulary")
    same([item.get("name") for item in vocabulary[0]], EMOTIONS, "EmotionML items")
    started = pandas.Timestamp(case.header["started"]).value // 1_000_000
    emotions = document.xpath("//e:emotion", namespaces=space)
    n_readings = sum(int(e.xpath("e:info/u:reading/@readings", namespaces=space)[0]) for e in emotions)
    same(n_readings, len(case.readings()), "EmotionML readings")

    def spans(_, label):
        found = []
        for emotion in emotions:
            told = emotion.xpath("e:info/u:reading", namespaces=space)[0]
            names = [category.get("name") for category in emotion.xpath("e:category", namespaces=space)]
            same(names, EMOTIONS, "EmotionML categories")
            if told.get("caller") == plain(label):
                start = (int(emotion.get("start")) - started) / 1000
                found.append((start, start + int(emotion.get("duration")) / 1000, told.get("shown")))
        return found

    return check_intervals(case, spans, f"{case.log.name}, EmotionML")


def check_pictures(case):
    svg = lxml.etree.parse(str(case.export("svg"))).getroot()
    texts = ["".join(node.itertext()) for node in svg.iter("{http://www.w3.org/2000/svg}text")]
    assert all(plain(label) in texts for label in case.labels), texts
    png = case.export("png").read_bytes()
    same(png[:8], b"\x89PNG\r\n\x1a\n", "PNG")
    at, pixels, kinds = 8, b"", []
    while at < len(png):
        (length,), kind = struct.unpack(">I", png[at:at + 4]), png[at + 4:at + 8]
        data = png[at + 8:at + 8 + length]
        same(struct.unpack(">I", png[at + 8 + length:at + 12 + length])[0], zlib.crc32(kind + data), f"PNG {kind}")
        kinds.append(kind)
        pixels += data if kind == b"IDAT" else b""
        at += 12 + length
    same((kinds[0], kinds[-1]), (b"IHDR", b"IEND"), "PNG chunks")
    width, height = struct.unpack(">II", png[16:24])
    same(len(zlib.decompress(pixels)), height * (width + 1), "PNG pixels")


def check_several(program, logs, folder):
    """Several sessions as one table."""
    path = folder / "all.parquet"
    subprocess.run([program, "export", *logs, "--format", "parquet", "--output", path], check=True)
    counts = dict(duckdb.sql(f"select session, count(*) from '{path}' group by 1").fetchall())
    same(counts, {log.stem: len(log.read_text().splitlines()) - 1 for log in logs}, "several sessions")


def check_shift(program, folder, exports):
    """A shift of 4 hours and 12 callers: HTML in time, and every table and tier has all of it."""
    log = folder / "shift.jsonl"
    subprocess.run([sys.executable, HERE / "make_log.py", log], check=True)
    page = exports / "shift.html"
    took = []
    for _ in range(3):
        start = time.monotonic()
        subprocess.run([program, "export", log, "--format", "html", "--output", page, "--force"], check=True)
        took.append(time.monotonic() - start)
    peak_mb = peak_of([program, "export", log, "--format", "html", "--output", page, "--force"])
    lines = log.read_text(encoding="utf-8").splitlines()
    n_alerts = sum('"record":"alert"' in line for line in lines)
    print(f"shift: {len(lines) - 1} records, {log.stat().st_size / 1e6:.0f} MB; HTML in {min(took):.2f} to "
          f"{max(took):.2f} s, {peak_mb:.0f} MB of memory, {page.stat().st_size / 1e6:.1f} MB of page")
    assert min(took) < MAX_SECONDS, took
    assert peak_mb < MAX_MB, peak_mb
    print("shift in the browser:", browser.check(page, 12, n_alerts))
    case = Case(program, log, exports)
    rows = duckdb.sql(f"select count(*), sum(p_fear), max(t_s) from '{case.export('parquet')}'").fetchall()[0]
    readings = case.of("reading")
    same(rows[0], len(case.records), "shift, parquet rows")
    assert abs(rows[1] - sum(r["scores"]["fear"] for r in readings)) < 1e-6


def peak_of(command):
    """Memory of one program at its most, in MB."""
    code = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True); " \
           "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    told = subprocess.run([sys.executable, "-c", code, *map(str, command)], check=True, capture_output=True, text=True)
    return int(told.stdout) / 1024


def main():
    program, logs = sys.argv[1], sorted(pathlib.Path(sys.argv[2]).glob("*.jsonl"))
    assert len(logs) >= 7, logs
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        # Beside the made logs an export as JSON Lines would have the name of its log.
        exports = folder / "exports"
        exports.mkdir()
        made = folder / "made.jsonl"
        arguments = ["--hours", "0.2", "--callers", "2", "--seed", "3"]
        subprocess.run([sys.executable, HERE / "make_log.py", made, *arguments], check=True)
        for log in [*logs, made]:
            case = Case(program, log, exports)
            n_rows = check_tables(case)
            n_stretches = sum(check(case) for check in [check_textgrid, check_eaf, check_vtt, check_emotionml])
            check_pictures(case)
            page = browser.check(case.export("html"), len(case.labels), len(case.of("alert")))
            print(f"{log.name}: {n_rows} rows and {n_stretches} readings compared; {page}")
        check_several(program, logs, exports)
        check_shift(program, folder, exports)
    print("every export was read by a program that we did not write, and holds what the log holds")


main()
