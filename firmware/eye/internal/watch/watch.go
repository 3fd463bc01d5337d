package watch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"vestibule/firmware/eye/internal/view"
	"vestibule/firmware/internal/peer"
	"vestibule/firmware/pipe"
	"vestibule/hub/wire"
	"vestibule/vision"
	"vestibule/vision/encode"
)

// gatePatience is how long the camera stays open without gate.
const gatePatience = 2 * time.Second

// Camera is how to look: where through, and how to encode it.
type Camera struct {
	// Source gives what to look through for one plan.
	Source func(vision.Plan) (vision.Source, error)
	Size   vision.Size
	FPS    int
	Kbit   int // cap of the encoder's bit rate
	// Encoder makes what viewers see; another does where they do not take its format.
	Encoder encode.Kind
}

// Service looks when gate says so. The zero Service is of no use; see [New].
type Service struct {
	camera Camera
	trust  Trust
	stream *view.Stream
	clock  func() time.Time
	log    *slog.Logger

	orders chan order

	mu   sync.Mutex
	gate *peer.Line // nil while gate is away

	known  known  // supervise's
	frames uint64 // numbers given so far; the running session's, else Run's
	asked  sync.WaitGroup
	loose  sync.Once // that frames may be written to a disk has been said
}

// order is what gate says, or that it went.
type order struct {
	kind  orderKind
	wake  pipe.Wake
	at    time.Time // when wake came, with a monotonic part
	tint  pipe.Tint
	visit bool
	lamp  bool
}

type orderKind int

const (
	wake orderKind = iota
	sleep
	settle
	visit
	lamp
	remember
	gateWent
)

// New makes a Service. clock spaces what is said again; no window is judged by it. It is time.Now
// but in tests.
func New(camera Camera, trust Trust, stream *view.Stream, clock func() time.Time, log *slog.Logger) *Service {
	return &Service{camera: camera, trust: trust, stream: stream, clock: clock, log: log, orders: make(chan order), known: known{}}
}

// Run obeys gate, reached by dial, until ctx ends.
func (s *Service) Run(ctx context.Context, dial func() (*pipe.Conn, error)) {
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() {
		peer.Keep(ctx, dial, pipe.Hello{Program: "eye", Version: pipe.Version},
			func(l *peer.Line) error { return s.listen(ctx, l) },
			func(err error) { s.log.Warn("gate", "err", err) })
	})
	s.supervise(ctx)
	s.asked.Wait()
}

// listen passes on what gate says.
func (s *Service) listen(ctx context.Context, l *peer.Line) error {
	s.setGate(l)
	err := s.hear(ctx, l)
	s.setGate(nil)
	return errors.Join(err, s.tell(ctx, order{kind: gateWent}))
}

func (s *Service) hear(ctx context.Context, l *peer.Line) error {
	for {
		f, err := l.Receive()
		if err != nil {
			return err
		}
		o, err := understand(f)
		if err == nil {
			err = s.tell(ctx, o)
		}
		if err != nil {
			return err
		}
	}
}

func understand(f pipe.Frame) (o order, err error) {
	switch f.Type {
	case pipe.TypeWake:
		o.kind, err = wake, f.JSON(&o.wake)
		o.at = time.Now()
	case pipe.TypeSleep:
		o.kind = sleep
	case pipe.TypeTint:
		o.kind, err = settle, f.JSON(&o.tint)
	case pipe.TypeVisit:
		var v pipe.Visit
		o.kind, err = visit, f.JSON(&v)
		o.visit = v.UnderWay
	case pipe.TypeLamp:
		var l pipe.Lamp
		o.kind, err = lamp, f.JSON(&l)
		o.lamp = l.Seen
	case pipe.TypeRemember:
		o.kind = remember
	default:
		err = fmt.Errorf("%v is not for eye", f.Type)
	}
	return o, err
}

func (s *Service) tell(ctx context.Context, o order) error {
	select {
	case s.orders <- o:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *Service) setGate(l *peer.Line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gate = l
}

// report sends to gate; while gate is away it is lost, and gate's own clock tells it so.
func (s *Service) report(t pipe.Type, v any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gate != nil {
		s.gate.Send(t, v)
	}
}

func (s *Service) trouble(r wire.Reason, err error) {
	s.log.Warn("trouble", "reason", r, "err", err)
	s.report(pipe.TypeTrouble, pipe.Trouble{Reason: r, Detail: err.Error()})
}

// supervise owns the one session there may be.
func (s *Service) supervise(ctx context.Context) {
	var running *session
	end := func(why string) {
		if running == nil {
			return
		}
		running.stop()
		<-running.done
		running.known.looked(running.offered, running.cut)
		running = nil
		s.stream.Glass(wire.CameraAsleep)
		s.log.Info("the camera is closed", "why", why)
	}
	defer s.known.end()
	defer end("stopping")
	s.stream.Glass(wire.CameraAsleep)
	lost := time.NewTimer(gatePatience)
	defer lost.Stop()
	over := time.NewTimer(0) // a window whose colours are to be overwritten
	defer over.Stop()
	away := true // gate, as far as its last wake tells
	for {
		over.Reset(s.known.wipe(time.Now()))
		var done <-chan struct{}
		if running != nil {
			done = running.done
		}
		select {
		case o := <-s.orders:
			switch o.kind {
			case gateWent:
				if !away {
					lost.Reset(gatePatience)
				}
				away = true
				running.lamp(false) // nobody sees it now
			case sleep:
				end("gate says sleep")
			case wake:
				// Only this shows that gate still wants the camera: it may have come back without.
				lost.Stop()
				away = false
				same := running.isFor(o.wake)
				if !same || !running.endsAs(o.wake) {
					p, err := s.trust.admit(o.wake, time.Since(o.at))
					if r := (*refusal)(nil); errors.As(err, &r) {
						s.trouble(r.reason, err)
						continue // one that runs ends as it would have
					}
					if same {
						s.amend(running, p, o)
					} else {
						end("another pass")
						running = s.start(ctx, p, o)
					}
				}
				if same {
					s.settle(running, o.wake.Tint)
				}
				running.visit(o.wake.Visit)
				running.lamp(o.wake.Lamp)
			case settle:
				if running != nil && o.tint.Delivery == running.delivery {
					s.settle(running, o.tint.Colours)
				}
			case visit:
				running.visit(o.visit)
			case lamp:
				running.lamp(o.lamp)
			case remember:
				s.remember(running)
			}
		case <-over.C:
		case <-lost.C:
			end("gate is gone")
		case <-done:
			end(running.why)
		case <-ctx.Done():
			return
		}
	}
}
