package house

import (
	"fmt"
	"time"

	"vestibule/hub/wire"
)

// pulsePatience is how much later than a device said its next pulse may come. With the 500 ms between pulses a lost link
// is told within 1.5 s of its last one, and three in a row have to be late on a busy machine before something is told
// that is taken back with the next one.
const pulsePatience = time.Second

// pulse is a device's word that it says something soon.
type pulse struct {
	heard time.Time
	late  *time.Timer
}

// takePulse waits for the next one. A device that says no pulse, as an older one, is known by its connection alone; and
// so is each while no window is open.
func (h *House) takePulse(device string, b []byte) error {
	var w wire.Pulse
	if err := wire.Decode(b, &w); err != nil {
		return err
	}
	if w.Again < 0 || w.Again > wire.MaxPulse {
		return fmt.Errorf("a pulse that comes again in %d ms", w.Again)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.dropPulse(device)
	if !h.present[device].Online {
		return nil // its connection is over already, and its pulse came late
	}
	if w.Again > 0 {
		p := &pulse{heard: h.now()}
		p.late = time.AfterFunc(time.Duration(w.Again)*time.Millisecond+pulsePatience, func() { h.missPulse(device, p) })
		h.pulses[device] = p
	}
	h.change(device, func(p *Presence) { p.Silent = false })
	return nil
}

// missPulse tells that a device says nothing any more.
func (h *House) missPulse(device string, p *pulse) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.pulses[device] != p {
		return
	}
	delete(h.pulses, device)
	h.change(device, func(q *Presence) { q.Silent, q.Since = true, p.heard })
}

// dropPulse waits for a device no longer; h.mu is held.
func (h *House) dropPulse(device string) {
	if p, ok := h.pulses[device]; ok {
		p.late.Stop()
		delete(h.pulses, device)
	}
}

// change changes what is known of a device and tells whoever follows if it can be reached now, or not any more; h.mu is
// held, so that nobody hears of two changes in the other order.
func (h *House) change(device string, do func(*Presence)) {
	p := h.present[device]
	before := p.Reached()
	do(&p)
	after := p.Reached()
	if after {
		p.Since = time.Time{}
	}
	h.present[device] = p
	if after == before {
		return
	}
	close(h.changed)
	h.changed = make(chan struct{})
	h.log.Info("device", "device", device, "online", after)
	h.feed.tell(News{Device: device, Online: &after, Since: p.Since})
}
