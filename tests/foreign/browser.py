"""A real browser, headless: opens a page, and says what a person at the keyboard or with a screen reader meets."""

import json
import pathlib
import shutil
import subprocess
import tempfile
import time
import urllib.request

import websocket


class Browser:
    """Chromium with one page, over its DevTools protocol."""

    def __enter__(self):
        program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        assert program, "no Chromium: run scripts/prepare.sh foreign"
        self.profile = tempfile.TemporaryDirectory()
        arguments = ["--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0",
                     "--remote-allow-origins=*", "--no-first-run", "--disable-dev-shm-usage",
                     f"--user-data-dir={self.profile.name}", "about:blank"]
        self.process = subprocess.Popen([program, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        port = self.port()
        pages = json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list", timeout=30))
        page = next(page for page in pages if page["type"] == "page")
        self.socket = websocket.create_connection(page["webSocketDebuggerUrl"], timeout=60)
        self.number, self.events = 0, []
        for domain in ["Page", "Runtime", "Log", "Network", "Accessibility"]:
            self.call(f"{domain}.enable")
        return self

    def __exit__(self, *_):
        self.socket.close()
        self.process.terminate()
        self.process.wait(timeout=30)
        time.sleep(0.2)
        self.profile.cleanup()

    def port(self):
        told = pathlib.Path(self.profile.name) / "DevToolsActivePort"
        for _ in range(600):
            assert self.process.poll() is None, "Chromium ended before it began"
            if told.exists() and told.read_text().strip():
                return told.read_text().split()[0]
            time.sleep(0.1)
        raise AssertionError("Chromium does not answer")

    def call(self, method, **parameters):
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.socket.recv())
            if message.get("id") == self.number:
                assert "error" not in message, (method, message["error"])
                return message["result"]
            self.events.append(message)

    def open(self, path):
        self.events.clear()
        self.call("Page.navigate", url=pathlib.Path(path).resolve().as_uri())
        for _ in range(200):
            if self.js("document.readyState") == "complete" and self.js("location.href") != "about:blank":
                return
            time.sleep(0.05)
        raise AssertionError(f"{path} does not load")

    def js(self, expression):
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def press(self, key, code):
        for kind in ["keyDown", "keyUp"]:
            text = {"text": "\r"} if key == "Enter" and kind == "keyDown" else {}
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, **text)

    def complaints(self):
        """What the console says, and what was asked of a network."""
        self.js("1")
        found = []
        for event in self.events:
            method, told = event.get("method"), event.get("params", {})
            if method in ("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown"):
                found.append(told)
            if method == "Network.requestWillBeSent" and not told["request"]["url"].startswith("file:"):
                found.append(told["request"]["url"])
        return found

    def roles(self):
        """The roles and names that a screen reader is given."""
        nodes = self.call("Accessibility.getFullAXTree")["nodes"]
        value = lambda node, name: node.get(name, {}).get("value", "")
        return [(value(node, "role"), value(node, "name")) for node in nodes if not node.get("ignored")]


CONTRASTS = """(() => {
  const number = text => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = c => { const v = c.slice(0, 3).map(x => x / 255)
    .map(x => x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
    return 0.2126 * v[0] + 0.7152 * v[1] + 0.0722 * v[2]; };
  const ground = e => { for (; e; e = e.parentElement) {
    const c = number(getComputedStyle(e).backgroundColor); if (c.length === 3 || c[3] > 0) return c; }
    return [255, 255, 255]; };
  let n = 0; const bad = [];
  for (const e of document.querySelectorAll('main *, header *, nav *, footer *')) {
    if (e.closest('svg') || ![...e.childNodes].some(c => c.nodeType === 3 && c.data.trim())) continue;
    const [a, b] = [light(number(getComputedStyle(e).color)), light(ground(e))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05); n += 1;
    if (contrast < 4.5) bad.push(e.outerHTML.slice(0, 80) + ' ' + contrast.toFixed(1)); }
  return [n, bad]; })()"""


def check(path, n_callers, n_alerts):
    """The page of a session with so many callers and alerts."""
    with Browser() as browser:
        browser.open(path)
        assert browser.complaints() == [], browser.complaints()
        roles = browser.roles()
        counts = {role: sum(1 for found, _ in roles if found == role) for role, _ in roles}
        for landmark in ["banner", "navigation", "main", "contentinfo"]:
            assert counts.get(landmark) == 1, (landmark, counts)
        pictures = [name for role, name in roles if role in ("image", "img")]
        assert len(pictures) == 2 * n_callers and all(pictures), pictures
        assert browser.js("document.querySelectorAll('h1').length") == 1
        levels = browser.js("[...document.querySelectorAll('h1,h2,h3')].map(h => +h.tagName[1])")
        assert all(after <= before + 1 for before, after in zip(levels, levels[1:])), levels
        assert browser.js("document.querySelectorAll('[aria-label=\"Alerts with their reason\"] tbody tr').length") == n_alerts
        assert browser.js("[...document.querySelectorAll('table')].every(t => t.caption && t.tHead)")
        assert browser.js("document.documentElement.lang") == "en"
        ids = browser.js("[...document.querySelectorAll('[id]')].map(e => e.id)")
        assert len(ids) == len(set(ids)), ids
        assert browser.js("[...document.querySelectorAll('a')].every(a => document.querySelector(a.getAttribute('href')))")
        assert not browser.js("document.documentElement.scrollWidth > innerWidth"), "the page is wider than the window"
        check_keyboard(browser)
        for theme in ["light", "dark"]:
            browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": theme}])
            n_checked, faint = browser.js(CONTRASTS)
            assert n_checked > 50 and not faint, (theme, n_checked, faint[:5])
        browser.call("Emulation.setEmulatedMedia", media="", features=[])
        printed = browser.call("Page.printToPDF", printBackground=True)
        assert len(printed["data"]) > 20_000
        return f"{counts['main']} main, {len(pictures)} pictures, {n_checked} texts of 4.5:1 in light and dark"


def check_keyboard(browser):
    """Tab reaches all that can be used, visibly; the first stop leads past the contents."""
    where = "(e => [e.tagName, e.className, e.getAttribute('href') || e.innerText.slice(0, 30)].join(' '))(document.activeElement)"
    browser.press("Tab", 9)
    assert "#main" in browser.js(where), browser.js(where)
    browser.press("Enter", 13)
    assert browser.js("document.activeElement.id") == "main", browser.js(where)
    stops = browser.js("document.querySelectorAll('main a, main summary, main [tabindex=\"0\"]').length")
    reached = set()
    for _ in range(stops + 2):
        browser.press("Tab", 9)
        if browser.js("document.activeElement.closest('main') !== null"):
            reached.add(browser.js("[...document.querySelectorAll('*')].indexOf(document.activeElement)"))
            outline = browser.js("getComputedStyle(document.activeElement).outlineStyle")
            assert outline == "solid", (outline, browser.js(where))
    hidden = browser.js("[...document.querySelectorAll('details:not([open]) [tabindex=\"0\"]')].length")
    assert len(reached) == stops - hidden, (len(reached), stops, hidden)
    browser.js("document.querySelector('main summary').focus()")
    browser.press("Enter", 13)
    assert browser.js("document.querySelector('main details').open"), "Enter opens no table"
