package live

import (
	"bytes"
	"time"

	"vestibule/firmware/pipe"
)

const (
	// mostHeld bounds what is held for viewers who are joining, in units and in bytes: a maxAge at 60 a second fits.
	mostHeld      = 64
	mostHeldBytes = 1 << 20
)

// hold is the newest key frame and what followed it, kept while somebody is joining: eye makes a key
// frame when the first viewer is announced, and by the time that DTLS is done it has gone by. So a new
// viewer begins with it, and not with the next one.
type hold struct {
	units []pipe.Unit
	size  int
}

// add keeps a unit's own copy. What would be too much is not held at all.
func (h *hold) add(u pipe.Unit) {
	if u.Key {
		h.clear()
	} else if len(h.units) == 0 {
		return
	}
	if h.size += len(u.Data); h.size > mostHeldBytes || len(h.units) == mostHeld {
		h.clear()
		return
	}
	u.Data = bytes.Clone(u.Data)
	h.units = append(h.units, u)
}

// fresh is what is held, unless a part of it is too old to be sent.
func (h *hold) fresh(now time.Duration) []pipe.Unit {
	if len(h.units) == 0 || now-h.units[0].At > maxAge {
		return nil
	}
	return h.units
}

func (h *hold) clear() { *h = hold{} }

// keep holds a unit while somebody is joining; Audience.mu is held.
func (a *Audience) keep(u pipe.Unit, stale bool) {
	if stale || !a.joining() {
		a.hold.clear()
		return
	}
	a.hold.add(u)
}

// joining reports whether somebody is about to watch; Audience.mu is held.
func (a *Audience) joining() bool {
	for v := range a.viewers {
		if !v.connected {
			return true
		}
	}
	return false
}

// welcome begins a viewer's picture with what is held, if that is fresh, and reports whether it lacks a
// key frame. One who was cut meanwhile gets nothing. Audience.mu is held.
func (a *Audience) welcome(v *viewer) (lacking bool) {
	v.connected, v.waiting = true, true
	if _, ok := a.viewers[v]; !ok {
		return false
	}
	for _, u := range a.hold.fresh(a.cfg.Clock()) {
		if u.Format != v.format {
			break
		}
		v.show(u, a.packets.of(u))
	}
	if !a.joining() {
		a.hold.clear()
	}
	return v.waiting
}
