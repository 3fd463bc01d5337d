package service

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"time"

	"vestibule/firmware/gate/internal/keys"
	"vestibule/firmware/gate/internal/rule"
	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// What is longer, in bytes, is not even looked at.
const (
	maxName     = 256 // of an owner
	maxDelivery = 64  // of a delivery's id
)

func (s *Service) letter(l wire.Letter) {
	switch l.Kind {
	case wire.LetterPair:
		s.pair(l)
	case wire.LetterKnock:
		s.knock(l)
	case wire.LetterTry:
		s.tryPage(l)
	case wire.LetterTime:
		s.tellTime(l)
	case wire.LetterRemember:
		s.rememberStand(l)
	case wire.LetterDrill:
		s.startDrill(l)
	case wire.LetterLock:
		s.letGo(l)
	default:
		s.reply(l.ID, wire.LetterNo, wire.No{Reason: wire.Unreadable})
	}
}

func (s *Service) pair(l wire.Letter) {
	var p wire.Pair
	owner, err := []byte(nil), wire.Decode(l.Body, &p)
	if err == nil {
		owner, err = pass.DecodeKey(p.Owner)
	}
	if err != nil || len(p.Name) > maxName || len(p.MAC) != sha256.Size {
		s.reply(l.ID, wire.LetterNo, wire.No{Reason: wire.Unreadable})
		return
	}
	if s.pairing { // strangers can send any number, and each waits for the disk
		s.reply(l.ID, wire.LetterNo, wire.No{Reason: wire.Busy})
		return
	}
	if s.unread && len(s.owner.Key) == 0 { // whose it was is not known
		s.reply(l.ID, wire.LetterNo, wire.No{Reason: wire.DiskTrouble})
		return
	}
	s.pairing = true
	k := s.disk.keys
	var card []byte
	var who keys.Owner
	again := false // the owner, whose first answer was lost on its way
	s.disk.do(func() error {
		err := k.Pair(owner, p.Name, p.MAC)
		if again = errors.Is(err, keys.ErrPaired) && bytes.Equal(k.Owner().Key, owner); again {
			card, err = k.Card() // it is no secret, and grants nothing
			return err
		}
		if err != nil && !k.Paired() || errors.Is(err, keys.ErrPaired) {
			return err
		}
		// From here on there is an owner; what fails now is made good at the next start.
		who = k.Owner()
		if err := k.Publish(s.trust); err != nil {
			s.log.Error("eye cannot be told who the owner is", "error", err)
		}
		card, err = k.Card()
		return err
	}, func(err error) {
		s.pairing = false
		switch {
		case err == nil && again:
			s.reply(l.ID, wire.LetterPaired, wire.PairedBody{Card: string(card)})
		case err == nil:
			s.owner = who
			s.may, s.barred = pass.NewAuthority(s.device, who.Key, 0), nil
			s.enter(wire.Event{Kind: wire.Paired, Who: pass.KeyID(who.Key)}, nil)
			s.reply(l.ID, wire.LetterPaired, wire.PairedBody{Card: string(card)})
		case errors.Is(err, keys.ErrPaired):
			s.reply(l.ID, wire.LetterNo, wire.No{Reason: wire.PairedAlready})
		case errors.Is(err, keys.ErrProof):
			s.log.Warn("somebody tried to pair without the secret")
			s.reply(l.ID, wire.LetterNo, wire.No{Reason: wire.PairingWrong})
		default:
			s.log.Error("the owner cannot be kept", "error", err)
			s.reply(l.ID, wire.LetterNo, wire.No{Reason: wire.DiskTrouble})
		}
	})
}

// knock gives a courier's page the nonce for one try, and an owner's, which names no
// delivery, the nonce for a word on the time. It says nothing of the delivery.
func (s *Service) knock(l wire.Letter) {
	var k wire.Knock
	if err := wire.Decode(l.Body, &k); err != nil || len(k.Delivery) > maxDelivery {
		s.reply(l.ID, wire.LetterNo, wire.No{Reason: wire.Unreadable})
		return
	}
	var random [8]byte
	_, _ = rand.Read(random[:]) // never fails
	s.reply(l.ID, wire.LetterReady, wire.Ready{Knock: s.knocks.Give(k.Delivery, s.clocks.Mono(), random)})
}

// tryPage takes a code from a courier's page.
func (s *Service) tryPage(l wire.Letter) {
	var t wire.Try
	if err := wire.Decode(l.Body, &t); err != nil || t.Delivery == "" || len(t.Delivery) > maxDelivery {
		s.reply(l.ID, wire.LetterNo, wire.No{Reason: wire.Unreadable})
		return
	}
	// Only of deliveries that are kept is it remembered which tries were made: of the rest, which anybody
	// can make up, none opens anything.
	take := s.knocks.Good
	if _, kept := s.passes[t.Delivery]; kept {
		take = s.knocks.Take
	} else if s.unread { // it may be one of those that cannot be read
		s.reply(l.ID, wire.LetterNo, wire.No{Reason: wire.DiskTrouble})
		return
	}
	if !take(t.Knock, t.Delivery, s.clocks.Mono()) {
		s.log.Warn("a try that is too old, or was sent before", "delivery", t.Delivery)
		s.mention(wire.Event{Kind: wire.CodeRefused, Reason: wire.TryStale, Via: string(rule.Page)})
		s.reply(l.ID, wire.LetterNo, wire.No{Reason: wire.TryStale})
		return
	}
	typed, err := s.seal.UnsealTry(t.Sealed, s.device, t.Delivery, t.Knock)
	if err != nil {
		s.reply(l.ID, wire.LetterNo, wire.No{Reason: wire.Unreadable})
		return
	}
	verdict, via := compare(typed, s.secretFor(t.Delivery))
	if via == "" {
		via = rule.Page
	}
	s.nextAsk++
	s.asks[s.nextAsk] = l.ID
	s.step(rule.Tried(t.Delivery, verdict, via, s.nextAsk))
}

// compare does the same work whatever was typed and whatever is right. via is QR when the
// text has the form of the 128-bit key, else empty.
func compare(typed string, secret pass.Secret) (rule.Verdict, rule.Via) {
	match, scanned, err := secret.Match(typed)
	verdict, via := rule.Wrong, rule.Via("")
	switch {
	case err != nil:
		verdict = rule.Typo
	case match == pass.Matches:
		verdict = rule.Right
	case match == pass.Duress:
		verdict = rule.Forced
	}
	if scanned {
		via = rule.QR
	}
	return verdict, via
}

// secretFor is what opens the delivery whose window is open, and for any other a secret
// that nobody has.
func (s *Service) secretFor(delivery string) pass.Secret {
	open := s.state.Delivery()
	if open == "" || open != delivery {
		return s.dummy
	}
	if s.secret.delivery != open {
		t := s.passes[open].Terms()
		secret, err := s.seal.Unseal(t.Sealed, s.device, open)
		if err != nil {
			s.log.Error("a code that could be opened cannot be opened any more", "delivery", open, "error", err)
			return s.dummy
		}
		s.secret = secretOf{open, secret}
	}
	return s.secret.secret
}

// forgetSecret drops the secret of a window that is over.
func (s *Service) forgetSecret() {
	if s.secret.delivery != "" && s.secret.delivery != s.state.Delivery() {
		s.secret = secretOf{}
	}
}

// judgeOrder checks an order that came as a letter, to be obeyed now or never: of this verb, for the delivery whose window
// is open, and no older than age, nor as much ahead.
func (s *Service) judgeOrder(note []byte, verb string, age time.Duration, now rule.Now) (o pass.Order, who string, why wire.Reason) {
	if len(s.owner.Key) == 0 {
		return o, "", wire.NotPaired
	}
	wall := time.UnixMilli(now.Wall)
	o, who, err := s.may.OpenOrder(note, wall)
	if err != nil {
		s.log.Warn("an order is refused", "error", err)
		return pass.Order{}, "", whyNot(err)
	}
	switch {
	case o.Verb != verb:
		why = wire.Unreadable
	case s.state.Delivery() == "" || o.Delivery != s.state.Delivery():
		why = wire.NoDelivery
	case !now.Sure:
		why = wire.ClockUnsure
	case wall.Sub(o.At).Abs() > age:
		why = wire.CallStale
	}
	return o, who, why
}

func (s *Service) granted(e rule.Effect) {
	s.playAccepted()
	if id, ok := s.asks[e.Ref]; ok {
		delete(s.asks, e.Ref)
		s.reply(id, wire.LetterTried, wire.Tried{Entry: e.Number, Entries: e.Entries, Seconds: int(rule.Pulse / time.Second)})
	}
}

func (s *Service) denied(e rule.Effect) {
	if e.Ref == 0 { // at the keypad
		s.playRefused()
		return
	}
	id, ok := s.asks[e.Ref]
	if !ok {
		return // link went meanwhile
	}
	delete(s.asks, e.Ref)
	no := wire.No{Reason: e.Reason, Left: e.Left, Wait: int((e.Wait + time.Second - 1) / time.Second)}
	if e.From != 0 {
		no.From = time.UnixMilli(e.From).UTC()
	}
	s.reply(id, wire.LetterNo, no)
}
