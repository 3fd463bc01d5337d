package service

import (
	"slices"
	"testing"
	"time"

	"vestibule/firmware/pipe"
	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// Whom a member's pass lets watch is let in until what was granted to them ends, if that is before the window does.
func TestGrantThatEndsBeforeTheWindow(t *testing.T) {
	t.Parallel()
	signer, watcher := newKey(t), newKey(t)
	h := newHome(t)
	h.start()
	h.pair()
	h.link.send(pipe.TypeNote, h.signGrant(signer, pass.MayDeliver|pass.MayLock))
	h.link.event(wire.GrantAdded)
	end := time.Now().UTC().Truncate(time.Second).Add(time.Minute)
	h.link.send(pipe.TypeNote, h.signGrant(watcher, pass.MayWatch, func(g *pass.Grant) { g.Until = end }))
	h.until("second grant", func() bool { return h.link.count(wire.GrantAdded) == 2 })
	d := h.terms(func(t *pass.Terms) {
		t.Watchers = append(t.Watchers, idOf(watcher))
		slices.Sort(t.Watchers)
	})
	h.link.send(pipe.TypeNote, h.signBy(d.terms, signer))
	h.link.event(wire.PassAccepted)
	h.live()
	h.link.send(pipe.TypeAsk, h.askBy(d, "v1", watcher))
	h.link.event(wire.ViewerJoined)
	h.link.await("admit", func() bool { return h.link.admits["v1"].ID != "" })
	h.link.mu.Lock()
	defer h.link.mu.Unlock()
	if got := h.link.admits["v1"].Until; !got.Equal(end) {
		t.Errorf("let in until %v, want %v", got, end)
	}
}
