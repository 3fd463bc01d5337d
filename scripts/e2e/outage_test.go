package e2e

import (
	"testing"
	"time"
)

// outage pulls the device's network plug for so long, and returns how long after its return the
// owner's page shows a live picture again, without being loaded anew.
func (s *story) outage(length time.Duration) time.Duration {
	s.t.Helper()
	s.post("/api/plug", map[string]any{"name": "network", "in": false})
	begun := time.Now()
	s.owner.attr("picture", "data-live", "no")
	if covered := time.Since(begun); covered > 5*time.Second {
		s.t.Errorf("the picture was covered %v after the network went", covered)
	}
	time.Sleep(length - time.Since(begun))
	var live float64
	s.owner.eval(watched, nil)
	s.post("/api/plug", map[string]any{"name": "network", "in": true})
	returned := time.Now()
	s.live()
	s.owner.eval(`performance.now() - window.liveAgain`, &live)
	return time.Since(returned) - time.Duration(live*float64(time.Millisecond))
}

// watched notes when the picture is live again.
const watched = `(() => {
	const look = setInterval(() => {
		if (!document.querySelector('[data-live="yes"]')) return;
		window.liveAgain = performance.now();
		clearInterval(look);
	}, 10);
})()`

// The network goes and comes back, for less and for more than link waits for a silent viewer; the page
// stays as it is and shows a live picture again by itself.
func TestThePictureComesBackWithTheNetwork(t *testing.T) {
	s := begin(t, startDesk(t, "-size", "640x480", "-fps", "15"))
	s.plan("blur", time.Time{})
	s.live()
	s.owner.eval(`window.same = true`, nil)
	var tells bool
	s.owner.eval(`new Promise((told) => document.querySelector('video').requestVideoFrameCallback((_, about) => told(about.rtpTimestamp !== undefined)))`, &tells)
	if !tells {
		t.Error("the browser does not say which picture it shows, so that nobody knows how old that is")
	}
	for _, length := range []time.Duration{3 * time.Second, 9 * time.Second} {
		t.Logf("away for %v, live again after %v", length, s.outage(length))
		time.Sleep(time.Second)
	}
	var same bool
	s.owner.eval(`window.same === true`, &same)
	if !same {
		t.Error("the page was loaded anew")
	}
}
