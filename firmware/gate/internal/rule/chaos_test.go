package rule

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vestibule/firmware/gate/internal/challenge"
	"vestibule/hub/wire"
)

// chaos drives the rule with whatever rapid thinks of: owner, courier, guesser, a disk that
// is slow, full or dies, sensors that lie, an eye that stalls, a clock that is unsure, and
// restarts at any moment, also between two effects. It keeps its own account of what is
// true, apart from the rule's State, and checks every effect against it.
type chaos struct {
	t     *rapid.T
	setup Setup
	s     State
	now   Now

	todo []Effect
	busy bool

	plans   map[string]Plan // accepted, on disk, as amended
	signed  map[string]Plan // the same as they were signed
	journal []wire.Event    // on disk
	queue   []Effect        // entries that a slow disk has not written
	slow    bool
	full    bool

	door, bolt Contact
	coil       bool
	stuck      bool // the coil does not follow
	since      time.Duration
	shutSince  time.Duration

	cover     bool
	tampered  map[string]bool // the cover was off while the window was open
	eye       bool
	stalled   bool // eye sends no frames
	lookAt    time.Duration
	lookGood  bool
	frame     uint64
	beyond    int             // as eye counts
	visits    map[string]bool // burned, on the disk; false when it is over
	told      bool            // what eye knows of a visit
	power     bool
	loud      bool // the local alarm
	net       bool
	heard     time.Duration // when link last said so
	viewers   int
	cancelled map[string]bool
	locked    map[string]bool
	over      map[string]bool // a visit's end was written
	guesses   map[guess]int   // wrong digits that were answered, whatever died since
	opens     map[string]int  // how often the coil got current
	epoch     uint64
	named     int // deliveries

	ref      uint64
	right    map[uint64]string // right tries without an answer: their delivery
	asked    map[uint64]guess
	answered map[uint64]bool
	ticket   map[uint64]bool  // on the disk, no coil yet
	waits    map[uint64]guess // tries in a window without an answer

	called struct { // who wants the camera to see
		delivery string
		at       time.Duration
	}
	ended map[string]time.Duration // when a visit's end was written
	said  struct {                 // to the rule, since it began
		door, bolt Contact
		off        bool
		viewers    int
	}
}

func newChaos(t *rapid.T) *chaos {
	door := Setup{NoContact: rapid.IntRange(0, 3).Draw(t, "no contact") == 3, NoBolt: rapid.IntRange(0, 5).Draw(t, "no bolt") == 5, Exit: rapid.Bool().Draw(t, "exit"),
		Lock: rapid.SampledFrom([]Lock{FailSecure, FailSecure, FailSafe, Motor}).Draw(t, "lock")}
	w := &chaos{t: t, setup: door, s: New(0, door), now: Now{Wall: start, Mono: time.Hour, Sure: true}, plans: map[string]Plan{}, signed: map[string]Plan{}, door: Closed, bolt: Closed,
		cover: true, tampered: map[string]bool{}, cancelled: map[string]bool{}, locked: map[string]bool{}, visits: map[string]bool{}, over: map[string]bool{},
		guesses: map[guess]int{}, asked: map[uint64]guess{}, opens: map[string]int{}, right: map[uint64]string{}, answered: map[uint64]bool{}, ticket: map[uint64]bool{},
		waits: map[uint64]guess{}, ended: map[string]time.Duration{}}
	w.boot()
	return w
}

func (w *chaos) boot() {
	w.step(CoilIs(CoilOff))
	w.step(TamperIs(!w.cover))
	w.step(DoorIs(w.door))
	w.step(BoltIs(w.bolt))
}

func (w *chaos) step(e Event) {
	if e.kind == netIs {
		w.heard = w.now.Mono
	}
	window, waits := w.s.Delivery(), w.s.waits.delivery != ""
	effects := Step(&w.s, e, w.now, nil)
	if w.calls(&e, window, waits, effects) {
		w.called.delivery, w.called.at = window, w.now.Mono
	}
	w.carryOut(effects)
	if d := w.s.Next(w.now); d < 0 {
		w.t.Fatalf("the next tick is in %v", d)
	}
}

// calls reports whether an event calls the camera, by the chaos's own account.
func (w *chaos) calls(e *Event, window string, waits bool, effects []Effect) bool {
	was := w.said
	switch e.kind {
	case calledBy, panicCame:
		return true
	case tried:
		switch {
		case e.delivery != "" && e.delivery != window:
			return false
		case e.via == QR:
			return !waits
		case e.via == Page: // what is answered without a look costs nothing
			return !slices.ContainsFunc(effects, func(d Effect) bool {
				return d.Do == Deny && d.Ref == e.number && slices.Contains([]wire.Reason{wire.CodeTypo, wire.CodeSlowed, wire.CodeSpent, wire.DiskTrouble}, d.Reason)
			})
		}
		return true
	case doorIs:
		w.said.door = e.contact
		return was.door != Unknown && was.door != e.contact && !w.setup.NoContact
	case boltIs:
		w.said.bolt = e.contact
		return was.bolt != Unknown && was.bolt != e.contact && !w.setup.NoBolt
	case tamperIs:
		w.said.off = e.on
		return was.off != e.on
	case viewersAre:
		w.said.viewers = e.count
		return was.viewers+e.count > 0
	case netIs:
		return was.viewers > 0
	}
	return false
}

// carryOut does what the rule wants, in its order: what comes of it comes after it.
func (w *chaos) carryOut(effects []Effect) {
	w.todo = append(w.todo, effects...)
	if w.busy {
		return
	}
	w.busy = true
	for len(w.todo) > 0 {
		e := w.todo[0]
		w.todo = w.todo[1:]
		switch e.Do {
		case Write:
			switch e.Entry.Kind {
			case wire.VisitEnded:
				w.visits[e.Entry.Delivery] = false
				w.ended[e.Entry.Delivery] = w.now.Mono
			case wire.BeyondDoorway:
				if !w.visits[e.Entry.Delivery] || !w.power {
					w.t.Fatalf("somebody went beyond the doorway outside a visit: %+v", e.Entry)
				}
			case wire.ForcedOpen, wire.HeldOpen, wire.DoorOpened:
				if w.setup.NoContact {
					w.t.Fatalf("a door without a contact says %+v", e.Entry)
				}
			}
			w.queue = append(w.queue, e)
		case Energise:
			w.checkEnergise()
			w.opens[w.s.Delivery()]++
			if !w.stuck {
				w.coil, w.since = true, w.now.Mono
				w.step(CoilIs(CoilOn))
			} else {
				w.step(CoilIs(CoilUnknown))
			}
		case Release:
			if w.coil && !w.stuck {
				w.coil = false
				w.step(CoilIs(CoilOff))
			}
		case Power:
			w.power = e.On
			if e.On && w.s.Delivery() == "" {
				w.t.Fatalf("camera power outside a window: %+v", effects)
			}
		case Wake:
			w.told = e.On
		case Cut:
			w.said.viewers = 0
		case Visit:
			w.told = e.On
		case Grant:
			w.answer(e.Ref, true)
		case Deny:
			w.answer(e.Ref, false)
			if e.Reason == wire.CodeWrong {
				w.guessed(w.asked[e.Ref])
			}
		case Sound:
			w.loud = e.On
		case Revert:
			w.t.Fatalf("an amendment of %s was judged well, and does not count", e.Delivery)
		case Forget:
			over := w.cancelled[e.Delivery] || w.plans[e.Delivery].Epoch < w.epoch
			if over && !w.s.isPast(e.Delivery) {
				w.t.Fatalf("%s was cancelled, and is forgotten with its name: its pass could come again", e.Delivery)
			}
			if p, ok := w.plans[e.Delivery]; ok && !over && (w.now.Wall < p.Until || w.now.Wall < w.signed[e.Delivery].Until) {
				w.t.Fatalf("%s forgotten before its window is over: its pass could come again", e.Delivery)
			}
			delete(w.plans, e.Delivery)
			delete(w.signed, e.Delivery)
		}
	}
	w.busy = false
	if !w.slow {
		w.drain()
	}
}

// drain lets the disk write what is waiting, in order.
func (w *chaos) drain() {
	for len(w.queue) > 0 {
		e := w.queue[0]
		w.queue = w.queue[1:]
		if w.full {
			if e.Ticket != 0 {
				w.step(Written(e.Ticket, false))
			}
			continue // the entry is lost: worse than the real queue
		}
		w.journal = append(w.journal, wire.Event{Index: uint64(len(w.journal)), Time: time.UnixMilli(w.now.Wall).UTC(), Kind: e.Entry.Kind,
			Delivery: e.Entry.Delivery, Reason: e.Entry.Reason, Via: string(e.Entry.Via), Count: e.Entry.Count})
		if e.Entry.Kind == wire.VisitEnded {
			w.over[e.Entry.Delivery] = true
		}
		if e.Ticket == 0 {
			continue
		}
		if e.Entry.Kind != wire.CodeRefused {
			w.visits[e.Entry.Delivery] = w.visits[e.Entry.Delivery] || !w.locked[e.Entry.Delivery] // meanwhile
			w.ticket[e.Ticket] = true
		}
		w.step(Written(e.Ticket, true))
		delete(w.ticket, e.Ticket)
	}
}

func (w *chaos) answer(ref uint64, granted bool) {
	if w.answered[ref] {
		w.t.Fatalf("try %d is answered twice", ref)
	}
	w.answered[ref] = true
	if granted {
		if w.right[ref] == "" {
			w.t.Fatalf("try %d is granted and was not right", ref)
		}
		if !w.coil {
			w.t.Fatalf("try %d is granted and the coil has no current", ref)
		}
	}
	delete(w.right, ref)
}

// guess is where digits were typed.
type guess struct {
	delivery string
	via      Via
}

// guessed counts a guess that was answered: whoever guesses remembers it, whatever becomes of gate.
func (w *chaos) guessed(g guess) {
	if g.via == QR {
		return
	}
	w.guesses[g]++
	if n := w.guesses[guess{g.delivery, Keypad}] + w.guesses[guess{g.delivery, Page}]; w.guesses[g] > MaxByWay || n > MaxWrong {
		w.t.Fatalf("%d guesses by %s are answered in a window, %d in all", w.guesses[g], g.via, n)
	}
}

// checkEnergise is the predicate of the design, by the chaos's own account.
func (w *chaos) checkEnergise() {
	t, d := w.t, w.s.Delivery()
	p, ok := w.plans[d]
	if !ok {
		t.Fatalf("opened for %q, which nobody permitted", d)
	}
	if len(w.ticket) != 1 {
		t.Fatalf("opened with %d burnings just written, want 1", len(w.ticket))
	}
	waiting := false
	for _, name := range w.right {
		waiting = waiting || name == d
	}
	for _, c := range []struct {
		what string
		bad  bool
	}{
		{"without a right code that waits for it", !waiting},
		{"before the window", w.now.Wall < p.From},
		{"after the window", w.now.Wall >= p.Until},
		{"with an unsure clock", !w.now.Sure},
		{"after a cancel", w.cancelled[d]},
		{"after an owner's lock", w.locked[d]},
		{"after the visit's end", w.over[d]},
		{"with an older epoch", p.Epoch < w.epoch},
		{"with the cover off", !w.cover},
		{"after tampering", w.tampered[d]},
		{"an open door", w.door != Closed && !w.setup.NoContact},
		{"a door that nothing holds", w.setup.NoContact && !w.setup.NoBolt && w.bolt == Open},
		{"with an unknown bolt", w.bolt == Unknown && !w.setup.NoBolt},
		{"with current already", w.coil},
		{"unseen", p.Camera && (!w.eye || !w.power || !w.lookGood || w.now.Mono-w.lookAt > FreshFor)},
		{"offline", !p.Offline && (!w.net || w.now.Mono-w.heard >= NetFor)},
		{"unwatched", p.Watched && (w.viewers == 0 || w.now.Mono-w.heard >= NetFor)},
		{"too often", w.opens[d] >= int(p.Entries)},
		{"with a full disk", w.full},
	} {
		if c.bad {
			t.Fatalf("opened %s", c.what)
		}
	}
}

// actions of the world, by name for rapid.
func (w *chaos) actions() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"": func(t *rapid.T) {
			// Whenever time alone would change something, the rule asks for a tick, also when it is
			// asked late.
			for _, d := range []time.Duration{time.Second / 2, time.Second, 3 * time.Second, 40 * time.Second, time.Hour} {
				late := Now{w.now.Wall + d.Milliseconds(), w.now.Mono + d, w.now.Sure}
				then := w.s
				effects := Step(&then, Tick(), late, nil)
				if n := w.s.Next(late); len(effects) > 0 && (n <= 0 || n > 10*time.Millisecond) {
					t.Fatalf("%v later a tick would do %+v, and the next one is asked for in %v", d, effects, n)
				}
				if n := w.s.Next(w.now); len(effects) > 0 && (n <= 0 || n > d) {
					t.Fatalf("%v later a tick will do %+v, and the next one is asked for in %v", d, effects, n)
				}
			}
			if d := w.s.Delivery(); w.power && w.eye && w.told != w.visits[d] {
				t.Fatalf("eye was told %v of a visit, which is %v", w.told, w.visits[d])
			}
			d := w.s.Delivery()
			called := w.called.delivery == d && w.now.Mono-w.called.at < stayFor
			reason := d != "" && (w.visits[d] || w.door == Open && !w.setup.NoContact || w.loud || w.s.unsure || called)
			_, leaving := w.ended[d]
			leaving = leaving && w.now.Mono < w.s.egress
			if w.power && !reason && !leaving || !w.power && reason && w.now.Sure {
				t.Fatalf("power %v, window %q: visit %v, door %v, called %v", w.power, d, w.visits[d], w.door, called)
			}
			if why, _, _, _ := w.s.Picture(w.now); !w.power && why != wire.CameraAsleep {
				t.Fatalf("the picture of a camera without power is %q", why)
			}
			for ref, g := range w.waits {
				switch {
				case w.answered[ref]:
					delete(w.waits, ref)
				case g.delivery != d:
					t.Fatalf("try %d outlives its window without an answer", ref)
				case !w.power && w.now.Sure:
					t.Fatalf("try %d waits for a camera without power", ref)
				}
			}
			if w.coil && !w.stuck && (w.now.Mono-w.since > Pulse || w.door == Closed && w.shutSince > w.since && !w.setup.NoContact) {
				t.Fatalf("the coil has current %v after it got it, the door is %v", w.now.Mono-w.since, w.door)
			}
			if v := w.s.View(w.now); v.Bolt == wire.BoltLocked && (w.coil || w.door != Closed && !w.setup.NoContact || w.bolt != Closed || w.setup.NoBolt) {
				t.Fatalf("shown as locked with coil %v, door %v, bolt %v", w.coil, w.door, w.bolt)
			}
		},
		"pass": func(t *rapid.T) {
			p := Plan{Delivery: fmt.Sprint("d", w.named), Entries: uint8(rapid.IntRange(1, 3).Draw(t, "entries")),
				Grace:  time.Duration(rapid.IntRange(0, 60).Draw(t, "grace")) * time.Second,
				Camera: rapid.Bool().Draw(t, "camera"), Offline: rapid.Bool().Draw(t, "offline"), Watched: rapid.Bool().Draw(t, "watched"),
				Epoch: w.epoch}
			if rapid.IntRange(0, 5).Draw(t, "newer epoch") == 5 {
				p.Epoch++
			}
			p.From = w.now.Wall + int64(rapid.IntRange(-60, 60).Draw(t, "from"))*1000
			p.Until = p.From + int64(rapid.IntRange(1, 600).Draw(t, "length"))*1000
			if _, taken := w.plans[p.Delivery]; taken || w.s.Judge(p, w.now) != "" {
				return
			}
			w.named++
			w.plans[p.Delivery], w.signed[p.Delivery] = p, p
			w.epoch = max(w.epoch, p.Epoch)
			w.step(PassCame(p))
		},
		"amend": func(t *rapid.T) {
			if len(w.plans) == 0 {
				return
			}
			p := w.plans[rapid.SampledFrom(slices.Sorted(maps.Keys(w.plans))).Draw(t, "which")]
			p.Revision++
			p.Until = p.From + int64(rapid.IntRange(1, 600).Draw(t, "length"))*1000
			if w.s.JudgeAmended(p, w.now) != "" {
				return
			}
			if w.over[p.Delivery] && p.Until > w.plans[p.Delivery].Until {
				t.Fatalf("%s is over and may be made longer", p.Delivery)
			}
			w.plans[p.Delivery] = p
			w.step(AmendCame(p))
		},
		"panic":  func(*rapid.T) { w.step(PanicCame()) },
		"call":   func(*rapid.T) { w.step(Called(wire.ByKeypad)) },
		"exit":   func(*rapid.T) { w.step(ExitCame()) },
		"let go": func(*rapid.T) { w.step(LetGoCame()) },
		"time": func(t *rapid.T) {
			d := time.Duration(rapid.SampledFrom([]int{1, 5, 100, 900, 1000, 1001, 2000, 5000, 30_000, 180_000}).Draw(t, "ms")) * time.Millisecond
			// As the service does: a tick whenever the rule has asked for one.
			for end := w.now.Mono + d; w.now.Mono < end; {
				d := end - w.now.Mono
				if n := w.s.Next(w.now); n > 0 {
					d = min(d, n)
				}
				if w.eye && !w.stalled {
					d = min(d, 500*time.Millisecond)
				}
				w.now.Mono += d
				w.now.Wall += max(d.Milliseconds(), 1)
				if w.eye && !w.stalled {
					w.look(true)
				} else {
					w.step(Tick())
				}
			}
		},
		"try": func(t *rapid.T) {
			w.ref++
			d, via := w.s.Delivery(), rapid.SampledFrom([]Via{Keypad, Page, QR}).Draw(t, "via")
			v := rapid.SampledFrom([]Verdict{Right, Right, Forced, Wrong, Typo}).Draw(t, "verdict")
			name := d
			if via == Keypad {
				name = ""
			}
			if v == Right || v == Forced {
				w.right[w.ref] = d
			}
			w.asked[w.ref] = guess{d, via}
			before := len(w.queue) + len(w.journal)
			w.step(Tried(name, v, via, w.ref))
			if d != "" && !w.answered[w.ref] {
				w.waits[w.ref] = guess{d, via}
			}
			if d == "" && via == Keypad && (w.answered[w.ref] || len(w.queue)+len(w.journal) != before) {
				t.Fatal("the keypad answered outside a window")
			}
		},
		"door": func(t *rapid.T) { w.move(rapid.SampledFrom([]Contact{Closed, Closed, Open, Unknown}).Draw(t, "door")) },
		"bolt": func(t *rapid.T) {
			w.bolt = rapid.SampledFrom([]Contact{Closed, Open, Unknown}).Draw(t, "bolt")
			w.step(BoltIs(w.bolt))
		},
		"enter":   func(t *rapid.T) { w.bolt = Open; w.step(BoltIs(Open)); w.move(Open) },
		"shut":    func(t *rapid.T) { w.move(Closed); w.bolt = Closed; w.step(BoltIs(Closed)) },
		"stick":   func(t *rapid.T) { w.stuck = !w.stuck && !w.coil },
		"net":     func(t *rapid.T) { w.net = !w.net; w.step(NetIs(w.net)) },
		"says":    func(t *rapid.T) { w.step(NetIs(w.net)) },
		"viewers": func(t *rapid.T) { w.viewers = rapid.IntRange(0, 2).Draw(t, "viewers"); w.step(ViewersAre(w.viewers)) },
		"cover": func(t *rapid.T) {
			w.cover = !w.cover
			if !w.cover {
				w.tampered[w.s.Delivery()] = true
			}
			w.step(TamperIs(!w.cover))
		},
		"eye": func(t *rapid.T) { w.eye = !w.eye; w.lookGood = false; w.step(EyeIs(w.eye)) },
		"look": func(t *rapid.T) {
			if !w.eye {
				w.eye = true
				w.step(EyeIs(true))
			}
			w.now.Mono += 10 * time.Millisecond
			w.look(rapid.IntRange(0, 9).Draw(t, "bad") < 9)
		},
		"beyond": func(t *rapid.T) {
			w.beyond = max(w.beyond+rapid.IntRange(-1, 2).Draw(t, "beyond"), 0)
			if w.eye {
				w.now.Mono += 10 * time.Millisecond
				w.look(true)
			}
		},
		"stall": func(t *rapid.T) { w.stalled = !w.stalled },
		"clock": func(t *rapid.T) { w.now.Sure = !w.now.Sure; w.step(ClockJumped()) },
		"disk": func(t *rapid.T) {
			w.slow, w.full = rapid.Bool().Draw(t, "slow"), rapid.IntRange(0, 3).Draw(t, "full") == 3
			if !w.slow {
				w.drain()
			}
			w.step(DiskIs(!w.full))
		},
		"cancel": func(t *rapid.T) {
			if d := w.s.Delivery(); d != "" {
				w.cancelled[d] = true
				w.step(CancelCame(d))
			}
		},
		"lock": func(t *rapid.T) {
			if d := w.s.Delivery(); d != "" {
				w.locked[d] = true
				w.step(LockCame(d))
			}
		},
		"restart": func(t *rapid.T) {
			// Of what waits for the disk any part may have arrived.
			for _, e := range w.queue[:rapid.IntRange(0, len(w.queue)).Draw(t, "arrived")] {
				w.journal = append(w.journal, wire.Event{Time: time.UnixMilli(w.now.Wall).UTC(), Kind: e.Entry.Kind, Delivery: e.Entry.Delivery,
					Reason: e.Entry.Reason, Via: string(e.Entry.Via), Count: e.Entry.Count})
			}
			w.queue, w.slow, w.full, w.stuck = nil, false, false, false
			// What a full disk could not keep is forgotten: the journal's alarm has said so.
			clear(w.tampered)
			for _, e := range w.journal {
				w.tampered[e.Delivery] = w.tampered[e.Delivery] || e.Kind == wire.Tamper
			}
			clear(w.visits)
			for _, e := range w.journal {
				switch e.Kind {
				case wire.VisitStarted:
					w.visits[e.Delivery] = true
				case wire.VisitEnded:
					w.visits[e.Delivery] = false
					w.ended[e.Delivery] = w.now.Mono + time.Second // what arrives has the time of its arrival
				}
			}
			w.right = map[uint64]string{} // who waited for an answer waits in vain
			clear(w.waits)
			w.now.Mono += time.Second
			w.now.Wall += 1000
			w.s = New(w.epoch, w.setup)
			for d, p := range w.signed {
				if !w.s.Restore(p) || w.plans[d].Revision > 0 && !w.s.Restore(w.plans[d]) {
					t.Fatalf("no room for %s", p.Delivery)
				}
			}
			for _, e := range w.journal {
				w.s.Replay(e)
			}
			// Orders that the disk lost come again: the hub retains them.
			w.called.delivery = ""
			w.said.door, w.said.bolt, w.said.off, w.said.viewers = Unknown, Unknown, w.s.coverOff, 0
			w.coil, w.power, w.eye, w.lookGood, w.net, w.viewers, w.loud = false, false, false, false, false, 0, false
			w.carryOut(Resume(&w.s, w.now, nil))
			w.boot()
			for d := range w.cancelled {
				w.step(CancelCame(d))
			}
			for d := range w.locked {
				w.step(LockCame(d))
			}
		},
	}
}

// look is a frame of now.
func (w *chaos) look(good bool) {
	w.frame++
	lamp := challenge.Unseen
	if good {
		lamp = challenge.Seen
	}
	w.lookAt, w.lookGood = w.now.Mono, good
	w.step(LookCame(w.frame, w.now.Mono, "", lamp, w.beyond))
}

// goOn does some hundred things, each as likely as it is listed in often.
func (w *chaos) goOn(often ...string) {
	a := w.actions()
	check := a[""]
	delete(a, "")
	// rapid prefers what comes first: what keeps the world in order, so that there is something to break.
	names := append(often, slices.Sorted(maps.Keys(a))...)
	for range rapid.SampledFrom([]int{40, 80, 160}).Draw(w.t, "steps") {
		a[rapid.SampledFrom(names).Draw(w.t, "what")](w.t)
		check(w.t)
	}
}

func (w *chaos) move(c Contact) {
	if c == Closed && w.door != Closed {
		w.shutSince = w.now.Mono
	}
	w.door = c
	w.step(DoorIs(c))
}

// rapid's own default, 100 schedules, is for slow things.
func TestMain(m *testing.M) {
	flag.Parse()
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		if err := f.Value.Set("3000"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

func TestChaos(t *testing.T) {
	opens := 0
	rapid.Check(t, func(t *rapid.T) {
		w := newChaos(t)
		w.goOn("look", "pass", "time", "try", "look", "shut", "try")
		for _, n := range w.opens {
			opens += n
		}
		w.rest()
	})
	t.Logf("opened %d times", opens)
	if opens == 0 {
		t.Error("the chaos never opened the door: it tests nothing")
	}
}

// rest lets the world become quiet: the door is shut, nobody comes. Then the door is
// locked, the camera without power, and no visit goes on.
func (w *chaos) rest() {
	w.stuck, w.slow, w.full = false, false, false
	w.drain()
	w.step(DiskIs(true))
	w.step(CoilIs(map[bool]Coil{false: CoilOff, true: CoilOn}[w.coil]))
	w.move(Closed)
	w.bolt = Closed
	w.step(BoltIs(Closed))
	for range 40 {
		w.now.Mono += 30 * time.Second
		w.now.Wall += 30_000
		w.step(Tick())
	}
	if w.coil || w.s.Locked() == w.setup.NoBolt {
		w.t.Fatalf("at rest and not locked: coil %v", w.coil)
	}
	for ref := range w.waits {
		if !w.answered[ref] {
			w.t.Fatalf("at rest and try %d has no answer", ref)
		}
	}
	if w.power || w.s.Delivery() != "" {
		w.t.Fatal("at rest and the camera has power")
	}
	if w.loud && w.cover {
		w.t.Fatal("at rest and the alarm sounds")
	}
	if v := w.s.View(w.now); v.Visit != wire.NoWindow || v.Alarm != "" && v.Alarm != wire.Tamper {
		w.t.Fatalf("at rest and %+v", v)
	}
}

// TestLikelyChaos begins where it gets interesting: the window is open and all is well.
func TestLikelyChaos(t *testing.T) {
	opens := 0
	rapid.Check(t, func(t *rapid.T) {
		w := newChaos(t)
		p := Plan{Delivery: "d", Entries: 3, Grace: time.Minute, Camera: true, From: w.now.Wall, Until: w.now.Wall + 600_000}
		w.plans["d"], w.signed["d"] = p, p
		w.step(PassCame(p))
		for _, e := range []Event{NetIs(true), ViewersAre(1)} {
			w.step(e)
		}
		w.net, w.viewers = true, 1
		w.goOn("look", "look", "look", "shut", "shut", "shut", "time", "time", "try", "try", "try", "try", "try", "try", "enter", "says", "says", "says")
		for _, n := range w.opens {
			opens += n
		}
		w.rest()
	})
	t.Logf("opened %d times", opens)
	if opens < 50 {
		t.Errorf("opened %d times only: the chaos is too wild to test anything", opens)
	}
}
