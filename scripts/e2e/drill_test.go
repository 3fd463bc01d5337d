package e2e

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// step is one line of what the page says of a drill.
type step struct {
	Mark  string `json:"mark"`
	State string `json:"state"`
	Took  string `json:"took"`
	More  string `json:"more"`
}

func (s *story) steps() (all []step) {
	s.t.Helper()
	s.owner.eval(`[...document.querySelectorAll('[data-mark]')].map((e) => ({ mark: e.dataset.mark, state: e.dataset.state,
		took: e.querySelector('[data-took]')?.innerText ?? '', more: e.querySelector('.small')?.innerText ?? '' }))`, &all)
	return all
}

// step waits until the page has judged one.
func (s *story) step(mark string) (got step) {
	s.t.Helper()
	s.wait("the page judges "+mark, func() error {
		all := s.steps()
		i := slices.IndexFunc(all, func(x step) bool { return x.Mark == mark })
		if i < 0 || all[i].State == "waiting" {
			return fmt.Errorf("it says %+v", all)
		}
		got = all[i]
		return nil
	})
	return got
}

// leaving keeps what the page's line was doing when the picture was first covered.
const leaving = `(() => {
	const at = document.querySelector('[data-testid="picture"]');
	new MutationObserver(() => { if (at.dataset.live === 'no') window.leftIn ??= at.dataset.phase })
		.observe(at, { attributes: true, attributeFilter: ['data-live'] });
})()`

// A door that was just set up: its owner opens a test window with one press, practises a cut with another, and sees what
// it was promised, with the page's own figures; the door is shut meanwhile, and locks.
func TestDrill(t *testing.T) {
	s := alone(t, startDesk(t, "-size", "640x480", "-fps", "15"))
	start := s.mark()
	s.owner.tap("try-drill")
	s.owner.shot("drill-plan")
	s.owner.tap("plan-test")
	s.owner.do("see the code", visible("code"))
	s.owner.eval(fmt.Sprintf(`document.querySelector(%q).dataset.code`, id("code")), &s.code)
	s.event(start, wire.CameraOn)
	s.live()
	s.owner.shot("drill-ready")
	s.unlock(start, bare(s.code))
	s.door(true)
	opened := s.event(start, wire.DoorOpened)
	s.owner.attr("door-word", "data-word", "open")

	s.owner.eval(turning, nil)
	s.owner.eval(leaving, nil)
	s.owner.tap("drill-do")
	s.owner.shot("drill-sure")
	s.owner.tap("drill-yes")
	began := s.event(start, wire.DrillBegan)
	if began.Delivery != opened.Delivery {
		t.Errorf("%+v", began)
	}
	s.owner.attr("picture", "data-live", "no")
	// A line that was said goodbye to is known to have ended; of a cut the page finds out by itself.
	var phase string
	s.owner.eval(`window.leftIn`, &phase)
	if phase != "watching" {
		t.Errorf("the page was %s when the picture was covered: the device said goodbye", phase)
	}
	for _, mark := range []string{"covered", "noticed"} {
		got := s.step(mark)
		t.Logf("%s after %s", mark, got.Took)
		if got.State != "kept" {
			t.Errorf("%+v", got)
		}
	}
	s.owner.sees("away", "since")
	s.owner.shot("drill-cut")
	s.door(false)
	s.wait("the door locks", func() error {
		var w struct{ Bolt string }
		if err := s.get("/api/house", &w); err != nil {
			return err
		}
		if w.Bolt != "thrown" {
			return errors.New(w.Bolt)
		}
		return nil
	})
	if _, early := s.within(start, wire.Relocked, time.Second); early {
		t.Error("the hub hears of it in the cut")
	}
	time.Sleep(8 * time.Second)
	if n := len(s.turnsSince(time.Now().Add(-8 * time.Second))); n > 0 {
		t.Errorf("the cover was lifted %d times in the cut", n)
	}
	s.owner.shot("drill-later")

	for _, mark := range []string{"back", "live", "shut", "whole"} {
		got := s.step(mark)
		t.Logf("%s: %s %s", mark, got.Took, got.More)
		if got.State != "kept" {
			t.Errorf("%+v", got)
		}
	}
	s.owner.attr("drill-verdict", "data-good", "yes")
	s.owner.shot("drill-after")
	s.owner.eval(`document.querySelector('[data-testid="drilling"]').scrollIntoView()`, nil)
	s.owner.shot("drill-after-list")
	ended := s.event(start, wire.DrillEnded)
	if least := int(pass.DrillFor / time.Millisecond); ended.Count < least || ended.Count > least+3000 {
		t.Errorf("%+v", ended)
	}
	relocked := s.event(start, wire.Relocked)
	if relocked.Index < began.Index || relocked.Index > ended.Index || !relocked.Time.Before(ended.Time.Add(-5*time.Second)) {
		t.Errorf("began %+v, relocked %+v, ended %+v", began, relocked, ended)
	}
	s.unbroken(start)

	// What the log says stays, here and when the page is gone; another one is too soon.
	s.owner.tap("drill-again")
	s.owner.do("see what the log says", visible("past-drill"), visible("drill-do"))
	s.owner.eval(`location.reload()`, nil)
	s.owner.do("see what the log says", visible("past-drill"))
	if all := s.steps(); len(all) != 2 || all[0].State != "kept" || all[1].State != "kept" {
		t.Errorf("%+v", all)
	}
	s.live()
	s.owner.tap("drill-do")
	s.owner.tap("drill-yes")
	s.owner.sees("trouble", "moment ago")
	s.owner.sees("may-come", "within two minutes")

	// A cut that nobody asked for is told on the delivery's own page too, and taken back.
	s.owner.eval(fmt.Sprintf(`location.hash = '#/d/%s'`, began.Delivery), nil)
	s.owner.do("find the way to practise", visible("drill"))
	s.post("/api/plug", map[string]any{"name": "network", "in": false})
	s.owner.sees("away", "out of reach since")
	s.owner.shot("away")
	s.post("/api/plug", map[string]any{"name": "network", "in": true})
	s.wait("it is taken back", func() error {
		if said := s.owner.read(id("away")); said != "" {
			return errors.New(said)
		}
		return nil
	})
	s.owner.tap("drill")
	s.owner.tap("lang-fr")
	s.owner.do("see what the log says", visible("past-drill"))
	s.owner.shot("drill-past")
	s.owner.tap("end-test")
	s.event(start, wire.WindowClosed)
}
