package service

import (
	"bytes"
	"crypto/ed25519"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vestibule/firmware/pipe"
	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// eye looks at the house 20 times a second while it has a verified pass, and asks for the
// glass's colours until it has them.
type eye struct {
	t      testing.TB
	conn   *pipe.Conn
	owner  ed25519.PublicKey
	device string
	done   sync.WaitGroup
	stall  atomic.Bool
	glass  atomic.Value // wire.Reason
	awake  atomic.Bool
	looks  atomic.Int64 // sent

	mu     sync.Mutex
	seen   pipe.Look // what the next look says of Beyond and Spent
	tint   []byte    // its own measure; nil for none
	stands []pipe.Reference
	silent bool // it does not say how the camera stands
	wakes  []pipe.Wake
	tints  []pipe.Tint // what gate said
	visits []bool
	lamps  []bool
	asked  int // how often gate asked how the camera stands
	pass   pass.Terms
}

func (h *home) openEye() *eye {
	h.t.Helper()
	return h.openEyeWith(nil)
}

func (h *home) openEyeWith(tint []byte) *eye {
	h.t.Helper()
	e := &eye{t: h.t, conn: h.dial("eye", pipe.Hello{Program: "eye", Version: pipe.Version}),
		owner: h.owner.Public().(ed25519.PublicKey), device: h.keys.Device(), tint: tint}
	e.glass.Store(wire.Reason(""))
	stop := make(chan struct{})
	e.done.Go(func() {
		defer close(stop)
		for {
			f, err := e.conn.Receive()
			if err != nil {
				return
			}
			e.hear(f)
		}
	})
	e.done.Go(func() { e.look(h, stop) })
	return e
}

func (e *eye) hear(f pipe.Frame) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch f.Type {
	case pipe.TypeWake:
		var w pipe.Wake
		err := f.JSON(&w)
		p, errPass := e.open(w)
		if err != nil || errPass != nil {
			e.t.Errorf("eye is handed a pass that is none: %v, %v", err, errPass)
		}
		e.wakes, e.pass = append(e.wakes, w), p.Terms()
		e.awake.Store(true)
	case pipe.TypeSleep:
		e.awake.Store(false)
	case pipe.TypeTint:
		var t pipe.Tint
		if err := f.JSON(&t); err != nil {
			e.t.Error(err)
		}
		e.tints = append(e.tints, t)
	case pipe.TypeVisit:
		var v pipe.Visit
		if err := f.JSON(&v); err != nil {
			e.t.Error(err)
		}
		e.visits = append(e.visits, v.UnderWay)
	case pipe.TypeLamp:
		var l pipe.Lamp
		if err := f.JSON(&l); err != nil {
			e.t.Error(err)
		}
		e.lamps = append(e.lamps, l.Seen)
	case pipe.TypeRemember:
		e.asked++
		if e.silent || len(e.stands) == 0 {
			return
		}
		if err := e.conn.Send(pipe.TypeReference, e.stands[0]); err != nil {
			e.t.Error(err)
		}
		e.stands = e.stands[1:]
	default:
		e.t.Errorf("eye is sent %s", f.Type)
	}
}

// open verifies what eye is handed, as eye does.
func (e *eye) open(w pipe.Wake) (pass.Pass, error) {
	may := pass.NewAuthority(e.device, e.owner, 0)
	for _, n := range w.Proof {
		if _, _, err := may.Take(n); err != nil {
			return pass.Pass{}, err
		}
	}
	p, err := may.OpenPass(w.Pass)
	if err == nil && w.Amendment != nil {
		p, err = may.Amend(p, w.Amendment)
	}
	return p, err
}

func (e *eye) look(h *home, stop <-chan struct{}) {
	mono := System().Mono
	ticks := time.NewTicker(50 * time.Millisecond)
	defer ticks.Stop()
	for frame := uint64(1); ; frame++ {
		select {
		case <-stop:
			return
		case <-ticks.C:
		}
		w := h.house.World()
		if !w.Power || !e.awake.Load() || e.stall.Load() {
			continue
		}
		luma := uint16(80 << 8)
		if w.Lamp && !w.Covered {
			luma = 150 << 8
		}
		e.mu.Lock()
		look, tint := e.seen, e.tint
		look.Delivery = e.pass.Delivery
		if e.settled() != nil {
			tint = nil
		}
		e.mu.Unlock()
		look.Frame, look.At, look.Lamp, look.Glass, look.Unit = frame, mono(), luma, e.glass.Load().(wire.Reason), frame*7
		if e.conn.Send(pipe.TypeLook, look) != nil {
			return
		}
		e.looks.Add(1)
		if tint != nil && e.conn.Send(pipe.TypeTint, pipe.Tint{Delivery: look.Delivery, Colours: tint}) != nil {
			return
		}
	}
}

// settled is what eye shows of the interior: what gate told it. Call with mu held.
func (e *eye) settled() []byte {
	if len(e.wakes) == 0 {
		return nil
	}
	if w := e.wakes[len(e.wakes)-1]; w.Tint != nil {
		return w.Tint
	}
	for _, t := range e.tints {
		if t.Delivery == e.pass.Delivery {
			return t.Colours
		}
	}
	return nil
}

// shows waits until eye shows these colours.
func (e *eye) shows(h *home, want []byte) {
	h.t.Helper()
	var got []byte
	h.until("the glass has its colours", func() bool {
		e.mu.Lock()
		defer e.mu.Unlock()
		got = e.settled()
		return got != nil
	})
	if !bytes.Equal(got, want) {
		h.t.Errorf("the glass is %x..., want %x...", got[:4], want[:4])
	}
}

// says sets what the next looks count.
func (e *eye) says(beyond, colour, shadow int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.seen.Beyond, e.seen.Spent = beyond, wire.Spent{Colour: colour, Shadow: shadow}
}

// cuts sets how the next looks say that the camera's picture is cut.
func (e *eye) cuts(cut string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.seen.Cut = cut
}

// told is what eye knows of the visit.
func (e *eye) told() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if n := len(e.visits); n > 0 {
		return e.visits[n-1]
	}
	return len(e.wakes) > 0 && e.wakes[len(e.wakes)-1].Visit
}

// lit is what eye was told of the lamp last, and how often it was told at all.
func (e *eye) lit() (seen bool, told int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := len(e.lamps)
	return n > 0 && e.lamps[n-1], n
}

func (e *eye) woken() pipe.Wake {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.wakes) == 0 {
		return pipe.Wake{}
	}
	return e.wakes[len(e.wakes)-1]
}

func (e *eye) close() {
	_ = e.conn.Close() // it may be closed already
	e.done.Wait()
}
