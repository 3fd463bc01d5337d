package service

import (
	"context"
	"fmt"
	"sync"

	"vestibule/firmware/gate/internal/rule"
	"vestibule/firmware/pipe"
	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// readAhead is how many entries a follower is sent between two looks at the journal.
const readAhead = 32

func (s *Service) serveLink(ctx context.Context, conn *pipe.Conn, me *session) error {
	if !s.post(ctx, s.fromLink, func() { s.linkCame(me) }) {
		return errClosed
	}
	ctx, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer stop()
	defer func() { s.post(context.WithoutCancel(ctx), s.fromLink, func() { s.linkLeft(me) }) }()
	following := false
	for {
		f, err := me.line.Receive()
		if err != nil {
			return err
		}
		if f.Type == pipe.TypeFollow {
			var v pipe.Follow
			if err := f.JSON(&v); err != nil {
				return err
			}
			if following {
				return fmt.Errorf("link follows twice")
			}
			following = true
			wg.Go(func() {
				defer me.end()
				s.follow(ctx, conn, v.Next)
			})
			continue
		}
		do, err := s.understand(me, f)
		if err != nil {
			return err
		}
		if !s.post(ctx, s.fromLink, func() {
			if s.link == me {
				do()
			}
		}) {
			return errClosed
		}
	}
}

// understand makes of a frame what is to be done on the gate's goroutine. A frame that is
// not one of link's ends the connection; what a hub or a stranger wrote into it does not.
func (s *Service) understand(me *session, f pipe.Frame) (func(), error) {
	switch f.Type {
	case pipe.TypeNote:
		if len(f.Body) > pass.MaxSize {
			return s.noteTooLarge, nil
		}
		note := append([]byte(nil), f.Body...)
		return func() { s.note(note) }, nil
	case pipe.TypeMail:
		l, err := wire.ParseLetter(f.Body)
		if err != nil {
			s.log.Warn("a letter that is none", "error", err)
			return func() {}, nil
		}
		return func() { s.letter(l) }, nil
	case pipe.TypeNet:
		var n pipe.Net
		if err := f.JSON(&n); err != nil {
			return nil, err
		}
		return func() {
			s.step(rule.NetIs(n.Online))
			s.drillHeard(n.Online)
		}, nil
	case pipe.TypeAsk:
		var a pipe.Ask
		if err := f.JSON(&a); err != nil {
			return nil, err
		}
		return func() { s.ask(me, a) }, nil
	case pipe.TypeLeft:
		var l pipe.Left
		if err := f.JSON(&l); err != nil {
			return nil, err
		}
		return func() { s.left(l.ID) }, nil
	}
	return nil, fmt.Errorf("link sends %s", f.Type)
}

// follow sends the journal's entries from next on. It reads the journal at the pace at
// which link takes them, so a long absence needs no memory.
func (s *Service) follow(ctx context.Context, conn *pipe.Conn, next uint64) {
	log := s.disk.journal
	for ctx.Err() == nil {
		more := log.Changed()
		entries, err := log.Read(next, readAhead)
		if err != nil {
			s.log.Error("the journal cannot be read", "from", next, "error", err)
			return
		}
		for _, e := range entries {
			if err := conn.Send(pipe.TypeEvent, e); err != nil {
				return // the reader of this connection says why
			}
			next = e.Index + 1
		}
		if len(entries) > 0 {
			continue
		}
		select {
		case <-more:
		case <-ctx.Done():
		}
	}
}

func (s *Service) linkCame(me *session) {
	if s.link != nil {
		old := s.link
		s.linkLeft(old)
		old.end()
	}
	s.link = me
	s.shown = wire.State{} // is no state of a door, so it is said anew
}

func (s *Service) linkLeft(me *session) {
	if s.link != me {
		return
	}
	s.link = nil
	clear(s.asks)
	s.drillCutShort()
	s.forgetViewers()
	s.step(rule.NetIs(false))
}

func (s *Service) toLink(t pipe.Type, v any) {
	if s.link != nil {
		s.link.line.Send(t, v)
	}
}

// reply answers a letter.
func (s *Service) reply(id string, kind wire.LetterKind, body any) {
	l, err := wire.NewLetter(id, kind, body)
	if err != nil {
		s.log.Error("a letter cannot be written", "error", err)
		return
	}
	s.toLink(pipe.TypeMail, l)
}
