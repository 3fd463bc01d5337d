package service

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"vestibule/firmware/gate/internal/challenge"
	"vestibule/firmware/gate/internal/rule"
	"vestibule/firmware/internal/peer"
	"vestibule/firmware/pipe"
	"vestibule/hub/wire"
)

const (
	helloWithin = 2 * time.Second // how long a newcomer may take to say who it is
	mostNew     = 4               // newcomers who have not; the others wait in the kernel's queue
	maxDetail   = 256             // bytes of eye's own words that reach the log
)

// door is where connections come in; *pipe.Listener.
type door interface {
	Accept() (*pipe.Conn, error)
	Close() error
}

// session is one connection. Only the newest of each program counts.
type session struct {
	line *peer.Line
	end  context.CancelFunc
}

// accept serves every connection to a listener until ctx ends. When one cannot be taken, as when the
// descriptors have run out, it goes on after a pause: what is connected stays, and so does the door.
func (s *Service) accept(ctx context.Context, l door, program string, pause time.Duration, serve func(context.Context, *pipe.Conn, *session) error) error {
	ctx, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer stop()
	context.AfterFunc(ctx, func() {
		if err := l.Close(); err != nil {
			s.log.Error("closing a socket", "program", program, "error", err)
		}
	})
	places := make(chan struct{}, mostNew)
	for {
		select {
		case places <- struct{}{}:
		case <-ctx.Done():
			return nil
		}
		conn, err := l.Accept()
		if ctx.Err() != nil {
			if err == nil {
				err = conn.Close()
			} else {
				err = nil // the listener was closed
			}
			return err
		}
		if err != nil {
			<-places
			s.log.Error("a connection cannot be taken", "program", program, "error", err)
			select {
			case <-time.After(pause):
			case <-ctx.Done():
			}
			continue
		}
		wg.Go(func() {
			leave := sync.OnceFunc(func() { <-places })
			defer leave()
			ctx, end := context.WithCancel(ctx)
			defer end()
			err := peer.Serve(ctx, conn, func(line *peer.Line) error {
				late := time.AfterFunc(helloWithin, end)
				err := greet(line, program)
				late.Stop()
				leave()
				if err != nil {
					return err
				}
				return serve(ctx, conn, &session{line: line, end: end})
			})
			if ctx.Err() == nil {
				s.log.Warn("a connection has ended", "program", program, "error", err)
			}
		})
	}
}

// greet takes the hello that begins every connection.
func greet(line *peer.Line, program string) error {
	f, err := line.Receive()
	if err != nil {
		return err
	}
	h, err := f.Hello()
	if err == nil && h.Program != program {
		err = fmt.Errorf("hello from %.20q, want %s", h.Program, program)
	}
	return err
}

// post has a function called by the gate's goroutine; false when gate is stopping or the
// connection has ended.
func (s *Service) post(ctx context.Context, to chan func(), f func()) bool {
	select {
	case to <- f:
		return true
	case <-s.done:
	case <-ctx.Done():
	}
	return false
}

func (s *Service) serveEye(ctx context.Context, _ *pipe.Conn, me *session) error {
	if !s.post(ctx, s.fromEye, func() { s.eyeCame(me) }) {
		return errClosed
	}
	defer func() {
		// Also when its own context has ended: the loop has to know.
		s.post(context.WithoutCancel(ctx), s.fromEye, func() { s.eyeLeft(me) })
	}()
	for {
		f, err := me.line.Receive()
		if err != nil {
			return err
		}
		do, err := s.seen(f)
		if err != nil {
			return err
		}
		s.post(ctx, s.fromEye, func() {
			if s.eye == me {
				do()
			}
		})
	}
}

// seen makes of a frame of eye's what is to be done on the gate's goroutine.
func (s *Service) seen(f pipe.Frame) (func(), error) {
	switch f.Type {
	case pipe.TypeLook:
		var l pipe.Look
		if err := f.JSON(&l); err != nil {
			return nil, err
		}
		return func() { s.look(l) }, known(l.Glass, true)
	case pipe.TypeTint:
		var t pipe.Tint
		return func() { s.tint(t) }, f.JSON(&t)
	case pipe.TypeReference:
		var r pipe.Reference
		return func() { s.stand(r) }, f.JSON(&r)
	case pipe.TypeTrouble:
		var t pipe.Trouble
		if err := f.JSON(&t); err != nil {
			return nil, err
		}
		return func() {
			s.log.Warn("eye is in trouble", "reason", t.Reason, "detail", t.Detail[:min(len(t.Detail), maxDetail)])
			s.step(rule.TroubleCame(t.Reason))
		}, known(t.Reason, false)
	}
	return nil, errors.New("eye sends " + f.Type.String())
}

// known refuses a reason of eye's that is none, before it gets into the journal.
func known(r wire.Reason, orNone bool) error {
	if r == "" && orNone || slices.Contains(wire.Reasons(), r) {
		return nil
	}
	return fmt.Errorf("eye gives %.40q for a reason", string(r))
}

func (s *Service) eyeCame(me *session) {
	if s.eye != nil {
		s.eye.end()
		s.eyeLeft(s.eye)
	}
	s.eye = me
	s.watch.Reset()
	s.step(rule.EyeIs(true))
}

func (s *Service) eyeLeft(me *session) {
	if s.eye != me {
		return
	}
	s.eye = nil
	s.standLost()
	s.step(rule.EyeIs(false))
}

func (s *Service) look(l pipe.Look) {
	if l.Delivery == "" || l.Delivery != s.state.Delivery() {
		return // of no window, or of one that is over
	}
	s.spending.add(l.Spent)
	verdict := s.watch.Look(challenge.Sample{At: l.At, Luma: l.Lamp})
	if l.Unit != 0 { // on a bad line not every frame is encoded
		s.made.add(l.Unit, l.At)
	}
	s.cut(l)
	s.tellLamp(verdict == challenge.Seen)
	s.step(rule.LookCame(l.Frame, l.At, l.Glass, verdict, l.Beyond))
}

func (s *Service) toEye(t pipe.Type, v any) {
	if s.eye != nil {
		s.eye.line.Send(t, v)
	}
}
