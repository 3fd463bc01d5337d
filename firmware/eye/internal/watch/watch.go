package watch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"vestibule/firmware/eye/internal/view"
	"vestibule/firmware/internal/peer"
	"vestibule/firmware/pipe"
	"vestibule/hub/pass"
	"vestibule/hub/wire"
	"vestibule/vision"
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

	frames uint64 // numbers given so far; the running session's, else Run's
}

// order is what gate says, or that it went.
type order struct {
	kind orderKind
	note []byte
}

type orderKind int

const (
	wake orderKind = iota
	sleep
	gateWent
)

// New makes a Service. clock is time.Now but in tests.
func New(camera Camera, trust Trust, stream *view.Stream, clock func() time.Time, log *slog.Logger) *Service {
	return &Service{camera: camera, trust: trust, stream: stream, clock: clock, log: log, orders: make(chan order)}
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
		switch f.Type {
		case pipe.TypeWake:
			err = s.tell(ctx, order{wake, bytes.Clone(f.Body)})
		case pipe.TypeSleep:
			err = s.tell(ctx, order{kind: sleep})
		default:
			err = fmt.Errorf("%v is not for eye", f.Type)
		}
		if err != nil {
			return err
		}
	}
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
		running = nil
		s.stream.Glass(wire.CameraAsleep)
		s.log.Info("the camera is closed", "why", why)
	}
	defer end("stopping")
	s.stream.Glass(wire.CameraAsleep)
	lost := time.NewTimer(gatePatience)
	defer lost.Stop()
	away := true // gate, as far as its last wake tells
	for {
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
			case sleep:
				end("gate says sleep")
			case wake:
				// Only this shows that gate still wants the camera: it may have come back without.
				lost.Stop()
				away = false
				if running != nil && bytes.Equal(running.note, o.note) {
					continue
				}
				p, err := s.trust.admit(o.note, s.clock())
				if r := (*refusal)(nil); errors.As(err, &r) {
					s.trouble(r.reason, err)
					continue
				}
				end("another pass")
				running = s.start(ctx, p)
			}
		case <-lost.C:
			end("gate is gone")
		case <-done:
			end(running.why)
		case <-ctx.Done():
			return
		}
	}
}

// start opens a session for a pass that was admitted.
func (s *Service) start(ctx context.Context, p pass.Pass) *session {
	terms := p.Terms()
	// The time left, by a clock that nobody sets.
	ctx, stop := context.WithTimeout(ctx, terms.Until.Sub(s.clock()))
	run := &session{note: p.Note(), stop: stop, done: make(chan struct{})}
	s.log.Info("the camera is opened", "delivery", terms.Delivery, "until", terms.Until)
	go func() {
		defer close(run.done)
		defer stop()
		run.why = s.look(ctx, terms)
	}()
	return run
}

// session is one camera open for one pass.
type session struct {
	note []byte
	stop context.CancelFunc
	done chan struct{}
	why  string // it ended by itself; to be read once done is closed
}
