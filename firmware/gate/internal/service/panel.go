package service

import (
	"time"

	"vestibule/firmware/gate/internal/rule"
	"vestibule/hardware/buzzer"
	"vestibule/hardware/keypad"
	"vestibule/hub/wire"
)

// press takes a key. Outside a window the keypad is dead: it answers nothing, not even with
// a click, and collects nothing. Only # that is held down is told to the rule: somebody inside
// may call for help when the window is over.
func (s *Service) press(e keypad.Event) {
	s.hold.Key(e.Key, e.Down, s.clocks.Mono())
	if !e.Down {
		return
	}
	delivery := s.state.Delivery()
	if delivery == "" {
		s.line.Clear()
		return
	}
	s.play(buzzer.Key())
	s.step(rule.Called(wire.ByKeypad)) // while the code is typed the camera rises
	if s.state.Delivery() != delivery {
		s.line.Clear() // its window ended in that step, and what was typed for it counts in no other
		return
	}
	typed, done := s.line.Press(e.Key, s.clocks.Mono())
	if !done {
		return
	}
	verdict, via := compare(typed, s.secretFor(delivery))
	if via != "" {
		verdict = rule.Typo // the keypad has no letters, so nothing typed there is a key
	}
	s.step(rule.Tried("", verdict, rule.Keypad, 0))
}

// refuseCard takes a card that was held to the reader. Cards open nothing: they carry 24 to 35 bits
// that anybody can copy who stands near, and never change, where a code is good for one visit and
// the QR form has 128. Outside a window the reader is as dead as the keypad. The number is neither
// compared nor written down.
func (s *Service) refuseCard() {
	delivery := s.state.Delivery()
	if delivery == "" {
		return
	}
	s.mention(wire.Event{Kind: wire.CodeRefused, Delivery: delivery, Reason: wire.NoCards, Via: string(rule.Keypad)})
	s.playRefused()
}

// playAccepted is one long sound, playRefused two short ones, playMoment three ticks for who has to wait: no
// words, nothing that says why.
func (s *Service) playAccepted() { s.play(buzzer.Sound{600 * time.Millisecond}) }

func (s *Service) playRefused() {
	const short = 120 * time.Millisecond
	s.play(buzzer.Sound{short, short, short})
}

func (s *Service) playMoment() {
	const tick, pause = 60 * time.Millisecond, 340 * time.Millisecond
	s.play(buzzer.Sound{tick, pause, tick, pause, tick})
}

func (s *Service) soundAlarm() {
	s.soundAt = s.clocks.Mono() + alarmEvery
	s.play(buzzer.Alarm())
}

func (s *Service) play(sound buzzer.Sound) {
	if err := s.door.Buzzer.Play(sound); err != nil {
		s.log.Error("the buzzer does not sound", "error", err)
	}
}
