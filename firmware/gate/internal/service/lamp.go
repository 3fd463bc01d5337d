package service

import (
	"context"
	"log/slog"
	"time"

	"vestibule/firmware/gate/internal/challenge"
)

// switched is a lamp.
type switched interface{ Set(lit bool) error }

// lamp blinks the challenge on a goroutine of its own, so that a pin that hangs stops
// nothing else.
type lamp struct {
	out    switched
	dealer *challenge.Dealer
	mono   func() time.Duration
	log    *slog.Logger
	on     chan bool // the newest wish only
	chips  chan challenge.Chip
}

func newLamp(out switched, dealer *challenge.Dealer, mono func() time.Duration, log *slog.Logger) *lamp {
	return &lamp{out: out, dealer: dealer, mono: mono, log: log, on: make(chan bool, 1), chips: make(chan challenge.Chip)}
}

// blink begins or ends the challenge. It never waits.
func (l *lamp) blink(on bool) {
	select {
	case <-l.on:
	default:
	}
	l.on <- on // only the gate's goroutine puts something in
}

func (l *lamp) run(ctx context.Context) {
	ticks := time.NewTicker(time.Hour)
	ticks.Stop()
	defer l.set(false)
	for {
		select {
		case on := <-l.on:
			if on {
				ticks.Reset(challenge.Period)
			} else {
				ticks.Stop()
				l.set(false)
			}
		case <-ticks.C:
			lit, err := l.dealer.Next()
			if err != nil {
				l.log.Error("no chip for the lamp", "error", err)
				continue
			}
			if !l.set(lit) {
				continue
			}
			select {
			case l.chips <- challenge.Chip{At: l.mono(), Lit: lit}:
			case <-ctx.Done():
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

func (l *lamp) set(lit bool) bool {
	if err := l.out.Set(lit); err != nil {
		l.log.Error("the lamp cannot be switched", "error", err)
		return false
	}
	return true
}
