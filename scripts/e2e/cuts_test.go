package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// turning keeps when the page's picture turned live and when it turned covered, by the clock that this test has too.
const turning = `(() => {
	const at = document.querySelector('[data-testid="picture"]');
	window.turns = [];
	new MutationObserver(() => window.turns.push({ at: Date.now(), live: at.dataset.live === 'yes' })).observe(at, { attributes: true, attributeFilter: ['data-live'] });
})()`

type turn struct {
	At   int64 `json:"at"` // ms since 1970
	Live bool  `json:"live"`
}

// cut is one way to lose the picture.
type cut struct {
	name string
	do   func()
	undo func()
	// back is set where the trouble ends by itself, as the launcher starts a program again.
	back bool
	// stays is set where the picture is none the worse, and must not be covered.
	stays bool
	// seen is set where the device has to find out first: by its lamp, which takes it 3 s.
	seen bool
}

// The true programs and a true browser, with the picture cut off at moments from a seed: the page covers it within a
// second, and does not lift the cover while the trouble lasts. VESTIBULE_CUTS says how often: 7 times without it, each
// way once.
func TestCuts(t *testing.T) {
	n := 7
	if v, err := strconv.Atoi(os.Getenv("VESTIBULE_CUTS")); err == nil {
		n = v
	}
	seed := uint64(time.Now().UnixNano())
	if v, err := strconv.ParseUint(os.Getenv("VESTIBULE_SEED"), 10, 64); err == nil {
		seed = v
	}
	t.Logf("VESTIBULE_SEED=%d", seed)
	dice := rand.New(rand.NewPCG(seed, 0))
	d := startDesk(t, "-size", "640x480", "-fps", "15")
	s := begin(t, d)
	s.plan("frosted", time.Time{})
	s.live()
	s.owner.eval(turning, nil)
	signal := func(name string, sig syscall.Signal) func() {
		return func() {
			if err := syscall.Kill(d.programs()[name].PID, sig); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
	}
	plug := func(in bool) func() {
		return func() { d.post("/api/plug", map[string]any{"name": "network", "in": in}) }
	}
	lens := func(covered bool) func() { return func() { d.post("/api/cover", map[string]bool{"covered": covered}) } }
	nothing := func() {}
	ways := []cut{
		{name: "link hangs", do: signal("link", syscall.SIGSTOP), undo: signal("link", syscall.SIGCONT)},
		{name: "eye hangs", do: signal("eye", syscall.SIGSTOP), undo: signal("eye", syscall.SIGCONT)},
		{name: "hub hangs", do: signal("hub", syscall.SIGSTOP), undo: signal("hub", syscall.SIGCONT), stays: true},
		{name: "link is killed", do: signal("link", syscall.SIGKILL), undo: nothing, back: true},
		{name: "eye is killed", do: signal("eye", syscall.SIGKILL), undo: nothing, back: true},
		{name: "network is pulled", do: plug(false), undo: plug(true)},
		{name: "lens is covered", do: lens(true), undo: lens(false), seen: true},
	}
	took, back := map[string][]time.Duration{}, map[string][]time.Duration{}
	falsely := 0
	for i := range n {
		c := ways[i%len(ways)]
		s.owner.attr("picture", "data-live", "yes")
		time.Sleep(time.Second + time.Duration(dice.IntN(1000))*time.Millisecond) // the moment is what is varied
		falsely += len(s.turnsSince(time.Now().Add(-time.Second)))
		start := time.Now()
		c.do()
		if c.stays {
			time.Sleep(3 * time.Second)
			falsely += len(s.turnsSince(start))
			c.undo()
			continue
		}
		covered := s.turned(start, false)
		took[c.name] = append(took[c.name], covered.Sub(start))
		if !c.back {
			time.Sleep(2 * time.Second)
			for _, w := range s.turnsSince(covered) {
				if w.Live {
					t.Errorf("%s: the cover was lifted %v after the cut", c.name, time.UnixMilli(w.At).Sub(start))
				}
			}
		}
		end := time.Now()
		c.undo()
		back[c.name] = append(back[c.name], s.turned(covered, true).Sub(end))
		if late := time.Second; !c.seen && covered.Sub(start) > late {
			t.Errorf("%s: covered %v after the cut", c.name, covered.Sub(start))
		}
	}
	for _, c := range ways {
		all, again := took[c.name], back[c.name]
		slices.Sort(all)
		slices.Sort(again)
		if len(all) > 0 {
			t.Logf("%-18s %3d times: covered after %v at the median, %v at the most; back %v after its end at the median, %v at the most",
				c.name, len(all), all[len(all)/2].Round(time.Millisecond), all[len(all)-1].Round(time.Millisecond), again[len(again)/2].Round(time.Millisecond), again[len(again)-1].Round(time.Millisecond))
		}
	}
	t.Logf("%d false covers", falsely)
}

// turnsSince is how the picture turned since a moment.
func (s *story) turnsSince(from time.Time) []turn {
	s.t.Helper()
	var all []turn
	s.owner.eval(fmt.Sprintf(`window.turns.filter((t) => t.at > %d)`, from.UnixMilli()), &all)
	return all
}

// turned waits until the picture turns live, or covered, and says when it did.
func (s *story) turned(from time.Time, live bool) time.Time {
	s.t.Helper()
	var at time.Time
	waitFor(s.t, fmt.Sprintf("the picture turns live: %v", live), func() error {
		for _, w := range s.turnsSince(from.Add(-time.Millisecond)) {
			if w.Live == live {
				at = time.UnixMilli(w.At)
				return nil
			}
		}
		return fmt.Errorf("not yet")
	})
	return at
}

// relayOnly has a page use no other way than a relay.
const relayOnly = `(() => {
	const Real = RTCPeerConnection;
	window.RTCPeerConnection = class extends Real {
		constructor(c) { super({ ...c, iceTransportPolicy: 'relay' }); window.connection = this }
		setConfiguration(c) { super.setConfiguration({ ...c, iceTransportPolicy: 'relay' }) }
	};
})()`

// A browser that can go no other way sees the picture over the hub's relay, with the page's own policy in force.
func TestRelayInABrowser(t *testing.T) {
	t.Parallel()
	d := startDesk(t, "-size", "640x480", "-fps", "15", "-relay", freePort(t))
	s := begin(t, d)
	s.owner.do("use relays only", chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := page.AddScriptToEvaluateOnNewDocument(relayOnly).Do(ctx)
		return err
	}), chromedp.Reload())
	s.plan("frosted", time.Time{})
	s.live()
	waitFor(t, "the picture comes by the relay, and by nothing else", func() error {
		var ways []string
		s.owner.eval(`window.connection.getStats().then((all) => {
		const by = Object.fromEntries([...all.values()].map((s) => [s.id, s]));
		return [...all.values()].filter((s) => s.type === 'candidate-pair' && s.nominated && s.bytesReceived > 0)
			.map((s) => by[s.localCandidateId].candidateType + ' ' + by[s.remoteCandidateId].candidateType + ' ' + by[s.remoteCandidateId].address);
	})`, &ways)
		if !slices.Equal(ways, []string{"relay relay 192.0.2.1"}) {
			return fmt.Errorf("it came by %q", ways)
		}
		return nil
	})
}
