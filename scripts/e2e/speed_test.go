package e2e

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

//go:embed speed.js
var stopwatch string

const (
	openings = 15
	wakings  = 5  // openings before which the camera slept; each waits for 30 s until it does
	seconds  = 20 // of picture whose age is read
)

// marks are when things happened in a page, in milliseconds.
type marks map[string]float64

// picture is what a page showed for a while.
type picture struct {
	Ages []float64 `json:"ages"` // milliseconds
	Said []float64 `json:"said"` // by the page, of each; none on a page that says nothing
	FPS  float64   `json:"fps"`
	Size string    `json:"size"`
	// What of the age is the browser's, in milliseconds a picture: waiting for its turn, decoding, both and more.
	Waiting  float64 `json:"waiting"`
	Decoding float64 `json:"decoding"`
	Inside   float64 `json:"inside"`
}

// side is one way from a camera to a browser.
type side struct {
	name   string
	page   string                         // watches at once
	work   map[string]func() float64      // processor seconds of each program so far; one in brackets is not counted
	opened func(p *person) (marks, error) // waits until the picture is there
}

// TestSpeed measures how soon the picture is there, how old it is, and what it costs, beside
// ffmpeg with MediaMTX in the same browser. It judges nothing: `make bench` runs it.
func TestSpeed(t *testing.T) {
	if os.Getenv("VESTIBULE_BENCH") == "" {
		t.Skip("make bench runs this")
	}
	s := begin(t, startDesk(t, "-clock", "-size", "1280x720", "-fps", "30"))
	s.plan("blur", time.Time{})
	s.live()
	s.owner.watchTheClock()
	ours := side{name: "Vestibule", page: s.hub + "/", work: map[string]func() float64{}, opened: opened("live")}
	for _, name := range []string{"eye", "link"} {
		ours.work[name] = func() float64 { return s.programs()[name].CPU }
	}
	sides := []side{ours}
	if theirs, err := startAnchor(t); err != nil {
		say("MediaMTX is not measured: %v", err)
	} else {
		sides = append(sides, theirs)
	}
	say("Live picture, 1280x720 at 30, in headless Chromium; the sides by turns, median of %d openings", openings)
	t.Run("first", func(t *testing.T) { firstPictures(t, s, sides) })
	t.Run("asleep", func(*testing.T) { firstPicturesAsleep(s, ours) })
	t.Run("back", func(*testing.T) { comesBack(s) })
	t.Run("age", func(t *testing.T) {
		alone := map[string]float64{} // watched by one
		for _, n := range []int{1, 4} {
			for _, side := range sides {
				if sum := stream(t, s.owner, side, n); n == 1 {
					alone[side.name] = sum
				}
			}
		}
		unwatched(s, ours)
		sources(t, sides, alone)
	})
}

func say(format string, a ...any) { fmt.Printf(format+"\n", a...) }

// watchTheClock puts the stopwatch into every page that this person opens from now on.
func (p *person) watchTheClock() {
	p.t.Helper()
	p.do("install the stopwatch", chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := page.AddScriptToEvaluateOnNewDocument(stopwatch).Do(ctx)
		return err
	}))
}

func opened(last string) func(*person) (marks, error) {
	return func(p *person) (marks, error) {
		var m marks
		p.eval(fmt.Sprintf(`bench.until(%q)`, last), &m)
		return m, nil
	}
}

// firstPictures opens every side's page by turns.
func firstPictures(t *testing.T, s *story, sides []side) {
	t.Helper()
	cold, tapped := make([][]marks, len(sides)), []marks{}
	for range openings {
		for i, side := range sides {
			s.owner.open("about:blank")
			time.Sleep(500 * time.Millisecond) // until the page before is gone
			s.owner.open(side.page)
			m, err := side.opened(s.owner)
			if err != nil {
				t.Fatal(err)
			}
			cold[i] = append(cold[i], m)
			if i == 0 {
				tapped = append(tapped, s.tapped())
			}
		}
	}
	for i, side := range sides {
		awake := map[bool]string{true: " of a camera that is awake"}[i == 0]
		say("  %-10s from loading the page to the picture%s %s; from the connection's making %s", side.name, awake,
			spread(cold[i], "picture", ""), spread(cold[i], "picture", "connection"))
		say("             on the way: %s", way(cold[i]))
	}
	say("  %-10s from the tap on Watch to the picture %s, to its proof that it is live %s", sides[0].name,
		spread(tapped, "picture", "tap"), spread(tapped, "live", "tap"))
	say("             on the way: %s", way(tapped))
}

// firstPicturesAsleep opens our page when the camera sleeps, and nobody else calls it: by loading it, and by the tap on
// Watch. The picture is glass at first; its proof needs 3 s of the lamp's blinking.
func firstPicturesAsleep(s *story, ours side) {
	cold, tapped := []marks{}, []marks{}
	for range wakings {
		s.owner.open("about:blank")
		s.asleep()
		s.owner.open(ours.page)
		m, err := ours.opened(s.owner)
		if err != nil {
			s.t.Fatal(err)
		}
		cold = append(cold, m)
		s.owner.tap("stop-watching")
		s.asleep()
		var tap marks
		s.owner.eval(fmt.Sprintf(`bench.tap(%q, 'live')`, id("watch")), &tap)
		tapped = append(tapped, tap)
	}
	say("  %-10s from loading the page to the picture of a camera that slept %s, to its proof that it is live %s, median of %d", ours.name,
		spread(cold, "picture", ""), spread(cold, "live", ""), wakings)
	say("             from the tap on Watch to the picture of a camera that slept %s, to its proof %s", spread(tapped, "picture", "tap"), spread(tapped, "live", "tap"))
}

// tapped stops watching and watches again, as the owner may.
func (s *story) tapped() marks {
	s.t.Helper()
	s.owner.tap("stop-watching")
	s.owner.do("see that nothing is watched", visible("watch"))
	time.Sleep(500 * time.Millisecond) // a thumb's pause
	var m marks
	s.owner.eval(fmt.Sprintf(`bench.tap(%q, 'live')`, id("watch")), &m)
	return m
}

// spread is the median of a mark, counted from another, with the least and the most.
func spread(all []marks, name, from string) string {
	var times []float64
	for _, m := range all {
		times = append(times, m[name]-m[from])
	}
	slices.Sort(times)
	return fmt.Sprintf("%.0f ms (%.0f to %.0f)", at(times, .5), at(times, 0), at(times, 1))
}

// way is the median of every mark.
func way(all []marks) string {
	var names []string
	for name := range all[0] {
		names = append(names, name)
	}
	median := func(name string) float64 {
		var times []float64
		for _, m := range all {
			times = append(times, m[name])
		}
		slices.Sort(times)
		return at(times, .5)
	}
	slices.SortFunc(names, func(a, b string) int { return int(median(a) - median(b)) })
	var b strings.Builder
	for i, name := range names {
		fmt.Fprintf(&b, "%s%s %.0f", map[bool]string{true: ", "}[i > 0], name, median(name))
	}
	return b.String()
}

// at is a quantile of sorted numbers.
func at(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[int(q*float64(len(sorted)-1))]
}

// stream has n tabs watch a side, reads the clock in the foremost, and says what it costs; sum is in processor seconds a
// minute.
func stream(t *testing.T, p *person, of side, n int) (sum float64) {
	t.Helper()
	p.open("about:blank")
	p.open(of.page)
	if _, err := of.opened(p); err != nil {
		t.Fatal(err)
	}
	for range n - 1 {
		tab, shut := chromedp.NewContext(p.ctx)
		defer shut()
		if err := chromedp.Run(tab, chromedp.Navigate(of.page)); err != nil {
			t.Fatal(err)
		}
	}
	p.do("look at the first", chromedp.ActionFunc(func(ctx context.Context) error { return page.BringToFront().Do(ctx) }))
	time.Sleep(5 * time.Second) // until all have come
	before, begun := map[string]float64{}, time.Now()
	for name, work := range of.work {
		before[name] = work()
	}
	var pic picture
	p.eval(fmt.Sprintf(`bench.ages(%d)`, seconds), &pic)
	said, sum := cost(of, before, time.Since(begun))
	slices.Sort(pic.Ages)
	slices.Sort(pic.Said)
	if len(pic.Said) > 0 {
		say("  %-10s the page says %.0f ms at the median, %.0f at the 95th percentile", of.name, at(pic.Said, .5), at(pic.Said, .95))
	}
	say("  %-10s watched by %d: age %.0f ms at the median, %.0f at the 95th percentile (in the browser %.0f, of which waiting %.0f, decoding %.0f); %.1f pictures a second of %s; processor seconds a minute %.1f (%s)",
		of.name, n, at(pic.Ages, .5), at(pic.Ages, .95), pic.Inside, pic.Waiting, pic.Decoding, pic.FPS, pic.Size, sum, said)
	return sum
}

// unwatched is what the open window costs when nobody watches: while a camera that was called is awake, and the scene is
// painted and looked at, and then while it sleeps.
func unwatched(s *story, of side) {
	s.owner.open("about:blank")
	time.Sleep(7 * time.Second) // until link has missed the viewer
	for _, camera := range []string{"awake", "asleep"} {
		if camera == "asleep" {
			s.asleep()
		}
		before, begun := map[string]float64{}, time.Now()
		for name, work := range of.work {
			before[name] = work()
		}
		time.Sleep(seconds * time.Second)
		said, sum := cost(of, before, time.Since(begun))
		say("  %-10s watched by nobody, the camera %s: processor seconds a minute %.1f (%s)", of.name, camera, sum, said)
	}
}

func cost(of side, before map[string]float64, over time.Duration) (said string, sum float64) {
	var all []string
	for name, work := range of.work {
		c := (work() - before[name]) / over.Minutes()
		if !strings.HasPrefix(name, "(") {
			sum += c
		}
		all = append(all, fmt.Sprintf("%s %.1f", name, c))
	}
	slices.Sort(all)
	return strings.Join(all, ", "), sum
}

// comesBack pulls the device's network plug for a while and says how soon after its return the picture
// is live again, in the page as it stands.
func comesBack(s *story) {
	s.owner.open(s.hub + "/")
	s.live()
	for _, out := range []time.Duration{3 * time.Second, 8 * time.Second, 20 * time.Second} {
		var back []float64
		for range 3 {
			back = append(back, float64(s.outage(out).Milliseconds()))
			time.Sleep(2 * time.Second)
		}
		slices.Sort(back)
		b, _ := json.Marshal(back)
		say("  %-10s the network was away for %v: live again after %.0f ms (%s)", "Vestibule", out, at(back, .5), b)
	}
}
