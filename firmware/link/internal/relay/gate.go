package relay

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"vestibule/firmware/internal/peer"
	"vestibule/firmware/pipe"
	"vestibule/hub/wire"
)

var errGateAway = errors.New("gate is away")

// hello is how link greets gate and eye.
func hello() pipe.Hello { return pipe.Hello{Program: "link", Version: pipe.Version} }

func (r *Relay) keepGate(ctx context.Context) {
	peer.Keep(ctx, r.cfg.Gate, hello(), func(l *peer.Line) error { return r.serveGate(ctx, l) },
		func(err error) { r.cfg.Log.Warn("gate", "err", err) })
}

func (r *Relay) serveGate(ctx context.Context, l *peer.Line) error {
	r.setGate(l)
	if !r.post(ctx, gateCame{l}) {
		return ctx.Err()
	}
	err := r.hearGate(ctx, l)
	r.setGate(nil)
	// A gate that comes back does not know them: it would sign no beats for them.
	r.audience.Cut("gate is gone")
	r.post(ctx, gateWent{l})
	return err
}

func (r *Relay) hearGate(ctx context.Context, l *peer.Line) error {
	for {
		f, err := l.Receive()
		if err != nil {
			return err
		}
		if err := r.gateFrame(ctx, f); err != nil {
			return err
		}
	}
}

func (r *Relay) gateFrame(ctx context.Context, f pipe.Frame) error {
	switch f.Type {
	case pipe.TypeEvent:
		return relayed[wire.Event](ctx, r, f)
	case pipe.TypeState:
		return relayed[wire.State](ctx, r, f)
	case pipe.TypeMail:
		l, err := wire.ParseLetter(f.Body)
		if err == nil {
			r.post(ctx, gateSaid{l})
		}
		return err
	case pipe.TypeBeat:
		r.audience.Beat(bytes.Clone(f.Body))
	case pipe.TypeAdmit:
		var a pipe.Admit
		if err := f.JSON(&a); err != nil {
			return err
		}
		r.admit(a)
	case pipe.TypeUntil:
		var u pipe.Until
		if err := f.JSON(&u); err != nil {
			return err
		}
		r.audience.Until(u.ID, u.Until)
	case pipe.TypeDrill:
		var d pipe.Drill
		if err := f.JSON(&d); err != nil {
			return err
		}
		r.cfg.Radio.Silence(d.At - monotonic())
	case pipe.TypeCut:
		var c pipe.Cut
		if err := f.JSON(&c); err != nil {
			return err
		}
		r.audience.Cut(string(c.Reason))
	default:
		return fmt.Errorf("%v is not for link", f.Type)
	}
	return nil
}

// relayed hands a frame's content to Run's goroutine.
func relayed[T wire.Event | wire.State](ctx context.Context, r *Relay, f pipe.Frame) error {
	var v T
	if err := f.JSON(&v); err != nil {
		return err
	}
	r.post(ctx, v)
	return nil
}

// setGate says which connection is gate's. Nobody will answer what was asked of another.
func (r *Relay) setGate(l *peer.Line) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gate = l
	for id, reply := range r.asks {
		close(reply)
		delete(r.asks, id)
	}
}

// Ask implements live.Gate.
func (r *Relay) Ask(ctx context.Context, a pipe.Ask) (pipe.Admit, error) {
	reply := make(chan pipe.Admit, 1)
	r.mu.Lock()
	gate := r.gate
	if gate != nil {
		r.asks[a.ID] = reply
	}
	r.mu.Unlock()
	if gate == nil {
		return pipe.Admit{}, errGateAway
	}
	gate.Send(pipe.TypeAsk, a)
	select {
	case admit, ok := <-reply:
		if !ok {
			return pipe.Admit{}, errGateAway
		}
		return admit, nil
	case <-ctx.Done():
		r.mu.Lock()
		delete(r.asks, a.ID)
		r.mu.Unlock()
		return pipe.Admit{}, ctx.Err()
	}
}

func (r *Relay) admit(a pipe.Admit) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if reply, ok := r.asks[a.ID]; ok {
		delete(r.asks, a.ID)
		reply <- a
	}
}

// Left implements live.Gate.
func (r *Relay) Left(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.gate != nil {
		r.gate.Send(pipe.TypeLeft, pipe.Left{ID: id})
	}
}
