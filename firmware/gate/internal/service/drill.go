package service

import (
	"time"

	"vestibule/firmware/pipe"
	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

const (
	// drillLead is how long link may still say that a drill begins, before it does.
	drillLead = time.Second
	// drillRest is the least time from one drill to the next. An order is good for callAge, either way, so within
	// this time all that a hub has kept of them has gone stale, also where gate was started anew meanwhile.
	drillRest = 2*callAge + drillLead
	// drillPatience is how long after its end link may take to reach the hub again.
	drillPatience = time.Minute
)

// drill is a practised cut that is under way. Nothing that a page sends arrives in it, a lock or a cancel no more than
// anything else; the contact, the bolt and the keypad are at the door and work. Times are CLOCK_MONOTONIC. The zero drill is none.
type drill struct {
	delivery  string
	from, end time.Duration // link is silent; whatever it says of the hub meanwhile is of before
}

// back reports whether a word that the hub can be reached ends the drill, and for how long it could not.
func (d drill) back(mono time.Duration) (away time.Duration, ended bool) {
	return max(mono-d.from, 0), d.delivery != "" && mono >= d.end
}

// lost reports whether the hub stays out of reach.
func (d drill) lost(mono time.Duration) bool {
	return d.delivery != "" && mono >= d.end+drillPatience
}

// startDrill takes the order to cut the device off from its network, of the owner or of whoever may install, a member
// among them. A hub may have held it back for callAge, or for twice that where the phone's clock is ahead, and so have
// chosen when within that time the cut comes; a page without an answer cannot tell that it will not. The
// entry is on the disk before; the answer goes out before, too. The door's rule is told nothing: what it does in a
// drill is what it does in a cut.
func (s *Service) startDrill(l wire.Letter) {
	var v wire.Drill
	if err := wire.Decode(l.Body, &v); err != nil {
		s.reply(l.ID, wire.LetterNo, wire.No{Reason: wire.Unreadable})
		return
	}
	o, who, why := s.judgeDrill([]byte(v.Order))
	if why != "" {
		s.reply(l.ID, wire.LetterNo, wire.No{Reason: why})
		return
	}
	me := s.link
	s.drilled = time.UnixMilli(s.now().Wall)
	s.enter(wire.Event{Kind: wire.DrillBegan, Delivery: o.Delivery, Who: who}, func(err error) {
		if err != nil {
			s.reply(l.ID, wire.LetterNo, wire.No{Reason: wire.DiskTrouble})
			return
		}
		from := s.clocks.Mono() + drillLead
		s.drill = drill{delivery: o.Delivery, from: from, end: from + pass.DrillFor}
		if s.link != me { // it was not told, and another one is not silent
			s.drillCutShort()
			return
		}
		s.reply(l.ID, wire.LetterDrilling, wire.Drilling{Clock: ms(from), For: int(pass.DrillFor / time.Millisecond)})
		s.toLink(pipe.TypeDrill, pipe.Drill{At: from})
	})
}

func (s *Service) judgeDrill(note []byte) (o pass.Order, who string, why wire.Reason) {
	now := s.now()
	o, who, why = s.judgeOrder(note, pass.Drill, callAge, now)
	if why == "" && (s.drill.delivery != "" || time.UnixMilli(now.Wall).Sub(s.drilled) < drillRest) {
		why = wire.DrillSoon
	}
	return o, who, why
}

// drillHeard takes link's word on whether the hub can be reached.
func (s *Service) drillHeard(online bool) {
	if away, ended := s.drill.back(s.clocks.Mono()); online && ended {
		s.endDrill(wire.Event{Count: int(away / time.Millisecond)})
	}
}

// drillCutShort notes that the link that was silent has gone: the next one is not.
func (s *Service) drillCutShort() { s.drill.end = min(s.drill.end, s.clocks.Mono()) }

// giveUpDrill ends a drill after which the hub stays out of reach.
func (s *Service) giveUpDrill(mono time.Duration) {
	if s.drill.lost(mono) {
		s.endDrill(wire.Event{Reason: wire.Offline})
	}
}

// endOldDrill ends a drill during which gate was started anew. For how long the hub was out of reach is not known; link
// may be silent for the rest of it.
func (s *Service) endOldDrill() {
	if s.oldDrill != "" {
		s.enter(wire.Event{Kind: wire.DrillEnded, Delivery: s.oldDrill, Reason: wire.Restarted}, nil)
		s.oldDrill = ""
	}
}

func (s *Service) endDrill(e wire.Event) {
	e.Kind, e.Delivery = wire.DrillEnded, s.drill.delivery
	s.drill = drill{}
	s.enter(e, nil)
}
