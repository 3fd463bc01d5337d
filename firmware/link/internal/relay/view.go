package relay

import (
	"context"
	"fmt"
	"sync"

	"vestibule/firmware/internal/peer"
	"vestibule/firmware/pipe"
)

// countChanged wakes keepView.
func (r *Relay) countChanged() {
	select {
	case r.watch <- struct{}{}:
	default:
	}
}

// keepView is connected to eye while somebody watches: eye encodes for whoever is
// connected, and not at all for nobody.
func (r *Relay) keepView(ctx context.Context) {
	var wg sync.WaitGroup
	defer wg.Wait()
	var stop context.CancelFunc
	for {
		n := r.audience.Count()
		switch {
		case n > 0 && stop == nil:
			var inner context.Context
			inner, stop = context.WithCancel(ctx)
			wg.Go(func() {
				peer.Keep(inner, r.cfg.View, hello(), r.hearView, func(err error) { r.cfg.Log.Warn("eye", "err", err) })
			})
		case n == 0 && stop != nil:
			stop()
			wg.Wait()
			stop = nil
		}
		select {
		case <-r.watch:
		case <-ctx.Done():
			if stop != nil {
				stop()
			}
			return
		}
	}
}

func (r *Relay) hearView(l *peer.Line) error {
	r.setView(l)
	defer r.setView(nil)
	for {
		f, err := l.Receive()
		if err != nil {
			return err
		}
		switch f.Type {
		case pipe.TypeUnit:
			u, err := pipe.ParseUnit(f.Body)
			if err != nil {
				return err
			}
			r.audience.Unit(u)
		case pipe.TypeGlass:
			// Gate says so too, in beats that it signs.
		default:
			return fmt.Errorf("%v is not for link", f.Type)
		}
	}
}

func (r *Relay) setView(l *peer.Line) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.view = l
}

func (r *Relay) keyPlease() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.view != nil {
		r.view.Send(pipe.TypeKeyPlease, nil)
	}
}

func (r *Relay) wish(w pipe.Wish) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.view != nil {
		r.view.Send(pipe.TypeWish, w)
	}
}
