package e2e

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"vestibule/hub/wire"
)

// firefoxPath is Debian's; FIREFOX names another.
func firefoxPath() string {
	if p := os.Getenv("FIREFOX"); p != "" {
		return p
	}
	return "/usr/bin/firefox-esr"
}

// fox is somebody at a headless Firefox with an empty profile, driven by WebDriver BiDi (W3C), which Firefox
// speaks itself. It does what the Firefox test needs and no more; the long stories are Chromium's.
type fox struct {
	t    *testing.T
	conn *websocket.Conn
	page string // the browsing context
	last int
	// what the page complained about
	console strings.Builder
}

func startFirefox(t *testing.T) *fox {
	t.Helper()
	profile := t.TempDir()
	prefs := `user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("app.update.enabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("media.gmp-manager.updateEnabled", false);
`
	if err := os.WriteFile(filepath.Join(profile, "user.js"), []byte(prefs), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(firefoxPath(), "--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0", "about:blank")
	cmd.Env = append(os.Environ(), "HOME="+profile)
	said, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", firefoxPath(), err)
	}
	ended := make(chan error, 1)
	url := make(chan string, 1)
	go func() {
		for lines := bufio.NewScanner(said); lines.Scan(); {
			if _, u, ok := strings.Cut(lines.Text(), "WebDriver BiDi listening on "); ok {
				url <- u
				break
			}
		}
		_, _ = io.Copy(io.Discard, said)
		ended <- cmd.Wait()
	}()
	f := &fox{t: t}
	t.Cleanup(func() {
		if f.conn != nil {
			_ = f.conn.WriteJSON(map[string]any{"id": f.last + 1, "method": "browser.close", "params": struct{}{}})
		}
		select {
		case <-ended:
		case <-time.After(10 * time.Second):
			_ = cmd.Process.Kill()
			<-ended
		}
		if f.conn != nil {
			_ = f.conn.Close()
		}
	})
	select {
	case u := <-url:
		if f.conn, _, err = websocket.DefaultDialer.Dial(u+"/session", nil); err != nil {
			t.Fatal(err)
		}
	case <-time.After(patience):
		t.Fatal("Firefox does not come up")
	}
	f.ask("session.new", map[string]any{"capabilities": struct{}{}}, nil)
	f.ask("session.subscribe", map[string]any{"events": []string{"log.entryAdded"}}, nil)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("Firefox's console:\n%s", f.console.String())
		}
	})
	var tree struct{ Contexts []struct{ Context string } }
	f.ask("browsingContext.getTree", struct{}{}, &tree)
	if len(tree.Contexts) == 0 {
		t.Fatal("Firefox has no page")
	}
	f.page = tree.Contexts[0].Context
	return f
}

// ask sends one command and waits for its answer.
func (f *fox) ask(method string, params, into any) {
	f.t.Helper()
	f.last++
	deadline := time.Now().Add(patience)
	err := errors.Join(f.conn.SetReadDeadline(deadline), f.conn.SetWriteDeadline(deadline),
		f.conn.WriteJSON(map[string]any{"id": f.last, "method": method, "params": params}))
	if err != nil {
		f.t.Fatalf("firefox: %s: %v", method, err)
	}
	for {
		var answer struct {
			ID             int
			Type           string
			Result         json.RawMessage
			Params         struct{ Level, Text string }
			Error, Message string
		}
		if err := f.conn.ReadJSON(&answer); err != nil {
			f.t.Fatalf("firefox: %s: %v", method, err)
		}
		if answer.ID != f.last {
			fmt.Fprintf(&f.console, "%s: %s\n", answer.Params.Level, answer.Params.Text)
			continue
		}
		if answer.Type != "success" {
			f.t.Fatalf("firefox: %s: %s: %s", method, answer.Error, answer.Message)
		}
		if into != nil {
			if err := json.Unmarshal(answer.Result, into); err != nil {
				f.t.Fatalf("firefox: %s: %v", method, err)
			}
		}
		return
	}
}

func (f *fox) open(url string) {
	f.t.Helper()
	f.ask("browsingContext.navigate", map[string]any{"context": f.page, "url": url, "wait": "complete"}, nil)
}

// eval evaluates an expression whose value is a string, awaited.
func (f *fox) eval(js string) string {
	f.t.Helper()
	var got struct {
		Type             string
		Result           struct{ Value any }
		ExceptionDetails struct{ Text string }
	}
	f.ask("script.evaluate", map[string]any{
		"expression": js, "awaitPromise": true, "userActivation": true, "target": map[string]any{"context": f.page},
	}, &got)
	if got.Type != "success" {
		f.t.Fatalf("firefox: %s: %s", js, got.ExceptionDetails.Text)
	}
	return fmt.Sprint(got.Result.Value)
}

// until waits until an expression has a value.
func (f *fox) until(what, js, want string) {
	f.t.Helper()
	waitFor(f.t, "firefox: "+what, func() error {
		if got := f.eval(js); got != want {
			return fmt.Errorf("%q, want %q; the page says:\n%s", got, want, f.eval(`document.body.innerText`))
		}
		return nil
	})
}

func (f *fox) tap(test string) {
	f.t.Helper()
	f.until(test+" can be tapped", fmt.Sprintf(`String(document.querySelector(%q)?.disabled === false || document.querySelector(%q) instanceof HTMLAnchorElement)`, id(test), id(test)), "true")
	f.eval(fmt.Sprintf(`document.querySelector(%q).click()`, id(test)))
}

func (f *fox) there(test string) {
	f.t.Helper()
	f.until(test+" is there", fmt.Sprintf(`String(document.querySelector(%q) !== null)`, id(test)), "true")
}

func (f *fox) fill(test, text string) {
	f.t.Helper()
	f.there(test)
	f.eval(fmt.Sprintf(`(() => { const e = document.querySelector(%q); e.value = %q; e.dispatchEvent(new Event('input', { bubbles: true })); })()`, id(test), text))
}

// An owner with Firefox pairs, plans and watches. Debian's takes no H.264 (the plug-in for it is fetched from elsewhere), so
// what it sees is VP8; when the picture is cut it is covered.
func TestFirefox(t *testing.T) {
	t.Parallel()
	d := startDesk(t)
	f := startFirefox(t)
	f.open(d.user.Owner)
	f.fill("pair-name", "Camille")
	f.tap("pair")
	offered := f.eval(`(async () => { const pc = new RTCPeerConnection(); pc.addTransceiver('video', { direction: 'recvonly' });
		const sdp = (await pc.createOffer()).sdp; pc.close();
		return [...new Set([...sdp.matchAll(/a=rtpmap:\d+ (\S+)\/90000/g)].map((m) => m[1]))].join(' '); })()`)
	t.Logf("this Firefox is offering %s", offered)
	start := d.mark()
	f.tap("plan")
	f.fill("courier-name", "Sacha")
	f.tap("mode-blur")
	f.tap("send")
	f.there("code")
	f.tap("back")
	d.event(start, wire.PassAccepted)
	const live = `(document.querySelector('[data-testid="picture"]')?.getAttribute('data-live') ?? 'absent')`
	f.until("sees a live picture", live, "yes")
	moves := f.eval(`(async () => { const v = document.querySelector('[data-testid="video"]'); const from = performance.now(); let n = 0;
		await new Promise((done) => { const seen = () => { if (++n === 30) done(); else v.requestVideoFrameCallback(seen); }; v.requestVideoFrameCallback(seen); });
		return v.videoWidth + 'x' + v.videoHeight + ', 30 pictures in ' + Math.round(performance.now() - from) + ' ms'; })()`)
	t.Logf("it sees %s", moves)
	if !strings.HasPrefix(moves, "1280x720") {
		t.Errorf("the picture is %s", moves)
	}
	t.Logf("it says which picture it shows: %s", f.eval(`(async () => String(await new Promise((told) =>
		document.querySelector('[data-testid="video"]').requestVideoFrameCallback((_, about) => told(about.rtpTimestamp !== undefined)))))()`))
	d.kill("eye")
	f.until("sees that the picture is not live", live, "no")
	f.until("sees a live picture again", live, "yes")
}
