package relay

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"vestibule/firmware/link/internal/uplink"
	"vestibule/hub/wire"
)

const (
	firstWait = 500 * time.Millisecond
	lastWait  = 5 * time.Second
	// receiptTime is how long the hub may take to take an event.
	receiptTime = 10 * time.Second
	// queueLength is how many letters may wait to be sent.
	queueLength = 64
)

// keepHub holds a session with the hub until ctx ends.
func (r *Relay) keepHub(ctx context.Context) {
	leaves := []string{wire.LeafSeen, wire.LeafLetterIn}
	for _, leaf := range wire.NoteLeaves() {
		leaves = append(leaves, leaf+"/+")
	}
	wait, away := firstWait, false
	for ctx.Err() == nil {
		session, err := uplink.Dial(ctx, r.cfg.Radio.Dial, r.cfg.Card, leaves, func(leaf string, payload []byte) {
			r.post(ctx, hubSaid{leaf, bytes.Clone(payload)})
		})
		if err == nil {
			r.cfg.Log.Info("the hub is there")
			wait, away = firstWait, false
			err = r.serveHub(ctx, session)
		}
		if ctx.Err() != nil {
			return
		}
		if !away {
			r.cfg.Log.Warn("the hub is away", "err", err)
		}
		away = true
		select {
		// Not all devices at once, when their hub comes back.
		case <-time.After(wait/2 + rand.N(wait)):
		case <-ctx.Done():
		}
		if wait = min(2*wait, lastWait); uplink.Away(err) {
			wait = firstWait // whoever watches waits for the network's return
		}
	}
}

// serveHub runs one session until it or ctx ends.
func (r *Relay) serveHub(ctx context.Context, session *uplink.Session) error {
	s := newSender(session, r.cfg.Log)
	taken := func(index uint64) { r.post(ctx, eventTaken{s, index}) }
	var wg sync.WaitGroup
	wg.Go(s.runSayings)
	wg.Go(func() { s.runEvents(taken) })
	r.post(ctx, hubCame{s})
	var err error
	select {
	case <-session.Lost():
		err = session.Cause()
	case <-ctx.Done():
		err = session.Close()
	}
	wg.Wait()
	r.post(ctx, hubWent{s})
	return err
}

// sender sends in one session, so that nobody else waits for the network. A nil sender, of
// a hub that is away, sends nothing.
type sender struct {
	session *uplink.Session
	log     *slog.Logger
	sayings chan saying
	events  chan wire.Event // one at a time
}

// saying is a message that is sent once, and lost with the session.
type saying struct {
	leaf     string
	retained bool
	body     any
}

func newSender(s *uplink.Session, log *slog.Logger) *sender {
	return &sender{session: s, log: log, sayings: make(chan saying, queueLength), events: make(chan wire.Event, 1)}
}

// alive reports whether the hub can be reached, as far as this program knows.
func (s *sender) alive() bool { return s != nil && s.session.Alive() }

func (s *sender) say(m saying) {
	if s == nil {
		return
	}
	select {
	case s.sayings <- m:
	default:
		// States among them: the next session begins with the newest.
		s.session.Drop(errors.New("the hub takes nothing"))
	}
}

func (s *sender) refuse(id string, why wire.Reason) {
	l, err := wire.NewLetter(id, wire.LetterNo, wire.No{Reason: why})
	if err != nil {
		s.log.Error("letter", "err", err)
		return
	}
	s.say(saying{leaf: wire.LeafLetterOut, body: l})
}

// event sends an event; there is none on its way.
func (s *sender) event(e wire.Event) {
	select {
	case s.events <- e:
	case <-s.session.Lost():
	}
}

func (s *sender) runSayings() {
	for {
		select {
		case m := <-s.sayings:
			if p, ok := m.body.(wire.Pulse); ok {
				if err := s.session.Pulse(p); err != nil {
					s.log.Error("hub", "pulse", p, "err", err)
				}
				continue
			}
			if _, err := s.session.Publish(m.leaf, m.retained, m.body); err != nil {
				s.log.Error("hub", "leaf", m.leaf, "err", err)
			}
		case <-s.session.Lost():
			return
		}
	}
}

// runEvents sends one event after the other, each when the hub has taken the one before.
func (s *sender) runEvents(taken func(index uint64)) {
	for {
		select {
		case e := <-s.events:
			if err := s.sendEvent(e); err != nil {
				s.session.Drop(err)
				return
			}
			taken(e.Index)
		case <-s.session.Lost():
			return
		}
	}
}

func (s *sender) sendEvent(e wire.Event) error {
	receipt, err := s.session.Publish(wire.LeafEvent+"/"+string(e.Kind), false, e)
	if err != nil {
		return err
	}
	late := time.NewTimer(receiptTime)
	defer late.Stop()
	select {
	case <-receipt.Done():
		return receipt.Error()
	case <-s.session.Lost():
		return s.session.Cause()
	case <-late.C:
		return errors.New("the hub does not take an event")
	}
}
