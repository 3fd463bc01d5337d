package service

import (
	"context"
	"errors"
	"sync"
	"time"

	"vestibule/firmware/gate/internal/rule"
	"vestibule/firmware/pipe"
	"vestibule/hardware/contact"
	"vestibule/hardware/lock"
	"vestibule/hub/wire"
)

const (
	refresh     = 30 * time.Second       // the state is said again, the clocks are compared
	beatEvery   = 200 * time.Millisecond // see pass.Beat
	coilSettle  = 150 * time.Millisecond // a relay's travel and a little more
	alarmEvery  = 10 * time.Second       // the length of buzzer.Alarm
	acceptAgain = time.Second            // after a connection that could not be taken
	feedEvery   = 4 * time.Second        // for a hardware watchdog; a Raspberry Pi's bites after 15 s
)

type listeners struct{ eye, link *pipe.Listener }

// Run serves until ctx ends. The coil has no current, the camera no power and the lamp is
// dark when it returns; connections and journal are closed.
func (s *Service) Run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	var errDisk, errEye, errLink error
	diskCtx, stopDisk := context.WithCancel(context.WithoutCancel(ctx))
	wg.Go(func() { errDisk = s.disk.run(diskCtx) })
	wg.Go(func() { s.lamp.run(ctx) })
	wg.Go(func() {
		defer stop()
		errEye = s.accept(ctx, s.listeners.eye, "eye", acceptAgain, s.serveEye)
	})
	wg.Go(func() {
		defer stop()
		errLink = s.accept(ctx, s.listeners.link, "link", acceptAgain, s.serveLink)
	})
	errLoop := s.loop(ctx)
	stop()
	close(s.done)
	stopDisk()
	wg.Wait()
	return errors.Join(errLoop, errDisk, errEye, errLink)
}

func (s *Service) loop(ctx context.Context) error {
	now := s.now()
	started := wire.Event{Kind: wire.Started}
	if s.tearNote {
		started.Reason = wire.DiskTrouble
	}
	s.enter(started, nil)
	s.sayBitten()
	s.endOldDrill()
	for _, who := range s.disowned {
		s.enter(wire.Event{Kind: wire.GrantRevoked, Who: who, Reason: wire.DiskTrouble}, nil)
	}
	s.effects = rule.Resume(&s.state, now, s.effects)
	s.carryOut()
	s.outlaw()
	s.readCoil()
	relay, exit, keypad := s.door.Relay.Changes(), s.door.Exit.Presses(), s.door.Keypad.Events()
	for {
		s.settle()
		select {
		case <-ctx.Done():
			return s.rest()
		case <-s.wake.C:
			s.step(rule.Tick())
		case f := <-s.disk.results:
			f()
		case ok := <-s.disk.health:
			s.step(rule.DiskIs(ok))
		case c := <-s.lamp.chips:
			s.watch.Lamp(c)
		case f := <-s.fromEye:
			f()
		case f := <-s.fromLink:
			f()
		case <-s.beats.C:
			s.sendBeat()
		case c, ok := <-s.door.Contact.Changes():
			if !ok {
				return errors.Join(errors.New("the door's contact has ended"), s.rest())
			}
			s.step(rule.DoorIs(contactOf(c.State)))
		case c, ok := <-s.door.Bolt.Changes():
			if ok {
				s.step(rule.BoltIs(contactOf(c.State)))
			}
		case c, ok := <-s.door.Tamper.Changes():
			if ok {
				s.step(rule.TamperIs(c.Off))
			}
		case _, ok := <-exit:
			if !ok {
				exit = nil
				continue
			}
			s.step(rule.ExitCame())
		case e, ok := <-keypad:
			if !ok {
				keypad = nil
				continue
			}
			s.press(e)
		case _, ok := <-s.cards:
			if !ok {
				s.cards = nil
				continue
			}
			s.refuseCard()
		case <-s.door.Lock.Changes():
			s.coilMoved()
		case _, ok := <-relay:
			if !ok {
				relay = nil
				continue
			}
			s.coilMoved()
		}
	}
}

// now reads both clocks, and says so when they have parted.
func (s *Service) now() rule.Now {
	at := s.clocks.read()
	r := s.clock.Read(at)
	s.stamp = r.Stamp
	n := rule.Now{Wall: r.Now.UnixMilli(), Mono: at.Mono, Sure: r.Sure}
	if r.Jumped {
		s.log.Warn("the clock jumped", "sure", r.Sure, "time", r.Now)
		s.stepAt(rule.ClockJumped(), n)
	}
	return n
}

// step hands an event to the rule and does what it wants.
func (s *Service) step(e rule.Event) { s.stepAt(e, s.now()) }

func (s *Service) stepAt(e rule.Event, now rule.Now) {
	s.effects = rule.Step(&s.state, e, now, s.effects)
	s.carryOut()
}

// settle follows each round: the coil, what the household sees, and when to wake next.
func (s *Service) settle() {
	mono := s.clocks.Mono()
	if s.coilAt != 0 && mono >= s.coilAt {
		s.coilAt = 0
		s.readCoil()
	}
	s.sayLocked(mono)
	if s.loud && mono >= s.soundAt {
		s.soundAlarm()
	}
	if s.hold.Due(mono) {
		s.step(rule.PanicCame())
	}
	s.forgetSecret()
	s.dropAgain(mono)
	s.giveUpStand(mono)
	s.giveUpDrill(mono)
	s.tellUntil()
	s.showState()
	now := s.now()
	s.keepAnchor()
	wait := refresh
	if s.door.Watchdog != nil {
		wait = feedEvery
		if err := s.door.Watchdog.Feed(); err != nil {
			s.log.Error("the watchdog cannot be fed", "error", err)
		}
	}
	if !now.Sure {
		wait = min(wait, askAgain)
	}
	if n := s.state.Next(now); n > 0 {
		wait = min(wait, n)
	}
	if len(s.leftover) > 0 {
		wait = min(wait, dropEvery)
	}
	if s.coilAt != 0 {
		wait = min(wait, s.coilAt-now.Mono)
	}
	if len(s.locking) > 0 {
		wait = min(wait, s.locking[0].until-now.Mono)
	}
	if s.loud {
		wait = min(wait, s.soundAt-now.Mono)
	}
	if at, ok := s.hold.Until(); ok {
		wait = min(wait, at-now.Mono)
	}
	if s.drill.delivery != "" {
		wait = min(wait, s.drill.end+drillPatience-now.Mono)
	}
	if s.remember.letter != "" {
		wait = min(wait, s.remember.until-now.Mono)
	}
	if s.link != nil && s.spending.total() != s.told {
		wait = min(wait, s.shownAt+spentEvery-now.Mono)
	}
	s.wake.Reset(max(wait, time.Millisecond))
}

// coilMoved reads the coil now and once more when its relay has had time to follow.
func (s *Service) coilMoved() {
	s.coilAt = s.clocks.Mono() + coilSettle
	s.readCoil()
}

func (s *Service) readCoil() {
	c := rule.CoilUnknown
	switch s.door.Lock.State() {
	case lock.Off:
		c = rule.CoilOff
	case lock.On:
		c = rule.CoilOn
	case lock.Unknown:
	}
	if c != s.coil {
		s.coil = c
		s.step(rule.CoilIs(c))
	}
}

func contactOf(s contact.State) rule.Contact {
	switch s {
	case contact.Open:
		return rule.Open
	case contact.Closed:
		return rule.Closed
	case contact.Unknown:
	}
	return rule.Unknown
}

// rest makes everything inert.
func (s *Service) rest() error {
	s.beats.Stop()
	s.wake.Stop()
	s.lamp.blink(false)
	return errors.Join(s.door.Lock.Release(), s.door.Camera.Set(false), s.door.Lamp.Set(false))
}
