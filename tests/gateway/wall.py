"""Has a browser that we did not write show the wall: headless Chromium, driven over its own protocol.

    python3 wall.py GATEWAY [--fleet] [PICTURE.png]

GATEWAY is undertone-gateway. 60 calls come at once. With --fleet they come to the page through a broker (nats-server), as
those of many desks do. Only the keyboard is used. Each alert has to be on the page within 1 s
of its log's line (95 of 100), an acknowledgement has to go back into the log, nothing may be asked of another machine, all
text has to stand out, and a page that is loaded anew goes on. Python needs the package websockets.
"""

import base64
import contextlib
import json
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

from websockets.sync.client import connect

HERE = pathlib.Path(__file__).resolve().parent
RECORDING = HERE.parent.parent / "assets" / "demo-call.wav"
HOST = "127.0.0.1"
TOKEN = "a-token-of-32-characters-0123456"
NODE = "gateway-1"
N_CALLS, SECONDS = 60, 14
WITHIN_S, STARTS_WITHIN_S = 1.0, 15
LEAST_CONTRAST = 4.5
SIZE = {"width": 1200, "height": 900, "deviceScaleFactor": 1, "mobile": False}

# Times at which alerts appeared, by call and time of the alert.
WATCH = """
window.appeared = {};
new MutationObserver(() => {
  for (const button of document.querySelectorAll('#alerts button')) {
    const name = button.getAttribute('aria-label');
    window.appeared[name] ??= Date.now() / 1000;
  }
}).observe(document.getElementById('alerts'), { childList: true, subtree: true, attributes: true });
"""

# The least contrast of any text with what lies behind it (WCAG 2.2, success criterion 1.4.3), and where that is.
CONTRAST = """
(() => {
  const parse = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number);
  const light = ([red, green, blue]) => [red, green, blue]
    .map((value) => value / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
    .reduce((sum, value, at) => sum + value * [0.2126, 0.7152, 0.0722][at], 0);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  let least = [99, ''];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !element.offsetParent) continue;
    if (element.closest('.unseen, .c-unheard, noscript')) continue;
    const [one, other] = [light(parse(getComputedStyle(element).color)), light(behind(element))];
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (ratio < least[0]) least = [ratio, `${element.tagName}.${element.className}: ${element.textContent.slice(0, 40)}`];
  }
  return least;
})()
"""


class Failure(Exception):
    """Something is not as it should be."""


def demand(holds, sentence):
    if not holds:
        raise Failure(sentence)


def free_port():
    with socket.socket() as one:
        one.bind((HOST, 0))
        return one.getsockname()[1]


class Browser:
    """A page of Chromium."""

    def __init__(self, folder, cleanup):
        program = next((name for name in ("chromium", "chromium-browser", "google-chrome") if shutil.which(name)), None)
        demand(program, "there is no Chromium: install Debian's package chromium")
        self.process = subprocess.Popen(
            [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--disable-background-networking", "--remote-debugging-port=0", f"--user-data-dir={folder}", "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        cleanup.callback(lambda: (self.process.terminate(), self.process.wait()))
        port_file = pathlib.Path(folder) / "DevToolsActivePort"
        until(lambda: port_file.exists() and port_file.read_text().strip(), "Chromium starts", STARTS_WITHIN_S)
        port = port_file.read_text().split()[0]
        with urllib.request.urlopen(f"http://{HOST}:{port}/json/list") as answer:
            page = next(one for one in json.load(answer) if one["type"] == "page")
        self.socket = cleanup.enter_context(connect(page["webSocketDebuggerUrl"], max_size=None, ping_interval=None))
        self.number = 0
        self.asked_for = []
        self.errors = []
        for domain in ("Network", "Page", "Runtime", "Log"):
            self.ask(f"{domain}.enable")
        self.ask("Emulation.setDeviceMetricsOverride", **SIZE)

    def ask(self, method, **params):
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, "method": method, "params": params}))
        while True:
            message = json.loads(self.socket.recv(timeout=20))
            if message.get("id") == self.number:
                demand("error" not in message, f"{method}: {message.get('error')}")
                return message["result"]
            self.note(message)

    def note(self, message):
        params = message.get("params", {})
        if message.get("method") == "Network.requestWillBeSent":
            self.asked_for.append(params["request"]["url"])
        elif message.get("method") == "Runtime.exceptionThrown":
            self.errors.append(params["exceptionDetails"].get("exception", {}).get("description", "an exception"))
        elif message.get("method") == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.errors.append(params["entry"]["text"])

    def value(self, expression):
        result = self.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        demand("exceptionDetails" not in result, f"{expression}: {result.get('exceptionDetails')}")
        return result["result"].get("value")

    def press(self, key, code):
        for kind in ("keyDown", "keyUp"):
            text = "\r" if key == "Enter" and kind == "keyDown" else ""
            self.ask("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, text=text)

    def picture(self, path):
        data = self.ask("Page.captureScreenshot", format="png")["data"]
        pathlib.Path(path).write_bytes(base64.b64decode(data))


def until(is_so, what, within_s=10.0):
    end = time.monotonic() + within_s
    while not (found := is_so()):
        demand(time.monotonic() < end, f"not within {within_s} s: {what}")
        time.sleep(0.05)
    return found


class Logs:
    """When the alerts came into the logs, by call and time of the alert, as the page names them."""

    def __init__(self, folder, node):
        self.folder = folder
        self.before = f"{node}: " if node else ""
        self.alerts = {}
        self.acknowledged = []
        self.read_up_to = {}
        self.labels = {}
        self.is_over = False
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()

    def watch(self):
        while not self.is_over:
            for path in self.folder.glob("*.jsonl"):
                self.read(path)
            time.sleep(0.02)

    def read(self, path):
        with path.open("rb") as file:
            file.seek(self.read_up_to.get(path, 0))
            text = file.read()
        whole = text[:text.rfind(b"\n") + 1]
        self.read_up_to[path] = self.read_up_to.get(path, 0) + len(whole)
        for line in whole.splitlines():
            record = json.loads(line)
            if record["record"] == "header":
                self.labels[path] = self.before + record["callers"][0]["label"]
            elif record["record"] == "alert":
                name = f"Acknowledge: {self.labels[path]}, no voice at 00:{int(record['t']):02}"
                self.alerts[name] = time.time()
            elif record["record"] == "acknowledged":
                self.acknowledged.append((self.labels[path], record.get("by")))

    def close(self):
        self.is_over = True
        self.thread.join()


def start_broker(folder, cleanup):
    program = shutil.which("nats-server")
    demand(program, "there is no broker: install Debian's package nats-server")
    port = free_port()
    broker = subprocess.Popen([program, "-js", "-sd", str(folder / "broker"), "-a", HOST, "-p", str(port)],
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    cleanup.callback(lambda: (broker.kill(), broker.wait()))
    return broker, f'of = "fleet"\n[fleet]\nservers = ["nats://{HOST}:{port}"]\nnode = "{NODE}"\n'


def check(gateway, is_fleet, picture, folder, cleanup):
    folder = pathlib.Path(folder)
    broker, more = start_broker(folder, cleanup) if is_fleet else (None, "")
    token = folder / "token"
    token.touch(mode=0o600)
    token.write_text(TOKEN)
    http, audiosocket = free_port(), free_port()
    (folder / "gateway.toml").write_text(
        f'[session]\ndir = "logs"\n[http]\nlisten = "{HOST}:{http}"\n[wall]\ntoken_file = "token"\n{more}'
        f'[alerts.long_silence]\nheard_s = 2\nsilence_s = 2\n[[audiosocket]]\nlisten = "{HOST}:{audiosocket}"\n')
    with (folder / "said").open("wb") as said:
        server = subprocess.Popen([gateway, "--config", str(folder / "gateway.toml")], stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL, stderr=said)
    cleanup.callback(lambda: (server.send_signal(signal.SIGKILL), server.wait()))
    until(lambda: '"ready"' in (folder / "said").read_text(), "the gateway is ready", STARTS_WITHIN_S)
    logs = Logs(folder / "logs", NODE if is_fleet else None)
    cleanup.callback(logs.close)
    browser = Browser(folder / "chromium", cleanup)
    own = f"http://{HOST}:{http}/"

    browser.ask("Page.navigate", url=f"{own}wall")
    until(lambda: browser.value("document.activeElement?.id") == "token", "the field of the token has the keyboard")
    browser.ask("Input.insertText", text="not the token of this wall")
    browser.press("Enter", 13)
    until(lambda: "not the token" in browser.value("document.getElementById('refused').textContent"), "a wrong token is told")
    browser.value("document.getElementById('token').value = ''")
    browser.ask("Input.insertText", text=TOKEN)
    browser.press("Enter", 13)
    until(lambda: browser.value("document.getElementById('state').textContent") == "live", "the wall is live")
    refused = [error for error in browser.errors if "401" not in error]
    demand(not refused, f"errors on the page: {refused}")
    browser.errors.clear()
    browser.value(WATCH)

    sender = subprocess.Popen(
        [gateway, "send", "--protocol", "audiosocket", "--caller", str(RECORDING), "--calls", str(N_CALLS),
         "--seconds", str(SECONDS), f"audiosocket://{HOST}:{audiosocket}"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    cleanup.callback(lambda: (sender.kill(), sender.wait()))
    rows = "document.querySelectorAll('#calls tr').length"
    until(lambda: browser.value(rows) == N_CALLS, f"{N_CALLS} calls are shown", 20)
    until(lambda: browser.value("document.querySelectorAll('#alerts li').length") == N_CALLS, "an alert of each call", 20)

    appeared = browser.value("window.appeared")
    demand(set(appeared) == set(logs.alerts), f"{len(appeared)} alerts on the page, {len(logs.alerts)} in the logs")
    behind = sorted(appeared[name] - logs.alerts[name] for name in appeared)
    p95 = behind[int(0.95 * len(behind))]
    demand(p95 < WITHIN_S, f"95 of 100 alerts appear {p95:.2f} s after the log's line")

    for scheme in ("light", "dark"):
        browser.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        contrast, where = browser.value(CONTRAST)
        demand(contrast >= LEAST_CONTRAST, f"a contrast of {contrast:.2f} in {scheme}: {where}")
    if picture:
        browser.picture(picture)

    on_button = "document.activeElement?.textContent === 'Acknowledge'"
    for _ in range(10):
        browser.press("Tab", 9)
        if browser.value(on_button):
            break
    demand(browser.value(on_button), "Tab does not get to an alert's button")
    name = browser.value("document.activeElement.getAttribute('aria-label')")
    call = name.removeprefix("Acknowledge: ").split(",")[0]
    browser.press("Enter", 13)
    until(lambda: (call, "wall") in logs.acknowledged, "the acknowledgement is in the log")
    gone = f"![...document.querySelectorAll('#alerts button')].some((one) => one.getAttribute('aria-label') === {json.dumps(name)})"
    until(lambda: browser.value(gone), "the alert has left the list")
    until(lambda: browser.value(on_button), "the next alert's button has the keyboard")

    browser.ask("Page.reload")
    until(lambda: browser.value(rows) == N_CALLS, "a page that was loaded anew shows the calls")
    demand(browser.value("document.getElementById('login').hidden"), "it asks for the token again")
    sender.wait()
    until(lambda: browser.value("document.getElementById('n-calls').textContent") == "0", "all calls are over", 20)

    if broker:
        broker.kill()
        until(lambda: "broker" in browser.value("document.getElementById('state').textContent"), "a broker that is gone is told", 20)
    server.send_signal(signal.SIGTERM)
    server.wait()
    until(lambda: "no connection" in browser.value("document.getElementById('state').textContent"), "a lost connection is told")
    until(lambda: "old" in browser.value("document.getElementById('state').textContent"), "a lost connection is told")
    elsewhere = [url for url in browser.asked_for if not url.startswith((own, "data:", "about:"))]
    demand(not elsewhere, f"asked of others: {elsewhere}")
    worst = [error for error in browser.errors if "Failed to load resource" not in error]
    demand(not worst, f"errors on the page: {worst}")
    print(f"the wall{' through a broker' if is_fleet else ''}: {N_CALLS} calls; alerts {1000 * behind[len(behind) // 2]:.0f} ms behind the log's line (median), "
          f"{1000 * p95:.0f} ms (95 of 100); acknowledged by keyboard; nothing asked of others")


def main():
    gateway, *rest = sys.argv[1:]
    is_fleet = "--fleet" in rest
    picture = next((one for one in rest if one != "--fleet"), None)
    try:
        with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as cleanup:
            check(gateway, is_fleet, picture, folder, cleanup)
    except Failure as failure:
        sys.exit(f"wall.py: {failure}")


if __name__ == "__main__":
    main()
