package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	cdpruntime "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// chromiumPath is Debian's; CHROMIUM names another.
func chromiumPath() string {
	if p := os.Getenv("CHROMIUM"); p != "" {
		return p
	}
	return "/usr/bin/chromium"
}

// startBrowser starts a headless Chromium with an empty profile.
func startBrowser(t *testing.T) context.Context {
	t.Helper()
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromiumPath()), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("autoplay-policy", "document-user-activation-required"), // as strict as a phone
	)
	alloc, stop := chromedp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(alloc)
	t.Cleanup(cancel)
	if err := chromedp.Run(ctx); err != nil {
		t.Fatalf("start %s: %v", chromiumPath(), err)
	}
	return ctx
}

// person is somebody at a browser of their own: own storage, own cookies, own process.
type person struct {
	t    *testing.T
	name string
	ctx  context.Context
	// what their page asked of whom, and what it complained about
	requests *tail
	console  *tail
}

func newPerson(t *testing.T, name string, width, height int64) *person {
	t.Helper()
	ctx := startBrowser(t)
	p := &person{t: t, name: name, ctx: ctx, requests: &tail{}, console: &tail{}}
	chromedp.ListenTarget(ctx, func(ev any) {
		switch ev := ev.(type) {
		case *network.EventRequestWillBeSent:
			fmt.Fprintf(p.requests, "%s %s\n", ev.Request.Method, ev.Request.URL)
		case *cdpruntime.EventExceptionThrown:
			fmt.Fprintf(p.console, "exception: %s %v\n", ev.ExceptionDetails.Text, ev.ExceptionDetails.Exception)
		case *cdpruntime.EventConsoleAPICalled:
			for _, a := range ev.Args {
				fmt.Fprintf(p.console, "%s: %s%s\n", ev.Type, a.Value, a.Description)
			}
		}
	})
	p.do("set up", network.Enable(), emulation.SetDeviceMetricsOverride(width, height, 1, width < 600),
		emulation.SetLocaleOverride().WithLocale("en-GB"))
	t.Cleanup(func() {
		if t.Failed() {
			p.shot("failed-" + name)
			t.Logf("%s's console:\n%s", name, p.console)
			t.Logf("%s's page says:\n%s", name, p.read("body"))
		}
	})
	return p
}

// do runs browser actions and fails the test when they do not end in time.
func (p *person) do(what string, actions ...chromedp.Action) {
	p.t.Helper()
	if err := p.try(patience, actions...); err != nil {
		p.t.Fatalf("%s: %s: %v", p.name, what, err)
	}
}

func (p *person) try(limit time.Duration, actions ...chromedp.Action) error {
	ctx, cancel := context.WithTimeout(p.ctx, limit)
	defer cancel()
	return chromedp.Run(ctx, actions...)
}

func id(test string) string { return `[data-testid="` + test + `"]` }

func (p *person) open(url string) {
	p.t.Helper()
	p.do("open "+url, chromedp.Navigate(url))
}

// tap clicks an element once it is visible and enabled.
func (p *person) tap(test string) {
	p.t.Helper()
	p.do("tap "+test, chromedp.WaitEnabled(id(test), chromedp.ByQuery), chromedp.ScrollIntoView(id(test), chromedp.ByQuery),
		chromedp.Click(id(test), chromedp.ByQuery, chromedp.NodeVisible))
}

func (p *person) fill(test, text string) {
	p.t.Helper()
	p.do("fill "+test, chromedp.WaitVisible(id(test), chromedp.ByQuery), chromedp.Focus(id(test), chromedp.ByQuery),
		chromedp.SendKeys(id(test), text, chromedp.ByQuery))
}

// set puts a value into a field that has no keys to press, such as a date.
func (p *person) set(test, value string) {
	p.t.Helper()
	p.eval(fmt.Sprintf(`(() => { const e = document.querySelector(%q); e.value = %q; e.dispatchEvent(new Event('input', {bubbles: true})); e.dispatchEvent(new Event('change', {bubbles: true})); })()`, id(test), value), nil)
}

func (p *person) eval(js string, into any) {
	p.t.Helper()
	await := func(q *cdpruntime.EvaluateParams) *cdpruntime.EvaluateParams { return q.WithAwaitPromise(true) }
	p.do("evaluate", chromedp.Evaluate(js, into, await))
}

// read returns what an element says; empty when it is not there.
func (p *person) read(selector string) string {
	var s string
	js := fmt.Sprintf(`(document.querySelector(%q)?.innerText ?? '')`, selector)
	if err := p.try(5*time.Second, chromedp.Evaluate(js, &s)); err != nil {
		return ""
	}
	return s
}

// sees waits until an element says something.
func (p *person) sees(test, words string) {
	p.t.Helper()
	waitFor(p.t, fmt.Sprintf("%s sees %q in %s", p.name, words, test), func() error {
		if got := p.read(id(test)); !strings.Contains(strings.ToLower(got), strings.ToLower(words)) {
			return fmt.Errorf("it says %q", got)
		}
		return nil
	})
}

// attr waits until an attribute of an element has a value.
func (p *person) attr(test, name, want string) {
	p.t.Helper()
	waitFor(p.t, fmt.Sprintf("%s: %s has %s=%q", p.name, test, name, want), func() error {
		var got string
		js := fmt.Sprintf(`(document.querySelector(%q)?.getAttribute(%q) ?? 'absent')`, id(test), name)
		if err := p.try(5*time.Second, chromedp.Evaluate(js, &got)); err != nil {
			return err
		}
		if got != want {
			return fmt.Errorf("it is %q", got)
		}
		return nil
	})
}

// shot keeps a picture of the whole page under SHOTS, when that is set.
func (p *person) shot(name string) {
	dir := os.Getenv("SHOTS")
	if dir == "" {
		return
	}
	var b []byte
	err := p.try(10*time.Second, chromedp.ActionFunc(func(ctx context.Context) (err error) {
		b, err = page.CaptureScreenshot().Do(ctx)
		return err
	}))
	if err = errors.Join(err, os.MkdirAll(dir, 0o755), os.WriteFile(filepath.Join(dir, name+".png"), b, 0o644)); err != nil {
		p.t.Logf("no picture %s: %v", name, err)
	}
}

// origins are the hosts that the person's page talked to.
func (p *person) origins() map[string]bool {
	all := map[string]bool{}
	for l := range strings.Lines(p.requests.String()) {
		_, url, _ := strings.Cut(strings.TrimSpace(l), " ")
		if scheme, rest, ok := strings.Cut(url, "://"); ok && strings.HasPrefix(scheme, "http") {
			host, _, _ := strings.Cut(rest, "/")
			all[host] = true
		}
	}
	return all
}

func visible(test string) chromedp.Action { return visibleCSS(id(test)) }

func visibleCSS(css string) chromedp.Action { return chromedp.WaitVisible(css, chromedp.ByQuery) }
