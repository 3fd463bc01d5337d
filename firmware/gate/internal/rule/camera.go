package rule

import (
	"time"

	"vestibule/firmware/gate/internal/challenge"
	"vestibule/hub/wire"
)

func (t *turn) connectEye(on bool) {
	c := &t.camera
	c.eye, c.looked, c.lamp, c.glass, c.trouble = on, false, challenge.Undecided, "", ""
	if s := t.current(); on && c.power && s != nil {
		t.do(Effect{Do: Wake, Delivery: s.plan.Delivery})
	}
}

// ahead is how far a frame's time may be ahead of ours: eye reads the same clock, a little
// earlier.
const ahead = 50 * time.Millisecond

// look takes eye's report. A frame that is not newer than the last says nothing.
func (t *turn) look(e Event) {
	c := &t.camera
	if !c.power || !c.eye || e.at > t.now.Mono+ahead || c.looked && (e.at <= c.at || e.number <= c.frame) {
		return
	}
	c.looked, c.frame, c.at, c.glass, c.lamp = true, e.number, e.at, e.reason, e.lamp
	if e.reason == "" {
		c.trouble = ""
	}
}

// blind is why there is no fresh picture of the zone with the lamp in it; "" if there is.
func (s *State) blind(now Now) wire.Reason {
	c := &s.camera
	switch {
	case !c.power:
		return wire.CameraAsleep
	case !c.eye:
		return wire.EyeGone
	case !c.looked && c.trouble != "":
		return c.trouble
	case !c.looked:
		return wire.CameraAsleep
	case now.Mono-c.at > FreshFor && c.trouble != "":
		return c.trouble
	case now.Mono-c.at > FreshFor:
		return wire.CameraStalled
	case c.glass != "":
		return c.glass
	case c.lamp != challenge.Seen:
		return wire.LampUnseen
	}
	return ""
}

// settlePower gives the camera power during the window and at no other time.
func (t *turn) settlePower() {
	c := t.current()
	// Where one window follows another at once, the camera still goes off in between.
	if t.camera.power && (c == nil || c.plan.Delivery != t.camera.delivery) {
		t.do(Effect{Do: Sleep})
		t.do(Effect{Do: Power})
		if t.camera.live || t.camera.fault {
			t.write(Entry{Kind: wire.CameraOff, Delivery: t.camera.delivery})
		}
		t.camera = camera{eye: t.camera.eye}
	}
	if !t.camera.power && c != nil {
		t.camera = camera{power: true, eye: t.camera.eye, since: t.now.Mono, delivery: c.plan.Delivery}
		t.do(Effect{Do: Power, On: true})
		if t.camera.eye {
			t.do(Effect{Do: Wake, Delivery: c.plan.Delivery})
		}
	}
}

// settlePicture says when the picture comes, fails and comes back.
func (t *turn) settlePicture() {
	c := &t.camera
	if !c.power {
		return
	}
	why := t.blind(t.now)
	switch {
	case why != "" && !c.fault && (c.live || t.now.Mono-c.since >= startWithin):
		c.fault, c.good = true, 0
		t.note(wire.CameraFault, why)
	case why != "":
		c.good = 0
	case !c.live:
		c.live, c.fault = true, false
		t.note(wire.CameraOn, "")
	case c.fault && c.good == 0:
		c.good = max(t.now.Mono, 1)
	case c.fault && t.now.Mono-c.good >= steadyFor:
		c.fault = false
		t.note(wire.CameraBack, "")
	}
}
