package relay

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"vestibule/firmware/internal/peer"
	"vestibule/firmware/link/internal/live"
	"vestibule/firmware/link/internal/outbox"
	"vestibule/firmware/link/internal/radio"
	"vestibule/firmware/link/internal/uplink"
	"vestibule/firmware/pipe"
	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

const (
	// seenWait is how long a hub may take to say what it has, before it is told from what
	// this program knows.
	seenWait = 1500 * time.Millisecond
	// doubtEvery is how often the hub's word is compared with its receipts.
	doubtEvery = 10 * time.Second
	// netEvery is how often gate is told whether the hub is there: what it was told holds for
	// a few seconds only, as a link that hangs says nothing.
	netEvery = time.Second
	// pulseEvery is how often the hub hears that the device is there, while a window is open: with the hub's own
	// patience (house) the household is told of a lost link within 2 s.
	pulseEvery = 500 * time.Millisecond
	// maxNotes is how many passes, orders, grants and so on are kept for a gate that comes back.
	maxNotes = 512
	// maxOffers is how many viewers may be answered at the same time.
	maxOffers = 8
)

// Config is what a Relay needs. All fields but Loopback have to be set.
type Config struct {
	Card     uplink.Card
	Gate     func() (*pipe.Conn, error) // dials gate
	View     func() (*pipe.Conn, error) // dials eye
	Radio    *radio.Radio               // all that link has of a network
	Loopback bool                       // viewers may be on this machine: a desk
	Format   pipe.Format                // of the picture, for viewers who take any
	Log      *slog.Logger
}

// Relay carries. See [New].
type Relay struct {
	cfg      Config
	audience *live.Audience
	happened chan any      // for the goroutine of Run
	watch    chan struct{} // the number of viewers has changed
	offers   chan struct{} // one token for each that is being answered

	mu   sync.Mutex
	gate *peer.Line // nil while gate is away
	view *peer.Line // nil while eye is away, or nobody watches
	asks map[string]chan pipe.Admit
}

// New makes a Relay that carries nothing yet. It ends with Run.
func New(cfg Config) (*Relay, error) {
	r := &Relay{
		cfg: cfg, happened: make(chan any, 64), watch: make(chan struct{}, 1), offers: make(chan struct{}, maxOffers),
		asks: map[string]chan pipe.Admit{},
	}
	var err error
	r.audience, err = live.New(live.Config{
		Gate: r, KeyPlease: r.keyPlease, Wish: r.wish, Format: cfg.Format, Changed: r.countChanged, Clock: monotonic, Loopback: cfg.Loopback,
		Hub: cfg.Card.Host(), Net: cfg.Radio.Net(), Log: cfg.Log,
	})
	return r, err
}

// monotonic is CLOCK_MONOTONIC, which eye dates its pictures by.
func monotonic() time.Duration {
	var t unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &t) != nil {
		return 0 // cannot be; every picture would be fresh
	}
	return time.Duration(t.Nano())
}

// What happens, beside frames of gate's that are passed on as they are.
type (
	gateCame struct{ line *peer.Line }
	gateWent struct{ line *peer.Line }
	hubCame  struct{ hub *sender }
	hubWent  struct{ hub *sender }
	hubSaid  struct {
		leaf    string
		payload []byte
	}
	eventTaken struct {
		hub   *sender
		index uint64
	}
	answered struct{ letter wire.Letter } // by package live
	gateSaid struct{ letter wire.Letter }
)

// Run carries until ctx ends, and takes leave of hub and viewers.
func (r *Relay) Run(ctx context.Context) {
	var wg sync.WaitGroup
	wg.Go(func() { r.keepGate(ctx) })
	wg.Go(func() { r.keepHub(ctx) })
	wg.Go(func() { r.keepView(ctx) })
	r.run(ctx)
	r.audience.Close()
	wg.Wait()
}

// post tells Run's goroutine; false when it has ended.
func (r *Relay) post(ctx context.Context, x any) bool {
	select {
	case r.happened <- x:
		return true
	case <-ctx.Done():
		return false
	}
}

// known is what Run's goroutine owns.
type known struct {
	gate    *peer.Line
	hub     *sender
	box     outbox.Outbox
	sending bool              // an event is with the hub, its receipt is not here
	notes   map[string][]byte // passes, orders, grants and so on, by leaf
	state   *wire.State
	beating bool // the hub waits for another pulse
}

func (r *Relay) run(ctx context.Context) {
	k := &known{notes: map[string][]byte{}}
	seen := time.NewTimer(seenWait)
	seen.Stop()
	defer seen.Stop()
	doubt := time.NewTicker(doubtEvery)
	defer doubt.Stop()
	net := time.NewTicker(netEvery)
	defer net.Stop()
	pulse := time.NewTicker(pulseEvery)
	defer pulse.Stop()
	for {
		select {
		case x := <-r.happened:
			switch x := x.(type) {
			case gateCame:
				k.gateCame(x.line)
			case gateWent:
				if k.gate == x.line {
					k.gate = nil
					k.box.GateWent()
				}
			case hubCame:
				k.hubCame(x.hub)
				seen.Reset(seenWait)
			case hubWent:
				if k.hub == x.hub {
					k.hubWent()
				}
			case hubSaid:
				r.hubSaid(ctx, k, x)
			case eventTaken:
				if k.hub == x.hub {
					k.sending = false
					k.ask(k.box.Taken(x.index, time.Now()))
				}
			case wire.Event:
				k.ask(k.box.Event(x))
			case wire.State:
				k.state = &x
				k.hub.say(saying{leaf: wire.LeafState, retained: true, body: x})
			case gateSaid:
				k.hub.say(saying{leaf: wire.LeafLetterOut, body: x.letter})
			case answered:
				k.hub.say(saying{leaf: wire.LeafLetterOut, body: x.letter})
			}
			k.pump()
		case <-seen.C:
			if k.hub != nil && !k.box.Known() {
				k.ask(k.box.HubCame(time.Now()))
				k.pump()
			}
		case <-doubt.C:
			if k.box.Doubtful(time.Now()) {
				k.ask(k.box.HubCame(time.Now()))
				k.pump()
			}
		case <-net.C:
			k.sayNet()
		case <-pulse.C:
			k.pulse()
		case <-ctx.Done():
			return
		}
	}
}

// pulse tells the hub that the device is there, while a window is open: nobody waits for anything at other times.
func (k *known) pulse() {
	again := wire.Pulse{Again: int(pulseEvery / time.Millisecond)}
	open := k.state != nil && k.state.Delivery != ""
	if !open {
		again = wire.Pulse{}
	}
	if open || k.beating {
		k.hub.say(saying{leaf: wire.LeafPulse, body: again})
	}
	k.beating = open && k.hub != nil
}

// sayNet tells gate whether the hub can be reached.
func (k *known) sayNet() {
	if k.gate != nil {
		k.gate.Send(pipe.TypeNet, pipe.Net{Online: k.hub.alive()})
	}
}

func (k *known) gateCame(l *peer.Line) {
	k.gate = l
	k.sayNet()
	for _, kind := range wire.NoteLeaves() {
		for leaf, note := range k.notes {
			if strings.HasPrefix(leaf, kind+"/") {
				l.Send(pipe.TypeNote, note)
			}
		}
	}
	k.ask(k.box.GateCame())
}

func (k *known) hubCame(h *sender) {
	k.hub, k.sending = h, false
	h.say(saying{leaf: wire.LeafOnline, retained: true, body: wire.Online{Online: true}})
	if k.state != nil {
		h.say(saying{leaf: wire.LeafState, retained: true, body: *k.state})
	}
	k.sayNet()
	if k.box.Known() { // it has said so while subscribing
		k.ask(k.box.HubCame(time.Now()))
	}
}

func (k *known) hubWent() {
	k.hub, k.sending = nil, false
	k.box.HubWent()
	clear(k.notes) // what still holds is retained, and comes again
	k.sayNet()
}

// ask asks gate what the outbox wants to be asked.
func (k *known) ask(a outbox.Ask, next uint64) {
	switch a {
	case outbox.Follow:
		k.gate.Send(pipe.TypeFollow, pipe.Follow{Next: next})
	case outbox.Reconnect:
		k.gate.End(errors.New("gate has to be asked for its events again"))
	}
}

// pump sends the next event, when the hub has taken the one before.
func (k *known) pump() {
	if k.hub == nil || k.sending {
		return
	}
	if e, ok := k.box.Head(); ok {
		k.sending = true
		k.hub.event(e)
	}
}

// hubSaid passes on what came from the hub, of whom nothing is believed.
func (r *Relay) hubSaid(ctx context.Context, k *known, m hubSaid) {
	kind, _, _ := strings.Cut(m.leaf, "/")
	switch {
	case m.leaf == wire.LeafSeen:
		var s wire.Seen
		if err := wire.Decode(m.payload, &s); err != nil {
			r.cfg.Log.Warn("hub", "err", err)
			return
		}
		first := !k.box.Known()
		k.ask(k.box.Seen(s.Next, time.Now()))
		if first && k.hub != nil {
			k.ask(k.box.HubCame(time.Now()))
		}
	case m.leaf == wire.LeafLetterIn:
		l, err := wire.ParseLetter(m.payload)
		if err != nil {
			r.cfg.Log.Warn("hub", "err", err)
			return
		}
		r.letter(ctx, k, l)
	case slices.Contains(wire.NoteLeaves(), kind):
		k.note(m.leaf, m.payload)
	}
}

// note passes a signed note on to gate, and keeps it for a gate that comes back.
func (k *known) note(leaf string, note []byte) {
	if len(note) == 0 { // no longer retained
		delete(k.notes, leaf)
		return
	}
	if len(note) > pass.MaxSize {
		note = note[:pass.MaxSize+1] // enough for gate to see, and to write down, that it is too large
	}
	if _, kept := k.notes[leaf]; kept || len(k.notes) < maxNotes {
		k.notes[leaf] = note
	}
	if k.gate != nil {
		k.gate.Send(pipe.TypeNote, note)
	}
}

func (r *Relay) letter(ctx context.Context, k *known, l wire.Letter) {
	switch l.Kind {
	case wire.LetterPair, wire.LetterKnock, wire.LetterTry, wire.LetterRemember, wire.LetterDrill, wire.LetterLock, wire.LetterTime:
		if k.gate == nil {
			// Not kept: what was typed now must not open the door later, nor be remembered later.
			r.cfg.Log.Warn("a letter for gate, which is away", "kind", l.Kind)
			return
		}
		k.gate.Send(pipe.TypeMail, l)
	case wire.LetterBye:
		var b wire.Bye
		if err := wire.Decode(l.Body, &b); err != nil {
			r.cfg.Log.Warn("hub", "err", err)
			return
		}
		r.audience.Bye(b.Nonce)
	case wire.LetterTrickle:
		r.trickle(k, l)
	case wire.LetterOffer:
		select {
		case r.offers <- struct{}{}:
		default:
			k.hub.refuse(l.ID, wire.Busy)
			return
		}
		go func() { // ends with ctx, or when gate's time to answer is up
			defer func() { <-r.offers }()
			reply, err := r.offer(ctx, l)
			if err != nil {
				r.cfg.Log.Warn("offer", "err", err)
				return
			}
			r.post(ctx, answered{reply})
		}()
	default:
		r.cfg.Log.Warn("a letter of an unknown kind", "kind", l.Kind)
	}
}

// offer answers a viewer. An error means that there is no answer: the hub's patience ends.
func (r *Relay) offer(ctx context.Context, l wire.Letter) (wire.Letter, error) {
	var o wire.Offer
	if err := wire.Decode(l.Body, &o); err != nil {
		return wire.NewLetter(l.ID, wire.LetterNo, wire.No{Reason: wire.Unreadable})
	}
	body, err := r.audience.Answer(ctx, o)
	if no := (*live.RefusedError)(nil); errors.As(err, &no) {
		r.cfg.Log.Warn("a viewer is refused", "err", err)
		return wire.NewLetter(l.ID, wire.LetterNo, wire.No{Reason: no.Reason})
	}
	if err != nil {
		return wire.Letter{}, fmt.Errorf("a viewer gets no answer: %w", err)
	}
	return wire.NewLetter(l.ID, wire.LetterAnswer, body)
}

// trickle exchanges addresses with a viewer who has an answer.
func (r *Relay) trickle(k *known, l wire.Letter) {
	var t wire.Trickle
	err := wire.Decode(l.Body, &t)
	if err != nil {
		k.hub.refuse(l.ID, wire.Unreadable)
		return
	}
	told, err := r.audience.Trickle(t)
	if no := (*live.RefusedError)(nil); errors.As(err, &no) {
		r.cfg.Log.Warn("a viewer's addresses are refused", "err", err)
		k.hub.refuse(l.ID, no.Reason)
		return
	}
	reply, err := wire.NewLetter(l.ID, wire.LetterTrickled, told)
	if err != nil {
		r.cfg.Log.Error("letter", "err", err)
		return
	}
	k.hub.say(saying{leaf: wire.LeafLetterOut, body: reply})
}
