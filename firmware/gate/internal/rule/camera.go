package rule

import (
	"math"
	"time"

	"vestibule/firmware/gate/internal/challenge"
	"vestibule/hub/wire"
)

func (t *turn) connectEye(on bool) {
	c := &t.camera
	c.eye, c.looked, c.lamp, c.glass, c.trouble, c.beyond = on, false, challenge.Undecided, "", "", 0
	if on && c.power && t.current() != nil {
		t.wake()
	}
}

// wake hands eye the pass whose window is open.
func (t *turn) wake() {
	c := t.current()
	t.camera.visit = c.visit == underWay
	t.do(Effect{Do: Wake, Delivery: c.plan.Delivery, On: t.camera.visit})
}

// ahead is how far a frame's time may be ahead of ours: eye reads the same clock, a little
// earlier.
const ahead = 50 * time.Millisecond

// look takes eye's report. A frame that is not newer than the last, or than the camera's power, says nothing.
func (t *turn) look(e *Event) {
	c := &t.camera
	if !c.power || !c.eye || e.at > t.now.Mono+ahead || e.at < c.since || c.looked && (e.at <= c.at || e.number <= c.frame) {
		return
	}
	t.passBy(e.count)
	c.looked, c.frame, c.at, c.glass, c.lamp = true, e.number, e.at, e.reason, e.lamp
	if e.reason == "" {
		c.trouble = ""
	}
}

// passBy takes eye's count of who has gone from the zone into the interior. What is new in it
// during a visit is written down. An eye that has just come counts from nothing, or it stayed
// while this gate was started anew: then it may know of more than the journal does.
func (t *turn) passBy(count int) {
	c := &t.camera
	seen := c.beyond
	c.beyond = max(seen, count)
	v := t.current()
	if v == nil || v.visit != underWay {
		return
	}
	if !c.looked {
		seen = int(v.beyond)
	}
	if count <= seen || v.beyond >= MaxBeyond {
		return
	}
	v.beyond = uint8(min(int(v.beyond)+count-seen, MaxBeyond))
	t.write(Entry{Kind: wire.BeyondDoorway, Delivery: v.plan.Delivery, Count: int(v.beyond)})
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

// call wakes the camera, if a window is open, and keeps it awake for stayFor.
func (t *turn) call(by wire.Reason) {
	if c := t.current(); c != nil {
		c.called, t.caller = t.now.Mono+stayFor, by
	}
}

// moved is a call by a contact that says another thing than it did. One that begins to say something
// does not: so does each after a start.
func (t *turn) moved(was, is Contact) {
	if was != Unknown && is != was {
		t.call(wire.ByDoor)
	}
}

// attend is a call by those who watch, again with each word of link's and with their leaving: a viewer
// whose line breaks finds the camera awake on coming back.
func (t *turn) attend(viewers int) {
	if viewers > 0 {
		t.call(wire.ByViewer)
	}
}

// until is how long there is a reason for the camera to see: for good while a visit is under way, the
// door is open, the local alarm sounds or the sensors are unsure; after a visit for as long as somebody may still be
// within, so that an opening is no alarm; or by a call. It has passed if there is none.
func (s *State) until(c *slot) time.Duration {
	switch {
	case c.visit == underWay || s.door == Open || s.unsure || s.loud && s.alarmed():
		return math.MaxInt64
	case c.visit == over && s.mayBeWithin(c):
		return max(c.called, s.egress)
	}
	return c.called
}

// rising reports whether the camera has power and may still have to prove itself.
func (s *State) rising(now Now) bool {
	return s.camera.power && !s.camera.live && now.Mono-s.camera.since < riseWithin
}

// hold keeps a code until the camera is live, if the delivery needs it and it has to be woken first: nothing was
// asked yet of what the code is, so that waiting tells nobody whether it is right. A camera that was live and
// failed is not waited for.
func (t *turn) hold(c *slot, e *Event) bool {
	asleep := !t.camera.power && t.now.Sure
	if !c.plan.Camera || !asleep && !t.rising(t.now) {
		return false
	}
	t.waits = held{c.plan.Delivery, e.verdict, e.via, e.number}
	t.do(Effect{Do: Hold, Ref: e.number})
	return true
}

// settleHeld looks at the code that was held, once there is a picture, or no more hope of one. That its
// window ended was said already.
func (t *turn) settleHeld() {
	h := t.waits
	if h.delivery == "" || t.rising(t.now) {
		return
	}
	t.waits = held{}
	c, e := t.current(), &Event{verdict: h.verdict, via: h.via, number: h.ref}
	if h.via == QR || t.mayGuess(c, e) {
		t.judge(c, e)
	}
}

// settlePower gives the camera power during the window, while there is a reason, and at no other time. After
// a start at which nobody knows the time, a window that was open may be long over: it waits.
func (t *turn) settlePower() {
	c := t.current()
	wanted := c != nil && t.now.Mono < t.until(c)
	// Where one window follows another at once, the camera still goes off in between.
	if t.camera.power && (!wanted || c.plan.Delivery != t.camera.delivery) {
		t.do(Effect{Do: Sleep})
		t.do(Effect{Do: Power})
		if t.camera.live || t.camera.fault {
			t.write(Entry{Kind: wire.CameraOff, Delivery: t.camera.delivery})
		}
		t.camera = camera{eye: t.camera.eye}
	}
	if !t.camera.power && wanted && t.now.Sure {
		t.camera = camera{power: true, eye: t.camera.eye, since: t.now.Mono, delivery: c.plan.Delivery}
		if t.now.Mono < c.called {
			t.camera.by = t.caller
		}
		t.do(Effect{Do: Power, On: true})
		if t.camera.eye {
			t.wake()
		}
	}
}

// settleTold tells eye when a visit begins and ends: only during one may it show where
// something moves.
func (t *turn) settleTold() {
	c := t.current()
	if !t.camera.power || !t.camera.eye || c == nil || t.camera.visit == (c.visit == underWay) {
		return
	}
	t.camera.visit = c.visit == underWay
	t.do(Effect{Do: Visit, On: t.camera.visit})
}

// settlePicture says when the picture comes, fails and comes back, of the delivery whose window
// gave the camera its power: another's visit may still go on.
func (t *turn) settlePicture() {
	c := &t.camera
	if !c.power {
		return
	}
	why := t.blind(t.now)
	switch {
	case why != "" && !c.fault && (c.live || t.now.Mono-c.since >= startWithin):
		c.fault, c.good = true, 0
		t.write(Entry{Kind: wire.CameraFault, Delivery: c.delivery, Reason: why})
	case why != "":
		c.good = 0
	case !c.live:
		c.live, c.fault = true, false
		t.write(Entry{Kind: wire.CameraOn, Delivery: c.delivery, Reason: c.by})
	case c.fault && c.good == 0:
		c.good = max(t.now.Mono, 1)
	case c.fault && t.now.Mono-c.good >= steadyFor:
		c.fault = false
		t.write(Entry{Kind: wire.CameraBack, Delivery: c.delivery})
	}
}
