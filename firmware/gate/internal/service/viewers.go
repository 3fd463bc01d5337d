package service

import (
	"bytes"
	"time"

	"vestibule/firmware/gate/internal/rule"
	"vestibule/firmware/pipe"
	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

const (
	mostViewers = 8
	callAge     = time.Minute // of a call, either way: phones' clocks differ
	mostNonces  = 1024
)

// viewer is somebody who watches, or whose joining is on its way to the disk.
type viewer struct {
	who      string
	delivery string
	admitted bool
	until    time.Time // as link was told
}

// ask answers whether a viewer may watch. A viewer is in the journal, on the disk, before
// the answer goes out: nobody watches unseen.
func (s *Service) ask(me *session, a pipe.Ask) {
	call, who, why := s.judge(a)
	if why != "" {
		s.refuseViewer(a.ID, who, why)
		return
	}
	s.nonces[call.Nonce] = call.At.Add(callAge)
	s.step(rule.Called(wire.ByViewer)) // no sooner: who is not theirs wakes no camera
	if s.state.Delivery() != call.Delivery {
		s.refuseViewer(a.ID, who, wire.NoDelivery) // the window ended in that step
		return
	}
	s.viewers[a.ID] = viewer{who: who, delivery: call.Delivery}
	s.enter(wire.Event{Kind: wire.ViewerJoined, Delivery: call.Delivery, Who: who}, func(err error) {
		v, still := s.viewers[a.ID]
		if s.link != me || !still {
			if err == nil {
				s.enter(wire.Event{Kind: wire.ViewerLeft, Delivery: call.Delivery, Who: who}, nil)
			}
			return
		}
		if err != nil {
			delete(s.viewers, a.ID)
			s.refuseViewer(a.ID, who, wire.DiskTrouble)
			return
		}
		until := s.may.WatchUntil(s.passes[call.Delivery], who)
		answer := pass.Answer{Device: s.device, Delivery: call.Delivery, Viewer: who, Until: until, Clock: ms(s.now().Mono), Run: s.run, Nonce: call.Nonce}
		copy(answer.Fingerprint[:], a.Fingerprint)
		note, err := pass.SignAnswer(answer, s.signer)
		if err != nil {
			s.log.Error("an answer cannot be signed", "error", err)
			delete(s.viewers, a.ID)
			return
		}
		v.admitted, v.until = true, until
		s.viewers[a.ID] = v
		s.watched()
		s.toLink(pipe.TypeAdmit, pipe.Admit{ID: a.ID, Answer: string(note), Fingerprint: call.Fingerprint[:], Until: until})
		s.sendBeat()
	})
}

// judge checks a call. who is only given when the call is really theirs.
func (s *Service) judge(a pipe.Ask) (call pass.Call, who string, why wire.Reason) {
	delivery := s.state.Delivery()
	now := s.now()
	key, err := pass.DecodeKey(a.Key)
	switch {
	case err != nil || a.ID == "" || len(a.ID) > 64 || len(a.Fingerprint) != len(call.Fingerprint) || len(a.Offered) != len(call.Fingerprint):
		return call, "", wire.Unreadable
	case s.viewers[a.ID] != viewer{}:
		return call, "", wire.CallStale
	}
	if call, err = pass.OpenCall([]byte(a.Call), key); err != nil {
		return call, "", whyNot(err)
	}
	who = pass.KeyID(key)
	wall := time.UnixMilli(now.Wall)
	_, used := s.nonces[call.Nonce]
	switch {
	case !bytes.Equal(call.Fingerprint[:], a.Offered):
		return call, "", wire.BadSignature // theirs is the call, and not the offer
	case call.Device != s.device:
		return call, who, wire.OtherDevice
	case delivery == "" || call.Delivery != delivery:
		return call, who, wire.NoDelivery
	case s.may.MayWatch(s.passes[delivery], who, wall) != nil:
		return call, who, wire.NotWatcher
	case !now.Sure:
		return call, who, wire.ClockUnsure
	case used || wall.Sub(call.At).Abs() > callAge:
		return call, who, wire.CallStale
	case len(s.viewers) >= mostViewers || !s.roomForNonce(wall):
		return call, who, wire.Busy
	}
	return call, who, ""
}

// roomForNonce forgets nonces whose calls are too old anyway.
func (s *Service) roomForNonce(now time.Time) bool {
	for n, until := range s.nonces {
		if now.After(until) {
			delete(s.nonces, n)
		}
	}
	return len(s.nonces) < mostNonces
}

func (s *Service) refuseViewer(id, who string, why wire.Reason) {
	s.mention(wire.Event{Kind: wire.ViewerRefused, Delivery: s.state.Delivery(), Who: who, Reason: why})
	if len(id) <= 64 {
		s.toLink(pipe.TypeAdmit, pipe.Admit{ID: id, Reason: why})
	}
}

func (s *Service) left(id string) {
	v, ok := s.viewers[id]
	if !ok {
		return
	}
	delete(s.viewers, id)
	if v.admitted {
		s.enter(wire.Event{Kind: wire.ViewerLeft, Delivery: v.delivery, Who: v.who}, nil)
	}
	s.watched()
}

// forgetViewers ends all viewing, when the window is over or link is gone.
func (s *Service) forgetViewers() {
	for _, v := range s.viewers {
		if v.admitted {
			s.enter(wire.Event{Kind: wire.ViewerLeft, Delivery: v.delivery, Who: v.who}, nil)
		}
	}
	clear(s.viewers)
	s.watched()
}

// tellUntil tells link of a window that has another end than those who watch were admitted for.
func (s *Service) tellUntil() {
	for id, v := range s.viewers {
		p, ok := s.passes[v.delivery]
		if !ok || !v.admitted {
			continue
		}
		if until := s.may.WatchUntil(p, v.who); !until.Equal(v.until) {
			v.until = until
			s.viewers[id] = v
			s.toLink(pipe.TypeUntil, pipe.Until{ID: id, Until: until})
		}
	}
}

// watched tells the rule how many watch, and beats while somebody does.
func (s *Service) watched() {
	n := 0
	for _, v := range s.viewers {
		if v.admitted {
			n++
		}
	}
	if n > 0 {
		s.beats.Reset(beatEvery)
	} else {
		s.beats.Stop()
	}
	s.step(rule.ViewersAre(n))
}

// sendBeat signs what is true of the picture now.
func (s *Service) sendBeat() {
	delivery := s.state.Delivery()
	if delivery == "" || s.link == nil {
		return
	}
	if delivery != s.beatFor {
		s.beatFor, s.beat = delivery, 0
	}
	now := s.now()
	why, frame, at, ok := s.state.Picture(now)
	s.beat++
	b := pass.Beat{Delivery: delivery, Seq: s.beat, Clock: ms(now.Mono), Run: s.run, Live: why == "", Why: "none", Made: s.made.count, Units: s.made.newest(now.Mono)}
	if !b.Live {
		b.Why = string(why)
	}
	if ok {
		b.Frame, b.Age = frame, ms(now.Mono-at)
	}
	note, err := pass.SignBeat(b, s.signer)
	if err != nil {
		s.log.Error("a beat cannot be signed", "error", err)
		return
	}
	s.toLink(pipe.TypeBeat, note)
}

// ms is a time that has passed, in the whole milliseconds that are signed.
func ms(d time.Duration) uint64 { return uint64(max(d, 0) / time.Millisecond) }
